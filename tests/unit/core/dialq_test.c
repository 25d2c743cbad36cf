/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The order in which peers are dialled. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/conn/dialq.h"
#include "core/timings.h"

#define N 64

static struct dialq q;
static struct dialq_entry e[N];
static struct monotime now;
static bool fresh_room, again_room, patient_room;

static int
setup(void **state)
{
	(void)state;
	now = (struct monotime){ 1000 * NS_PER_S };
	fresh_room = again_room = patient_room = true;
	dialq_init(&q);
	assert_int_equal(dialq_reserve(&q, N), 0);
	for (size_t i = 0; i < N; i++)
		dialq_entry_init(&e[i], &e[i]);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	for (size_t i = 0; i < N; i++) {
		e[i].waits = false;
		dialq_place(&q, &e[i], now);
	}
	assert_int_equal(q.ready, 0);
	assert_int_equal(q.resting.count, 0);
	dialq_free(&q);
	return 0;
}

static bool
room(void *arg, const struct dialq_entry *entry)
{
	(void)arg;
	if (!entry->urgent && !patient_room)
		return false;
	return entry->failures > 0 ? again_room : fresh_room;
}

static void
want(size_t i, bool urgent, unsigned int failures)
{
	e[i].waits = true;
	e[i].urgent = urgent;
	e[i].failures = failures;
	dialq_place(&q, &e[i], now);
}

/* The number of the next one; N: none. */
static size_t
next(void)
{
	struct dialq_entry *first = dialq_next(&q, now, room, NULL);

	if (first == NULL)
		return N;
	assert_false(first->waits);
	return (size_t)(first - e);
}

static void
pass(int64_t ms)
{
	now = mono_add_ms(now, ms);
	dialq_tick(&q, now);
}

static void
classes_in_order(void **state)
{
	(void)state;
	want(0, false, 1);
	want(1, true, 1);
	want(2, false, 0);
	want(3, true, 0);
	assert_int_equal(next(), 3);
	assert_int_equal(next(), 2);
	assert_int_equal(next(), 1);
	assert_int_equal(next(), 0);
	assert_int_equal(next(), N);
}

/* The one that traffic began for last is the first, of those never dialled. */
static void
the_last_packet_goes_first(void **state)
{
	(void)state;
	want(0, true, 0);
	want(1, true, 0);
	want(2, false, 0);
	want(3, false, 0);
	/* Packets come for one that waited already. */
	want(2, true, 0);
	assert_int_equal(next(), 2);
	assert_int_equal(next(), 1);
	assert_int_equal(next(), 0);
	assert_int_equal(next(), 3);
}

static void
few_failures_then_the_longest_wait(void **state)
{
	(void)state;
	want(0, true, 9);
	want(1, true, 2);
	want(2, true, 2);
	want(3, true, 1);
	want(4, true, 100);
	assert_int_equal(next(), 3);
	assert_int_equal(next(), 1);
	assert_int_equal(next(), 2);
	assert_int_equal(next(), 0);
	assert_int_equal(next(), 4);
}

/* Behind those not dialled yet, whether packets wait for these or not. */
static void
put_off_goes_between(void **state)
{
	(void)state;
	for (size_t i = 0; i < 3; i++)
		e[i].put_off = true;
	want(0, false, 0);
	want(1, true, 0);
	want(2, true, 1);
	want(3, false, 0);
	want(4, true, 0);
	want(5, true, 1);
	/* Only those never dialled are a crowd. */
	assert_int_equal(q.crowd, 1);
	assert_int_equal(next(), 4);
	assert_int_equal(q.crowd, 0);
	assert_int_equal(next(), 3);
	assert_int_equal(next(), 1);
	assert_int_equal(next(), 0);
	assert_int_equal(next(), 2);
	assert_int_equal(next(), 5);
	e[0].put_off = e[1].put_off = e[2].put_off = false;
	/* One that is asked for anew is as one never dialled. */
	want(0, true, 0);
	assert_int_equal(q.crowd, 1);
	e[0].put_off = true;
	want(0, true, 0);
	assert_int_equal(q.crowd, 0);
	e[0].put_off = false;
	want(0, false, 0);
	assert_int_equal(q.crowd, 0);
	assert_int_equal(next(), 0);
}

/* Those that failed before are passed over for want of room, and the others
 * are not; and the other way round. */
static void
room_is_asked_for_each_class(void **state)
{
	(void)state;
	want(0, true, 3);
	want(1, false, 0);
	want(2, true, 0);
	again_room = false;
	assert_int_equal(next(), 2);
	assert_int_equal(next(), 1);
	assert_int_equal(next(), N);
	assert_false(q.changed);
	want(1, false, 0);
	assert_true(q.changed);
	again_room = true;
	fresh_room = false;
	assert_int_equal(next(), 0);
	assert_int_equal(next(), N);
	fresh_room = true;
	patient_room = false;
	assert_int_equal(next(), N);
	patient_room = true;
	assert_int_equal(next(), 1);
}

/* Both ends of a pair would dial: these have places of their own. */
static void
those_that_yield_stand_apart(void **state)
{
	(void)state;
	e[0].yields = e[1].yields = true;
	want(0, true, 0);
	want(1, true, 0);
	want(2, true, 0);
	want(3, true, 0);
	assert_int_equal(next(), 1);
	assert_int_equal(next(), 0);
	assert_int_equal(next(), 3);
	assert_int_equal(next(), 2);
}

/* While packets wait for some that failed, every fourth turn is for all. */
static void
the_others_have_a_share(void **state)
{
	unsigned int before = 0;

	(void)state;
	want(0, false, 9);
	for (size_t i = 1; i < 20; i++)
		want(i, true, 9);
	while (next() != 0)
		before++;
	assert_int_equal(before, 3);
	/* It has its place, though packets come and go. */
	want(20, false, 9);
	for (size_t i = 30; i < 40; i++)
		want(i, false, 9);
	want(20, true, 9);
	want(20, false, 9);
	for (size_t i = 4; i < 20; i++) {
		e[i].waits = false;
		dialq_place(&q, &e[i], now);
	}
	assert_int_equal(next(), 20);
}

static void
a_pace_after_a_burst(void **state)
{
	(void)state;
	for (size_t i = 0; i < N; i++)
		want(i, false, 1);
	for (size_t i = 0; i < DIALQ_BURST; i++)
		assert_int_equal(next(), i);
	assert_int_equal(next(), N);
	assert_int_equal(mono_ms(now, dialq_deadline(&q)), DIALQ_PACE_MS);
	pass(DIALQ_PACE_MS - 1);
	assert_false(q.changed);
	assert_int_equal(next(), N);
	pass(1);
	assert_true(q.changed);
	assert_int_equal(next(), DIALQ_BURST);
	assert_int_equal(next(), N);
	/* Others do not wait for that. */
	want(0, false, 0);
	assert_int_equal(next(), 0);
	pass(DIALQ_PACE_MS * DIALQ_BURST * 2);
	for (size_t i = 1; i < N - DIALQ_BURST; i++)
		assert_int_equal(next(), DIALQ_BURST + i);
	assert_int_equal(next(), N);
	assert_int_equal(dialq_deadline(&q).ns, MONO_NEVER.ns);
}

static void
only_those_that_rest_have_a_timer(void **state)
{
	(void)state;
	e[0].not_before = mono_add_ms(now, 1000);
	want(0, true, 0);
	for (size_t i = 1; i < N; i++)
		want(i, false, 9);
	assert_int_equal(q.resting.count, 1);
	assert_int_equal(q.ready, N - 1);
	assert_int_equal(mono_ms(now, dialq_deadline(&q)), 1000);
	again_room = false;
	assert_int_equal(next(), N);
	pass(1000);
	assert_int_equal(q.resting.count, 0);
	assert_int_equal(next(), 0);
	assert_int_equal(next(), N);
	/* One that is ready rests again, and does not wait at all. */
	e[1].not_before = mono_add_ms(now, 10);
	dialq_place(&q, &e[1], now);
	assert_int_equal(q.ready, N - 2);
	assert_int_equal(q.resting.count, 1);
	e[1].waits = false;
	dialq_place(&q, &e[1], now);
	assert_int_equal(q.resting.count, 0);
	assert_int_equal(dialq_deadline(&q).ns, MONO_NEVER.ns);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(classes_in_order),
		TEST(the_last_packet_goes_first),
		TEST(few_failures_then_the_longest_wait),
		TEST(put_off_goes_between),
		TEST(room_is_asked_for_each_class),
		TEST(those_that_yield_stand_apart),
		TEST(the_others_have_a_share),
		TEST(a_pace_after_a_burst),
		TEST(only_those_that_rest_have_a_timer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
