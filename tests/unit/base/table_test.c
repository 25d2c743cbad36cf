/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table against a plain array, with keys that crowd and hash apart. */
#include <string.h>

#include "../unit.h"
#include "base/table.h"
#include "prng.h"

#define ITEMS 3000

struct item {
	uint8_t key[6];
	size_t keylen;
	int in;
};

static const uint8_t seed[HASH_SEED_LEN] = "sixteen bytes.";

static void
empty_table_answers(void **state)
{
	struct table t;
	size_t pos = 0;

	(void)state;
	table_init(&t, seed);
	assert_null(table_get(&t, "a", 1));
	assert_null(table_remove(&t, "a", 1));
	assert_null(table_next(&t, &pos));
	assert_int_equal(t.cap, 0);
	table_free(&t);
	table_free(&t);
}

static void
put_get_replace_remove(void **state)
{
	struct table t;
	int one, two;
	size_t pos = 0;

	(void)state;
	table_init(&t, seed);
	assert_int_equal(table_put(&t, "alpha", 5, &one), 0);
	assert_ptr_equal(table_get(&t, "alpha", 5), &one);
	assert_null(table_get(&t, "alph", 4));
	assert_null(table_get(&t, "alphb", 5));
	assert_null(table_get(&t, "alpha\0", 6));
	assert_int_equal(table_put(&t, "alpha", 5, &two), 0);
	assert_int_equal(t.count, 1);
	assert_ptr_equal(table_get(&t, "alpha", 5), &two);
	assert_ptr_equal(table_next(&t, &pos), &two);
	assert_null(table_next(&t, &pos));
	assert_null(table_remove(&t, "alph", 4));
	assert_ptr_equal(table_remove(&t, "alpha", 5), &two);
	assert_null(table_remove(&t, "alpha", 5));
	assert_null(table_get(&t, "alpha", 5));
	assert_int_equal(t.count, 0);
	table_free(&t);
}

/* The key is borrowed from its value: when another value takes the key
 * over, the first one may go. */
static void
replacing_takes_over_the_key(void **state)
{
	struct table t;
	struct item old = { "key", 3, 1 };
	struct item new = { "key", 3, 1 };

	(void)state;
	table_init(&t, seed);
	table_put(&t, old.key, old.keylen, &old);
	table_put(&t, new.key, new.keylen, &new);
	memset(&old, 0xff, sizeof(old));
	assert_ptr_equal(table_get(&t, "key", 3), &new);
	table_free(&t);
}

static void
empty_key_is_a_key(void **state)
{
	struct table t;
	int v;

	(void)state;
	table_init(&t, seed);
	assert_int_equal(table_put(&t, NULL, 0, &v), 0);
	assert_ptr_equal(table_get(&t, "", 0), &v);
	assert_ptr_equal(table_remove(&t, NULL, 0), &v);
	table_free(&t);
}

static void
check_all(const struct table *t, const struct item *items, size_t count)
{
	size_t seen = 0;
	size_t pos = 0;
	const struct item *it;

	for (size_t i = 0; i < ITEMS; i++) {
		it = table_get(t, items[i].key, items[i].keylen);
		assert_ptr_equal(it, items[i].in ? &items[i] : NULL);
	}
	while ((it = table_next(t, &pos)) != NULL) {
		assert_true(it->in);
		seen++;
	}
	assert_int_equal(seen, count);
	assert_int_equal(t->count, count);
}

/* Random puts and removals; after each phase every key is looked up. */
static void
behaves_like_a_set(void **state)
{
	static struct item items[ITEMS];
	struct prng r = { 3 };
	struct table t;
	size_t count = 0;

	(void)state;
	for (uint32_t i = 0; i < ITEMS; i++) {
		items[i].key[0] = (uint8_t)(i >> 8);
		items[i].key[1] = (uint8_t)i;
		items[i].keylen = 2 + i % 5;
	}
	table_init(&t, seed);
	for (unsigned int phase = 0; phase < 60; phase++) {
		/* Grows at first, then shrinks, and so on. */
		unsigned int puts = phase % 20 < 10 ? 3 : 1;

		for (unsigned int n = 0; n < 500; n++) {
			struct item *it = &items[prng_below(&r, ITEMS)];

			if (prng_below(&r, 4) < puts) {
				assert_int_equal(
					table_put(&t, it->key, it->keylen, it),
					0);
				count += !it->in;
				it->in = 1;
			} else {
				assert_ptr_equal(
					table_remove(&t, it->key, it->keylen),
					it->in ? it : NULL);
				count -= it->in != 0;
				it->in = 0;
			}
		}
		check_all(&t, items, count);
	}
	table_free(&t);
}

/*
 * Small tables, always nearly full: clusters that wrap around the end are
 * common here. Many seeds, each with every order of removal by chance.
 */
static void
removal_closes_clusters(void **state)
{
	struct prng r = { 4 };

	(void)state;
	for (unsigned int round = 0; round < 3000; round++) {
		uint8_t s[HASH_SEED_LEN] = { (uint8_t)round,
					     (uint8_t)(round >> 8) };
		struct item items[6] = { 0 };
		struct table t;

		table_init(&t, s);
		for (uint8_t i = 0; i < 6; i++) {
			items[i].key[0] = i;
			items[i].keylen = 1;
			items[i].in = 1;
			table_put(&t, items[i].key, 1, &items[i]);
		}
		assert_int_equal(t.cap, 8);
		for (unsigned int left = 6; left > 0;) {
			struct item *it = &items[prng_below(&r, 6)];

			if (!it->in)
				continue;
			assert_ptr_equal(table_remove(&t, it->key, 1), it);
			it->in = 0;
			left--;
			for (unsigned int i = 0; i < 6; i++)
				assert_ptr_equal(table_get(&t, items[i].key, 1),
						 items[i].in ? &items[i] :
							       NULL);
		}
		table_free(&t);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty_table_answers),
		cmocka_unit_test(put_get_replace_remove),
		cmocka_unit_test(replacing_takes_over_the_key),
		cmocka_unit_test(empty_key_is_a_key),
		cmocka_unit_test(behaves_like_a_set),
		cmocka_unit_test(removal_closes_clusters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
