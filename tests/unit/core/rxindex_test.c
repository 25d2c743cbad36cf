/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of receiver indices: random work beside a plain list. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/session/rxindex.h"

#define MANY 500

struct assoc { /* the table only keeps the pointer */
	int n;
};

static void
test_random_work(void **state)
{
	struct assoc assocs[MANY] = { { 0 } };
	uint32_t held[MANY] = { 0 };
	struct rng_seeded seed;
	struct rng rng = rng_seeded(&seed, 7);
	struct rxindex x;
	size_t count = 0;

	(void)state;
	rxindex_init(&x);
	assert_null(rxindex_get(&x, 1));
	rxindex_remove(&x, 1);
	for (int round = 0; round < 20000; round++) {
		uint32_t i = rng_below(&rng, MANY);

		if (held[i] == 0) {
			held[i] = rxindex_add(&x, &rng, &assocs[i]);
			assert_int_not_equal(held[i], 0);
			count++;
		} else {
			rxindex_remove(&x, held[i]);
			assert_null(rxindex_get(&x, held[i]));
			held[i] = 0;
			count--;
		}
		assert_int_equal(x.count, count);
		if (round % 100 != 0)
			continue;
		for (size_t k = 0; k < MANY; k++)
			if (held[k] != 0)
				assert_ptr_equal(
					rxindex_get(&x, held[k])->assoc,
					&assocs[k]);
	}
	rxindex_free(&x);
}

/* Indices that all want the same place, with the end of the table between. */
static uint32_t next_index;

static void
fill_next(void *ctx, void *out, size_t len)
{
	(void)ctx;
	assert_int_equal(len, sizeof(next_index));
	memcpy(out, &next_index, len);
	next_index += 0x01000000;
}

static void
test_collisions(void **state)
{
	struct rng rng = { fill_next, NULL };
	struct assoc assocs[7];
	uint32_t held[7];
	struct rxindex x;

	(void)state;
	for (int gone = 0; gone < 7; gone++) {
		next_index = 0x0000000d;
		rxindex_init(&x);
		for (int i = 0; i < 7; i++)
			held[i] = rxindex_add(&x, &rng, &assocs[i]);
		rxindex_remove(&x, held[gone]);
		for (int i = 0; i < 7; i++) {
			struct rxindex_entry *e = rxindex_get(&x, held[i]);

			if (i == gone)
				assert_null(e);
			else
				assert_ptr_equal(e->assoc, &assocs[i]);
		}
		rxindex_free(&x);
	}
}

/* 0 and numbers in use are never given out. */
static uint32_t script[] = { 0, 5, 5, 0, 6 };
static size_t script_at;

static void
fill_script(void *ctx, void *out, size_t len)
{
	(void)ctx;
	memcpy(out, &script[script_at++], len);
}

static void
test_unique(void **state)
{
	struct rng rng = { fill_script, NULL };
	struct assoc l;
	struct rxindex x;
	uint32_t a, b;

	(void)state;
	rxindex_init(&x);
	a = rxindex_add(&x, &rng, &l);
	b = rxindex_add(&x, &rng, &l);
	assert_int_equal(script_at, 5);
	assert_int_not_equal(a, b);
	assert_null(rxindex_get(&x, 0));
	rxindex_free(&x);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_work),
		cmocka_unit_test(test_collisions),
		cmocka_unit_test(test_unique),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
