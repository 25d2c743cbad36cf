/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A node on its host: the files, and the daemon that uses them. */
#ifndef TOOLS_HOME_H
#define TOOLS_HOME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "lib/defaults.h"
#include "lib/options.h"
#include "lib/outfiles.h"

struct home {
	const char *dir;	   /* folder of the configuration */
	const char *state;	   /* folder of the list */
	struct option_values sets; /* KEY=VALUE, for cluevpn.conf */
	uint64_t port;
	const char *user; /* user of the daemon; NULL: not set */
	bool no_user;
	bool no_start;
};

/* Sets all defaults. */
void home_init(struct home *h);
/* Checks that the two directories exist or can be made, and writes nothing. */
int home_fit(const struct home *h, struct err *e);
/* Checks an option: a directory, which becomes a value of cluevpn.conf; a line
 * of cluevpn.conf; an address at which others reach a node. ctx is not used. */
int home_check_dir(void *ctx, const struct option_row *row, const char *arg,
		   struct err *e);
int home_check_set(void *ctx, const struct option_row *row, const char *arg,
		   struct err *e);
int home_check_address(void *ctx, const struct option_row *row, const char *arg,
		       struct err *e);
/* The rows of the options of all commands that make a node. */
#define HOME_OPTIONS(h)                                         \
	{ 0,                                                    \
	  "port",                                               \
	  "PORT",                                               \
	  "UDP and TCP (3406)",                                 \
	  .number = &(h)->port,                                 \
	  .min = 1,                                             \
	  .max = 65535 },                                       \
		{ 0,                                            \
		  "config-dir",                                 \
		  "DIR",                                        \
		  "(" DEFAULT_CONF_DIR ")",                     \
		  .take = home_check_dir,                       \
		  .text = &(h)->dir },                          \
		{ 0,                                            \
		  "state-dir",                                  \
		  "DIR",                                        \
		  "(" DEFAULT_STATE_DIR ")",                    \
		  .take = home_check_dir,                       \
		  .text = &(h)->state },                        \
		{ 0,                                            \
		  "set",                                        \
		  "KEY=VALUE",                                  \
		  "more for cluevpn.conf; may be repeated",     \
		  .take = home_check_set,                       \
		  .values = &(h)->sets },                       \
		{ 0, "no-user", NULL,                           \
		  "leave the daemon root (else it becomes the " \
		  "user " DEFAULT_USER ", where there is one)", \
		  .flag = &(h)->no_user },                      \
	{                                                       \
		0, "no-start", NULL, "do not start the daemon", \
			.flag = &(h)->no_start                  \
	}
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
/* The life of certificates that init makes, and rotate-ca again. */
#define HOME_CA_DAYS 3650
#define HOME_NODE_DAYS 825
#define HOME_HEAD_CA_KEY                                                     \
	"# The key of the network's CA: \"cluevpnctl invite\" and \"keygen " \
	"sign\" use it.\n# Keep a copy in a safe place, and nowhere else."
#define HOME_HEAD_CA                                                             \
	"# The certificate of the network's CA: \"cluevpnctl rotate-ca\" makes " \
	"another."
#define HOME_HEAD_NODE "# This node's certificate: \"keygen sign\" renews it."
/* Puts comment lines with the purpose of the file in front of PEM text;
 * malloc'd. */
int home_head(char **out, const char *head, const char *pem, struct err *e);

/* Makes the two directories, and either all files in them or none. */
int home_write(const struct home *h, struct outfile *f, size_t n,
	       struct err *e);

#endif
