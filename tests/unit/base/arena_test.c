/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Arenas: alignment, zeroed memory, large requests, overflow. */
#include <stdalign.h>
#include <string.h>

#include "../unit.h"
#include "base/arena.h"
#include "prng.h"

/* Asks the sanitizer to fail a huge allocation as malloc() would. */
const char *__asan_default_options(void);
const char *
__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}

static void
nothing_costs_nothing(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a);
	assert_null(a.head);
	arena_free(&a);
	arena_free(&a);
}

static int
all_are(const uint8_t *p, uint8_t v, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (p[i] != v)
			return 0;
	}
	return 1;
}

/* Sizes from 0 to far beyond one block: each piece is aligned and zeroed,
 * and no later one touches it. */
static void
pieces_are_apart_aligned_and_zero(void **state)
{
	struct prng r = { 2 };
	uint8_t *piece[300];
	size_t size[300];
	struct arena a;
	size_t total = 0;

	(void)state;
	arena_init(&a);
	for (size_t i = 0; i < 300; i++) {
		size[i] = prng_below(&r, i % 10 == 0 ? 100000 : 500);
		piece[i] = arena_alloc(&a, size[i]);
		assert_non_null(piece[i]);
		assert_true((uintptr_t)piece[i] % alignof(max_align_t) == 0);
		assert_true(all_are(piece[i], 0, size[i]));
		memset(piece[i], (int)(i % 255) + 1, size[i]);
		total += size[i];
	}
	for (size_t i = 0; i < 300; i++)
		assert_true(all_are(piece[i], (uint8_t)(i % 255 + 1), size[i]));
	assert_int_equal(a.total, total);
	arena_free(&a);
	assert_int_equal(a.total, 0);
	assert_null(a.head);
}

static void
empty_pieces_differ(void **state)
{
	struct arena a;
	void *x;
	void *y;

	(void)state;
	arena_init(&a);
	x = arena_alloc(&a, 0);
	y = arena_alloc(&a, 0);
	assert_non_null(x);
	assert_non_null(y);
	assert_ptr_not_equal(x, y);
	assert_non_null(arena_array(&a, 0, 8));
	assert_non_null(arena_array(&a, 8, 0));
	assert_int_equal(a.total, 0);
	arena_free(&a);
}

/* A large request must not throw away the rest of the block in use. */
static void
large_requests_leave_the_block_in_use(void **state)
{
	struct arena a;
	uint8_t *before;
	uint8_t *large;
	uint8_t *after;

	(void)state;
	arena_init(&a);
	before = arena_alloc(&a, 16);
	large = arena_alloc(&a, 1 << 20);
	assert_non_null(large);
	memset(large, 1, 1 << 20);
	after = arena_alloc(&a, 16);
	assert_ptr_equal(after, before + 16);
	assert_true(all_are(after, 0, 16));
	arena_free(&a);

	/* Also as the very first one. */
	large = arena_alloc(&a, 1 << 20);
	assert_non_null(large);
	assert_non_null(arena_alloc(&a, 16));
	assert_non_null(arena_alloc(&a, 1 << 20));
	arena_free(&a);
}

static void
impossible_sizes_are_refused(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a);
	assert_non_null(arena_alloc(&a, 1));
	for (size_t less = 0; less < 64; less++)
		assert_null(arena_alloc(&a, SIZE_MAX - less));
	assert_null(arena_alloc(&a, SIZE_MAX / 2));
	assert_null(arena_array(&a, SIZE_MAX / 4, 5));
	assert_null(arena_array(&a, 5, SIZE_MAX / 4));
	/* The product is 16 when it wraps around. */
	assert_null(arena_array(&a, SIZE_MAX / 16 + 2, 16));
	assert_null(arena_strndup(&a, "x", SIZE_MAX));
	assert_int_equal(a.total, 1);
	assert_non_null(arena_alloc(&a, 1));
	arena_free(&a);
}

static void
arrays_are_zero(void **state)
{
	struct arena a;
	uint64_t *v;

	(void)state;
	arena_init(&a);
	v = arena_array(&a, 5000, sizeof(*v));
	assert_non_null(v);
	for (size_t i = 0; i < 5000; i++)
		assert_true(v[i] == 0);
	assert_int_equal(a.total, 5000 * sizeof(*v));
	arena_free(&a);
}

static void
strndup_terminates(void **state)
{
	struct arena a;
	char *s;

	(void)state;
	arena_init(&a);
	assert_string_equal(arena_strndup(&a, "hello world", 5), "hello");
	assert_string_equal(arena_strndup(&a, NULL, 0), "");
	s = arena_strndup(&a, "a\0b", 3);
	assert_memory_equal(s, "a\0b", 4);
	arena_free(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_costs_nothing),
		cmocka_unit_test(pieces_are_apart_aligned_and_zero),
		cmocka_unit_test(empty_pieces_differ),
		cmocka_unit_test(large_requests_leave_the_block_in_use),
		cmocka_unit_test(impossible_sizes_are_refused),
		cmocka_unit_test(arrays_are_zero),
		cmocka_unit_test(strndup_terminates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
