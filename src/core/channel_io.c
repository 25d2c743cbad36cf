/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The bytes and frames of one TLS connection. */
#include <stdio.h>
#include <string.h>

#include "core/admit.h"
#include "core/channel.h"
#include "core/known.h"
#include "core/notes.h"

/*
 * Decides whether a peer that our list does not admit may still bring a newer
 * list, which may name it or pin its new key. Nothing else is done with it
 * until that list is in force. Its HELLO shows whether it has one.
 */
static bool
may_bring_list(const struct channel *ch, int code)
{
	if (code == REFUSE_PIN)
		return true;
	return code == REFUSE_NOT_LISTED &&
	       (!ch->dialled || channels_lack_list(ch->ctx));
}

static enum note_kind
fault_of(const struct stream *s)
{
	switch (s->ops->fault(s->tls)) {
	case TLS_FAULT_DATE:
		return NOTE_DATE;
	case TLS_FAULT_FOREIGN:
		return NOTE_OTHER;
	case TLS_FAULT_OTHER:
		break;
	}
	return NOTE_FAILED;
}

static void
on_secured(struct channel *ch)
{
	struct core_env *env = ch->ctx->env;
	const struct cert_info *cert = ch->stream.ops->peer(ch->stream.tls);
	char why[NODE_NAME_MAX + ENDPOINT_TEXT_MAX + 64] = "";
	char at[ENDPOINT_TEXT_MAX];
	bool has_its_key;
	int code;

	ch->cert = *cert;
	code = admit_check(env, cert, ch->dialled ? ch->peer : NULL);
	/* Another machine with the peer's name may be at one of its addresses;
	 * then the others are still tried. */
	has_its_key = code != REFUSE_PIN;
	if (code == REFUSE_WRONG_NAME) {
		ch->fault = NOTE_OTHER;
		snprintf(why, sizeof(why), "the certificate is of %s (at %s)",
			 cert->cn, endpoint_format(at, &ch->remote));
	}
	if (!ch->dialled)
		memcpy(ch->peer, cert->cn, sizeof(ch->peer));
	if (may_bring_list(ch, code)) {
		ch->deliver_only = true;
		code = ADMIT_YES;
	}
	if (code == ADMIT_YES && ch->dialled && has_its_key) {
		dial_settle(ch);
		known_put(env->known, env->now.mono, ch->peer, &ch->remote);
	}
	if (code == ADMIT_YES && !ch->dialled && channel_has_too_many(ch))
		channel_refuse(ch, REFUSE_BUSY, "too many connections");
	else if (code == ADMIT_YES)
		channel_pair_start(ch);
	else
		channel_refuse(ch, code, why);
}

void
channel_open_lists(struct channel *ch, const struct hello *theirs)
{
	bnlsync_open(ch->ctx->sync, &ch->list, ch->id, ch->peer,
		     ch->deliver_only, &theirs->list);
	/* Another list has come into force since our HELLO was sent, and
	 * nothing else would tell the peer of it. */
	if (bnl_version_cmp(&ch->pair->mine.list, &ch->ctx->env->version) != 0)
		bnlsync_offer(ch->ctx->sync, &ch->list);
	if (ch->dialled)
		notes_try(ch->ctx->env->notes, ch->ctx->env->now.mono, ch->peer,
			  &ch->remote, NOTE_REACHED, NULL);
	else
		notes_met(ch->ctx->env->notes, ch->peer);
	ch->told = theirs->list;
	channel_tell(ch, NEWS_SEEN);
}

static void
on_refused(struct channel *ch)
{
	struct core_env *env = ch->ctx->env;
	char version[BNL_VERSION_TEXT_MAX], line[320];
	const uint8_t *p;
	struct refuse r;
	struct err e;
	size_t len;

	p = stream_payload(&ch->stream, &len);
	if (refuse_decode(&r, p, len, &e) < 0) {
		channel_lose(ch, e.text);
		return;
	}
	snprintf(line, sizeof(line), "refuses us: %s%s%s (its list is %s)",
		 refuse_name(r.code), r.text[0] == '\0' ? "" : ": ", r.text,
		 bnl_version_format(version, &r.list));
	notes_refused_us(env->notes, env->now.mono, ch->peer, r.code, &r.list,
			 r.text);
	channel_say(ch, EVENT_PEER_REFUSED, line);
	ch->told = r.list;
	ch->behind = (r.code == REFUSE_NOT_LISTED || r.code == REFUSE_PIN) &&
		     bnl_version_cmp(&r.list, &env->version) < 0;
	bnlround_seen(bnlsync_round(ch->ctx->sync), ch->peer, &r.list);
	channel_tell(ch, NEWS_SEEN);
	channel_lose(ch, line);
}

static void
list_frame(struct channel *ch)
{
	enum frame_type type = ch->stream.head.type;
	const uint8_t *p;
	struct err e;
	size_t len;

	if (!ch->list.open) {
		snprintf(e.text, sizeof(e.text), "%s before its time",
			 frame_name(type));
		channel_refuse(ch, REFUSE_PROTOCOL, e.text);
		return;
	}
	p = stream_payload(&ch->stream, &len);
	if (bnlsync_frame(ch->ctx->sync, &ch->list, type, p, len, &e) < 0) {
		channel_refuse(ch, REFUSE_PROTOCOL, e.text);
		return;
	}
	if (bnl_version_cmp(&ch->told, &ch->list.theirs) != 0) {
		ch->told = ch->list.theirs;
		channel_tell(ch, NEWS_SEEN);
	}
	if (ch->state == CHANNEL_OPEN)
		channel_set_state(ch, CHANNEL_OPEN); /* not idle */
	channel_end_if_done(ch);
}

static void
handle_frame(struct channel *ch)
{
	switch (ch->stream.head.type) {
	case FRAME_HELLO:
		channel_pair_hello(ch);
		break;
	case FRAME_CONFIRM:
		channel_pair_confirm(ch);
		break;
	case FRAME_READY:
		channel_pair_ready(ch);
		break;
	case FRAME_REFUSE:
		on_refused(ch);
		break;
	default:
		list_frame(ch);
		break;
	}
}

static void
note_progress(struct channel *ch)
{
	while (ch->state != CHANNEL_ENDING) {
		switch (stream_next(&ch->stream)) {
		case STREAM_NOTHING:
			return;
		case STREAM_SECURE:
			on_secured(ch);
			break;
		case STREAM_FRAME:
			handle_frame(ch);
			break;
		case STREAM_CLOSED:
			channel_lose(ch,
				     "the other side closed the connection");
			return;
		case STREAM_BROKEN:
			ch->fault = fault_of(&ch->stream);
			channel_lose(ch, ch->stream.why);
			return;
		case STREAM_MISFRAMED:
			channel_refuse(ch, REFUSE_PROTOCOL, ch->stream.why);
			return;
		}
	}
}

void
channel_opened(struct channel *ch)
{
	struct core_env *env = ch->ctx->env;
	struct err e;

	if (ch->state != CHANNEL_CONNECT)
		return;
	ch->reached = true;
	channel_set_state(ch, CHANNEL_TLS);
	if (!dial_connected(ch))
		return;
	ch->mine = env->cert;
	if (stream_open(&ch->stream, &env->tls, ch->dialled, env->now.wall,
			&e) < 0) {
		channel_end(ch, e.text);
		return;
	}
	/* The dialler has the first move. */
	note_progress(ch);
	channel_arm(ch);
}

void
channel_in(struct channel *ch, const uint8_t *in, size_t len)
{
	if (ch->state == CHANNEL_CONNECT || ch->state == CHANNEL_ENDING)
		return;
	while (len > 0 && ch->state != CHANNEL_ENDING) {
		size_t n = len < STREAM_FEED_MAX ? len : STREAM_FEED_MAX;

		stream_feed(&ch->stream, in, n);
		note_progress(ch);
		in += n;
		len -= n;
	}
	channel_arm(ch);
	channel_rearm(ch);
}

size_t
channel_drain(struct channel *ch, uint8_t *out, size_t cap)
{
	uint8_t payload[FRAME_PAYLOAD_MAX];
	enum frame_type type;
	size_t used = 0, n, len;

	ch->armed = false;
	for (;;) {
		while ((n = stream_drain(&ch->stream, out + used, cap - used)) >
		       0)
			used += n;
		if (used == cap || ch->state == CHANNEL_ENDING)
			break;
		if (!bnlsync_next_frame(ch->ctx->sync, &ch->list, &type,
					payload, &len)) {
			channel_end_if_done(ch);
			if (ch->state != CHANNEL_ENDING)
				break;
			continue;
		}
		if (stream_send(&ch->stream, type, payload, len) < 0) {
			channel_lose(ch,
				     ch->stream.ops->reason(ch->stream.tls));
			break;
		}
		if (ch->state == CHANNEL_OPEN)
			channel_set_state(ch, CHANNEL_OPEN); /* not idle */
	}
	channel_rearm(ch);
	return used;
}
