/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sorted arrays and walks down the halves of a prefix. */
#include "core/devroutes.h"

#include <stdlib.h>
#include <string.h>

#include "format/bnl_draft.h"

static int
prefix_order(const void *a, const void *b)
{
	return prefix_cmp(a, b);
}

static int
addr_order(const void *a, const void *b)
{
	return ipaddr_cmp(a, b);
}

static int
push_prefix(struct vec *v, const struct prefix *p)
{
	struct prefix *at = vec_push(v, sizeof(*at));

	if (at == NULL)
		return -1;
	*at = *p;
	return 0;
}

/* Sorts, and keeps only those that are in none of the others. */
static void
keep_outermost(struct vec *v)
{
	struct prefix *p = v->mem;
	size_t n = 0;

	if (v->n == 0)
		return;
	qsort(p, v->n, sizeof(*p), prefix_order);
	for (size_t i = 1; i < v->n; i++)
		if (!prefix_covers(&p[n], &p[i]))
			p[++n] = p[i];
	v->n = n + 1;
}

bool
devroutes_too_wide(const struct prefix *p)
{
	return p->len <
	       (p->addr.family == IP_V4 ? DEVROUTES_MIN4 : DEVROUTES_MIN6);
}

/* --- real addresses ---------------------------------------------------------- */

struct addrs { /* sorted */
	const struct ipaddr *v;
	size_t n;
};

/* The part of them from that address on. */
static struct addrs
addrs_from(struct addrs a, const struct ipaddr *first)
{
	size_t lo = 0, hi = a.n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (ipaddr_cmp(&a.v[mid], first) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return (struct addrs){ a.v + lo, a.n - lo };
}

static bool
addrs_touch(struct addrs a, const struct prefix *p)
{
	a = addrs_from(a, &p->addr);
	return a.n > 0 && prefix_contains(p, &a.v[0]);
}

/* --- prefixes of the list -------------------------------------------------------- */

static bool
is_clean(const struct devroutes_in *in, const struct prefix *p)
{
	const struct addrs outside = { in->outside, in->noutside };

	if (devroutes_too_wide(p) || addrs_touch(outside, p))
		return false;
	for (size_t i = 0; i < in->nlocal; i++)
		if (prefix_overlaps(&in->local[i], p))
			return false;
	return true;
}

static int
collect_clean(struct vec *out, const struct devroutes_in *in)
{
	for (uint32_t i = 0; i < in->list->nprefixes; i++)
		if (is_clean(in, &in->list->prefixes[i]) &&
		    push_prefix(out, &in->list->prefixes[i]) < 0)
			return -1;
	keep_outermost(out);
	return 0;
}

/* --- subnets --------------------------------------------------------------------- */

static void
note_too_wide(struct devroutes *r, const struct bnl_node *node,
	      const struct prefix *p)
{
	if (r->ntoowide++ > 0)
		return;
	r->toowide = *p;
	r->toowide_node = node->name;
}

static int
collect_subnets(struct vec *out, struct devroutes *r,
		const struct devroutes_in *in)
{
	for (uint32_t i = 0; i < in->list->nnodes; i++) {
		const struct bnl_node *node = &in->list->nodes[i];

		if (strcmp(node->name, in->self) == 0)
			continue;
		for (uint32_t j = 0; j < node->nsubnets; j++) {
			if (devroutes_too_wide(&node->subnets[j]))
				note_too_wide(r, node, &node->subnets[j]);
			else if (push_prefix(out, &node->subnets[j]) < 0)
				return -1;
		}
	}
	keep_outermost(out);
	return 0;
}

/* --- routes ---------------------------------------------------------------------- */

/* All of p but those addresses, in the order of address. */
static int
push_around(struct vec *out, const struct prefix *p, struct addrs outside)
{
	struct prefix half = *p;

	outside = addrs_from(outside, &p->addr);
	if (outside.n == 0 || !prefix_contains(p, &outside.v[0]))
		return push_prefix(out, p);
	if (p->len == ipaddr_bits(&p->addr))
		return 0;
	half.len++;
	if (push_around(out, &half, outside) < 0)
		return -1;
	half.addr.b[p->len / 8] |= (uint8_t)(0x80 >> p->len % 8);
	return push_around(out, &half, outside);
}

/* The clean prefix around p, among those from *at on; all arguments go up. */
static const struct prefix *
find_around(const struct vec *clean, size_t *at, const struct prefix *p)
{
	const struct prefix *v = clean->mem;

	while (*at < clean->n && prefix_cmp(&v[*at], p) < 0 &&
	       !prefix_covers(&v[*at], p))
		++*at;
	return *at < clean->n && prefix_covers(&v[*at], p) ? &v[*at] : NULL;
}

static int
push_all(struct vec *out, const struct vec *clean, const struct vec *subnets,
	 const struct devroutes_in *in)
{
	const struct addrs outside = { in->outside, in->noutside };
	const struct prefix *p = subnets->mem, *around, *last = NULL;
	size_t at = 0;
	int rc = 0;

	for (size_t i = 0; i < subnets->n && rc == 0; i++) {
		around = find_around(clean, &at, &p[i]);
		if (around == NULL)
			rc = push_around(out, &p[i], outside);
		else if (around != last)
			rc = push_prefix(out, around);
		last = around;
	}
	for (size_t i = 0; i < in->nown && rc == 0; i++) {
		at = 0;
		around = find_around(clean, &at, &in->own[i]);
		if (around != NULL)
			rc = push_prefix(out, around);
	}
	keep_outermost(out);
	return rc;
}

int
devroutes_make(struct devroutes *out, const struct devroutes_in *in,
	       struct err *e)
{
	struct vec clean = { 0 }, subnets = { 0 }, all = { 0 };
	struct devroutes r = { 0 };
	bool done;

	if (in->noutside > 0)
		qsort(in->outside, in->noutside, sizeof(*in->outside),
		      addr_order);
	done = collect_clean(&clean, in) == 0 &&
	       collect_subnets(&subnets, &r, in) == 0 &&
	       push_all(&all, &clean, &subnets, in) == 0;
	free(clean.mem);
	free(subnets.mem);
	if (!done) {
		free(all.mem);
		return err_nomem(e);
	}
	r.v = all.mem;
	r.n = all.n;
	*out = r;
	return 0;
}

void
devroutes_free(struct devroutes *r)
{
	free(r->v);
	*r = (struct devroutes){ 0 };
}

const struct prefix *
devroutes_find(const struct devroutes *r, const struct ipaddr *a)
{
	struct prefix key = prefix_mask(a, ipaddr_bits(a));
	size_t lo = 0, hi = r->n;

	while (lo < hi) { /* the last one that is not behind it */
		size_t mid = lo + (hi - lo) / 2;

		if (prefix_cmp(&r->v[mid], &key) <= 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo > 0 && prefix_contains(&r->v[lo - 1], a) ? &r->v[lo - 1] :
							     NULL;
}
