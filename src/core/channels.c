/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All TLS connections of one core. */
#include "core/channels.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/action.h"
#include "core/channel.h"

#define CHECK_MS 3600000 /* between two looks at the age of pairs */

struct channels *
channels_new(struct core_env *env, const struct bnl_version *mark)
{
	struct channels *cs = calloc(1, sizeof(*cs));
	uint8_t seed[HASH_SEED_LEN];

	if (cs == NULL)
		return NULL;
	rng_fill(&env->rng, seed, sizeof(seed));
	table_init(&cs->by_id, seed);
	table_init(&cs->heard, seed);
	timerq_init(&cs->timers);
	recent_init(&cs->said);
	recent_init(&cs->lines);
	recent_init(&cs->unlisted);
	cs->news_tail = &cs->news;
	cs->env = env;
	cs->pairs = pairsets_new(env);
	cs->sync = bnlsync_new(env, mark);
	cs->next_check = mono_add_ms(env->now.mono, CHECK_MS);
	if (cs->pairs == NULL || cs->sync == NULL) {
		channels_free(cs);
		return NULL;
	}
	return cs;
}

static void
news_pop(struct channels *ctx)
{
	struct channel *ch = ctx->news;

	ctx->news = ch->next_news;
	if (ctx->news == NULL)
		ctx->news_tail = &ctx->news;
	ch->queued = false;
	if (ch->gone)
		channel_free(ch);
}

void
channels_free(struct channels *cs)
{
	struct channel_heard *h;
	size_t pos = 0;

	if (cs == NULL)
		return;
	while (cs->news != NULL)
		news_pop(cs);
	while (cs->all != NULL) {
		struct channel *ch = cs->all;

		cs->all = ch->next;
		channel_free(ch);
	}
	/* After the channels: to cancel a timer reads its neighbours, these. */
	while (cs->dials != NULL) {
		struct dial *d = cs->dials;

		cs->dials = d->next;
		free(d);
	}
	while ((h = table_next(&cs->heard, &pos)) != NULL)
		free(h);
	table_free(&cs->heard);
	table_free(&cs->by_id);
	timerq_free(&cs->timers);
	pairsets_free(cs->pairs);
	bnlsync_free(cs->sync);
	free(cs);
}

/* --- how many ------------------------------------------------------------ */

static size_t
max_connections(const struct channels *cs)
{
	return cs->env->conf->maxconnections;
}

bool
channel_is_negotiating(const struct channel *ch)
{
	return ch->dialled && (ch->purpose & CHANNEL_PAIR) != 0 &&
	       ch->state < CHANNEL_OPEN;
}

size_t
channels_count(const struct channels *cs)
{
	size_t n = 0;

	for (const struct channel *ch = cs->all; ch != NULL; ch = ch->next)
		n += ch->state != CHANNEL_ENDING;
	return n;
}

uint64_t
channels_tls_failed(const struct channels *cs)
{
	return cs->tls_failed;
}

/* Room that first dials may still need is not to spare. */
size_t
channels_spare(const struct channels *cs)
{
	size_t max = max_connections(cs);
	size_t used = channels_count(cs) - dial_pending(cs) + dial_reserve(cs);

	return used < max ? max - used : 0;
}

uint64_t
channels_turnover(const struct channels *cs)
{
	return cs->turnover;
}

/* Leaves a quarter of the connections to those that others make. */
bool
channels_may_race(const struct channels *cs)
{
	return channels_spare(cs) > max_connections(cs) / 4;
}

bool
channels_negotiating(const struct channels *cs, const char *peer)
{
	for (const struct channel *ch = cs->all; ch != NULL; ch = ch->next)
		if (channel_is_negotiating(ch) && strcmp(ch->peer, peer) == 0)
			return true;
	return false;
}

void
channels_spare_negotiation(struct channels *cs, const char *peer)
{
	cs->turnover++;
	for (struct dial *d = cs->dials; d != NULL; d = d->next)
		if (strcmp(d->peer, peer) == 0)
			d->purpose &= ~CHANNEL_PAIR;
	for (struct channel *ch = cs->all; ch != NULL; ch = ch->next)
		if (channel_is_negotiating(ch) && ch->state < CHANNEL_HELLO &&
		    strcmp(ch->peer, peer) == 0)
			ch->purpose &= ~CHANNEL_PAIR;
}

/* --- making and losing --------------------------------------------------- */

static struct channel *
find_channel(const struct channels *cs, uint32_t id)
{
	return table_get(&cs->by_id, &id, sizeof(id));
}

struct channel *
channels_add(struct channels *cs)
{
	struct channel *ch;

	do {
		cs->last_id++;
	} while (cs->last_id == 0 || find_channel(cs, cs->last_id) != NULL);
	/* There are never more dials than connections. */
	if (timerq_reserve(&cs->timers, 2 * (cs->total + 1)) < 0)
		return NULL;
	ch = channel_new(cs, cs->last_id, ++cs->last_seq);
	if (ch == NULL)
		return NULL;
	if (table_put(&cs->by_id, &ch->id, sizeof(ch->id), ch) < 0) {
		channel_free(ch);
		return NULL;
	}
	ch->next = cs->all;
	cs->all = ch;
	cs->total++;
	return ch;
}

void
channels_drop(struct channel *ch)
{
	struct channels *cs = ch->ctx;
	struct channel **at = &cs->all;

	while (*at != ch)
		at = &(*at)->next;
	*at = ch->next;
	table_remove(&cs->by_id, &ch->id, sizeof(ch->id));
	timerq_cancel(&cs->timers, &ch->timer);
	cs->total--;
	cs->turnover++;
	ch->gone = true;
	if (!ch->queued)
		channel_free(ch);
}

static bool
may_dial(const struct channels *cs, const char *peer, unsigned int purpose)
{
	const struct core_env *env = cs->env;

	if (strcmp(peer, env->self) == 0)
		return false;
	if ((purpose & CHANNEL_PAIR) == 0 && channels_lack_list(cs))
		return channels_spare(cs) > 0;
	if (env->bnl != NULL && bnl_find(env->bnl, peer) == NULL)
		return false;
	if ((purpose & CHANNEL_PAIR) == 0)
		return channels_spare(cs) > 0;
	return channels_may_negotiate(cs, purpose);
}

bool
channels_may_negotiate(const struct channels *cs, unsigned int purpose)
{
	return channel_can_negotiate(cs) && dial_has_room(cs, purpose);
}

uint32_t
channels_dial(struct channels *cs, const char *peer, const struct endpoint *to,
	      size_t n, unsigned int purpose)
{
	struct channel *ch;

	assert(n > 0 && purpose != 0);
	for (ch = cs->all; ch != NULL; ch = ch->next)
		if ((purpose & CHANNEL_PAIR) != 0 &&
		    channel_is_negotiating(ch) &&
		    strcmp(ch->peer, peer) == 0) {
			dial_settle(ch);
			channel_end(ch, "dialled anew");
		}
	if (!may_dial(cs, peer, purpose))
		return 0;
	return dial_start(cs, peer, to, n, purpose);
}

uint32_t
channels_accepted(struct channels *cs, const struct endpoint *from)
{
	struct channel *ch;
	bool listed;

	if (!channels_make_room(cs, &from->addr, &listed))
		return 0;
	ch = channels_add(cs);
	if (ch == NULL)
		return 0;
	ch->remote = *from;
	ch->listed = listed;
	channel_opened(ch);
	return ch->id;
}

void
channels_opened(struct channels *cs, uint32_t id)
{
	struct channel *ch = find_channel(cs, id);

	if (ch != NULL)
		channel_opened(ch);
}

void
channels_in(struct channels *cs, uint32_t id, const uint8_t *in, size_t len)
{
	struct channel *ch = find_channel(cs, id);

	if (ch != NULL)
		channel_in(ch, in, len);
}

size_t
channels_drain(struct channels *cs, uint32_t id, uint8_t *out, size_t cap)
{
	struct channel *ch = find_channel(cs, id);

	return ch == NULL ? 0 : channel_drain(ch, out, cap);
}

void
channels_closed(struct channels *cs, uint32_t id, enum close_reason reason,
		const char *why)
{
	struct channel *ch = find_channel(cs, id);

	if (ch == NULL)
		return;
	channel_gone(ch, reason, why);
	channels_drop(ch);
}

void
channels_slept(struct channels *cs)
{
	for (struct channel *ch = cs->all; ch != NULL; ch = ch->next)
		channel_slept(ch);
}

/* --- time ---------------------------------------------------------------- */

struct monotime
channels_deadline(const struct channels *cs)
{
	struct monotime at = timerq_next(&cs->timers);

	at = mono_min(at, pairsets_deadline(cs->pairs));
	at = mono_min(at, bnlround_deadline(bnlsync_round(cs->sync)));
	return mono_min(at, cs->next_check);
}

void
channels_tick(struct channels *cs)
{
	struct monotime now = cs->env->now.mono;
	struct timer *t;

	while ((t = timerq_pop(&cs->timers, now)) != NULL)
		if (t->kind == CHANNELS_TIMER_DIAL)
			dial_timeout(t->owner);
		else
			channel_timeout(t->owner);
	pairsets_tick(cs->pairs);
	if (mono_reached(bnlround_deadline(bnlsync_round(cs->sync)), now))
		bnlround_tick(bnlsync_round(cs->sync), channels_spare(cs));
	if (!mono_reached(cs->next_check, now))
		return;
	cs->next_check = mono_add_ms(now, CHECK_MS);
	channels_check_pairs(cs);
}

/* --- the owner's calls -------------------------------------------------- */

struct pairsets *
channels_pairs(struct channels *cs)
{
	return cs->pairs;
}

void
channels_check_pairs(struct channels *cs)
{
	const struct bnltake *t = bnlsync_take(cs->sync);

	/* A list below the mark does not tell which names are nodes. */
	pairsets_check(cs->pairs, bnltake_stale(t) ? NULL : cs->env->bnl);
}

bool
channels_next_want(struct channels *cs, char peer[NODE_NAME_MAX + 1])
{
	size_t spare, others = max_connections(cs) / 4;

	/* This is asked after all that happens: nothing is counted in vain. */
	if (bnlround_idle(bnlsync_round(cs->sync)))
		return false;
	spare = channels_spare(cs);
	/* Incoming connections must get through as well. */
	return bnlround_next(bnlsync_round(cs->sync),
			     spare > others ? spare - others : 0, peer);
}

void
channels_unreachable(struct channels *cs, const char *peer)
{
	bnlround_failed(bnlsync_round(cs->sync), peer);
}

bool
channels_next_news(struct channels *cs, struct channel_news *out)
{
	struct channel *ch = cs->news;

	if (ch == NULL)
		return false;
	memset(out, 0, sizeof(*out));
	memcpy(out->peer, ch->peer, sizeof(out->peer));
	out->dialled = ch->dialled;
	if (ch->news & NEWS_SEEN) {
		ch->news &= ~(unsigned int)NEWS_SEEN;
		out->kind = CHANNEL_LIST_SEEN;
		out->version = ch->told;
	} else if (ch->news & NEWS_NEGOTIATED) {
		ch->news &= ~(unsigned int)NEWS_NEGOTIATED;
		out->kind = CHANNEL_NEGOTIATED;
		out->renewed = cert_info_same(&ch->mine, &cs->env->cert);
	} else {
		ch->news = 0;
		out->kind = CHANNEL_FAILED;
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
channels_info(const struct channels *cs, size_t *pos, struct channel_info *out)
{
	const struct channel *ch = cs->all;

	for (size_t i = 0; ch != NULL && i < *pos; i++)
		ch = ch->next;
	if (ch == NULL)
		return false;
	++*pos;
	out->id = ch->id;
	out->peer = ch->peer;
	out->remote = ch->remote;
	out->dialled = ch->dialled;
	out->state = channel_state_name(ch->state);
	out->settled = ch->state >= CHANNEL_OPEN;
	out->since = ch->since;
	return true;
}
