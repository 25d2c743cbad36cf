/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Flattening nested prefixes into ranges, and searching them. */
#include "core/route.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

#define NESTING_MAX 130		/* one prefix of each length, and the gap */

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
	/* What begins where the last one began replaces it: it is longer. */
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

	if (p->addr.family == IP_V4 ? k.lo == UINT32_MAX :
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
		uint32_t outer = *depth > 0 ? open[*depth - 1]->value :
					      ROUTE_NONE;

		if (key_after(&after, &ended->prefix))
			flat_add(f, after, outer);
	}
}

static void
flatten(struct flat *f, const struct route_entry *entries, size_t count)
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

static int
build4(struct route_table *t, const struct route_entry *entries, size_t count)
{
	struct flat f;

	if (flat_alloc(&f, count) < 0)
		return -1;
	flatten(&f, entries, count);
	t->start4 = malloc(f.n * sizeof(*t->start4));
	if (t->start4 == NULL) {
		free(f.start);
		free(f.value);
		return -1;
	}
	for (size_t i = 0; i < f.n; i++)
		t->start4[i] = (uint32_t)f.start[i].lo;
	free(f.start);
	t->value4 = f.value;
	t->n4 = f.n;
	return 0;
}

static int
build6(struct route_table *t, const struct route_entry *entries, size_t count)
{
	struct flat f;

	if (flat_alloc(&f, count) < 0)
		return -1;
	flatten(&f, entries, count);
	t->start6 = f.start;
	t->value6 = f.value;
	t->n6 = f.n;
	return 0;
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
	if (build4(&t, entries, n4) < 0 ||
	    build6(&t, n4 < count ? entries + n4 : NULL, count - n4) < 0) {
		route_free(&t);
		return err_nomem(e);
	}
	*out = t;
	return 0;
}

void
route_free(struct route_table *t)
{
	free(t->start4);
	free(t->value4);
	free(t->start6);
	free(t->value6);
	memset(t, 0, sizeof(*t));
}

static uint32_t
lookup4(const struct route_table *t, uint32_t addr)
{
	const uint32_t *base = t->start4;
	size_t n = t->n4;

	while (n > 1) {
		size_t half = n / 2;

		base += base[half] <= addr ? half : 0;
		n -= half;
	}
	return t->value4[base - t->start4];
}

static uint32_t
lookup6(const struct route_table *t, struct route_key addr)
{
	const struct route_key *base = t->start6;
	size_t n = t->n6;

	while (n > 1) {
		size_t half = n / 2;
		struct route_key k = base[half];

		base += k.hi < addr.hi || (k.hi == addr.hi && k.lo <= addr.lo) ?
			half : 0;
		n -= half;
	}
	return t->value6[base - t->start6];
}

uint32_t
route_lookup(const struct route_table *t, const struct ipaddr *a)
{
	if (a->family == IP_V4 && t->n4 > 0)
		return lookup4(t, get_be32(a->b));
	if (a->family == IP_V6 && t->n6 > 0)
		return lookup6(t, key_of(a));
	return ROUTE_NONE;
}
