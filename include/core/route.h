/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Longest-prefix match. A list never changes once it is built, so the
 * prefixes are flattened into disjoint ranges in ascending order, and a
 * look-up is one binary search in a dense array.
 */
#ifndef CORE_ROUTE_H
#define CORE_ROUTE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/ipaddr.h"

#define ROUTE_NONE UINT32_MAX

struct route_key {		/* an IPv6 address as two integers */
	uint64_t hi, lo;
};

struct route_table {
	uint32_t *start4;	/* first address of each range */
	uint32_t *value4;	/* ROUTE_NONE: a gap */
	struct route_key *start6;
	uint32_t *value6;
	size_t n4, n6;
};

struct route_entry {
	struct prefix prefix;
	uint32_t value;		/* not ROUTE_NONE */
};

/* Prefixes may nest; two equal ones must not have two values. entries is
 * sorted in place. 0, or -1 when memory is out. */
int route_build(struct route_table *out, struct route_entry *entries,
		size_t count, struct err *e);
void route_free(struct route_table *t);
/* The value of the longest prefix that has the address, or ROUTE_NONE. */
uint32_t route_lookup(const struct route_table *t, const struct ipaddr *a);

#endif
