/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Buffers: growth, the consumed front, the limit, memory running out. */
#include <stdlib.h>
#include <string.h>

#include "../unit.h"
#include "base/buf.h"
#include "prng.h"

/* Asks the sanitizer to fail a huge allocation as malloc() would. */
const char *__asan_default_options(void);
const char *
__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}

static void
empty_buffer_has_no_memory(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 100);
	assert_int_equal(buf_len(&b), 0);
	assert_non_null(buf_data(&b));
	assert_int_equal(buf_put(&b, NULL, 0), 0);
	assert_null(b.mem);
	buf_consume(&b, 0);
	buf_clear(&b);
	buf_free(&b);
}

static void
put_and_consume(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 100);
	assert_int_equal(buf_put(&b, "hello", 5), 0);
	assert_int_equal(buf_put(&b, " world", 6), 0);
	assert_int_equal(buf_len(&b), 11);
	assert_memory_equal(buf_data(&b), "hello world", 11);
	buf_consume(&b, 6);
	assert_int_equal(buf_len(&b), 5);
	assert_memory_equal(buf_data(&b), "world", 5);
	buf_clear(&b);
	assert_int_equal(buf_len(&b), 0);
	assert_int_equal(buf_put(&b, "x", 1), 0);
	assert_memory_equal(buf_data(&b), "x", 1);
	buf_free(&b);
	assert_int_equal(b.limit, 100);
	assert_int_equal(buf_put(&b, "again", 5), 0);
	buf_free(&b);
}

static void
limit_is_exact(void **state)
{
	struct buf b;
	uint8_t data[64] = { 0 };

	(void)state;
	for (size_t limit = 0; limit < 40; limit++) {
		buf_init(&b, limit);
		assert_int_equal(buf_put(&b, data, limit + 1), -1);
		assert_int_equal(buf_len(&b), 0);
		assert_int_equal(buf_put(&b, data, limit), 0);
		assert_int_equal(buf_len(&b), limit);
		assert_int_equal(buf_put(&b, data, 1), -1);
		assert_int_equal(buf_len(&b), limit);
		assert_null(buf_reserve(&b, 1));
		assert_non_null(buf_reserve(&b, 0));
		buf_free(&b);
	}
}

static void
limit_counts_what_is_held_not_what_passed(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 8);
	for (unsigned int i = 0; i < 1000; i++) {
		assert_int_equal(buf_put(&b, "abcd", 4), 0);
		if (i == 0)
			continue;
		assert_int_equal(buf_len(&b), 8);
		assert_int_equal(buf_put(&b, "x", 1), -1);
		assert_memory_equal(buf_data(&b), "abcdabcd", 8);
		buf_consume(&b, 4);
	}
	assert_true(b.cap <= 8);
	buf_free(&b);
}

static void
refusal_changes_nothing(void **state)
{
	struct buf b;
	struct buf before;

	(void)state;
	buf_init(&b, 10);
	buf_put(&b, "0123456", 7);
	buf_consume(&b, 2);
	before = b;
	assert_int_equal(buf_put(&b, "abcdef", 6), -1);
	assert_null(buf_reserve(&b, 6));
	assert_null(buf_reserve(&b, SIZE_MAX));
	assert_memory_equal(&b, &before, sizeof(b));
	assert_memory_equal(buf_data(&b), "23456", 5);
	buf_free(&b);
}

static void
memory_running_out_changes_nothing(void **state)
{
	struct buf b;
	struct buf before;

	(void)state;
	buf_init(&b, SIZE_MAX);
	buf_put(&b, "keep", 4);
	before = b;
	assert_null(buf_reserve(&b, SIZE_MAX - 4));
	assert_null(buf_reserve(&b, SIZE_MAX / 2));
	assert_true(b.nomem);
	b.nomem = false;
	assert_memory_equal(&b, &before, sizeof(b));
	assert_memory_equal(buf_data(&b), "keep", 4);
	buf_free(&b);
}

static void
reserved_bytes_count_after_commit(void **state)
{
	struct buf b;
	uint8_t *p;

	(void)state;
	buf_init(&b, 1000);
	p = buf_reserve(&b, 300);
	assert_non_null(p);
	memset(p, 7, 300);
	assert_int_equal(buf_len(&b), 0);
	buf_commit(&b, 20);
	assert_int_equal(buf_len(&b), 20);
	assert_int_equal(buf_data(&b)[19], 7);
	p = buf_reserve(&b, 280);
	assert_ptr_equal(p, buf_data(&b) + 20);
	buf_commit(&b, 280);
	assert_int_equal(buf_len(&b), 300);
	buf_free(&b);
}

/* Many small writes allocate seldom: the buffer doubles. */
static void
growth_is_geometric(void **state)
{
	struct buf b;
	size_t cap = 0;
	unsigned int grown = 0;

	(void)state;
	buf_init(&b, SIZE_MAX);
	for (unsigned int i = 0; i < 1 << 20; i++) {
		assert_int_equal(buf_put(&b, "x", 1), 0);
		grown += b.cap != cap;
		cap = b.cap;
	}
	assert_in_range(grown, 1, 20);
	buf_free(&b);
}

/* Bytes are moved down only when at least as many were consumed: else a
 * slow reader of a full buffer would make each small write move all. */
static void
moving_down_is_paid_for(void **state)
{
	uint8_t data[256] = { 0 };
	struct buf b;
	size_t cap;

	(void)state;
	buf_init(&b, SIZE_MAX);
	buf_put(&b, data, 256);
	cap = b.cap;
	assert_int_equal(cap, 256);
	buf_consume(&b, 128);
	assert_int_equal(buf_put(&b, data, 128), 0);
	assert_int_equal(b.cap, cap);
	buf_consume(&b, 1);
	assert_int_equal(buf_put(&b, data, 1), 0);
	assert_true(b.cap > cap);
	assert_int_equal(buf_len(&b), 256);
	buf_free(&b);
}

/* Against a stream of numbered bytes: what comes out is what went in. */
static void
behaves_like_a_stream(void **state)
{
	struct prng r = { 1 };
	struct buf b;
	uint64_t in = 0;
	uint64_t out = 0;

	(void)state;
	buf_init(&b, 3000);
	for (unsigned int round = 0; round < 20000; round++) {
		uint8_t data[700];
		size_t n = prng_below(&r, sizeof(data));
		size_t held = buf_len(&b);

		for (size_t i = 0; i < n; i++)
			data[i] = (uint8_t)((in + i) * 31);
		if (buf_put(&b, data, n) == 0)
			in += n;
		else
			assert_true(held + n > 3000);
		n = prng_below(&r, (uint32_t)buf_len(&b) + 1);
		for (size_t i = 0; i < n; i++)
			assert_int_equal(buf_data(&b)[i],
					 (uint8_t)((out + i) * 31));
		buf_consume(&b, n);
		out += n;
		assert_true(buf_len(&b) == in - out);
		assert_true(b.cap <= 3000);
	}
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty_buffer_has_no_memory),
		cmocka_unit_test(put_and_consume),
		cmocka_unit_test(limit_is_exact),
		cmocka_unit_test(limit_counts_what_is_held_not_what_passed),
		cmocka_unit_test(refusal_changes_nothing),
		cmocka_unit_test(memory_running_out_changes_nothing),
		cmocka_unit_test(reserved_bytes_count_after_commit),
		cmocka_unit_test(growth_is_geometric),
		cmocka_unit_test(moving_down_is_paid_for),
		cmocka_unit_test(behaves_like_a_stream),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
