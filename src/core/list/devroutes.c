/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Walks over sorted arrays, and leaps over what lies in one prefix. */
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

/* --- prefixes of the list ------------------------------------------------- */

static bool
is_clean(const struct devroutes_in *in, const struct prefix *p)
{
	if (devroutes_too_wide(p))
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

/* --- subnets -------------------------------------------------------------- */

static void
note_too_wide(struct devroutes *r, const struct bnl_node *node,
	      const struct prefix *p)
{
	if (r->ntoowide++ > 0)
		return;
	r->toowide = *p;
	r->toowide_node = node->name;
}

/* --- routes --------------------------------------------------------------- */

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

/* The first subnet from that one on which is not in p. */
static size_t
leap_over(const struct devroutes_in *in, size_t lo, const struct prefix *p)
{
	size_t hi = in->nsubnets;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (prefix_covers(p, &in->subnets[mid].prefix))
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static int
push_subnets(struct vec *out, struct devroutes *r, const struct vec *clean,
	     const struct devroutes_in *in)
{
	size_t at = 0;

	for (size_t i = 0; i < in->nsubnets;) {
		const struct route_entry *s = &in->subnets[i++];
		const struct prefix *around;

		/* Broadcast addresses belong to no node. */
		if (s->value == in->self || s->value >= in->list->nnodes)
			continue;
		around = find_around(clean, &at, &s->prefix);
		if (around == NULL && devroutes_too_wide(&s->prefix)) {
			note_too_wide(r, &in->list->nodes[s->value],
				      &s->prefix);
			continue;
		}
		if (push_prefix(out, around != NULL ? around : &s->prefix) < 0)
			return -1;
		if (around != NULL)
			i = leap_over(in, i, around);
	}
	return 0;
}

static int
push_own(struct vec *out, const struct vec *clean,
	 const struct devroutes_in *in)
{
	for (size_t i = 0; i < in->nown; i++) {
		size_t at = 0;
		const struct prefix *around =
			find_around(clean, &at, &in->own[i]);

		if (around != NULL && push_prefix(out, around) < 0)
			return -1;
	}
	return 0;
}

int
devroutes_make(struct devroutes *out, const struct devroutes_in *in,
	       struct err *e)
{
	struct vec clean = { 0 }, all = { 0 };
	struct devroutes r = { 0 };
	bool done = collect_clean(&clean, in) == 0 &&
		    push_subnets(&all, &r, &clean, in) == 0 &&
		    push_own(&all, &clean, in) == 0;

	free(clean.mem);
	if (!done) {
		free(all.mem);
		return err_nomem(e);
	}
	keep_outermost(&all);
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
