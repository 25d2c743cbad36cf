/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The search for a path's MTU: each state and event, whole searches. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/peer/pmtu.h"
#include "core/timings.h"

#define FULL 1420
#define OUTSIDE 60 /* IPv4 */
#define RAISE_MS 600000

static struct pmtu m;
static struct pmtu_in in;
static struct pmtu_probes out;
static size_t path; /* what it takes, 0: nothing comes back */

static void
begin(void)
{
	in = (struct pmtu_in){ .now = { 1000 * NS_PER_S },
			       .outside = OUTSIDE,
			       .raise_ms = RAISE_MS };
	path = FULL;
	pmtu_init(&m, FULL);
}

static bool
step(enum pmtu_event e)
{
	return pmtu_step(&m, e, &in, &out);
}

static bool
answer(size_t size)
{
	struct pmtu_probes none;

	in.size = size;
	return pmtu_step(&m, PMTU_ANSWER, &in, &none);
}

/* The path answers what it takes of the probes that went out, and so on, until
 * nothing more is sent at once. */
static void
answers(void)
{
	struct pmtu_probes sent;

	while (out.n > 0) {
		sent = out;
		out.n = 0;
		for (size_t i = 0; i < sent.n; i++) {
			in.size = sent.size[i];
			if (path > 0 && in.size <= path)
				(void)step(PMTU_ANSWER);
		}
	}
}

/* Until a while of rest is over. */
static void
run(void)
{
	(void)step(PMTU_LARGE);
	answers();
	while (m.state != PMTU_ARMED) {
		in.now = m.deadline;
		(void)step(PMTU_TIME);
		answers();
	}
}

/* In the state, as it is come to in practice. */
static void
bring(enum pmtu_state s)
{
	begin();
	if (s == PMTU_ARMED)
		return;
	(void)step(PMTU_LARGE);
	if (s == PMTU_CHECK)
		return;
	if (s == PMTU_REST) {
		answers();
		return;
	}
	in.now = m.deadline;
	(void)step(PMTU_TIME);
}

static const struct cell {
	enum pmtu_state from;
	enum pmtu_event event;
	size_t size;
	enum pmtu_state to;
	size_t probes;
	bool fresh;
} cells[] = {
	{ PMTU_ARMED, PMTU_LARGE, 0, PMTU_CHECK, 2, true },
	{ PMTU_ARMED, PMTU_REFUSED, 0, PMTU_SEARCH, 10, true },
	{ PMTU_ARMED, PMTU_ANSWER, FULL, PMTU_ARMED, 0, false },
	{ PMTU_ARMED, PMTU_TIME, 0, PMTU_ARMED, 0, false },
	{ PMTU_CHECK, PMTU_LARGE, 0, PMTU_CHECK, 0, false },
	{ PMTU_CHECK, PMTU_REFUSED, 0, PMTU_SEARCH, 10, false },
	{ PMTU_CHECK, PMTU_ANSWER, FULL, PMTU_REST, 0, false },
	{ PMTU_CHECK, PMTU_ANSWER, FULL - 1, PMTU_CHECK, 0, false },
	{ PMTU_CHECK, PMTU_ANSWER, 1, PMTU_CHECK, 0, false },
	{ PMTU_CHECK, PMTU_ANSWER, 0, PMTU_SEARCH, 10, false },
	{ PMTU_CHECK, PMTU_TIME, 0, PMTU_SEARCH, 10, false },
	{ PMTU_SEARCH, PMTU_LARGE, 0, PMTU_SEARCH, 0, false },
	{ PMTU_SEARCH, PMTU_REFUSED, 0, PMTU_SEARCH, 0, false },
	{ PMTU_SEARCH, PMTU_ANSWER, FULL, PMTU_REST, 0, false },
	{ PMTU_SEARCH, PMTU_ANSWER, 1240, PMTU_SEARCH, 0, false },
	{ PMTU_SEARCH, PMTU_ANSWER, 1, PMTU_SEARCH, 0, false },
	{ PMTU_SEARCH, PMTU_TIME, 0, PMTU_SEARCH, 1, false },
	{ PMTU_REST, PMTU_LARGE, 0, PMTU_REST, 0, false },
	{ PMTU_REST, PMTU_REFUSED, 0, PMTU_SEARCH, 10, true },
	{ PMTU_REST, PMTU_ANSWER, FULL, PMTU_REST, 0, false },
	{ PMTU_REST, PMTU_ANSWER, 0, PMTU_REST, 0, false },
	{ PMTU_REST, PMTU_TIME, 0, PMTU_ARMED, 0, false },
};

static void
test_cells(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cells) / sizeof(*cells); i++) {
		const struct cell *c = &cells[i];

		bring(c->from);
		assert_int_equal(m.state, c->from);
		if (c->event == PMTU_TIME && m.deadline.ns != MONO_NEVER.ns)
			in.now = m.deadline;
		in.size = c->size;
		assert_false(step(c->event));
		assert_int_equal(m.state, c->to);
		assert_int_equal(out.n, c->probes);
		assert_int_equal(out.fresh, c->fresh);
		assert_int_equal(m.mtu, FULL);
	}
}

/* The deadline decides, not who asks. */
static void
test_time_is_not_early(void **state)
{
	static const enum pmtu_state all[] = { PMTU_CHECK, PMTU_SEARCH,
					       PMTU_REST };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		bring(all[i]);
		in.now = (struct monotime){ m.deadline.ns - 1 };
		assert_false(step(PMTU_TIME));
		assert_int_equal(m.state, all[i]);
		assert_int_equal(out.n, 0);
	}
}

/* A full path costs one probe in a while, and one compare for a packet. */
static void
test_full(void **state)
{
	(void)state;
	begin();
	assert_int_equal(m.limit, PMTU_BASE - 1);
	assert_false(step(PMTU_LARGE));
	assert_int_equal(out.n, 2);
	assert_int_equal(out.size[0], FULL);
	assert_int_equal(out.size[1], 0);
	assert_int_equal(m.limit, FULL);
	answers();
	assert_int_equal(m.state, PMTU_REST);
	assert_int_equal(m.limit, FULL);
	assert_int_equal(mono_ms(in.now, m.deadline), PMTU_CONFIRM_MS);
	in.now = m.deadline;
	(void)step(PMTU_TIME);
	assert_int_equal(m.deadline.ns, MONO_NEVER.ns);
	assert_int_equal(m.limit, PMTU_BASE - 1);
}

/* Outside, and what becomes of it inside, by IPv4 and IPv6. */
static void
test_sizes(void **state)
{
	static const size_t paths[][4] = {
		{ 1500, 60, FULL, 0 }, { 1480, 60, FULL, 0 },
		{ 1479, 60, 1412, 1 }, { 1460, 60, 1400, 1 },
		{ 1399, 60, 1298, 1 }, { 1357, 60, 1280, 1 },
		{ 1340, 60, 1280, 1 }, { 1339, 60, 1240, 1 },
		{ 1300, 60, 1240, 1 }, { 1290, 60, 1220, 1 },
		{ 1280, 60, 1220, 1 }, { 1500, 80, FULL, 0 },
		{ 1499, 80, 1412, 1 }, { 1492, 80, 1412, 1 },
		{ 1399, 80, 1280, 1 }, { 1360, 80, 1280, 1 },
		{ 1359, 80, 1278, 1 }, { 1357, 80, 1220, 1 },
		{ 1300, 80, 1220, 1 }, { 1280, 80, 1200, 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		begin();
		in.outside = paths[i][1];
		path = paths[i][0] - in.outside;
		run();
		assert_int_equal(m.mtu, paths[i][2]);
		assert_int_equal(pmtu_is_narrow(&m), paths[i][3]);
		if (pmtu_is_narrow(&m))
			assert_int_equal(m.limit, 0);
		/* And it stays with that. */
		run();
		assert_int_equal(m.mtu, paths[i][2]);
	}
}

static void
test_jumbo(void **state)
{
	(void)state;
	begin();
	pmtu_init(&m, 9000);
	path = 1440;
	run();
	assert_int_equal(m.mtu, 1440);
	path = 8941;
	in.now = m.raise_at;
	run();
	assert_int_equal(m.mtu, 8940);
	path = 9000;
	in.now = m.raise_at;
	run();
	assert_int_equal(m.mtu, 9000);
}

/* Who answers nothing at all is not there: that says nothing of its path. */
static void
test_silence(void **state)
{
	(void)state;
	begin();
	path = 0;
	run();
	assert_int_equal(m.mtu, FULL);
	path = 1240;
	run();
	assert_int_equal(m.mtu, 1240);
	path = 0;
	run();
	assert_int_equal(m.mtu, 1240);
}

/* It shrinks, and grows again: the first is seen at once, the other later. */
static void
test_changes(void **state)
{
	(void)state;
	begin();
	run();
	path = 1320;
	run();
	assert_int_equal(m.mtu, 1298);
	path = 1250;
	run();
	assert_int_equal(m.mtu, 1240);
	path = FULL;
	run();
	assert_int_equal(m.mtu, 1240);
	in.now = m.raise_at;
	run();
	assert_int_equal(m.mtu, FULL);
	assert_int_equal(m.raise_at.ns, MONO_NEVER.ns);
}

/* A check does not put off the search for more. */
static void
test_checks_do_not_put_off(void **state)
{
	struct monotime at;

	(void)state;
	begin();
	path = 1240;
	run();
	at = m.raise_at;
	run();
	assert_int_equal(m.raise_at.ns, at.ns);
}

/* One size that is lost in all rounds but the last is still found. */
static void
test_loss(void **state)
{
	(void)state;
	bring(PMTU_SEARCH);
	for (int round = 1; round <= PMTU_ROUNDS; round++) {
		assert_int_equal(m.state, PMTU_SEARCH);
		(void)answer(round == PMTU_ROUNDS ? 1400 : 1240);
		in.now = m.deadline;
		assert_int_equal(step(PMTU_TIME), round == PMTU_ROUNDS);
		/* No smaller ones than what was answered are sent again. */
		for (size_t i = 0; i + 1 < out.n; i++)
			assert_true(out.size[i] > 1240);
	}
	assert_int_equal(m.mtu, 1400);
}

/* A peer that answers nothing is asked with markers alone. */
static void
test_silence_is_cheap(void **state)
{
	(void)state;
	bring(PMTU_SEARCH);
	for (size_t round = 2; round <= PMTU_ROUNDS; round++) {
		in.now = m.deadline;
		(void)step(PMTU_TIME);
		assert_int_equal(out.n, 1);
		assert_int_equal(out.size[0], round);
	}
	/* It is there after all, and the last round asks for all. */
	bring(PMTU_SEARCH);
	in.now = m.deadline;
	(void)step(PMTU_TIME);
	(void)answer(2);
	in.now = m.deadline;
	(void)step(PMTU_TIME);
	assert_int_equal(out.n, 10);
}

/*
 * A path narrows under TCP, which sends nothing any more but the packet that
 * was lost: after 200, 600, 1400 and 3000 ms (RFC 6298, section 5.5). Whenever
 * it was measured before: the one after 600 ms passes, without ICMP.
 */
static void
test_tcp_goes_on(void **state)
{
	static const int64_t again[] = { 0, 200, 600 };

	(void)state;
	for (int64_t ago = 0; ago <= PMTU_CONFIRM_MS; ago += 10) {
		struct monotime narrow;
		size_t next = 0;

		begin();
		(void)step(PMTU_LARGE);
		answers();
		narrow = mono_add_ms(in.now, ago);
		path = 1340;
		while (next < 3 && m.mtu == FULL) {
			struct monotime at = mono_add_ms(narrow, again[next]);

			if (mono_before(m.deadline, at)) {
				in.now = m.deadline;
				(void)step(PMTU_TIME);
			} else {
				in.now = at;
				(void)step(PMTU_LARGE);
				next++;
			}
			answers();
		}
		assert_int_equal(m.mtu, 1340);
		assert_in_range(mono_ms(narrow, in.now), 0, 599);
	}
}

/* A slow path is given the time it needs; a late answer counts. */
static void
test_slow(void **state)
{
	(void)state;
	begin();
	in.rtt_ms = 700;
	(void)step(PMTU_LARGE);
	assert_int_equal(mono_ms(in.now, m.deadline), PMTU_TRY_MS + 1400);
	begin();
	path = 1240;
	run();
	assert_true(answer(1400));
	assert_int_equal(m.mtu, 1400);
	assert_false(answer(1240));
	assert_int_equal(m.mtu, 1400);
	assert_true(answer(60000));
	assert_int_equal(m.mtu, FULL);
}

static void
test_moved(void **state)
{
	(void)state;
	begin();
	path = 1240;
	run();
	path = FULL;
	pmtu_moved(&m, in.now);
	assert_int_equal(m.mtu, 1240);
	run();
	assert_int_equal(m.mtu, FULL);
	pmtu_moved(&m, in.now);
	(void)step(PMTU_LARGE);
	assert_int_equal(m.state, PMTU_CHECK);
	/* In the midst of it: that was the other path. */
	pmtu_moved(&m, in.now);
	assert_int_equal(m.state, PMTU_ARMED);
	assert_int_equal(m.deadline.ns, MONO_NEVER.ns);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cells),
		cmocka_unit_test(test_time_is_not_early),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_jumbo),
		cmocka_unit_test(test_silence),
		cmocka_unit_test(test_changes),
		cmocka_unit_test(test_checks_do_not_put_off),
		cmocka_unit_test(test_loss),
		cmocka_unit_test(test_silence_is_cheap),
		cmocka_unit_test(test_tcp_goes_on),
		cmocka_unit_test(test_slow),
		cmocka_unit_test(test_moved),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
