/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The nodes that a list just taken is passed on to. */
#include <string.h>

#include "core/list/gossip_impl.h"
#include "core/timings.h"

/* Nodes that a list is passed on to, besides the next one by name: chance
 * leaves one in exp(PASS_RANDOM) out. */
#define PASS_RANDOM 8
#define PASS_RANDOM_LARGE 2	/* the line takes most of the time for */
#define PASS_LARGE (256 * 1024) /* lists of more bytes that go whole */
#define PASS_TRIES 12		/* instead of those that cannot be reached */
#define PASS_AGAIN_RANDOM 2	/* later, for those that were left out: */
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

/* The node takes the whole of a large list: the list that it was last known to
 * have is none of those from which there is a difference. */
static bool
takes_long(const struct gossip *r, const struct standing *p)
{
	return r->env->bnl->rawlen > PASS_LARGE &&
	       diffs_find(r->diffs, &p->seen) == NULL;
}

/* Chance leaves some out, and some may have been cut off in the middle: so
 * each node passes on a few more times, to others. */
void
gossip_pass_again(struct gossip *r)
{
	int64_t ms = backoff_ms(PASS_AGAIN_MS, INT64_MAX, 2 * r->passes);

	r->pass_next = true;
	r->pass_random = r->passes > 0 ? PASS_AGAIN_RANDOM : PASS_RANDOM;
	r->pass_whole = PASS_RANDOM_LARGE;
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
	gossip_renew(r, p);
	if (!p->pass)
		return;
	p->pass = false;
	if (r->pass_spare == 0)
		return;
	r->pass_spare--;
	if (strcmp(p->entry->name, r->pass_after) == 0) {
		r->pass_next = true;
		return;
	}
	r->pass_random++;
	if (takes_long(r, p))
		r->pass_whole++;
}

/* The node, if it is not known to have the list, and nothing is under way. */
static struct standing *
find_lacking(struct gossip *r, const struct bnl_node *n)
{
	struct standing *p = gossip_is_self(r, n->name) ?
				     NULL :
				     standing_get(r->peers, n->name);

	if (p == NULL)
		return NULL;
	gossip_renew(r, p);
	if (p->pass || gossip_has_ours(r, p) || p->conns > 0)
		return NULL;
	return p;
}

static const char *
pass_to(struct gossip *r, struct standing *p)
{
	p->pass = true;
	if (!timer_is_set(&p->retry) &&
	    timerq_reserve(&r->retries, r->peers->cap) == 0)
		timerq_set(&r->retries, &p->retry,
			   mono_add_ms(r->env->now.mono, PASS_SILENT_MS));
	return p->entry->name;
}

/* The nodes that have the list already may be gone before they pass it on. */
static struct standing *
choose_next(struct gossip *r)
{
	const struct bnl *b = r->env->bnl;
	struct standing *p = NULL;

	for (int i = 0; p == NULL && i < PASS_TRIES; i++) {
		const struct bnl_node *n = node_after(b, r->pass_after);

		memcpy(r->pass_after, n->name, strlen(n->name) + 1);
		p = find_lacking(r, n);
	}
	return p;
}

static struct standing *
choose_any(struct gossip *r)
{
	const struct bnl *b = r->env->bnl;

	for (int i = 0; i < PASS_TRIES; i++) {
		uint32_t k = rng_below(&r->env->rng, b->nnodes);
		struct standing *p = find_lacking(r, &b->nodes[k]);

		if (p == NULL)
			continue;
		if (!takes_long(r, p))
			return p;
		if (r->pass_whole > 0) {
			r->pass_whole--;
			return p;
		}
	}
	return NULL;
}

const char *
gossip_next_pass(struct gossip *r)
{
	struct standing *p = NULL;

	if (r->env->bnl == NULL || r->env->bnl->nnodes == 0)
		return NULL;
	if (r->pass_next)
		p = choose_next(r);
	r->pass_next = false;
	while (p == NULL && r->pass_random > 0) {
		r->pass_random--;
		p = choose_any(r);
	}
	return p == NULL ? NULL : pass_to(r, p);
}
