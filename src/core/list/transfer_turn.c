/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whose list is fetched, and for how long. */
#include "core/list/transfer_turn.h"

#include <string.h>

#include "base/backoff.h"
#include "core/timings.h"

bool
transfer_turn_must_wait(const struct transfer_conn *conns,
			const struct transfer_conn *c,
			const struct install *take, struct monotime now)
{
	size_t n = install_count(take);

	for (const struct transfer_conn *o = conns; o != NULL; o = o->next) {
		if (o->in != SYNC_GETTING)
			continue;
		n++;
		if (strcmp(o->peer, c->peer) == 0 ||
		    (mono_ms(o->moved, now) < TRANSFER_STALL_MS &&
		     mono_ms(o->since, now) < TRANSFER_HOLD_MS &&
		     bnl_version_cmp(&o->have.version, &c->have.version) >= 0))
			return true;
	}
	return n >= INSTALL_MAX || install_has(take, &c->have.version);
}

/* A transfer has this time to itself. */
static int64_t
hold_ms(const struct transfer_turn *t)
{
	return backoff_ms(TRANSFER_HOLD_MS, TRANSFER_HOLD_MAX_MS, t->gave_way);
}

/* The transfer has had its time, or twice that when it is nearly done: at the
 * rate so far the rest takes no longer than that. */
static bool
has_had_its_time(const struct transfer_turn *t, const struct transfer_conn *c,
		 struct monotime now)
{
	int64_t hold = hold_ms(t), took = mono_ms(c->since, now);
	int64_t got = (int64_t)buf_len(&c->data);

	return took >= 2 * hold ||
	       (took >= hold && ((int64_t)c->due - got) * took > got * hold);
}

struct monotime
transfer_turn_look(const struct transfer_turn *t, const struct transfer_conn *c,
		   struct monotime now)
{
	struct monotime at = mono_add_ms(c->since, hold_ms(t));

	if (mono_reached(at, now))
		at = mono_add_ms(now, TRANSFER_LOOK_MS);
	return mono_min(at, c->end);
}

/* Another peer has a list to deliver, for which there is no place. */
static bool
is_waited_for(const struct transfer_conn *conns, const struct transfer_conn *c,
	      const struct install *take)
{
	size_t busy = install_count(take), waiting = 0;

	for (const struct transfer_conn *o = conns; o != NULL; o = o->next) {
		busy += o->in == SYNC_GETTING;
		waiting +=
			o->in == SYNC_OFFERED && strcmp(o->peer, c->peer) != 0;
	}
	return busy >= INSTALL_MAX && waiting > 0;
}

/* Bytes a second, so far. */
static int64_t
rate_of(const struct transfer_conn *c, struct monotime now)
{
	return (int64_t)buf_len(&c->data) * 1000 / (mono_ms(c->since, now) + 1);
}

bool
transfer_turn_gives_way(struct transfer_turn *t,
			const struct transfer_conn *conns,
			const struct transfer_conn *c,
			const struct install *take, struct monotime now)
{
	if (!has_had_its_time(t, c, now) || !is_waited_for(conns, c, take))
		return false;
	for (const struct transfer_conn *o = conns; o != NULL; o = o->next)
		if (o != c && o->in == SYNC_GETTING &&
		    has_had_its_time(t, o, now) &&
		    rate_of(o, now) < rate_of(c, now))
			return false;
	t->gave_way++;
	return true;
}

void
transfer_turn_delivered(struct transfer_turn *t)
{
	t->gave_way = 0;
}
