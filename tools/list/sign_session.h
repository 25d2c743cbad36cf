/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The common part of all commands that sign a list. */
#ifndef TOOLS_SIGN_SESSION_H
#define TOOLS_SIGN_SESSION_H

#include "list_sign.h"

struct sign_session {
	struct list_sign sign;
	const char *key;  /* NULL: DEFAULT_SIGN_KEY */
	const char *name; /* this machine's node; NULL: see conf */
	const char *conf; /* NULL: DEFAULT_CONF_DIR, if it exists */
	bool next;	  /* print the next step, or take it: */
	bool push;	  /* --push */
};

#define SIGN_SESSION_SHORT "c:hk:nN:p:yV"
#define SIGN_SESSION_PUSH 512 /* the value of the long option --push */
#define SIGN_SESSION_BACK 513 /* of --go-back */
/* Takes an option that all commands have. -1: continue; else the exit code,
 * after printing all messages. */
int sign_session_option(struct sign_session *r, int c, const char *arg,
			const char *usage);

/* Locks the list, reads it, calls work, and cleans up. Prints its errors;
 * EXIT_OK, EXIT_FAILED or EXIT_BAD_LIST. */
int sign_session(struct sign_session *r,
		 int (*work)(struct list_sign *s, void *ctx), void *ctx);
/* Frees the options' values; a zeroed struct is fine. */
void sign_session_free(struct sign_session *r);

#endif
