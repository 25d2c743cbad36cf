/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Scheduling ahead of ordinary programs, so that a packet does not wait for the
 * end of their time slices: SCHED_RR at its lowest priority. A thread that then
 * runs too long without sleeping gets SIGXCPU, and should call realtime_off()
 * for a while.
 */
#ifndef SYS_REALTIME_H
#define SYS_REALTIME_H

#include "base/err.h"

/* The limit of running without sleeping. */
#define REALTIME_MS 200

/* While still root: permits realtime_on() later as well, as any user. Failure
 * is reported by realtime_on(). */
void realtime_allow(void);
/* For the calling thread; children are scheduled normally. 0, or -1: not
 * permitted. */
int realtime_on(struct err *e);
void realtime_off(void);

#endif
