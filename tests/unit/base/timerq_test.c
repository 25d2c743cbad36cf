/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The queue of deadlines against a plain list. */
#include "../unit.h"
#include "base/timerq.h"
#include "prng.h"

#define TIMERS 200

/* Asks the sanitizer to fail a huge allocation as malloc() would. */
const char *__asan_default_options(void);
const char *
__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}

static struct monotime
at(int64_t ns)
{
	return (struct monotime){ ns };
}

static void
empty_queue_never_fires(void **state)
{
	struct timerq q;
	struct timer t;

	(void)state;
	timerq_init(&q);
	timer_init(&t, NULL, 0);
	assert_true(timerq_next(&q).ns == MONO_NEVER.ns);
	assert_null(timerq_pop(&q, at(INT64_MAX)));
	timerq_cancel(&q, &t);
	assert_false(timer_is_set(&t));
	timerq_free(&q);
	timerq_free(&q);
}

static void
owner_and_kind_stay(void **state)
{
	struct timerq q;
	struct timer t;
	int owner;

	(void)state;
	timerq_init(&q);
	assert_int_equal(timerq_reserve(&q, 1), 0);
	timer_init(&t, &owner, 7);
	assert_false(timer_is_set(&t));
	timerq_set(&q, &t, at(10));
	assert_true(timer_is_set(&t));
	assert_true(timerq_next(&q).ns == 10);
	assert_null(timerq_pop(&q, at(9)));
	assert_ptr_equal(timerq_pop(&q, at(10)), &t);
	assert_false(timer_is_set(&t));
	assert_ptr_equal(t.owner, &owner);
	assert_int_equal(t.kind, 7);
	assert_null(timerq_pop(&q, at(10)));

	/* And can be set anew. */
	timerq_set(&q, &t, at(20));
	timerq_cancel(&q, &t);
	assert_false(timer_is_set(&t));
	assert_null(timerq_pop(&q, at(30)));
	timerq_free(&q);
}

static void
setting_again_moves(void **state)
{
	struct timerq q;
	struct timer a, b;

	(void)state;
	timerq_init(&q);
	assert_int_equal(timerq_reserve(&q, 2), 0);
	timer_init(&a, NULL, 0);
	timer_init(&b, NULL, 0);
	timerq_set(&q, &a, at(10));
	timerq_set(&q, &b, at(20));
	timerq_set(&q, &a, at(30));
	assert_int_equal(q.count, 2);
	assert_true(timerq_next(&q).ns == 20);
	timerq_set(&q, &a, at(5));
	assert_true(timerq_next(&q).ns == 5);
	assert_ptr_equal(timerq_pop(&q, at(100)), &a);
	assert_ptr_equal(timerq_pop(&q, at(100)), &b);
	timerq_free(&q);
}

static void
reserve_keeps_what_is_set(void **state)
{
	struct timerq q;
	struct timer t[64];

	(void)state;
	timerq_init(&q);
	for (int i = 0; i < 64; i++) {
		assert_int_equal(timerq_reserve(&q, (size_t)i + 1), 0);
		timer_init(&t[i], NULL, i);
		timerq_set(&q, &t[i], at(1000 - i));
	}
	assert_int_equal(timerq_reserve(&q, 3), 0);
	assert_int_equal(q.cap, 64);
	assert_int_equal(timerq_reserve(&q, SIZE_MAX), -1);
	assert_int_equal(timerq_reserve(&q, PTRDIFF_MAX / sizeof(void *) + 1),
			 -1);
	/* In bytes this wraps around to a few. */
	assert_int_equal(timerq_reserve(&q, SIZE_MAX / sizeof(void *) + 2), -1);
	assert_int_equal(q.cap, 64);
	for (int i = 63; i >= 0; i--)
		assert_int_equal(timerq_pop(&q, at(1000))->kind, i);
	timerq_free(&q);
}

static void
check_heap(const struct timerq *q)
{
	for (size_t i = 0; i < q->count; i++) {
		assert_int_equal(q->heap[i]->pos, i + 1);
		if (i != 0)
			assert_false(mono_before(q->heap[i]->at,
						 q->heap[(i - 1) / 2]->at));
	}
}

static struct monotime
earliest(const struct timer *t)
{
	struct monotime first = MONO_NEVER;

	for (size_t i = 0; i < TIMERS; i++) {
		if (timer_is_set(&t[i]))
			first = mono_min(first, t[i].at);
	}
	return first;
}

/* Sets, moves, cancels and pops by chance, with many equal deadlines. */
static void
behaves_like_a_sorted_list(void **state)
{
	static struct timer t[TIMERS];
	struct prng r = { 5 };
	struct timerq q;
	struct monotime now = { 1 };
	size_t fired = 0;

	(void)state;
	timerq_init(&q);
	assert_int_equal(timerq_reserve(&q, TIMERS), 0);
	for (size_t i = 0; i < TIMERS; i++)
		timer_init(&t[i], NULL, (int)i);
	for (unsigned int n = 0; n < 20000; n++) {
		struct timer *one = &t[prng_below(&r, TIMERS)];
		struct monotime first;
		struct timer *due;

		if (prng_below(&r, 4) != 0)
			timerq_set(&q, one, at(now.ns + prng_below(&r, 300)));
		else
			timerq_cancel(&q, one);
		check_heap(&q);
		first = earliest(t);
		assert_true(timerq_next(&q).ns == first.ns);
		now.ns += prng_below(&r, 3);
		while ((due = timerq_pop(&q, now)) != NULL) {
			assert_true(due->at.ns == first.ns);
			assert_false(timer_is_set(due));
			fired++;
			first = earliest(t);
		}
		assert_false(mono_reached(first, now));
	}
	assert_true(fired > 5000);
	timerq_free(&q);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty_queue_never_fires),
		cmocka_unit_test(owner_and_kind_stay),
		cmocka_unit_test(setting_again_moves),
		cmocka_unit_test(reserve_keeps_what_is_set),
		cmocka_unit_test(behaves_like_a_sorted_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
