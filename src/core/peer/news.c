/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * News of lists inside sessions.
 *
 * When a list comes into force, each peer with a session is told so once, in a
 * round that begins a little later and takes its time: most peers have the list
 * by then, and hear that this node has it; the others fetch it. A round before
 * that is over at once: a peer that is known to have the list may wait for the
 * receipt, and a peer without an address in the list cannot be dialled by any
 * other node. And a list that was put on this machine's disk is announced to
 * some at once: they fetch it and pass it on.
 *
 * A list is passed on and pushed in sessions as well, instead of a connection
 * that would find the list there most of the time. A peer that does not say for
 * a while that it has the list is dialled after all.
 *
 * No node can fetch a list from a node without an address. That node connects
 * to others to spread a list, and tells in sessions only who has the same one.
 *
 * When two people signed at once, a node that had the list that lost may be the
 * only one that knows of it: it tells all peers that it has a session with, so
 * that all logs name both. A signed list that another one replaces on the disk
 * counts as such a one.
 *
 * A node that leaves the list is told of it in the last datagram of its
 * session: it comes to fetch the list, and is told why it cannot.
 */
#include <string.h>

#include "core/core_impl.h"

#include "base/cursor.h"
#include "core/timings.h"

#define NEWS_LEN (RECORD_HEADER_LEN + BNL_VERSION_WIRE_LEN)
#define NEWS_PEERS 8  /* peers that fetch a list from its signer */
#define NEWS_BURST 32 /* receipts at once */
#define NEWS_LARGE (256 * 1024)
#define NEWS_STEP_PEERS 10  /* peers told in a step, at most; */
#define NEWS_STEP_LOOKS 200 /* peers looked at */

static void
put_news(struct wcur *w, const struct bnl_version *v)
{
	uint8_t version[BNL_VERSION_WIRE_LEN];

	bnl_version_write(version, v);
	record_put_head(w, RECORD_LIST_NEWS, sizeof(version));
	wcur_bytes(w, version, sizeof(version));
}

void
news_last(struct peer *p, const struct bnl_version *v)
{
	uint8_t mem[NEWS_LEN];
	struct wcur w;

	wcur_init(&w, mem, sizeof(mem));
	put_news(&w, v);
	(void)records_send(p, mem, w.len);
}

static bool
has_rival(const struct core *c)
{
	static const struct bnl_version none;

	return bnl_version_cmp(&c->rival, &none) != 0;
}

/* Compares the peer's list with the one that this node serves: < 0 when it is
 * older or was never named, 0, > 0. */
static int
compare_list(const struct peer *p)
{
	const struct bnl_version *v = lists_of(p->entry);

	return v == NULL ? -1 :
			   bnl_version_cmp(v, core_env_serves(&p->core->env));
}

static bool
is_hidden(const struct peer *p)
{
	const struct bnl_node *node = bnl_find(p->core->env.bnl, p->name);

	return node != NULL && node->naddresses == 0;
}

static bool
is_told(const struct peer *p)
{
	return bnl_version_cmp(&p->told_news, core_env_serves(&p->core->env)) ==
	       0;
}

/* Tells the peer in its session which list is in force. */
static bool
tell_one(struct peer *p)
{
	struct core *c = p->core;
	uint8_t mem[2 * NEWS_LEN];
	struct wcur w;

	wcur_init(&w, mem, sizeof(mem));
	if (has_rival(c))
		put_news(&w, &c->rival);
	put_news(&w, core_env_serves(&c->env));
	if (!records_send(p, mem, w.len))
		return false;
	p->told_news = *core_env_serves(&c->env);
	p->news_at = c->env.now.mono;
	return true;
}

/* --- the round over all peers -------------------------------------------- */

static int64_t
round_delay_ms(struct core *c)
{
	const struct bnl *b = c->gen->bnl;
	bool long_way = b->rawlen > NEWS_LARGE && b->diff == NULL;
	uint32_t ms = long_way ? NEWS_ROUND_LARGE_MS : NEWS_ROUND_MS;

	if (has_rival(c))
		return 0;
	return ms - ms / 4 + rng_below(&c->env.rng, ms / 2);
}

/* Announces nothing that the peer could not fetch here. */
static bool
is_due(const struct core *c, const struct peer *p)
{
	return !is_told(p) &&
	       (!c->env.hidden || has_rival(c) || compare_list(p) >= 0);
}

/* Tells peers that wait to hear of the list or can hear of it in no other way,
 * and some that fetch it and pass it on. */
static void
tell_first(struct core *c, struct peer *p)
{
	unsigned int *left = &c->news_waiting;

	if (!p->up || is_told(p) || !assoc_can_send(p->assoc, c->env.now.mono))
		return;
	if (compare_list(p) < 0 && !is_hidden(p))
		left = &c->news_some;
	if (*left > 0 && tell_one(p))
		--*left;
}

/* A few peers at a time, first to those that are told at once, then to all. */
static void
begin_rounds(struct core *c, bool some)
{
	if (c->npeers == 0) {
		timerq_cancel(&c->timers, &c->news);
		return;
	}
	c->news_first = true;
	c->news_waiting = NEWS_BURST;
	c->news_some = some && !c->env.hidden ? NEWS_PEERS : 0;
	c->news_at = rng_below(&c->env.rng, (uint32_t)c->npeers);
	c->news_left = c->npeers;
	news_tick(c);
}

/* Some time after the first round, which is over. */
static void
begin_second(struct core *c)
{
	c->news_first = false;
	c->news_left = c->npeers;
	timerq_set(&c->timers, &c->news,
		   mono_add_ms(c->env.now.mono, round_delay_ms(c)));
}

void
news_tick(struct core *c)
{
	bool first = c->news_first;
	unsigned int told = 0;

	for (int i = 0;
	     i < NEWS_STEP_LOOKS && told < NEWS_STEP_PEERS && c->news_left > 0;
	     i++) {
		struct peer *p = c->peers[c->news_at++ % c->npeers];

		c->news_left--;
		if (first)
			tell_first(c, p);
		else
			told += is_due(c, p) && tell_one(p);
	}
	if (c->news_left > 0)
		timerq_set(&c->timers, &c->news,
			   mono_add_ms(c->env.now.mono,
				       first ? NEWS_FIRST_MS : NEWS_STEP_MS));
	else if (first)
		begin_second(c);
}

void
news_applied(struct core *c, const struct bnl *old)
{
	memset(&c->rival, 0, sizeof(c->rival));
	if (old != NULL && bnl_misses(c->gen->bnl, &old->version))
		c->rival = old->version;
	begin_rounds(c, lists_is_own(c->lists));
}

void
news_again(struct core *c)
{
	for (size_t i = 0; i < c->npeers; i++)
		if (compare_list(c->peers[i]) < 0)
			memset(&c->peers[i]->told_news, 0,
			       sizeof(c->peers[i]->told_news));
	begin_rounds(c, true);
}

/* --- instead of a connection ---------------------------------------------- */

bool
news_offer(struct core *c, const char *name, bool now)
{
	struct peer *p = peer_named(c, name);
	int64_t ms;

	if (p == NULL || c->env.hidden ||
	    !assoc_can_send(p->assoc, c->env.now.mono))
		return false;
	if (!is_told(p))
		return (!now && timer_is_set(&c->news)) || tell_one(p);
	ms = mono_ms(p->news_at, c->env.now.mono);
	/* The announcement or its receipt may have been lost. The answer
	 * says which list the peer has. */
	if (ms >= NEWS_LOST_MS && ms < NEWS_SILENT_MS)
		records_keepalive(p);
	return ms < NEWS_SILENT_MS;
}

void
news_receipt(struct peer *p)
{
	if (compare_list(p) == 0 && !is_told(p))
		(void)tell_one(p);
}
