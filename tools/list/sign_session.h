/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The common part of all commands that sign a list. */
#ifndef TOOLS_SIGN_SESSION_H
#define TOOLS_SIGN_SESSION_H

#include "lib/defaults.h"
#include "lib/options.h"
#include "list_sign.h"

struct sign_session {
	struct list_sign sign;
	const char *key;	      /* NULL: DEFAULT_SIGN_KEY */
	const char *name;	      /* this machine's node; NULL: see conf */
	const char *conf;	      /* NULL: DEFAULT_CONF_DIR, if it exists */
	struct option_values pubkeys; /* files of keys */
	bool next;		      /* print the next step, or take it: */
	bool push;		      /* --push */
};

/* The rows of the options that all commands have, and the help of -k. */
#define SIGN_SESSION_KEY_HELP "the private key (" DEFAULT_SIGN_KEY ")"
#define SIGN_SESSION_OPTIONS(r)                                        \
	{ 'c', "config", "DIR|FILE",                                   \
	  "the configuration, which has the name "                     \
	  "of this machine (" DEFAULT_CONF_DIR ")",                    \
	  .text = &(r)->conf },                                        \
		{ 'n', "dry-run", NULL, "only show what would change", \
		  .flag = &(r)->sign.dry_run },                        \
		{ 'N', "name", "NAME", "the name of this machine",     \
		  .text = &(r)->name },                                \
		{ 'p', "pubkey", "PUBKEY",                             \
		  "the last list may be signed by this key",           \
		  .values = &(r)->pubkeys },                           \
		{ 0, "go-back", NULL,                                  \
		  "sign on from a list that this key has replaced "    \
		  "since",                                             \
		  .flag = &(r)->sign.go_back },                        \
		{ 0, "push", NULL,                                     \
		  "then offer it to all nodes, and wait for them",     \
		  .flag = &(r)->push },                                \
	{                                                              \
		'y', "yes", NULL, "do not ask", .flag = &(r)->sign.yes \
	}

/* Locks the list, reads it, calls work, and cleans up. Prints its errors;
 * EXIT_OK, EXIT_FAILED or EXIT_BAD_LIST. */
int sign_session(struct sign_session *r,
		 int (*work)(struct list_sign *s, void *ctx), void *ctx);
/* Frees the options' values; a zeroed struct is fine. */
void sign_session_free(struct sign_session *r);

#endif
