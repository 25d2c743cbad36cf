/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An open hash set that only grows. */
#include "ledger.h"

#include <assert.h>
#include <stdlib.h>

#include "format/proto.h"

#define HASH_START UINT64_C(0xcbf29ce484222325)
#define HASH_PRIME UINT64_C(0x100000001b3)
#define HASH_STIR UINT64_C(0xbf58476d1ce4e5b9)

/* FNV-1a with a last stir: there is no enemy in here. */
uint64_t
sim_hash(uint64_t h, const void *p, size_t len)
{
	const uint8_t *b = p;

	h = (h ^ HASH_START) * HASH_STIR;
	for (size_t i = 0; i < len; i++)
		h = (h ^ b[i]) * HASH_PRIME;
	h = (h ^ h >> 29) * HASH_STIR;
	return (h ^ h >> 32) | 1;
}

static uint64_t *
find(struct ledger *l, uint64_t key)
{
	size_t i = (size_t)(key >> 1) & (l->cap - 1);

	while (l->keys[i] != 0 && l->keys[i] != key)
		i = (i + 1) & (l->cap - 1);
	return &l->keys[i];
}

static void
grow(struct ledger *l)
{
	struct ledger old = *l;

	l->cap = old.cap == 0 ? 4096 : 2 * old.cap;
	l->keys = calloc(l->cap, sizeof(*l->keys));
	assert(l->keys != NULL);
	for (size_t i = 0; i < old.cap; i++)
		if (old.keys[i] != 0)
			*find(l, old.keys[i]) = old.keys[i];
	free(old.keys);
}

bool
ledger_note(struct ledger *l, size_t sender, const uint8_t *dgram, size_t len)
{
	uint64_t key, *row;

	if (len < DGRAM_DATA_OVERHEAD || dgram[0] != DGRAM_DATA)
		return true;
	if (2 * (l->n + 1) > l->cap)
		grow(l);
	/* Index and counter are the last 12 bytes of the header. */
	key = sim_hash(sender, dgram + 4, DGRAM_DATA_HEADER_LEN - 4);
	row = find(l, key);
	if (*row != 0)
		return false;
	*row = key;
	l->n++;
	return true;
}

void
ledger_free(struct ledger *l)
{
	free(l->keys);
	*l = (struct ledger){ 0 };
}
