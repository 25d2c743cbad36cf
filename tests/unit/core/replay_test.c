/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The replay window, beside a plain bitmap of all that was seen. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/session/replay.h"
#include "crypto/rng.h"

#define SPAN (1u << 20) /* counters that the plain bitmap knows */

struct plain {
	uint64_t base; /* counter of bit 0 */
	uint64_t highest;
	bool any;
	bool seen[SPAN];
};

static bool
plain_is_fresh(const struct plain *p, uint64_t counter)
{
	if (p->any && counter < p->highest &&
	    p->highest - counter >= REPLAY_WINDOW)
		return false;
	return !p->seen[counter - p->base];
}

static void
both(struct replay *r, struct plain *p, uint64_t counter)
{
	bool fresh = plain_is_fresh(p, counter);

	assert_int_equal(replay_is_fresh(r, counter), fresh);
	if (!fresh)
		return;
	assert_int_equal(replay_mark(r, counter),
			 !p->any || counter > p->highest);
	p->seen[counter - p->base] = true;
	if (!p->any || counter > p->highest)
		p->highest = counter;
	p->any = true;
	assert_false(replay_is_fresh(r, counter));
}

/* A walk with small steps, jumps about as long as the window, and repeats. */
static void
walk(uint64_t base, uint64_t seed)
{
	struct plain *p = calloc(1, sizeof(*p));
	struct rng_seeded state;
	struct rng rng = rng_seeded(&state, seed);
	struct replay r = { 0 };
	uint64_t at = 0;

	assert_non_null(p);
	p->base = base;
	for (int i = 0; i < 200000 && at < SPAN - 20000; i++) {
		uint64_t back = rng_below(&rng, 10) == 0 ?
					rng_below(&rng, REPLAY_WINDOW + 100) :
					rng_below(&rng, 70);

		switch (rng_below(&rng, 400)) {
		case 0:
			at += REPLAY_WINDOW - 70 + rng_below(&rng, 140);
			break;
		case 1:
			at += rng_below(&rng, 2 * REPLAY_WINDOW);
			break;
		default:
			at += rng_below(&rng, 4);
		}
		both(&r, p, base + at);
		both(&r, p, base + (back > at ? 0 : at - back));
	}
	free(p);
}

static void
test_walks(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 8; seed++) {
		walk(0, seed);
		walk((UINT64_C(1) << 32) - SPAN / 2, seed);
		walk(UINT64_MAX - SPAN, seed);
	}
}

static void
test_edges(void **state)
{
	static const uint64_t tops[] = { REPLAY_WINDOW - 1,
					 REPLAY_WINDOW,
					 REPLAY_WINDOW + 1,
					 8255,
					 8256,
					 8257,
					 1000003,
					 UINT64_MAX - 1 };

	(void)state;
	for (size_t i = 0; i < sizeof(tops) / sizeof(tops[0]); i++) {
		uint64_t top = tops[i], last = top - (REPLAY_WINDOW - 1);
		struct replay r = { 0 };

		assert_true(replay_is_fresh(&r, top));
		assert_true(replay_mark(&r, top));
		assert_false(replay_is_fresh(&r, top));
		assert_true(replay_is_fresh(&r, last));
		if (last > 0)
			assert_false(replay_is_fresh(&r, last - 1));
		assert_false(replay_mark(&r, last));
		assert_false(replay_is_fresh(&r, last));
		/* All in between are there once. */
		for (uint64_t c = last + 1; c < top; c++) {
			assert_true(replay_is_fresh(&r, c));
			replay_mark(&r, c);
			assert_false(replay_is_fresh(&r, c));
		}
	}
}

static void
test_first_is_zero(void **state)
{
	struct replay r = { 0 };

	(void)state;
	assert_true(replay_is_fresh(&r, 0));
	assert_true(replay_mark(&r, 0));
	assert_false(replay_is_fresh(&r, 0));
	assert_true(replay_is_fresh(&r, 1));
}

/* A jump of any length forgets nothing that is inside, keeps nothing old. */
static void
test_jumps(void **state)
{
	(void)state;
	for (uint64_t jump = 1; jump < 3 * REPLAY_WINDOW; jump += 61) {
		struct replay r = { 0 };

		for (uint64_t c = 0; c < 300; c++)
			replay_mark(&r, c);
		replay_mark(&r, 299 + jump);
		for (uint64_t c = 0; c < 300; c++)
			assert_false(replay_is_fresh(&r, c));
		for (uint64_t c = 300; c < 299 + jump; c++)
			assert_int_equal(replay_is_fresh(&r, c),
					 c + REPLAY_WINDOW > 299 + jump);
	}
}

static void
test_last_counter(void **state)
{
	struct replay r = { 0 };

	(void)state;
	assert_false(replay_is_fresh(&r, UINT64_MAX));
	replay_mark(&r, UINT64_MAX - 1);
	assert_false(replay_is_fresh(&r, UINT64_MAX));
	assert_false(replay_is_fresh(&r, UINT64_MAX - 1));
	assert_false(replay_is_fresh(&r, 0));
	assert_true(replay_is_fresh(&r, UINT64_MAX - 2));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_walks),
		cmocka_unit_test(test_edges),
		cmocka_unit_test(test_first_is_zero),
		cmocka_unit_test(test_jumps),
		cmocka_unit_test(test_last_counter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
