/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A node on its host: the files, and the daemon that uses them. */
#ifndef TOOL_HOME_H
#define TOOL_HOME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "tool_out.h"

#define TOOL_STATE_DIR "/var/lib/cluevpn"
#define TOOL_USER "cluevpn"	/* created by the installation */
#define TOOL_SETS_MAX 16

struct tool_home {
	const char *dir;	/* folder of the configuration */
	const char *state;	/* folder of the list */
	const char *sets[TOOL_SETS_MAX];	/* KEY=VALUE, for cluevpn.conf */
	unsigned int nsets;
	uint16_t port;
	const char *user;	/* user of the daemon; NULL: not set */
	bool no_user;
	bool no_start;
};

/* Sets all defaults. */
void tool_home_init(struct tool_home *h);
int tool_home_set(struct tool_home *h, const char *arg, struct err *e);
int tool_home_port(struct tool_home *h, const char *arg, struct err *e);
/* Checks that the two directories exist or can be made, and writes nothing. */
int tool_home_fit(const struct tool_home *h, struct err *e);
/* Reads a directory from an option; it becomes a value of cluevpn.conf. */
int tool_home_dir(const char **out, const char *option, const char *arg,
		  struct err *e);
/* Checks an option that says where others reach a node. */
int tool_home_address(const char *arg, struct err *e);
/* True when there is a --set of this key. */
bool tool_home_sets(const struct tool_home *h, const char *key);
/* After all options are read: makes the daemon drop root where that is
 * possible, unless an option says otherwise. Prints its decision. */
void tool_home_user(struct tool_home *h);
/* Paths of files of these names; malloc'd. */
char *tool_home_file(const struct tool_home *h, const char *name);
char *tool_home_list(const struct tool_home *h);

/*
 * Makes the configuration of a node, and checks it. command: the program's
 * command. network: its name, or NULL while unknown. nkeys: the number of
 * bnl-pub files. hidden: the list has no address of the node, so that it must
 * keep NAT mappings open. malloc'd text.
 */
int tool_home_conf(char **out, const struct tool_home *h, const char *command,
		   const char *name, const char *network, unsigned int nkeys,
		   bool hidden, struct err *e);
/* The name of the n-th file, from 0, of a list-signing key. */
#define TOOL_PUB_NAME_MAX 32
char *tool_home_pub(char out[TOOL_PUB_NAME_MAX], unsigned int n);
/* Puts comment lines with the purpose of the file in front of PEM text;
 * malloc'd. */
int tool_home_head(char **out, const char *head, const char *pem,
		   struct err *e);

/* Makes the two directories, and either all files in them or none. */
int tool_home_write(const struct tool_home *h, struct tool_out *f, size_t n,
		    struct err *e);

/* Starts the daemon, by the init system where it has a service for it, which is
 * then enabled. Prints its actions. */
int tool_home_start(const struct tool_home *h, struct err *e);

/*
 * Stops the daemon, and keeps the init system from starting it at boot. A
 * daemon that was started by hand is found by its pid file (NULL: TOOL_PIDFILE,
 * for the default directory). The daemon says goodbye to its peers. -1 also
 * when a daemon still answers at the socket then.
 */
#define TOOL_PIDFILE "/run/cluevpn/pid"
int tool_home_stop(const struct tool_home *h, const char *pidfile,
		   const char *socket, struct err *e);

#endif
