/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Submits jobs to the worker thread, and passes their results on: to the core,
 * and failed writes to unsaved.c, which keeps them for the next try. */
#include "daemon/worker.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "daemon/ctl_json.h"
#include "daemon/daemon.h"
#include "daemon/job.h"
#include "daemon/listdisk.h"
#include "daemon/unsaved.h"
#include "sys/clock.h"

#define RETRY_MS 5000 /* interval of retries */
#define SLOW_MS 5000  /* until a disk without an answer is reported */
#define END_MS 4000   /* time for unfinished writes at the end */
#define TEXT_MAX 512

static void
submit_job(struct daemon *d, struct job *j)
{
	struct worker *w = &d->worker;

	if (work_pending(w->work) == 0)
		w->moved = clock_mono();
	j->id = d->id;
	work_submit(w->work, &j->work);
}

/* --- unsaved writes ------------------------------------------------------- */

static void
retry_job(struct daemon *d, struct job *j)
{
	j->again = true;
	j->newer = false;
	submit_job(d, j);
}

void
worker_retry(struct daemon *d)
{
	struct job *j;

	while ((j = unsaved_take(&d->worker.unsaved)) != NULL)
		retry_job(d, j);
}

/* Retries a single write, which shows whether the disk accepts any. */
static void
on_retry(void *ctx)
{
	struct daemon *d = ctx;
	struct job *j = unsaved_take(&d->worker.unsaved);

	if (j != NULL)
		retry_job(d, j);
}

static void
write_succeeded(struct daemon *d, struct job *j)
{
	unsaved_written(&d->worker.unsaved, j);
	if (j->again)
		worker_retry(d);
	job_free(j);
}

/* false: no memory to keep the write. */
static bool
write_failed(struct daemon *d, struct job *j)
{
	if (!unsaved_keep(d, &d->worker.unsaved, j))
		return false;
	loop_timer_set(&d->worker.retry, mono_add_ms(clock_mono(), RETRY_MS));
	return true;
}

/* --- results -------------------------------------------------------------- */

/* A failed write is kept and retried, and the core goes on as if it had
 * succeeded. */
static void
store_done(struct daemon *d, struct job *j)
{
	uint32_t ticket = j->ticket;
	bool core_waits = !j->again && j->ticket != 0;
	bool newer = j->newer, ok = j->ok;

	if (j->kept[0] != '\0' && !j->kept_told) {
		listdisk_lost(d, j->kept);
		if (j->fork.timestamp.s > 0)
			core_list_replaced(d->core, clock_now(), &j->fork);
	}
	j->kept_told = j->kept[0] != '\0';
	if (ok)
		write_succeeded(d, j);
	else
		ok = write_failed(d, j);
	if (core_waits)
		core_stored(d->core, clock_now(), ticket, ok);
	if (newer) {
		log_warn("the list on disk is newer than the one that was "
			 "taken: it is read");
		d->worker.disk_is_newer(d);
	}
}

static void
finish_job(void *ctx)
{
	struct job *j = ctx;
	struct daemon *d = j->daemon;

	d->worker.moved = clock_mono();
	switch (j->kind) {
	case JOB_STORE_PAIR:
	case JOB_STORE_LIST:
	case JOB_STORE_HELD:
	case JOB_STORE_KNOWN:
	case JOB_STORE_RUN:
		store_done(d, j);
		break;
	case JOB_BUILD_LIST:
		core_list_ready(d->core, clock_now(), j->ticket, j->built,
				&j->why);
		job_free(j);
		break;
	case JOB_RETIRE:
		identity_free(j->id);
		job_free(j);
		break;
	case JOB_DISCARD:
		job_free(j);
		break;
	}
}

/* Called at the end, when a disk has not answered in time. */
static void
drop_job(void *ctx)
{
	job_free(ctx);
}

/* --- jobs ----------------------------------------------------------------- */

/* A job for which there is no memory fails at once. */
static struct job *
job_new(struct daemon *d, enum job_kind kind, uint32_t ticket)
{
	struct job *j = calloc(1, sizeof(*j));

	if (j == NULL) {
		log_error("out of memory");
		return NULL;
	}
	j->work = (struct work_job){
		.run = job_run, .done = finish_job, .drop = drop_job, .ctx = j
	};
	j->daemon = d;
	j->kind = kind;
	j->ticket = ticket;
	return j;
}

/* Drops an earlier failed write of the same file: it is out of date. */
static void
submit_store(struct daemon *d, struct job *j)
{
	unsaved_replace(&d->worker.unsaved, j);
	submit_job(d, j);
}

void
worker_store_pair(struct daemon *d, struct action *a)
{
	struct job *j = job_new(d, JOB_STORE_PAIR, a->ticket);

	if (j == NULL) {
		core_stored(d->core, clock_now(), a->ticket, false);
		return;
	}
	memcpy(j->peer, a->peer, sizeof(j->peer));
	j->data = a->data;
	j->len = a->len;
	a->data = NULL;
	submit_store(d, j);
}

void
worker_store_list(struct daemon *d, const struct action *a)
{
	struct job *j = job_new(d, JOB_STORE_LIST, a->ticket);

	if (j == NULL) {
		core_stored(d->core, clock_now(), a->ticket, false);
		return;
	}
	j->view = a->view;
	j->viewlen = a->viewlen;
	j->list = a->list;
	j->in_force = a->in_force;
	memcpy(j->mark, a->mark, sizeof(j->mark));
	submit_store(d, j);
}

void
worker_store_held(struct daemon *d, const struct action *a)
{
	struct job *j = job_new(d, JOB_STORE_HELD, a->ticket);

	if (j == NULL) {
		if (a->ticket != 0)
			core_stored(d->core, clock_now(), a->ticket, false);
		return;
	}
	j->view = a->view;
	j->viewlen = a->viewlen;
	submit_store(d, j);
}

void
worker_store_known(struct daemon *d, struct action *a)
{
	struct job *j = job_new(d, JOB_STORE_KNOWN, 0);

	if (j == NULL)
		return;
	j->data = a->data;
	j->len = a->len;
	a->data = NULL;
	submit_store(d, j);
}

void
worker_store_run(struct daemon *d, const struct action *a)
{
	struct job *j = job_new(d, JOB_STORE_RUN, 0);

	if (j == NULL)
		return;
	j->run_s = a->run_s;
	submit_store(d, j);
}

void
worker_build_list(struct daemon *d, const struct action *a)
{
	struct job *j = job_new(d, JOB_BUILD_LIST, a->ticket);
	struct err why;

	if (j == NULL) {
		err_nomem(&why);
		core_list_ready(d->core, clock_now(), a->ticket, NULL, &why);
		return;
	}
	j->source = a->source;
	submit_job(d, j);
}

void
worker_discard(struct daemon *d, struct action *a)
{
	struct job *j = job_new(d, JOB_DISCARD, 0);

	if (j == NULL)
		return; /* discarded here, with the action */
	j->discarded = a->discarded;
	j->discard = a->discard;
	a->discarded = NULL;
	submit_job(d, j);
}

void
worker_retire_identity(struct daemon *d, struct identity *id)
{
	struct job *j = job_new(d, JOB_RETIRE, 0);

	/* Without memory the identity is leaked, since the worker may still use
	 * it. */
	if (j == NULL)
		return;
	j->id = id;
	work_submit(d->worker.work, &j->work);
}

/* --- the worker ----------------------------------------------------------- */

/* Warns of a write that neither succeeds nor fails. */
static void
warn_slow(const struct daemon *d, json_t *array)
{
	int64_t ms = mono_ms(d->worker.moved, clock_mono());
	char text[TEXT_MAX];

	if (d->worker.work == NULL || work_pending(d->worker.work) == 0 ||
	    ms < SLOW_MS)
		return;
	snprintf(text, sizeof(text),
		 "%s: the disk has not answered for %" PRId64
		 " s: pairs that are agreed and newer lists wait for it",
		 d->state.dir.dir, ms / 1000);
	ctl_json_warn(array, event_name(EVENT_STORE_FAILED), NULL, text);
}

void
worker_warnings(const struct daemon *d, json_t *array)
{
	unsaved_warnings(&d->worker.unsaved, array);
	warn_slow(d, array);
}

int
worker_open(struct daemon *d, void (*disk_is_newer)(struct daemon *d),
	    struct err *e)
{
	struct worker *w = &d->worker;

	w->disk_is_newer = disk_is_newer;
	if (work_open(&w->work, d->loop, 1, e) < 0)
		return -1;
	return loop_timer_init(&w->retry, d->loop, on_retry, d, e);
}

void
worker_close(struct daemon *d)
{
	struct worker *w = &d->worker;

	if (w->work == NULL)
		return;
	worker_retry(d);
	w->stuck = !work_wait(w->work, END_MS);
	if (w->stuck) {
		log_warn("the disk has not answered for %d s: %zu jobs are "
			 "given up",
			 END_MS / 1000, work_pending(w->work));
		work_abandon(w->work);
	} else {
		work_close(w->work);
	}
	loop_timer_fini(&w->retry);
	unsaved_free(&w->unsaved);
}
