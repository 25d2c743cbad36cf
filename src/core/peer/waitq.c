/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A list of copies, bounded by packets, by bytes, and by a common budget. The
 * packets are copied, because the device's memory lasts for one batch only. */
#include "core/peer/waitq.h"
#include "core/timings.h"

#include <stdlib.h>
#include <string.h>

void
waitq_init(struct waitq *q)
{
	memset(q, 0, sizeof(*q));
	q->tail = &q->head;
}

bool
waitq_put(struct waitq *q, size_t *budget, struct monotime now, uint8_t flags,
	  const void *data, size_t len)
{
	size_t cost = sizeof(struct waitq_packet) + len;
	struct waitq_packet *p;

	if (q->packets >= WAITQ_PACKETS_MAX ||
	    q->bytes + len > WAITQ_BYTES_MAX || cost > *budget)
		return false;
	p = malloc(cost);
	if (p == NULL)
		return false;
	p->next = NULL;
	p->since = now;
	p->len = len;
	p->flags = flags;
	memcpy(p->data, data, len);
	*q->tail = p;
	q->tail = &p->next;
	q->packets++;
	q->bytes += len;
	*budget -= cost;
	return true;
}

struct waitq_packet *
waitq_take(struct waitq *q, size_t *budget)
{
	struct waitq_packet *p = q->head;

	if (p == NULL)
		return NULL;
	q->head = p->next;
	if (q->head == NULL)
		q->tail = &q->head;
	q->packets--;
	q->bytes -= p->len;
	*budget += sizeof(*p) + p->len;
	return p;
}

size_t
waitq_expire(struct waitq *q, size_t *budget, struct monotime now, bool all)
{
	size_t n = 0;

	while (q->head != NULL &&
	       (all || mono_ms(q->head->since, now) >= WAITQ_AGE_MS)) {
		free(waitq_take(q, budget));
		n++;
	}
	return n;
}

struct monotime
waitq_deadline(const struct waitq *q)
{
	if (q->head == NULL)
		return MONO_NEVER;
	return mono_add_ms(q->head->since, WAITQ_AGE_MS);
}
