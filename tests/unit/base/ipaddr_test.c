/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Prefix arithmetic against a reference that goes bit by bit. */
#include <string.h>

#include "../unit.h"
#include "base/ipaddr.h"
#include "prng.h"

static struct ipaddr
addr(const char *text)
{
	struct ipaddr a;

	assert_int_equal(ipaddr_parse(&a, text, strlen(text)), 0);
	return a;
}

static struct prefix
net(const char *text)
{
	struct prefix p;

	assert_int_equal(prefix_parse(&p, text, strlen(text)), 0);
	return p;
}

/* Few distinct bytes, so that long common prefixes are frequent. */
static struct ipaddr
random_addr(struct prng *r, enum ip_family family)
{
	static const uint8_t some[] = { 0x00, 0x00, 0x01, 0x80, 0xfe, 0xff };
	struct ipaddr a = { .family = (uint8_t)family };

	for (unsigned int i = 0; i < (family == IP_V4 ? 4U : 16U); i++)
		a.b[i] = some[prng_below(r, sizeof(some))];
	return a;
}

static int
bit(const struct ipaddr *a, unsigned int i)
{
	return a->b[i / 8] >> (7 - i % 8) & 1;
}

static bool
ref_contains(const struct prefix *p, const struct ipaddr *a)
{
	if (p->addr.family != a->family)
		return false;
	for (unsigned int i = 0; i < p->len; i++) {
		if (bit(&p->addr, i) != bit(a, i))
			return false;
	}
	return true;
}

static void
mask_last_and_contains_bit_by_bit(void **state)
{
	struct prng r = { 6 };

	(void)state;
	for (unsigned int n = 0; n < 40000; n++) {
		enum ip_family f = n % 2 != 0 ? IP_V4 : IP_V6;
		struct ipaddr a = random_addr(&r, f);
		struct ipaddr b = random_addr(&r, f);
		unsigned int bits = f == IP_V4 ? 32 : 128;
		unsigned int len = prng_below(&r, bits + 1);
		struct prefix p = prefix_mask(&a, len);
		struct ipaddr last = prefix_last(&p);

		assert_int_equal(p.len, len);
		for (unsigned int i = 0; i < 128; i++) {
			bool net_bit = i < len;

			assert_int_equal(bit(&p.addr, i),
					 net_bit ? bit(&a, i) : 0);
			assert_int_equal(bit(&last, i),
					 net_bit ? bit(&a, i) : i < bits);
		}
		assert_true(prefix_contains(&p, &a));
		assert_true(prefix_contains(&p, &last));
		assert_int_equal(prefix_contains(&p, &b), ref_contains(&p, &b));
		/* The last bit of the network and the first one behind it. */
		if (len > 0) {
			b = a;
			b.b[(len - 1) / 8] ^= (uint8_t)(0x80 >> (len - 1) % 8);
			assert_false(prefix_contains(&p, &b));
		}
		if (len < bits) {
			b = a;
			b.b[len / 8] ^= (uint8_t)(0x80 >> len % 8);
			assert_true(prefix_contains(&p, &b));
		}
	}
}

static void
covers_and_overlaps_bit_by_bit(void **state)
{
	struct prng r = { 7 };
	unsigned int covered = 0;

	(void)state;
	for (unsigned int n = 0; n < 40000; n++) {
		enum ip_family f = n % 2 != 0 ? IP_V4 : IP_V6;
		struct ipaddr a = random_addr(&r, f);
		struct ipaddr b = random_addr(&r, f);
		struct prefix p = prefix_mask(&a, prng_below(&r, 20));
		struct prefix q = prefix_mask(&b, prng_below(&r, 33));
		bool covers = p.len <= q.len && ref_contains(&p, &q.addr);
		bool covered_by = q.len <= p.len && ref_contains(&q, &p.addr);

		assert_int_equal(prefix_covers(&p, &q), covers);
		assert_int_equal(prefix_overlaps(&p, &q), covers || covered_by);
		assert_int_equal(prefix_overlaps(&q, &p), covers || covered_by);
		/* Prefixes overlap when one's ends lie in the other. */
		assert_int_equal(covers, prefix_contains(&p, &q.addr) &&
						 p.len <= q.len);
		if (covers)
			assert_true(prefix_cmp(&p, &q) <= 0);
		covered += covers;
	}
	assert_true(covered > 100);
}

static void
edges_of_prefixes(void **state)
{
	struct prefix all4 = net("0.0.0.0/0");
	struct prefix all6 = net("::/0");
	struct prefix host = net("10.0.0.1/32");
	struct ipaddr none = { 0 };
	struct ipaddr a = addr("10.0.0.1");
	struct ipaddr b = addr("10.0.0.0");
	struct ipaddr s = addr("fe80::1%3");

	(void)state;
	assert_true(prefix_contains(&all4, &a));
	assert_false(prefix_contains(&all6, &a));
	assert_true(prefix_contains(&host, &a));
	assert_false(prefix_contains(&host, &b));
	assert_false(prefix_overlaps(&all4, &all6));
	assert_false(prefix_contains(&all4, &none));
	assert_false(prefix_contains(&(struct prefix){ 0 }, &none));
	/* A length beyond the family's means all of it. */
	assert_int_equal(prefix_mask(&a, 33).len, 32);
	assert_int_equal(prefix_mask(&a, UINT32_MAX).len, 32);
	assert_int_equal(prefix_mask(&none, 5).len, 0);
	assert_int_equal(prefix_mask(&s, 200).len, 128);
	/* A network has no zone; an address with one still lies in it. */
	assert_int_equal(prefix_mask(&s, 64).addr.scope, 0);
	assert_true(
		prefix_contains(&(struct prefix){ addr("fe80::"), 10 }, &s));
}

static void
first_host(void **state)
{
	static const char *const cases[][2] = {
		{ "10.156.1.0/24", "10.156.1.1" },
		{ "10.156.1.4/30", "10.156.1.5" },
		{ "10.156.1.4/31", "10.156.1.4" },
		{ "10.156.1.5/32", "10.156.1.5" },
		{ "0.0.0.0/0", "0.0.0.1" },
		{ "fd00:c1::/48", "fd00:c1::1" },
		{ "fd00:c1::4/126", "fd00:c1::5" },
		{ "fd00:c1::4/127", "fd00:c1::4" },
		{ "fd00:c1::5/128", "fd00:c1::5" },
		{ "::/0", "::1" },
	};
	struct prefix none = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct prefix p = net(cases[i][0]);
		struct ipaddr want = addr(cases[i][1]);
		struct ipaddr got = prefix_first_host(&p);

		assert_true(ipaddr_equal(&got, &want));
	}
	assert_int_equal(prefix_first_host(&none).family, IP_NONE);
}

static void
last_address(void **state)
{
	struct prefix p = net("10.156.0.0/14");
	struct ipaddr last = prefix_last(&p);
	struct ipaddr want = addr("10.159.255.255");

	(void)state;
	assert_true(ipaddr_equal(&last, &want));
	p = net("10.0.0.7/32");
	last = prefix_last(&p);
	want = addr("10.0.0.7");
	assert_true(ipaddr_equal(&last, &want));
	p = net("fd00::/121");
	last = prefix_last(&p);
	want = addr("fd00::7f");
	assert_true(ipaddr_equal(&last, &want));
}

/* Sorted by hand; every pair is compared both ways. */
static void
order_of_prefixes(void **state)
{
	static const char *const sorted[] = {
		"0.0.0.0/0",	 "10.0.0.0/8",	"10.0.0.0/16", "10.0.0.0/32",
		"10.0.1.0/24",	 "128.0.0.0/1", "::/0",	       "::/128",
		"2001:db8::/32", "fd00::/8",	"fd00::/9",    "fd00:1::/32",
	};
	const size_t n = sizeof(sorted) / sizeof(sorted[0]);

	(void)state;
	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < n; j++) {
			struct prefix p = net(sorted[i]);
			struct prefix q = net(sorted[j]);
			int order = prefix_cmp(&p, &q);

			assert_int_equal((order > 0) - (order < 0),
					 (i > j) - (i < j));
		}
	}
}

static void
order_of_addresses(void **state)
{
	struct ipaddr none = { 0 };
	struct ipaddr a = addr("255.255.255.255");
	struct ipaddr b = addr("::");
	struct ipaddr c = addr("fe80::1");
	struct ipaddr d = addr("fe80::1%1");
	struct ipaddr e = addr("fe80::1%2");

	(void)state;
	assert_true(ipaddr_cmp(&none, &a) < 0);
	assert_true(ipaddr_cmp(&a, &b) < 0);
	assert_true(ipaddr_cmp(&b, &a) > 0);
	assert_true(ipaddr_cmp(&c, &d) < 0);
	assert_true(ipaddr_cmp(&e, &d) > 0);
	assert_int_equal(ipaddr_cmp(&d, &d), 0);
	assert_true(ipaddr_equal(&d, &d));
	assert_false(ipaddr_equal(&d, &e));
	assert_false(ipaddr_equal(&c, &d));
	/* 0.0.0.0 and :: have the same bytes. */
	a = addr("0.0.0.0");
	assert_false(ipaddr_equal(&a, &b));
	assert_int_equal(ipaddr_bits(&a), 32);
	assert_int_equal(ipaddr_bits(&b), 128);
	assert_int_equal(ipaddr_bits(&none), 0);
}

static void
classes(void **state)
{
	static const struct {
		const char *text;
		bool multicast, unspecified, loopback, linklocal;
	} cases[] = {
		{ "0.0.0.0", false, true, false, false },
		{ "0.0.0.1", false, false, false, false },
		{ "126.255.255.255", false, false, false, false },
		{ "127.0.0.1", false, false, true, false },
		{ "127.255.255.255", false, false, true, false },
		{ "128.0.0.0", false, false, false, false },
		{ "169.253.255.255", false, false, false, false },
		{ "169.254.0.1", false, false, false, true },
		{ "169.255.0.0", false, false, false, false },
		{ "223.255.255.255", false, false, false, false },
		{ "224.0.0.0", true, false, false, false },
		{ "239.255.255.255", true, false, false, false },
		{ "240.0.0.0", false, false, false, false },
		{ "255.255.255.255", false, false, false, false },
		{ "::", false, true, false, false },
		{ "::1", false, false, true, false },
		{ "::2", false, false, false, false },
		{ "1::1", false, false, false, false },
		{ "7f00::1", false, false, false, false },
		{ "fe7f:ffff::", false, false, false, false },
		{ "fe80::", false, false, false, true },
		{ "fe80::1%9", false, false, false, true },
		{ "febf:ffff::1", false, false, false, true },
		{ "fec0::", false, false, false, false },
		{ "feff::1", false, false, false, false },
		{ "ff00::", true, false, false, false },
		{ "ff02::1", true, false, false, false },
	};
	struct ipaddr none = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ipaddr a = addr(cases[i].text);

		assert_int_equal(ipaddr_is_multicast(&a), cases[i].multicast);
		assert_int_equal(ipaddr_is_unspecified(&a),
				 cases[i].unspecified);
		assert_int_equal(ipaddr_is_loopback(&a), cases[i].loopback);
		assert_int_equal(ipaddr_is_linklocal(&a), cases[i].linklocal);
	}
	assert_false(ipaddr_is_multicast(&none));
	assert_false(ipaddr_is_unspecified(&none));
	assert_false(ipaddr_is_loopback(&none));
	assert_false(ipaddr_is_linklocal(&none));
}

static void
endpoints(void **state)
{
	struct endpoint a = { addr("192.0.2.1"), 3406 };
	struct endpoint b = a;

	(void)state;
	assert_true(endpoint_equal(&a, &b));
	b.port = 3407;
	assert_false(endpoint_equal(&a, &b));
	b = a;
	b.addr = addr("192.0.2.2");
	assert_false(endpoint_equal(&a, &b));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mask_last_and_contains_bit_by_bit),
		cmocka_unit_test(covers_and_overlaps_bit_by_bit),
		cmocka_unit_test(edges_of_prefixes),
		cmocka_unit_test(first_host),
		cmocka_unit_test(last_address),
		cmocka_unit_test(order_of_prefixes),
		cmocka_unit_test(order_of_addresses),
		cmocka_unit_test(classes),
		cmocka_unit_test(endpoints),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
