/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The life of one TLS connection. */
#include "core/conn/conn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/action.h"
#include "core/conn/admission.h"
#include "core/history.h"

#define NO_ANSWER "no answer in time"
#define LIFE_MS 600000	 /* however busy it is */
#define DELIVER_MS 30000 /* for a node that is not in the list */
#define CLOSE_MS 15000	 /* for the owner, then it is told again */

static const char *const state_names[] = {
	[CONN_CONNECT] = "connect", [CONN_TLS] = "tls",
	[CONN_SETTLE] = "settle",   [CONN_HELLO] = "hello",
	[CONN_ANSWER] = "answer",   [CONN_CONFIRM] = "confirm",
	[CONN_STORE] = "store",	    [CONN_READY] = "ready",
	[CONN_OPEN] = "open",	    [CONN_ENDING] = "ending",
};

const char *
conn_state_name(enum conn_state s)
{
	return state_names[s];
}

struct conn *
conn_new(struct conns *ctx, uint32_t id, uint64_t seq)
{
	struct conn *ch = calloc(1, sizeof(*ch));

	if (ch == NULL)
		return NULL;
	ch->ctx = ctx;
	ch->id = id;
	ch->seq = seq;
	ch->since = ctx->env->now.mono;
	ch->deadline = MONO_NEVER;
	timer_init(&ch->timer, ch, CONN_TIMER_CONN);
	ch->fault = HISTORY_FAILED;
	return ch;
}

void
conn_free(struct conn *ch)
{
	conn_pair_end(ch);
	transfer_close(lists_transfer(ch->ctx->lists), &ch->list, false);
	timerq_cancel(&ch->ctx->timers, &ch->timer);
	frames_free(&ch->stream);
	free(ch);
}

/* --- time ---------------------------------------------------------------- */

static struct monotime
next_deadline(const struct conn *ch)
{
	struct monotime at =
		mono_min(ch->deadline, transfer_conn_deadline(&ch->list));

	if (ch->state == CONN_ENDING || ch->state == CONN_CONNECT)
		return ch->deadline;
	if (ch->deliver_only)
		at = mono_min(at, mono_add_ms(ch->since, DELIVER_MS));
	return mono_min(at, mono_add_ms(ch->since, LIFE_MS));
}

void
conn_rearm(struct conn *ch)
{
	timerq_set(&ch->ctx->timers, &ch->timer, next_deadline(ch));
}

static void
deadline_in(struct conn *ch, int64_t ms)
{
	ch->deadline = mono_add_ms(ch->ctx->env->now.mono, ms);
}

/* TLS and both HELLOs have one deadline together; so has each other step. */
void
conn_set_state(struct conn *ch, enum conn_state s)
{
	const struct conf_timers *t = &ch->ctx->env->conf->timers;

	ch->state = s;
	ch->ctx->turnover++;
	dial_count_conn(ch);
	switch (s) {
	case CONN_CONNECT:
		deadline_in(ch, t->channel_handshake < CONNECT_MS ?
					t->channel_handshake :
					CONNECT_MS);
		break;
	case CONN_TLS:
	case CONN_CONFIRM:
	case CONN_STORE:
	case CONN_READY:
		deadline_in(ch, t->channel_handshake);
		break;
	case CONN_SETTLE:
	case CONN_HELLO:
	case CONN_ANSWER:
		break;
	case CONN_OPEN:
		deadline_in(ch, t->channel_idle);
		break;
	case CONN_ENDING:
		deadline_in(ch, CLOSE_MS);
		break;
	}
	conn_rearm(ch);
}

/* --- for the owner ------------------------------------------------------ */

void
conn_arm(struct conn *ch)
{
	struct action *a;

	if (ch->armed)
		return;
	a = actions_add(ch->ctx->env->actions, ACTION_STREAM_READY);
	if (a == NULL)
		return;
	a->conn = ch->id;
	ch->armed = true;
}

void
conn_tell(struct conn *ch, enum conn_news_bit bit)
{
	ch->news |= bit;
	if (ch->queued)
		return;
	ch->queued = true;
	ch->next_news = NULL;
	*ch->ctx->news_tail = ch;
	ch->ctx->news_tail = &ch->next_news;
}

/* --- the end ------------------------------------------------------------- */

void
conn_set_reason(struct conn *ch, const char *why)
{
	if (why != NULL && ch->reason[0] == '\0')
		snprintf(ch->reason, sizeof(ch->reason), "%.*s",
			 (int)sizeof(ch->reason) - 1, why);
}

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
	conn_pair_end(ch);
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
ask_to_close(struct conn *ch)
{
	struct action *a = actions_add(ch->ctx->env->actions, ACTION_CLOSE);

	if (a != NULL)
		a->conn = ch->id;
}

static void
end_unsaid(struct conn *ch, bool lost)
{
	conn_finish(ch, lost);
	conn_set_state(ch, CONN_ENDING);
	ask_to_close(ch);
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
	struct refuse r = { .code = (uint8_t)code, .list = env->version };
	uint8_t payload[FRAME_REFUSE_MAX];
	char line[sizeof(r.text) + 64];

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

void
conn_withdraw(struct conn *ch)
{
	if (ch->state == CONN_ENDING)
		return;
	transfer_close(lists_transfer(ch->ctx->lists), &ch->list, false);
	conn_pair_end(ch);
	conn_set_state(ch, CONN_ENDING);
	ask_to_close(ch);
}

void
conn_put_off(struct conn *ch)
{
	if (ch->purpose & CONN_LIST)
		lists_unreachable(ch->ctx->lists, ch->peer);
	if ((ch->purpose & CONN_PAIR) == 0)
		return;
	ch->failed = ch->put_off = true;
	conn_tell(ch, NEWS_FAILED);
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

	if (!mono_reached(next_deadline(ch), now)) {
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
		ask_to_close(ch);
		return;
	}
	if (ch->state == CONN_OPEN)
		conn_close(ch, true);
	else
		conn_give_up(ch);
}

/* --- the way up ---------------------------------------------------------- */

int
conn_connect(struct conn *ch)
{
	struct action *a = actions_add(ch->ctx->env->actions, ACTION_CONNECT);

	if (a == NULL)
		return -1;
	a->conn = ch->id;
	a->to = ch->remote;
	conn_set_state(ch, CONN_CONNECT);
	return 0;
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
