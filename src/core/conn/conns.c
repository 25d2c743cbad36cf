/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All TLS connections of one core. */
#include "core/conn/conns.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/action.h"
#include "core/conn/admission.h"
#include "core/conn/conn.h"
#include "core/conn/conn_end.h"
#include "core/conn/conn_heard.h"
#include "core/conn/conn_io.h"
#include "core/conn/conn_negotiation.h"
#include "core/conn/conns_impl.h"
#include "core/conn/dial.h"

struct conns *
conns_new(struct core_env *env, struct secret_store *secrets,
	  struct lists *lists)
{
	struct conns *cs = calloc(1, sizeof(*cs));
	uint8_t seed[HASH_SEED_LEN];

	if (cs == NULL)
		return NULL;
	rng_fill(&env->rng, seed, sizeof(seed));
	table_init(&cs->by_id, seed);
	timerq_init(&cs->timers);
	ratelimit_init(&cs->said);
	ratelimit_init(&cs->lines);
	ratelimit_init(&cs->unlisted);
	cs->news_tail = &cs->news;
	cs->env = env;
	cs->secrets = secrets;
	cs->lists = lists;
	return cs;
}

static void
news_pop(struct conns *ctx)
{
	struct conn *ch = ctx->news;

	ctx->news = ch->next_news;
	if (ctx->news == NULL)
		ctx->news_tail = &ctx->news;
	ch->queued = false;
	if (ch->gone)
		conn_free(ch);
}

void
conns_free(struct conns *cs)
{
	if (cs == NULL)
		return;
	while (cs->news != NULL)
		news_pop(cs);
	while (cs->all != NULL) {
		struct conn *ch = cs->all;

		cs->all = ch->next;
		conn_free(ch);
	}
	/* After the connections: to cancel a timer reads its neighbours,
	 * these. */
	while (cs->dials != NULL) {
		struct dial *d = cs->dials;

		cs->dials = d->next;
		free(d);
	}
	conn_heard_free(cs->env);
	table_free(&cs->by_id);
	timerq_free(&cs->timers);
	free(cs);
}

uint64_t
conns_tls_failed(const struct conns *cs)
{
	return cs->tls_failed;
}

void
conns_crowd(struct conns *cs, size_t waiting)
{
	cs->crowd = waiting;
}

uint64_t
conns_turnover(const struct conns *cs)
{
	return cs->turnover;
}

bool
conns_negotiating(const struct conns *cs, const char *peer)
{
	const struct entry *e = names_find(&cs->env->names, peer);

	return e != NULL && e->heard != NULL && e->heard->negotiating > 0;
}

void
conns_spare_negotiation(struct conns *cs, const char *peer)
{
	cs->turnover++;
	if (!conns_negotiating(cs, peer))
		return;
	for (struct dial *d = cs->dials; d != NULL; d = d->next)
		if (strcmp(d->peer, peer) == 0) {
			d->purpose &= ~CONN_PAIR;
			room_count_dial(d);
		}
	for (struct conn *ch = cs->all; ch != NULL; ch = ch->next)
		if (conn_is_negotiating(ch) && ch->state < CONN_HELLO &&
		    strcmp(ch->peer, peer) == 0) {
			ch->purpose &= ~CONN_PAIR;
			room_count_conn(ch);
		}
}

/* --- making and losing --------------------------------------------------- */

static bool
may_dial(const struct conns *cs, const char *peer, unsigned int purpose)
{
	const struct core_env *env = cs->env;

	if (strcmp(peer, env->self) == 0)
		return false;
	if ((purpose & CONN_PAIR) == 0 && lists_lacking(cs->lists))
		return conns_spare(cs) > 0;
	if (env->bnl != NULL && bnl_find(env->bnl, peer) == NULL)
		return false;
	if ((purpose & CONN_PAIR) == 0)
		return conns_spare(cs) > 0;
	return conns_may_negotiate(cs, purpose);
}

bool
conns_may_negotiate(const struct conns *cs, unsigned int purpose)
{
	return admission_can_negotiate(cs->env) &&
	       room_for_negotiation(cs, purpose);
}

uint32_t
conns_dial(struct conns *cs, const char *peer, const struct endpoint *to,
	   size_t n, unsigned int purpose)
{
	bool anew = (purpose & CONN_PAIR) != 0 && conns_negotiating(cs, peer);

	assert(n > 0 && purpose != 0);
	for (struct conn *ch = cs->all; anew && ch != NULL; ch = ch->next)
		if (conn_is_negotiating(ch) && strcmp(ch->peer, peer) == 0) {
			dial_settle(ch);
			conn_end(ch, "dialled anew");
		}
	if (!may_dial(cs, peer, purpose))
		return 0;
	return dial_start(cs, peer, to, n, purpose);
}

uint32_t
conns_accepted(struct conns *cs, const struct endpoint *from)
{
	struct conn *ch, *victim;
	bool listed;

	if (!room_for_caller(cs, &from->addr, &listed, &victim))
		return 0;
	if (victim != NULL)
		conn_end(victim, "too many connections");
	ch = conn_new(cs);
	if (ch == NULL)
		return 0;
	ch->remote = *from;
	ch->listed = listed;
	conn_opened(ch);
	return ch->id;
}

void
conns_opened(struct conns *cs, uint32_t id)
{
	struct conn *ch = conn_find(cs, id);

	if (ch != NULL)
		conn_opened(ch);
}

void
conns_in(struct conns *cs, uint32_t id, const uint8_t *in, size_t len)
{
	struct conn *ch = conn_find(cs, id);

	if (ch != NULL)
		conn_in(ch, in, len);
}

size_t
conns_drain(struct conns *cs, uint32_t id, uint8_t *out, size_t cap)
{
	struct conn *ch = conn_find(cs, id);

	return ch == NULL ? 0 : conn_drain(ch, out, cap);
}

void
conns_closed(struct conns *cs, uint32_t id, enum close_reason reason,
	     const char *why)
{
	struct conn *ch = conn_find(cs, id);

	if (ch == NULL)
		return;
	conn_gone(ch, reason, why);
	conn_drop(ch);
}

void
conns_slept(struct conns *cs)
{
	for (struct conn *ch = cs->all; ch != NULL; ch = ch->next)
		conn_slept(ch);
}

/* --- time ---------------------------------------------------------------- */

struct monotime
conns_deadline(const struct conns *cs)
{
	return timerq_next(&cs->timers);
}

static void
dial_tick(struct dial *d)
{
	for (unsigned int n = dial_timeout(d); n > 0; n--)
		conn_give_up(dial_oldest(d));
}

void
conns_tick(struct conns *cs)
{
	struct timer *t;

	while ((t = timerq_pop(&cs->timers, cs->env->now.mono)) != NULL)
		if (t->kind == CONN_TIMER_DIAL)
			dial_tick(t->owner);
		else
			conn_timeout(t->owner);
}

/* --- events elsewhere ----------------------------------------------------- */

void
conns_secrets_stored(struct conns *cs)
{
	for (struct conn *ch = cs->all; ch != NULL; ch = ch->next)
		conn_negotiation_poke(ch);
}

void
conns_list_decided(struct conns *cs)
{
	for (struct conn *ch = cs->all; ch != NULL; ch = ch->next)
		conn_end_if_done(ch);
}

void
conns_list_applied(struct conns *cs)
{
	cs->turnover++;
	for (struct conn *ch = cs->all; ch != NULL; ch = ch->next)
		conn_review(ch);
}

void
conns_review(struct conns *cs, struct entry *e)
{
	conn_heard_review(cs->env, e);
}

void
conns_reconf(struct conns *cs)
{
	cs->turnover++;
}

/* --- the owner's calls ---------------------------------------------------- */

bool
conns_next_news(struct conns *cs, struct conn_news *out)
{
	struct conn *ch = cs->news;

	if (ch == NULL)
		return false;
	memset(out, 0, sizeof(*out));
	memcpy(out->peer, ch->peer, sizeof(out->peer));
	out->dialled = ch->dialled;
	if (ch->news & NEWS_SEEN) {
		ch->news &= ~(unsigned int)NEWS_SEEN;
		out->kind = CONN_LIST_SEEN;
		out->version = ch->told;
	} else if (ch->news & NEWS_NEGOTIATED) {
		ch->news &= ~(unsigned int)NEWS_NEGOTIATED;
		out->kind = CONN_NEGOTIATED;
		out->renewed = cert_info_same(&ch->mine, &cs->env->cert);
	} else {
		ch->news = 0;
		out->kind = CONN_FAILED;
		out->reached = ch->reached;
		out->nothing_in_common = ch->nothing_in_common;
		out->behind = ch->behind;
		out->put_off = ch->put_off;
		memcpy(out->reason, ch->reason, sizeof(out->reason));
	}
	if (ch->news == 0)
		news_pop(cs);
	return true;
}

bool
conns_info(const struct conns *cs, size_t *pos, struct conn_info *out)
{
	const struct conn *ch = cs->all;

	for (size_t i = 0; ch != NULL && i < *pos; i++)
		ch = ch->next;
	if (ch == NULL)
		return false;
	++*pos;
	out->id = ch->id;
	out->peer = ch->peer;
	out->remote = ch->remote;
	out->dialled = ch->dialled;
	out->state = conn_state_name(ch->state);
	out->settled = ch->state >= CONN_OPEN;
	out->since = ch->since;
	return true;
}
