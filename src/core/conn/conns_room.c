/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How many connections and dials there are, and for which others there is room.
 *
 * A caller that has not proved a name keeps no other out: few may come from one
 * place, half of the room is for addresses where nodes are or were, and when
 * there is no room a random one goes, of those with the lowest standing. A
 * random one, because the oldest would be the honest one whose TLS handshake
 * takes a round trip, however slowly others come.
 */
#include "core/conn/conns_room.h"

#include "core/conn/conn.h"
#include "core/conn/conn_heard.h"
#include "core/conn/conns_impl.h"
#include "core/conn/dial.h"
#include "core/directory/addrcache.h"
#include "core/listed.h"
#include "core/timings.h"

#define UNKNOWN_PER_ADDRESS 8 /* IPv6 strangers: per /64 */
#define ROOM_PLACES 64	      /* of first dials */
#define ROOM_PENDING 1024     /* first dials that nobody has answered */
#define ROOM_CROWD 128	      /* more first dials that wait are a crowd */

/* --- counters ------------------------------------------------------------ */

bool
room_is_first(unsigned int purpose)
{
	return (purpose & (CONN_PAIR | CONN_AGAIN)) == CONN_PAIR;
}

/* The dial is beside the places of first dials, and no peer has answered it. */
static bool
dial_gives_way(const struct dial *d)
{
	return d->beside && !d->connected;
}

bool
room_is_pending(const struct dial *d)
{
	return !d->connected && (d->beside || room_is_first(d->purpose));
}

#define BIT(use) (1u << (use))

/* The counters for negotiations of a purpose. */
static unsigned int
uses_of(unsigned int purpose)
{
	unsigned int uses = 0;

	if (room_is_first(purpose)) {
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
	if (ch->dial == NULL && room_is_first(ch->purpose))
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
	if (room_is_pending(d))
		uses |= BIT(USE_PENDING);
	if (d->connected && (d->beside || room_is_first(d->purpose)))
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
room_count_conn(struct conn *ch)
{
	unsigned int uses = uses_of_conn(ch);
	bool was = (ch->counted & BIT(USE_NEGOTIATING)) != 0;
	bool is = (uses & BIT(USE_NEGOTIATING)) != 0;

	if (is && !was) {
		ch->heard = conn_heard_get(ch->ctx->env, ch->peer);
		if (ch->heard != NULL)
			ch->heard->negotiating++;
	}
	if (!is && was && ch->heard != NULL)
		conn_heard_done(ch->ctx->env, ch->heard);
	if (!is)
		ch->heard = NULL;
	count_again(ch->ctx, &ch->counted, uses);
}

void
room_count_dial(struct dial *d)
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

/* Connections kept for first dials that are answered. */
static size_t
answered_reserve(const struct conns *cs)
{
	size_t quarter = max_connections(cs) / 4;
	size_t n = cs->uses[USE_ANSWERED];

	return n < quarter ? quarter - n : 0;
}

size_t
conns_count(const struct conns *cs)
{
	return cs->uses[USE_CONN];
}

/* Room that first dials may still need is not to spare. */
size_t
conns_spare(const struct conns *cs)
{
	size_t max = max_connections(cs);
	size_t used =
		conns_count(cs) - cs->uses[USE_PENDING] + answered_reserve(cs);

	return used < max ? max - used : 0;
}

size_t
conns_spare_for_lists(const struct conns *cs)
{
	size_t spare = conns_spare(cs), others = max_connections(cs) / 4;

	return spare > others ? spare - others : 0;
}

/* Leaves a quarter of the connections to those that others make. */
bool
room_for_race(const struct conns *cs)
{
	return conns_spare(cs) > max_connections(cs) / 4;
}

static bool
is_crowded(const struct conns *cs)
{
	return cs->crowd > ROOM_CROWD;
}

int64_t
room_place_ms(const struct conns *cs)
{
	return is_crowded(cs) ? DIAL_CROWD_MS : DIAL_SLOT_MS;
}

/* The oldest one of those that give way. */
static struct dial *
find_giving_way(const struct conns *cs)
{
	struct dial *found = NULL;

	/* The newest ones come first. */
	for (struct dial *d = cs->dials; d != NULL; d = d->next)
		if (dial_gives_way(d))
			found = d;
	return found;
}

struct dial *
room_give_way(const struct conns *cs)
{
	if (cs->uses[USE_PENDING] < ROOM_PENDING)
		return NULL;
	return find_giving_way(cs);
}

static bool
first_has_room(const struct conns *cs, unsigned int purpose)
{
	size_t max = ROOM_PLACES;

	if (purpose & CONN_PATIENT)
		max /= 4;
	if (cs->uses[USE_FRESH] >= max)
		return false;
	if ((purpose & CONN_YIELD) && !is_crowded(cs) &&
	    cs->uses[USE_YIELDING] >= max / 4)
		return false;
	return cs->uses[USE_PENDING] < ROOM_PENDING ||
	       find_giving_way(cs) != NULL;
}

bool
room_for_answered(const struct conns *cs)
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
room_for_negotiation(const struct conns *cs, unsigned int purpose)
{
	return (purpose & CONN_AGAIN) ? again_has_room(cs, purpose) :
					first_has_room(cs, purpose);
}

/* --- callers that have not proved a name --------------------------------- */

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
room_for_caller(struct conns *cs, const struct ipaddr *from, bool *listed,
		struct conn **victim)
{
	struct monotime now = cs->env->now.mono;
	struct crowd same = { .from = from, .before = now };

	*victim = NULL;
	*listed = listed_has(cs->env->listed, from) ||
		  addrcache_has(cs->env->addrcache, now, from);
	same.rank = *listed ? RANK_ADDRESS : RANK_STRANGER;
	if (has_room(cs, &same))
		return true;
	*victim = choose_victim(cs, same);
	return *victim != NULL && cs->total < 2 * cs->env->conf->maxconnections;
}
