/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Room for connections that come in and have not proved a name. A caller
 * without one keeps no other out: few may come from one place, half of the room
 * is for addresses where nodes are or were, and when there is no room a random
 * one goes, of those with the lowest standing. A random one, because the oldest
 * would be the honest one whose TLS handshake takes a round trip, however
 * slowly others come.
 */
#include "core/channel.h"
#include "core/known.h"
#include "core/listed.h"

#define UNKNOWN_PER_ADDRESS 8	/* IPv6 strangers: per /64 */
#define ROOM_MS 250		/* least age to go for another of its place */

enum standing {
	STANDING_STRANGER,
	STANDING_ADDRESS,	/* in the list, or reached there */
	STANDING_KEY		/* a node's key; bounded for each name */
};

/* Some of those without a HELLO. */
struct crowd {
	enum standing standing;
	const struct ipaddr *from;	/* NULL: anywhere */
	struct monotime before;		/* accepted until then */
};

static enum standing
standing_of(const struct channel *ch)
{
	if (ch->state > CHANNEL_TLS && !ch->deliver_only)
		return STANDING_KEY;
	return ch->listed ? STANDING_ADDRESS : STANDING_STRANGER;
}

static bool
is_from(const struct crowd *c, const struct ipaddr *a)
{
	if (c->from == NULL)
		return true;
	/* The neighbours of a listed address are no nodes. */
	return c->standing == STANDING_STRANGER ? ipaddr_same_site(a, c->from)
						: ipaddr_equal(a, c->from);
}

static bool
is_among(const struct channel *ch, const struct crowd *c)
{
	return !ch->dialled && ch->state < CHANNEL_ANSWER &&
	       standing_of(ch) == c->standing && is_from(c, &ch->remote.addr) &&
	       mono_reached(ch->since, c->before);
}

static uint32_t
crowd_count(const struct channels *cs, const struct crowd *c)
{
	uint32_t n = 0;

	for (const struct channel *ch = cs->all; ch != NULL; ch = ch->next)
		n += is_among(ch, c);
	return n;
}

/* NULL: nobody is among them. */
static struct channel *
crowd_pick(const struct channels *cs, const struct crowd *c)
{
	uint32_t n = crowd_count(cs, c), left;

	if (n == 0)
		return NULL;
	left = rng_below(&cs->env->rng, n);
	for (struct channel *ch = cs->all; ch != NULL; ch = ch->next)
		if (is_among(ch, c) && left-- == 0)
			return ch;
	return NULL;
}

/* Chooses the one that goes for another from there. */
static struct channel *
choose_victim(const struct channels *cs, struct crowd same)
{
	struct monotime now = cs->env->now.mono;
	struct crowd all = { .standing = STANDING_STRANGER, .before = now };
	struct channel *victim;

	if (crowd_count(cs, &same) >= UNKNOWN_PER_ADDRESS) {
		same.before = mono_add_ms(now, -ROOM_MS);
		return crowd_pick(cs, &same);
	}
	victim = crowd_pick(cs, &all);
	if (victim != NULL || same.standing == STANDING_STRANGER)
		return victim;
	all.standing = STANDING_ADDRESS;
	return crowd_pick(cs, &all);
}

static bool
has_room(const struct channels *cs, const struct crowd *same)
{
	const struct crowd strangers = { .standing = STANDING_STRANGER,
					 .before = same->before };

	return crowd_count(cs, same) < UNKNOWN_PER_ADDRESS &&
	       channels_spare(cs) > 0 &&
	       (same->standing != STANDING_STRANGER ||
		crowd_count(cs, &strangers) < cs->env->conf->maxconnections / 2);
}

bool
channels_make_room(struct channels *cs, const struct ipaddr *from, bool *listed)
{
	struct monotime now = cs->env->now.mono;
	struct crowd same = { .from = from, .before = now };
	struct channel *victim;

	*listed = listed_has(cs->env->listed, from) ||
		  known_has(cs->env->known, now, from);
	same.standing = *listed ? STANDING_ADDRESS : STANDING_STRANGER;
	if (has_room(cs, &same))
		return true;
	victim = choose_victim(cs, same);
	if (victim == NULL || cs->total >= 2 * cs->env->conf->maxconnections)
		return false;
	channel_end(victim, "too many connections");
	return true;
}
