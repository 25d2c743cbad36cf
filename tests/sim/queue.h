/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is going to happen: events in the order of fake time. */
#ifndef SIM_QUEUE_H
#define SIM_QUEUE_H

#include <stddef.h>
#include <stdint.h>

struct world;

struct event {
	int64_t at;   /* ns */
	uint64_t seq; /* of two at one time the older comes first */
	void (*run)(struct world *w, void *arg);
	void (*drop)(void *arg); /* frees arg, run or not; may be NULL */
	void *arg;
};

struct queue {
	struct event *heap;
	size_t n, cap;
	uint64_t seq;
};

void queue_add(struct queue *q, int64_t at,
	       void (*run)(struct world *w, void *arg), void *arg,
	       void (*drop)(void *arg));
/* INT64_MAX when empty. */
int64_t queue_next(const struct queue *q);
/* Takes out the first; there must be one. */
struct event queue_pop(struct queue *q);
void queue_free(struct queue *q);

#endif
