/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whose list is fetched, and for how long. */
#include "core/bnlturn.h"

#include <string.h>

#define STALL_MS 600		/* without data: others may deliver it */
#define HOLD_MS 5000		/* after this others may in any case */
#define HOLD_DOUBLINGS 5
#define LOOK_MS 2000		/* between two looks at a transfer after that */

bool
bnlturn_must_wait(const struct bnlsync_conn *conns,
		  const struct bnlsync_conn *c, const struct bnltake *take,
		  struct monotime now)
{
	size_t n = bnltake_count(take);

	for (const struct bnlsync_conn *o = conns; o != NULL; o = o->next) {
		if (o->in != SYNC_GETTING)
			continue;
		n++;
		if (strcmp(o->peer, c->peer) == 0 ||
		    (mono_ms(o->moved, now) < STALL_MS &&
		     mono_ms(o->since, now) < HOLD_MS &&
		     bnl_version_cmp(&o->have.version, &c->have.version) >= 0))
			return true;
	}
	return n >= BNLTAKE_MAX || bnltake_has(take, &c->have.version);
}

/* A transfer has this time to itself. */
static int64_t
hold_ms(const struct bnlturn *t)
{
	return (int64_t)HOLD_MS << t->gave_way;
}

/* The transfer has had its time, or twice that when it is nearly done: at the
 * rate so far the rest takes no longer than that. */
static bool
has_had_its_time(const struct bnlturn *t, const struct bnlsync_conn *c,
		 struct monotime now)
{
	int64_t hold = hold_ms(t), took = mono_ms(c->since, now);
	int64_t got = (int64_t)buf_len(&c->data);

	return took >= 2 * hold ||
	       (took >= hold && ((int64_t)c->due - got) * took > got * hold);
}

struct monotime
bnlturn_look(const struct bnlturn *t, const struct bnlsync_conn *c,
	     struct monotime now)
{
	struct monotime at = mono_add_ms(c->since, hold_ms(t));

	if (mono_reached(at, now))
		at = mono_add_ms(now, LOOK_MS);
	return mono_min(at, c->end);
}

/* Another peer has a list to deliver, for which there is no place. */
static bool
is_waited_for(const struct bnlsync_conn *conns, const struct bnlsync_conn *c,
	      const struct bnltake *take)
{
	size_t busy = bnltake_count(take), waiting = 0;

	for (const struct bnlsync_conn *o = conns; o != NULL; o = o->next) {
		busy += o->in == SYNC_GETTING;
		waiting += o->in == SYNC_OFFERED &&
			   strcmp(o->peer, c->peer) != 0;
	}
	return busy >= BNLTAKE_MAX && waiting > 0;
}

/* Bytes a second, so far. */
static int64_t
rate_of(const struct bnlsync_conn *c, struct monotime now)
{
	return (int64_t)buf_len(&c->data) * 1000 /
	       (mono_ms(c->since, now) + 1);
}

bool
bnlturn_gives_way(struct bnlturn *t, const struct bnlsync_conn *conns,
		  const struct bnlsync_conn *c, const struct bnltake *take,
		  struct monotime now)
{
	if (!has_had_its_time(t, c, now) || !is_waited_for(conns, c, take))
		return false;
	for (const struct bnlsync_conn *o = conns; o != NULL; o = o->next)
		if (o != c && o->in == SYNC_GETTING &&
		    has_had_its_time(t, o, now) &&
		    rate_of(o, now) < rate_of(c, now))
			return false;
	if (t->gave_way < HOLD_DOUBLINGS)
		t->gave_way++;
	return true;
}

void
bnlturn_delivered(struct bnlturn *t)
{
	t->gave_way = 0;
}
