/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The machine behind INIT retries: each state x event, then its timing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/session/resume.h"

static struct conf conf;
static struct rng_seeded seed;
static struct core_env env;
static struct resume_view view;

#define NOW ((struct monotime){ 1000 * NS_PER_S })

static int
setup(void **state)
{
	(void)state;
	memset(&conf, 0, sizeof(conf));
	conf.timers.init_retry = 1000;
	conf.timers.init_give_up = 300000;
	conf.timers.init_retry_slow = 30000;
	conf.timers.unanswered = 60000;
	memset(&env, 0, sizeof(env));
	env.conf = &conf;
	env.rng = rng_seeded(&seed, 11);
	env.now.mono = NOW;
	view = (struct resume_view){ .pairs = 1 };
	return 0;
}

static unsigned int
step(struct resume *r, enum resume_event event)
{
	return resume_step(r, event, &env, &view);
}

static void
wait_ms(int64_t ms)
{
	env.now.mono = mono_add_ms(env.now.mono, ms);
}

/* Until the timer; returns how long that was. */
static int64_t
wait_due(const struct resume *r)
{
	struct monotime due = resume_deadline(r);
	int64_t ms = mono_ms(env.now.mono, due);

	assert_true(due.ns != MONO_NEVER.ns);
	env.now.mono = due;
	return ms;
}

/* By the events that lead there; each wanted by traffic. */
static struct resume
reach(enum resume_state state)
{
	struct resume r = { 0 };

	setup(NULL);
	switch (state) {
	case RESUME_IDLE:
		break;
	case RESUME_BARE:
		view.pairs = 0;
		step(&r, RESUME_WANT);
		break;
	case RESUME_HELD:
		view.offered = env.now.mono;
		step(&r, RESUME_WANT);
		break;
	case RESUME_CONFIRM:
	case RESUME_TRY:
	default:
		step(&r, RESUME_WANT);
		if (state == RESUME_CONFIRM)
			step(&r, RESUME_ANSWERED);
		break;
	}
	assert_int_equal(r.state, state);
	wait_ms(500);
	return r;
}

#define INIT RESUME_DO_INIT
#define AGAIN RESUME_DO_AGAIN
#define EMPTY RESUME_DO_EMPTY
#define FORGET RESUME_DO_FORGET
#define NEGOTIATE RESUME_DO_NEGOTIATE

static const struct cell {
	enum resume_state to;
	unsigned int todo;
} cells[RESUME_STATES][RESUME_EVENTS] = {
	[RESUME_IDLE] = {
		[RESUME_WANT] = { RESUME_TRY, INIT },
		[RESUME_START] = { RESUME_TRY, INIT },
		[RESUME_RENEW] = { RESUME_TRY, INIT },
		[RESUME_UNWANT] = { RESUME_IDLE, 0 },
		[RESUME_DUE] = { RESUME_IDLE, 0 },
		[RESUME_ANSWERED] = { RESUME_CONFIRM, 0 },
		[RESUME_COOKIED] = { RESUME_IDLE, 0 },
		[RESUME_OFFERED] = { RESUME_IDLE, 0 },
		[RESUME_PROMOTED] = { RESUME_IDLE, FORGET },
		[RESUME_HEARD] = { RESUME_IDLE, 0 },
		[RESUME_PAIRS] = { RESUME_IDLE, 0 },
		[RESUME_AGREED] = { RESUME_TRY, INIT },
		[RESUME_ENDED] = { RESUME_IDLE, 0 },
	},
	[RESUME_BARE] = {	/* no pair */
		[RESUME_WANT] = { RESUME_BARE, 0 },
		[RESUME_START] = { RESUME_BARE, 0 },
		[RESUME_RENEW] = { RESUME_BARE, 0 },
		[RESUME_UNWANT] = { RESUME_IDLE, FORGET },
		[RESUME_DUE] = { RESUME_BARE, NEGOTIATE },
		[RESUME_ANSWERED] = { RESUME_CONFIRM, 0 },
		[RESUME_COOKIED] = { RESUME_BARE, 0 },
		[RESUME_OFFERED] = { RESUME_BARE, 0 },
		[RESUME_PROMOTED] = { RESUME_IDLE, FORGET },
		[RESUME_HEARD] = { RESUME_BARE, 0 },
		[RESUME_PAIRS] = { RESUME_BARE, 0 },
		[RESUME_AGREED] = { RESUME_BARE, 0 },
		[RESUME_ENDED] = { RESUME_BARE, 0 },
	},
	[RESUME_HELD] = {
		[RESUME_WANT] = { RESUME_HELD, 0 },
		[RESUME_START] = { RESUME_HELD, 0 },
		[RESUME_RENEW] = { RESUME_HELD, 0 },
		[RESUME_UNWANT] = { RESUME_IDLE, FORGET },
		[RESUME_DUE] = { RESUME_TRY, INIT },
		[RESUME_ANSWERED] = { RESUME_CONFIRM, 0 },
		[RESUME_COOKIED] = { RESUME_HELD, 0 },
		[RESUME_OFFERED] = { RESUME_HELD, 0 },
		[RESUME_PROMOTED] = { RESUME_IDLE, FORGET },
		[RESUME_HEARD] = { RESUME_HELD, 0 },
		[RESUME_PAIRS] = { RESUME_HELD, 0 },
		[RESUME_AGREED] = { RESUME_TRY, INIT },
		[RESUME_ENDED] = { RESUME_HELD, 0 },
	},
	[RESUME_TRY] = {
		[RESUME_WANT] = { RESUME_TRY, 0 },
		[RESUME_START] = { RESUME_TRY, 0 },
		[RESUME_RENEW] = { RESUME_TRY, 0 },
		[RESUME_UNWANT] = { RESUME_IDLE, FORGET },
		[RESUME_DUE] = { RESUME_TRY, INIT },
		[RESUME_ANSWERED] = { RESUME_CONFIRM, 0 },
		[RESUME_COOKIED] = { RESUME_TRY, AGAIN },
		[RESUME_OFFERED] = { RESUME_TRY, 0 },
		[RESUME_PROMOTED] = { RESUME_IDLE, FORGET },
		[RESUME_HEARD] = { RESUME_TRY, 0 },
		[RESUME_PAIRS] = { RESUME_TRY, INIT },
		[RESUME_AGREED] = { RESUME_TRY, 0 },
		[RESUME_ENDED] = { RESUME_TRY, 0 },
	},
	[RESUME_CONFIRM] = {
		[RESUME_WANT] = { RESUME_TRY, INIT },
		[RESUME_START] = { RESUME_TRY, INIT },
		[RESUME_RENEW] = { RESUME_TRY, INIT },
		[RESUME_UNWANT] = { RESUME_CONFIRM, 0 },
		[RESUME_DUE] = { RESUME_CONFIRM, EMPTY },
		[RESUME_ANSWERED] = { RESUME_CONFIRM, 0 },
		[RESUME_COOKIED] = { RESUME_CONFIRM, 0 },
		[RESUME_OFFERED] = { RESUME_CONFIRM, 0 },
		[RESUME_PROMOTED] = { RESUME_IDLE, FORGET },
		[RESUME_HEARD] = { RESUME_IDLE, FORGET },
		[RESUME_PAIRS] = { RESUME_CONFIRM, 0 },
		[RESUME_AGREED] = { RESUME_TRY, INIT },
		[RESUME_ENDED] = { RESUME_IDLE, FORGET },
	},
};

static void
test_every_cell(void **state)
{
	(void)state;
	for (int s = 0; s < RESUME_STATES; s++) {
		for (int e = 0; e < RESUME_EVENTS; e++) {
			struct resume r = reach((enum resume_state)s);
			unsigned int todo = step(&r, (enum resume_event)e);

			if (r.state != cells[s][e].to ||
			    todo != cells[s][e].todo)
				fail_msg("state %d, event %d: state %d, do %u",
					 s, e, (int)r.state, todo);
			/* Idle has no timer and no wants; all else has both
			 * or is confirming. */
			if (r.state == RESUME_IDLE) {
				assert_int_equal(resume_deadline(&r).ns,
						 MONO_NEVER.ns);
				assert_int_equal(r.wants, 0);
			} else {
				assert_true(mono_is_set(r.due));
				assert_true(r.wants != 0 ||
					    r.state == RESUME_CONFIRM);
			}
		}
	}
}

/* What the pairs being gone or there changes in the cells above. */
static void
test_pairs_come_and_go(void **state)
{
	struct resume r;

	(void)state;
	r = reach(RESUME_IDLE);
	view.pairs = 0;
	assert_int_equal(step(&r, RESUME_WANT), NEGOTIATE);
	assert_int_equal(r.state, RESUME_BARE);
	wait_ms(1);
	view.pairs = 1;
	assert_int_equal(step(&r, RESUME_PAIRS), 0);
	assert_int_equal(r.state, RESUME_HELD);
	assert_int_equal(step(&r, RESUME_AGREED), INIT);
	assert_int_equal(r.state, RESUME_TRY);
	view.pairs = 0;
	assert_int_equal(step(&r, RESUME_PAIRS), NEGOTIATE | FORGET);
	assert_int_equal(r.state, RESUME_BARE);
	r = reach(RESUME_HELD);
	view.pairs = 0;
	assert_int_equal(step(&r, RESUME_PAIRS), NEGOTIATE);
	assert_int_equal(r.state, RESUME_BARE);
	/* The session lives on under its lost pair; nothing to confirm it by
	 * is missing. */
	r = reach(RESUME_CONFIRM);
	view.pairs = 0;
	assert_int_equal(step(&r, RESUME_PAIRS), 0);
	assert_int_equal(step(&r, RESUME_RENEW), NEGOTIATE);
	assert_int_equal(r.state, RESUME_BARE);
	assert_int_equal(step(&r, RESUME_ENDED), FORGET);
	assert_int_equal(r.state, RESUME_IDLE);
}

static void
test_what_ends_wanting(void **state)
{
	struct resume r;

	(void)state;
	/* A renewal ends with the session, unless traffic waits. */
	r = reach(RESUME_IDLE);
	step(&r, RESUME_RENEW);
	assert_int_equal(step(&r, RESUME_UNWANT), 0);
	assert_int_equal(r.state, RESUME_TRY);
	assert_int_equal(step(&r, RESUME_ENDED), FORGET);
	assert_int_equal(r.state, RESUME_IDLE);

	r = reach(RESUME_IDLE);
	step(&r, RESUME_RENEW);
	step(&r, RESUME_WANT);
	assert_int_equal(step(&r, RESUME_ENDED), 0);
	assert_int_equal(r.state, RESUME_TRY);
	assert_int_equal(step(&r, RESUME_UNWANT), FORGET);
	assert_int_equal(r.state, RESUME_IDLE);

	/* In the background: a few tries, but more with keepalive. */
	r = reach(RESUME_IDLE);
	assert_int_equal(step(&r, RESUME_START), INIT);
	for (int i = 1; i < 6; i++) {
		wait_due(&r);
		assert_int_equal(step(&r, RESUME_DUE),
				 i == 2 ? INIT | NEGOTIATE : INIT);
	}
	wait_due(&r);
	assert_int_equal(step(&r, RESUME_DUE), FORGET);
	assert_int_equal(r.state, RESUME_IDLE);

	r = reach(RESUME_IDLE);
	conf.keepalive = 25;
	step(&r, RESUME_START);
	for (int i = 0; i < 300; i++) {
		wait_due(&r);
		assert_true(step(&r, RESUME_DUE) & INIT);
	}
}

/* 1/4, 1, 2, 2 ... for five minutes, then every 30 s, for ever. */
static void
test_retry_times(void **state)
{
	struct resume r = { 0 };
	bool varies = false;
	int64_t gap, last = 0;

	(void)state;
	assert_int_equal(step(&r, RESUME_WANT), INIT);
	gap = wait_due(&r);
	assert_in_range(gap, 225, 275);
	assert_int_equal(step(&r, RESUME_DUE), INIT);
	gap = wait_due(&r);
	assert_in_range(gap, 900, 1100);
	assert_true(step(&r, RESUME_DUE) & INIT);
	while (mono_ms(NOW, env.now.mono) < 299000) {
		gap = wait_due(&r);
		assert_in_range(gap, 1800, 2200);
		varies |= last != 0 && gap != last;
		last = gap;
		assert_true(step(&r, RESUME_DUE) & INIT);
	}
	assert_true(varies);
	while (mono_ms(NOW, env.now.mono) < 300000) {
		wait_due(&r);
		step(&r, RESUME_DUE);
	}
	for (int i = 0; i < 1000; i++) {
		gap = wait_due(&r);
		assert_in_range(gap, 27000, 33000);
		assert_true(step(&r, RESUME_DUE) & INIT);
	}
	/* More traffic does not hurry a try that traffic waits for. */
	assert_int_equal(step(&r, RESUME_WANT), 0);
	assert_in_range(wait_due(&r), 27000, 33000);
}

static void
test_hurry(void **state)
{
	struct resume r = { 0 };

	(void)state;
	conf.keepalive = 25;
	step(&r, RESUME_START);
	while (mono_ms(NOW, env.now.mono) < 400000) {
		wait_due(&r);
		step(&r, RESUME_DUE);
	}
	wait_ms(10000);
	assert_int_equal(step(&r, RESUME_WANT), 0);
	assert_true(mono_reached(resume_deadline(&r), env.now.mono));
	assert_true(step(&r, RESUME_DUE) & INIT);
	assert_in_range(wait_due(&r), 225, 275);
}

/* Wanting on and off does not make a flood. */
static void
test_no_flood(void **state)
{
	struct resume r = { 0 };
	int inits = 0;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		inits += (step(&r, RESUME_WANT) & INIT) != 0;
		wait_ms(1);
		if (mono_reached(resume_deadline(&r), env.now.mono))
			inits += (step(&r, RESUME_DUE) & INIT) != 0;
		step(&r, RESUME_UNWANT);
		wait_ms(1);
	}
	assert_in_range(inits, 8, 11);
}

/* When it is said, in ms. */
static int64_t
until_negotiate(struct resume *r)
{
	unsigned int todo;

	do {
		wait_due(r);
		todo = step(r, RESUME_DUE);
	} while ((todo & NEGOTIATE) == 0);
	return mono_ms(NOW, env.now.mono);
}

static void
test_negotiate(void **state)
{
	struct resume r = { 0 };
	int64_t asked;

	(void)state;
	step(&r, RESUME_WANT);
	asked = until_negotiate(&r);
	/* With the silence that may have come before, and the negotiation, it
	 * is to be less than 5 s. */
	assert_in_range(asked, 1000, 1400);
	/* And again with each further try. */
	wait_due(&r);
	assert_int_equal(step(&r, RESUME_DUE), INIT | NEGOTIATE);
	/* Under new pairs datagrams are not answered either. */
	view.pairs = 3;
	step(&r, RESUME_PAIRS);
	assert_true(r.tries <= 1);
	asked = until_negotiate(&r) - mono_ms(NOW, r.unanswered);
	assert_in_range(asked, 60000, 62300);
	assert_true(r.tries > 6);
	/* The peer was heard: the next silence is as short as the first. */
	step(&r, RESUME_ANSWERED);
	step(&r, RESUME_HEARD);
	step(&r, RESUME_WANT);
	view.pairs = 1;
	asked = until_negotiate(&r) - mono_ms(NOW, r.unanswered);
	assert_in_range(asked, 1000, 1400);

	/* Each held one must have been tried, */
	memset(&r, 0, sizeof(r));
	setup(NULL);
	view.pairs = 3;
	step(&r, RESUME_WANT);
	for (int i = 1; i <= 3; i++) {
		wait_due(&r);
		assert_int_equal(step(&r, RESUME_DUE),
				 i < 3 ? INIT : INIT | NEGOTIATE);
	}
	/* the new ones twice. */
	conf.timers.unanswered = 1;
	step(&r, RESUME_PAIRS);
	for (int i = 1; i <= 7; i++) {
		wait_due(&r);
		assert_int_equal(step(&r, RESUME_DUE),
				 i < 7 ? INIT : INIT | NEGOTIATE);
	}
}

/* The time unanswered counts on when traffic comes and goes, not when the
 * last try is long ago. */
static void
test_negotiate_with_breaks(void **state)
{
	struct resume r = { 0 };
	unsigned int todo = 0;

	(void)state;
	r.renewed = true;
	for (int i = 0; i < 10; i++) {
		assert_int_equal(todo & NEGOTIATE, 0);
		todo = step(&r, RESUME_WANT);
		wait_ms(3000);
		todo |= step(&r, RESUME_DUE);
		step(&r, RESUME_UNWANT);
		wait_ms(3000);
	}
	assert_true(step(&r, RESUME_WANT) & NEGOTIATE);
	step(&r, RESUME_UNWANT);
	wait_ms(100000);
	assert_int_equal(step(&r, RESUME_WANT), INIT);
}

/* The peer's handshake is given a moment; a second INIT of it no more. */
static void
test_held(void **state)
{
	struct resume r = { 0 };

	(void)state;
	view.offered = env.now.mono;
	wait_ms(100);
	assert_int_equal(step(&r, RESUME_WANT), 0);
	assert_int_equal(wait_due(&r), 150);
	view.offered = env.now.mono;
	step(&r, RESUME_OFFERED);
	assert_int_equal(step(&r, RESUME_DUE), INIT);
	/* One that is long there holds nothing back. */
	memset(&r, 0, sizeof(r));
	wait_ms(250);
	assert_int_equal(step(&r, RESUME_WANT), INIT);
	/* A try under way gives way once. */
	step(&r, RESUME_OFFERED);
	assert_int_equal(wait_due(&r), 1000);
}

static void
test_confirm_times(void **state)
{
	static const int64_t gaps[] = { 0, 1000, 1000, 2000 };
	struct resume r = reach(RESUME_TRY);

	(void)state;
	step(&r, RESUME_ANSWERED);
	assert_true(resume_is_unsettled(&r));
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(wait_due(&r), gaps[i]);
		assert_int_equal(resume_is_unsettled(&r), i < 2);
		assert_int_equal(step(&r, RESUME_DUE), EMPTY);
	}
	wait_due(&r);
	assert_int_equal(step(&r, RESUME_DUE), FORGET);
	assert_int_equal(r.state, RESUME_IDLE);
	assert_false(resume_is_unsettled(&r));

	/* What was sent already need not be confirmed at once. */
	r = reach(RESUME_TRY);
	step(&r, RESUME_ANSWERED);
	view.sent = true;
	assert_int_equal(step(&r, RESUME_DUE), 0);
	assert_int_equal(wait_due(&r), 1000);
	assert_int_equal(step(&r, RESUME_DUE), EMPTY);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_every_cell, setup),
		cmocka_unit_test_setup(test_pairs_come_and_go, setup),
		cmocka_unit_test_setup(test_what_ends_wanting, setup),
		cmocka_unit_test_setup(test_retry_times, setup),
		cmocka_unit_test_setup(test_hurry, setup),
		cmocka_unit_test_setup(test_no_flood, setup),
		cmocka_unit_test_setup(test_negotiate, setup),
		cmocka_unit_test_setup(test_negotiate_with_breaks, setup),
		cmocka_unit_test_setup(test_held, setup),
		cmocka_unit_test_setup(test_confirm_times, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
