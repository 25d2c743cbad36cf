/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Finds the difference between two texts, line by line. As long as a change is
 * small, the next lines that are equal are close. Behind a larger one, the
 * lines that stand once in each text are the anchors, as far as they are in the
 * same order in both (a longest increasing sequence; so much is known as the
 * patience algorithm); from them the equal lines before and behind are found.
 * Takes n log n for n lines.
 */
#include "list_diff_op.h"

#include <stdlib.h>
#include <string.h>

#define NO_LINE UINT32_MAX
#define LINES_MAX (1u << 19) /* of a text; bounds the memory needed */
#define NEAR 32		     /* lines of a small change, in both texts */

struct lines {
	const uint8_t *text;
	size_t *at; /* where each begins; one more: the end */
	size_t n;
};

struct slot {		  /* a line's text, in either */
	uint32_t line[2]; /* the first one of that text; NO_LINE: none */
	bool again[2];	  /* there are more */
};

struct anchors {
	uint32_t (*pair)[2]; /* lines of the two texts */
	uint32_t *tail;	     /* last pair of the best sequence so long */
	uint32_t *before;    /* the pair before in the best sequence */
	size_t n;
};

struct work {
	struct lines l[2]; /* the base, the later text */
	size_t done[2];	   /* lines of each whose difference is written */
	struct slot *slots;
	size_t mask;
	struct anchors a;
};

/* The end of the line at p: behind its newline, or with the text. */
static const uint8_t *
line_end(const uint8_t *p, const uint8_t *end)
{
	p = memchr(p, '\n', (size_t)(end - p));
	return p == NULL ? end : p + 1;
}

static int
split_lines(struct lines *l, const uint8_t *text, size_t len)
{
	const uint8_t *end = text + len;
	size_t n = 0, i = 0;

	l->text = text;
	for (const uint8_t *p = text; p < end; n++)
		p = line_end(p, end);
	l->at = n > LINES_MAX ? NULL : calloc(n + 1, sizeof(*l->at));
	if (l->at == NULL)
		return -1;
	l->n = n;
	for (const uint8_t *p = text; p < end;) {
		l->at[i++] = (size_t)(p - text);
		p = line_end(p, end);
	}
	l->at[i] = len;
	return 0;
}

static size_t
line_len(const struct lines *l, size_t i)
{
	return l->at[i + 1] - l->at[i];
}

static bool
are_equal(const struct lines *a, size_t i, const struct lines *b, size_t j)
{
	size_t len = line_len(a, i);

	return len == line_len(b, j) &&
	       memcmp(a->text + a->at[i], b->text + b->at[j], len) == 0;
}

/* FNV-1a: the lists are the signer's, nobody chooses lines that collide. */
static uint64_t
line_hash(const struct lines *l, size_t i)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (size_t k = l->at[i]; k < l->at[i + 1]; k++)
		h = (h ^ l->text[k]) * UINT64_C(0x100000001b3);
	return h ^ h >> 32;
}

static struct slot *
find_slot(const struct work *w, int which, size_t i)
{
	size_t at = (size_t)line_hash(&w->l[which], i) & w->mask;

	for (;; at = (at + 1) & w->mask) {
		struct slot *s = &w->slots[at];
		int k = s->line[0] != NO_LINE ? 0 : 1;

		if (s->line[k] == NO_LINE ||
		    are_equal(&w->l[k], s->line[k], &w->l[which], i))
			return s;
	}
}

static int
fill_slots(struct work *w)
{
	size_t n = w->l[0].n - w->done[0] + w->l[1].n - w->done[1], cap = 16;

	while (cap < n + n / 2)
		cap *= 2;
	w->slots = malloc(cap * sizeof(*w->slots));
	if (w->slots == NULL)
		return -1;
	w->mask = cap - 1;
	for (size_t i = 0; i < cap; i++)
		w->slots[i] = (struct slot){ { NO_LINE, NO_LINE }, { 0, 0 } };
	for (int which = 0; which < 2; which++)
		for (size_t i = w->done[which]; i < w->l[which].n; i++) {
			struct slot *s = find_slot(w, which, i);

			if (s->line[which] != NO_LINE)
				s->again[which] = true;
			else
				s->line[which] = (uint32_t)i;
		}
	return 0;
}

/* --- anchors -------------------------------------------------------------- */

/* The length of the best sequence that pair k can end. */
static size_t
place_of(const struct anchors *a, size_t longest, size_t k)
{
	size_t lo = 0, hi = longest;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (a->pair[a->tail[mid]][0] < a->pair[k][0])
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* Leaves those of the longest sequence, in order. */
static void
keep_longest(struct anchors *a)
{
	size_t longest = 0;
	uint32_t k;

	for (size_t i = 0; i < a->n; i++) {
		size_t at = place_of(a, longest, i);

		a->tail[at] = (uint32_t)i;
		a->before[i] = at == 0 ? NO_LINE : a->tail[at - 1];
		longest += at == longest;
	}
	k = longest == 0 ? NO_LINE : a->tail[longest - 1];
	for (size_t i = longest; i-- > 0; k = a->before[k])
		a->tail[i] = k;
	/* Ascending, and tail[i] >= i: nothing is overwritten too early. */
	for (size_t i = 0; i < longest; i++)
		memcpy(a->pair[i], a->pair[a->tail[i]], sizeof(a->pair[i]));
	a->n = longest;
}

/* The lines that stand once in each text, and behind them the two ends. */
static int
find_anchors(struct work *w)
{
	struct anchors *a = &w->a;
	size_t n = w->l[1].n - w->done[1] + 1;

	a->pair = calloc(n, sizeof(*a->pair));
	a->tail = calloc(n, sizeof(*a->tail));
	a->before = calloc(n, sizeof(*a->before));
	if (a->pair == NULL || a->tail == NULL || a->before == NULL)
		return -1;
	for (size_t j = w->done[1]; j < w->l[1].n; j++) {
		const struct slot *s = find_slot(w, 1, j);

		if (s->line[0] == NO_LINE || s->again[0] || s->again[1])
			continue;
		a->pair[a->n][0] = s->line[0];
		a->pair[a->n++][1] = (uint32_t)j;
	}
	keep_longest(a);
	a->pair[a->n][0] = (uint32_t)w->l[0].n;
	a->pair[a->n++][1] = (uint32_t)w->l[1].n;
	return 0;
}

/* --- the operations ------------------------------------------------------- */

/* Both texts go on from these lines in the same way, or both are at the end. */
static bool
meet(const struct work *w, size_t i, size_t j)
{
	const struct lines *a = &w->l[0], *b = &w->l[1];

	if (i >= a->n || j >= b->n)
		return i == a->n && j == b->n;
	if (!are_equal(a, i, b, j))
		return false;
	return i + 1 == a->n || j + 1 == b->n || are_equal(a, i + 1, b, j + 1);
}

/* Writes the difference up to these lines, which no line before equals. */
static void
write_gap(struct work *w, struct diff_writer *d, size_t i, size_t j)
{
	const struct lines *a = &w->l[0], *b = &w->l[1];
	size_t *x = &w->done[0], *y = &w->done[1];

	diff_skip(d, a->at[i] - a->at[*x]);
	diff_insert(d, b->text + b->at[*y], b->at[j] - b->at[*y]);
	*x = i;
	*y = j;
}

static void
write_equal(struct work *w, struct diff_writer *d)
{
	const struct lines *a = &w->l[0], *b = &w->l[1];
	size_t *x = &w->done[0], *y = &w->done[1], from = *x;

	while (*x < a->n && *y < b->n && are_equal(a, *x, b, *y)) {
		++*x;
		++*y;
	}
	diff_copy(d, a->at[*x] - a->at[from]);
}

/* Goes over a change when the texts meet again within NEAR lines. */
static bool
write_near(struct work *w, struct diff_writer *d)
{
	for (size_t sum = 1; sum <= NEAR; sum++)
		for (size_t k = 0; k <= sum; k++)
			if (meet(w, w->done[0] + k, w->done[1] + sum - k)) {
				write_gap(w, d, w->done[0] + k,
					  w->done[1] + sum - k);
				return true;
			}
	return false;
}

static bool
is_done(const struct work *w)
{
	return w->done[0] == w->l[0].n && w->done[1] == w->l[1].n;
}

/* true: all is written, or does not fit; false: a change is larger. */
static bool
write_small_changes(struct work *w, struct diff_writer *d)
{
	do {
		write_equal(w, d);
	} while (!is_done(w) && !d->w.bad && write_near(w, d));
	return is_done(w) || d->w.bad;
}

static void
write_rest(struct work *w, struct diff_writer *d)
{
	const struct lines *a = &w->l[0], *b = &w->l[1];

	for (size_t k = 0; k < w->a.n; k++) {
		size_t x = w->a.pair[k][0], y = w->a.pair[k][1];

		/* Equal lines behind the anchor before, */
		write_equal(w, d);
		if (x < w->done[0] || y < w->done[1])
			continue;
		/* and before this one. */
		while (x > w->done[0] && y > w->done[1] &&
		       are_equal(a, x - 1, b, y - 1)) {
			x--;
			y--;
		}
		write_gap(w, d, x, y);
	}
	write_equal(w, d);
}

size_t
list_diff_make(uint8_t *out, size_t cap, const uint8_t *base, size_t baselen,
	       const uint8_t *text, size_t textlen)
{
	struct work w;
	struct diff_writer d;
	size_t len = 0;

	memset(&w, 0, sizeof(w));
	diff_writer_init(&d, out, cap);
	if (split_lines(&w.l[0], base, baselen) == 0 &&
	    split_lines(&w.l[1], text, textlen) == 0) {
		if (write_small_changes(&w, &d)) {
			len = diff_writer_end(&d);
		} else if (fill_slots(&w) == 0 && find_anchors(&w) == 0) {
			write_rest(&w, &d);
			len = diff_writer_end(&d);
		}
	}
	free(w.l[0].at);
	free(w.l[1].at);
	free(w.slots);
	free(w.a.pair);
	free(w.a.tail);
	free(w.a.before);
	return len;
}
