/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Signals as events of the loop: HUP, USR1, USR2, TERM, INT, CHLD, XCPU. */
#ifndef SYS_SIGWATCH_H
#define SYS_SIGWATCH_H

#include "base/err.h"
#include "sys/loop.h"

struct sigwatch;

/* Blocks those signals and ignores SIGPIPE. First in main(), before any thread:
 * signals during the start are then not lost. */
void sigwatch_block(void);
/* fn gets each signal once a turn at most. Blocks, too. */
int sigwatch_open(struct sigwatch **out, struct loop *l,
		  void (*fn)(void *ctx, int signo), void *ctx, struct err *e);
/* The signals stay blocked. Not from within fn. NULL is fine. */
void sigwatch_close(struct sigwatch *s);
/* In a child before it runs another program: every signal at its default,
 * none blocked. Async-signal-safe. */
void sigwatch_child_reset(void);

#endif
