/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The life of one TLS connection. */
#include "core/conn/conn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/action.h"
#include "core/conn/conns_room.h"
#include "core/timings.h"

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

void
conn_negotiation_end(struct conn *ch)
{
	negotiation_free(ch->negotiation);
	ch->negotiation = NULL;
}

struct conn *
conn_find(const struct conns *cs, uint32_t id)
{
	return table_get(&cs->by_id, &id, sizeof(id));
}

static struct conn *
conn_alloc(struct conns *ctx)
{
	struct conn *ch = calloc(1, sizeof(*ch));

	if (ch == NULL)
		return NULL;
	ch->ctx = ctx;
	ch->id = ctx->last_id;
	ch->seq = ++ctx->last_seq;
	ch->since = ctx->env->now.mono;
	ch->deadline = MONO_NEVER;
	timer_init(&ch->timer, ch, CONN_TIMER_CONN);
	ch->fault = HISTORY_FAILED;
	return ch;
}

void
conn_free(struct conn *ch)
{
	conn_negotiation_end(ch);
	transfer_close(lists_transfer(ch->ctx->lists), &ch->list, false);
	timerq_cancel(&ch->ctx->timers, &ch->timer);
	frames_free(&ch->stream);
	free(ch);
}

struct conn *
conn_new(struct conns *cs)
{
	struct conn *ch;

	do {
		cs->last_id++;
	} while (cs->last_id == 0 || conn_find(cs, cs->last_id) != NULL);
	/* There are never more dials than connections. */
	if (timerq_reserve(&cs->timers, 2 * (cs->total + 1)) < 0)
		return NULL;
	ch = conn_alloc(cs);
	if (ch == NULL)
		return NULL;
	if (table_put(&cs->by_id, &ch->id, sizeof(ch->id), ch) < 0) {
		conn_free(ch);
		return NULL;
	}
	ch->next = cs->all;
	cs->all = ch;
	cs->total++;
	room_count_conn(ch);
	return ch;
}

void
conn_drop(struct conn *ch)
{
	struct conns *cs = ch->ctx;
	struct conn **at = &cs->all;

	while (*at != ch)
		at = &(*at)->next;
	*at = ch->next;
	table_remove(&cs->by_id, &ch->id, sizeof(ch->id));
	timerq_cancel(&cs->timers, &ch->timer);
	cs->total--;
	cs->turnover++;
	ch->gone = true;
	room_count_conn(ch);
	if (!ch->queued)
		conn_free(ch);
}

/* --- time ---------------------------------------------------------------- */

struct monotime
conn_deadline(const struct conn *ch)
{
	struct monotime at =
		mono_min(ch->deadline, transfer_conn_deadline(&ch->list));

	if (ch->state == CONN_ENDING || ch->state == CONN_CONNECT)
		return ch->deadline;
	if (ch->deliver_only)
		at = mono_min(at, mono_add_ms(ch->since, CONN_DELIVER_MS));
	return mono_min(at, mono_add_ms(ch->since, CONN_LIFE_MS));
}

void
conn_rearm(struct conn *ch)
{
	timerq_set(&ch->ctx->timers, &ch->timer, conn_deadline(ch));
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
	room_count_conn(ch);
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
		deadline_in(ch, CONN_CLOSE_MS);
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

void
conn_set_reason(struct conn *ch, const char *why)
{
	if (why != NULL && ch->reason[0] == '\0')
		snprintf(ch->reason, sizeof(ch->reason), "%.*s",
			 (int)sizeof(ch->reason) - 1, why);
}

void
conn_ask_to_close(struct conn *ch)
{
	struct action *a = actions_add(ch->ctx->env->actions, ACTION_CLOSE);

	if (a != NULL)
		a->conn = ch->id;
}

/* --- attempts of a dial -------------------------------------------------- */

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
conn_withdraw(struct conn *ch)
{
	if (ch->state == CONN_ENDING)
		return;
	transfer_close(lists_transfer(ch->ctx->lists), &ch->list, false);
	conn_negotiation_end(ch);
	conn_set_state(ch, CONN_ENDING);
	conn_ask_to_close(ch);
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
