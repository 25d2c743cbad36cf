/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Worker threads: two queues under one lock, an eventfd for results. */
#include "sys/work.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "sys/clock.h"

#define WAIT_MS 60000

struct queue {
	struct work_job *head;
	struct work_job **tail;
};

struct worker {
	struct work *work;
	pthread_t thread;
	bool busy; /* under lock: a job is being run */
};

struct work {
	pthread_mutex_t lock;
	pthread_cond_t wake;   /* for the threads: a job, or the end */
	struct queue todo;     /* under lock */
	struct queue finished; /* under lock */
	bool ending;	       /* under lock */
	unsigned int left;     /* under lock: threads that own this struct
				* once it is abandoned */
	int eventfd;
	struct loop_fd *lfd;
	size_t pending; /* used by the loop */
	unsigned int nthreads;
	struct worker threads[];
};

static void
queue_init(struct queue *q)
{
	q->head = NULL;
	q->tail = &q->head;
}

static void
queue_put(struct queue *q, struct work_job *job)
{
	job->next = NULL;
	*q->tail = job;
	q->tail = &job->next;
}

static struct work_job *
queue_take(struct queue *q)
{
	struct work_job *job = q->head;

	if (job != NULL) {
		q->head = job->next;
		if (q->head == NULL)
			q->tail = &q->head;
	}
	return job;
}

/* Frees everything that the threads share. */
static void
free_shared(struct work *w)
{
	if (w->eventfd >= 0)
		close(w->eventfd);
	pthread_cond_destroy(&w->wake);
	pthread_mutex_destroy(&w->lock);
	free(w);
}

/* Drops the job of an abandoned thread. The last such thread frees
 * everything. */
static void
leave_abandoned(struct work *w, struct work_job *job)
{
	bool last = --w->left == 0;

	pthread_mutex_unlock(&w->lock);
	job->drop(job->ctx);
	if (last)
		free_shared(w);
}

static void *
thread_main(void *arg)
{
	struct worker *self = arg;
	struct work *w = self->work;
	const uint64_t one = 1;
	struct work_job *job;
	ssize_t n;

	pthread_mutex_lock(&w->lock);
	for (;;) {
		job = queue_take(&w->todo);
		if (job == NULL) {
			if (w->ending)
				break;
			pthread_cond_wait(&w->wake, &w->lock);
			continue;
		}
		self->busy = true;
		pthread_mutex_unlock(&w->lock);
		job->run(job->ctx);
		pthread_mutex_lock(&w->lock);
		self->busy = false;
		if (w->left > 0) {
			leave_abandoned(w, job);
			return NULL;
		}
		queue_put(&w->finished, job);
		/* Cannot fail: the counter is far from full. */
		n = write(w->eventfd, &one, sizeof(one));
		(void)n;
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

static void
on_finished(void *ctx, unsigned int events)
{
	struct work *w = ctx;
	struct work_job *job;
	uint64_t count;
	ssize_t n;

	(void)events;
	n = read(w->eventfd, &count, sizeof(count));
	(void)n;
	for (;;) {
		pthread_mutex_lock(&w->lock);
		job = queue_take(&w->finished);
		pthread_mutex_unlock(&w->lock);
		if (job == NULL)
			break;
		w->pending--;
		job->done(job->ctx);
	}
}

/* Starts up to that many. 0, or an error number when none was started. */
static int
start_threads(struct work *w, unsigned int threads)
{
	sigset_t all, old;
	int rc = 0;

	sigfillset(&all);
	sigdelset(&all, SIGSYS); /* confine() may use this signal */
	pthread_sigmask(SIG_SETMASK, &all, &old);
	for (; w->nthreads < threads && rc == 0; w->nthreads += rc == 0) {
		struct worker *t = &w->threads[w->nthreads];

		t->work = w;
		rc = pthread_create(&t->thread, NULL, thread_main, t);
	}
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return w->nthreads > 0 ? 0 : rc;
}

int
work_open(struct work **out, struct loop *l, unsigned int threads,
	  struct err *e)
{
	struct work *w;
	int rc;

	assert(threads > 0 && threads <= WORK_THREADS_MAX);
	w = calloc(1, sizeof(*w) + threads * sizeof(w->threads[0]));
	if (w == NULL)
		return err_nomem(e);
	queue_init(&w->todo);
	queue_init(&w->finished);
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->wake, NULL);
	w->eventfd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (w->eventfd < 0) {
		err_errno(e, errno, "worker");
		goto fail;
	}
	if (loop_add(&w->lfd, l, w->eventfd, LOOP_IN, on_finished, w, e) < 0)
		goto fail;
	rc = start_threads(w, threads);
	if (rc != 0) {
		err_errno(e, rc, "worker thread");
		goto fail;
	}
	*out = w;
	return 0;
fail:
	loop_remove(w->lfd);
	free_shared(w);
	return -1;
}

bool
work_wait(struct work *w, int64_t ms)
{
	struct pollfd pfd = { .fd = w->eventfd, .events = POLLIN };
	struct monotime end = mono_add_ms(clock_mono(), ms);

	while (w->pending > 0) {
		int64_t left = mono_ms(clock_mono(), end);

		if (left <= 0)
			return false;
		(void)poll(&pfd, 1, (int)left + 1);
		on_finished(w, LOOP_IN);
	}
	return true;
}

void
work_close(struct work *w)
{
	if (w == NULL)
		return;
	while (!work_wait(w, WAIT_MS))
		;
	pthread_mutex_lock(&w->lock);
	w->ending = true;
	pthread_cond_broadcast(&w->wake);
	pthread_mutex_unlock(&w->lock);
	for (unsigned int i = 0; i < w->nthreads; i++)
		pthread_join(w->threads[i].thread, NULL);
	loop_remove(w->lfd);
	free_shared(w);
}

static void
drop_all(struct queue *q)
{
	struct work_job *job;

	while ((job = queue_take(q)) != NULL)
		job->drop(job->ctx);
}

void
work_abandon(struct work *w)
{
	pthread_t idle[WORK_THREADS_MAX];
	unsigned int nidle = 0;
	bool last;

	if (w == NULL)
		return;
	loop_remove(w->lfd);
	pthread_mutex_lock(&w->lock);
	drop_all(&w->todo);
	drop_all(&w->finished);
	for (unsigned int i = 0; i < w->nthreads; i++)
		if (w->threads[i].busy)
			pthread_detach(w->threads[i].thread);
		else
			idle[nidle++] = w->threads[i].thread;
	/* Counts this thread as well until the idle threads have ended. */
	w->left = w->nthreads - nidle + 1;
	w->ending = true;
	pthread_cond_broadcast(&w->wake);
	pthread_mutex_unlock(&w->lock);
	for (unsigned int i = 0; i < nidle; i++)
		pthread_join(idle[i], NULL);
	pthread_mutex_lock(&w->lock);
	last = --w->left == 0;
	pthread_mutex_unlock(&w->lock);
	if (last)
		free_shared(w);
}

void
work_submit(struct work *w, struct work_job *job)
{
	w->pending++;
	pthread_mutex_lock(&w->lock);
	queue_put(&w->todo, job);
	pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->lock);
}

size_t
work_pending(const struct work *w)
{
	return w->pending;
}
