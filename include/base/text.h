/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Text as people write it: lines, words, numbers, times, escapes. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/monotime.h"

/* A piece of text, neither terminated nor owned. */
struct span {
	const char *p;
	size_t len;
};

#define SPAN(lit) ((struct span){ (lit), sizeof(lit) - 1 })

bool span_is(struct span s, const char *text);
/* The next line without its LF; false at the end. *rest advances. A last line
 * without LF counts as a line; the empty rest after a last LF does not. */
bool span_line(struct span *rest, struct span *line);
/* The next word (blanks are space and tab); false when none is left. */
bool span_word(struct span *rest, struct span *word);
struct span span_trim(struct span s);
/* A terminated copy, malloc'd; NULL when there is no memory. Linters take
 * strndup(3) for a function that needs a terminated text. */
char *span_dup(struct span s);

/* Well-formed UTF-8 (RFC 3629), no NUL. */
bool text_is_utf8(const char *p, size_t len);
/* Decimal digits only. 0 or -1 (empty, not digits, out of min..max). */
int text_u64(uint64_t *out, struct span s, uint64_t min, uint64_t max);
/* "2026-11-22T06:25:00Z" (RFC 3339, UTC, whole seconds; years 1970-9999). */
int text_time_parse(struct walltime *out, struct span s);
#define TEXT_TIME_MAX 24
/* A time outside those years is written as "@SECONDS". */
char *text_time_format(char out[TEXT_TIME_MAX], struct walltime t);
/* Escapes bytes of foreign origin for a log or a terminal: control bytes,
 * backslash and bytes that are not UTF-8 become \xHH. Always terminated, cut at
 * cap. Returns out. */
char *text_escape(char *out, size_t cap, const void *in, size_t len);
/* Escapes a finished text, parts of which were escaped before: existing escapes
 * are not escaped again. */
char *text_escape_rest(char *out, size_t cap, const char *in);
/* Node names: [a-z0-9][a-z0-9._-]{0,62} */
#define NODE_NAME_MAX 63
bool text_is_node_name(struct span s);
/* Returns the one of names that is closest to word, if close enough for a
 * typing error, else NULL. Case is ignored. names ends with NULL. */
const char *text_nearest(struct span word, const char *const *names);
/* "3 s", "12 min", "4 h 10 min", "2 d 3 h" for a log or a table. */
#define TEXT_SPAN_MAX 32
char *text_duration(char out[TEXT_SPAN_MAX], int64_t seconds);

#endif
