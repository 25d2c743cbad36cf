/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The jobs of the worker thread. A job owns all the memory it touches there. */
#include "daemon/plumb.h"
#include "daemon/unsaved.h"
#include "job.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/log.h"
#include "format/bnl_sign.h"
#include "sys/clock.h"

void
job_free(struct job *j)
{
	if (j->data != NULL)
		bytes_wipe(j->data, j->len);
	free(j->data);
	free(j);
}

static int
open_list(struct bnl **out, const struct job *j, const uint8_t *raw, size_t len)
{
	return bnl_open(out, (const char *)raw, len,
			(const struct key *const *)j->id->bnlkeys,
			j->id->nbnlkeys, NULL);
}

/* True when the list on disk is to be kept: it is newer than the one to be
 * stored (b), not dated too far ahead, and no ancestor of b, which b may be if
 * it was dated back on purpose. */
static bool
is_newer(const struct job *j, const struct bnl *disk, const struct bnl *b)
{
	struct bnl_version version;

	bnl_version_read(&version, j->mark);
	return bnl_version_cmp(&disk->version, &version) > 0 &&
	       bnl_check_time(disk, clock_wall(),
			      (struct walltime){ BUILD_TIME },
			      version.timestamp, NULL) == 0 &&
	       !bnl_descends_from(b, &disk->version);
}

/*
 * The file on disk may contain somebody's work. A newer list that the daemon
 * does not know yet is kept: a list from a peer must not replace it. An
 * unsigned edit, and a list that the new one does not descend from, are
 * replaced and kept under another name.
 */
static void
look_at_disk(struct job *j, const struct bnl *b)
{
	struct state *s = &j->daemon->state;
	struct bnl *disk = NULL;
	uint8_t *raw;
	size_t len;
	bool lost;
	struct err e;

	if (state_read_list(s, &raw, &len, NULL) < 0)
		return;
	lost = open_list(&disk, j, raw, len) < 0;
	if (!lost) {
		enum bnl_order order = bnl_compare(b, disk);

		lost = order == BNL_NEWER_FORK || order == BNL_OLDER_FORK;
		if (lost)
			j->fork = disk->version;
		j->newer = is_newer(j, disk, b);
		bnl_free(disk);
	}
	free(raw);
	/* Done once, even if the write is repeated. */
	if (lost && !j->newer && j->kept[0] == '\0' &&
	    state_keep_list(s, clock_wall(), j->kept, &e) < 0) {
		j->kept[0] = '\0';
		log_line(j->again ? LOG_LVL_DEBUG : LOG_LVL_ERROR, NULL,
			 "the list on the disk is replaced and could not be "
			 "kept: %s", e.text);
	}
}

static bool
write_list(struct job *j)
{
	struct state *s = &j->daemon->state;
	struct bnl *b;

	if (j->viewlen > 0 && open_list(&b, j, j->view, j->viewlen) == 0) {
		look_at_disk(j, b);
		bnl_free(b);
	}
	/* The list is written first: a mark without its list would lock this
	 * node out. */
	if (j->viewlen > 0 && !j->newer &&
	    state_store_list(s, j->view, j->viewlen, &j->why) < 0)
		return false;
	return state_store_mark(s, j->mark, &j->why) == 0;
}

static void
run_job(void *ctx)
{
	struct job *j = ctx;

	switch (j->kind) {
	case JOB_STORE_PAIR:
		j->ok = state_store_pair(&j->daemon->state, j->peer, j->data,
					 j->len, &j->why) == 0;
		break;
	case JOB_STORE_LIST:
		j->ok = write_list(j);
		break;
	case JOB_STORE_KNOWN:
		j->ok = state_store_known(&j->daemon->state, j->data, j->len,
					  &j->why) == 0;
		break;
	case JOB_STORE_RUN:
		j->ok = state_store_run(&j->daemon->state, j->run_s,
					clock_wall(), &j->why) == 0;
		break;
	case JOB_BUILD_LIST:
		j->ok = generation_receive(&j->built, &j->source,
					   (const struct key *const *)
						   j->id->bnlkeys,
					   j->id->nbnlkeys, &j->why) == 0;
		break;
	case JOB_RETIRE:
		break;
	}
}

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
	if (ok) {
		unsaved_written(d, j);
		job_free(j);
	} else {
		ok = unsaved_keep(d, j);
	}
	if (core_waits)
		core_stored(d->core, clock_now(), ticket, ok);
	if (newer) {
		log_warn("the list on disk is newer than the one that was "
			 "taken: it is read");
		(void)reload_push(d);
	}
}

static void
finish_job(void *ctx)
{
	struct job *j = ctx;
	struct daemon *d = j->daemon;

	unsaved_moves(d);
	switch (j->kind) {
	case JOB_STORE_PAIR:
	case JOB_STORE_LIST:
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
	}
	plumb_drain(d);
}

/* Called at the end, when a disk has not answered in time. */
static void
drop_job(void *ctx)
{
	job_free(ctx);
}

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
		.run = run_job, .done = finish_job, .drop = drop_job, .ctx = j
	};
	j->daemon = d;
	j->kind = kind;
	j->ticket = ticket;
	return j;
}

void
job_submit(struct daemon *d, struct job *j)
{
	if (work_pending(d->work) == 0)
		unsaved_moves(d);
	j->id = d->id;
	work_submit(d->work, &j->work);
}

/* Drops an earlier failed write of the same file: it is out of date. */
static void
submit_store(struct daemon *d, struct job *j)
{
	unsaved_replaced(d, j);
	job_submit(d, j);
}

void
job_store_pair(struct daemon *d, struct action *a)
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
job_store_list(struct daemon *d, const struct action *a)
{
	struct job *j = job_new(d, JOB_STORE_LIST, a->ticket);

	if (j == NULL) {
		core_stored(d->core, clock_now(), a->ticket, false);
		return;
	}
	j->view = a->view;
	j->viewlen = a->viewlen;
	memcpy(j->mark, a->mark, sizeof(j->mark));
	submit_store(d, j);
}

void
job_store_known(struct daemon *d, struct action *a)
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
job_store_run(struct daemon *d, const struct action *a)
{
	struct job *j = job_new(d, JOB_STORE_RUN, 0);

	if (j == NULL)
		return;
	j->run_s = a->run_s;
	submit_store(d, j);
}

void
job_build_list(struct daemon *d, const struct action *a)
{
	struct job *j = job_new(d, JOB_BUILD_LIST, a->ticket);
	struct err why;

	if (j == NULL) {
		err_nomem(&why);
		core_list_ready(d->core, clock_now(), a->ticket, NULL, &why);
		return;
	}
	j->source = a->source;
	job_submit(d, j);
}

void
job_retire_identity(struct daemon *d, struct identity *id)
{
	struct job *j = job_new(d, JOB_RETIRE, 0);

	/* Without memory the identity is leaked, since the worker may still use
	 * it. */
	if (j == NULL)
		return;
	j->id = id;
	work_submit(d->work, &j->work);
}
