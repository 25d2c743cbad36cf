/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Waiting packets: order, bounds, age, the common budget. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "core/peer/waitq.h"
#include "core/timings.h"

static const struct monotime start = { 1000 * NS_PER_S };

static void
test_order(void **state)
{
	size_t budget = WAITQ_BUDGET;
	struct waitq q;

	(void)state;
	waitq_init(&q);
	for (uint8_t i = 0; i < 5; i++)
		assert_true(waitq_put(&q, &budget, start, i, &i, 1));
	for (uint8_t i = 0; i < 5; i++) {
		struct waitq_packet *p = waitq_take(&q, &budget);

		assert_non_null(p);
		assert_int_equal(p->len, 1);
		assert_int_equal(p->data[0], i);
		assert_int_equal(p->flags, i);
		free(p);
	}
	assert_null(waitq_take(&q, &budget));
	assert_int_equal(budget, WAITQ_BUDGET);
	assert_true(waitq_put(&q, &budget, start, 0, "x", 1));
	assert_int_equal(waitq_expire(&q, &budget, start, true), 1);
}

static void
test_bounds(void **state)
{
	static uint8_t big[WAITQ_BYTES_MAX];
	size_t budget = WAITQ_BUDGET;
	struct waitq q, other;

	(void)state;
	waitq_init(&q);
	for (int i = 0; i < WAITQ_PACKETS_MAX; i++)
		assert_true(waitq_put(&q, &budget, start, 0, big, 1));
	assert_false(waitq_put(&q, &budget, start, 0, big, 1));
	assert_int_equal(waitq_expire(&q, &budget, start, true),
			 WAITQ_PACKETS_MAX);
	assert_true(waitq_put(&q, &budget, start, 0, big, sizeof(big) - 9));
	assert_false(waitq_put(&q, &budget, start, 0, big, 10));
	assert_true(waitq_put(&q, &budget, start, 0, big, 9));
	waitq_expire(&q, &budget, start, true);

	/* What one queue holds, another cannot. */
	waitq_init(&other);
	budget = 2 * (sizeof(struct waitq_packet) + 100);
	assert_true(waitq_put(&q, &budget, start, 0, big, 100));
	assert_true(waitq_put(&other, &budget, start, 0, big, 100));
	assert_false(waitq_put(&other, &budget, start, 0, big, 100));
	assert_false(waitq_put(&q, &budget, start, 0, big, 1));
	waitq_expire(&q, &budget, start, true);
	assert_true(waitq_put(&other, &budget, start, 0, big, 100));
	waitq_expire(&other, &budget, start, true);
}

static void
test_age(void **state)
{
	struct monotime later = mono_add_ms(start, 1000);
	size_t budget = WAITQ_BUDGET;
	struct waitq q;

	(void)state;
	waitq_init(&q);
	assert_int_equal(waitq_deadline(&q).ns, MONO_NEVER.ns);
	assert_true(waitq_put(&q, &budget, start, 0, "a", 1));
	assert_true(waitq_put(&q, &budget, later, 0, "b", 1));
	assert_int_equal(waitq_deadline(&q).ns,
			 mono_add_ms(start, WAITQ_AGE_MS).ns);
	assert_int_equal(waitq_expire(&q, &budget,
				      mono_add_ms(start, WAITQ_AGE_MS - 1),
				      false),
			 0);
	assert_int_equal(waitq_expire(&q, &budget, waitq_deadline(&q), false),
			 1);
	assert_int_equal(q.packets, 1);
	assert_int_equal(q.head->data[0], 'b');
	assert_int_equal(waitq_expire(&q, &budget, waitq_deadline(&q), false),
			 1);
	assert_int_equal(budget, WAITQ_BUDGET);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_age),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
