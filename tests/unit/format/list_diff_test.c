/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Differences between texts: made, applied, joined, and those that are
 * refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "crypto/rng.h"
#include "format/list_diff.h"

#define TEXT_MAX 40000

struct text {
	uint8_t b[TEXT_MAX];
	size_t len;
};

static void
put(struct text *t, const char *line)
{
	size_t n = strlen(line);

	assert_in_range(t->len + n, 0, TEXT_MAX);
	memcpy(t->b + t->len, line, n);
	t->len += n;
}

static void
set(struct text *t, const char *text)
{
	t->len = 0;
	put(t, text);
}

/* Makes the difference and follows it; returns its length. */
static size_t
both_ways(uint8_t diff[LIST_DIFF_MAX], const struct text *a,
	  const struct text *b)
{
	static uint8_t out[TEXT_MAX];
	size_t n =
		list_diff_make(diff, LIST_DIFF_MAX, a->b, a->len, b->b, b->len);

	assert_true(n > 0 || b->len + a->len == 0);
	assert_int_equal(list_diff_apply(out, b->len, a->b, a->len, diff, n),
			 0);
	assert_memory_equal(out, b->b, b->len);
	return n;
}

static void
texts_with_names(struct text *t, int nodes, int changed)
{
	char line[200];

	t->len = 0;
	put(t, "network example.org\n");
	snprintf(line, sizeof(line), "timestamp %d\n\n", changed);
	put(t, line);
	for (int i = 0; i < nodes; i++) {
		snprintf(line, sizeof(line),
			 "node n%d\n  address 192.0.2.%d\n"
			 "  subnet 10.%d.%d.0/24\n\n",
			 i, i % 250, i / 250 + (i == changed ? 100 : 0),
			 i % 250);
		put(t, line);
	}
}

static void
a_line_costs_a_line(void **state)
{
	static struct text a, b;
	static uint8_t diff[LIST_DIFF_MAX];

	(void)state;
	texts_with_names(&a, 500, 10);
	texts_with_names(&b, 500, 400);
	assert_in_range(both_ways(diff, &a, &b), 1, 200);
}

/* Beyond the lines that are looked at first, there and back. */
static void
many_nodes_come_and_go(void **state)
{
	static struct text a, b;
	static uint8_t diff[LIST_DIFF_MAX];
	char line[40];

	(void)state;
	texts_with_names(&b, 300, 10);
	texts_with_names(&a, 100, 10);
	for (int i = 0; i < 100; i++) {
		snprintf(line, sizeof(line), "node z%d\n", i);
		put(&a, line);
		put(&b, line);
	}
	assert_in_range(both_ways(diff, &a, &b), 8000, 14000);
	assert_in_range(both_ways(diff, &b, &a), 1, 50);
}

static void
the_ends_of_texts(void **state)
{
	static const char *const texts[] = {
		"",	  "\n",		  "a",		 "a\n",	   "a\nb",
		"a\nb\n", "b\na\n",	  "a\na\na\n",	 "\n\n\n", "x\na\n",
		"a\nx\n", "a\nb\nc\nd\n", "c\nd\na\nb\n"
	};
	const size_t n = sizeof(texts) / sizeof(texts[0]);
	static struct text a, b;
	static uint8_t diff[LIST_DIFF_MAX];

	(void)state;
	for (size_t i = 0; i < n * n; i++) {
		set(&a, texts[i / n]);
		set(&b, texts[i % n]);
		(void)both_ways(diff, &a, &b);
	}
}

/* Lines are added, dropped, moved and doubled. */
static void
edit(struct text *out, const struct text *in, struct rng *rng)
{
	const uint8_t *p = in->b, *end = in->b + in->len;
	char line[80];

	out->len = 0;
	while (p < end) {
		const uint8_t *next = memchr(p, '\n', (size_t)(end - p));
		size_t n;

		next = next == NULL ? end : next + 1;
		n = (size_t)(next - p);
		switch (out->len + 2 * n + 80 > TEXT_MAX ? 1 :
							   rng_below(rng, 30)) {
		case 0:
			snprintf(line, sizeof(line), "new %u\n",
				 rng_below(rng, 9));
			put(out, line);
			break;
		case 1:
			p = next;
			continue;
		case 2:
			memcpy(out->b + out->len, p, n);
			out->len += n;
			break;
		default:
			break;
		}
		memcpy(out->b + out->len, p, n);
		out->len += n;
		p = next;
	}
}

/* Also in two steps that are made one, of which the second knows only the
 * beginning of the text in between. */
static void
any_edit(void **state)
{
	static struct text a, b, c, part;
	static uint8_t first[LIST_DIFF_MAX], second[LIST_DIFF_MAX];
	static uint8_t one[LIST_DIFF_MAX], out[TEXT_MAX];
	struct rng_seeded seed;
	struct rng rng = rng_seeded(&seed, 7);

	(void)state;
	texts_with_names(&a, 200, 10);
	for (int i = 0; i < 200; i++) {
		size_t n, m, k;

		edit(&b, &a, &rng);
		n = both_ways(first, &a, &b);
		part = b;
		part.len -= rng_below(&rng, (uint32_t)b.len);
		edit(&c, &part, &rng);
		m = both_ways(second, &part, &c);
		k = list_diff_join(one, sizeof(one), first, n, second, m);
		assert_int_equal(
			list_diff_apply(out, c.len, a.b, a.len, one, k), 0);
		assert_memory_equal(out, c.b, c.len);
		a = c.len > 3000 ? c : a;
	}
}

static size_t
op(uint8_t *out, uint32_t copy, uint32_t skip, uint32_t insert)
{
	put_be32(out, copy);
	put_be32(out + 4, skip);
	put_be32(out + 8, insert);
	return LIST_DIFF_OP_LEN;
}

static void
assert_refused(const uint8_t *diff, size_t len, size_t outlen)
{
	uint8_t *exact = malloc(len + 1), *out = malloc(outlen + 1);
	uint8_t *base = malloc(10);

	memcpy(exact, diff, len);
	memset(base, 'b', 10);
	assert_int_equal(list_diff_apply(out, outlen, base, 10, exact, len),
			 -1);
	free(exact);
	free(out);
	free(base);
}

static void
what_is_refused(void **state)
{
	static const uint32_t huge[] = { 11, 0x7fffffff, 0xfffffff6,
					 0xffffffff };
	uint8_t d[64] = { 0 }, out[20], base[10] = { 0 };

	(void)state;
	/* The one that is right: 6 of the base, not the other 4, 3 more. */
	op(d, 6, 4, 3);
	assert_int_equal(list_diff_apply(out, 9, base, 10, d, 15), 0);
	for (size_t len = 0; len < 15; len++)
		assert_refused(d, len, 9);
	assert_refused(d, 16, 9);
	assert_refused(d, 15, 8);
	assert_refused(d, 15, 10);
	op(d + 15, 0, 0, 0);
	assert_refused(d, 27, 9);
	/* More than there is, in every place. */
	for (size_t i = 0; i < sizeof(huge) / sizeof(huge[0]); i++) {
		op(d, huge[i], 0, 0);
		assert_refused(d, 12, 9);
		op(d, 6, huge[i], 3);
		assert_refused(d, 15, 9);
		op(d, 6, 4, huge[i]);
		assert_refused(d, 15, 9);
	}
	/* Not to the end of the base. */
	op(d, 6, 3, 3);
	assert_refused(d, 15, 9);
	/* Nothing is copied twice. */
	op(d, 10, 0, 0);
	op(d + 12, 1, 0, 0);
	assert_refused(d, 24, 11);
	assert_refused(d, 0, 0);
}

static void
too_long_ones_are_none(void **state)
{
	static struct text a, b;
	static uint8_t diff[LIST_DIFF_MAX], other[LIST_DIFF_MAX];
	size_t n;

	(void)state;
	texts_with_names(&a, 100, 10);
	texts_with_names(&b, 100, 20);
	n = both_ways(diff, &a, &b);
	memcpy(other, diff, n);
	assert_int_equal(list_diff_make(other, n - 1, a.b, a.len, b.b, b.len),
			 0);
	assert_int_equal(list_diff_make(other, n, a.b, a.len, b.b, b.len), n);
	op(other, (uint32_t)b.len, 0, 0);
	assert_int_equal(list_diff_join(other + 100, n, diff, n, other, 12), n);
	assert_memory_equal(other + 100, diff, n);
	assert_int_equal(list_diff_join(other + 100, n - 1, diff, n, other, 12),
			 0);
	/* The second begins beyond the end of the first, or is none. */
	op(other, (uint32_t)b.len + 1, 0, 0);
	assert_int_equal(list_diff_join(other + 100, 1000, diff, n, other, 12),
			 0);
	assert_int_equal(list_diff_join(other + 100, 1000, diff, n, other, 11),
			 0);
	assert_int_equal(
		list_diff_join(other + 100, 1000, diff, n - 1, other, 0), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_costs_a_line),
		cmocka_unit_test(many_nodes_come_and_go),
		cmocka_unit_test(the_ends_of_texts),
		cmocka_unit_test(any_edit),
		cmocka_unit_test(what_is_refused),
		cmocka_unit_test(too_long_ones_are_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
