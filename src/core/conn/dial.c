/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The addresses of one peer, tried side by side until one leads to it.
 *
 * A first dial has a place of its own (conns_room.h) for a while, a short one
 * when very many wait. If nobody answered, it goes on beside these, and makes
 * room for the next one. Beyond ROOM_PENDING the oldest such dial ends: its
 * peer is dialled again behind all that were not dialled yet, and if that
 * happens once more, among those that failed. So silent peers, however many,
 * delay an answering one by little. Until TCP is connected the first attempt of
 * such a dial is no connection: it has no TLS, and maxconnections may be small.
 */
#include "core/conn/dial.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/conn/conn.h"
#include "core/conn/conns_room.h"
#include "core/timings.h"

static void
dial_free(struct dial *d)
{
	struct dial **at = &d->ctx->dials;

	while (*at != d)
		at = &(*at)->next;
	*at = d->next;
	timerq_cancel(&d->ctx->timers, &d->timer);
	d->ctx->turnover++;
	d->gone = true;
	room_count_dial(d);
	free(d);
}

static void
dial_set_timer(struct dial *d)
{
	struct monotime at = mono_min(d->next_at, d->place_until);

	if (at.ns == MONO_NEVER.ns)
		timerq_cancel(&d->ctx->timers, &d->timer);
	else
		timerq_set(&d->ctx->timers, &d->timer, at);
}

static void
dial_rearm(struct dial *d, int64_t ms)
{
	d->next_at = d->begun < d->nto ?
			     mono_add_ms(d->ctx->env->now.mono, ms) :
			     MONO_NEVER;
	dial_set_timer(d);
}

/* Only a first dial for a pair has a place, which it has to leave. */
static void
dial_hold_place(struct dial *d)
{
	d->since = d->ctx->env->now.mono;
	d->place_until = room_is_first(d->purpose) ?
				 mono_add_ms(d->since, room_place_ms(d->ctx)) :
				 MONO_NEVER;
}

static void
dial_leave_place(struct dial *d)
{
	d->purpose |= CONN_AGAIN;
	d->beside = true;
	d->place_until = MONO_NEVER;
	d->ctx->turnover++;
	room_count_dial(d);
	dial_set_timer(d);
}

struct conn *
dial_oldest(const struct dial *d)
{
	struct conn *oldest = NULL;

	/* The newest connections come first. */
	for (struct conn *c = d->ctx->all; c != NULL; c = c->next)
		if (c->dial == d)
			oldest = c;
	assert(oldest != NULL);
	return oldest;
}

/* Ends a dial for the sake of others, which its attempt ch tells. Its peer is
 * dialled again. */
static void
dial_cut(struct dial *d, struct conn *ch)
{
	for (struct conn *c = d->ctx->all; c != NULL; c = c->next)
		if (c->dial == d) {
			c->dial = NULL;
			conn_withdraw(c);
		}
	dial_free(d);
	conn_put_off(ch);
}

/* Begins an attempt at the next address. NULL when memory is out, or when none
 * is left. */
static struct conn *
dial_next(struct dial *d)
{
	struct conn *ch;

	/* Another list may have come into force since it began. */
	while (d->begun < d->nto &&
	       core_env_is_inside(d->ctx->env, &d->to[d->begun].addr))
		d->begun++;
	if (d->begun == d->nto) {
		dial_rearm(d, 0);
		return NULL;
	}
	ch = conn_new(d->ctx);
	if (ch == NULL)
		return NULL;
	ch->dialled = true;
	ch->purpose = d->purpose;
	memcpy(ch->peer, d->peer, sizeof(ch->peer));
	ch->remote = d->to[d->begun];
	if (conn_connect(ch) < 0) {
		conn_drop(ch);
		return NULL;
	}
	ch->dial = d;
	room_count_conn(ch);
	d->begun++;
	d->running++;
	dial_rearm(d, CONNECT_NEXT_MS);
	return ch;
}

uint32_t
dial_start(struct conns *ctx, const char *peer, const struct endpoint *to,
	   size_t n, unsigned int purpose)
{
	struct dial *d, *beside = NULL;
	struct conn *ch;

	if (room_is_first(purpose))
		beside = room_give_way(ctx);
	if (beside != NULL)
		dial_cut(beside, dial_oldest(beside));
	d = calloc(1, sizeof(*d));
	if (d == NULL)
		return 0;
	d->ctx = ctx;
	memcpy(d->peer, peer, strlen(peer) + 1);
	d->purpose = purpose;
	d->nto = n < CONN_ENDPOINTS_MAX ? n : CONN_ENDPOINTS_MAX;
	memcpy(d->to, to, d->nto * sizeof(*to));
	timer_init(&d->timer, d, CONN_TIMER_DIAL);
	dial_hold_place(d);
	d->next = ctx->dials;
	ctx->dials = d;
	room_count_dial(d);
	ch = dial_next(d);
	if (ch != NULL)
		return ch->id;
	dial_free(d);
	return 0;
}

bool
dial_connected(struct conn *ch)
{
	int64_t took = mono_ms(ch->since, ch->ctx->env->now.mono);
	struct dial *d = ch->dial;

	if (d == NULL)
		return true;
	if (room_is_pending(d) && !room_for_answered(d->ctx)) {
		dial_cut(d, ch);
		return false;
	}
	d->connected = true;
	room_count_dial(d);
	if (!d->beside && room_is_first(d->purpose))
		d->place_until = mono_add_ms(d->since, DIAL_TLS_MS);
	/* TLS takes a round trip more than TCP did. */
	dial_rearm(d, CONNECT_NEXT_MS + took);
	return true;
}

void
dial_settle(struct conn *ch)
{
	struct dial *d = ch->dial;

	if (d == NULL)
		return;
	ch->dial = NULL;
	room_count_conn(ch);
	for (struct conn *c = d->ctx->all; c != NULL; c = c->next)
		if (c->dial == d) {
			c->dial = NULL;
			conn_withdraw(c);
		}
	dial_free(d);
}

bool
dial_goes_on(struct conn *ch)
{
	struct dial *d = ch->dial;

	if (d == NULL)
		return false;
	ch->dial = NULL;
	room_count_conn(ch);
	d->running--;
	d->unreached = d->unreached || !ch->reached;
	if (d->begun < d->nto)
		(void)dial_next(d);
	if (d->running > 0) {
		/* The peer may have just come up where it refused. */
		if (d->begun == d->nto) {
			d->next_at = mono_add_ms(d->ctx->env->now.mono,
						 DIAL_ALONE_MS);
			dial_set_timer(d);
		}
		return true;
	}
	ch->reached = !d->unreached;
	dial_free(d);
	return false;
}

/* The time of the next address has come, or the end. */
static unsigned int
dial_go_on(struct dial *d)
{
	struct monotime now = d->ctx->env->now.mono;

	/* The end of the last one is the end of the dial. */
	if (d->begun == d->nto)
		return d->running;
	if (room_for_race(d->ctx)) {
		(void)dial_next(d);
		return 0;
	}
	if (mono_ms(dial_oldest(d)->since, now) >= DIAL_ALONE_MS)
		return 1;
	dial_rearm(d, CONNECT_NEXT_MS);
	return 0;
}

unsigned int
dial_timeout(struct dial *d)
{
	struct monotime now = d->ctx->env->now.mono;

	if (mono_reached(d->place_until, now))
		dial_leave_place(d);
	if (!mono_reached(d->next_at, now)) {
		dial_set_timer(d);
		return 0;
	}
	d->next_at = MONO_NEVER;
	dial_set_timer(d);
	return dial_go_on(d);
}
