/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The common part of all commands that sign a list. */
#ifndef TOOL_RUN_H
#define TOOL_RUN_H

#include "tool_sign.h"

enum { TOOL_USAGE = 2 }; /* exit code of a usage error */

struct tool_run {
	struct tool_sign sign;
	const char *key;  /* NULL: TOOL_BNL_KEY */
	const char *name; /* this machine's node; NULL: see conf */
	const char *conf; /* NULL: TOOL_CONF_DIR, if it exists */
	bool next;	  /* print the next step, or take it: */
	bool push;	  /* --push */
};

#define TOOL_RUN_SHORT "c:hk:nN:p:yV"
#define TOOL_RUN_PUSH 512 /* the value of the long option --push */
#define TOOL_RUN_BACK 513 /* of --go-back */
/* Takes an option that all commands have. -1: continue; else the exit code,
 * after printing all messages. */
int tool_run_option(struct tool_run *r, int c, const char *arg,
		    const char *usage);

/* Locks the list, reads it, calls work, and cleans up. Prints its errors;
 * TOOL_OK, TOOL_FAILED or TOOL_BAD_LIST. */
int tool_run(struct tool_run *r, int (*work)(struct tool_sign *s, void *ctx),
	     void *ctx);
/* Frees the options' values; a zeroed struct is fine. */
void tool_run_free(struct tool_run *r);

#endif
