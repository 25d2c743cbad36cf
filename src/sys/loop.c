/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The event loop, over epoll and a timer descriptor. */
#include "sys/loop.h"

#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "sys/clock.h"
#include "sys/pace.h"

#define BATCH 64 /* events per wait; the others follow in the next turn */

struct loop_fd {
	struct loop *loop;
	struct loop_fd *next_dead;
	loop_fd_fn fn; /* NULL: removed */
	void *ctx;
	int fd;
	unsigned int interest;
};

/*
 * The sleep ends by a timer descriptor on CLOCK_BOOTTIME: the clock of the
 * deadlines, which goes on while the machine is suspended, unlike epoll's own
 * timeout. The descriptor is set again only for an earlier deadline; waking
 * once too early is cheaper than a system call per turn.
 */
struct loop {
	int epfd;
	int timerfd;
	struct monotime armed; /* the time that timerfd is set to */
	struct monotime woke;  /* MONO_NONE: no turn has begun */
	int64_t slept_ns, longest_ns;
	struct pace pace;
	size_t packets; /* packets of this turn */
	struct timerq timers;
	size_t ntimers; /* timers with reserved room */
	size_t nfds;
	struct loop_fd *dead; /* removed during this batch */
	bool in_batch;
	bool stop;
	struct loop_owner owner;
};

static uint32_t
to_epoll(unsigned int interest)
{
	return (interest & LOOP_IN ? (uint32_t)EPOLLIN : 0) |
	       (interest & LOOP_OUT ? (uint32_t)EPOLLOUT : 0);
}

static unsigned int
from_epoll(uint32_t events)
{
	return (events & EPOLLIN ? LOOP_IN : 0) |
	       (events & EPOLLOUT ? LOOP_OUT : 0) |
	       (events & (EPOLLERR | EPOLLHUP) ? LOOP_HUP : 0);
}

int
loop_new(struct loop **out, struct err *e)
{
	struct loop *l = calloc(1, sizeof(*l));
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = NULL };
	int errnum;

	if (l == NULL)
		return err_nomem(e);
	timerq_init(&l->timers);
	pace_init(&l->pace);
	l->armed = MONO_NEVER;
	l->timerfd = timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC);
	l->epfd = epoll_create1(EPOLL_CLOEXEC);
	if (l->epfd < 0 || l->timerfd < 0 ||
	    epoll_ctl(l->epfd, EPOLL_CTL_ADD, l->timerfd, &ev) < 0) {
		errnum = errno;
		loop_free(l);
		return err_errno(e, errnum, "event loop");
	}
	*out = l;
	return 0;
}

static void
free_removed(struct loop *l)
{
	struct loop_fd *f;

	while ((f = l->dead) != NULL) {
		l->dead = f->next_dead;
		free(f);
	}
}

void
loop_free(struct loop *l)
{
	if (l == NULL)
		return;
	assert(l->nfds == 0);
	free_removed(l);
	timerq_free(&l->timers);
	if (l->epfd >= 0)
		close(l->epfd);
	if (l->timerfd >= 0)
		close(l->timerfd);
	free(l);
}

int
loop_add(struct loop_fd **out, struct loop *l, int fd, unsigned int interest,
	 loop_fd_fn fn, void *ctx, struct err *e)
{
	struct loop_fd *f = calloc(1, sizeof(*f));
	struct epoll_event ev = { .events = to_epoll(interest) };
	int errnum;

	if (f == NULL)
		return err_nomem(e);
	*f = (struct loop_fd){
		.loop = l, .fn = fn, .ctx = ctx, .fd = fd, .interest = interest
	};
	ev.data.ptr = f;
	if (epoll_ctl(l->epfd, EPOLL_CTL_ADD, fd, &ev) < 0) {
		errnum = errno;
		free(f);
		return err_errno(e, errnum, "watching a descriptor");
	}
	l->nfds++;
	*out = f;
	return 0;
}

void
loop_interest(struct loop_fd *f, unsigned int interest)
{
	struct epoll_event ev = { .events = to_epoll(interest), .data.ptr = f };
	int rc;

	if (f->interest == interest)
		return;
	f->interest = interest;
	rc = epoll_ctl(f->loop->epfd, EPOLL_CTL_MOD, f->fd, &ev);
	/* Cannot fail for a descriptor that is open and was added. */
	assert(rc == 0);
	(void)rc;
}

void
loop_remove(struct loop_fd *f)
{
	struct loop *l;

	if (f == NULL)
		return;
	l = f->loop;
	assert(f->fn != NULL);
	epoll_ctl(l->epfd, EPOLL_CTL_DEL, f->fd, NULL);
	f->fn = NULL;
	l->nfds--;
	f->next_dead = l->dead;
	l->dead = f;
	if (!l->in_batch)
		free_removed(l);
}

int
loop_timer_init(struct loop_timer *t, struct loop *l, void (*fn)(void *ctx),
		void *ctx, struct err *e)
{
	if (timerq_reserve(&l->timers, l->ntimers + 1) < 0)
		return err_nomem(e);
	l->ntimers++;
	*t = (struct loop_timer){ .loop = l, .fn = fn, .ctx = ctx };
	timer_init(&t->t, t, 0);
	return 0;
}

void
loop_timer_set(struct loop_timer *t, struct monotime at)
{
	timerq_set(&t->loop->timers, &t->t, at);
}

void
loop_timer_cancel(struct loop_timer *t)
{
	timerq_cancel(&t->loop->timers, &t->t);
}

void
loop_timer_fini(struct loop_timer *t)
{
	if (t->loop == NULL)
		return;
	loop_timer_cancel(t);
	t->loop->ntimers--;
	t->loop = NULL;
}

void
loop_own(struct loop *l, struct loop_owner owner)
{
	l->owner = owner;
}

static void
after_event(struct loop *l)
{
	if (l->owner.after_event != NULL)
		l->owner.after_event(l->owner.ctx);
}

static int
arm_timer(struct loop *l, struct monotime until, struct err *e)
{
	struct itimerspec its = { 0 };

	if (!mono_before(until, l->armed))
		return 0;
	its.it_value.tv_sec = (time_t)(until.ns / NS_PER_S);
	its.it_value.tv_nsec = (long)(until.ns % NS_PER_S);
	if (timerfd_settime(l->timerfd, TFD_TIMER_ABSTIME, &its, NULL) < 0)
		return err_errno(e, errno, "event loop: timer");
	l->armed = until;
	return 0;
}

/* The timer descriptor fired, so the next sleep has to set it again. */
static void
disarm_timer(struct loop *l)
{
	uint64_t ticks;

	if (read(l->timerfd, &ticks, sizeof(ticks)) == (ssize_t)sizeof(ticks))
		l->armed = MONO_NEVER;
}

static void
run_timers(struct loop *l)
{
	struct monotime now = l->woke;
	struct timer *t;
	struct loop_timer *lt;

	/* Bounded: a timer that is set to the past again waits for the next
	 * turn. */
	for (size_t n = l->ntimers; n > 0; n--) {
		t = timerq_pop(&l->timers, now);
		if (t == NULL)
			return;
		lt = t->owner;
		lt->fn(lt->ctx);
		after_event(l);
	}
}

static void
dispatch_events(struct loop *l, const struct epoll_event *ev, int n)
{
	l->in_batch = true;
	for (int i = 0; i < n; i++) {
		struct loop_fd *f = ev[i].data.ptr;

		if (f == NULL) {
			disarm_timer(l);
		} else if (f->fn != NULL) {
			f->fn(f->ctx, from_epoll(ev[i].events));
			after_event(l);
		}
	}
	l->in_batch = false;
	free_removed(l);
}

void
loop_packets(struct loop *l, size_t n)
{
	l->packets += n;
}

int64_t
loop_longest_ms(const struct loop *l)
{
	return l->longest_ns / NS_PER_MS;
}

uint64_t
loop_pauses(const struct loop *l)
{
	return l->pace.pauses;
}

/* The work of the current turn is done. Returns true when the loop should pause
 * before the next turn. */
static bool
end_work(struct loop *l, struct monotime now)
{
	int64_t worked = now.ns - l->woke.ns;
	size_t packets = l->packets;

	l->packets = 0;
	if (!mono_is_set(l->woke))
		return false;
	if (worked > l->longest_ns)
		l->longest_ns = worked;
	return pace_turn(&l->pace, l->slept_ns, worked, packets);
}

/* As epoll_wait(2). */
static int
wait_for(struct loop *l, struct epoll_event *ev, int timeout,
	 struct monotime now)
{
	int n = epoll_wait(l->epfd, ev, BATCH, timeout);

	l->woke = clock_mono();
	l->slept_ns = l->woke.ns - now.ns;
	return n;
}

int
loop_turn(struct loop *l, struct monotime until, struct err *e)
{
	struct epoll_event ev[BATCH];
	struct monotime now;
	int n, timeout = -1;
	bool pause;

	if (l->owner.before_sleep != NULL)
		l->owner.before_sleep(l->owner.ctx);
	if (l->stop)
		return 0;
	if (l->owner.deadline != NULL)
		until = mono_min(until, l->owner.deadline(l->owner.ctx));
	until = mono_min(until, timerq_next(&l->timers));
	now = clock_mono();
	pause = end_work(l, now);
	if (until.ns <= 0 || mono_reached(until, now))
		timeout = 0;
	else if (arm_timer(l, until, e) < 0)
		return -1;
	if (pause && timeout < 0) {
		pace_pause();
		now = clock_mono();
	}
	n = wait_for(l, ev, timeout, now);
	if (n < 0 && errno != EINTR)
		return err_errno(e, errno, "event loop");
	dispatch_events(l, ev, n < 0 ? 0 : n);
	run_timers(l);
	return 0;
}

int
loop_run(struct loop *l, struct err *e)
{
	while (!l->stop)
		if (loop_turn(l, MONO_NEVER, e) < 0)
			return -1;
	l->stop = false;
	return 0;
}

void
loop_stop(struct loop *l)
{
	l->stop = true;
}
