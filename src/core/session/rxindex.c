/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Open addressing; the index is its own hash, since it is random and ours. */
#include "core/session/rxindex.h"

#include <stdlib.h>
#include <string.h>

#define CAP_FIRST 16

void
rxindex_init(struct rxindex *x)
{
	memset(x, 0, sizeof(*x));
}

void
rxindex_free(struct rxindex *x)
{
	free(x->slots);
	rxindex_init(x);
}

/* The slot of index, or the free one where it belongs. */
static size_t
find_slot(const struct rxindex *x, uint32_t index)
{
	size_t i = index & (x->cap - 1);

	while (x->slots[i].index != 0 && x->slots[i].index != index)
		i = (i + 1) & (x->cap - 1);
	return i;
}

static int
grow_index(struct rxindex *x)
{
	struct rxindex bigger = { .cap = x->cap == 0 ? CAP_FIRST : x->cap * 2 };

	bigger.slots = calloc(bigger.cap, sizeof(*bigger.slots));
	if (bigger.slots == NULL)
		return -1;
	for (size_t i = 0; i < x->cap; i++)
		if (x->slots[i].index != 0)
			bigger.slots[find_slot(&bigger, x->slots[i].index)] =
				x->slots[i];
	bigger.count = x->count;
	free(x->slots);
	*x = bigger;
	return 0;
}

uint32_t
rxindex_add(struct rxindex *x, const struct rng *rng, struct assoc *assoc)
{
	struct rxindex_entry *e;
	uint32_t index;

	if (2 * (x->count + 1) > x->cap && grow_index(x) < 0)
		return 0;
	do
		index = rng_u32(rng);
	while (index == 0 || x->slots[find_slot(x, index)].index != 0);
	e = &x->slots[find_slot(x, index)];
	e->index = index;
	e->assoc = assoc;
	x->count++;
	return index;
}

struct rxindex_entry *
rxindex_get(const struct rxindex *x, uint32_t index)
{
	struct rxindex_entry *e;

	if (x->cap == 0 || index == 0)
		return NULL;
	e = &x->slots[find_slot(x, index)];
	return e->index == index ? e : NULL;
}

void
rxindex_remove(struct rxindex *x, uint32_t index)
{
	struct rxindex_entry *e = rxindex_get(x, index);
	size_t hole, i;

	if (e == NULL)
		return;
	/* Moves back entries that a search would no longer reach across the
	 * hole. */
	hole = i = (size_t)(e - x->slots);
	for (;;) {
		size_t home;

		i = (i + 1) & (x->cap - 1);
		if (x->slots[i].index == 0)
			break;
		home = x->slots[i].index & (x->cap - 1);
		if (((i - home) & (x->cap - 1)) < ((i - hole) & (x->cap - 1)))
			continue;
		x->slots[hole] = x->slots[i];
		hole = i;
	}
	memset(&x->slots[hole], 0, sizeof(x->slots[hole]));
	x->count--;
}
