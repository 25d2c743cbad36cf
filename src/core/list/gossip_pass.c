/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The nodes that a list just taken is passed on to. */
#include <string.h>

#include "core/list/gossip_impl.h"

/* Nodes that a list is passed on to, besides the next one by name: chance
 * leaves one in exp(PASS_RANDOM) out. */
#define PASS_RANDOM 8
#define PASS_RANDOM_LARGE 2	/* the line takes most of the time for */
#define PASS_LARGE (256 * 1024) /* lists of more bytes */
#define PASS_TRIES 12		/* instead of those that cannot be reached */
#define PASS_SILENT_MS 1000	/* or that are not connected after so long */
#define PASS_AGAIN_RANDOM 2	/* later, for those that were left out: */
#define PASS_AGAIN_MS 2000	/* delay until then, */
#define PASS_AGAIN_TIMES 2	/* and so often, each time four times as late */

const struct bnl_node *
gossip_first_after(const struct bnl *b, const char *name)
{
	uint32_t lo = 0, hi = b->nnodes;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (strcmp(b->nodes[mid].name, name) <= 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < b->nnodes ? &b->nodes[lo] : NULL;
}

/* The same round the end. */
static const struct bnl_node *
node_after(const struct bnl *b, const char *name)
{
	const struct bnl_node *n = gossip_first_after(b, name);

	return n != NULL ? n : &b->nodes[0];
}

/* The nodes that this node passes its list on to, in one go. */
static unsigned int
pass_count(const struct gossip *r)
{
	if (r->passes > 0)
		return PASS_AGAIN_RANDOM;
	return r->env->bnl->rawlen > PASS_LARGE ? PASS_RANDOM_LARGE :
						  PASS_RANDOM;
}

/* Chance leaves some out, and some may have been cut off in the middle: so
 * each node passes on a few more times, to others. */
void
gossip_pass_again(struct gossip *r)
{
	int64_t ms = PASS_AGAIN_MS << 2 * r->passes;

	r->pass_next = true;
	r->pass_random = pass_count(r);
	r->pass_spare = PASS_TRIES;
	r->pass_at =
		r->passes++ < PASS_AGAIN_TIMES ?
			mono_add_ms(r->env->now.mono, gossip_jittered(r, ms)) :
			MONO_NEVER;
}

void
gossip_pass_on(struct gossip *r)
{
	memcpy(r->pass_after, r->env->self, strlen(r->env->self) + 1);
	r->passes = 0;
	gossip_pass_again(r);
}

/* Another node takes its place; the next one by name is replaced by the one
 * after it. */
void
gossip_pass_instead(struct gossip *r, struct standing *p)
{
	if (!p->pass)
		return;
	p->pass = false;
	if (r->pass_spare == 0)
		return;
	r->pass_spare--;
	if (strcmp(p->name, r->pass_after) == 0)
		r->pass_next = true;
	else
		r->pass_random++;
}

/* A node that is not known to have the list. */
static const char *
pass_to(struct gossip *r, const struct bnl_node *n)
{
	struct standing *p = gossip_is_self(r, n->name) ?
				     NULL :
				     standing_get(r->peers, n->name);

	if (p == NULL || p->pass || gossip_has_ours(r, p) || p->conns > 0)
		return NULL;
	p->pass = true;
	if (!timer_is_set(&p->retry) &&
	    timerq_reserve(&r->retries, r->peers->table.cap) == 0)
		timerq_set(&r->retries, &p->retry,
			   mono_add_ms(r->env->now.mono, PASS_SILENT_MS));
	return p->name;
}

const char *
gossip_next_pass(struct gossip *r)
{
	const struct bnl *b = r->env->bnl;
	const char *name;

	if (b == NULL || b->nnodes == 0)
		return NULL;
	/* The nodes that have the list already may be gone before they pass it
	 * on. */
	for (int i = 0; r->pass_next && i < PASS_TRIES; i++) {
		const struct bnl_node *n = node_after(b, r->pass_after);

		memcpy(r->pass_after, n->name, strlen(n->name) + 1);
		name = pass_to(r, n);
		r->pass_next = name == NULL;
		if (name != NULL)
			return name;
	}
	r->pass_next = false;
	while (r->pass_random > 0) {
		r->pass_random--;
		for (int i = 0; i < PASS_TRIES; i++) {
			uint32_t k = rng_below(&r->env->rng, b->nnodes);

			name = pass_to(r, &b->nodes[k]);
			if (name != NULL)
				return name;
		}
	}
	return NULL;
}
