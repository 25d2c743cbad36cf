/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From a list's bytes to something that packets can be routed by. */
#include "core/generation.h"

#include <stdlib.h>

/* A subnet of one address that is a broadcast address is left out. */
static size_t
add_node(struct route_entry *out, const struct bnl *b, uint32_t node)
{
	const struct bnl_node *n = &b->nodes[node];
	size_t count = 0;

	for (uint32_t i = 0; i < n->nsubnets; i++) {
		const struct prefix *p = &n->subnets[i];

		if (p->addr.family != IP_V4 || p->len < 32 ||
		    !bnl_is_broadcast(b, NULL, &p->addr))
			out[count++] = (struct route_entry){ *p, node };
	}
	return count;
}

static size_t
add_broadcasts(struct route_entry *out, const struct bnl *b)
{
	struct ipaddr a = { .family = IP_V4, .b = { 255, 255, 255, 255 } };
	size_t count = 0;

	out[count++] = (struct route_entry){ prefix_mask(&a, 32),
					     GENERATION_BROADCAST };
	for (uint32_t i = 0; i < b->nprefixes; i++) {
		a = prefix_last(&b->prefixes[i]);
		if (bnl_is_broadcast(b, NULL, &a))
			out[count++] =
				(struct route_entry){ prefix_mask(&a, 32),
						      GENERATION_BROADCAST };
	}
	return count;
}

static int
build_routes(struct generation *g, struct err *e)
{
	const struct bnl *b = g->bnl;
	size_t count = (size_t)b->nprefixes + 1, n = 0;

	for (uint32_t i = 0; i < b->nnodes; i++)
		count += b->nodes[i].nsubnets;
	g->subnets = calloc(count, sizeof(*g->subnets));
	if (g->subnets == NULL)
		return err_nomem(e);
	for (uint32_t i = 0; i < b->nnodes; i++)
		n += add_node(g->subnets + n, b, i);
	g->nsubnets = n + add_broadcasts(g->subnets + n, b);
	return route_build(&g->routes, g->subnets, g->nsubnets, e);
}

int
generation_receive(struct generation **out, const struct bnl_source *src,
		   const struct key *const *keys, size_t nkeys, struct err *e)
{
	struct generation *g = calloc(1, sizeof(*g));

	if (g == NULL)
		return err_nomem(e);
	if (bnl_receive(&g->bnl, src, keys, nkeys, e) < 0 ||
	    build_routes(g, e) < 0 || listed_build(&g->listed, g->bnl, e) < 0) {
		generation_free(g);
		return -1;
	}
	if (src->base != NULL &&
	    changes_make(&g->changes, src->base, g->bnl) < 0) {
		generation_free(g);
		return err_nomem(e);
	}
	*out = g;
	return 0;
}

int
generation_build(struct generation **out, const void *raw, size_t len,
		 const struct key *const *keys, size_t nkeys, struct err *e)
{
	struct bnl_source src = { .data = raw, .len = len };

	return generation_receive(out, &src, keys, nkeys, e);
}

struct bnl *
generation_take_list(struct generation *g)
{
	struct bnl *b = g->bnl;

	g->bnl = NULL;
	generation_free(g);
	return b;
}

void
generation_free(struct generation *g)
{
	if (g == NULL)
		return;
	bnl_free(g->bnl);
	route_free(&g->routes);
	free(g->subnets);
	listed_free(&g->listed);
	changes_free(&g->changes);
	free(g);
}
