/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Addresses, prefixes and endpoints as text, both ways. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../unit.h"
#include "base/ipaddr.h"
#include "prng.h"

/* What is read, and how it is written back. */
static void
addresses_read_and_written(void **state)
{
	static const char *const cases[][2] = {
		{ "0.0.0.0", "0.0.0.0" },
		{ "255.255.255.255", "255.255.255.255" },
		{ "192.0.2.10", "192.0.2.10" },
		{ "::", "::" },
		{ "::1", "::1" },
		{ "1::", "1::" },
		{ "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8" },
		{ "1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0" },
		{ "::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8" },
		/* RFC 5952, 4.1 to 4.3, and 2.2 */
		{ "2001:0db8::0001", "2001:db8::1" },
		{ "2001:db8:0:0:0:0:2:1", "2001:db8::2:1" },
		{ "2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1" },
		{ "2001:0:0:1:0:0:0:1", "2001:0:0:1::1" },
		{ "2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1" },
		{ "2001:DB8::AbC", "2001:db8::abc" },
		{ "0:0:1:0:0:0:0:0", "0:0:1::" },
		{ "0:0:0:1:0:0:0:0", "0:0:0:1::" },
		{ "0:0:0:0:1:0:0:0", "::1:0:0:0" },
		{ "fe80:0:0:0:0:0:0:0", "fe80::" },
		{ "ff02::1:ffff:ffff", "ff02::1:ffff:ffff" },
		{ "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
		  "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" },
		/* A dotted tail, but only ::ffff:0:0/96 is IPv4. */
		{ "64:ff9b::192.0.2.33", "64:ff9b::c000:221" },
		{ "::192.0.2.33", "::c000:221" },
		{ "::ffff:192.0.2.33", "192.0.2.33" },
		{ "::FFFF:c000:221", "192.0.2.33" },
		{ "0:0:0:0:0:ffff:192.0.2.33", "192.0.2.33" },
		{ "::fffe:192.0.2.33", "::fffe:c000:221" },
		{ "fe80::1%1", "fe80::1%1" },
		{ "febf::1%4294967295", "febf::1%4294967295" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char out[IPADDR_TEXT_MAX];
		struct ipaddr a;
		struct ipaddr again;

		assert_int_equal(
			ipaddr_parse(&a, cases[i][0], strlen(cases[i][0])), 0);
		assert_ptr_equal(ipaddr_format(out, &a), out);
		assert_string_equal(out, cases[i][1]);
		assert_int_equal(ipaddr_parse(&again, out, strlen(out)), 0);
		assert_true(ipaddr_equal(&a, &again));
	}
}

static void
bytes_stand_where_they_should(void **state)
{
	static const uint8_t v4[16] = { 192, 0, 2, 10 };
	static const uint8_t v6[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 0x10 };
	struct ipaddr a;

	(void)state;
	memset(&a, 0xff, sizeof(a));
	assert_int_equal(ipaddr_parse(&a, "192.0.2.10", 10), 0);
	assert_int_equal(a.family, IP_V4);
	assert_memory_equal(a.b, v4, 16);
	assert_int_equal(a.scope, 0);
	memset(&a, 0xff, sizeof(a));
	assert_int_equal(ipaddr_parse(&a, "2001:db8::10", 12), 0);
	assert_int_equal(a.family, IP_V6);
	assert_memory_equal(a.b, v6, 16);
	assert_int_equal(a.scope, 0);
	memset(&a, 0xff, sizeof(a));
	assert_int_equal(ipaddr_parse(&a, "::ffff:192.0.2.10", 17), 0);
	assert_int_equal(a.family, IP_V4);
	assert_memory_equal(a.b, v4, 16);
}

/* clang-format off */
static const char *const wrong_addresses[] = {
	"", " ", ".", ":", ":::", "::1::", "1::2::3", "%", "%1", "::%", "x",
	"1.2.3", "1.2.3.", ".1.2.3", "1.2.3.4.", "1.2.3.4.5", "1..3.4",
	"256.1.1.1", "1.1.1.256", "1.1.1.1000", "99999999999.1.1.1",
	"01.2.3.4", "1.2.3.04", "00.0.0.0", "1.2.3.00", "000.0.0.0",
	"0x1.2.3.4", "1.2.3.4 ", " 1.2.3.4", "1.2.3.4\n", "+1.2.3.4",
	"-1.2.3.4", "1.2.3.4/24", "1.2.3.4%1", "16909060", "1.2.3.4:80",
	"1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::",
	"::1:2:3:4:5:6:7:8", "1:2:3:4::5:6:7:8", ":1:2:3:4:5:6:7:8",
	"1:2:3:4:5:6:7:8:", ":1::", "::1:", "12345::", "g::", "::00001",
	"1:2:3:4:5:6:7:1.2.3.4", "::1.2.3", "::1.2.3.256", "::01.2.3.4",
	"::1.2.3.4:5", "::1.2.3.4.5", "[::1]", "[::1", "::1 ", " ::1",
	"::ffff:1.2.3.4%1", "2001:db8::1%1", "::1%1", "ff02::1%1", "fec0::1%1",
	"169.254.0.1%1", "fe80::1%", "fe80::1%0", "fe80::1%01", "fe80::1%eth0", "fe80::1%1 ",
	"fe80::1%-1", "fe80::1%4294967296", "fe80::1%1%1", "fe80%1::1",
	"fe80::1%18446744073709551617",
	"0000000000000000000000000000000000000000000000000000000000000000",
	"0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000",
};
/* clang-format on */

static void
wrong_addresses_are_refused(void **state)
{
	struct ipaddr a;
	struct ipaddr before;

	(void)state;
	memset(&a, 0x5a, sizeof(a));
	before = a;
	for (size_t i = 0;
	     i < sizeof(wrong_addresses) / sizeof(wrong_addresses[0]); i++) {
		const char *text = wrong_addresses[i];

		if (ipaddr_parse(&a, text, strlen(text)) != -1)
			fail_msg("taken: \"%s\"", text);
	}
	assert_int_equal(ipaddr_parse(&a, NULL, 0), -1);
	assert_int_equal(ipaddr_parse(&a, "1.2.3.4\0", 8), -1);
	assert_int_equal(ipaddr_parse(&a, "1.2.3.4\0x", 9), -1);
	assert_int_equal(ipaddr_parse(&a,
				      "\0"
				      "1.2.3.4",
				      8),
			 -1);
	assert_int_equal(ipaddr_parse(&a, "fe80::1%1\0", 10), -1);
	assert_memory_equal(&a, &before, sizeof(a));
}

/* The text need not be terminated: what lies behind it does not count. */
static void
length_is_obeyed(void **state)
{
	char *exact = malloc(7);
	struct ipaddr a;
	char out[IPADDR_TEXT_MAX];

	(void)state;
	assert_non_null(exact);
	memcpy(exact, "1.2.3.4", 7);
	assert_int_equal(ipaddr_parse(&a, exact, 7), 0);
	memcpy(exact, "fe80::%", 7);
	assert_int_equal(ipaddr_parse(&a, exact, 7), -1);
	free(exact);
	assert_int_equal(ipaddr_parse(&a, "10.0.0.123", 8), 0);
	assert_string_equal(ipaddr_format(out, &a), "10.0.0.1");
	assert_int_equal(ipaddr_parse(&a, "fe80::1%123", 9), 0);
	assert_int_equal(a.scope, 1);
}

/* Against the system's own reader, over texts made by mutation: nothing it
 * refuses is taken, and what both take is the same. */
static void
never_laxer_than_the_system(void **state)
{
	/* clang-format off */
	static const char *const seeds[] = {
		"192.0.2.10", "2001:db8::1", "::ffff:1.2.3.4", "1:2:3:4:5:6:7:8",
		"64:ff9b::1.2.3.4", "fe80::1", "::",
	};
	/* clang-format on */
	static const char some[] = "0123456789abcdef.::%/ ";
	struct prng r = { 8 };

	(void)state;
	for (unsigned int n = 0; n < 50000; n++) {
		char text[64];
		uint8_t sys[16];
		struct ipaddr a;
		size_t len;

		strncpy(text, seeds[prng_below(&r, 7)], sizeof(text) - 1);
		text[sizeof(text) - 1] = '\0';
		len = strlen(text);
		for (uint32_t k = prng_below(&r, 3); k > 0; k--)
			text[prng_below(&r, (uint32_t)len)] =
				some[prng_below(&r, sizeof(some) - 1)];
		if (ipaddr_parse(&a, text, len) < 0 ||
		    strchr(text, '%') != NULL)
			continue;
		if (strchr(text, ':') == NULL) {
			assert_int_equal(inet_pton(AF_INET, text, sys), 1);
			assert_memory_equal(sys, a.b, 4);
		} else {
			assert_int_equal(inet_pton(AF_INET6, text, sys), 1);
			assert_memory_equal(sys + (a.family == IP_V4 ? 12 : 0),
					    a.b, a.family == IP_V4 ? 4 : 16);
		}
	}
}

/* Sparse random addresses, written by us and read by the system. */
static void
written_form_reads_back(void **state)
{
	struct prng r = { 9 };

	(void)state;
	for (unsigned int n = 0; n < 20000; n++) {
		struct ipaddr a = { .family = IP_V6 };
		char out[IPADDR_TEXT_MAX];
		uint8_t sys[16];

		for (unsigned int i = 0; i < 16; i++) {
			if (prng_below(&r, 3) == 0)
				a.b[i] = (uint8_t)prng_next(&r);
		}
		ipaddr_format(out, &a);
		assert_int_equal(inet_pton(AF_INET6, out, sys), 1);
		assert_memory_equal(sys, a.b, 16);
	}
}

static void
prefixes_read_and_written(void **state)
{
	static const char *const good[] = {
		"0.0.0.0/0",	"10.0.0.0/8",	   "10.156.1.0/24",
		"10.0.0.2/31",	"10.0.0.1/32",	   "::/0",
		"fd00:c1::/48", "2001:db8::1/128", "fe80::/10",
	};
	char out[PREFIX_TEXT_MAX];
	struct prefix p;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(prefix_parse(&p, good[i], strlen(good[i])), 0);
		assert_string_equal(prefix_format(out, &p), good[i]);
	}
	assert_int_equal(prefix_parse(&p, "10.0.0.0/89", 10), 0);
	assert_int_equal(p.len, 8);
}

static void
host_bits_are_told_and_masked(void **state)
{
	static const char *const cases[][2] = {
		{ "10.156.1.1/24", "10.156.1.0/24" },
		{ "10.0.0.1/0", "0.0.0.0/0" },
		{ "10.0.0.1/31", "10.0.0.0/31" },
		{ "fd00:c1::1/48", "fd00:c1::/48" },
		{ "ffff::/1", "8000::/1" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char out[PREFIX_TEXT_MAX];
		struct prefix p;

		assert_int_equal(
			prefix_parse(&p, cases[i][0], strlen(cases[i][0])), -2);
		assert_string_equal(prefix_format(out, &p), cases[i][1]);
	}
}

static void
wrong_prefixes_are_refused(void **state)
{
	/* clang-format off */
	static const char *const wrong[] = {
		"", "/", "/8", "10.0.0.0", "10.0.0.0/", "10.0.0.0/33",
		"10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/08", "10.0.0.0/00",
		"10.0.0.0/8 ", "10.0.0.0/ 8", "10.0.0.0 /8", "10.0.0.0/8/8",
		"10.0.0.0/255.0.0.0", "10.0.0/8", "10/8", "10.0.0.0/0x8",
		"10.0.0.0/4294967304", "10.0.0.0/18446744073709551624",
		"10.0.0.0/256", "::/129", "::/256", "::/", "::", "x/8",
		"fe80::%1/64", "fe80::/64%1", "::ffff:10.0.0.0/8",
		"::ffff:10.0.0.0/104", "::ffff:10.0.0.1/128", "::ffff:0:0/96",
	};
	/* clang-format on */
	struct prefix p;
	struct prefix before;

	(void)state;
	memset(&p, 0x5a, sizeof(p));
	before = p;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		if (prefix_parse(&p, wrong[i], strlen(wrong[i])) != -1)
			fail_msg("taken: \"%s\"", wrong[i]);
	}
	assert_int_equal(prefix_parse(&p, NULL, 0), -1);
	assert_int_equal(prefix_parse(&p, "10.0.0.0/8\0", 11), -1);
	assert_memory_equal(&p, &before, sizeof(p));
}

static void
endpoints_are_written(void **state)
{
	char out[ENDPOINT_TEXT_MAX];
	struct endpoint e = { .port = 3406 };

	(void)state;
	assert_string_equal(endpoint_format(out, &e), "none:3406");
	ipaddr_parse(&e.addr, "192.0.2.1", 9);
	assert_string_equal(endpoint_format(out, &e), "192.0.2.1:3406");
	e.port = 65535;
	ipaddr_parse(&e.addr, "2001:db8::1", 11);
	assert_string_equal(endpoint_format(out, &e), "[2001:db8::1]:65535");
	ipaddr_parse(&e.addr, "fe80::1%7", 9);
	assert_string_equal(endpoint_format(out, &e), "[fe80::1%7]:65535");
}

static void
longest_forms_fit(void **state)
{
	struct endpoint e = { { IP_V6, { 0 }, UINT32_MAX }, UINT16_MAX };
	struct prefix p;
	char out[ENDPOINT_TEXT_MAX];

	(void)state;
	memset(e.addr.b, 0xff, 16);
	assert_string_equal(
		endpoint_format(out, &e),
		"[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff%4294967295]:65535");
	p = prefix_mask(&e.addr, 128);
	assert_string_equal(prefix_format(out, &p),
			    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_read_and_written),
		cmocka_unit_test(bytes_stand_where_they_should),
		cmocka_unit_test(wrong_addresses_are_refused),
		cmocka_unit_test(length_is_obeyed),
		cmocka_unit_test(never_laxer_than_the_system),
		cmocka_unit_test(written_form_reads_back),
		cmocka_unit_test(prefixes_read_and_written),
		cmocka_unit_test(host_bits_are_told_and_masked),
		cmocka_unit_test(wrong_prefixes_are_refused),
		cmocka_unit_test(endpoints_are_written),
		cmocka_unit_test(longest_forms_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
