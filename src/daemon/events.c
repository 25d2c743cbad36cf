/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Recent events, and the clients that follow new ones. */
#include "daemon/events.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "daemon/ctl_json.h"
#include "daemon/daemon.h"
#include "daemon/device_impl.h"
#include "sys/clock.h"

#define LINES_A_MINUTE 30
#define MINUTE_MS 60000

static const char *const levels[] = {
	[EVENT_ERROR] = "error",
	[EVENT_WARN] = "warn",
	[EVENT_INFO] = "info",
	[EVENT_DEBUG] = "debug",
};

static json_t *
event_json(const struct event_record *r)
{
	char time[TEXT_TIME_MAX];

	return json_pack("{sIssssssso?so}", "number", (json_int_t)r->number,
			 "time", text_time_format(time, r->at), "level",
			 levels[r->level], "event", event_name(r->kind), "peer",
			 r->peer[0] == '\0' ? json_null() :
					      json_string(r->peer),
			 "text", ctl_json_text(r->text));
}

/* Sends a line of JSON; false: the client has left. */
static bool
send_event(struct daemon *d, uint64_t client, const struct event_record *r)
{
	json_t *o = event_json(r);
	char *text = json_dumps(o, JSON_COMPACT);
	bool sent =
		text != NULL &&
		ctlsock_reply(d->ctl, client, text, strlen(text), false) == 0 &&
		ctlsock_reply(d->ctl, client, "\n", 1, false) == 0;

	free(text);
	json_decref(o);
	return sent;
}

void
events_add(struct daemon *d, enum event_level level, enum event_kind kind,
	   const char *peer, const char *text)
{
	struct events *v = &d->events;
	struct event_record *r = &v->ring[v->last++ % EVENTS_KEPT];
	size_t n = 0;

	free(r->text);
	r->text = text == NULL ? NULL : strdup(text);
	r->number = v->last;
	r->at = clock_now().wall;
	r->level = level;
	r->kind = kind;
	snprintf(r->peer, sizeof(r->peer), "%s", peer);
	for (size_t i = 0; i < v->nfollowers; i++)
		if (send_event(d, v->followers[i], r))
			v->followers[n++] = v->followers[i];
	v->nfollowers = n;
}

static const enum log_level log_levels[] = {
	[EVENT_ERROR] = LOG_LVL_ERROR,
	[EVENT_WARN] = LOG_LVL_WARN,
	[EVENT_INFO] = LOG_LVL_INFO,
	[EVENT_DEBUG] = LOG_LVL_DEBUG,
};

static uint32_t
omitted_lines(const struct event_lines *l)
{
	uint32_t n = l->rate.count;

	return n > LINES_A_MINUTE ? n - LINES_A_MINUTE : 0;
}

static void
log_omitted(enum event_kind kind, struct event_lines *l)
{
	if (omitted_lines(l) > 0)
		log_line(log_levels[l->level], NULL,
			 "%s: %u more within a minute were not logged; "
			 "`cluevpnctl peers` shows all peers",
			 event_name(kind), (unsigned int)omitted_lines(l));
	memset(l, 0, sizeof(*l));
}

/* Limits the logged events about peers to LINES_A_MINUTE per kind. Errors are
 * always logged, at log level debug all events. */
static bool
may_log(struct events *v, enum event_level level, enum event_kind kind)
{
	struct event_lines *l = &v->lines[kind];
	struct monotime now = clock_mono(), end;

	if (level == EVENT_ERROR || level == EVENT_DEBUG ||
	    log_get_level() == LOG_LVL_DEBUG)
		return true;
	if (mono_reached(mono_add_ms(l->rate.since, MINUTE_MS), now))
		log_omitted(kind, l);
	if (rate_allows(&l->rate, now, MINUTE_MS, LINES_A_MINUTE))
		return true;
	if (omitted_lines(l) == 1 || level < l->level)
		l->level = level;
	end = mono_add_ms(l->rate.since, MINUTE_MS);
	v->report_at =
		mono_is_set(v->report_at) ? mono_min(v->report_at, end) : end;
	return false;
}

void
events_say(struct daemon *d, enum event_level level, enum event_kind kind,
	   const char *peer, const char *text)
{
	events_add(d, level, kind, peer, text);
	if (peer[0] == '\0' || may_log(&d->events, level, kind))
		log_line(log_levels[level], peer[0] == '\0' ? NULL : peer,
			 "%s: %s", event_name(kind), text);
}

struct monotime
events_deadline(const struct daemon *d)
{
	return mono_is_set(d->events.report_at) ? d->events.report_at :
						  MONO_NEVER;
}

void
events_tick(struct daemon *d, struct monotime now)
{
	struct events *v = &d->events;

	if (!mono_reached(events_deadline(d), now))
		return;
	v->report_at = MONO_NONE;
	for (unsigned int i = 0; i < EVENTS; i++) {
		struct event_lines *l = &v->lines[i];
		struct monotime end = mono_add_ms(l->rate.since, MINUTE_MS);

		if (omitted_lines(l) == 0)
			continue;
		if (mono_reached(end, now))
			log_omitted((enum event_kind)i, l);
		else if (!mono_is_set(v->report_at) ||
			 mono_before(end, v->report_at))
			v->report_at = end;
	}
}

static uint64_t
first_number(const struct events *v, uint64_t most)
{
	uint64_t kept = v->last < EVENTS_KEPT ? v->last : EVENTS_KEPT;

	return v->last - (most < kept ? most : kept);
}

void
events_send(struct daemon *d, uint64_t client, uint64_t most, bool follow)
{
	struct events *v = &d->events;

	for (uint64_t i = first_number(v, most); i < v->last; i++)
		if (!send_event(d, client, &v->ring[i % EVENTS_KEPT]))
			return;
	if (follow)
		v->followers[v->nfollowers++] = client;
	else
		(void)ctlsock_reply(d->ctl, client, "", 0, true);
}

bool
events_may_follow(struct daemon *d)
{
	struct events *v = &d->events;
	size_t n = 0;

	/* Sends empty replies, to find the followers that have left. */
	for (size_t i = 0; i < v->nfollowers; i++)
		if (ctlsock_reply(d->ctl, v->followers[i], "", 0, false) == 0)
			v->followers[n++] = v->followers[i];
	v->nfollowers = n;
	return n < EVENTS_FOLLOWERS;
}

json_t *
events_json(const struct daemon *d, const char *peer, size_t most)
{
	const struct events *v = &d->events;
	json_t *array = json_array();
	size_t n = 0;

	for (uint64_t i = v->last; i > first_number(v, EVENTS_KEPT) && n < most;
	     i--) {
		const struct event_record *r = &v->ring[(i - 1) % EVENTS_KEPT];

		if (strcmp(r->peer, peer) != 0)
			continue;
		json_array_insert_new(array, 0, event_json(r));
		n++;
	}
	return array;
}

void
events_free(struct daemon *d)
{
	for (unsigned int i = 0; i < EVENTS; i++)
		log_omitted((enum event_kind)i, &d->events.lines[i]);
	for (size_t i = 0; i < EVENTS_KEPT; i++)
		free(d->events.ring[i].text);
}
