/* SPDX-License-Identifier: GPL-3.0-or-later */
/* For how long a node is not asked for a list. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/list/standing.h"

#define MINUTE_MS INT64_C(60000)
#define HOUR_MS (60 * MINUTE_MS)

static struct core_env env;
static struct standings peers;
static struct standing *alpha;
static struct monotime now;

static int
setup(void **state)
{
	(void)state;
	standings_init(&peers, &env);
	alpha = standing_get(&peers, "alpha");
	now = (struct monotime){ NS_PER_S };
	return alpha == NULL;
}

static int
teardown(void **state)
{
	(void)state;
	standings_free(&peers);
	return env.names.table.count != 0;
}

/* And passes that time. */
static void
assert_mute_for(int64_t ms)
{
	assert_true(standings_mute(&peers, "alpha", now));
	now = mono_add_ms(now, ms - 1);
	assert_true(standings_mute(&peers, "alpha", now));
	now = mono_add_ms(now, 1);
	assert_false(standings_mute(&peers, "alpha", now));
}

static void
nobody_is_at_first(void **state)
{
	(void)state;
	assert_false(standings_mute(&peers, "alpha", now));
	assert_false(standings_mute(&peers, "beta", now));
}

/* Bad lists: an hour, two, ..., 1,024, and that again. */
static void
strikes_double(void **state)
{
	(void)state;
	for (int i = 0; i < 13; i++) {
		standing_strike(alpha, now);
		assert_mute_for(HOUR_MS << (i < 10 ? i : 10));
	}
	standing_delivered(alpha);
	standing_strike(alpha, now);
	assert_mute_for(HOUR_MS);
}

/* Connections that broke: a minute, two, ..., an hour, and that again. */
static void
broken_ones_double_up_to_an_hour(void **state)
{
	static const int64_t minutes[] = { 1, 2, 4, 8, 16, 32, 60, 60, 60 };

	(void)state;
	for (size_t i = 0; i < sizeof(minutes) / sizeof(minutes[0]); i++) {
		standing_broke(alpha, now);
		assert_mute_for(minutes[i] * MINUTE_MS);
	}
	standing_delivered(alpha);
	standing_broke(alpha, now);
	assert_mute_for(MINUTE_MS);
}

static void
a_broken_one_shortens_nothing(void **state)
{
	(void)state;
	standing_strike(alpha, now);
	standing_broke(alpha, now);
	assert_mute_for(HOUR_MS);
}

/* What is held against a node stays when it is in the list no more. */
static void
nothing_held_against_one_is_purged(void **state)
{
	struct standing *beta = standing_get(&peers, "beta");

	(void)state;
	standing_broke(alpha, now);
	assert_true(standing_purge(&peers, beta));
	assert_null(standing_find(&peers, "beta"));
	assert_false(standing_purge(&peers, alpha));
	assert_ptr_equal(standing_find(&peers, "alpha"), alpha);
	standing_delivered(alpha);
	assert_true(standing_purge(&peers, alpha));
	assert_null(standing_find(&peers, "alpha"));
}

#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nobody_is_at_first),
		TEST(strikes_double),
		TEST(broken_ones_double_up_to_an_hour),
		TEST(a_broken_one_shortens_nothing),
		TEST(nothing_held_against_one_is_purged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
