/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Takes the control records of a packet, and answers them. */
#include <string.h>

#include "core/core_impl.h"

#include "base/bytes.h"
#include "base/cursor.h"
#include "core/timings.h"

#define TELL_BURST 20 /* answers that a peer gets in */

/* The list that the peer has, as its PING and its PONG tell it. */
static void
version_in(struct peer *p, const uint8_t *value)
{
	struct bnl_version v;

	bnl_version_read(&v, value + RECORD_TAG_LEN + 8);
	lists_news(p->core->lists, p->name, &v);
}

static void
pong_in(struct peer *p, const uint8_t *value)
{
	struct now now = p->core->env.now;
	struct walltime theirs;

	version_in(p, value);
	if (pmtu_probe_answered(p, value))
		return;
	if (!mono_is_set(p->pinged) || mono_before(p->pinged, p->ponged) ||
	    memcmp(value, p->ping, RECORD_TAG_LEN) != 0)
		return;
	p->ponged = now.mono;
	p->rtt_us = (now.mono.ns - p->pinged.ns) / 1000 + 1;
	theirs.s = (int64_t)get_be64(value + RECORD_TAG_LEN);
	peer_clock_take(p, wall_s(now.wall, theirs));
}

/* The peer ends its session; it is no reason to forget anything. */
static void
bye_in(struct peer *p)
{
	struct core *c = p->core;
	bool was_up = p->up;

	p->up = false; /* the event below says why */
	/* A PING that it has no time to answer is not one that it missed. */
	p->pinged = MONO_NONE;
	history_bye(c->env.history, c->env.now.wall, p->name);
	peer_flags(p, assoc_bye(p->assoc, &c->env), NULL);
	if (was_up)
		peer_say_down(p, "stopped by its operator");
}

static bool
may_tell(struct peer *p)
{
	return rate_allows(&p->told, p->core->env.now.mono, TELL_MS,
			   TELL_BURST);
}

static void
ask_in(struct peer *p, const uint8_t *value)
{
	const char *name = (const char *)value + RECORD_TAG_LEN;
	uint8_t record[RECORD_HEADER_LEN + RECORD_TELL_LEN];
	struct assoc_status ls = { .heard_ms = -1 };
	char text[RECORD_ASK_LEN - RECORD_TAG_LEN + 1] = "";
	struct peer *about;
	struct wcur w;

	memcpy(text, name, sizeof(text) - 1);
	if (!text_is_node_name((struct span){ text, strlen(text) }))
		return;
	about = peer_named(p->core, text);
	if (about != NULL)
		assoc_status(about->assoc, p->core->env.now.mono, &ls);
	wcur_init(&w, record, sizeof(record));
	record_put_head(&w, RECORD_TELL, RECORD_TELL_LEN);
	wcur_bytes(&w, value, RECORD_TAG_LEN);
	wcur_u8(&w, about == NULL ? TELL_UNKNOWN : ls.up ? TELL_UP : TELL_DOWN);
	wcur_be32(&w, ls.heard_ms < 0 ? UINT32_MAX :
					(uint32_t)(ls.heard_ms / 1000));
	(void)records_send(p, record, w.len);
}

static void
tell_in(struct peer *p, const uint8_t *value)
{
	struct ask *a = &p->core->ask;

	if (a->name[0] == '\0' || a->up + a->down >= a->asked ||
	    memcmp(value, a->tag, RECORD_TAG_LEN) != 0)
		return;
	if (value[RECORD_TAG_LEN] == TELL_UP)
		a->up++;
	else
		a->down++;
}

struct replies { /* to one datagram: no more than one of each */
	bool pong, tell;
};

/* A record may be longer than it is known here: the rest of it is skipped, as
 * one of an unknown type is. Returns false when the other records are not
 * read. */
static bool
record_in(struct peer *p, const struct assoc_in *in, struct replies *done,
	  uint8_t type, const uint8_t *value, size_t len)
{
	struct bnl_version v;

	if (type == RECORD_PING && len >= RECORD_PING_LEN) {
		if (!done->pong)
			(void)record_send_ping(p, RECORD_PONG, value);
		done->pong = true;
		version_in(p, value);
	} else if (type == RECORD_PONG && len >= RECORD_PING_LEN) {
		pong_in(p, value);
	} else if (type == RECORD_LIST_NEWS && len >= BNL_VERSION_WIRE_LEN) {
		bnl_version_read(&v, value);
		lists_news(p->core->lists, p->name, &v);
		news_receipt(p);
	} else if (type == RECORD_BYE && in->is_current) {
		bye_in(p);
		return false;
	} else if (type == RECORD_ASK && len >= RECORD_ASK_LEN) {
		if (!done->tell && may_tell(p))
			ask_in(p, value);
		done->tell = true;
	} else if (type == RECORD_TELL && len >= RECORD_TELL_LEN) {
		tell_in(p, value);
	}
	return true;
}

enum drop
records_in(struct peer *p, const struct assoc_in *in)
{
	struct replies done = { false, false };
	struct rcur r;

	rcur_init(&r, in->data, in->len);
	while (r.left > 0 && !r.bad) {
		uint8_t type = rcur_u8(&r);
		size_t len = rcur_be16(&r);
		const uint8_t *value = rcur_view(&r, len);

		if (value == NULL)
			return DROP_CONTROL;
		if (!record_in(p, in, &done, type, value, len))
			return DROP_NONE;
	}
	return r.bad ? DROP_CONTROL : DROP_NONE;
}
