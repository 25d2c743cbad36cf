/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inner packets: well-formed and not; checksums; ICMP errors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "format/ippkt.h"

#define LEN(a) (sizeof(a) / sizeof((a)[0]))

/* RFC 1071, the plain way: one 16-bit word after the other, carry at once. */
static uint16_t
plain_sum(uint16_t start, const uint8_t *p, size_t len)
{
	uint32_t sum = start;

	for (size_t i = 0; i < len; i++) {
		sum += i % 2 == 0 ? (uint32_t)p[i] << 8 : p[i];
		if (sum > 0xffff)
			sum -= 0xffff;
	}
	return (uint16_t)sum;
}

static void
v4_seal(uint8_t *p)
{
	put_be16(p + 10, 0);
	put_be16(p + 10, (uint16_t)~plain_sum(0, p, (p[0] & 15u) * 4));
}

/* 10.156.1.1 -> 10.156.2.2 */
static size_t
v4_make(uint8_t *p, uint8_t proto, size_t payload)
{
	static const uint8_t head[20] = { 0x45, 0x2e, 0,  0,   0x12, 0x34, 0x40,
					  0,	64,   0,  0,   0,    10,   156,
					  1,	1,    10, 156, 2,    2 };

	memcpy(p, head, sizeof(head));
	put_be16(p + 2, (uint16_t)(20 + payload));
	p[9] = proto;
	for (size_t i = 0; i < payload; i++)
		p[20 + i] = (uint8_t)(i * 7 + 8);
	v4_seal(p);
	return 20 + payload;
}

/* fd00:c1::1 -> fd00:c1::2; next: what comes behind the fixed header. */
static size_t
v6_make(uint8_t *p, uint8_t next, size_t payload)
{
	static const uint8_t prefix[4] = { 0xfd, 0x00, 0x00, 0xc1 };

	memset(p, 0, 40);
	put_be32(p, UINT32_C(0x6a512345));
	put_be16(p + 4, (uint16_t)payload);
	p[6] = next;
	p[7] = 64;
	memcpy(p + 8, prefix, 4);
	p[23] = 1;
	memcpy(p + 24, prefix, 4);
	p[39] = 2;
	for (size_t i = 0; i < payload; i++)
		p[40 + i] = (uint8_t)(i * 11 + 128);
	return 40 + payload;
}

/* Parses a copy of the exact length, so that a sanitizer sees a bad read. */
static int
parse(struct ippkt *k, const uint8_t *p, size_t len)
{
	uint8_t *copy = malloc(len + (len == 0));
	int ret;

	assert_non_null(copy);
	memcpy(copy, p, len);
	ret = ippkt_parse(k, copy, len);
	free(copy);
	return ret;
}

static struct ipaddr
addr(const char *text)
{
	struct ipaddr a;

	assert_int_equal(ipaddr_parse(&a, text, strlen(text)), 0);
	return a;
}

static void
test_sum_vectors(void **state)
{
	/* RFC 1071 section 3. */
	static const uint8_t rfc[] = { 0x00, 0x01, 0xf2, 0x03,
				       0xf4, 0xf5, 0xf6, 0xf7 };
	/* A header as widely published, checksum b861. */
	static const uint8_t header[] = { 0x45, 0x00, 0x00, 0x73, 0x00,
					  0x00, 0x40, 0x00, 0x40, 0x11,
					  0xb8, 0x61, 0xc0, 0xa8, 0x00,
					  0x01, 0xc0, 0xa8, 0x00, 0xc7 };

	(void)state;
	assert_int_equal(ippkt_fold(ippkt_sum(0, rfc, 8)), 0xddf2);
	assert_int_equal(ippkt_fold(ippkt_sum(0, header, 20)), 0xffff);
	assert_int_equal(ippkt_fold(0), 0);
	assert_int_equal(ippkt_fold(0x1ffff), 1);
	assert_int_equal(ippkt_fold(UINT64_MAX), 0xffff);
}

static void
test_sum_reference(void **state)
{
	static uint8_t b[65535];
	uint32_t x = 1;

	(void)state;
	for (size_t i = 0; i < sizeof(b); i++) {
		x = x * 1664525 + 1013904223;
		b[i] = (uint8_t)(x >> 24);
	}
	for (size_t len = 0; len < 200; len++)
		for (size_t off = 0; off < 8; off++)
			assert_int_equal(
				ippkt_fold(ippkt_sum(len, b + off, len)),
				plain_sum((uint16_t)len, b + off, len));
	assert_int_equal(ippkt_fold(ippkt_sum(0, b, sizeof(b))),
			 plain_sum(0, b, sizeof(b)));
	memset(b, 0xff, sizeof(b));
	assert_int_equal(ippkt_fold(ippkt_sum(0, b, sizeof(b))),
			 plain_sum(0, b, sizeof(b)));
}

static void
test_v4(void **state)
{
	uint8_t p[1500];
	struct ippkt k;
	struct ipaddr src = addr("10.156.1.1"), dst = addr("10.156.2.2");
	size_t len = v4_make(p, 17, 100);

	(void)state;
	assert_int_equal(parse(&k, p, len), 0);
	assert_true(ipaddr_equal(&k.src, &src));
	assert_true(ipaddr_equal(&k.dst, &dst));
	assert_int_equal(k.proto, 17);
	assert_int_equal(k.dscp_ecn, 0x2e);
	assert_int_equal(k.hdrlen, 20);
	assert_true(k.dont_fragment);
	assert_false(k.fragment);
	assert_false(k.later_fragment);

	put_be16(p + 6, 0x2000);
	v4_seal(p);
	assert_int_equal(parse(&k, p, len), 0);
	assert_false(k.dont_fragment);
	assert_true(k.fragment);
	assert_false(k.later_fragment);

	put_be16(p + 6, 0x0001);
	v4_seal(p);
	assert_int_equal(parse(&k, p, len), 0);
	assert_true(k.fragment);
	assert_true(k.later_fragment);

	p[0] = 0x46; /* one word of options */
	v4_seal(p);
	assert_int_equal(parse(&k, p, len), 0);
	assert_int_equal(k.hdrlen, 24);

	assert_int_equal(parse(&k, p, v4_make(p, 6, 0)), 0);
}

static void
test_v4_refused(void **state)
{
	uint8_t p[200] = { 0 };
	struct ippkt k, before;
	size_t len = v4_make(p, 17, 100);

	(void)state;
	memset(&k, 0x77, sizeof(k));
	memcpy(&before, &k, sizeof(k));
	for (size_t n = 0; n < sizeof(p); n++)
		if (n != len)
			assert_int_equal(parse(&k, p, n), -1);
	/* Any flipped bit of the header breaks its checksum. */
	for (size_t bit = 0; bit < 160; bit++) {
		p[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(parse(&k, p, len), -1);
		p[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	/* The header's own length: too short, beyond the end. */
	p[0] = 0x44;
	put_be16(p + 10, 0);
	put_be16(p + 10, (uint16_t)~plain_sum(0, p, 16));
	assert_int_equal(parse(&k, p, len), -1);
	len = v4_make(p, 17, 39);
	p[0] = 0x4f;
	v4_seal(p);
	assert_int_equal(parse(&k, p, len), -1);
	/* Other versions. */
	len = v4_make(p, 17, 100);
	for (unsigned int v = 0; v < 16; v++) {
		p[0] = (uint8_t)(v << 4 | 5);
		v4_seal(p);
		assert_int_equal(parse(&k, p, len), v == 4 ? 0 : -1);
		if (v == 4)
			memcpy(&k, &before, sizeof(k));
	}
	assert_memory_equal(&k, &before, sizeof(k));
}

static void
test_v6(void **state)
{
	uint8_t p[1500];
	struct ippkt k;
	struct ipaddr src = addr("fd00:c1::1"), dst = addr("fd00:c1::2");
	size_t len = v6_make(p, 6, 100);

	(void)state;
	assert_int_equal(parse(&k, p, len), 0);
	assert_true(ipaddr_equal(&k.src, &src));
	assert_true(ipaddr_equal(&k.dst, &dst));
	assert_int_equal(k.proto, 6);
	assert_int_equal(k.dscp_ecn, 0xa5);
	assert_int_equal(k.hdrlen, 40);
	assert_true(k.dont_fragment);
	assert_false(k.fragment);
	for (size_t n = 0; n < 200; n++)
		if (n != len)
			assert_int_equal(parse(&k, p, n), -1);
	assert_int_equal(parse(&k, p, v6_make(p, 59, 0)), 0);
	assert_int_equal(k.proto, 59);
}

static void
test_v6_extensions(void **state)
{
	uint8_t p[1500];
	struct ippkt k;
	size_t len = v6_make(p, 0, 8 + 16 + 24 + 12 + 8 + 20);
	uint8_t *x = p + 40;

	(void)state;
	x[0] = 60, x[1] = 0, x += 8;		/* hop-by-hop, 8 bytes */
	x[0] = 43, x[1] = 1, x += 16;		/* destination options, 16 */
	x[0] = 51, x[1] = 2, x += 24;		/* routing, 24 */
	x[0] = 44, x[1] = 1, x += 12;		/* authentication, 12 */
	x[0] = 6, x[1] = 0, put_be16(x + 2, 7); /* first; reserved bits */
	assert_int_equal(parse(&k, p, len), 0);
	assert_int_equal(k.proto, 6);
	assert_int_equal(k.hdrlen, 40 + 8 + 16 + 24 + 12 + 8);
	assert_true(k.fragment);
	assert_false(k.later_fragment);

	/* A later fragment: what its header names stands elsewhere. */
	put_be16(x + 2, 8);
	x[0] = 60;
	memset(x + 8, 0xff, 20);
	assert_int_equal(parse(&k, p, len), 0);
	assert_int_equal(k.proto, 60);
	assert_int_equal(k.hdrlen, 40 + 8 + 16 + 24 + 12 + 8);
	assert_true(k.later_fragment);
	/* The same as a first fragment runs past the end. */
	put_be16(x + 2, 1);
	assert_int_equal(parse(&k, p, len), -1);
}

static void
test_v6_extensions_refused(void **state)
{
	static const uint8_t kinds[] = { 0, 43, 60, 135, 139, 140 };
	uint8_t p[1500];
	struct ippkt k;

	(void)state;
	for (size_t i = 0; i < LEN(kinds); i++) {
		size_t len = v6_make(p, kinds[i], 24);

		p[40] = 6;
		p[41] = 2;
		assert_int_equal(parse(&k, p, len), 0);
		assert_int_equal(k.hdrlen, 64);
		p[41] = 3; /* past the end */
		assert_int_equal(parse(&k, p, len), -1);
		p[41] = 255;
		assert_int_equal(parse(&k, p, len), -1);
		/* No room for a header at all. */
		for (size_t n = 0; n < 8; n++)
			assert_int_equal(parse(&k, p, v6_make(p, kinds[i], n)),
					 -1);
	}
	/* Eight in a row are walked, nine are not. */
	for (size_t n = 8; n <= 9; n++) {
		size_t len = v6_make(p, 60, n * 8);

		for (size_t i = 0; i < n; i++) {
			p[40 + i * 8] = i == n - 1 ? 17 : 60;
			p[41 + i * 8] = 0;
		}
		assert_int_equal(parse(&k, p, len), n == 8 ? 0 : -1);
	}
	/* Hop-by-hop options behind another header. */
	v6_make(p, 60, 16);
	p[40] = 0, p[41] = 0, p[48] = 17, p[49] = 0;
	assert_int_equal(parse(&k, p, 56), -1);
}

static void
check_v4_error(const uint8_t *out, size_t n, const uint8_t *p, size_t len)
{
	size_t quote = len < 548 ? len : 548;
	struct ippkt k;
	struct ipaddr from = addr("10.156.1.254"), src = addr("10.156.1.1");

	assert_int_equal(n, 28 + quote);
	assert_int_equal(parse(&k, out, n), 0);
	assert_true(ipaddr_equal(&k.src, &from));
	assert_true(ipaddr_equal(&k.dst, &src));
	assert_int_equal(k.proto, 1);
	assert_int_equal(k.hdrlen, 20);
	assert_int_equal(plain_sum(0, out + 20, n - 20), 0xffff);
	assert_memory_equal(out + 28, p, quote);
}

static void
test_v4_errors(void **state)
{
	static const struct {
		enum ippkt_error kind;
		uint8_t type, code;
		uint32_t mtu, info;
	} cases[] = {
		{ IPPKT_NO_ROUTE, 3, 0, 1300, 0 },
		{ IPPKT_HOST_DOWN, 3, 1, 1300, 0 },
		{ IPPKT_PROHIBITED, 3, 13, 1300, 0 },
		{ IPPKT_TOO_BIG, 3, 4, 1300, 1300 },
		{ IPPKT_TOO_BIG, 3, 4, 70000, 65535 },
	};
	uint8_t p[1500], out[IPPKT_ERROR_MAX];
	struct ipaddr from = addr("10.156.1.254");

	(void)state;
	for (size_t i = 0; i < LEN(cases); i++)
		for (size_t payload = 0; payload < 1400; payload += 13) {
			size_t len = v4_make(p, 17, payload);
			size_t n =
				ippkt_make_error(out, cases[i].kind,
						 cases[i].mtu, &from, p, len);

			check_v4_error(out, n, p, len);
			assert_int_equal(out[20], cases[i].type);
			assert_int_equal(out[21], cases[i].code);
			assert_int_equal(get_be32(out + 24), cases[i].info);
		}
}

static void
test_v6_errors(void **state)
{
	static const struct {
		enum ippkt_error kind;
		uint8_t type, code;
		uint32_t info;
	} cases[] = {
		{ IPPKT_NO_ROUTE, 1, 0, 0 },
		{ IPPKT_HOST_DOWN, 1, 3, 0 },
		{ IPPKT_PROHIBITED, 1, 1, 0 },
		{ IPPKT_TOO_BIG, 2, 0, 1400 },
	};
	uint8_t p[1600], out[IPPKT_ERROR_MAX], pseudo[40];
	struct ipaddr from = addr("fd00:c1::ff");
	struct ippkt k;

	(void)state;
	for (size_t i = 0; i < LEN(cases); i++)
		for (size_t payload = 0; payload < 1500; payload += 11) {
			size_t len = v6_make(p, 17, payload);
			size_t quote = len < 1232 ? len : 1232;
			size_t n = ippkt_make_error(out, cases[i].kind, 1400,
						    &from, p, len);

			assert_int_equal(n, 48 + quote);
			assert_int_equal(parse(&k, out, n), 0);
			assert_true(ipaddr_equal(&k.src, &from));
			assert_memory_equal(out + 24, p + 8, 16);
			assert_int_equal(k.proto, 58);
			assert_int_equal(out[40], cases[i].type);
			assert_int_equal(out[41], cases[i].code);
			assert_int_equal(get_be32(out + 44), cases[i].info);
			assert_memory_equal(out + 48, p, quote);
			/* RFC 8200 8.1: the pseudo-header, laid out. */
			memcpy(pseudo, out + 8, 32);
			put_be32(pseudo + 32, (uint32_t)(n - 40));
			put_be32(pseudo + 36, 58);
			assert_int_equal(plain_sum(plain_sum(0, pseudo, 40),
						   out + 40, n - 40),
					 0xffff);
		}
}

static void
test_pseudo_sum(void **state)
{
	uint8_t p[200], pseudo[12];

	(void)state;
	v4_make(p, 6, 33);
	memcpy(pseudo, p + 12, 8);
	pseudo[8] = 0;
	pseudo[9] = 6;
	put_be16(pseudo + 10, 33);
	assert_int_equal(ippkt_fold(ippkt_pseudo_sum(p, 6, 33)),
			 plain_sum(0, pseudo, 12));
}

static size_t
v4_from_to(uint8_t *p, const char *src, const char *dst)
{
	struct ipaddr s = addr(src), d = addr(dst);
	size_t len = v4_make(p, 17, 64);

	memcpy(p + 12, s.b, 4);
	memcpy(p + 16, d.b, 4);
	v4_seal(p);
	return len;
}

static size_t
v6_from_to(uint8_t *p, const char *src, const char *dst)
{
	struct ipaddr s = addr(src), d = addr(dst);
	size_t len = v6_make(p, 17, 64);

	memcpy(p + 8, s.b, 16);
	memcpy(p + 24, d.b, 16);
	return len;
}

static void
test_no_error_for_addresses(void **state)
{
	/* clang-format off */
	static const char *const bad4[][2] = {
		{ "224.0.0.1", "10.156.2.2" },
		{ "239.255.255.255", "10.156.2.2" },
		{ "255.255.255.255", "10.156.2.2" },
		{ "240.0.0.1", "10.156.2.2" },
		{ "0.0.0.0", "10.156.2.2" },
		{ "0.1.2.3", "10.156.2.2" },
		{ "127.0.0.1", "10.156.2.2" },
		{ "10.156.1.1", "224.0.0.251" },
		{ "10.156.1.1", "255.255.255.255" },
		{ "10.156.1.1", "0.0.0.0" },
	};
	/* clang-format on */
	static const char *const bad6[][2] = {
		{ "ff02::1", "fd00:c1::2" },	{ "::", "fd00:c1::2" },
		{ "::1", "fd00:c1::2" },	{ "fd00:c1::1", "ff02::fb" },
		{ "fd00:c1::1", "ff0e::1234" }, { "fd00:c1::1", "::" },
	};
	struct ipaddr from4 = addr("10.156.1.254");
	struct ipaddr from6 = addr("fd00:c1::ff");
	uint8_t p[200], out[IPPKT_ERROR_MAX];
	size_t len;

	(void)state;
	for (int kind = IPPKT_NO_ROUTE; kind <= IPPKT_TOO_BIG; kind++) {
		enum ippkt_error e = (enum ippkt_error)kind;

		for (size_t i = 0; i < LEN(bad4); i++) {
			len = v4_from_to(p, bad4[i][0], bad4[i][1]);
			assert_int_equal(
				ippkt_make_error(out, e, 1300, &from4, p, len),
				0);
		}
		for (size_t i = 0; i < LEN(bad6); i++) {
			len = v6_from_to(p, bad6[i][0], bad6[i][1]);
			assert_int_equal(
				ippkt_make_error(out, e, 1300, &from6, p, len),
				0);
		}
	}
	len = v4_from_to(p, "10.156.1.1", "10.156.2.2");
	assert_int_not_equal(
		ippkt_make_error(out, IPPKT_NO_ROUTE, 0, &from4, p, len), 0);
	/* The other family cannot answer. */
	assert_int_equal(
		ippkt_make_error(out, IPPKT_NO_ROUTE, 0, &from6, p, len), 0);
	len = v6_from_to(p, "fd00:c1::1", "fd00:c1::2");
	assert_int_equal(
		ippkt_make_error(out, IPPKT_NO_ROUTE, 0, &from4, p, len), 0);
	/* Nor is anything malformed answered. */
	assert_int_equal(
		ippkt_make_error(out, IPPKT_NO_ROUTE, 0, &from6, p, len - 1),
		0);
}

static void
test_no_error_for_icmp_errors(void **state)
{
	struct ipaddr from4 = addr("10.156.1.254");
	struct ipaddr from6 = addr("fd00:c1::ff");
	uint8_t p[200], out[IPPKT_ERROR_MAX];

	(void)state;
	for (unsigned int type = 0; type < 256; type++) {
		size_t len = v4_make(p, 1, 64);
		bool error4 = type == 3 || type == 4 || type == 5 ||
			      type == 11 || type == 12;
		bool error6 = type < 128 || type == 137;

		p[20] = (uint8_t)type;
		assert_int_equal(ippkt_make_error(out, IPPKT_NO_ROUTE, 0,
						  &from4, p, len) == 0,
				 error4);
		len = v6_make(p, 58, 64);
		p[40] = (uint8_t)type;
		assert_int_equal(ippkt_make_error(out, IPPKT_NO_ROUTE, 0,
						  &from6, p, len) == 0,
				 error6);
		/* Hidden behind an extension header it is the same. */
		len = v6_make(p, 60, 64);
		p[40] = 58, p[41] = 0, p[48] = (uint8_t)type;
		assert_int_equal(ippkt_make_error(out, IPPKT_NO_ROUTE, 0,
						  &from6, p, len) == 0,
				 error6);
	}
	/* No type to look at. */
	assert_int_equal(ippkt_make_error(out, IPPKT_NO_ROUTE, 0, &from4, p,
					  v4_make(p, 1, 0)),
			 0);
	assert_int_equal(ippkt_make_error(out, IPPKT_NO_ROUTE, 0, &from6, p,
					  v6_make(p, 58, 0)),
			 0);
}

static void
test_no_error_for_fragments(void **state)
{
	struct ipaddr from4 = addr("10.156.1.254");
	struct ipaddr from6 = addr("fd00:c1::ff");
	uint8_t p[200], out[IPPKT_ERROR_MAX];
	size_t len = v4_make(p, 17, 64);

	(void)state;
	put_be16(p + 6, 0x2000); /* the first one is answered */
	v4_seal(p);
	assert_int_not_equal(
		ippkt_make_error(out, IPPKT_NO_ROUTE, 0, &from4, p, len), 0);
	/* But it may be fragmented: it is not too big. */
	assert_int_equal(
		ippkt_make_error(out, IPPKT_TOO_BIG, 1300, &from4, p, len), 0);
	put_be16(p + 6, 0x2001);
	v4_seal(p);
	assert_int_equal(
		ippkt_make_error(out, IPPKT_NO_ROUTE, 0, &from4, p, len), 0);
	put_be16(p + 6, 0x5fff);
	v4_seal(p);
	assert_int_equal(
		ippkt_make_error(out, IPPKT_TOO_BIG, 1300, &from4, p, len), 0);

	len = v6_make(p, 44, 64);
	p[40] = 17;
	put_be16(p + 42, 1);
	assert_int_not_equal(
		ippkt_make_error(out, IPPKT_NO_ROUTE, 0, &from6, p, len), 0);
	put_be16(p + 42, 8);
	assert_int_equal(
		ippkt_make_error(out, IPPKT_NO_ROUTE, 0, &from6, p, len), 0);
	assert_int_equal(
		ippkt_make_error(out, IPPKT_TOO_BIG, 1300, &from6, p, len), 0);
}

int
main(void)
{
	/* clang-format off */
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sum_vectors),
		cmocka_unit_test(test_sum_reference),
		cmocka_unit_test(test_v4),
		cmocka_unit_test(test_v4_refused),
		cmocka_unit_test(test_v6),
		cmocka_unit_test(test_v6_extensions),
		cmocka_unit_test(test_v6_extensions_refused),
		cmocka_unit_test(test_v4_errors),
		cmocka_unit_test(test_v6_errors),
		cmocka_unit_test(test_pseudo_sum),
		cmocka_unit_test(test_no_error_for_addresses),
		cmocka_unit_test(test_no_error_for_icmp_errors),
		cmocka_unit_test(test_no_error_for_fragments),
	};
	/* clang-format on */

	return cmocka_run_group_tests(tests, NULL, NULL);
}
