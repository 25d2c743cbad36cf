/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Failed writes: kept, reported, and retried until the disk accepts them. */
#include "daemon/unsaved.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "daemon/ctl_json.h"
#include "daemon/events.h"
#include "daemon/job.h"
#include "sys/clock.h"

#define TEXT_MAX (ERR_TEXT_MAX + 256)

static bool
is_same_file(const struct job *a, const struct job *b)
{
	return a->kind == b->kind && strcmp(a->peer, b->peer) == 0;
}

static size_t
count_kind(const struct unsaved *u, unsigned int kind)
{
	size_t n = 0;

	for (const struct job *j = u->first; j != NULL; j = j->next)
		n += (unsigned int)j->kind == kind;
	return n;
}

void
unsaved_replace(struct unsaved *u, const struct job *same)
{
	for (struct job **at = &u->first; *at != NULL; at = &(*at)->next) {
		struct job *j = *at;

		if (!is_same_file(j, same))
			continue;
		*at = j->next;
		job_free(j);
		return;
	}
}

/* --- failures and successes ----------------------------------------------- */

static void
report_kept(struct daemon *d, const struct job *j)
{
	static const char *const what[JOB_STORES] = {
		[JOB_STORE_PAIR] = "its pair secrets are kept in memory alone, "
				   "until they can be stored",
		[JOB_STORE_LIST] = "the list in force is kept in memory alone, "
				   "until it can be stored",
		[JOB_STORE_HELD] = "the list that is held is kept in memory "
				   "alone, until it can be stored",
		[JOB_STORE_KNOWN] = "the addresses of peers are kept in memory "
				    "alone, until they can be stored",
		[JOB_STORE_RUN] = "the running time of this node is kept in "
				  "memory alone, until it can be stored",
	};
	char text[TEXT_MAX];

	snprintf(text, sizeof(text), "%s: %s", what[j->kind], j->why.text);
	events_say(d, EVENT_ERROR, EVENT_STORE_FAILED, j->peer, text);
}

/* The core may free its bytes once it has the answer, so this copies them. */
static int
copy_view(struct job *j)
{
	j->list = j->in_force = NULL;
	if (j->data != NULL || j->viewlen == 0)
		return 0;
	j->data = malloc(j->viewlen);
	if (j->data == NULL)
		return -1;
	memcpy(j->data, j->view, j->viewlen);
	j->len = j->viewlen;
	j->view = j->data;
	return 0;
}

bool
unsaved_keep(struct daemon *d, struct unsaved *u, struct job *j)
{
	struct unsaved_fault *f = &u->faults[j->kind];

	bool first = !f->is_set;

	if (first)
		f->since = clock_wall();
	f->is_set = true;
	memcpy(f->text, j->why.text, sizeof(f->text));
	if (copy_view(j) < 0) {
		log_error("cannot store: %s", j->why.text);
		job_free(j);
		return false;
	}
	unsaved_replace(u, j);
	if (!j->again && (first || j->ticket != 0))
		report_kept(d, j);
	j->next = u->first;
	u->first = j;
	return true;
}

void
unsaved_written(struct unsaved *u, const struct job *j)
{
	struct unsaved_fault *f = &u->faults[j->kind];

	unsaved_replace(u, j);
	if (f->is_set && count_kind(u, j->kind) == 0) {
		log_info("the disk accepts writes again that failed before: "
			 "\"%s\"",
			 f->text);
		f->is_set = false;
	}
}

struct job *
unsaved_take(struct unsaved *u)
{
	struct job *j = u->first;

	if (j != NULL) {
		u->first = j->next;
		j->next = NULL;
	}
	return j;
}

/* --- the rest ------------------------------------------------------------- */

static const char *const consequences[JOB_STORES] = {
	[JOB_STORE_PAIR] = "pairs agreed since then are in memory alone "
			   "and are negotiated anew after a restart",
	[JOB_STORE_LIST] = "the list in force is in memory alone: after "
			   "a restart the one before it is in force, "
			   "until a peer sends it",
	[JOB_STORE_HELD] = "the list that is held is in memory alone: after a "
			   "restart a peer sends it again",
	[JOB_STORE_KNOWN] = "addresses of peers are in memory alone",
	[JOB_STORE_RUN] = "stored secrets last a day longer at most",
};

void
unsaved_free(struct unsaved *u)
{
	for (unsigned int kind = 0; kind < JOB_STORES; kind++)
		if (count_kind(u, kind) > 0)
			log_error("the daemon ends and could not store this: "
				  "%s: %s",
				  u->faults[kind].text, consequences[kind]);
	while (u->first != NULL) {
		struct job *next = u->first->next;

		job_free(u->first);
		u->first = next;
	}
}

bool
unsaved_has_list(const struct unsaved *u)
{
	return u->faults[JOB_STORE_LIST].is_set;
}

void
unsaved_warnings(const struct unsaved *u, json_t *array)
{
	char text[TEXT_MAX], since[TEXT_TIME_MAX];

	for (unsigned int kind = 0; kind < JOB_STORES; kind++) {
		const struct unsaved_fault *f = &u->faults[kind];

		if (!f->is_set)
			continue;
		snprintf(text, sizeof(text), "%s, since %s: %s", f->text,
			 text_time_format(since, f->since), consequences[kind]);
		ctl_json_warn(array, event_name(EVENT_STORE_FAILED), NULL,
			      text);
	}
}
