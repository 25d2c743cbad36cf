/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An open-addressing table: linear probing, at most three quarters full.
 * Removal shifts the following entries back, so that there are no tombstones
 * and a probe always ends at the first free slot.
 */
#include "base/table.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define TABLE_CAP_MIN 8

void
table_init(struct table *t, const uint8_t seed[HASH_SEED_LEN])
{
	*t = (struct table){ 0 };
	memcpy(t->seed, seed, HASH_SEED_LEN);
}

void
table_free(struct table *t)
{
	free(t->slots);
	t->slots = NULL;
	t->count = 0;
	t->cap = 0;
}

static bool
slot_has(const struct table_slot *s, uint64_t hash, const void *key,
	 size_t keylen)
{
	return s->hash == hash && s->keylen == keylen &&
	       (keylen == 0 || memcmp(s->key, key, keylen) == 0);
}

/* Returns the slot of the key, or the free slot where the key would go. The
 * table has at least one free slot. */
static struct table_slot *
find_slot(const struct table *t, uint64_t hash, const void *key, size_t keylen)
{
	size_t mask = t->cap - 1;
	size_t i = (size_t)hash & mask;

	while (t->slots[i].value != NULL &&
	       !slot_has(&t->slots[i], hash, key, keylen))
		i = (i + 1) & mask;
	return &t->slots[i];
}

static int
grow_table(struct table *t)
{
	struct table bigger = *t;

	bigger.cap = t->cap != 0 ? t->cap * 2 : TABLE_CAP_MIN;
	bigger.slots = calloc(bigger.cap, sizeof(*bigger.slots));
	if (bigger.slots == NULL)
		return -1;
	for (size_t i = 0; i < t->cap; i++) {
		const struct table_slot *s = &t->slots[i];

		if (s->value != NULL)
			*find_slot(&bigger, s->hash, s->key, s->keylen) = *s;
	}
	free(t->slots);
	*t = bigger;
	return 0;
}

void *
table_get(const struct table *t, const void *key, size_t keylen)
{
	if (t->count == 0)
		return NULL;
	return find_slot(t, hash_bytes(t->seed, key, keylen), key, keylen)
		->value;
}

int
table_put(struct table *t, const void *key, size_t keylen, void *value)
{
	uint64_t hash = hash_bytes(t->seed, key, keylen);
	struct table_slot *s =
		t->cap != 0 ? find_slot(t, hash, key, keylen) : NULL;
	bool is_new = s == NULL || s->value == NULL;

	assert(value != NULL);
	if (is_new && t->count >= t->cap / 4 * 3) {
		if (grow_table(t) < 0)
			return -1;
		s = find_slot(t, hash, key, keylen);
	}
	if (is_new)
		t->count++;
	*s = (struct table_slot){ hash, key, keylen, value };
	return 0;
}

/* Fills the hole with a later entry that the move brings closer to its home
 * slot; repeats that for the new hole. */
static void
close_gap(struct table *t, size_t hole)
{
	size_t mask = t->cap - 1;

	for (size_t i = (hole + 1) & mask; t->slots[i].value != NULL;
	     i = (i + 1) & mask) {
		size_t home = (size_t)t->slots[i].hash & mask;

		if (((i - home) & mask) >= ((i - hole) & mask)) {
			t->slots[hole] = t->slots[i];
			hole = i;
		}
	}
	t->slots[hole] = (struct table_slot){ 0 };
}

void *
table_remove(struct table *t, const void *key, size_t keylen)
{
	struct table_slot *s;
	void *value;

	if (t->count == 0)
		return NULL;
	s = find_slot(t, hash_bytes(t->seed, key, keylen), key, keylen);
	value = s->value;
	if (value != NULL) {
		close_gap(t, (size_t)(s - t->slots));
		t->count--;
	}
	return value;
}

void *
table_next(const struct table *t, size_t *pos)
{
	while (*pos < t->cap) {
		void *value = t->slots[(*pos)++].value;

		if (value != NULL)
			return value;
	}
	return NULL;
}
