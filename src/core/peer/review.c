/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A round over all peers after another list or configuration: for whatever may
 * wait, a few peers at a time, so that packets do not wait for it. All that
 * decides who may send what was done before, when the list came into force.
 */
#include "core/core_impl.h"
#include "core/timings.h"

#define REVIEW_STEP_PEERS 50
#define REVIEW_STEP_NAMES 50 /* of each kind */

static void
review_peer(struct peer *p, unsigned int todo)
{
	struct core *c = p->core;

	if (todo & REVIEW_LOCATE)
		peer_locate(p);
	if (todo & REVIEW_SECRETS)
		secret_store_check_one(c->secrets, c->env.bnl, p->name);
	if (todo & REVIEW_CONF) {
		pmtu_probe_reconf(p);
		p->turn.failures = 0;
	}
	if (todo & REVIEW_RENEW)
		peer_renew(p);
	if ((todo & (REVIEW_LIST | REVIEW_CONF)) && peer_rests(p))
		peer_retry(p);
}

/* The one walk over what is known of other nodes: each folder forgets a node
 * that is not in the list. True at the end. */
static bool
review_entries(struct core *c, size_t *at)
{
	for (int i = 0; i < REVIEW_STEP_NAMES; i++) {
		struct entry *e = names_next(&c->env.names, at);

		if (e == NULL)
			return true;
		lists_review(c->lists, e);
		conns_review(c->conns, e);
		if (names_drop(&c->env.names, e))
			--*at;
	}
	return false;
}

/* Names that are not in the list any more are forgotten, a few at a time of
 * each kind. True at the end. */
static bool
review_names(struct core *c)
{
	size_t *at = c->review_names;
	bool done[REVIEW_NAMES] = {
		review_entries(c, &at[0]),
		hosts_keep(c->hosts, &c->gen->listed, &at[1],
			   REVIEW_STEP_NAMES),
		c->env.stale || addrcache_keep_some(
					c->env.addrcache, c->env.now.mono,
					c->gen->bnl, &at[2], REVIEW_STEP_NAMES),
	};

	return done[0] && done[1] && done[2];
}

void
review_tick(struct core *c)
{
	bool names = (c->review_todo & REVIEW_LIST) == 0 || c->gen == NULL ||
		     review_names(c);

	for (int i = 0; i < REVIEW_STEP_PEERS && c->review_left > 0; i++) {
		struct peer *p = c->peers[c->review_at++ % c->npeers];

		c->review_left--;
		review_peer(p, c->review_todo);
	}
	if (c->review_left > 0 || !names)
		timerq_set(&c->timers, &c->review,
			   mono_add_ms(c->env.now.mono, REVIEW_STEP_MS));
	else
		c->review_todo = 0;
}

void
review_begin(struct core *c, unsigned int todo)
{
	c->review_todo |= todo;
	c->review_left = c->npeers;
	if (todo & REVIEW_LIST)
		memset(c->review_names, 0, sizeof(c->review_names));
	timerq_cancel(&c->timers, &c->review);
	review_tick(c);
}
