/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Big-endian integers, wiping, constant-time comparison, hexadecimal. */
#include <string.h>

#include "../unit.h"
#include "base/bytes.h"

static void
integers_are_big_endian(void **state)
{
	static const uint8_t wire[] = { 0xf1, 0xe2, 0xd3, 0xc4,
					0xb5, 0xa6, 0x97, 0x88 };
	uint8_t out[8];

	(void)state;
	assert_int_equal(get_be16(wire), 0xf1e2);
	assert_true(get_be32(wire) == UINT32_C(0xf1e2d3c4));
	assert_true(get_be64(wire) == UINT64_C(0xf1e2d3c4b5a69788));
	put_be64(out, UINT64_C(0xf1e2d3c4b5a69788));
	assert_memory_equal(out, wire, 8);
	memset(out, 0, sizeof(out));
	put_be32(out, UINT32_C(0xf1e2d3c4));
	assert_memory_equal(out, wire, 4);
	assert_int_equal(out[4], 0);
	memset(out, 0, sizeof(out));
	put_be16(out, 0xf1e2);
	assert_memory_equal(out, wire, 2);
	assert_int_equal(out[2], 0);
}

static void
wipe_overwrites_just_that(void **state)
{
	uint8_t p[6] = { 1, 2, 3, 4, 5, 6 };
	static const uint8_t want[6] = { 1, 0, 0, 0, 0, 6 };

	(void)state;
	bytes_wipe(p + 1, 4);
	assert_memory_equal(p, want, 6);
	bytes_wipe(NULL, 0);
}

static void
equal_sees_every_bit(void **state)
{
	uint8_t a[33];
	uint8_t b[33];

	(void)state;
	memset(a, 0x5a, sizeof(a));
	memcpy(b, a, sizeof(b));
	assert_true(bytes_equal_ct(a, b, sizeof(a)));
	for (unsigned int bit = 0; bit < 8 * sizeof(a); bit++) {
		b[bit / 8] ^= (uint8_t)(1U << bit % 8);
		assert_false(bytes_equal_ct(a, b, sizeof(a)));
		b[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
	/* Two differences must not cancel out. */
	b[0] ^= 0x80;
	b[32] ^= 0x80;
	assert_false(bytes_equal_ct(a, b, sizeof(a)));
	assert_true(bytes_equal_ct(a + 1, b + 1, 31));
	assert_true(bytes_equal_ct(a, b, 0));
}

static void
all_zero_sees_every_bit(void **state)
{
	uint8_t p[32] = { 0 };

	(void)state;
	assert_true(bytes_all_zero_ct(p, sizeof(p)));
	for (unsigned int bit = 0; bit < 8 * sizeof(p); bit++) {
		p[bit / 8] = (uint8_t)(1U << bit % 8);
		assert_false(bytes_all_zero_ct(p, sizeof(p)));
		p[bit / 8] = 0;
	}
	p[31] = 1;
	assert_true(bytes_all_zero_ct(p, 31));
	assert_true(bytes_all_zero_ct(p, 0));
}

static void
hex_of_every_byte_and_back(void **state)
{
	uint8_t in[256];
	uint8_t back[256];
	char text[513];

	(void)state;
	for (unsigned int i = 0; i < 256; i++)
		in[i] = (uint8_t)i;
	hex_encode(text, in, sizeof(in));
	assert_int_equal(strlen(text), 512);
	assert_int_equal(strncmp(text, "000102", 6), 0);
	assert_string_equal(text + 506, "fdfeff");
	assert_int_equal(hex_decode(back, 256, text, 512), 0);
	assert_memory_equal(in, back, 256);
	hex_encode(text, NULL, 0);
	assert_string_equal(text, "");
}

static void
hex_takes_either_case(void **state)
{
	static const uint8_t want[3] = { 0xab, 0xcd, 0xef };
	uint8_t out[3];

	(void)state;
	assert_int_equal(hex_decode(out, 3, "aBCdEf", 6), 0);
	assert_memory_equal(out, want, 3);
	assert_int_equal(hex_decode(out, 0, "", 0), 0);
}

static void
hex_refuses_and_leaves_out_alone(void **state)
{
	static const char wrong[] = "gG/:@`\0 -+x\x80\xff";
	uint8_t out[3] = { 1, 2, 3 };
	static const uint8_t before[3] = { 1, 2, 3 };

	(void)state;
	assert_int_equal(hex_decode(out, 3, "aabbc", 5), -1);
	assert_int_equal(hex_decode(out, 3, "aabbccd", 7), -1);
	assert_int_equal(hex_decode(out, 3, "aabbccdd", 8), -1);
	assert_int_equal(hex_decode(out, 3, "aabb", 4), -1);
	assert_int_equal(hex_decode(out, 3, "", 0), -1);
	assert_int_equal(hex_decode(out, 0, "aa", 2), -1);
	/* A length that overflows when doubled. */
	assert_int_equal(hex_decode(out, SIZE_MAX / 2 + 1, "", 0), -1);
	for (size_t i = 0; i < sizeof(wrong) - 1; i++) {
		for (size_t at = 0; at < 6; at++) {
			char text[] = "aabbcc";

			text[at] = wrong[i];
			assert_int_equal(hex_decode(out, 3, text, 6), -1);
		}
	}
	assert_memory_equal(out, before, 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(integers_are_big_endian),
		cmocka_unit_test(wipe_overwrites_just_that),
		cmocka_unit_test(equal_sees_every_bit),
		cmocka_unit_test(all_zero_sees_every_bit),
		cmocka_unit_test(hex_of_every_byte_and_back),
		cmocka_unit_test(hex_takes_either_case),
		cmocka_unit_test(hex_refuses_and_leaves_out_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
