/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Compression: round trips, bounds, bombs and malformed input. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "format/compress.h"

#define MTU 1420

static struct comp *comp;
static uint64_t seed = UINT64_C(0x2545f4914f6cdd1d);

static uint8_t
any_byte(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint8_t)(seed >> 32);
}

/* Text-like bytes: they shrink under either compressor. */
static void
fill_soft(uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		p[i] = (uint8_t) "GET /index.html HTTP/1.1\r\n"[i % 26];
	for (size_t i = 0; i < len; i += 61)
		p[i] = any_byte();
}

static size_t
unpack_exact(enum comp_alg a, const uint8_t *in, size_t len, uint8_t *out,
	     size_t cap)
{
	/* Copies of the exact size, so that a sanitizer sees a bad access. */
	uint8_t *src = malloc(len), *dst = malloc(cap);
	size_t n;

	assert_non_null(src);
	assert_non_null(dst);
	memcpy(src, in, len);
	n = comp_unpack(comp, a, src, len, dst, cap);
	assert_true(n <= cap);
	memcpy(out, dst, n);
	free(src);
	free(dst);
	return n;
}

static void
test_names(void **state)
{
	(void)state;
	assert_string_equal(comp_name(COMP_NONE), "none");
	assert_string_equal(comp_name(COMP_LZO), "lzo");
	assert_string_equal(comp_name(COMP_ZLIB), "zlib");
	assert_null(comp_name(COMP_ALGS));
	for (unsigned int a = 0; a < COMP_ALGS; a++) {
		const char *name = comp_name((enum comp_alg)a);

		assert_int_equal(comp_by_name(name, strlen(name)), a);
		assert_int_equal(comp_by_name(name, strlen(name) - 1),
				 COMP_ALGS);
	}
	assert_int_equal(comp_by_name("zlib2", 5), COMP_ALGS);
	assert_int_equal(comp_by_name("", 0), COMP_ALGS);
}

static void
test_round_trip(void **state)
{
	static const size_t lens[] = { 64, 100, 576, 1280, MTU, 9000, 65535 };
	static uint8_t in[65535], out[65535], back[65535];

	(void)state;
	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++)
		for (uint8_t level = 1; level <= 10; level++) {
			enum comp_alg a = level == 10 ? COMP_LZO : COMP_ZLIB;
			uint8_t l = level == 10 ? 1 : level;
			size_t n;

			fill_soft(in, lens[i]);
			n = comp_pack(comp, a, l, in, lens[i], out,
				      sizeof(out));
			assert_in_range(n, 1, lens[i] - 1);
			assert_int_equal(unpack_exact(a, out, n, back, lens[i]),
					 lens[i]);
			assert_memory_equal(back, in, lens[i]);
		}
}

/* No state travels from packet to packet: any one of them unpacks alone. */
static void
test_stateless(void **state)
{
	uint8_t in[2][MTU], first[MTU], second[MTU], again[MTU], back[MTU];
	size_t n1, n2;

	(void)state;
	for (unsigned int a = COMP_LZO; a <= COMP_ZLIB; a++) {
		enum comp_alg alg = (enum comp_alg)a;
		uint8_t level = comp_level_max(alg);

		fill_soft(in[0], MTU);
		fill_soft(in[1], MTU);
		n1 = comp_pack(comp, alg, level, in[0], MTU, first, MTU);
		n2 = comp_pack(comp, alg, level, in[1], MTU, second, MTU);
		assert_int_equal(comp_unpack(comp, alg, second, n2, back, MTU),
				 MTU);
		assert_memory_equal(back, in[1], MTU);
		assert_int_equal(comp_unpack(comp, alg, first, n1, back, MTU),
				 MTU);
		assert_memory_equal(back, in[0], MTU);
		assert_int_equal(
			comp_pack(comp, alg, level, in[0], MTU, again, MTU),
			n1);
		assert_memory_equal(again, first, n1);
	}
}

static void
test_does_not_shrink(void **state)
{
	uint8_t in[MTU], out[2 * MTU];

	(void)state;
	for (size_t i = 0; i < sizeof(in); i++)
		in[i] = any_byte();
	for (unsigned int a = COMP_LZO; a <= COMP_ZLIB; a++) {
		enum comp_alg alg = (enum comp_alg)a;

		assert_int_equal(comp_pack(comp, alg, 1, in, sizeof(in), out,
					   sizeof(out)),
				 0);
		for (size_t len = 0; len < 4; len++)
			assert_int_equal(comp_pack(comp, alg, 1, in, len, out,
						   sizeof(out)),
					 0);
	}
}

static void
test_pack_is_bounded(void **state)
{
	uint8_t in[MTU], out[MTU];

	(void)state;
	fill_soft(in, sizeof(in));
	for (unsigned int a = COMP_LZO; a <= COMP_ZLIB; a++) {
		enum comp_alg alg = (enum comp_alg)a;
		size_t n = comp_pack(comp, alg, 1, in, MTU, out, MTU);

		assert_in_range(n, 1, MTU - 1);
		for (size_t cap = 0; cap < MTU; cap++) {
			uint8_t *tight = malloc(cap + 1);
			size_t got;

			assert_non_null(tight);
			tight[cap] = 0x5a;
			got = comp_pack(comp, alg, 1, in, MTU, tight, cap);
			/* zlib cannot tell a full buffer from a short one. */
			if (cap != n)
				assert_int_equal(got, cap < n ? 0 : n);
			else
				assert_true(got == 0 || got == n);
			assert_int_equal(tight[cap], 0x5a);
			free(tight);
		}
	}
}

static void
test_levels(void **state)
{
	uint8_t in[MTU], out[MTU];

	(void)state;
	memset(in, 'x', sizeof(in));
	for (unsigned int level = 0; level < 256; level++) {
		uint8_t l = (uint8_t)level;

		assert_int_equal(
			comp_pack(comp, COMP_ZLIB, l, in, MTU, out, MTU) != 0,
			l >= 1 && l <= 9);
		assert_int_equal(
			comp_pack(comp, COMP_LZO, l, in, MTU, out, MTU) != 0,
			l == 1);
		assert_int_equal(
			comp_pack(comp, COMP_NONE, l, in, MTU, out, MTU), 0);
		assert_int_equal(
			comp_pack(comp, COMP_ALGS, l, in, MTU, out, MTU), 0);
	}
	assert_int_equal(comp_unpack(comp, COMP_NONE, in, MTU, out, MTU), 0);
	assert_int_equal(comp_unpack(comp, COMP_ALGS, in, MTU, out, MTU), 0);
}

static void
test_too_long(void **state)
{
	static uint8_t in[65536], out[65536];

	(void)state;
	assert_int_equal(comp_pack(comp, COMP_ZLIB, 6, in, 65536, out, 65536),
			 0);
	assert_int_equal(comp_pack(comp, COMP_LZO, 1, in, 65536, out, 65536),
			 0);
}

/* What unpacks to more than cap is refused, were it by one byte. */
static void
test_bombs(void **state)
{
	static uint8_t in[65535], out[65535], back[65535];

	(void)state;
	for (unsigned int a = COMP_LZO; a <= COMP_ZLIB; a++) {
		enum comp_alg alg = (enum comp_alg)a;
		size_t n = comp_pack(comp, alg, comp_level_max(alg), in,
				     sizeof(in), out, sizeof(out));

		assert_in_range(n, 1, MTU);
		assert_int_equal(unpack_exact(alg, out, n, back, MTU), 0);
		assert_int_equal(unpack_exact(alg, out, n, back, 65534), 0);
		assert_int_equal(unpack_exact(alg, out, n, back, 65535), 65535);
		assert_int_equal(comp_unpack(comp, alg, out, n, back, 0), 0);
	}
}

/* --- bodies that cost work and yield little (RFC 1951, section 3.2) -------- */

struct bits {
	uint8_t p[9000];
	size_t n;
};

static void
put_bits(struct bits *b, unsigned int value, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++, b->n++)
		if (value >> i & 1)
			b->p[b->n / 8] |= (uint8_t)(1u << b->n % 8);
}

static size_t
bits_len(const struct bits *b)
{
	return (b->n + 7) / 8;
}

/* A block with dynamic codes and no content: the code of its end alone. */
static void
put_dynamic(struct bits *b, unsigned int last)
{
	/* Lengths of the code lengths' codes, in the order of the RFC: one bit
	 * for 18, a run of zeros; two bits for 0 and for 1. */
	static const uint8_t lens[18] = { [2] = 1, [3] = 2, [17] = 2 };

	put_bits(b, last | 2 << 1, 3);
	put_bits(b, 14 << 10, 14); /* 257 codes, 1 distance, 18 lengths */
	for (size_t i = 0; i < 18; i++)
		put_bits(b, lens[i], 3);
	put_bits(b, 0 | 127 << 1, 8); /* 138 zeros */
	put_bits(b, 0 | 107 << 1, 8); /* 118 zeros */
	put_bits(b, 3 | 3 << 2, 4);   /* the end: one bit; a distance */
	put_bits(b, 0, 1);	      /* the end */
}

static void
put_fixed(struct bits *b, unsigned int last)
{
	put_bits(b, last | 1 << 1, 3);
	put_bits(b, 0, 7);
}

static void
put_stored(struct bits *b, unsigned int last)
{
	put_bits(b, last, 3);
	b->n = (b->n + 7) / 8 * 8;
	put_bits(b, 0xffff0000, 32);
}

static void (*const empty_blocks[])(struct bits *, unsigned int) = {
	put_dynamic,
	put_fixed,
	put_stored,
};

/* Empty blocks of any kind, and content that comes too late. */
static void
test_empty_blocks(void **state)
{
	uint8_t out[9000];

	(void)state;
	for (size_t kind = 0; kind < 3; kind++)
		for (size_t len = 20; len < 8980; len += 640) {
			struct bits b = { .n = 0 };
			uint64_t before = comp_blocks(comp);

			while (bits_len(&b) < len)
				empty_blocks[kind](&b, 0);
			put_bits(&b, 1 | 1 << 1, 3); /* "aaa...", RFC 3.2.6 */
			put_bits(&b, 0x89, 8);	     /* 'a', from its low bit */
			for (int i = 0; i < 30; i++) { /* 258 bytes before */
				put_bits(&b, 0xa3, 8);
				put_bits(&b, 0, 5);
			}
			put_bits(&b, 0, 7);
			assert_int_equal(comp_unpack(comp, COMP_ZLIB, b.p,
						     bits_len(&b), out, 9000),
					 0);
			assert_true(comp_blocks(comp) - before <=
				    COMP_BLOCKS_FREE);
		}
}

/* As much as is allowed: an empty block, and the content behind it. */
static void
test_one_empty_block(void **state)
{
	uint8_t out[9000];

	(void)state;
	for (size_t kind = 0; kind < 3; kind++) {
		struct bits b = { .n = 0 };

		empty_blocks[kind](&b, 0);
		put_bits(&b, 1 | 1 << 1, 3);
		put_bits(&b, 0x89, 8);
		for (int i = 0; i < 30; i++) {
			put_bits(&b, 0xa3, 8);
			put_bits(&b, 0, 5);
		}
		put_bits(&b, 0, 7);
		assert_int_equal(comp_unpack(comp, COMP_ZLIB, b.p, bits_len(&b),
					     out, 9000),
				 1 + 30 * 258);
	}
}

/* A body is shorter than its content. */
static void
test_longer_than_content(void **state)
{
	static uint8_t in[9001] = { 0x01, 9,   0,   0xf6, 0xff, 'n', 'o',
				    't',  ' ', 's', 'h',  'o',	'r', 't' };
	uint8_t out[9000];

	(void)state;
	assert_int_equal(comp_unpack(comp, COMP_ZLIB, in, 14, out, 9000), 0);
	for (unsigned int a = COMP_LZO; a <= COMP_ZLIB; a++)
		for (size_t len = 8999; len <= sizeof(in); len++) {
			uint64_t before = comp_blocks(comp);

			assert_int_equal(comp_unpack(comp, (enum comp_alg)a, in,
						     len, out, 9000),
					 0);
			assert_true(len < 9000 || comp_blocks(comp) == before);
		}
}

/* Content that makes zlib change its codes as often as it does. */
static void
test_own_blocks(void **state)
{
	static uint8_t in[65535], out[65535], back[65535];

	(void)state;
	for (size_t i = 0; i < sizeof(in); i++)
		in[i] = (uint8_t)(any_byte() % (i / 4000 % 2 ? 100 : 3));
	for (uint8_t level = 1; level <= 9; level++) {
		uint64_t before = comp_blocks(comp);
		size_t n = comp_pack(comp, COMP_ZLIB, level, in, sizeof(in),
				     out, sizeof(out));

		assert_in_range(n, 1, sizeof(in) - 1);
		assert_int_equal(
			comp_unpack(comp, COMP_ZLIB, out, n, back, sizeof(in)),
			sizeof(in));
		assert_memory_equal(back, in, sizeof(in));
		assert_in_range(comp_blocks(comp) - before, 1,
				1 + sizeof(in) / 4095);
	}
}

static void
test_malformed(void **state)
{
	uint8_t in[MTU], out[MTU + 1], back[MTU];

	(void)state;
	fill_soft(in, sizeof(in));
	for (unsigned int a = COMP_LZO; a <= COMP_ZLIB; a++) {
		enum comp_alg alg = (enum comp_alg)a;
		size_t n = comp_pack(comp, alg, 1, in, MTU, out, MTU);

		/* Cut short, or with a byte behind its end. */
		for (size_t cut = 0; cut < n; cut++)
			assert_int_equal(
				comp_unpack(comp, alg, out, cut, back, MTU), 0);
		out[n] = 0;
		assert_int_equal(comp_unpack(comp, alg, out, n + 1, back, MTU),
				 0);
		/* Damaged anywhere: no more than cap is ever written. */
		for (size_t i = 0; i < n; i++) {
			uint8_t was = out[i];

			out[i] = any_byte();
			unpack_exact(alg, out, n, back, MTU);
			out[i] = was;
		}
		/* None of it spoils the next one. */
		assert_int_equal(unpack_exact(alg, out, n, back, MTU), MTU);
		assert_memory_equal(back, in, MTU);
	}
}

/* RFC 1951 blocks made by hand: stored, fixed codes, a reserved type. */
static void
test_deflate_vectors(void **state)
{
	static const uint8_t stored[] = {
		0x01, 3, 0, 0xfc, 0xff, 'a', 'b', 'c'
	};
	static const uint8_t fixed[] = { 0x4b, 0x04, 0x00 };
	static const uint8_t empty[] = { 0x03, 0x00 };
	static const uint8_t bad_len[] = {
		0x01, 3, 0, 0xfc, 0xfe, 'a', 'b', 'c'
	};
	static const uint8_t reserved[] = { 0x07, 0x00 };
	static const uint8_t too_far[] = { 0x03, 0x02, 0x00, 0x00 };
	uint8_t out[16];

	(void)state;
	/* Two that are well formed, and longer than their content. */
	assert_int_equal(
		unpack_exact(COMP_ZLIB, stored, sizeof(stored), out, 16), 0);
	assert_int_equal(unpack_exact(COMP_ZLIB, fixed, sizeof(fixed), out, 16),
			 0);
	assert_int_equal(unpack_exact(COMP_ZLIB, empty, sizeof(empty), out, 16),
			 0);
	assert_int_equal(
		unpack_exact(COMP_ZLIB, bad_len, sizeof(bad_len), out, 16), 0);
	assert_int_equal(
		unpack_exact(COMP_ZLIB, reserved, sizeof(reserved), out, 16),
		0);
	assert_int_equal(
		unpack_exact(COMP_ZLIB, too_far, sizeof(too_far), out, 16), 0);
}

static int
set_up(void **state)
{
	(void)state;
	comp = comp_new();
	return comp == NULL ? -1 : 0;
}

static int
tear_down(void **state)
{
	(void)state;
	comp_free(comp);
	comp_free(NULL);
	return 0;
}

int
main(void)
{
	/* clang-format off */
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_stateless),
		cmocka_unit_test(test_does_not_shrink),
		cmocka_unit_test(test_pack_is_bounded),
		cmocka_unit_test(test_levels),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_bombs),
		cmocka_unit_test(test_empty_blocks),
		cmocka_unit_test(test_one_empty_block),
		cmocka_unit_test(test_longer_than_content),
		cmocka_unit_test(test_own_blocks),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_deflate_vectors),
	};
	/* clang-format on */

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
