/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Recent events, and the clients that follow new ones. */
#ifndef DAEMON_EVENTS_H
#define DAEMON_EVENTS_H

#include <jansson.h>

#include "base/rate.h"
#include "core/event.h"
#include "format/bnl.h"

struct daemon;

#define EVENTS_KEPT 256	   /* most recent ones, for later requests */
#define EVENTS_FOLLOWERS 8 /* clients of the control socket */

struct event_record {
	uint64_t number; /* counts from 1 */
	struct walltime at;
	enum event_level level;
	enum event_kind kind;
	char peer[NODE_NAME_MAX + 1]; /* "": none */
	char *text;
};

/* Log lines about peers, of one kind of event, in a minute. */
struct event_lines {
	struct rate rate;
	enum event_level level; /* the gravest that was not logged */
};

struct events {
	struct event_record ring[EVENTS_KEPT];
	uint64_t last; /* number of the latest */
	struct event_lines lines[EVENTS];
	struct monotime report_at; /* end of a minute; MONO_NONE: none */
	uint64_t followers[EVENTS_FOLLOWERS]; /* clients */
	size_t nfollowers;
};

void events_add(struct daemon *d, enum event_level level, enum event_kind kind,
		const char *peer, const char *text);
/* As events_add(), and logs it. peer: "" for none. */
void events_say(struct daemon *d, enum event_level level, enum event_kind kind,
		const char *peer, const char *text);
/* Sends the most recent ones to that client of the control socket, one line
 * each, then ends the answer, or follows. */
void events_send(struct daemon *d, uint64_t client, uint64_t most, bool follow);
bool events_may_follow(struct daemon *d);
/* The most recent ones about that peer. */
json_t *events_json(const struct daemon *d, const char *peer, size_t most);
/* Logs, a minute after the first line of each kind of event, the number of
 * lines about peers that were not logged. */
struct monotime events_deadline(const struct daemon *d);
void events_tick(struct daemon *d, struct monotime now);
void events_free(struct daemon *d);

#endif
