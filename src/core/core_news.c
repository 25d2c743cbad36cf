/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * News of lists inside sessions.
 *
 * A list that was put on this machine's disk and read, but not pushed, is told
 * to a few: they fetch it and pass it on, so that nobody waits for a pull.
 *
 * A node without an address in the list cannot be dialled: every peer that has
 * a session with it tells it of a new list, and it fetches the list from one of
 * them. Then it sends receipts: any node tells each peer that is known to have
 * the same list, because that peer may wait to hear so.
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

#define NEWS_LEN (RECORD_HEADER_LEN + BNL_VERSION_WIRE_LEN)
#define NEWS_PEERS 4

static void
put_news(struct wcur *w, const struct bnl_version *v)
{
	uint8_t version[BNL_VERSION_WIRE_LEN];

	bnl_version_write(version, v);
	wcur_u8(w, RECORD_LIST_NEWS);
	wcur_be16(w, sizeof(version));
	wcur_bytes(w, version, sizeof(version));
}

void
core_news_last(struct peer *p, const struct bnl_version *v)
{
	uint8_t mem[NEWS_LEN];
	struct wcur w;

	wcur_init(&w, mem, sizeof(mem));
	put_news(&w, v);
	(void)records_send(p, mem, w.len);
}

static void
tell_rival(struct core *c, const struct bnl *old)
{
	uint8_t mem[2 * NEWS_LEN];
	struct wcur w;

	wcur_init(&w, mem, sizeof(mem));
	put_news(&w, &old->version);
	put_news(&w, &c->env.version);
	for (size_t i = 0; i < c->npeers; i++)
		(void)records_send(c->peers[i], mem, w.len);
}

static bool
has_it(const struct core *c, const struct peer *p)
{
	const struct bnl_version *v = lists_of(c->lists, p->name);

	return v != NULL && bnl_version_cmp(v, &c->env.version) >= 0;
}

/* Tells the peer in its session which list is in force. */
static bool
tell_one(struct peer *p)
{
	struct core *c = p->core;
	uint8_t mem[NEWS_LEN];
	struct wcur w;

	wcur_init(&w, mem, sizeof(mem));
	put_news(&w, &c->env.version);
	if (!records_send(p, mem, w.len))
		return false;
	p->told_news = c->env.version;
	return true;
}

static void
tell_some(struct core *c)
{
	unsigned int left = NEWS_PEERS;
	size_t first;

	if (c->npeers == 0)
		return;
	first = rng_below(&c->env.rng, (uint32_t)c->npeers);
	for (size_t i = 0; i < c->npeers && left > 0; i++) {
		struct peer *p = c->peers[(first + i) % c->npeers];

		if (!has_it(c, p) && tell_one(p))
			left--;
	}
}

void
core_news_hidden(struct core *c)
{
	for (size_t i = 0; i < c->npeers; i++) {
		struct peer *p = c->peers[i];

		if (c->gen->bnl->nodes[p->node].naddresses == 0 &&
		    !has_it(c, p))
			(void)tell_one(p);
	}
}

void
core_news_receipt(struct peer *p)
{
	const struct core *c = p->core;

	if (has_it(c, p) &&
	    bnl_version_cmp(&p->told_news, &c->env.version) != 0)
		(void)tell_one(p);
}

void
core_news(struct core *c, const struct bnl *old)
{
	bool untold = lists_untold(c->lists);

	if (old != NULL && bnl_misses(c->gen->bnl, &old->version))
		tell_rival(c, old);
	else if (untold)
		tell_some(c);
	core_news_hidden(c);
	for (size_t i = 0; i < c->npeers; i++)
		core_news_receipt(c->peers[i]);
}

void
core_list_replaced(struct core *c, struct now now,
		   const struct bnl_version *version)
{
	c->env.now = now;
	lists_replaced(c->lists, version);
}
