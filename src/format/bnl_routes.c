/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Compares the routes of two lists. The subnets of both are sorted and
 * disjoint, so one walk down the halves of the address space finds every part
 * that has one owner in each.
 */
#include "format/bnl_routes.h"

#include <stdlib.h>
#include <string.h>

struct owned {
	struct prefix p;
	const struct bnl_node *node;
};

/* A run of one list's subnets, all within or around some prefix. */
struct run {
	const struct owned *v;
	size_t n;
};

static int
by_address(const void *a, const void *b)
{
	return prefix_cmp(&((const struct owned *)a)->p,
			  &((const struct owned *)b)->p);
}

/* Sorts the subnets; omits a subnet inside another one, which belongs to the
 * same node. */
static int
collect_owned(struct vec *out, const struct bnl *b)
{
	struct owned *v;
	size_t n = 0;

	for (uint32_t i = 0; i < b->nnodes; i++)
		for (uint32_t j = 0; j < b->nodes[i].nsubnets; j++) {
			v = vec_push(out, sizeof(*v));
			if (v == NULL)
				return -1;
			v->p = b->nodes[i].subnets[j];
			v->node = &b->nodes[i];
		}
	if (out->n < 2)
		return 0;
	v = out->mem;
	qsort(v, out->n, sizeof(*v), by_address);
	for (size_t i = 1; i < out->n; i++)
		if (!prefix_covers(&v[n].p, &v[i].p))
			v[++n] = v[i];
	out->n = n + 1;
	return 0;
}

/* True when all of p has the same owner in r; node may be NULL. */
static bool
one_owner(const struct run *r, const struct prefix *p,
	  const struct bnl_node **node)
{
	*node = r->n > 0 ? r->v[0].node : NULL;
	return r->n == 0 || prefix_covers(&r->v[0].p, p);
}

/* The part of r that overlaps half. */
static struct run
part_of(const struct run *r, const struct prefix *half)
{
	size_t from = 0, to;

	while (from < r->n && !prefix_overlaps(&r->v[from].p, half))
		from++;
	for (to = from; to < r->n && prefix_overlaps(&r->v[to].p, half);)
		to++;
	return (struct run){ to > from ? r->v + from : NULL, to - from };
}

static bool
same_node(const struct bnl_node *a, const struct bnl_node *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return strcmp(a->name, b->name) == 0;
}

static int
walk_space(struct vec *out, const struct prefix *p, const struct run *a,
	   const struct run *b)
{
	const struct bnl_node *from, *to;
	struct bnl_route *route;
	struct prefix half = *p;
	bool whole = one_owner(a, p, &from);

	if (one_owner(b, p, &to) && whole) {
		if (same_node(from, to))
			return 0;
		route = vec_push(out, sizeof(*route));
		if (route == NULL)
			return -1;
		*route = (struct bnl_route){ *p, from, to };
		return 0;
	}
	half.len++;
	for (int i = 0; i < 2; i++) {
		struct run x = part_of(a, &half), y = part_of(b, &half);

		if (walk_space(out, &half, &x, &y) != 0)
			return -1;
		half.addr.b[p->len / 8] |= (uint8_t)(0x80 >> p->len % 8);
	}
	return 0;
}

int
bnl_routes(struct vec *out, const struct bnl *before, const struct bnl *after)
{
	static const struct prefix all[] = {
		{ .addr = { .family = IP_V4 } },
		{ .addr = { .family = IP_V6 } },
	};
	struct vec a = { 0 }, b = { 0 };
	int rc = -1;

	memset(out, 0, sizeof(*out));
	if (collect_owned(&a, before) == 0 && collect_owned(&b, after) == 0) {
		struct run ra = { a.mem, a.n }, rb = { b.mem, b.n };

		rc = 0;
		for (int i = 0; i < 2 && rc == 0; i++) {
			struct run x = part_of(&ra, &all[i]);
			struct run y = part_of(&rb, &all[i]);

			rc = walk_space(out, &all[i], &x, &y);
		}
	}
	if (rc != 0) {
		free(out->mem);
		memset(out, 0, sizeof(*out));
	}
	free(a.mem);
	free(b.mem);
	return rc;
}
