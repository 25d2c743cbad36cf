/* SPDX-License-Identifier: GPL-3.0-or-later */
/* However many peers something happens to, the log stays readable. */
#include <stdio.h>
#include <string.h>

#include "../unit.h"
#include "base/log.h"
#include "daemon/daemon.h"

#define A_MINUTE 30 /* lines of one kind */

static struct daemon d;
static struct monotime now;
static unsigned int lines;
static char last[1024];
static enum log_level last_level;

struct monotime __wrap_clock_mono(void);

struct monotime
__wrap_clock_mono(void)
{
	return now;
}

static void
take_line(void *ctx, enum log_level level, const char *line)
{
	(void)ctx;
	lines++;
	last_level = level;
	snprintf(last, sizeof(last), "%s", line);
}

static int
setup(void **state)
{
	(void)state;
	memset(&d, 0, sizeof(d));
	now = (struct monotime){ 1000 * NS_PER_S };
	log_set_sink(take_line, NULL);
	log_set_level(LOG_LVL_INFO);
	lines = 0;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	events_free(&d);
	log_set_sink(NULL, NULL);
	return 0;
}

static void
happen(unsigned int n, enum event_level level, enum event_kind kind)
{
	char peer[16];

	for (unsigned int i = 0; i < n; i++) {
		snprintf(peer, sizeof(peer), "p%u", i);
		events_say(&d, level, kind, peer, "it happened");
	}
}

static void
pass(int64_t ms)
{
	now = mono_add_ms(now, ms);
	events_tick(&d, now);
}

static void
few_are_logged_each(void **state)
{
	(void)state;
	happen(A_MINUTE, EVENT_INFO, EVENT_PEER_UP);
	assert_int_equal(lines, A_MINUTE);
	assert_string_equal(last, "peer=p29 peer-up: it happened");
	assert_int_equal(events_deadline(&d).ns, MONO_NEVER.ns);
}

static void
the_rest_is_counted(void **state)
{
	(void)state;
	happen(1000, EVENT_INFO, EVENT_PEER_UP);
	assert_int_equal(lines, A_MINUTE);
	assert_int_equal(d.events.last, 1000);
	assert_int_equal(mono_ms(now, events_deadline(&d)), 60000);
	pass(59999);
	assert_int_equal(lines, A_MINUTE);
	pass(1);
	assert_int_equal(lines, A_MINUTE + 1);
	assert_non_null(strstr(last, "peer-up: 970 more"));
	assert_int_equal(last_level, LOG_LVL_INFO);
	assert_int_equal(events_deadline(&d).ns, MONO_NEVER.ns);
	happen(1, EVENT_INFO, EVENT_PEER_UP);
	assert_int_equal(lines, A_MINUTE + 2);
}

/* No kind of event hides another one, and the gravest level is told. */
static void
each_kind_has_its_own(void **state)
{
	(void)state;
	happen(A_MINUTE, EVENT_INFO, EVENT_PEER_UP);
	pass(30000);
	happen(A_MINUTE + 5, EVENT_WARN, EVENT_NEGOTIATE_FAILED);
	happen(5, EVENT_INFO, EVENT_NEGOTIATE_FAILED);
	assert_int_equal(lines, 2 * A_MINUTE);
	happen(1, EVENT_INFO, EVENT_PEER_UP);
	assert_int_equal(mono_ms(now, events_deadline(&d)), 30000);
	pass(30000);
	assert_int_equal(lines, 2 * A_MINUTE + 1);
	assert_non_null(strstr(last, "peer-up: 1 more"));
	pass(30000);
	assert_int_equal(lines, 2 * A_MINUTE + 2);
	assert_non_null(strstr(last, "negotiate-failed: 10 more"));
	assert_int_equal(last_level, LOG_LVL_WARN);
}

/* Errors, what concerns no peer, and all of it where somebody looks closely. */
static void
not_limited(void **state)
{
	(void)state;
	happen(2 * A_MINUTE, EVENT_ERROR, EVENT_STORE_FAILED);
	assert_int_equal(lines, 2 * A_MINUTE);
	for (int i = 0; i < 2 * A_MINUTE; i++)
		events_say(&d, EVENT_INFO, EVENT_LIST_NEW, "", "a list");
	assert_int_equal(lines, 4 * A_MINUTE);
	log_set_level(LOG_LVL_DEBUG);
	happen(2 * A_MINUTE, EVENT_INFO, EVENT_PEER_UP);
	assert_int_equal(lines, 6 * A_MINUTE);
}

/* What was not logged is counted at the end. */
static void
counted_at_the_end(void **state)
{
	(void)state;
	happen(100, EVENT_INFO, EVENT_PEER_DOWN);
	events_free(&d);
	memset(&d, 0, sizeof(d));
	assert_int_equal(lines, A_MINUTE + 1);
	assert_non_null(strstr(last, "peer-down: 70 more"));
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(few_are_logged_each),   TEST(the_rest_is_counted),
		TEST(each_kind_has_its_own), TEST(not_limited),
		TEST(counted_at_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
