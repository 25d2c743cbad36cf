/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Long answers on the control socket, written in slices, one per turn, so that
 * they do not delay packets. The list may change in between; each node is
 * reported at most once, in order, in its state at that time. A client that
 * reads slowly gets the next slice once it has read the last one.
 *
 * A reload is answered here, too: once the list on the disk is in force, or
 * refused.
 */
#include "daemon/ctl_stream.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/log.h"
#include "daemon/daemon.h"
#include "daemon/status.h"
#include "daemon/status_peer.h"
#include "sys/clock.h"

#define SLICE_MS 1	   /* per turn, for all answers together */
#define UNSENT_MAX 262144  /* bytes; more are made once these are sent */
#define ANSWER_BYTES 65536 /* counts like a connection's memory */
#define REST_MS 5	   /* until unsent bytes are checked again */
#define DISK_MS 30000	   /* limit of reading the list from disk */

struct ctl_answer {
	struct ctl_answer *next;
	uint64_t client; /* 0: the log */
	/* Makes the next part of the answer. false: none is left. */
	bool (*step)(struct daemon *d, struct ctl_answer *t);
	struct status_place at;
	bool began; /* an item of the array was written */
	struct peers_query query;
	struct status_sums sums;
	struct buf text;     /* made, and not sent yet */
	size_t bytes;	     /* bytes sent */
	struct monotime end; /* limit of the wait for the disk */
	const char *undone;  /* begins the text of a refusal */
	bool restart;	     /* lists the keys that need a restart */
};

static void
answer_free(struct ctl_answer *t)
{
	json_decref(t->sums.warnings);
	buf_free(&t->text);
	free(t);
}

static void
answer_put(struct ctl_answer *t, const char *text)
{
	(void)buf_put(&t->text, text, strlen(text));
}

/* Takes ownership of o. */
static void
answer_put_json(struct ctl_answer *t, json_t *o, size_t flags)
{
	char *text = json_dumps(o, flags);

	json_decref(o);
	answer_put(t, text == NULL ? "{ \"error\": \"out of memory\" }" : text);
	free(text);
}

/* Writes an item of the array, on a line of its own. */
static void
answer_item(void *ctx, json_t *item)
{
	struct ctl_answer *t = ctx;

	answer_put(t, t->began ? ",\n" : "[\n");
	t->began = true;
	answer_put_json(t, item, JSON_COMPACT);
}

static bool
answer_array(struct ctl_answer *t, bool more)
{
	if (!more)
		answer_put(t, t->began ? "\n]\n" : "[]\n");
	return more;
}

static bool
step_peers(struct daemon *d, struct ctl_answer *t)
{
	return answer_array(t,
			    status_peers(d, &t->at, &t->query, answer_item, t));
}

static bool
step_routes(struct daemon *d, struct ctl_answer *t)
{
	return answer_array(t, status_routes(d, &t->at, answer_item, t));
}

static bool
step_node(struct daemon *d, struct ctl_answer *t)
{
	if (status_sum(d, &t->at, &t->sums))
		return true;
	answer_put_json(t, status_node(d, &t->sums), JSON_INDENT(2));
	answer_put(t, "\n");
	return false;
}

static bool
step_log(struct daemon *d, struct ctl_answer *t)
{
	return status_log_peers(d, &t->at);
}

/* --- slices --------------------------------------------------------------- */

/* Sends the finished part to the client. false: the client has left. */
static bool
answer_send(struct daemon *d, struct ctl_answer *t, bool end)
{
	int rc;

	if (t->client == 0)
		return true;
	t->bytes += buf_len(&t->text);
	rc = ctlsock_reply(d->ctl, t->client, buf_data(&t->text),
			   buf_len(&t->text), end);
	buf_consume(&t->text, buf_len(&t->text));
	return rc == 0;
}

/* Makes a slice of the first answer, then moves that answer to the end of the
 * queue. */
static void
answer_slice(struct daemon *d, struct monotime end)
{
	struct ctl_answer *t = d->ctl_stream.answers,
			  **at = &d->ctl_stream.answers;
	bool more;

	d->ctl_stream.answers = t->next;
	t->next = NULL;
	do
		more = t->step(d, t);
	while (more && !mono_reached(end, clock_mono()));
	if (!answer_send(d, t, !more) || !more) {
		giveback_freed(d, (unsigned int)(t->bytes / ANSWER_BYTES));
		answer_free(t);
		return;
	}
	while (*at != NULL)
		at = &(*at)->next;
	*at = t;
}

/* Moves an answer whose client can take more to the front. */
static bool
answer_choose(struct daemon *d)
{
	struct ctl_answer **at, *t;

	for (at = &d->ctl_stream.answers; (t = *at) != NULL; at = &t->next) {
		if (t->client != 0 &&
		    ctlsock_unsent(d->ctl, t->client) > UNSENT_MAX)
			continue;
		*at = t->next;
		t->next = d->ctl_stream.answers;
		d->ctl_stream.answers = t;
		return true;
	}
	return false;
}

static void
on_timer(void *daemon)
{
	struct daemon *d = daemon;
	struct monotime end = mono_add_ms(clock_mono(), SLICE_MS);
	bool chosen = answer_choose(d);

	while (chosen) {
		answer_slice(d, end);
		chosen = answer_choose(d);
		if (mono_reached(end, clock_mono()))
			break;
	}
	/* The timer fires in the next turn, not in this one. */
	if (d->ctl_stream.answers != NULL)
		loop_timer_set(&d->ctl_stream.timer,
			       mono_add_ms(clock_mono(), chosen ? 0 : REST_MS));
}

int
ctl_stream_open(struct daemon *d, struct err *e)
{
	return loop_timer_init(&d->ctl_stream.timer, d->loop, on_timer, d, e);
}

static struct ctl_answer *
answer_new(struct daemon *d, uint64_t client,
	   bool (*step)(struct daemon *, struct ctl_answer *))
{
	struct ctl_answer *t = calloc(1, sizeof(*t));

	if (t == NULL) {
		if (client != 0)
			(void)ctlsock_reply(d->ctl, client, "", 0, true);
		return NULL;
	}
	t->client = client;
	t->step = step;
	t->sums.warnings = json_array();
	buf_init(&t->text, CTLSOCK_REPLY_MAX);
	return t;
}

static void
answer_begin(struct daemon *d, uint64_t client,
	     bool (*step)(struct daemon *, struct ctl_answer *),
	     const struct peers_query *q)
{
	struct ctl_answer *t = answer_new(d, client, step);

	if (t == NULL)
		return;
	if (q != NULL)
		t->query = *q;
	t->next = d->ctl_stream.answers;
	d->ctl_stream.answers = t;
	loop_timer_set(&d->ctl_stream.timer, clock_mono());
}

void
ctl_stream_peers(struct daemon *d, uint64_t client, const struct peers_query *q)
{
	answer_begin(d, client, step_peers, q);
}

void
ctl_stream_routes(struct daemon *d, uint64_t client)
{
	answer_begin(d, client, step_routes, NULL);
}

void
ctl_stream_node(struct daemon *d, uint64_t client)
{
	answer_begin(d, client, step_node, NULL);
}

void
ctl_stream_log(struct daemon *d)
{
	for (const struct ctl_answer *t = d->ctl_stream.answers; t != NULL;
	     t = t->next)
		if (t->client == 0)
			return;
	status_log(d);
	answer_begin(d, 0, step_log, NULL);
}

/* --- waiting for the list on the disk ------------------------------------- */

/* The disk has delivered its list, or takes too long. */
static void
answer_disk(struct daemon *d, struct ctl_answer *t)
{
	const char *why = core_disk_refused(d->core);
	json_t *o;

	if (core_list_is_pending(d->core))
		why = "the list on the disk could not be read in time; the log "
		      "tells what becomes of it";
	if (why != NULL)
		o = json_pack("{ss++}", "error", t->undone, ": ", why);
	else
		o = json_pack("{sb}", "ok", 1);
	if (why == NULL && t->restart)
		json_object_set_new(o, "restart_needed",
				    reload_restart_json(d));
	answer_put_json(t, o, JSON_INDENT(2));
	answer_put(t, "\n");
	(void)answer_send(d, t, true);
	answer_free(t);
}

void
ctl_stream_list(struct daemon *d, uint64_t client, const char *undone,
		bool restart)
{
	struct ctl_answer *t = answer_new(d, client, NULL);

	if (t == NULL)
		return;
	t->undone = undone;
	t->restart = restart;
	t->end = mono_add_ms(clock_mono(), DISK_MS);
	t->next = d->ctl_stream.awaiting;
	d->ctl_stream.awaiting = t;
}

void
ctl_stream_follow(struct daemon *d)
{
	struct ctl_answer **at = &d->ctl_stream.awaiting, *t;

	while ((t = *at) != NULL) {
		if (core_list_is_pending(d->core) &&
		    !mono_reached(t->end, clock_mono())) {
			at = &t->next;
			continue;
		}
		*at = t->next;
		answer_disk(d, t);
	}
}

struct monotime
ctl_stream_deadline(const struct daemon *d)
{
	struct monotime at = MONO_NEVER;

	for (const struct ctl_answer *t = d->ctl_stream.awaiting; t != NULL;
	     t = t->next)
		at = mono_min(at, t->end);
	return at;
}

void
ctl_stream_close(struct daemon *d)
{
	struct ctl_answer *t;

	while ((t = d->ctl_stream.answers) != NULL) {
		d->ctl_stream.answers = t->next;
		answer_free(t);
	}
	while ((t = d->ctl_stream.awaiting) != NULL) {
		d->ctl_stream.awaiting = t->next;
		answer_free(t);
	}
	loop_timer_fini(&d->ctl_stream.timer);
}
