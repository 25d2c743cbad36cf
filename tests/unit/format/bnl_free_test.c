/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The first free subnet, against a search that tries every one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "format/bnl_free.h"
#include "format/bnl_parse.h"

static struct prefix
pfx(const char *text)
{
	struct prefix p;

	assert_int_equal(prefix_parse(&p, text, strlen(text)), 0);
	return p;
}

/* --- lengths ------------------------------------------------------------- */

static void
hosts(void **state)
{
	(void)state;
	static const struct {
		uint64_t hosts;
		int len;
	} cases[] = {
		{ 0, -1 },	    { 1, 32 },		{ 2, 31 },
		{ 3, 29 },	    { 6, 29 },		{ 7, 28 },
		{ 14, 28 },	    { 15, 27 },		{ 30, 27 },
		{ 31, 26 },	    { 254, 24 },	{ 255, 23 },
		{ 65534, 16 },	    { 65535, 15 },	{ 16777214, 8 },
		{ 2147483646, 1 },  { 2147483647, 0 },	{ 4294967294, 0 },
		{ 4294967295, -1 }, { UINT64_MAX, -1 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(bnl_hosts_len(cases[i].hosts), cases[i].len);
}

/* --- lists --------------------------------------------------------------- */

static const char small[] = "network a\n"
			    "prefix 10.156.0.0/24\n"
			    "prefix 10.157.0.0/16\n"
			    "prefix fd00:c1::/48\n"
			    "node alpha\n"
			    "  address 192.0.2.9\n"
			    "  subnet 10.156.0.0/26\n"
			    "  subnet 10.156.0.128/25\n"
			    "  subnet 10.156.0.192/27\n"
			    "  subnet fd00:c1::/64\n"
			    "node beta\n"
			    "  address 2001:db8::1\n"
			    "  subnet fd00:c1:0:2::/64\n";

static struct bnl *
parse(const char *text)
{
	struct errs es = { 0 };
	struct bnl *b;

	assert_int_equal(bnl_parse(&b, text, strlen(text), &es), 0);
	return b;
}

/* wanted: the subnet, or what the error says. */
static void
look(const char *text, enum ip_family family, unsigned int len,
     const char *within, const char *taken, const char *wanted)
{
	struct bnl *b = parse(text);
	struct prefix in, no, got = { 0 };
	struct bnl_room room = { .family = family, .len = len };
	char shown[PREFIX_TEXT_MAX];
	struct err e;

	if (within != NULL) {
		in = pfx(within);
		room.within = &in;
	}
	if (taken != NULL) {
		no = pfx(taken);
		room.taken = &no;
		room.ntaken = 1;
	}
	if (bnl_free_subnet(&got, b, &room, &e) == 0) {
		assert_string_equal(prefix_format(shown, &got), wanted);
	} else {
		assert_non_null(strstr(e.text, wanted));
		assert_int_equal(got.addr.family, IP_NONE);
	}
	bnl_free(b);
}

static void
in_a_list(void **state)
{
	(void)state;
	look(small, IP_V4, 27, NULL, NULL, "10.156.0.64/27");
	look(small, IP_V4, 26, NULL, NULL, "10.156.0.64/26");
	/* The next prefix. */
	look(small, IP_V4, 25, NULL, NULL, "10.157.0.0/25");
	look(small, IP_V4, 29, "10.157.0.0/16", NULL, "10.157.0.0/29");
	look(small, IP_V4, 28, "10.157.0.0/16", NULL, "10.157.0.0/28");
	look(small, IP_V4, 28, "10.157.7.0/24", NULL, "10.157.7.0/28");
	look(small, IP_V4, 28, "10.157.7.0/24", "10.157.7.4/32",
	     "10.157.7.16/28");
	look(small, IP_V6, 64, NULL, NULL, "fd00:c1:0:1::/64");
	look(small, IP_V6, 63, NULL, NULL, "fd00:c1:0:4::/63");
	look(small, IP_V6, 64, NULL, "fd00:c1:0:1::/64", "fd00:c1:0:3::/64");
}

static void
none_there(void **state)
{
	(void)state;
	look(small, IP_V4, 25, "10.156.0.0/24", NULL,
	     "no subnet of length 25 is free in 10.156.0.0/24");
	look(small, IP_V4, 15, NULL, NULL,
	     "no subnet of length 15 is free in any prefix of the list");
	look(small, IP_V4, 16, NULL, NULL, "10.157.0.0/16");
	look(small, IP_V4, 16, NULL, "10.157.3.0/24", "no subnet");
	look(small, IP_V4, 24, "10.158.0.0/16", NULL,
	     "10.158.0.0/16 lies outside every prefix");
	look(small, IP_V4, 24, "10.156.0.0/15", NULL, "lies outside");
	look("network a\nnode b\n", IP_V4, 24, NULL, NULL,
	     "the list has no IPv4 prefix");
	look("network a\nprefix 10.0.0.0/8\n", IP_V6, 64, NULL, NULL,
	     "the list has no IPv6 prefix");
	/* The last address there is. */
	look("network a\nprefix 255.255.255.0/24\n", IP_V4, 24, NULL,
	     "255.255.255.255/32", "no subnet");
	look("network a\nprefix 255.255.255.0/24\n", IP_V4, 25, NULL,
	     "255.255.255.0/32", "255.255.255.128/25");
}

/* --- against every candidate ------------------------------------------------ */

#define BITS 7 /* of each prefix that is searched */
#define MANY 24

static uint32_t
roll(uint32_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

/* p's part number i of that length. */
static struct prefix
part(const struct prefix *p, unsigned int len, uint32_t i)
{
	struct prefix q = *p;

	q.len = (uint8_t)len;
	for (unsigned int bit = len; bit > p->len; bit--, i >>= 1)
		if ((i & 1) != 0)
			q.addr.b[(bit - 1) / 8] |=
				(uint8_t)(0x80 >> (bit - 1) % 8);
	return q;
}

static bool
is_free(const struct prefix *p, const struct prefix *taken, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (prefix_overlaps(p, &taken[i]))
			return false;
	return true;
}

/* What is taken may overlap itself: the search has to be right all the same. */
static void
one_of_many(const struct prefix *whole, uint32_t *seed)
{
	struct prefix taken[MANY], got, wanted = { 0 };
	struct bnl_address addresses[MANY] = { 0 };
	uint32_t n = roll(seed) % MANY, split = n == 0 ? 0 : roll(seed) % n;
	unsigned int len = whole->len + roll(seed) % (BITS + 1);
	struct prefix prefixes[] = { *whole };
	struct bnl_node node = { .name = "a",
				 .subnets = taken,
				 .addresses = addresses,
				 .nsubnets = split };
	struct bnl b = { .prefixes = prefixes,
			 .nprefixes = 1,
			 .nodes = &node,
			 .nnodes = 1 };
	struct bnl_room room = { .family = whole->addr.family,
				 .len = len,
				 .taken = taken + split,
				 .ntaken = n - split };
	bool there = false;
	struct err e;

	for (uint32_t i = 0; i < n; i++) {
		unsigned int l = whole->len + 1 + roll(seed) % BITS;

		taken[i] =
			part(whole, l, roll(seed) % (1U << (l - whole->len)));
	}
	/* Some of them stand there as addresses. */
	for (; room.ntaken > 0 && roll(seed) % 2 == 0; room.ntaken--) {
		struct prefix *last = &taken[split + room.ntaken - 1];

		last->len = (uint8_t)ipaddr_bits(&last->addr);
		addresses[node.naddresses++].ep.addr = last->addr;
	}
	for (uint32_t i = 0; !there && i < 1U << (len - whole->len); i++) {
		wanted = part(whole, len, i);
		there = is_free(&wanted, taken, n);
	}
	assert_int_equal(bnl_free_subnet(&got, &b, &room, &e), there ? 0 : -1);
	if (there)
		assert_int_equal(prefix_cmp(&got, &wanted), 0);
	else
		assert_int_equal(e.code, ERR_NOTFOUND);
}

static void
every_candidate(void **state)
{
	(void)state;
	/* clang-format off */
	static const char *const wholes[] = {
	    "10.1.2.0/25",     "10.0.0.0/8",  "255.255.255.128/25",
	    "0.0.0.0/0",       "fd00::/48",   "fd00:c1:0:1::/64",
	    "fd00::ff80/121",  "2001:db8::/33",
	    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ff80/121",
	};
	/* clang-format on */
	uint32_t seed = 20261122;

	for (size_t w = 0; w < sizeof(wholes) / sizeof(wholes[0]); w++) {
		struct prefix whole = pfx(wholes[w]);

		for (int i = 0; i < 3000; i++)
			one_of_many(&whole, &seed);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hosts),
		cmocka_unit_test(in_a_list),
		cmocka_unit_test(none_there),
		cmocka_unit_test(every_candidate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
