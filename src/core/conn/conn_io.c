/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The bytes and frames of one TLS connection. */
#include "core/conn/conn_io.h"

#include <stdio.h>
#include <string.h>

#include "core/conn/admission.h"
#include "core/conn/conn_end.h"
#include "core/conn/conn_negotiation.h"
#include "core/conn/conn_report.h"
#include "core/conn/dial.h"
#include "core/directory/addrcache.h"
#include "core/history.h"

static enum history_kind
kind_of(enum tls_fault fault)
{
	switch (fault) {
	case TLS_FAULT_DATE:
		return HISTORY_DATE;
	case TLS_FAULT_FOREIGN:
		return HISTORY_OTHER;
	case TLS_FAULT_OTHER:
		break;
	}
	return HISTORY_FAILED;
}

/* struct tls_judge */
static bool
accepts_key(void *ctx, const struct cert_info *peer, const char *why,
	    enum tls_fault fault)
{
	struct conn *ch = ctx;

	if (!admission_by_key(ch->ctx->env, peer, ch->dialled ? ch->peer : NULL,
			      &ch->remote))
		return false;
	snprintf(ch->doubt, sizeof(ch->doubt), "%.*s",
		 (int)sizeof(ch->doubt) - 1, why);
	ch->doubt_fault = kind_of(fault);
	return true;
}

static void
on_secured(struct conn *ch)
{
	struct core_env *env = ch->ctx->env;
	const struct cert_info *cert = ch->stream.ops->peer(ch->stream.tls);
	char why[NODE_NAME_MAX + ENDPOINT_TEXT_MAX + 64] = "";
	char at[ENDPOINT_TEXT_MAX];
	bool has_its_key;
	int code;

	ch->cert = *cert;
	code = admission_check(env, cert, ch->dialled ? ch->peer : NULL);
	/* Another machine with the peer's name may be at one of its addresses;
	 * then the others are still tried. */
	has_its_key = code != REFUSE_PIN && code != ADMIT_NO_CA;
	if (code == REFUSE_WRONG_NAME) {
		ch->fault = HISTORY_OTHER;
		snprintf(why, sizeof(why), "the certificate is of %s (at %s)",
			 cert->cn, endpoint_format(at, &ch->remote));
	}
	if (!ch->dialled)
		memcpy(ch->peer, cert->cn, sizeof(ch->peer));
	if (admission_may_deliver(code, cert->by_key, ch->dialled,
				  lists_lacking(ch->ctx->lists))) {
		ch->deliver_only = true;
		code = ADMIT_YES;
	}
	if (code == ADMIT_YES && ch->dialled && has_its_key) {
		dial_settle(ch);
		addrcache_put(env->addrcache, env->now.mono, ch->peer,
			      &ch->remote);
	}
	if (code == ADMIT_YES && !ch->dialled && conn_has_too_many(ch))
		conn_refuse(ch, REFUSE_BUSY, "too many connections");
	else if (code == ADMIT_YES)
		conn_negotiation_start(ch);
	else
		conn_refuse(ch, code, why);
}

static void
on_refused(struct conn *ch)
{
	struct core_env *env = ch->ctx->env;
	char version[BNL_VERSION_TEXT_MAX], line[320];
	const uint8_t *p;
	struct refuse r;
	struct err e;
	size_t len;

	p = frames_payload(&ch->stream, &len);
	if (refuse_decode(&r, p, len, &e) < 0) {
		conn_lose(ch, e.text);
		return;
	}
	snprintf(line, sizeof(line), "refuses us: %s%s%s (its list is %s)",
		 refuse_name(r.code), r.text[0] == '\0' ? "" : ": ", r.text,
		 bnl_version_format(version, &r.list));
	history_refused_us(env->history, env->now.mono, ch->peer, r.code,
			   &r.list, r.text);
	conn_say(ch, EVENT_PEER_REFUSED, line);
	ch->told = r.list;
	ch->behind = (r.code == REFUSE_NOT_LISTED || r.code == REFUSE_PIN) &&
		     bnl_version_cmp(&r.list, core_env_serves(env)) < 0;
	lists_seen(ch->ctx->lists, ch->peer, &r.list);
	conn_tell(ch, NEWS_SEEN);
	conn_lose(ch, line);
}

static void
list_frame(struct conn *ch)
{
	enum frame_type type = ch->stream.head.type;
	const uint8_t *p;
	struct err e;
	size_t len;

	if (!ch->list.open) {
		snprintf(e.text, sizeof(e.text), "%s before its time",
			 frame_name(type));
		conn_refuse(ch, REFUSE_PROTOCOL, e.text);
		return;
	}
	p = frames_payload(&ch->stream, &len);
	if (transfer_frame(lists_transfer(ch->ctx->lists), &ch->list, type, p,
			   len, &e) < 0) {
		conn_refuse(ch, REFUSE_PROTOCOL, e.text);
		return;
	}
	if (bnl_version_cmp(&ch->told, &ch->list.theirs) != 0) {
		ch->told = ch->list.theirs;
		conn_tell(ch, NEWS_SEEN);
	}
	if (ch->state == CONN_OPEN)
		conn_set_state(ch, CONN_OPEN); /* not idle */
	conn_end_if_done(ch);
}

static void
handle_frame(struct conn *ch)
{
	switch (ch->stream.head.type) {
	case FRAME_HELLO:
	case FRAME_CONFIRM:
	case FRAME_READY:
		conn_negotiation_frame(ch);
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
note_progress(struct conn *ch)
{
	while (ch->state != CONN_ENDING) {
		switch (frames_next(&ch->stream)) {
		case FRAMES_NOTHING:
			return;
		case FRAMES_SECURE:
			on_secured(ch);
			break;
		case FRAMES_FRAME:
			handle_frame(ch);
			break;
		case FRAMES_CLOSED:
			conn_lose(ch, "the other side closed the connection");
			return;
		case FRAMES_BROKEN:
			ch->fault =
				kind_of(ch->stream.ops->fault(ch->stream.tls));
			conn_lose(ch, ch->stream.why);
			return;
		case FRAMES_MISFRAMED:
			conn_refuse(ch, REFUSE_PROTOCOL, ch->stream.why);
			return;
		}
	}
}

void
conn_opened(struct conn *ch)
{
	const struct tls_judge judge = { accepts_key, ch };
	struct core_env *env = ch->ctx->env;
	struct err e;

	if (ch->state != CONN_CONNECT)
		return;
	ch->reached = true;
	conn_set_state(ch, CONN_TLS);
	if (!dial_connected(ch))
		return;
	ch->mine = env->cert;
	if (frames_open(&ch->stream, &env->tls, ch->dialled, env->now.wall,
			&judge, &e) < 0) {
		conn_end(ch, e.text);
		return;
	}
	/* The dialler has the first move. */
	note_progress(ch);
	conn_arm(ch);
}

void
conn_in(struct conn *ch, const uint8_t *in, size_t len)
{
	if (ch->state == CONN_CONNECT || ch->state == CONN_ENDING)
		return;
	while (len > 0 && ch->state != CONN_ENDING) {
		size_t n = len < FRAMES_FEED_MAX ? len : FRAMES_FEED_MAX;

		frames_feed(&ch->stream, in, n);
		note_progress(ch);
		in += n;
		len -= n;
	}
	conn_arm(ch);
	conn_rearm(ch);
}

size_t
conn_drain(struct conn *ch, uint8_t *out, size_t cap)
{
	uint8_t payload[FRAME_PAYLOAD_MAX];
	enum frame_type type;
	size_t used = 0, n, len;

	ch->armed = false;
	for (;;) {
		while ((n = frames_drain(&ch->stream, out + used, cap - used)) >
		       0)
			used += n;
		if (used == cap || ch->state == CONN_ENDING)
			break;
		if (!transfer_next_frame(lists_transfer(ch->ctx->lists),
					 &ch->list, &type, payload, &len)) {
			conn_end_if_done(ch);
			if (ch->state != CONN_ENDING)
				break;
			continue;
		}
		if (frames_send(&ch->stream, type, payload, len) < 0) {
			conn_lose(ch, ch->stream.ops->reason(ch->stream.tls));
			break;
		}
		if (ch->state == CONN_OPEN)
			conn_set_state(ch, CONN_OPEN); /* not idle */
	}
	conn_rearm(ch);
	return used;
}
