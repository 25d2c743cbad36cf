/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A queue of deadlines: a binary heap of timers that live in their owners. */
#ifndef BASE_TIMERQ_H
#define BASE_TIMERQ_H

#include <stdbool.h>
#include <stddef.h>

#include "base/monotime.h"

struct timer {
	struct monotime at;
	size_t pos;  /* place in the heap + 1; 0: not set */
	void *owner; /* whose timer this is */
	int kind;    /* which of the owner's timers */
};

struct timerq {
	struct timer **heap;
	size_t count;
	size_t cap;
};

void timerq_init(struct timerq *q);
/* Timers that are still set are not touched: their owners may be gone. */
void timerq_free(struct timerq *q);
/* Room for n timers in all; 0, or -1 when memory is out. */
int timerq_reserve(struct timerq *q, size_t n);
/* owner and kind are set once; the timer starts unset. */
void timer_init(struct timer *t, void *owner, int kind);
/* Sets or moves the timer. Asserts that room was reserved. */
void timerq_set(struct timerq *q, struct timer *t, struct monotime at);
void timerq_cancel(struct timerq *q, struct timer *t);
/* MONO_NEVER when empty. */
struct monotime timerq_next(const struct timerq *q);
/* Takes out and returns a timer that is due, or NULL. */
struct timer *timerq_pop(struct timerq *q, struct monotime now);

static inline bool
timer_is_set(const struct timer *t)
{
	return t->pos != 0;
}

#endif
