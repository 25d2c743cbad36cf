/* SPDX-License-Identifier: GPL-3.0-or-later */
/* When a loop pauses so that packets gather, and when not. */
#include "../unit.h"
#include "sys/pace.h"

#define SHORT_NS 12500
#define TRIES 100000

/* The number of turns like this until one pauses; TRIES: none does. */
static unsigned int
turns_until_pause(struct pace *p, int64_t slept, int64_t worked, size_t packets)
{
	unsigned int n = 0;

	while (n < TRIES && !pace_turn(p, slept, worked, packets))
		n++;
	return n;
}

static struct pace
pausing(void)
{
	struct pace p;

	pace_init(&p);
	assert_in_range(turns_until_pause(&p, SHORT_NS, SHORT_NS, 1), 1,
			TRIES - 1);
	return p;
}

static void
test_short_turns_pause(void **state)
{
	struct pace p = pausing();

	(void)state;
	assert_int_equal(p.pauses, 1);
	for (int i = 0; i < TRIES; i++)
		assert_true(pace_turn(&p, 0, SHORT_NS, 16));
	assert_int_equal(p.pauses, 1 + TRIES);
}

static void
test_others_do_not(void **state)
{
	struct pace p;

	(void)state;
	pace_init(&p);
	/* who sleeps, who works, who gets many at once, who gets none */
	assert_int_equal(turns_until_pause(&p, PACE_PAUSE_NS, 0, 1), TRIES);
	assert_int_equal(turns_until_pause(&p, 0, PACE_PAUSE_NS, 1), TRIES);
	assert_int_equal(turns_until_pause(&p, 0, SHORT_NS, 16), TRIES);
	assert_int_equal(turns_until_pause(&p, 0, SHORT_NS, 0), TRIES);
	assert_int_equal(p.pauses, 0);
}

/* One long turn among the short ones, and they are counted anew. */
static void
test_in_a_row(void **state)
{
	struct pace p;
	unsigned int need;

	(void)state;
	pace_init(&p);
	need = turns_until_pause(&p, SHORT_NS, SHORT_NS, 1);
	pace_init(&p);
	for (unsigned int i = 0; i < need; i++)
		assert_false(pace_turn(&p, SHORT_NS, SHORT_NS, 1));
	assert_false(pace_turn(&p, PACE_PAUSE_NS, SHORT_NS, 1));
	assert_int_equal(turns_until_pause(&p, SHORT_NS, SHORT_NS, 1), need);
}

/* Where work lasts, there is enough of it without a pause; but it comes back
 * as soon as there is less. */
static void
test_long_work(void **state)
{
	struct pace p = pausing();

	(void)state;
	assert_false(pace_turn(&p, 0, 10 * PACE_PAUSE_NS, 100));
	assert_true(pace_turn(&p, 0, SHORT_NS, 16));
}

/* Question and answer: each turn brings one packet, pause or not. It is given
 * up quickly and tried ever more seldom. */
static void
test_given_up(void **state)
{
	struct pace p = pausing();
	unsigned int before = 0, turns, pauses;

	(void)state;
	for (int i = 0; i < 5; i++) {
		for (pauses = 1; pace_turn(&p, 0, SHORT_NS, 1); pauses++)
			assert_true(pauses < 10);
		turns = turns_until_pause(&p, 0, SHORT_NS, 1);
		assert_true(turns > before && turns < TRIES);
		before = turns;
	}
	for (int i = 0; i < 100; i++) {
		while (pace_turn(&p, 0, SHORT_NS, 1))
			;
		assert_true(turns_until_pause(&p, 0, SHORT_NS, 1) < TRIES);
	}
	/* Once it is worth it again, all is as in the beginning. */
	assert_true(pace_turn(&p, 0, SHORT_NS, 16));
	while (pace_turn(&p, 0, SHORT_NS, 1))
		;
	assert_true(turns_until_pause(&p, 0, SHORT_NS, 1) <= before);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_short_turns_pause),
		cmocka_unit_test(test_others_do_not),
		cmocka_unit_test(test_in_a_row),
		cmocka_unit_test(test_long_work),
		cmocka_unit_test(test_given_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
