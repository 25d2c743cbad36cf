/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The end of one TLS connection, by whatever cause. */
#include "core/conn/conn_end.h"

#include <stdio.h>

#include "core/conn/admission.h"
#include "core/conn/conn_report.h"
#include "core/conn/dial.h"

#define NO_ANSWER "no answer in time"

/* Notes how an attempt failed, before both sides had talked. */
static void
note_failure(const struct conn *ch)
{
	struct core_env *env = ch->ctx->env;

	if (ch->dialled && ch->state < CONN_CONFIRM)
		history_try(
			env->history, env->now.mono, ch->peer, &ch->remote,
			ch->fault,
			ch->reason[0] != '\0' ?
				ch->reason :
				"the connection was closed without an answer");
}

/* The steps that follow the end of a connection, whatever its cause. */
static void
conn_finish(struct conn *ch, bool lost)
{
	bool wanted_pair = ch->dialled && (ch->purpose & CONN_PAIR) != 0;
	bool early = ch->state < CONN_CONFIRM;
	bool over;

	if (ch->state == CONN_TLS && ch->reason[0] != '\0')
		ch->ctx->tls_failed++;
	transfer_close(lists_transfer(ch->ctx->lists), &ch->list, lost);
	conn_negotiation_end(ch);
	over = !dial_goes_on(ch);
	if (over && (ch->purpose & CONN_LIST) != 0 && early)
		lists_unreachable(ch->ctx->lists, ch->peer);
	if (over && wanted_pair && !ch->negotiated && !ch->failed) {
		ch->failed = true;
		conn_set_reason(ch, "the connection ended");
		conn_tell(ch, NEWS_FAILED);
		if (!ch->said)
			conn_say(ch, EVENT_NEGOTIATE_FAILED, ch->reason);
	} else if (early && ch->state != CONN_CONNECT && !ch->said &&
		   ch->reason[0] != '\0') {
		conn_say(ch, EVENT_PEER_REFUSED, ch->reason);
	}
}

static void
end_unsaid(struct conn *ch, bool lost)
{
	conn_finish(ch, lost);
	conn_set_state(ch, CONN_ENDING);
	conn_ask_to_close(ch);
}

static void
conn_close(struct conn *ch, bool lost)
{
	if (ch->state == CONN_ENDING)
		return;
	frames_shutdown(&ch->stream);
	end_unsaid(ch, lost);
}

void
conn_end(struct conn *ch, const char *why)
{
	conn_set_reason(ch, why);
	conn_close(ch, false);
}

/* The other side's doing. */
void
conn_lose(struct conn *ch, const char *why)
{
	conn_set_reason(ch, why);
	note_failure(ch);
	conn_close(ch, true);
}

void
conn_slept(struct conn *ch)
{
	if (ch->state == CONN_CONNECT || ch->state == CONN_ENDING)
		return;
	dial_settle(ch);
	ch->reached = false; /* again soon */
	end_unsaid(ch, false);
}

void
conn_refuse(struct conn *ch, int code, const char *why)
{
	struct core_env *env = ch->ctx->env;
	struct refuse r = { .code = (uint8_t)code,
			    .list = *core_env_serves(env) };
	uint8_t payload[FRAME_REFUSE_MAX];
	char line[sizeof(r.text) + 64];

	if (code == ADMIT_NO_CA) {
		ch->fault = ch->doubt_fault;
		conn_lose(ch, ch->doubt);
		return;
	}
	snprintf(r.text, sizeof(r.text), "%.*s", (int)sizeof(r.text) - 1, why);
	snprintf(line, sizeof(line), "refused: %s%s%s", refuse_name(r.code),
		 why[0] == '\0' ? "" : ": ", why);
	if (ch->peer[0] != '\0' && env->bnl != NULL &&
	    bnl_find(env->bnl, ch->peer) != NULL)
		history_refused_it(env->history, env->now.mono, ch->peer,
				   r.code, &env->version, why,
				   ch->cert.fingerprint);
	if (!ch->list.told)
		conn_say(ch, EVENT_PEER_REFUSED, line);
	if (ch->stream.secure && ch->state != CONN_ENDING)
		(void)frames_send(&ch->stream, FRAME_REFUSE, payload,
				  refuse_encode(payload, &r));
	conn_set_reason(ch, line);
	note_failure(ch);
	/* The reason has been said. */
	conn_close(ch, code == REFUSE_PROTOCOL);
}

void
conn_give_up(struct conn *ch)
{
	ch->fault = HISTORY_SILENT;
	conn_lose(ch, NO_ANSWER);
}

static enum history_kind
fault_of(enum close_reason reason)
{
	switch (reason) {
	case CLOSE_REFUSED:
		return HISTORY_CLOSED;
	case CLOSE_TIMEOUT:
	case CLOSE_UNREACHABLE:
		return HISTORY_SILENT;
	case CLOSE_ORDERLY:
	case CLOSE_BROKEN:
		break;
	}
	return HISTORY_FAILED;
}

void
conn_gone(struct conn *ch, enum close_reason reason, const char *why)
{
	char line[ENDPOINT_TEXT_MAX + 64], at[ENDPOINT_TEXT_MAX];

	if (ch->state == CONN_ENDING)
		return;
	/* The peer hung up without a word, for want of room: it may have some
	 * soon. The dialler is through with TLS before it is looked at. */
	if (ch->state <= CONN_HELLO)
		ch->reached = false;
	ch->fault = fault_of(reason);
	if (why != NULL) {
		endpoint_format(at, &ch->remote);
		snprintf(line, sizeof(line), "%s: %s", at, why);
		conn_set_reason(ch, line);
	}
	note_failure(ch);
	conn_finish(ch, true);
	conn_set_state(ch, CONN_ENDING);
}

void
conn_timeout(struct conn *ch)
{
	struct monotime now = ch->ctx->env->now.mono;

	if (!mono_reached(conn_deadline(ch), now)) {
		conn_rearm(ch); /* the deadline has been put off */
		return;
	}
	if (mono_reached(transfer_conn_deadline(&ch->list), now)) {
		if (transfer_late(lists_transfer(ch->ctx->lists), &ch->list))
			conn_end(ch, "no list came in time");
		else
			conn_rearm(ch);
		return;
	}
	if (ch->state == CONN_ENDING) {
		conn_set_state(ch, CONN_ENDING);
		conn_ask_to_close(ch);
		return;
	}
	if (ch->state == CONN_OPEN)
		conn_close(ch, true);
	else
		conn_give_up(ch);
}

void
conn_review(struct conn *ch)
{
	const struct core_env *env = ch->ctx->env;
	int code;

	if (ch->state == CONN_ENDING)
		return;
	if (core_env_is_inside(env, &ch->remote.addr)) {
		conn_end(ch, "its address is inside the VPN now");
		return;
	}
	if (ch->state == CONN_CONNECT || ch->state == CONN_TLS) {
		if (ch->dialled && env->bnl != NULL &&
		    bnl_find(env->bnl, ch->peer) == NULL) {
			dial_settle(ch);
			conn_end(ch, "it is not in the list any more");
		}
		return;
	}
	code = admission_check(env, &ch->cert, ch->dialled ? ch->peer : NULL);
	if (code != ADMIT_YES) {
		conn_refuse(ch, code, "");
		return;
	}
	dial_settle(ch);
	if (ch->deliver_only)
		ratelimit_forget(&ch->ctx->unlisted, ch->peer);
	ch->deliver_only = ch->list.deliver_only = false;
	conn_end_if_done(ch);
}

void
conn_end_if_done(struct conn *ch)
{
	if (ch->state == CONN_OPEN && ch->dialled && ch->list.open &&
	    transfer_quiet(lists_transfer(ch->ctx->lists), &ch->list))
		conn_end(ch, NULL);
}
