/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Room for connections that come in and have not proved a name. A caller
 * without one keeps no other out: few may come from one place, half of the room
 * is for addresses where nodes are or were, and when there is no room a random
 * one goes, of those with the lowest standing. A random one, because the oldest
 * would be the honest one whose TLS handshake takes a round trip, however
 * slowly others come.
 */
#include "core/conn/conn.h"
#include "core/directory/addrcache.h"
#include "core/listed.h"

#define UNKNOWN_PER_ADDRESS 8 /* IPv6 strangers: per /64 */
#define ROOM_MS 250	      /* least age to go for another of its place */

enum rank {
	RANK_STRANGER,
	RANK_ADDRESS, /* in the list, or reached there */
	RANK_KEY      /* a node's key; bounded for each name */
};

/* Some of those without a HELLO. */
struct crowd {
	enum rank rank;
	const struct ipaddr *from; /* NULL: anywhere */
	struct monotime before;	   /* accepted until then */
};

static enum rank
rank_of(const struct conn *ch)
{
	if (ch->state > CONN_TLS && !ch->deliver_only)
		return RANK_KEY;
	return ch->listed ? RANK_ADDRESS : RANK_STRANGER;
}

static bool
is_from(const struct crowd *c, const struct ipaddr *a)
{
	if (c->from == NULL)
		return true;
	/* The neighbours of a listed address are no nodes. */
	return c->rank == RANK_STRANGER ? ipaddr_same_site(a, c->from) :
					  ipaddr_equal(a, c->from);
}

static bool
is_among(const struct conn *ch, const struct crowd *c)
{
	return !ch->dialled && ch->state < CONN_ANSWER &&
	       rank_of(ch) == c->rank && is_from(c, &ch->remote.addr) &&
	       mono_reached(ch->since, c->before);
}

static uint32_t
crowd_count(const struct conns *cs, const struct crowd *c)
{
	uint32_t n = 0;

	for (const struct conn *ch = cs->all; ch != NULL; ch = ch->next)
		n += is_among(ch, c);
	return n;
}

/* NULL: nobody is among them. */
static struct conn *
crowd_pick(const struct conns *cs, const struct crowd *c)
{
	uint32_t n = crowd_count(cs, c), left;

	if (n == 0)
		return NULL;
	left = rng_below(&cs->env->rng, n);
	for (struct conn *ch = cs->all; ch != NULL; ch = ch->next)
		if (is_among(ch, c) && left-- == 0)
			return ch;
	return NULL;
}

/* Chooses the one that goes for another from there. */
static struct conn *
choose_victim(const struct conns *cs, struct crowd same)
{
	struct monotime now = cs->env->now.mono;
	struct crowd all = { .rank = RANK_STRANGER, .before = now };
	struct conn *victim;

	if (crowd_count(cs, &same) >= UNKNOWN_PER_ADDRESS) {
		same.before = mono_add_ms(now, -ROOM_MS);
		return crowd_pick(cs, &same);
	}
	victim = crowd_pick(cs, &all);
	if (victim != NULL || same.rank == RANK_STRANGER)
		return victim;
	all.rank = RANK_ADDRESS;
	return crowd_pick(cs, &all);
}

static bool
has_room(const struct conns *cs, const struct crowd *same)
{
	const struct crowd strangers = { .rank = RANK_STRANGER,
					 .before = same->before };

	return crowd_count(cs, same) < UNKNOWN_PER_ADDRESS &&
	       conns_spare(cs) > 0 &&
	       (same->rank != RANK_STRANGER ||
		crowd_count(cs, &strangers) <
			cs->env->conf->maxconnections / 2);
}

bool
conns_make_room(struct conns *cs, const struct ipaddr *from, bool *listed)
{
	struct monotime now = cs->env->now.mono;
	struct crowd same = { .from = from, .before = now };
	struct conn *victim;

	*listed = listed_has(cs->env->listed, from) ||
		  addrcache_has(cs->env->addrcache, now, from);
	same.rank = *listed ? RANK_ADDRESS : RANK_STRANGER;
	if (has_room(cs, &same))
		return true;
	victim = choose_victim(cs, same);
	if (victim == NULL || cs->total >= 2 * cs->env->conf->maxconnections)
		return false;
	conn_end(victim, "too many connections");
	return true;
}
