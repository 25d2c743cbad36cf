/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a node has on its host: the files, and the daemon that runs on them. */
#ifndef TOOL_HOME_H
#define TOOL_HOME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "tool_out.h"

#define TOOL_STATE_DIR "/var/lib/cluevpn"
#define TOOL_USER "cluevpn"	/* that the installation makes */
#define TOOL_SETS_MAX 16

struct tool_home {
	const char *dir;	/* of the configuration */
	const char *state;	/* of the list */
	const char *sets[TOOL_SETS_MAX];	/* KEY=VALUE, for cluevpn.conf */
	unsigned int nsets;
	uint16_t port;
	const char *user;	/* of the daemon; NULL: nothing is said */
	bool no_user;
	bool no_start;
};

/* With all defaults. */
void tool_home_init(struct tool_home *h);
int tool_home_set(struct tool_home *h, const char *arg, struct err *e);
int tool_home_port(struct tool_home *h, const char *arg, struct err *e);
/* Checks that the two directories exist or can be made, and writes nothing. */
int tool_home_fit(const struct tool_home *h, struct err *e);
/* A directory as an option's value; it becomes a value of cluevpn.conf. */
int tool_home_dir(const char **out, const char *option, const char *arg,
		  struct err *e);
/* Checks where others reach a node, as an option's value. */
int tool_home_address(const char *arg, struct err *e);
/* True when there is a --set of this key. */
bool tool_home_sets(const struct tool_home *h, const char *key);
/* Once all options are there: has the daemon give root up, unless told
 * otherwise, where that can be done. Tells what it found. */
void tool_home_user(struct tool_home *h);
/* Paths of files of these names; malloc'd. */
char *tool_home_file(const struct tool_home *h, const char *name);
char *tool_home_list(const struct tool_home *h);

/*
 * The configuration of a node, checked. command: what writes it. network: its
 * name, or NULL while it is not known. nkeys: how
 * many bnl-pub files there are. hidden: no address of it is in the list, so
 * that it must keep the way to itself open. malloc'd text.
 */
int tool_home_conf(char **out, const struct tool_home *h, const char *command,
		   const char *name, const char *network, unsigned int nkeys,
		   bool hidden, struct err *e);
/* The name of the n-th file, from 0, with a key that signs lists. */
#define TOOL_PUB_NAME_MAX 32
char *tool_home_pub(char out[TOOL_PUB_NAME_MAX], unsigned int n);
/* PEM text behind lines that say what it is and what changes it; malloc'd. */
int tool_home_head(char **out, const char *head, const char *pem,
		   struct err *e);

/* Makes the two directories, and all files in them or none. */
int tool_home_write(const struct tool_home *h, struct tool_out *f, size_t n,
		    struct err *e);

/* Starts the daemon, by the init system where it has a service for it, which
 * is enabled then. Tells what it did. */
int tool_home_start(const struct tool_home *h, struct err *e);

/*
 * Stops the daemon, and keeps the init system from starting it at boot. One
 * that was started by hand is found by its pid file (NULL: TOOL_PIDFILE, for
 * the default directory). It says goodbye to its peers. -1 also when one still
 * answers at the socket then.
 */
#define TOOL_PIDFILE "/run/cluevpn/pid"
int tool_home_stop(const struct tool_home *h, const char *pidfile,
		   const char *socket, struct err *e);

#endif
