/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Splits a line of a list's text, for the programs that edit lists. */
#include "format/bnl_line.h"

#include <string.h>

static size_t
hash_at(struct span line)
{
	const char *hash = line.len > 0 ? memchr(line.p, '#', line.len) : NULL;

	return hash != NULL ? (size_t)(hash - line.p) : line.len;
}

struct span
bnl_line_words(struct span line)
{
	return span_trim((struct span){ line.p, hash_at(line) });
}

struct span
bnl_line_statement(struct span line)
{
	struct span words = bnl_line_words(line), word = { line.p, 0 };

	if (!span_word(&words, &word))
		word.len = 0;
	return word;
}

struct span
bnl_line_comment(struct span line)
{
	size_t at = hash_at(line);

	if (at == line.len)
		return (struct span){ line.p, 0 };
	return span_trim((struct span){ line.p + at + 1, line.len - at - 1 });
}
