/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which packets are worth compressing. An attempt on random bytes costs zlib
 * some fifty times as much as all the rest of a packet's way, so that one in
 * two thousand can be afforded; LZO1X-1 gives up sooner.
 */
#include "core/comp_adapt.h"

#include <stdbool.h>
#include <string.h>

#define SHORT_LEN 128 /* little but headers */
#define HEADERS_LEN 64
#define WORDS 8
#define HIGH_BITS UINT64_C(0x8080808080808080)

/* Text has no high bits, random bytes have one in each other: eight words of
 * them, from all over the payload, do not look alike by chance. */
static enum adapt_kind
kind_of(const uint8_t *p, size_t len)
{
	uint64_t word, all = 0;
	size_t step;

	if (len < SHORT_LEN)
		return ADAPT_SHORT;
	step = (len - HEADERS_LEN - sizeof(word)) / (WORDS - 1);
	for (size_t i = 0; i < WORDS; i++) {
		memcpy(&word, p + HEADERS_LEN + i * step, sizeof(word));
		all |= word;
	}
	return (all & HIGH_BITS) == 0 ? ADAPT_TEXT : ADAPT_BINARY;
}

static void
learn_result(struct adapt *s, enum adapt_kind k, enum comp_alg alg, bool shrunk)
{
	uint8_t most =
		alg == COMP_LZO ? ADAPT_LZO_EXPONENT : ADAPT_ZLIB_EXPONENT;

	if (shrunk) {
		s->exponent[k] = 0;
		return;
	}
	if (s->exponent[k] < most)
		s->exponent[k]++;
	s->skip[k] = (uint16_t)((1u << s->exponent[k]) - 1);
}

void
adapt_fill(struct adapt_budget *b, struct monotime now)
{
	int64_t earned = (now.ns - b->filled.ns) / ADAPT_SHARE;

	if (!mono_is_set(b->filled) || earned >= ADAPT_BURST_NS - b->left_ns)
		b->left_ns = ADAPT_BURST_NS;
	else
		b->left_ns += earned;
	b->filled = now;
}

bool
adapt_is_empty(const struct adapt_budget *b)
{
	return b->clock != NULL && b->left_ns <= 0;
}

static struct monotime
budget_clock(const struct adapt_budget *b)
{
	return b->clock == NULL ? MONO_NONE : b->clock();
}

static void
budget_charge(struct adapt_budget *b, struct monotime began, int64_t most)
{
	int64_t took = budget_clock(b).ns - began.ns;

	b->left_ns -= took < most ? took : most;
}

static size_t
pack_charged(struct adapt_budget *b, struct comp *c, enum comp_alg alg,
	     uint8_t level, const uint8_t *in, size_t len, uint8_t *out)
{
	struct monotime began = budget_clock(b);
	size_t n =
		comp_pack(c, alg, level, in, len, out, len - len / ADAPT_GAIN);

	budget_charge(b, began, (int64_t)len * ADAPT_BYTE_NS);
	return n;
}

size_t
adapt_unpack(struct adapt_budget *b, struct comp *c, enum comp_alg alg,
	     const uint8_t *in, size_t len, uint8_t *out, size_t cap)
{
	struct monotime began = budget_clock(b);
	size_t n = comp_unpack(c, alg, in, len, out, cap);

	budget_charge(b, began, ADAPT_UNPACK_NS);
	return n;
}

size_t
adapt_pack(struct adapt *s, struct adapt_budget *b, struct comp *c,
	   enum comp_alg alg, uint8_t level, const uint8_t *in, size_t len,
	   uint8_t *out)
{
	enum adapt_kind k;
	size_t n = 0;

	if (alg == COMP_NONE)
		return 0;
	k = kind_of(in, len);
	if (s->skip[k] > 0) {
		s->skip[k]--;
		s->stats.skipped++;
	} else if (adapt_is_empty(b)) {
		s->stats.skipped++;
	} else {
		n = pack_charged(b, c, alg, level, in, len, out);
		s->stats.tried++;
		s->stats.shrunk += n > 0;
		learn_result(s, k, alg, n > 0);
	}
	s->stats.in += len;
	s->stats.out += n > 0 ? n : len;
	return n;
}
