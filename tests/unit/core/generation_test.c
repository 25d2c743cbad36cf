/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From bytes to routes with ten thousand nodes: everyone is found, and one
 * fault among them is found as well, wherever it stands. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../format/bnl_keys.h"
#include "../format/bnl_raw.h"
#include "../format/bnl_text.h"
#include "core/generation.h"

#define NODES 10000

static const struct key *signing;

/* Two subnets a node; behind node number `at` stands another statement. */
static int
build(struct generation **out, size_t at, const char *statement, struct err *e)
{
	struct buf b;
	size_t len;
	char *raw;
	int rc;

	buf_init(&b, BNL_BYTES_MAX);
	bnl_text_head(&b, "test.example");
	bnl_text_add(&b, "timestamp 2026-11-22T06:25:00Z\n");
	for (size_t i = 0; i < NODES; i++) {
		bnl_text_node(&b, i);
		if (i == at)
			bnl_text_add(&b, "  %s\n", statement);
	}
	raw = raw_sign(signing, (const char *)buf_data(&b), buf_len(&b), &len);
	assert_non_null(raw);
	buf_free(&b);
	rc = generation_build(out, raw, len, &signing, 1, e);
	free(raw);
	return rc;
}

static void
test_all_are_found(void **state)
{
	struct generation *g;
	size_t right = 0;
	struct err e;

	(void)state;
	assert_int_equal(build(&g, NODES, "", &e), 0);
	assert_int_equal(g->bnl->nnodes, NODES);
	for (uint32_t i = 0; i < g->bnl->nnodes; i++)
		for (uint32_t j = 0; j < g->bnl->nodes[i].nsubnets; j++) {
			struct prefix *p = &g->bnl->nodes[i].subnets[j];
			struct ipaddr last = prefix_last(p);

			right += route_lookup(&g->routes, &p->addr) == i;
			right += route_lookup(&g->routes, &last) == i;
		}
	assert_int_equal(right, NODES * BNL_TEXT_SUBNETS * 2);
	generation_free(g);
}

static uint32_t
route_of(const struct generation *g, const char *text)
{
	struct ipaddr a;

	assert_int_equal(ipaddr_parse(&a, text, strlen(text)), 0);
	return route_lookup(&g->routes, &a);
}

/* The broadcast address of a prefix is no node's; those of subnets are. */
static void
test_broadcasts(void **state)
{
	static const char text[] =
		"network a\nprefix 10.1.0.0/16\nprefix 10.0.0.0/8\n"
		"prefix 192.0.2.8/31\nprefix 255.255.255.255/32\n"
		"prefix 203.0.113.4/30\nprefix fd00::/16\n"
		"timestamp 2026-11-22T06:25:00Z\n"
		"node b\n  subnet 10.1.255.0/24\n  subnet 10.2.1.0/24\n"
		"  subnet 192.0.2.8/31\n  subnet 255.255.255.255/32\n"
		"  subnet 203.0.113.6/32\n  subnet 203.0.113.7/32\n"
		"  subnet fd00::/16\n";
	const struct bnl_node *n;
	struct generation *g;
	struct ipaddr a;
	size_t len;
	char *raw = raw_sign(signing, text, strlen(text), &len);

	(void)state;
	assert_non_null(raw);
	assert_int_equal(generation_build(&g, raw, len, &signing, 1, NULL), 0);
	free(raw);
	n = &g->bnl->nodes[0];
	assert_int_equal(route_of(g, "10.1.255.254"), 0);
	assert_int_equal(route_of(g, "10.1.255.255"), GENERATION_BROADCAST);
	assert_int_equal(route_of(g, "10.255.255.255"), GENERATION_BROADCAST);
	assert_int_equal(route_of(g, "203.0.113.7"), GENERATION_BROADCAST);
	assert_int_equal(route_of(g, "255.255.255.255"), GENERATION_BROADCAST);
	assert_int_equal(route_of(g, "203.0.113.6"), 0);
	assert_int_equal(route_of(g, "192.0.2.9"), 0);
	assert_int_equal(route_of(g, "10.2.1.255"), 0);
	assert_int_equal(route_of(g, "10.2.2.255"), ROUTE_NONE);
	assert_int_equal(route_of(g, "fd00:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
			 0);
	assert_int_equal(ipaddr_parse(&a, "10.2.1.255", 10), 0);
	assert_true(bnl_is_broadcast(g->bnl, n, &a));
	assert_false(bnl_is_broadcast(g->bnl, NULL, &a));
	assert_int_equal(ipaddr_parse(&a, "192.0.2.9", 9), 0);
	assert_false(bnl_is_broadcast(g->bnl, n, &a));
	generation_free(g);
}

/* Each is far from what it contradicts, in the text and in address order. */
static void
test_one_fault_is_found(void **state)
{
	static const struct {
		size_t at;
		const char *statement;
		enum err_code code;
		const char *part;
	} faults[] = {
		{ 9999, "subnet 10.0.3.128/25", ERR_CONFLICT,
		  "overlaps 10.0.3.0/24 of n00003" },
		{ 3, "subnet 10.39.15.0/30", ERR_CONFLICT,
		  "subnet 10.39.15.0/24 of n09999 overlaps" },
		{ 5000, "subnet fd00:c1:270f:8000::/49", ERR_CONFLICT,
		  "subnet fd00:c1:270f::/48 of n09999 overlaps" },
		{ 0, "subnet 11.0.0.0/24", ERR_CONFLICT,
		  "outside every prefix" },
		{ 7777, "address 10.0.7.1", ERR_CONFLICT,
		  "subnet 10.0.7.0/24 of n00007 covers the address 10.0.7.1 "
		  "of n07777" },
		{ 9999, "address 198.18.0.0", ERR_DUPLICATE,
		  "is also an address of n00000" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		struct generation *g = NULL;
		struct err e = { 0 };

		assert_int_equal(
			build(&g, faults[i].at, faults[i].statement, &e), -1);
		assert_null(g);
		assert_int_equal(e.code, faults[i].code);
		if (strstr(e.text, faults[i].part) == NULL)
			fail_msg("%s: %s", faults[i].statement, e.text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_are_found),
		cmocka_unit_test(test_broadcasts),
		cmocka_unit_test(test_one_fault_is_found),
	};
	struct key *key;
	struct err e;
	int rc;

	if (key_read_private(&key, PEM_ED_1, strlen(PEM_ED_1), &e) != 0)
		return 1;
	signing = key;
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	key_free(key);
	return rc;
}
