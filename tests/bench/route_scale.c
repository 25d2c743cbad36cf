/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Time of a look-up by number of prefixes. Half of the addresses lie in a
 * prefix picked at random, half are random in the whole network, so that hits
 * and misses cannot be foreseen. There are a million of them, another one each
 * time: more than the caches near a core hold beside the table. "after": each
 * look-up has to wait for the one before it, as the first packet of a burst
 * has to; "beside": they may overlap.
 *
 * TSV: family, prefixes, ranges, hits in percent, ns after, ns beside (of
 * processor time, the best of nine passes over all addresses).
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "bench.h"
#include "core/route.h"
#include "crypto/rng.h"

#define ADDRESSES ((size_t)1 << 20)
#define PASSES 9

struct kind {
	const char *name;
	uint8_t family;
	uint8_t net[4];
	unsigned int net_len;		/* bits of the network's prefix */
	unsigned int shortest, longest; /* of the nodes' prefixes */
};

static const struct kind kinds[] = {
	{ "IPv4", IP_V4, { 10 }, 8, 22, 30 },
	{ "IPv6", IP_V6, { 0xfd, 0, 0, 0xc1 }, 32, 48, 64 },
};

static struct ipaddr
random_address(const struct kind *k, const struct rng *rng)
{
	struct ipaddr a = { .family = k->family };

	rng_fill(rng, a.b, k->family == IP_V4 ? 4 : 16);
	memcpy(a.b, k->net, k->net_len / 8);
	return a;
}

static int
by_prefix(const void *a, const void *b)
{
	const struct route_entry *x = a, *y = b;

	return prefix_cmp(&x->prefix, &y->prefix);
}

/* No two are equal. */
static void
make_entries(const struct kind *k, struct route_entry *e, size_t n,
	     const struct rng *rng)
{
	size_t have = 0;

	while (have < n) {
		size_t kept = 0;

		for (; have < n; have++) {
			struct ipaddr a = random_address(k, rng);
			unsigned int len =
				k->shortest +
				rng_below(rng, k->longest - k->shortest + 1);

			e[have].prefix = prefix_mask(&a, len);
		}
		qsort(e, n, sizeof(*e), by_prefix);
		for (size_t i = 0; i < n; i++)
			if (kept == 0 || by_prefix(&e[kept - 1], &e[i]) != 0)
				e[kept++] = e[i];
		have = kept;
	}
	for (size_t i = 0; i < n; i++)
		e[i].value = (uint32_t)i;
}

static void
make_addresses(const struct kind *k, const struct route_entry *e, size_t n,
	       struct ipaddr *out, const struct rng *rng)
{
	for (size_t i = 0; i < ADDRESSES; i++) {
		const struct prefix *p = &e[rng_below(rng, (uint32_t)n)].prefix;

		out[i] = random_address(k, rng);
		if (i % 2 == 0)
			continue;
		for (unsigned int bit = 0; bit < p->len; bit++) {
			uint8_t mask = (uint8_t)(0x80 >> bit % 8);

			out[i].b[bit / 8] =
				(uint8_t)((out[i].b[bit / 8] & ~mask) |
					  (p->addr.b[bit / 8] & mask));
		}
	}
}

/* Which address is next depends on what was found. */
static double
after(const struct route_table *t, const struct ipaddr *a, size_t *hits)
{
	int64_t begin = bench_cpu();
	size_t n = 0, at = 0;

	*hits = 0;
	for (; n < ADDRESSES; n++) {
		uint32_t v = route_lookup(t, &a[at]);

		*hits += v != ROUTE_NONE;
		at = (at + 1 + (v >> 31)) & (ADDRESSES - 1);
	}
	return (double)(bench_cpu() - begin) / ADDRESSES;
}

static double
beside(const struct route_table *t, const struct ipaddr *a, size_t *hits)
{
	int64_t begin = bench_cpu();

	*hits = 0;
	for (size_t i = 0; i < ADDRESSES; i++)
		*hits += route_lookup(t, &a[i]) != ROUTE_NONE;
	return (double)(bench_cpu() - begin) / ADDRESSES;
}

static void
measure(const struct kind *k, size_t n, const struct rng *rng)
{
	struct route_entry *e = bench_alloc(n, sizeof(*e));
	struct ipaddr *a = bench_alloc(ADDRESSES, sizeof(*a));
	double one[PASSES], many[PASSES];
	struct route_table t;
	size_t hits = 0, ignored;
	struct err err;

	make_entries(k, e, n, rng);
	if (route_build(&t, e, n, &err) < 0)
		bench_die(err.text);
	make_addresses(k, e, n, a, rng);
	for (int i = 0; i < PASSES; i++) {
		one[i] = after(&t, a, &ignored);
		many[i] = beside(&t, a, &hits);
	}
	printf("%s\t%zu\t%zu\t%.0f\t%.1f\t%.1f\n", k->name, n,
	       k->family == IP_V4 ? t.n4 : t.n6,
	       100.0 * (double)hits / ADDRESSES, bench_least(one, PASSES),
	       bench_least(many, PASSES));
	fflush(stdout);
	route_free(&t);
	free(e);
	free(a);
}

int
main(void)
{
	static const size_t sizes[] = { 100, 1000, 10000, 100000, 1000000 };
	size_t most = bench_env("PREFIXES", 1000000);
	struct rng_seeded state;
	struct rng rng = rng_seeded(&state, bench_env("SEED", 1));

	printf("#family\tprefixes\tranges\thits_%%\tns_after\tns_beside\n");
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		for (size_t j = 0; j < sizeof(sizes) / sizeof(sizes[0]); j++)
			if (sizes[j] <= most)
				measure(&kinds[i], sizes[j], &rng);
	return 0;
}
