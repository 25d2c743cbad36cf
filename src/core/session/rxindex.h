/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Receiver indices: 32-bit numbers that we choose and the other side puts
 * into its datagrams. Random, so that nobody can guess which are in use.
 */
#ifndef CORE_SESSION_RXINDEX_H
#define CORE_SESSION_RXINDEX_H

#include <stddef.h>
#include <stdint.h>

#include "crypto/rng.h"

struct assoc;
struct session;
struct handshake;

struct rxindex_entry {
	uint32_t index; /* 0: free */
	struct assoc *assoc;
	struct session *session; /* either of the two, borrowed */
	struct handshake *handshake;
};

struct rxindex {
	struct rxindex_entry *slots;
	size_t count;
	size_t cap; /* a power of two, or 0 */
};

void rxindex_init(struct rxindex *x);
void rxindex_free(struct rxindex *x);
/* Chooses an index that is not in use, for the association; the rest of the
 * entry is NULL. 0: memory is out. */
uint32_t rxindex_add(struct rxindex *x, const struct rng *rng,
		     struct assoc *assoc);
/* NULL when it is not there. The pointer dies with the next add or remove. */
struct rxindex_entry *rxindex_get(const struct rxindex *x, uint32_t index);
void rxindex_remove(struct rxindex *x, uint32_t index);

#endif
