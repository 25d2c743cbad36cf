/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The event loop: descriptors, timers, a deadline asked of the owner. A turn
 * is: the before-sleep hook, the wait, each ready descriptor once, the timers
 * that are due. Nothing here is safe in another thread.
 */
#ifndef SYS_LOOP_H
#define SYS_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/monotime.h"
#include "base/timerq.h"

#define LOOP_IN 1u
#define LOOP_OUT 2u
#define LOOP_HUP 4u /* error or hang-up; always reported */

struct loop;
struct loop_fd; /* a descriptor's registration */

/* events: LOOP_*. May remove its own or any other registration. */
typedef void (*loop_fd_fn)(void *ctx, unsigned int events);

int loop_new(struct loop **out, struct err *e);
/* All registrations must have been removed. NULL is fine. */
void loop_free(struct loop *l);

/* The caller keeps the descriptor: loop_remove() first, then close it.
 * interest: LOOP_IN, LOOP_OUT, both or 0. */
int loop_add(struct loop_fd **out, struct loop *l, int fd,
	     unsigned int interest, loop_fd_fn fn, void *ctx, struct err *e);
/* Makes no system call when nothing changes. */
void loop_interest(struct loop_fd *f, unsigned int interest);
/* f is invalid at once: it is never called again, not even for an event of the
 * current batch. NULL is fine. */
void loop_remove(struct loop_fd *f);

/* A timer is part of its owner's struct. */
struct loop_timer {
	struct timer t;
	struct loop *loop;
	void (*fn)(void *ctx);
	void *ctx;
};

/* -1 when memory is out: then the timer must not be used. */
int loop_timer_init(struct loop_timer *t, struct loop *l, void (*fn)(void *ctx),
		    void *ctx, struct err *e);
void loop_timer_set(struct loop_timer *t, struct monotime at); /* or moves */
void loop_timer_cancel(struct loop_timer *t);
/* Cancels and releases the reserved room; a zeroed timer is fine. */
void loop_timer_fini(struct loop_timer *t);

/*
 * The owner's part in each turn; a function may be NULL.
 * before_sleep: runs at the start of the turn and does the work that the last
 * turn deferred (due timers of the owner, queued actions).
 * after_event: runs after the function of each descriptor and timer.
 * deadline: returns the latest time for the next turn: MONO_NEVER, or a time; a
 * time in the past means "do not sleep".
 */
struct loop_owner {
	void (*before_sleep)(void *ctx);
	void (*after_event)(void *ctx);
	struct monotime (*deadline)(void *ctx);
	void *ctx;
};

void loop_own(struct loop *l, struct loop_owner owner);

/* Runs until loop_stop(), then returns 0; -1 when the wait itself failed. */
int loop_run(struct loop *l, struct err *e);
/* Runs one turn that sleeps until `until` at most (MONO_NONE: does not
 * sleep). */
int loop_turn(struct loop *l, struct monotime until, struct err *e);
void loop_stop(struct loop *l);

/* Counts packets handled in this turn: when turns are short and bring one
 * packet each, the loop pauses to let several gather (see sys/pace.h). */
void loop_packets(struct loop *l, size_t n);
/* The longest time from the end of a wait to the next wait so far. */
int64_t loop_longest_ms(const struct loop *l);
uint64_t loop_pauses(const struct loop *l);

#endif
