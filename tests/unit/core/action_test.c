/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The queue of actions, and that every drop and event has its word. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "core/action.h"
#include "core/drop.h"

static void
test_order(void **state)
{
	struct actions q;
	struct action a;

	(void)state;
	actions_init(&q);
	/* Taking while adding makes the ring wrap as it grows. */
	for (uint32_t i = 0; i < 100; i++) {
		actions_add(&q, ACTION_CONNECT)->conn = 2 * i;
		actions_add(&q, ACTION_CONNECT)->conn = 2 * i + 1;
		assert_true(actions_next(&q, &a));
		assert_int_equal(a.conn, i);
		action_done(&a);
	}
	for (uint32_t i = 100; i < 200; i++) {
		assert_true(actions_next(&q, &a));
		assert_int_equal(a.conn, i);
	}
	assert_false(actions_next(&q, &a));
	actions_free(&q);
}

static void
test_datagrams_are_bounded(void **state)
{
	const struct endpoint to = { { IP_V4, { 192, 0, 2, 1 }, 0 }, 3406 };
	struct actions q;
	struct action a;

	(void)state;
	actions_init(&q);
	for (int i = 0; i < ACTIONS_DATAGRAMS_MAX + 7; i++)
		actions_udp(&q, &to, NULL, "datagram", 8);
	assert_int_equal(q.count, ACTIONS_DATAGRAMS_MAX);
	assert_int_equal(q.lost, 7);
	/* Everything else still has its place. */
	actions_event(&q, EVENT_INFO, EVENT_PEER_UP, "beta", "%d", 42);
	assert_int_equal(q.count, ACTIONS_DATAGRAMS_MAX + 1);
	assert_true(actions_next(&q, &a));
	assert_int_equal(a.kind, ACTION_SEND_UDP);
	assert_memory_equal(a.data, "datagram", 8);
	assert_true(endpoint_equal(&a.to, &to));
	action_done(&a);
	while (actions_next(&q, &a) && a.kind == ACTION_SEND_UDP)
		action_done(&a);
	assert_int_equal(a.kind, ACTION_EVENT);
	assert_string_equal(a.peer, "beta");
	assert_string_equal(a.text, "42");
	action_done(&a);
	actions_free(&q);
}

static void
test_words(void **state)
{
	(void)state;
	for (int i = 0; i < DROPS; i++)
		assert_true(strlen(drop_name((enum drop)i)) > 0);
	for (int i = 0; i < EVENTS; i++)
		assert_true(strlen(event_name((enum event_kind)i)) > 0);
	assert_string_equal(drop_name(DROP_INNER_SOURCE), "inner-source");
	assert_string_equal(event_name(EVENT_PEER_UP), "peer-up");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_datagrams_are_bounded),
		cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
