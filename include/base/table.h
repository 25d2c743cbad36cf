/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An open-addressing table from short byte keys to pointers. */
#ifndef BASE_TABLE_H
#define BASE_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"

struct table_slot {
	uint64_t hash;
	const void *key; /* borrowed: lives inside the value */
	size_t keylen;
	void *value; /* NULL: free */
};

struct table {
	uint8_t seed[HASH_SEED_LEN];
	struct table_slot *slots;
	size_t count;
	size_t cap; /* a power of two, or 0 */
};

void table_init(struct table *t, const uint8_t seed[HASH_SEED_LEN]);
void table_free(struct table *t);
/* NULL when the key is absent. */
void *table_get(const struct table *t, const void *key, size_t keylen);
/* Replaces the value of the same key. value must not be NULL. 0, or -1 when
 * memory is out: then the table is unchanged. */
int table_put(struct table *t, const void *key, size_t keylen, void *value);
/* Returns the removed value, or NULL. */
void *table_remove(struct table *t, const void *key, size_t keylen);
/* Iterates: start with *pos = 0; NULL at the end. The table must not change. */
void *table_next(const struct table *t, size_t *pos);

#endif
