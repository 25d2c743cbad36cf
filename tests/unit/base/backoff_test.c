/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Delays between retries, and events counted in windows. */
#include <limits.h>

#include "../unit.h"
#include "base/backoff.h"
#include "base/rate.h"

static void
test_doubles(void **state)
{
	(void)state;
	assert_int_equal(backoff_ms(50, 30000, 0), 50);
	assert_int_equal(backoff_ms(50, 30000, 1), 100);
	assert_int_equal(backoff_ms(50, 30000, 9), 25600);
	assert_int_equal(backoff_ms(50, 30000, 10), 30000);
	assert_int_equal(backoff_ms(50, 20, 0), 20); /* a maximum below it */
	assert_int_equal(backoff_ms(50, 20, 3), 20);
	assert_int_equal(backoff_ms(50, 100, 1), 100);
	assert_int_equal(backoff_ms(50, 101, 2), 101);
}

static void
test_does_not_overflow(void **state)
{
	(void)state;
	assert_int_equal(backoff_ms(50, 30000, UINT_MAX), 30000);
	assert_int_equal(backoff_ms(1, INT64_MAX, 62), INT64_C(1) << 62);
	assert_int_equal(backoff_ms(1, INT64_MAX, 63), INT64_MAX);
	assert_int_equal(backoff_ms(1, INT64_MAX, UINT_MAX), INT64_MAX);
	assert_int_equal(backoff_ms(INT64_MAX, INT64_MAX, 1), INT64_MAX);
}

static void
test_counts_failures(void **state)
{
	unsigned int n = 0;

	(void)state;
	assert_int_equal(backoff_next(10, 35, &n), 10);
	assert_int_equal(backoff_next(10, 35, &n), 20);
	assert_int_equal(backoff_next(10, 35, &n), 35);
	assert_int_equal(n, 3);
	n = 0; /* it succeeded */
	assert_int_equal(backoff_next(10, 35, &n), 10);
	n = UINT_MAX;
	assert_int_equal(backoff_next(10, 35, &n), 35);
	assert_int_equal(n, UINT_MAX);
}

static void
test_jitter(void **state)
{
	(void)state;
	assert_int_equal(jitter_ms(100, 25, 0), 100);
	assert_int_equal(jitter_ms(100, 25, UINT32_MAX), 125);
	assert_int_equal(jitter_ms(100, 25, UINT32_MAX / 2 + 1), 113);
	assert_int_equal(jitter_ms(100, 0, UINT32_MAX), 100);
	/* Spans beyond 32 bits. */
	assert_int_equal(jitter_ms(0, INT64_MAX - 1, 0), 0);
	assert_int_equal(jitter_ms(0, INT64_C(1) << 40, UINT32_C(1) << 31),
			 INT64_C(1) << 39);
	assert_in_range(jitter_ms(0, INT64_MAX - 1, UINT32_MAX),
			INT64_MAX - (INT64_C(1) << 33), INT64_MAX);
}

static void
test_rate_window(void **state)
{
	struct monotime t = { 5 * NS_PER_S };
	struct rate r = { .count = 0 };

	(void)state;
	assert_false(rate_is_full(&r, t, 1000, 2));
	assert_true(rate_is_full(&r, t, 1000, 0));
	assert_true(rate_allows(&r, t, 1000, 2));
	assert_false(rate_is_full(&r, t, 1000, 2));
	t = mono_add_ms(t, 999);
	assert_true(rate_allows(&r, t, 1000, 2));
	assert_true(rate_is_full(&r, t, 1000, 2));
	assert_false(rate_allows(&r, t, 1000, 2));
	assert_int_equal(rate_count(&r, t, 1000), 4);
	/* The window ends; the next begins with the next event. */
	t = mono_add_ms(t, 1);
	assert_false(rate_is_full(&r, t, 1000, 2));
	t = mono_add_ms(t, 700);
	assert_int_equal(rate_count(&r, t, 1000), 1);
	t = mono_add_ms(t, 999);
	assert_int_equal(rate_count(&r, t, 1000), 2);
}

static void
test_rate_is_never_full_by_overflow(void **state)
{
	struct monotime t = { 5 * NS_PER_S };
	struct rate r = { .since = t, .count = UINT32_MAX };

	(void)state;
	assert_int_equal(rate_count(&r, t, 1000), UINT32_MAX);
	assert_false(rate_allows(&r, t, 1000, 5));
	assert_true(rate_is_full(&r, t, 1000, 5));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_doubles),
		cmocka_unit_test(test_does_not_overflow),
		cmocka_unit_test(test_counts_failures),
		cmocka_unit_test(test_jitter),
		cmocka_unit_test(test_rate_window),
		cmocka_unit_test(test_rate_is_never_full_by_overflow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
