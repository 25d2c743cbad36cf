/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A binary heap of events. */
#include "queue.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>

static bool
before(const struct event *a, const struct event *b)
{
	return a->at != b->at ? a->at < b->at : a->seq < b->seq;
}

void
queue_add(struct queue *q, int64_t at, void (*run)(struct world *w, void *arg),
	  void *arg, void (*drop)(void *arg))
{
	struct event e = { at, q->seq++, run, drop, arg };
	size_t i;

	if (q->n == q->cap) {
		q->cap = q->cap == 0 ? 256 : 2 * q->cap;
		q->heap = realloc(q->heap, q->cap * sizeof(*q->heap));
		assert(q->heap != NULL);
	}
	for (i = q->n++; i > 0 && before(&e, &q->heap[(i - 1) / 2]);
	     i = (i - 1) / 2)
		q->heap[i] = q->heap[(i - 1) / 2];
	q->heap[i] = e;
}

int64_t
queue_next(const struct queue *q)
{
	return q->n == 0 ? INT64_MAX : q->heap[0].at;
}

struct event
queue_pop(struct queue *q)
{
	struct event first = q->heap[0];
	struct event last = q->heap[--q->n];
	size_t i = 0;

	for (;;) {
		size_t child = 2 * i + 1;

		if (child >= q->n)
			break;
		if (child + 1 < q->n &&
		    before(&q->heap[child + 1], &q->heap[child]))
			child++;
		if (!before(&q->heap[child], &last))
			break;
		q->heap[i] = q->heap[child];
		i = child;
	}
	q->heap[i] = last;
	return first;
}

void
queue_free(struct queue *q)
{
	for (size_t i = 0; i < q->n; i++)
		if (q->heap[i].drop != NULL)
			q->heap[i].drop(q->heap[i].arg);
	free(q->heap);
	*q = (struct queue){ 0 };
}
