/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The part of a job that the worker thread runs. A job owns all the memory that
 * it touches there. */
#include "daemon/job.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/log.h"
#include "daemon/daemon.h"
#include "format/bnl_sign.h"
#include "sys/clock.h"

static void
job_discard(struct job *j)
{
	if (j->discarded != NULL)
		j->discard(j->discarded);
	j->discarded = NULL;
}

void
job_free(struct job *j)
{
	job_discard(j);
	if (j->data != NULL)
		bytes_wipe(j->data, j->len);
	free(j->data);
	free(j);
}

static int
read_list(struct bnl **out, const struct job *j, const uint8_t *raw, size_t len)
{
	return bnl_open_any(out, (const char *)raw, len,
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

/* The list on the disk, which most often is the one in force: to read that anew
 * would take as long as to build the new one. opened: for the caller to
 * free. */
static int
read_disk_list(const struct bnl **out, struct bnl **opened, const struct job *j,
	       const uint8_t *raw, size_t len)
{
	const struct bnl *b = j->in_force;
	int rc;

	*opened = NULL;
	*out = b;
	if (b != NULL && b->rawlen == len && memcmp(b->raw, raw, len) == 0)
		return 0;
	rc = read_list(opened, j, raw, len);
	*out = *opened;
	return rc;
}

/*
 * The file on disk may contain somebody's work. A newer list that the daemon
 * does not know yet is kept: a list from a peer must not replace it. An
 * unsigned edit, and a list that the new one does not descend from, are
 * replaced and kept under another name.
 */
static void
keep_disk_list(struct job *j, const struct bnl *b)
{
	struct state *s = &j->daemon->state;
	const struct bnl *disk;
	struct bnl *opened;
	uint8_t *raw;
	size_t len;
	bool lost;
	struct err e;

	if (state_read_list(s, &raw, &len, NULL) < 0)
		return;
	lost = read_disk_list(&disk, &opened, j, raw, len) < 0;
	if (!lost) {
		enum bnl_order order = bnl_compare(b, disk);

		lost = order == BNL_NEWER_FORK || order == BNL_OLDER_FORK;
		if (lost)
			j->fork = disk->version;
		j->newer = is_newer(j, disk, b);
		bnl_free(opened);
	}
	free(raw);
	/* Done once, even if the write is repeated. */
	if (lost && !j->newer && j->kept[0] == '\0' &&
	    state_keep_list(s, clock_wall(), j->kept, &e) < 0) {
		j->kept[0] = '\0';
		log_line(j->again ? LOG_LVL_DEBUG : LOG_LVL_ERROR, NULL,
			 "the list on the disk is replaced and could not be "
			 "kept: %s",
			 e.text);
	}
}

static bool
write_list(struct job *j)
{
	struct state *s = &j->daemon->state;
	struct bnl *again;

	if (j->list != NULL) {
		keep_disk_list(j, j->list);
	} else if (j->viewlen > 0 &&
		   read_list(&again, j, j->view, j->viewlen) == 0) {
		keep_disk_list(j, again);
		bnl_free(again);
	}
	/* The list is written first: a mark without its list would lock this
	 * node out. */
	if (j->viewlen > 0 && !j->newer &&
	    state_store_list(s, j->view, j->viewlen, &j->why) < 0)
		return false;
	return state_store_mark(s, j->mark, &j->why) == 0;
}

void
job_run(void *ctx)
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
	case JOB_STORE_HELD:
		j->ok = state_store_held(&j->daemon->state, j->view, j->viewlen,
					 &j->why) == 0;
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
		j->ok = generation_receive(
				&j->built, &j->source,
				(const struct key *const *)j->id->bnlkeys,
				j->id->nbnlkeys, &j->why) == 0;
		break;
	case JOB_DISCARD:
		job_discard(j);
		break;
	case JOB_RETIRE:
		break;
	}
}
