/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sorted arrays, built beside the loop and searched for each connection. */
#include "core/listed.h"

#include <stdlib.h>
#include <string.h>

static int
compare_entries(const void *a, const void *b)
{
	return ipaddr_cmp(a, b);
}

static int
compare_names(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;

	return strcmp(*x, *y);
}

void
listed_take(struct listed *out, struct ipaddr *all, size_t n)
{
	qsort(all, n, sizeof(*all), compare_entries);
	*out = (struct listed){ .addr = all, .n = n };
}

/* Room for n of both. */
static int
listed_reserve(struct listed *l, size_t n)
{
	l->addr = calloc(n + 1, sizeof(*l->addr));
	l->host = calloc(n + 1, sizeof(*l->host));
	if (l->addr != NULL && l->host != NULL)
		return 0;
	listed_free(l);
	return -1;
}

int
listed_build(struct listed *out, const struct bnl *b, struct err *e)
{
	struct listed l = { 0 };
	size_t count = 0;

	for (uint32_t i = 0; i < b->nnodes; i++)
		count += b->nodes[i].naddresses;
	if (listed_reserve(&l, count) < 0)
		return err_nomem(e);
	for (uint32_t i = 0; i < b->nnodes; i++)
		for (uint32_t j = 0; j < b->nodes[i].naddresses; j++) {
			const struct bnl_address *a = &b->nodes[i].addresses[j];

			if (a->host == NULL)
				l.addr[l.n++] = a->ep.addr;
			else
				l.host[l.nhosts++] = a->host;
		}
	qsort(l.addr, l.n, sizeof(*l.addr), compare_entries);
	qsort(l.host, l.nhosts, sizeof(*l.host), compare_names);
	*out = l;
	return 0;
}

void
listed_free(struct listed *l)
{
	free(l->addr);
	free(l->host);
	*l = (struct listed){ 0 };
}

bool
listed_has(const struct listed *l, const struct ipaddr *a)
{
	return l != NULL && l->n > 0 &&
	       bsearch(a, l->addr, l->n, sizeof(*a), compare_entries) != NULL;
}

bool
listed_has_host(const struct listed *l, const char *name)
{
	return l->nhosts > 0 &&
	       bsearch(&name, l->host, l->nhosts, sizeof(*l->host),
		       compare_names) != NULL;
}
