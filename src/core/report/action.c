/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The queue of actions: a ring that grows. Only datagrams are bounded by
 * number; all others are bounded by their causes. */
#include "core/action.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

#define RING_FIRST 16
#define EVENT_TEXT_MAX 512

void
actions_init(struct actions *q)
{
	memset(q, 0, sizeof(*q));
}

void
actions_free(struct actions *q)
{
	struct action a;

	while (actions_next(q, &a))
		action_done(&a);
	free(q->ring);
	actions_init(q);
}

static int
grow_queue(struct actions *q)
{
	size_t cap = q->cap == 0 ? RING_FIRST : q->cap * 2;
	struct action *ring = calloc(cap, sizeof(*ring));

	if (ring == NULL)
		return -1;
	for (size_t i = 0; i < q->count; i++)
		ring[i] = q->ring[(q->head + i) & (q->cap - 1)];
	free(q->ring);
	q->ring = ring;
	q->head = 0;
	q->cap = cap;
	return 0;
}

struct action *
actions_add(struct actions *q, enum action_kind kind)
{
	struct action *a;

	if (q->count == q->cap && grow_queue(q) < 0)
		return NULL;
	a = &q->ring[(q->head + q->count++) & (q->cap - 1)];
	memset(a, 0, sizeof(*a));
	a->kind = kind;
	return a;
}

void
actions_udp(struct actions *q, const struct endpoint *to,
	    const struct ipaddr *local, const void *data, size_t len)
{
	struct action *a;
	uint8_t *copy = NULL;

	if (q->count < ACTIONS_DATAGRAMS_MAX)
		copy = malloc(len);
	if (copy == NULL || (a = actions_add(q, ACTION_SEND_UDP)) == NULL) {
		free(copy);
		q->lost++;
		return;
	}
	memcpy(copy, data, len);
	a->to = *to;
	if (local != NULL)
		a->local = *local;
	a->data = copy;
	a->len = len;
}

void
actions_event(struct actions *q, enum event_level level, enum event_kind event,
	      const char *peer, const char *fmt, ...)
{
	struct action *a = actions_add(q, ACTION_EVENT);
	char text[EVENT_TEXT_MAX];
	va_list ap;

	if (a == NULL)
		return;
	a->level = level;
	a->event = event;
	if (peer != NULL)
		snprintf(a->peer, sizeof(a->peer), "%s", peer);
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	a->text = strdup(text);
}

bool
actions_next(struct actions *q, struct action *out)
{
	if (q->count == 0)
		return false;
	*out = q->ring[q->head];
	q->head = (q->head + 1) & (q->cap - 1);
	q->count--;
	return true;
}

void
action_done(struct action *a)
{
	if (a->kind == ACTION_STORE_PAIR && a->data != NULL)
		bytes_wipe(a->data, a->len);
	if (a->discarded != NULL)
		a->discard(a->discarded);
	free(a->data);
	free(a->text);
	a->discarded = NULL;
	a->data = NULL;
	a->text = NULL;
}
