/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Longest-prefix match. A list never changes once it is built, so the
 * prefixes are flattened into disjoint ranges in ascending order. Over their
 * first addresses stands a tree of blocks of a cache line's size, and a
 * look-up reads one block of each level: four or five for IPv4 and six for
 * IPv6 among 100,000 prefixes, of which the upper ones stay in the cache.
 */
#ifndef CORE_ROUTE_H
#define CORE_ROUTE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/ipaddr.h"

#define ROUTE_NONE UINT32_MAX

struct route_key { /* an IPv6 address as two integers */
	uint64_t hi, lo;
};

#define ROUTE_WIDTH4 16	   /* keys of a block: 64 bytes */
#define ROUTE_WIDTH6 8	   /* 64 bytes, and 64 that are seldom read */
#define ROUTE_DEPTH_MAX 22 /* 8^22 is beyond any memory */

struct route_levels {
	size_t at[ROUTE_DEPTH_MAX]; /* starts of the levels; the ranges'
				     * own first, then the first key of
				     * each block of the level before */
	unsigned int depth;
};

struct route_block6 {
	uint64_t hi[ROUTE_WIDTH6], lo[ROUTE_WIDTH6];
};

struct route_table {
	uint32_t *tree4;
	uint32_t *value4; /* per range; ROUTE_NONE: a gap */
	struct route_block6 *tree6;
	uint32_t *value6;
	size_t n4, n6; /* ranges */
	struct route_levels levels4, levels6;
};

struct route_entry {
	struct prefix prefix;
	uint32_t value; /* not ROUTE_NONE */
};

/* Prefixes may nest; two equal ones must not have two values. entries is
 * sorted in place. 0, or -1 when memory is out. */
int route_build(struct route_table *out, struct route_entry *entries,
		size_t count, struct err *e);
void route_free(struct route_table *t);
/* The value of the longest prefix that has the address, or ROUTE_NONE. */
uint32_t route_lookup(const struct route_table *t, const struct ipaddr *a);

#endif
