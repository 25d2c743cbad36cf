/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Wire cursors: every length of input, and the error that sticks. */
#include <stdlib.h>
#include <string.h>

#include "../unit.h"
#include "base/cursor.h"

static const uint8_t wire[] = {
	0x01,						/* u8 */
	0x02, 0x03,					/* be16 */
	0x04, 0x05, 0x06, 0x07,				/* be32 */
	0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f, /* be64 */
	0xaa, 0xbb, 0xcc,				/* bytes */
};

static void
reads_fields_in_order(void **state)
{
	struct rcur c;
	uint8_t tail[3];

	(void)state;
	rcur_init(&c, wire, sizeof(wire));
	assert_int_equal(rcur_u8(&c), 0x01);
	assert_int_equal(rcur_be16(&c), 0x0203);
	assert_true(rcur_be32(&c) == UINT32_C(0x04050607));
	assert_true(rcur_be64(&c) == UINT64_C(0x08090a0b0c0d0e0f));
	assert_false(rcur_done(&c));
	rcur_bytes(&c, tail, 3);
	assert_memory_equal(tail, wire + 15, 3);
	assert_true(rcur_done(&c));
}

/* Every shorter input is bad, never read past (the copy is exact, so that a
 * sanitizer sees it), and what was cut off reads as zeros. */
static void
every_truncation_is_bad(void **state)
{
	(void)state;
	for (size_t len = 0; len < sizeof(wire); len++) {
		uint8_t *copy = malloc(len != 0 ? len : 1);
		static const uint8_t zero[3];
		uint8_t tail[3] = { 9, 9, 9 };
		struct rcur c;

		assert_non_null(copy);
		memcpy(copy, wire, len);
		rcur_init(&c, len != 0 ? copy : NULL, len);
		assert_int_equal(rcur_u8(&c), len >= 1 ? 0x01 : 0);
		assert_int_equal(rcur_be16(&c), len >= 3 ? 0x0203 : 0);
		assert_true(rcur_be32(&c) ==
			    (len >= 7 ? UINT32_C(0x04050607) : 0));
		assert_true(rcur_be64(&c) ==
			    (len >= 15 ? UINT64_C(0x08090a0b0c0d0e0f) : 0));
		rcur_bytes(&c, tail, 3);
		assert_memory_equal(tail, zero, 3);
		assert_true(c.bad);
		assert_false(rcur_done(&c));
		free(copy);
	}
}

/* A later, smaller read would fit into what is left: still refused. */
static void
read_error_sticks(void **state)
{
	struct rcur c;
	uint8_t out = 9;

	(void)state;
	rcur_init(&c, wire, 3);
	assert_true(rcur_be64(&c) == 0);
	assert_true(c.bad);
	assert_int_equal(rcur_u8(&c), 0);
	assert_int_equal(rcur_be16(&c), 0);
	assert_true(rcur_be32(&c) == 0);
	assert_null(rcur_view(&c, 1));
	assert_null(rcur_view(&c, 0));
	rcur_bytes(&c, &out, 1);
	assert_int_equal(out, 0);
	assert_int_equal(c.left, 3);
	assert_false(rcur_done(&c));
}

static void
left_over_is_not_done(void **state)
{
	struct rcur c;

	(void)state;
	rcur_init(&c, wire, 2);
	rcur_u8(&c);
	assert_false(c.bad);
	assert_false(rcur_done(&c));
	rcur_u8(&c);
	assert_true(rcur_done(&c));
	rcur_u8(&c);
	assert_false(rcur_done(&c));
}

static void
views_lie_inside_the_input(void **state)
{
	struct rcur c;

	(void)state;
	rcur_init(&c, wire, 5);
	assert_ptr_equal(rcur_view(&c, 2), wire);
	assert_ptr_equal(rcur_view(&c, 0), wire + 2);
	assert_null(rcur_view(&c, SIZE_MAX));
	assert_true(c.bad);

	rcur_init(&c, wire, 5);
	assert_null(rcur_view(&c, 6));
	rcur_init(&c, wire, 5);
	assert_ptr_equal(rcur_view(&c, 5), wire);
	assert_true(rcur_done(&c));
}

static void
empty_input_is_done(void **state)
{
	struct rcur c;

	(void)state;
	rcur_init(&c, NULL, 0);
	assert_true(rcur_done(&c));
	assert_non_null(rcur_view(&c, 0));
	rcur_bytes(&c, NULL, 0);
	assert_true(rcur_done(&c));
	assert_int_equal(rcur_u8(&c), 0);
	assert_false(rcur_done(&c));
}

static void
write_all(struct wcur *c)
{
	wcur_u8(c, 0x01);
	wcur_be16(c, 0x0203);
	wcur_be32(c, UINT32_C(0x04050607));
	wcur_be64(c, UINT64_C(0x08090a0b0c0d0e0f));
	wcur_bytes(c, wire + 15, 3);
}

static void
writes_fields_in_order(void **state)
{
	uint8_t out[sizeof(wire)];
	struct wcur c;

	(void)state;
	wcur_init(&c, out, sizeof(out));
	write_all(&c);
	assert_false(c.bad);
	assert_int_equal(c.len, sizeof(wire));
	assert_memory_equal(out, wire, sizeof(wire));
}

static void
every_short_room_is_bad(void **state)
{
	static const size_t ends[] = { 0, 1, 3, 7, 15, 18 };

	(void)state;
	for (size_t cap = 0; cap < sizeof(wire); cap++) {
		uint8_t *out = malloc(cap != 0 ? cap : 1);
		size_t whole = 0;
		struct wcur c;

		assert_non_null(out);
		for (size_t i = 0; ends[i] <= cap; i++)
			whole = ends[i];
		wcur_init(&c, cap != 0 ? out : NULL, cap);
		write_all(&c);
		assert_true(c.bad);
		assert_int_equal(c.len, whole);
		assert_memory_equal(out, wire, whole);
		free(out);
	}
}

static void
write_error_sticks(void **state)
{
	uint8_t out[4] = { 9, 9, 9, 9 };
	static const uint8_t before[4] = { 9, 9, 9, 9 };
	struct wcur c;

	(void)state;
	wcur_init(&c, out, sizeof(out));
	wcur_be64(&c, 1);
	assert_true(c.bad);
	wcur_u8(&c, 1);
	wcur_be16(&c, 1);
	wcur_bytes(&c, wire, 1);
	wcur_bytes(&c, NULL, 0);
	assert_int_equal(c.len, 0);
	assert_memory_equal(out, before, 4);

	wcur_init(&c, out, sizeof(out));
	wcur_bytes(&c, wire, SIZE_MAX);
	assert_true(c.bad);
	assert_memory_equal(out, before, 4);
}

static void
nothing_fits_anywhere(void **state)
{
	struct wcur c;

	(void)state;
	wcur_init(&c, NULL, 0);
	wcur_bytes(&c, NULL, 0);
	assert_false(c.bad);
	wcur_u8(&c, 1);
	assert_true(c.bad);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_fields_in_order),
		cmocka_unit_test(every_truncation_is_bad),
		cmocka_unit_test(read_error_sticks),
		cmocka_unit_test(left_over_is_not_done),
		cmocka_unit_test(views_lie_inside_the_input),
		cmocka_unit_test(empty_input_is_done),
		cmocka_unit_test(writes_fields_in_order),
		cmocka_unit_test(every_short_room_is_bad),
		cmocka_unit_test(write_error_sticks),
		cmocka_unit_test(nothing_fits_anywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
