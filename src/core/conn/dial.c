/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The addresses of one peer, tried side by side until one leads to it; and how
 * many peers are dialled at a time.
 *
 * A first dial has one of FIRST_PLACES for DIAL_SLOT_MS. If nobody answered, it
 * goes on beside these, and makes room for the next one. Beyond DIALS_PENDING
 * the oldest such dial ends: its peer is dialled again among those that failed
 * before. So silent peers, however many, delay an answering one by little.
 * Until TCP is connected the first attempt of such a dial is no connection: it
 * has no TLS, and maxconnections may be small.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/conn/conn.h"
#include "format/proto.h"

/* Time that an attempt has to itself where no connection is to spare, and that
 * the last ones have when another one has failed. */
#define ALONE_MS 2000
#define FIRST_PLACES 64
#define DIALS_PENDING 256
#define DIAL_SLOT_MS 100 /* for TCP, in a place of a first dial */
#define DIAL_TLS_MS 1000 /* and as long in all where TCP is connected */

/* --- how many ------------------------------------------------------------- */

static bool
is_first(unsigned int purpose)
{
	return (purpose & (CONN_PAIR | CONN_AGAIN)) == CONN_PAIR;
}

/* The dial is beside the places of first dials, and no peer has answered it. */
static bool
dial_gives_way(const struct dial *d)
{
	return d->beside && !d->connected;
}

static bool
dial_is_pending(const struct dial *d)
{
	return !d->connected && (d->beside || is_first(d->purpose));
}

#define BIT(use) (1u << (use))

/* What negotiations of a purpose are counted as. */
static unsigned int
uses_of(unsigned int purpose)
{
	unsigned int uses = 0;

	if (is_first(purpose)) {
		uses = BIT(USE_FRESH);
		if (purpose & CONN_YIELD)
			uses |= BIT(USE_YIELDING);
	} else if (purpose & CONN_PAIR) {
		uses = BIT(USE_AGAIN);
		if (purpose & CONN_PATIENT)
			uses |= BIT(USE_PATIENT);
	}
	return uses;
}

static unsigned int
uses_of_conn(const struct conn *ch)
{
	unsigned int uses = 0;

	if (!ch->gone && ch->state != CONN_ENDING)
		uses = BIT(USE_CONN);
	if (ch->gone || !conn_is_negotiating(ch))
		return uses;
	uses |= BIT(USE_NEGOTIATING);
	if (ch->dial == NULL)
		uses |= uses_of(ch->purpose);
	if (ch->dial == NULL && is_first(ch->purpose))
		uses |= BIT(USE_ANSWERED);
	return uses;
}

/* A dial that is not decided counts once, however many addresses it tries. */
static unsigned int
uses_of_dial(const struct dial *d)
{
	unsigned int uses = 0;

	if (d->gone)
		return 0;
	if (!d->beside)
		uses = uses_of(d->purpose);
	if (dial_is_pending(d))
		uses |= BIT(USE_PENDING);
	if (d->connected && (d->beside || is_first(d->purpose)))
		uses |= BIT(USE_ANSWERED);
	return uses;
}

static void
count_again(struct conns *cs, unsigned int *counted, unsigned int uses)
{
	for (unsigned int i = 0; i < USES; i++) {
		cs->uses[i] += (uses >> i) & 1;
		cs->uses[i] -= (*counted >> i) & 1;
	}
	*counted = uses;
}

void
dial_count_conn(struct conn *ch)
{
	unsigned int uses = uses_of_conn(ch);
	bool was = (ch->counted & BIT(USE_NEGOTIATING)) != 0;
	bool is = (uses & BIT(USE_NEGOTIATING)) != 0;

	if (is && !was)
		ch->heard = conns_heard(ch->ctx, ch->peer);
	if (is != was && ch->heard != NULL)
		ch->heard->negotiating += is ? 1 : -1u;
	if (!is)
		ch->heard = NULL;
	count_again(ch->ctx, &ch->counted, uses);
}

void
dial_count(struct dial *d)
{
	count_again(d->ctx, &d->counted, uses_of_dial(d));
}

static size_t
max_connections(const struct conns *cs)
{
	return cs->env->conf->maxconnections;
}

static size_t
max_again(const struct conns *cs)
{
	size_t eighth = max_connections(cs) / 8;

	return eighth == 0 ? 1 : eighth;
}

size_t
dial_reserve(const struct conns *cs)
{
	size_t quarter = max_connections(cs) / 4;
	size_t n = cs->uses[USE_ANSWERED];

	return n < quarter ? quarter - n : 0;
}

size_t
dial_pending(const struct conns *cs)
{
	return cs->uses[USE_PENDING];
}

/* The oldest one of those that give way. */
static struct dial *
find_beside(const struct conns *cs)
{
	struct dial *found = NULL;

	/* The newest ones come first. */
	for (struct dial *d = cs->dials; d != NULL; d = d->next)
		if (dial_gives_way(d))
			found = d;
	return found;
}

static bool
first_has_room(const struct conns *cs, unsigned int purpose)
{
	size_t max = FIRST_PLACES;

	if (purpose & CONN_PATIENT)
		max /= 4;
	if (cs->uses[USE_FRESH] >= max ||
	    ((purpose & CONN_YIELD) && cs->uses[USE_YIELDING] >= max / 4))
		return false;
	return cs->uses[USE_PENDING] < DIALS_PENDING || find_beside(cs) != NULL;
}

/* Whether one that is answered now may go on: a quarter of the connections is
 * for these. */
static bool
answered_has_room(const struct conns *cs)
{
	return cs->uses[USE_ANSWERED] < max_connections(cs) / 4 ||
	       conns_spare(cs) > 0;
}

/* Some are left to those that packets wait for. */
static bool
again_has_room(const struct conns *cs, unsigned int purpose)
{
	size_t max = max_again(cs);

	return cs->uses[USE_AGAIN] < max && conns_spare(cs) > 0 &&
	       ((purpose & CONN_PATIENT) == 0 ||
		cs->uses[USE_PATIENT] < max - max / 4);
}

bool
dial_has_room(const struct conns *cs, unsigned int purpose)
{
	return (purpose & CONN_AGAIN) ? again_has_room(cs, purpose) :
					first_has_room(cs, purpose);
}

/* --- a dial ------------------------------------------------------------- */

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
	dial_count(d);
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
	d->place_until = is_first(d->purpose) ?
				 mono_add_ms(d->since, DIAL_SLOT_MS) :
				 MONO_NEVER;
}

static void
dial_leave_place(struct dial *d)
{
	d->purpose |= CONN_AGAIN;
	d->beside = true;
	d->place_until = MONO_NEVER;
	d->ctx->turnover++;
	dial_count(d);
	dial_set_timer(d);
}

static struct conn *
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
	ch = conns_add(d->ctx);
	if (ch == NULL)
		return NULL;
	ch->dialled = true;
	ch->purpose = d->purpose;
	memcpy(ch->peer, d->peer, sizeof(ch->peer));
	ch->remote = d->to[d->begun];
	if (conn_connect(ch) < 0) {
		conns_drop(ch);
		return NULL;
	}
	ch->dial = d;
	dial_count_conn(ch);
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

	if (is_first(purpose) && dial_pending(ctx) >= DIALS_PENDING)
		beside = find_beside(ctx);
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
	dial_count(d);
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
	if (dial_is_pending(d) && !answered_has_room(d->ctx)) {
		dial_cut(d, ch);
		return false;
	}
	d->connected = true;
	dial_count(d);
	if (!d->beside && is_first(d->purpose))
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
	dial_count_conn(ch);
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
	dial_count_conn(ch);
	d->running--;
	d->unreached = d->unreached || !ch->reached;
	if (d->begun < d->nto)
		(void)dial_next(d);
	if (d->running > 0) {
		/* The peer may have just come up where it refused. */
		if (d->begun == d->nto) {
			d->next_at =
				mono_add_ms(d->ctx->env->now.mono, ALONE_MS);
			dial_set_timer(d);
		}
		return true;
	}
	ch->reached = !d->unreached;
	dial_free(d);
	return false;
}

/* The time of the next address has come, or the end. */
static void
dial_go_on(struct dial *d)
{
	struct conn *oldest;

	if (d->begun == d->nto) {
		/* The end of the last one is the end of the dial. */
		for (unsigned int n = d->running; n > 0; n--)
			conn_give_up(dial_oldest(d));
		return;
	}
	if (conns_may_race(d->ctx)) {
		(void)dial_next(d);
		return;
	}
	oldest = dial_oldest(d);
	if (mono_ms(oldest->since, d->ctx->env->now.mono) < ALONE_MS)
		dial_rearm(d, CONNECT_NEXT_MS);
	else
		conn_give_up(oldest);
}

void
dial_timeout(struct dial *d)
{
	struct monotime now = d->ctx->env->now.mono;

	if (mono_reached(d->place_until, now))
		dial_leave_place(d);
	if (!mono_reached(d->next_at, now)) {
		dial_set_timer(d);
		return;
	}
	d->next_at = MONO_NEVER;
	dial_set_timer(d);
	dial_go_on(d);
}
