/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The life of one TLS connection. */
#include "core/channel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/action.h"
#include "core/admit.h"
#include "core/notes.h"

#define NO_ANSWER "no answer in time"
#define LIFE_MS 600000	 /* however busy it is */
#define DELIVER_MS 30000 /* for a node that is not in the list */
#define CLOSE_MS 15000	 /* for the owner, then it is told again */

static const char *const state_names[] = {
    [CHANNEL_CONNECT] = "connect", [CHANNEL_TLS] = "tls",
    [CHANNEL_SETTLE] = "settle",   [CHANNEL_HELLO] = "hello",
    [CHANNEL_ANSWER] = "answer",   [CHANNEL_CONFIRM] = "confirm",
    [CHANNEL_STORE] = "store",	   [CHANNEL_READY] = "ready",
    [CHANNEL_OPEN] = "open",	   [CHANNEL_ENDING] = "ending",
};

const char *
channel_state_name(enum channel_state s)
{
	return state_names[s];
}

struct channel *
channel_new(struct channels *ctx, uint32_t id, uint64_t seq)
{
	struct channel *ch = calloc(1, sizeof(*ch));

	if (ch == NULL)
		return NULL;
	ch->ctx = ctx;
	ch->id = id;
	ch->seq = seq;
	ch->since = ctx->env->now.mono;
	ch->deadline = MONO_NEVER;
	timer_init(&ch->timer, ch, CHANNELS_TIMER_CHANNEL);
	ch->fault = NOTE_FAILED;
	return ch;
}

void
channel_free(struct channel *ch)
{
	channel_pair_end(ch);
	bnlsync_close(ch->ctx->sync, &ch->list, false);
	timerq_cancel(&ch->ctx->timers, &ch->timer);
	stream_free(&ch->stream);
	free(ch);
}

/* --- time ---------------------------------------------------------------- */

static struct monotime
next_deadline(const struct channel *ch)
{
	struct monotime at =
	    mono_min(ch->deadline, bnlsync_conn_deadline(&ch->list));

	if (ch->state == CHANNEL_ENDING || ch->state == CHANNEL_CONNECT)
		return ch->deadline;
	if (ch->deliver_only)
		at = mono_min(at, mono_add_ms(ch->since, DELIVER_MS));
	return mono_min(at, mono_add_ms(ch->since, LIFE_MS));
}

void
channel_rearm(struct channel *ch)
{
	timerq_set(&ch->ctx->timers, &ch->timer, next_deadline(ch));
}

static void
deadline_in(struct channel *ch, int64_t ms)
{
	ch->deadline = mono_add_ms(ch->ctx->env->now.mono, ms);
}

/* TLS and both HELLOs have one deadline together; so has each other step. */
void
channel_set_state(struct channel *ch, enum channel_state s)
{
	const struct conf_timers *t = &ch->ctx->env->conf->timers;

	ch->state = s;
	ch->ctx->turnover++;
	switch (s) {
	case CHANNEL_CONNECT:
		deadline_in(ch, t->channel_handshake < CONNECT_MS ?
					t->channel_handshake : CONNECT_MS);
		break;
	case CHANNEL_TLS:
	case CHANNEL_CONFIRM:
	case CHANNEL_STORE:
	case CHANNEL_READY:
		deadline_in(ch, t->channel_handshake);
		break;
	case CHANNEL_SETTLE:
	case CHANNEL_HELLO:
	case CHANNEL_ANSWER:
		break;
	case CHANNEL_OPEN:
		deadline_in(ch, t->channel_idle);
		break;
	case CHANNEL_ENDING:
		deadline_in(ch, CLOSE_MS);
		break;
	}
	channel_rearm(ch);
}

/* --- for the owner ------------------------------------------------------ */

void
channel_arm(struct channel *ch)
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
channel_tell(struct channel *ch, enum channel_news_bit bit)
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
channel_set_reason(struct channel *ch, const char *why)
{
	if (why != NULL && ch->reason[0] == '\0')
		snprintf(ch->reason, sizeof(ch->reason), "%.*s",
			 (int)sizeof(ch->reason) - 1, why);
}

/* Notes how an attempt failed, before both sides had talked. */
static void
note_failure(const struct channel *ch)
{
	struct core_env *env = ch->ctx->env;

	if (ch->dialled && ch->state < CHANNEL_CONFIRM)
		notes_try(env->notes, env->now.mono, ch->peer, &ch->remote,
			  ch->fault, ch->reason[0] != '\0' ? ch->reason :
			  "the connection was closed without an answer");
}

/* The steps that follow the end of a channel, whatever its cause. */
static void
finish_channel(struct channel *ch, bool lost)
{
	bool wanted_pair = ch->dialled && (ch->purpose & CHANNEL_PAIR) != 0;
	bool early = ch->state < CHANNEL_CONFIRM;
	bool over;

	if (ch->state == CHANNEL_TLS && ch->reason[0] != '\0')
		ch->ctx->tls_failed++;
	bnlsync_close(ch->ctx->sync, &ch->list, lost);
	channel_pair_end(ch);
	over = !dial_goes_on(ch);
	if (over && (ch->purpose & CHANNEL_LIST) != 0 && early)
		bnlround_failed(bnlsync_round(ch->ctx->sync), ch->peer);
	if (over && wanted_pair && !ch->negotiated && !ch->failed) {
		ch->failed = true;
		channel_set_reason(ch, "the connection ended");
		channel_tell(ch, NEWS_FAILED);
		if (!ch->said)
			channel_say(ch, EVENT_NEGOTIATE_FAILED, ch->reason);
	} else if (early && ch->state != CHANNEL_CONNECT && !ch->said &&
		   ch->reason[0] != '\0') {
		channel_say(ch, EVENT_PEER_REFUSED, ch->reason);
	}
}

static void
ask_to_close(struct channel *ch)
{
	struct action *a = actions_add(ch->ctx->env->actions, ACTION_CLOSE);

	if (a != NULL)
		a->conn = ch->id;
}

static void
end_unsaid(struct channel *ch, bool lost)
{
	finish_channel(ch, lost);
	channel_set_state(ch, CHANNEL_ENDING);
	ask_to_close(ch);
}

static void
end_channel(struct channel *ch, bool lost)
{
	if (ch->state == CHANNEL_ENDING)
		return;
	stream_shutdown(&ch->stream);
	end_unsaid(ch, lost);
}

void
channel_end(struct channel *ch, const char *why)
{
	channel_set_reason(ch, why);
	end_channel(ch, false);
}

/* The other side's doing. */
void
channel_lose(struct channel *ch, const char *why)
{
	channel_set_reason(ch, why);
	note_failure(ch);
	end_channel(ch, true);
}

void
channel_slept(struct channel *ch)
{
	if (ch->state == CHANNEL_CONNECT || ch->state == CHANNEL_ENDING)
		return;
	dial_settle(ch);
	ch->reached = false;	/* again soon */
	end_unsaid(ch, false);
}

void
channel_refuse(struct channel *ch, int code, const char *why)
{
	struct core_env *env = ch->ctx->env;
	struct refuse r = {.code = (uint8_t)code, .list = env->version};
	uint8_t payload[FRAME_REFUSE_MAX];
	char line[sizeof(r.text) + 64];

	snprintf(r.text, sizeof(r.text), "%.*s", (int)sizeof(r.text) - 1, why);
	snprintf(line, sizeof(line), "refused: %s%s%s", refuse_name(r.code),
		 why[0] == '\0' ? "" : ": ", why);
	if (ch->peer[0] != '\0' && env->bnl != NULL &&
	    bnl_find(env->bnl, ch->peer) != NULL)
		notes_refused_it(env->notes, env->now.mono, ch->peer, r.code,
				 &env->version, why, ch->cert.fingerprint);
	if (!ch->list.told)
		channel_say(ch, EVENT_PEER_REFUSED, line);
	if (ch->stream.secure && ch->state != CHANNEL_ENDING)
		(void)stream_send(&ch->stream, FRAME_REFUSE, payload,
				  refuse_encode(payload, &r));
	channel_set_reason(ch, line);
	note_failure(ch);
	/* The reason has been said. */
	end_channel(ch, code == REFUSE_PROTOCOL);
}

void
channel_give_up(struct channel *ch)
{
	ch->fault = NOTE_SILENT;
	channel_lose(ch, NO_ANSWER);
}

void
channel_withdraw(struct channel *ch)
{
	if (ch->state == CHANNEL_ENDING)
		return;
	bnlsync_close(ch->ctx->sync, &ch->list, false);
	channel_pair_end(ch);
	channel_set_state(ch, CHANNEL_ENDING);
	ask_to_close(ch);
}

void
channel_put_off(struct channel *ch)
{
	if (ch->purpose & CHANNEL_LIST)
		bnlround_failed(bnlsync_round(ch->ctx->sync), ch->peer);
	if ((ch->purpose & CHANNEL_PAIR) == 0)
		return;
	ch->failed = ch->put_off = true;
	channel_tell(ch, NEWS_FAILED);
}

static enum note_kind
fault_of(enum close_reason reason)
{
	switch (reason) {
	case CLOSE_REFUSED:
		return NOTE_CLOSED;
	case CLOSE_TIMEOUT:
	case CLOSE_UNREACHABLE:
		return NOTE_SILENT;
	case CLOSE_ORDERLY:
	case CLOSE_BROKEN:
		break;
	}
	return NOTE_FAILED;
}

void
channel_gone(struct channel *ch, enum close_reason reason, const char *why)
{
	char line[ENDPOINT_TEXT_MAX + 64], at[ENDPOINT_TEXT_MAX];

	if (ch->state == CHANNEL_ENDING)
		return;
	/* The peer hung up without a word, for want of room: it may have some
	 * soon. The dialler is through with TLS before it is looked at. */
	if (ch->state <= CHANNEL_HELLO)
		ch->reached = false;
	ch->fault = fault_of(reason);
	if (why != NULL) {
		endpoint_format(at, &ch->remote);
		snprintf(line, sizeof(line), "%s: %s", at, why);
		channel_set_reason(ch, line);
	}
	note_failure(ch);
	finish_channel(ch, true);
	channel_set_state(ch, CHANNEL_ENDING);
}

void
channel_timeout(struct channel *ch)
{
	struct monotime now = ch->ctx->env->now.mono;

	if (!mono_reached(next_deadline(ch), now)) {
		channel_rearm(ch); /* the deadline has been put off */
		return;
	}
	if (mono_reached(bnlsync_conn_deadline(&ch->list), now)) {
		if (bnlsync_late(ch->ctx->sync, &ch->list))
			channel_end(ch, "no list came in time");
		else
			channel_rearm(ch);
		return;
	}
	if (ch->state == CHANNEL_ENDING) {
		channel_set_state(ch, CHANNEL_ENDING);
		ask_to_close(ch);
		return;
	}
	if (ch->state == CHANNEL_OPEN)
		end_channel(ch, true);
	else
		channel_give_up(ch);
}

/* --- the way up ---------------------------------------------------------- */

int
channel_connect(struct channel *ch)
{
	struct action *a = actions_add(ch->ctx->env->actions, ACTION_CONNECT);

	if (a == NULL)
		return -1;
	a->conn = ch->id;
	a->to = ch->remote;
	channel_set_state(ch, CHANNEL_CONNECT);
	return 0;
}

void
channel_review(struct channel *ch)
{
	const struct core_env *env = ch->ctx->env;
	int code;

	if (ch->state == CHANNEL_ENDING)
		return;
	if (core_env_is_inside(env, &ch->remote.addr)) {
		channel_end(ch, "its address is inside the VPN now");
		return;
	}
	if (ch->state == CHANNEL_CONNECT || ch->state == CHANNEL_TLS) {
		if (ch->dialled && env->bnl != NULL &&
		    bnl_find(env->bnl, ch->peer) == NULL) {
			dial_settle(ch);
			channel_end(ch, "it is not in the list any more");
		}
		return;
	}
	code = admit_check(env, &ch->cert, ch->dialled ? ch->peer : NULL);
	if (code != ADMIT_YES) {
		channel_refuse(ch, code, "");
		return;
	}
	dial_settle(ch);
	if (ch->deliver_only)
		recent_forget(&ch->ctx->unlisted, ch->peer);
	ch->deliver_only = ch->list.deliver_only = false;
	channel_end_if_done(ch);
}

void
channel_end_if_done(struct channel *ch)
{
	if (ch->state == CHANNEL_OPEN && ch->dialled && ch->list.open &&
	    bnlsync_quiet(ch->ctx->sync, &ch->list))
		channel_end(ch, NULL);
}
