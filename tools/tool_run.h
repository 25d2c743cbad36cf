/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What every way of signing a list has in common. */
#ifndef TOOL_RUN_H
#define TOOL_RUN_H

#include "tool_sign.h"

enum { TOOL_USAGE = 2 }; /* the exit code for wrong words */

struct tool_run {
	struct tool_sign sign;
	const char *key;  /* NULL: TOOL_BNL_KEY */
	const char *name; /* of this machine's node; NULL: see conf */
	const char *conf; /* NULL: TOOL_CONF_DIR, if there is one */
	bool next;	  /* print the next step, or do it: */
	bool push;	  /* --push */
};

#define TOOL_RUN_SHORT "c:hk:nN:p:yV"
#define TOOL_RUN_PUSH 512 /* the value of the long option --push */
#define TOOL_RUN_BACK 513 /* of --go-back */
/* Takes one of the options that all ways have. -1 to go on; else the exit
 * code, with all told that is to be told. */
int tool_run_option(struct tool_run *r, int c, const char *arg,
		    const char *usage);

/* Locks the list, reads it, calls work, and tidies up. Prints its errors;
 * TOOL_OK, TOOL_FAILED or TOOL_BAD_LIST. */
int tool_run(struct tool_run *r, int (*work)(struct tool_sign *s, void *ctx),
	     void *ctx);
/* Gives back what the options took; zeroed is fine. */
void tool_run_free(struct tool_run *r);

#endif
