/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A queue of deadlines: a binary heap, the earliest timer at the root. */
#include "base/timerq.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>

void
timerq_init(struct timerq *q)
{
	*q = (struct timerq){ 0 };
}

void
timerq_free(struct timerq *q)
{
	free(q->heap);
	timerq_init(q);
}

int
timerq_reserve(struct timerq *q, size_t n)
{
	struct timer **heap;

	if (n <= q->cap)
		return 0;
	if (n > SIZE_MAX / sizeof(struct timer *))
		return -1;
	heap = realloc(q->heap, n * sizeof(struct timer *));
	if (heap == NULL)
		return -1;
	q->heap = heap;
	q->cap = n;
	return 0;
}

void
timer_init(struct timer *t, void *owner, int kind)
{
	*t = (struct timer){ .owner = owner, .kind = kind };
}

static void
place_at(struct timerq *q, size_t i, struct timer *t)
{
	q->heap[i] = t;
	t->pos = i + 1;
}

/* Places t in the heap, starting with an empty position i. */
static void
sift_timer(struct timerq *q, size_t i, struct timer *t)
{
	while (i > 0 && mono_before(t->at, q->heap[(i - 1) / 2]->at)) {
		place_at(q, i, q->heap[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
	for (;;) {
		size_t child = 2 * i + 1;

		if (child + 1 < q->count &&
		    mono_before(q->heap[child + 1]->at, q->heap[child]->at))
			child++;
		if (child >= q->count ||
		    !mono_before(q->heap[child]->at, t->at))
			break;
		place_at(q, i, q->heap[child]);
		i = child;
	}
	place_at(q, i, t);
}

void
timerq_set(struct timerq *q, struct timer *t, struct monotime at)
{
	t->at = at;
	if (t->pos == 0) {
		assert(q->count < q->cap);
		q->count++;
		t->pos = q->count;
	}
	sift_timer(q, t->pos - 1, t);
}

void
timerq_cancel(struct timerq *q, struct timer *t)
{
	size_t i = t->pos - 1;
	struct timer *last;

	if (t->pos == 0)
		return;
	assert(i < q->count && q->heap[i] == t);
	t->pos = 0;
	last = q->heap[--q->count];
	if (last != t)
		sift_timer(q, i, last);
}

struct monotime
timerq_next(const struct timerq *q)
{
	return q->count != 0 ? q->heap[0]->at : MONO_NEVER;
}

struct timer *
timerq_pop(struct timerq *q, struct monotime now)
{
	struct timer *t;

	if (q->count == 0 || !mono_reached(q->heap[0]->at, now))
		return NULL;
	t = q->heap[0];
	timerq_cancel(q, t);
	return t;
}
