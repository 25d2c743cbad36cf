/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A node on its host: the files, and the daemon that uses them. */
#ifndef TOOLS_HOME_H
#define TOOLS_HOME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "lib/outfiles.h"

#define HOME_SETS_MAX 16

struct home {
	const char *dir;	/* folder of the configuration */
	const char *state;	/* folder of the list */
	const char *sets[HOME_SETS_MAX]; /* KEY=VALUE, for cluevpn.conf */
	unsigned int nsets;
	uint16_t port;
	const char *user;	/* user of the daemon; NULL: not set */
	bool no_user;
	bool no_start;
};

/* Sets all defaults. */
void home_init(struct home *h);
int home_set(struct home *h, const char *arg, struct err *e);
int home_port(struct home *h, const char *arg, struct err *e);
/* Checks that the two directories exist or can be made, and writes nothing. */
int home_fit(const struct home *h, struct err *e);
/* Reads a directory from an option; it becomes a value of cluevpn.conf. */
int home_dir(const char **out, const char *option, const char *arg,
	     struct err *e);
/* Checks an option that says where others reach a node. */
int home_address(const char *arg, struct err *e);
/* True when there is a --set of this key. */
bool home_sets(const struct home *h, const char *key);
/* Paths of files of these names; malloc'd. */
char *home_file(const struct home *h, const char *name);
char *home_list(const struct home *h);

/*
 * Makes the configuration of a node, and checks it. command: the program's
 * command. network: its name, or NULL while unknown. nkeys: the number of
 * bnl-pub files. hidden: the list has no address of the node, so that it must
 * keep NAT mappings open. malloc'd text.
 */
int home_conf(char **out, const struct home *h, const char *command,
	      const char *name, const char *network, unsigned int nkeys,
	      bool hidden, struct err *e);
/* The name of the n-th file, from 0, of a list-signing key. */
#define HOME_PUB_NAME_MAX 32
char *home_pub(char out[HOME_PUB_NAME_MAX], unsigned int n);
/* Puts comment lines with the purpose of the file in front of PEM text;
 * malloc'd. */
int home_head(char **out, const char *head, const char *pem,
	      struct err *e);

/* Makes the two directories, and either all files in them or none. */
int home_write(const struct home *h, struct outfile *f, size_t n,
	       struct err *e);

#endif
