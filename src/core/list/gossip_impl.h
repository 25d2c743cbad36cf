/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The state that gossip.c and gossip_pass.c share. */
#ifndef CORE_LIST_GOSSIP_IMPL_H
#define CORE_LIST_GOSSIP_IMPL_H

#include <string.h>

#include "base/backoff.h"
#include "base/timerq.h"
#include "core/list/gossip.h"

struct gossip {
	struct core_env *env;
	struct standings *peers;
	const struct diffs *diffs;
	struct timerq retries;
	struct standing *ready, **ready_tail; /* pushes that are due */
	struct monotime next_pull;
	bool hurry;
	unsigned int round;		/* counts lists that came into force */
	char cursor[NODE_NAME_MAX + 1]; /* last one asked in a round */
	size_t ask, visit;		/* left in this round */
	struct monotime visit_at;	/* the next ones are visited */
	char pass_after[NODE_NAME_MAX + 1]; /* the one after this is next */
	bool pass_next;
	unsigned int pass_random;	      /* others still to be asked */
	unsigned int pass_whole;	      /* of which so many at most take
					       * the whole of a large list */
	unsigned int pass_spare;	      /* replacements left */
	unsigned int passes;		      /* passes of this list so far */
	struct monotime pass_at;	      /* the next one */
	struct standing *pulls, **pulls_tail; /* that told of newer lists */
	struct monotime news_at; /* earliest time to ask the next of them */
};

/* Between three quarters and five quarters of it. */
static inline int64_t
gossip_jittered(struct gossip *r, int64_t ms)
{
	return jitter_ms(ms - ms / 4, ms / 2, rng_u32(&r->env->rng));
}

/* The node is known to have the list in force, or a newer one. */
static inline bool
gossip_has_ours(const struct gossip *r, const struct standing *p)
{
	return bnl_version_cmp(&p->seen, core_env_serves(r->env)) >= 0;
}

static inline bool
gossip_is_self(const struct gossip *r, const char *name)
{
	return strcmp(name, r->env->self) == 0;
}

static inline void
gossip_push_done(struct gossip *r, struct standing *p)
{
	p->push = false;
	timerq_cancel(&r->retries, &p->retry);
}

/* Ends the node's part in the round of an earlier list. Called before its
 * fields for a round are read or set, so that no walk over all nodes has to
 * reset them. */
static inline void
gossip_renew(struct gossip *r, struct standing *p)
{
	if (p->round == r->round)
		return;
	p->round = r->round;
	p->ready = p->pass = false;
	if (p->push)
		gossip_push_done(r, p);
}

/* --- gossip_pass.c -------------------------------------------------------- */
/* The first node of the list behind that name; NULL: there is none. */
const struct bnl_node *gossip_first_after(const struct bnl *b,
					  const char *name);
/* Passes the list in force on, once more. */
void gossip_pass_again(struct gossip *r);
/* Another node takes the place of this one, if it was one of those. */
void gossip_pass_instead(struct gossip *r, struct standing *p);
/* The next node to pass the list on to; NULL: there is none. */
const char *gossip_next_pass(struct gossip *r);

#endif
