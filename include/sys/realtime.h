/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Running ahead of ordinary programs, so that a packet does not wait until
 * they have used up their turn: SCHED_RR at its lowest priority. Who then runs
 * too long without sleeping gets SIGXCPU, and should step back for a while.
 */
#ifndef SYS_REALTIME_H
#define SYS_REALTIME_H

#include "base/err.h"

/* As long may the thread run without sleeping once. */
#define REALTIME_MS 200

/* While still root: lets this process do so later as well, as any user. That
 * it may not is found out by _on. */
void realtime_allow(void);
/* The calling thread; what it starts is ordinary. 0, or -1: it may not. */
int realtime_on(struct err *e);
void realtime_off(void);

#endif
