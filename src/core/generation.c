/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From a list's bytes to something that packets can be routed by. */
#include "core/generation.h"

#include <stdlib.h>

#include "format/bnl_sign.h"

static int
build_routes(struct route_table *out, const struct bnl *b, struct err *e)
{
	struct route_entry *entries;
	size_t count = 0, n = 0;
	int rc;

	for (uint32_t i = 0; i < b->nnodes; i++)
		count += b->nodes[i].nsubnets;
	entries = calloc(count + 1, sizeof(*entries));
	if (entries == NULL)
		return err_nomem(e);
	for (uint32_t i = 0; i < b->nnodes; i++)
		for (uint32_t j = 0; j < b->nodes[i].nsubnets; j++)
			entries[n++] = (struct route_entry){
				b->nodes[i].subnets[j], i
			};
	rc = route_build(out, entries, n, e);
	free(entries);
	return rc;
}

int
generation_build(struct generation **out, const void *raw, size_t len,
		 const struct key *const *keys, size_t nkeys, struct err *e)
{
	struct generation *g = calloc(1, sizeof(*g));

	if (g == NULL)
		return err_nomem(e);
	if (bnl_open(&g->bnl, raw, len, keys, nkeys, e) < 0 ||
	    build_routes(&g->routes, g->bnl, e) < 0 ||
	    listed_build(&g->listed, g->bnl, e) < 0) {
		generation_free(g);
		return -1;
	}
	*out = g;
	return 0;
}

void
generation_free(struct generation *g)
{
	if (g == NULL)
		return;
	bnl_free(g->bnl);
	route_free(&g->routes);
	listed_free(&g->listed);
	free(g);
}
