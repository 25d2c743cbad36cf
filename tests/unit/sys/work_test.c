/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The worker thread: order, answers in the loop, a stop that loses nothing. */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <time.h>

#include "../unit.h"
#include "sys/loop.h"
#include "sys/work.h"

#define JOBS 200

struct shared {
	struct work *w;
	pthread_t loop_thread;
	int ran[JOBS + 1];
	int nran;
	int done[JOBS + 1];
	int ndone;
	bool in_loop_thread;
	bool usr1_blocked;
};

struct item {
	struct work_job job;
	struct shared *s;
	int number;
	struct item *then; /* submitted by done */
};

static void
item_run(void *ctx)
{
	struct item *i = ctx;
	const struct timespec nap = { .tv_nsec = 100000 };
	sigset_t mask;

	if (pthread_equal(pthread_self(), i->s->loop_thread))
		i->s->in_loop_thread = true;
	pthread_sigmask(SIG_BLOCK, NULL, &mask);
	i->s->usr1_blocked = sigismember(&mask, SIGUSR1) == 1;
	if (i->number % 10 == 0)
		nanosleep(&nap, NULL);
	i->s->ran[i->s->nran++] = i->number;
}

static void
item_done(void *ctx)
{
	struct item *i = ctx;

	assert_true(pthread_equal(pthread_self(), i->s->loop_thread));
	i->s->done[i->s->ndone++] = i->number;
	if (i->then != NULL)
		work_submit(i->s->w, &i->then->job);
}

static struct item
item(struct shared *s, int number)
{
	struct item i = { .s = s, .number = number };

	i.job.run = item_run;
	i.job.done = item_done;
	return i;
}

static void
check_order(const struct shared *s, int n)
{
	assert_int_equal(s->nran, n);
	assert_int_equal(s->ndone, n);
	assert_false(s->in_loop_thread);
	assert_true(s->usr1_blocked);
	for (int i = 0; i < n; i++) {
		assert_int_equal(s->ran[i], i);
		assert_int_equal(s->done[i], i);
	}
}

static void
test_order_through_the_loop(void **state)
{
	static struct item items[JOBS];
	static struct shared s;
	struct loop *l;

	(void)state;
	s.loop_thread = pthread_self();
	assert_int_equal(loop_new(&l, NULL), 0);
	assert_int_equal(work_open(&s.w, l, 1, NULL), 0);
	for (int i = 0; i < JOBS; i++) {
		items[i] = item(&s, i);
		items[i].job.ctx = &items[i];
		work_submit(s.w, &items[i].job);
	}
	assert_int_equal(work_pending(s.w), JOBS);
	assert_int_equal(s.ndone, 0);
	while (work_pending(s.w) > 0)
		assert_int_equal(loop_turn(l, MONO_NEVER, NULL), 0);
	check_order(&s, JOBS);
	work_close(s.w);
	loop_free(l);
}

static void
test_close_finishes(void **state)
{
	static struct item items[JOBS + 1];
	static struct shared s;
	struct loop *l;

	(void)state;
	s.loop_thread = pthread_self();
	assert_int_equal(loop_new(&l, NULL), 0);
	assert_int_equal(work_open(&s.w, l, 1, NULL), 0);
	for (int i = 0; i <= JOBS; i++) {
		items[i] = item(&s, i);
		items[i].job.ctx = &items[i];
	}
	items[JOBS - 1].then = &items[JOBS];
	for (int i = 0; i < JOBS; i++)
		work_submit(s.w, &items[i].job);
	work_close(s.w);
	check_order(&s, JOBS + 1);
	loop_free(l);
}

static void
test_close_idle(void **state)
{
	struct work *w;
	struct loop *l;

	(void)state;
	assert_int_equal(loop_new(&l, NULL), 0);
	assert_int_equal(work_open(&w, l, 1, NULL), 0);
	work_close(w);
	work_close(NULL);
	loop_free(l);
}

/* --- jobs that nobody needs any more ------------------------------------- */

struct slow {
	struct work_job job;
	pthread_mutex_t gate; /* run waits for it */
	atomic_int running, ran, dropped;
	bool done;
};

static void
slow_run(void *ctx)
{
	struct slow *s = ctx;

	atomic_store(&s->running, 1);
	pthread_mutex_lock(&s->gate);
	pthread_mutex_unlock(&s->gate);
	atomic_store(&s->ran, 1);
}

static void
slow_done(void *ctx)
{
	struct slow *s = ctx;

	s->done = true;
}

static void
slow_drop(void *ctx)
{
	struct slow *s = ctx;

	atomic_store(&s->dropped, 1);
}

static void
slow_init(struct slow *s)
{
	s->job = (struct work_job){
		.run = slow_run, .done = slow_done, .drop = slow_drop, .ctx = s
	};
	pthread_mutex_init(&s->gate, NULL);
}

static void
wait_for(atomic_int *flag)
{
	const struct timespec nap = { .tv_nsec = 1000000 };

	while (!atomic_load(flag))
		nanosleep(&nap, NULL);
}

static void
test_abandon(void **state)
{
	static struct slow held, waiting;
	struct work *w;
	struct loop *l;

	(void)state;
	slow_init(&held);
	slow_init(&waiting);
	pthread_mutex_lock(&held.gate);
	assert_int_equal(loop_new(&l, NULL), 0);
	assert_int_equal(work_open(&w, l, 1, NULL), 0);
	work_submit(w, &held.job);
	work_submit(w, &waiting.job);
	wait_for(&held.running);
	assert_false(work_wait(w, 20));
	assert_int_equal(work_pending(w), 2);
	/* Returns although the first is still being run. */
	work_abandon(w);
	assert_int_equal(atomic_load(&waiting.dropped), 1);
	assert_int_equal(atomic_load(&waiting.ran), 0);
	assert_int_equal(atomic_load(&held.dropped), 0);
	loop_free(l);
	pthread_mutex_unlock(&held.gate);
	wait_for(&held.dropped);
	assert_int_equal(atomic_load(&held.ran), 1);
	assert_false(held.done || waiting.done);
}

/* Slow ones do not keep others waiting, and are not waited for either. */
static void
test_side_by_side(void **state)
{
	static struct slow held[3], quick;
	struct work *w;
	struct loop *l;

	(void)state;
	slow_init(&quick);
	assert_int_equal(loop_new(&l, NULL), 0);
	assert_int_equal(work_open(&w, l, 4, NULL), 0);
	for (int i = 0; i < 3; i++) {
		slow_init(&held[i]);
		pthread_mutex_lock(&held[i].gate);
		work_submit(w, &held[i].job);
	}
	for (int i = 0; i < 3; i++)
		wait_for(&held[i].running);
	work_submit(w, &quick.job);
	while (!quick.done)
		assert_int_equal(loop_turn(l, MONO_NEVER, NULL), 0);
	assert_int_equal(work_pending(w), 3);
	work_abandon(w);
	loop_free(l);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(atomic_load(&held[i].dropped), 0);
		pthread_mutex_unlock(&held[i].gate);
		wait_for(&held[i].dropped);
		assert_false(held[i].done);
	}
}

static void
test_abandon_idle(void **state)
{
	static struct slow ran;
	struct work *w;
	struct loop *l;

	(void)state;
	slow_init(&ran);
	assert_int_equal(loop_new(&l, NULL), 0);
	assert_int_equal(work_open(&w, l, 1, NULL), 0);
	work_submit(w, &ran.job);
	wait_for(&ran.ran);
	work_abandon(w);
	wait_for(&ran.dropped);
	assert_false(ran.done);
	assert_int_equal(work_open(&w, l, 1, NULL), 0);
	work_abandon(w);
	work_abandon(NULL);
	loop_free(l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order_through_the_loop),
		cmocka_unit_test(test_close_finishes),
		cmocka_unit_test(test_close_idle),
		cmocka_unit_test(test_abandon),
		cmocka_unit_test(test_side_by_side),
		cmocka_unit_test(test_abandon_idle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
