/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Packets that wait for a session instead of being lost. */
#ifndef CORE_PEER_WAITQ_H
#define CORE_PEER_WAITQ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/monotime.h"

#define WAITQ_PACKETS_MAX 128
#define WAITQ_BYTES_MAX (256 * 1024)
#define WAITQ_BUDGET (16 * 1024 * 1024) /* over all peers of a core */

struct waitq_packet {
	struct waitq_packet *next;
	struct monotime since;
	size_t len;
	uint8_t flags; /* DATA_*, as to be sealed */
	uint8_t data[];
};

struct waitq {
	struct waitq_packet *head, **tail;
	size_t packets, bytes;
};

void waitq_init(struct waitq *q);
/* Copies the packet; budget counts down the bytes that all queues may still
 * hold. false when it does not fit: nothing has changed. */
bool waitq_put(struct waitq *q, size_t *budget, struct monotime now,
	       uint8_t flags, const void *data, size_t len);
/* Takes out the oldest, for the caller to free(); NULL when empty. */
struct waitq_packet *waitq_take(struct waitq *q, size_t *budget);
/* Throws away packets that are too old (all: every one); returns how many. */
size_t waitq_expire(struct waitq *q, size_t *budget, struct monotime now,
		    bool all);
/* When the oldest is too old; MONO_NEVER when empty. */
struct monotime waitq_deadline(const struct waitq *q);

#endif
