/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A round over all peers after another list or configuration: for whatever may
 * wait, a few peers at a time, so that packets do not wait for it. All that
 * decides who may send what was done before, when the list came into force.
 */
#include "core/core_impl.h"
#include "core/timings.h"

#define REVIEW_STEP_PEERS 50

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

/* Addresses of nodes that left the list, in the same steps. True at the end. */
static bool
review_known(struct core *c)
{
	if (c->gen == NULL || c->env.stale)
		return true;
	return addrcache_keep_some(c->env.addrcache, c->env.now.mono,
				   c->gen->bnl, &c->review_known,
				   REVIEW_STEP_PEERS);
}

static void
review_end(struct core *c)
{
	if ((c->review_todo & REVIEW_LIST) && c->gen != NULL)
		hosts_keep(c->hosts, c->gen->bnl);
	c->review_todo = 0;
}

void
review_tick(struct core *c)
{
	bool known = (c->review_todo & REVIEW_LIST) == 0 || review_known(c);

	for (int i = 0; i < REVIEW_STEP_PEERS && c->review_left > 0; i++) {
		struct peer *p = c->peers[c->review_at++ % c->npeers];

		c->review_left--;
		review_peer(p, c->review_todo);
	}
	if (c->review_left > 0 || !known)
		timerq_set(&c->timers, &c->review,
			   mono_add_ms(c->env.now.mono, REVIEW_STEP_MS));
	else
		review_end(c);
}

void
review_begin(struct core *c, unsigned int todo)
{
	c->review_todo |= todo;
	c->review_left = c->npeers;
	if (todo & REVIEW_LIST)
		c->review_known = 0;
	timerq_cancel(&c->timers, &c->review);
	review_tick(c);
}
