/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Flattening nested prefixes into ranges, and searching them. */
#include "core/route.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

#define CACHE_LINE 64
#define NESTING_MAX 130 /* a prefix of each length, and the gap */

static struct route_key
key_of(const struct ipaddr *a)
{
	if (a->family == IP_V4)
		return (struct route_key){ 0, get_be32(a->b) };
	return (struct route_key){ get_be64(a->b), get_be64(a->b + 8) };
}

static int
key_cmp(struct route_key a, struct route_key b)
{
	if (a.hi != b.hi)
		return a.hi < b.hi ? -1 : 1;
	return a.lo < b.lo ? -1 : a.lo > b.lo;
}

static int
entry_cmp(const void *a, const void *b)
{
	const struct route_entry *x = a, *y = b;

	return prefix_cmp(&x->prefix, &y->prefix);
}

/* Ranges under construction, of one family. */
struct flat {
	struct route_key *start;
	uint32_t *value;
	size_t n;
};

static void
flat_add(struct flat *f, struct route_key start, uint32_t value)
{
	/* A range that begins where the last one began replaces it: it is
	 * longer. */
	if (f->n > 0 && key_cmp(f->start[f->n - 1], start) == 0)
		f->n--;
	if (f->n > 0 && f->value[f->n - 1] == value)
		return;
	f->start[f->n] = start;
	f->value[f->n++] = value;
}

/* The address behind the last one of p; false when there is none. */
static bool
key_after(struct route_key *out, const struct prefix *p)
{
	struct ipaddr last = prefix_last(p);
	struct route_key k = key_of(&last);

	if (p->addr.family == IP_V4 ?
		    k.lo == UINT32_MAX :
		    (k.lo == UINT64_MAX && k.hi == UINT64_MAX))
		return false;
	out->lo = k.lo + 1;
	out->hi = k.hi + (out->lo == 0);
	return true;
}

/* Ends the innermost open prefixes until the rest covers p (NULL: all). */
static void
close_until(struct flat *f, const struct route_entry **open, size_t *depth,
	    const struct prefix *p)
{
	struct route_key after;

	while (*depth > 0 &&
	       (p == NULL || !prefix_covers(&open[*depth - 1]->prefix, p))) {
		const struct route_entry *ended = open[--*depth];
		uint32_t outer =
			*depth > 0 ? open[*depth - 1]->value : ROUTE_NONE;

		if (key_after(&after, &ended->prefix))
			flat_add(f, after, outer);
	}
}

static void
flatten_entries(struct flat *f, const struct route_entry *entries, size_t count)
{
	const struct route_entry *open[NESTING_MAX];
	size_t depth = 0;

	flat_add(f, (struct route_key){ 0, 0 }, ROUTE_NONE);
	for (size_t i = 0; i < count; i++) {
		const struct prefix *p = &entries[i].prefix;

		if (i > 0 && prefix_cmp(&entries[i - 1].prefix, p) == 0)
			continue;
		close_until(f, open, &depth, p);
		flat_add(f, key_of(&p->addr), entries[i].value);
		open[depth++] = &entries[i];
	}
	close_until(f, open, &depth, NULL);
}

static int
flat_alloc(struct flat *f, size_t entries)
{
	size_t most = entries * 2 + 1;

	f->n = 0;
	f->start = malloc(most * sizeof(*f->start));
	f->value = malloc(most * sizeof(*f->value));
	if (f->start != NULL && f->value != NULL)
		return 0;
	free(f->start);
	free(f->value);
	return -1;
}

/* Computes where the levels of a tree over n keys begin. Returns its keys in
 * all. */
static size_t
plan_levels(size_t n, size_t width, struct route_levels *l)
{
	size_t total = 0;

	l->depth = 0;
	do {
		assert(l->depth < ROUTE_DEPTH_MAX);
		n = (n + width - 1) / width;
		l->at[l->depth++] = total;
		total += n * width;
	} while (n > 1);
	return total;
}

/* A key of the tree, once those before it are there. Blocks are filled up with
 * the last address of all, which is not searched for. */
static struct route_key
tree_key(const struct route_key *tree, const struct route_levels *l,
	 unsigned int level, size_t i, const struct flat *f, size_t width)
{
	static const struct route_key last = { UINT64_MAX, UINT64_MAX };
	size_t n = f->n;

	if (level == 0)
		return i < n ? f->start[i] : last;
	for (unsigned int k = 0; k < level; k++)
		n = (n + width - 1) / width;
	return i < n ? tree[l->at[level - 1] + i * width] : last;
}

/* As one array, for both families. NULL: no memory. */
static struct route_key *
make_tree(const struct flat *f, size_t width, struct route_levels *l,
	  size_t *total)
{
	struct route_key *tree;

	*total = plan_levels(f->n, width, l);
	tree = malloc(*total * sizeof(*tree));
	for (unsigned int k = 0; tree != NULL && k < l->depth; k++) {
		size_t end = k + 1 < l->depth ? l->at[k + 1] : *total;

		for (size_t i = l->at[k]; i < end; i++)
			tree[i] = tree_key(tree, l, k, i - l->at[k], f, width);
	}
	return tree;
}

static int
build_flat(struct flat *f, const struct route_entry *entries, size_t count,
	   size_t width, struct route_key **tree, struct route_levels *l,
	   size_t *total)
{
	if (flat_alloc(f, count) < 0)
		return -1;
	flatten_entries(f, entries, count);
	*tree = make_tree(f, width, l, total);
	free(f->start);
	if (*tree != NULL)
		return 0;
	free(f->value);
	return -1;
}

static int
build_v4(struct route_table *t, const struct route_entry *entries, size_t count)
{
	struct route_key *tree;
	struct flat f;
	size_t total;

	if (build_flat(&f, entries, count, ROUTE_WIDTH4, &tree, &t->levels4,
		       &total) < 0)
		return -1;
	t->value4 = f.value;
	t->n4 = f.n;
	t->tree4 = aligned_alloc(CACHE_LINE, total * sizeof(*t->tree4));
	for (size_t i = 0; t->tree4 != NULL && i < total; i++)
		t->tree4[i] = (uint32_t)tree[i].lo;
	free(tree);
	return t->tree4 == NULL ? -1 : 0;
}

static int
build_v6(struct route_table *t, const struct route_entry *entries, size_t count)
{
	struct route_key *tree;
	struct flat f;
	size_t total;

	if (build_flat(&f, entries, count, ROUTE_WIDTH6, &tree, &t->levels6,
		       &total) < 0)
		return -1;
	t->value6 = f.value;
	t->n6 = f.n;
	t->tree6 = aligned_alloc(CACHE_LINE,
				 total / ROUTE_WIDTH6 * sizeof(*t->tree6));
	for (size_t i = 0; t->tree6 != NULL && i < total; i++) {
		struct route_block6 *b = &t->tree6[i / ROUTE_WIDTH6];

		b->hi[i % ROUTE_WIDTH6] = tree[i].hi;
		b->lo[i % ROUTE_WIDTH6] = tree[i].lo;
	}
	free(tree);
	return t->tree6 == NULL ? -1 : 0;
}

int
route_build(struct route_table *out, struct route_entry *entries, size_t count,
	    struct err *e)
{
	struct route_table t = { 0 };
	size_t n4 = 0;

	if (count > 0)
		qsort(entries, count, sizeof(*entries), entry_cmp);
	while (n4 < count && entries[n4].prefix.addr.family == IP_V4)
		n4++;
	if (build_v4(&t, entries, n4) < 0 ||
	    build_v6(&t, n4 < count ? entries + n4 : NULL, count - n4) < 0) {
		route_free(&t);
		return err_nomem(e);
	}
	*out = t;
	return 0;
}

void
route_free(struct route_table *t)
{
	free(t->tree4);
	free(t->value4);
	free(t->tree6);
	free(t->value6);
	memset(t, 0, sizeof(*t));
}

/* In each block the last key that is not above the address leads on: there is
 * one, as the block's first is not. All are compared, which takes no more time
 * than a guess that is wrong half of the time. */
static uint32_t
lookup_v4(const struct route_table *t, uint32_t addr)
{
	size_t at = 0;

	if (addr == UINT32_MAX)
		return t->value4[t->n4 - 1];
	for (unsigned int level = t->levels4.depth; level-- > 0;) {
		const uint32_t *block =
			t->tree4 + t->levels4.at[level] + at * ROUTE_WIDTH4;
		uint32_t below = 0;

		for (int i = 0; i < ROUTE_WIDTH4; i++)
			below += block[i] <= addr;
		at = at * ROUTE_WIDTH4 + below - 1;
	}
	return t->value4[at];
}

/* The last of a block that is not above hi. */
static size_t
last_below(const uint64_t key[ROUTE_WIDTH6], uint64_t hi)
{
	_Static_assert(ROUTE_WIDTH6 == 8, "as many as are written here");

	/* NOLINTNEXTLINE(bugprone-misplaced-widening-cast): 7 at most */
	return (size_t)((key[1] <= hi) + (key[2] <= hi) + (key[3] <= hi) +
			(key[4] <= hi) + (key[5] <= hi) + (key[6] <= hi) +
			(key[7] <= hi));
}

static uint32_t
lookup_v6(const struct route_table *t, struct route_key addr)
{
	size_t at = 0;

	if (addr.hi == UINT64_MAX && addr.lo == UINT64_MAX)
		return t->value6[t->n6 - 1];
	for (unsigned int level = t->levels6.depth; level-- > 0;) {
		const struct route_block6 *b =
			&t->tree6[t->levels6.at[level] / ROUTE_WIDTH6 + at];
		size_t i = last_below(b->hi, addr.hi);

		while (b->hi[i] == addr.hi && b->lo[i] > addr.lo)
			i--;
		at = at * ROUTE_WIDTH6 + i;
	}
	return t->value6[at];
}

uint32_t
route_lookup(const struct route_table *t, const struct ipaddr *a)
{
	if (a->family == IP_V4 && t->n4 > 0)
		return lookup_v4(t, get_be32(a->b));
	if (a->family == IP_V6 && t->n6 > 0)
		return lookup_v6(t, key_of(a));
	return ROUTE_NONE;
}
