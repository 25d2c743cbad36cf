/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Arithmetic of the monotonic clock. */
#include "../unit.h"
#include "base/monotime.h"

static void
spans_and_order(void **state)
{
	struct monotime a = { 5 * NS_PER_S };
	struct monotime b = mono_add_ms(a, 1500);

	(void)state;
	assert_true(b.ns == 6 * NS_PER_S + 500 * NS_PER_MS);
	assert_true(mono_ms(a, b) == 1500);
	assert_true(mono_ms(b, a) == -1500);
	assert_true(mono_add_ms(b, -1500).ns == a.ns);
	assert_true(mono_before(a, b));
	assert_false(mono_before(b, a));
	assert_false(mono_before(a, a));
	assert_true(mono_min(a, b).ns == a.ns);
	assert_true(mono_min(b, a).ns == a.ns);
}

static void
a_deadline_is_reached_on_time(void **state)
{
	struct monotime at = { 1000 };

	(void)state;
	assert_false(mono_reached(at, (struct monotime){ 999 }));
	assert_true(mono_reached(at, (struct monotime){ 1000 }));
	assert_true(mono_reached(at, (struct monotime){ 1001 }));
}

static void
never_and_none(void **state)
{
	struct monotime late = { INT64_MAX - 1 };

	(void)state;
	assert_false(mono_reached(MONO_NEVER, late));
	assert_true(mono_before(late, MONO_NEVER));
	assert_true(mono_is_set(late));
	assert_true(mono_is_set(MONO_NEVER));
	assert_false(mono_is_set(MONO_NONE));
	assert_true(mono_min(late, MONO_NEVER).ns == late.ns);
}

static void
a_wall_clock_may_say_anything(void **state)
{
	struct walltime now = { 1800000000 }, least = { INT64_MIN };
	struct walltime most = { INT64_MAX }, before = { -1 };

	(void)state;
	assert_int_equal(wall_s(now, (struct walltime){ 1800000070 }), 70);
	assert_int_equal(wall_s((struct walltime){ 1800000070 }, now), -70);
	assert_int_equal(wall_s(now, now), 0);
	assert_true(wall_s(now, least) == -INT64_MAX);
	assert_true(wall_s(least, now) == INT64_MAX);
	assert_true(wall_s(before, most) == INT64_MAX);
	assert_true(wall_s(most, before) == -INT64_MAX);
	assert_true(wall_s((struct walltime){ 0 }, least) == -INT64_MAX);
	assert_true(wall_s(now, most) == INT64_MAX - 1800000000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spans_and_order),
		cmocka_unit_test(a_deadline_is_reached_on_time),
		cmocka_unit_test(never_and_none),
		cmocka_unit_test(a_wall_clock_may_say_anything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
