/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Differences between lists. The input, behind a byte that says how, is a
 * difference from a text of 2000 bytes; or two texts of lines, of which the
 * difference is made and followed; or the same and a third one, which is
 * reached in one step.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "base/bytes.h"
#include "format/list_diff.h"

#define BASE_LEN 2000
#define OUT_MAX 4096

struct text {
	const uint8_t *p;
	size_t len;
};

/* In memory of that very size. */
static uint8_t *
exact(const void *p, size_t len)
{
	uint8_t *copy = malloc(len > 0 ? len : 1);

	require(copy != NULL);
	if (len > 0)
		memcpy(copy, p, len);
	return copy;
}

/* The length that comes out of a difference, as far as it can be read. */
static size_t
out_len(struct text d)
{
	uint64_t n = 0;

	while (d.len >= LIST_DIFF_OP_LEN) {
		uint32_t insert = get_be32(d.p + 8);

		n += (uint64_t)get_be32(d.p) + insert;
		if (insert > d.len - LIST_DIFF_OP_LEN)
			break;
		d.p += LIST_DIFF_OP_LEN + insert;
		d.len -= LIST_DIFF_OP_LEN + insert;
	}
	return n < OUT_MAX ? (size_t)n : OUT_MAX;
}

static void
any_difference(struct text in)
{
	static uint8_t text[BASE_LEN];
	uint8_t *base, *diff = exact(in.p, in.len), *joined, *out;
	size_t outlen = out_len(in), n;

	memset(text, 'b', sizeof(text));
	base = exact(text, BASE_LEN);
	out = malloc(outlen + 1);
	joined = malloc(2 * in.len + 100);
	require(out != NULL && joined != NULL);
	(void)list_diff_apply(out, outlen, base, BASE_LEN, diff, in.len);
	/* Of two steps that are no good, nothing is asked but an end. */
	n = list_diff_join(joined, 2 * in.len + 100, diff, in.len, diff,
			   in.len);
	require(n <= 2 * in.len + 100);
	free(base);
	free(diff);
	free(out);
	free(joined);
}

static size_t
make(uint8_t *diff, size_t cap, struct text a, struct text b)
{
	uint8_t *from = exact(a.p, a.len), *to = exact(b.p, b.len);
	uint8_t *out = exact(b.p, b.len), *d;
	size_t n = list_diff_make(diff, cap, from, a.len, to, b.len);

	require(n <= cap && (n > 0 || a.len + b.len == 0));
	d = exact(diff, n);
	memset(out, 0, b.len);
	require(list_diff_apply(out, b.len, from, a.len, d, n) == 0);
	require(b.len == 0 || memcmp(out, to, b.len) == 0);
	free(from);
	free(to);
	free(out);
	free(d);
	return n;
}

/* a, b, c: the second step begins at a part of b. */
static void
two_steps(struct text a, struct text b, struct text c, uint8_t part)
{
	static uint8_t first[1 << 16], second[1 << 16], one[1 << 17];
	uint8_t *out = exact(c.p, c.len);
	size_t n = make(first, sizeof(first), a, b), m, k;

	b.len -= part % (b.len + 1);
	m = make(second, sizeof(second), b, c);
	k = list_diff_join(one, sizeof(one), first, n, second, m);
	memset(out, 0, c.len);
	require(list_diff_apply(out, c.len, a.p, a.len, one, k) == 0);
	require(c.len == 0 || memcmp(out, c.p, c.len) == 0);
	free(out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *in, size_t len)
{
	struct text t[3] = { { in, 0 }, { in, 0 }, { in, 0 } };
	int i = 0;

	if (len < 2 || len > 2048)
		return 0;
	if (in[0] % 2 == 0) {
		any_difference((struct text){ in + 1, len - 1 });
		return 0;
	}
	/* A zero byte ends a text. */
	t[0].p = in + 2;
	for (const uint8_t *p = in + 2; p < in + len; p++) {
		if (*p != 0 || i == 2)
			t[i].len++;
		else
			t[++i].p = p + 1;
	}
	two_steps(t[0], t[1], t[2], in[1]);
	return 0;
}
