/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Longest-prefix match against a search through all prefixes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "core/route.h"
#include "crypto/rng.h"

static struct prefix
pfx(const char *text)
{
	struct prefix p;

	assert_int_equal(prefix_parse(&p, text, strlen(text)), 0);
	return p;
}

static uint32_t
look(const struct route_table *t, const char *text)
{
	struct ipaddr a;

	assert_int_equal(ipaddr_parse(&a, text, strlen(text)), 0);
	return route_lookup(t, &a);
}

static void
test_nested(void **state)
{
	struct route_entry e[] = {
		{ pfx("10.0.0.0/8"), 1 },	  { pfx("10.0.0.0/16"), 2 },
		{ pfx("10.0.255.0/24"), 3 },	  { pfx("10.1.0.0/16"), 4 },
		{ pfx("255.255.255.255/32"), 5 }, { pfx("2001:db8::/32"), 6 },
		{ pfx("2001:db8::5/128"), 7 },	  { pfx("ffff::/16"), 8 },
	};
	struct route_table t;

	(void)state;
	assert_int_equal(route_build(&t, e, sizeof(e) / sizeof(*e), NULL), 0);
	assert_int_equal(look(&t, "9.255.255.255"), ROUTE_NONE);
	assert_int_equal(look(&t, "10.0.0.0"), 2);
	assert_int_equal(look(&t, "10.0.254.255"), 2);
	assert_int_equal(look(&t, "10.0.255.1"), 3);
	assert_int_equal(look(&t, "10.1.0.0"), 4);
	assert_int_equal(look(&t, "10.2.0.0"), 1);
	assert_int_equal(look(&t, "11.0.0.0"), ROUTE_NONE);
	assert_int_equal(look(&t, "255.255.255.254"), ROUTE_NONE);
	assert_int_equal(look(&t, "255.255.255.255"), 5);
	assert_int_equal(look(&t, "2001:db8::4"), 6);
	assert_int_equal(look(&t, "2001:db8::5"), 7);
	assert_int_equal(look(&t, "2001:db8::6"), 6);
	assert_int_equal(look(&t, "2001:db9::"), ROUTE_NONE);
	assert_int_equal(look(&t, "ffff:ffff::1"), 8);
	route_free(&t);
}

static void
test_empty(void **state)
{
	struct route_table t;

	(void)state;
	assert_int_equal(route_build(&t, NULL, 0, NULL), 0);
	assert_int_equal(look(&t, "10.0.0.1"), ROUTE_NONE);
	assert_int_equal(look(&t, "::1"), ROUTE_NONE);
	route_free(&t);
}

/* n addresses one after the other, each with a value of its own. */
static void
one_size(uint8_t family, size_t n)
{
	static struct route_entry e[5000];
	struct route_table t;
	struct ipaddr a = { .family = family, .b = { 0x20 } };
	size_t at = family == IP_V4 ? 2 : 14;

	assert_true(n + 1 < sizeof(e) / sizeof(*e));
	for (size_t i = 0; i < n; i++) {
		a.b[at] = (uint8_t)((i + 1) >> 8);
		a.b[at + 1] = (uint8_t)(i + 1);
		e[i] = (struct route_entry){ prefix_mask(&a, ipaddr_bits(&a)),
					     (uint32_t)i };
	}
	assert_int_equal(route_build(&t, e, n, NULL), 0);
	for (size_t i = 0; i < n + 2; i++) {
		a.b[at] = (uint8_t)(i >> 8);
		a.b[at + 1] = (uint8_t)i;
		assert_int_equal(route_lookup(&t, &a),
				 i == 0 || i > n ? ROUTE_NONE : i - 1);
	}
	route_free(&t);
}

/* Around each size at which the tree gets another block, or another level. */
static void
test_sizes(void **state)
{
	(void)state;
	for (size_t n = 0; n < 600; n++) {
		one_size(IP_V4, n);
		one_size(IP_V6, n);
	}
	for (size_t n = 4090; n < 4100; n++) {
		one_size(IP_V4, n);
		one_size(IP_V6, n);
	}
}

static void
random_addr(struct ipaddr *a, const struct rng *rng)
{
	memset(a, 0, sizeof(*a));
	a->family = rng_below(rng, 2) ? IP_V6 : IP_V4;
	/* Few distinct bytes, so that prefixes nest and addresses hit. */
	for (unsigned int i = 0; i < ipaddr_bits(a) / 8; i++)
		a->b[i] = (uint8_t)(rng_below(rng, 3) * 127);
}

static void
test_random(void **state)
{
	enum { ENTRIES = 200, LOOKUPS = 3000 };
	struct rng_seeded seeded;
	struct rng rng = rng_seeded(&seeded, 7);
	struct route_entry e[ENTRIES];
	size_t n = 0;
	struct route_table t;

	(void)state;
	for (uint32_t i = 0; i < ENTRIES; i++) {
		struct ipaddr a;
		struct prefix p;
		size_t k;

		random_addr(&a, &rng);
		p = prefix_mask(&a, rng_below(&rng, ipaddr_bits(&a) + 1));
		for (k = 0; k < n; k++)
			if (prefix_cmp(&e[k].prefix, &p) == 0)
				break;
		if (k == n)
			e[n++] = (struct route_entry){ p, i };
	}
	assert_int_equal(route_build(&t, e, n, NULL), 0);
	for (int i = 0; i < LOOKUPS; i++) {
		struct ipaddr a;
		uint32_t want = ROUTE_NONE;
		int best = -1;

		random_addr(&a, &rng);
		for (size_t k = 0; k < n; k++)
			if ((int)e[k].prefix.len > best &&
			    prefix_contains(&e[k].prefix, &a)) {
				best = e[k].prefix.len;
				want = e[k].value;
			}
		assert_int_equal(route_lookup(&t, &a), want);
	}
	route_free(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nested),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
