/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Suggests the known word that a mistyped word probably meant. */
#include <string.h>

#include "base/text.h"

#define WORD_MAX 64 /* longer words get no suggestion */

static char
lower_case(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static size_t
min_size(size_t a, size_t b)
{
	return a < b ? a : b;
}

/*
 * Damerau-Levenshtein distance in the form of optimal string alignment: insert,
 * delete, replace, swap two neighbours; no part is edited twice. Case is
 * ignored. Three rows of the matrix are enough.
 */
static size_t
edit_distance(struct span a, struct span b)
{
	size_t rows[3][WORD_MAX + 1];

	for (size_t j = 0; j <= b.len; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= a.len; i++) {
		size_t *row = rows[i % 3];
		const size_t *above = rows[(i - 1) % 3];

		row[0] = i;
		for (size_t j = 1; j <= b.len; j++) {
			char x = lower_case(a.p[i - 1]);
			char y = lower_case(b.p[j - 1]);

			row[j] = min_size(min_size(above[j], row[j - 1]) + 1,
					  above[j - 1] + (x != y));
			if (i > 1 && j > 1 && x == lower_case(b.p[j - 2]) &&
			    lower_case(a.p[i - 2]) == y)
				row[j] = min_size(row[j],
						  rows[(i - 2) % 3][j - 2] + 1);
		}
	}
	return rows[a.len % 3][b.len];
}

const char *
text_nearest(struct span word, const char *const *names)
{
	size_t best = min_size((word.len + 1) / 3, 3) + 1;
	const char *nearest = NULL;

	if (word.len > WORD_MAX)
		return NULL;
	for (; *names != NULL; names++) {
		struct span name = { *names, strlen(*names) };
		size_t d;

		if (name.len > WORD_MAX)
			continue;
		d = edit_distance(word, name);
		if (d < best) {
			best = d;
			nearest = *names;
		}
	}
	return nearest;
}
