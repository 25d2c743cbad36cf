/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The event loop: descriptors, removal in a batch, timers, deadlines. */
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../unit.h"
#include "sys/clock.h"
#include "sys/loop.h"

#define PLACES 4

struct fixture {
	struct loop *l;
	struct loop_fd *f[PLACES];
	int fd[PLACES];
	unsigned int calls;
	unsigned int events;
	struct monotime deadline;
	unsigned int slept;
};

static void
setup_events(struct fixture *x)
{
	*x = (struct fixture){ .deadline = MONO_NEVER };
	assert_int_equal(loop_new(&x->l, NULL), 0);
	for (int i = 0; i < PLACES; i++)
		x->fd[i] = eventfd(1, EFD_NONBLOCK | EFD_CLOEXEC);
}

static void
teardown(struct fixture *x)
{
	for (int i = 0; i < PLACES; i++) {
		loop_remove(x->f[i]);
		close(x->fd[i]);
	}
	loop_free(x->l);
}

static void
turn(struct fixture *x)
{
	assert_int_equal(loop_turn(x->l, MONO_NONE, NULL), 0);
}

/* Removes every place, its own too: the others of the batch must not be
 * called any more. */
static void
remove_all(void *ctx, unsigned int events)
{
	struct fixture *x = ctx;

	x->calls++;
	x->events = events;
	for (int i = 0; i < PLACES; i++) {
		loop_remove(x->f[i]);
		x->f[i] = NULL;
	}
}

static void
test_remove_in_batch(void **state)
{
	struct fixture x;

	(void)state;
	setup_events(&x);
	for (int i = 0; i < PLACES; i++)
		assert_int_equal(loop_add(&x.f[i], x.l, x.fd[i], LOOP_IN,
					  remove_all, &x, NULL),
				 0);
	turn(&x);
	assert_int_equal(x.calls, 1);
	assert_int_equal(x.events, LOOP_IN);
	turn(&x);
	assert_int_equal(x.calls, 1);
	teardown(&x);
}

/* The descriptor is closed and its number given to another in the same
 * batch: the stale event must not reach the newcomer. */
static void
swap_other(void *ctx, unsigned int events)
{
	struct fixture *x = ctx;

	(void)events;
	if (x->calls++ > 0)
		return;
	for (int i = 0; i < PLACES; i++) {
		loop_remove(x->f[i]);
		close(x->fd[i]);
	}
	for (int i = 0; i < PLACES; i++) {
		x->fd[i] = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
		assert_int_equal(loop_add(&x->f[i], x->l, x->fd[i], LOOP_IN,
					  swap_other, x, NULL),
				 0);
	}
}

static void
test_number_reused(void **state)
{
	struct fixture x;

	(void)state;
	setup_events(&x);
	for (int i = 0; i < PLACES; i++)
		assert_int_equal(loop_add(&x.f[i], x.l, x.fd[i], LOOP_IN,
					  swap_other, &x, NULL),
				 0);
	turn(&x);
	turn(&x);
	assert_int_equal(x.calls, 1);
	teardown(&x);
}

static void
count(void *ctx, unsigned int events)
{
	struct fixture *x = ctx;

	x->calls++;
	x->events = events;
}

static void
test_once_a_turn_and_interest(void **state)
{
	struct fixture x;

	(void)state;
	setup_events(&x);
	assert_int_equal(
		loop_add(&x.f[0], x.l, x.fd[0], LOOP_IN, count, &x, NULL), 0);
	turn(&x);
	assert_int_equal(x.calls, 1);
	turn(&x);
	assert_int_equal(x.calls, 2);
	loop_interest(x.f[0], 0);
	turn(&x);
	assert_int_equal(x.calls, 2);
	loop_interest(x.f[0], LOOP_IN | LOOP_OUT);
	turn(&x);
	assert_int_equal(x.calls, 3);
	assert_int_equal(x.events, LOOP_IN | LOOP_OUT);
	teardown(&x);
}

static void
test_hangup_unasked(void **state)
{
	struct fixture x;
	int sv[2];

	(void)state;
	setup_events(&x);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, sv), 0);
	close(x.fd[0]);
	x.fd[0] = sv[0];
	assert_int_equal(loop_add(&x.f[0], x.l, sv[0], 0, count, &x, NULL), 0);
	turn(&x);
	assert_int_equal(x.calls, 0);
	close(sv[1]);
	turn(&x);
	assert_int_equal(x.calls, 1);
	assert_int_equal(x.events, LOOP_HUP);
	teardown(&x);
}

static void
test_add_refused(void **state)
{
	struct loop_fd *f = NULL;
	struct err e = { 0 };
	struct loop *l;

	(void)state;
	assert_int_equal(loop_new(&l, NULL), 0);
	assert_int_equal(loop_add(&f, l, -1, LOOP_IN, count, NULL, &e), -1);
	assert_null(f);
	assert_int_equal(e.code, ERR_IO);
	loop_free(l);
}

struct tick {
	struct loop_timer t;
	struct monotime again;
	char *log;
	char mark;
};

static void
on_tick(void *ctx)
{
	struct tick *t = ctx;
	char mark[2] = { t->mark, '\0' };

	strncat(t->log, mark, 15);
	if (mono_is_set(t->again))
		loop_timer_set(&t->t, t->again);
}

static void
test_timers(void **state)
{
	char log[16] = "";
	struct tick a = { .log = log, .mark = 'a' };
	struct tick b = { .log = log, .mark = 'b' };
	struct tick c = { .log = log, .mark = 'c' };
	struct monotime start = clock_mono();
	struct loop *l;

	(void)state;
	assert_int_equal(loop_new(&l, NULL), 0);
	assert_int_equal(loop_timer_init(&a.t, l, on_tick, &a, NULL), 0);
	assert_int_equal(loop_timer_init(&b.t, l, on_tick, &b, NULL), 0);
	assert_int_equal(loop_timer_init(&c.t, l, on_tick, &c, NULL), 0);
	loop_timer_set(&a.t, mono_add_ms(start, 12));
	loop_timer_set(&b.t, mono_add_ms(start, 4));
	loop_timer_set(&c.t, mono_add_ms(start, 8));
	loop_timer_cancel(&c.t);
	while (strlen(log) < 2)
		assert_int_equal(loop_turn(l, MONO_NEVER, NULL), 0);
	assert_string_equal(log, "ba");
	assert_true(mono_ms(start, clock_mono()) >= 12);

	/* One that is always in the past runs once for each place a turn, and
	 * does not hold the loop. */
	a.again = start;
	loop_timer_set(&a.t, start);
	assert_int_equal(loop_turn(l, MONO_NEVER, NULL), 0);
	assert_in_range(strlen(log), 3, 5);
	loop_timer_fini(&a.t);
	loop_timer_fini(&a.t);
	loop_timer_fini(&b.t);
	loop_timer_fini(&c.t);
	loop_free(l);
}

static void
before_sleep(void *ctx)
{
	struct fixture *x = ctx;

	x->slept++;
	if (mono_reached(x->deadline, clock_mono()))
		loop_stop(x->l);
}

static struct monotime
deadline(void *ctx)
{
	struct fixture *x = ctx;

	return x->deadline;
}

static void
test_owner_deadline(void **state)
{
	struct monotime start = clock_mono();
	struct fixture x = { .deadline = mono_add_ms(start, 15) };
	int64_t took;

	(void)state;
	x.deadline.ns += 300000; /* less than a millisecond counts, too */
	assert_int_equal(loop_new(&x.l, NULL), 0);
	loop_own(x.l, (struct loop_owner){ .before_sleep = before_sleep,
					   .deadline = deadline,
					   .ctx = &x });
	assert_int_equal(loop_run(x.l, NULL), 0);
	took = clock_mono().ns - start.ns;
	assert_true(took >= 15 * NS_PER_MS + 300000);
	assert_true(took < 5 * NS_PER_S);
	/* It slept; it did not spin. */
	assert_in_range(x.slept, 2, 4);

	/* A nearer deadline after a further one was set, and the reverse. */
	x.deadline = mono_add_ms(clock_mono(), 100000);
	assert_int_equal(loop_turn(x.l, mono_add_ms(clock_mono(), 5), NULL), 0);
	x.deadline = mono_add_ms(clock_mono(), 5);
	assert_int_equal(loop_run(x.l, NULL), 0);
	loop_free(x.l);
}

static void
on_event(void *ctx, unsigned int events)
{
	struct fixture *x = ctx;

	(void)events;
	/* The owner had its turn after each earlier event. */
	assert_int_equal(x->slept, x->calls);
	x->calls++;
}

static void
on_timer(void *ctx)
{
	on_event(ctx, 0);
}

static void
after_event(void *ctx)
{
	struct fixture *x = ctx;

	x->slept++;
	assert_int_equal(x->slept, x->calls);
}

static void
test_owner_after_each_event(void **state)
{
	struct loop_timer t;
	struct fixture x;

	(void)state;
	setup_events(&x);
	loop_own(x.l,
		 (struct loop_owner){ .after_event = after_event, .ctx = &x });
	turn(&x);
	assert_int_equal(x.slept, 0); /* nothing happened */
	for (int i = 0; i < PLACES; i++)
		assert_int_equal(loop_add(&x.f[i], x.l, x.fd[i], LOOP_IN,
					  on_event, &x, NULL),
				 0);
	assert_int_equal(loop_timer_init(&t, x.l, on_timer, &x, NULL), 0);
	loop_timer_set(&t, clock_mono());
	turn(&x);
	assert_int_equal(x.slept, PLACES + 1);
	loop_timer_fini(&t);
	teardown(&x);
}

static void
test_stop_before_run(void **state)
{
	struct loop *l;

	(void)state;
	assert_int_equal(loop_new(&l, NULL), 0);
	loop_stop(l);
	assert_int_equal(loop_run(l, NULL), 0);
	loop_free(l);
}

/* --- how long and how often ---------------------------------------------- */

static void
busy(void *ctx, unsigned int events)
{
	struct fixture *x = ctx;
	struct monotime end = mono_add_ms(clock_mono(), 30);

	(void)events;
	while (x->calls == 0 && mono_before(clock_mono(), end))
		;
	x->calls++;
}

static void
test_longest_turn(void **state)
{
	struct fixture x;
	int64_t longest;

	(void)state;
	setup_events(&x);
	assert_int_equal(loop_longest_ms(x.l), 0);
	assert_int_equal(
		loop_add(&x.f[0], x.l, x.fd[0], LOOP_IN, busy, &x, NULL), 0);
	turn(&x);
	turn(&x); /* the first one has ended */
	longest = loop_longest_ms(x.l);
	assert_true(longest >= 30);
	turn(&x);
	assert_true(loop_longest_ms(x.l) >= longest);
	teardown(&x);
}

static void
one_packet(void *ctx, unsigned int events)
{
	struct fixture *x = ctx;

	(void)events;
	loop_packets(x->l, 1);
}

static void
no_packet(void *ctx, unsigned int events)
{
	(void)ctx;
	(void)events;
}

/* Turns that bring a packet each are slowed down; others are not. */
static void
test_packets_gather(void **state)
{
	struct monotime later = mono_add_ms(clock_mono(), 600000);
	struct fixture x;

	(void)state;
	setup_events(&x);
	assert_int_equal(
		loop_add(&x.f[0], x.l, x.fd[0], LOOP_IN, no_packet, &x, NULL),
		0);
	for (int i = 0; i < 10000; i++)
		assert_int_equal(loop_turn(x.l, later, NULL), 0);
	assert_int_equal(loop_pauses(x.l), 0);
	loop_remove(x.f[0]);
	assert_int_equal(
		loop_add(&x.f[0], x.l, x.fd[0], LOOP_IN, one_packet, &x, NULL),
		0);
	/* How many it takes is up to the machine, too. */
	while (loop_pauses(x.l) == 0 && mono_before(clock_mono(), later))
		assert_int_equal(loop_turn(x.l, later, NULL), 0);
	assert_true(loop_pauses(x.l) > 0);
	teardown(&x);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_remove_in_batch),
		cmocka_unit_test(test_number_reused),
		cmocka_unit_test(test_once_a_turn_and_interest),
		cmocka_unit_test(test_hangup_unasked),
		cmocka_unit_test(test_add_refused),
		cmocka_unit_test(test_timers),
		cmocka_unit_test(test_owner_deadline),
		cmocka_unit_test(test_owner_after_each_event),
		cmocka_unit_test(test_longest_turn),
		cmocka_unit_test(test_packets_gather),
		cmocka_unit_test(test_stop_before_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
