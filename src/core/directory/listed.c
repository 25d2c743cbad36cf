/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A sorted array, built beside the loop and searched for each connection. */
#include "core/listed.h"

#include <stdlib.h>

static int
compare_entries(const void *a, const void *b)
{
	return ipaddr_cmp(a, b);
}

void
listed_take(struct listed *out, struct ipaddr *all, size_t n)
{
	qsort(all, n, sizeof(*all), compare_entries);
	*out = (struct listed){ all, n };
}

int
listed_build(struct listed *out, const struct bnl *b, struct err *e)
{
	size_t count = 0, n = 0;
	struct ipaddr *all;

	for (uint32_t i = 0; i < b->nnodes; i++)
		count += b->nodes[i].naddresses;
	all = calloc(count + 1, sizeof(*all));
	if (all == NULL)
		return err_nomem(e);
	for (uint32_t i = 0; i < b->nnodes; i++)
		for (uint32_t j = 0; j < b->nodes[i].naddresses; j++) {
			const struct bnl_address *a = &b->nodes[i].addresses[j];

			if (a->host == NULL)
				all[n++] = a->ep.addr;
		}
	listed_take(out, all, n);
	return 0;
}

void
listed_free(struct listed *l)
{
	free(l->addr);
}

bool
listed_has(const struct listed *l, const struct ipaddr *a)
{
	return l != NULL && l->n > 0 &&
	       bsearch(a, l->addr, l->n, sizeof(*a), compare_entries) != NULL;
}
