/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Text as people write it: lines, words, numbers, names, UTF-8, escapes. */
#include "base/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool
span_is(struct span s, const char *text)
{
	return strlen(text) == s.len &&
	       (s.len == 0 || memcmp(s.p, text, s.len) == 0);
}

bool
span_line(struct span *rest, struct span *line)
{
	const char *lf;

	if (rest->len == 0)
		return false;
	lf = memchr(rest->p, '\n', rest->len);
	line->p = rest->p;
	line->len = lf != NULL ? (size_t)(lf - rest->p) : rest->len;
	if (lf != NULL) {
		rest->len -= line->len + 1;
		rest->p = lf + 1;
	} else {
		rest->p += rest->len;
		rest->len = 0;
	}
	return true;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

bool
span_word(struct span *rest, struct span *word)
{
	struct span s = *rest;
	size_t n = 0;

	while (s.len != 0 && is_blank(*s.p)) {
		s.p++;
		s.len--;
	}
	while (n < s.len && !is_blank(s.p[n]))
		n++;
	if (n != 0) {
		*word = (struct span){ s.p, n };
		s.p += n;
		s.len -= n;
	}
	*rest = s;
	return n != 0;
}

struct span
span_trim(struct span s)
{
	while (s.len != 0 && is_blank(*s.p)) {
		s.p++;
		s.len--;
	}
	while (s.len != 0 && is_blank(s.p[s.len - 1]))
		s.len--;
	return s;
}

/*
 * Returns the length of the well-formed sequence at p (RFC 3629, section 4), 0
 * when the bytes are not well-formed. The range of the second byte excludes
 * overlong forms, surrogates and code points above U+10FFFF.
 */
static size_t
utf8_len(const uint8_t *p, size_t len)
{
	uint8_t low = 0x80;
	uint8_t high = 0xbf;
	size_t n;

	if (p[0] < 0x80)
		return 1;
	if (p[0] >= 0xc2 && p[0] <= 0xdf)
		n = 2;
	else if (p[0] >= 0xe0 && p[0] <= 0xef)
		n = 3;
	else if (p[0] >= 0xf0 && p[0] <= 0xf4)
		n = 4;
	else
		return 0;
	if (p[0] == 0xe0)
		low = 0xa0;
	else if (p[0] == 0xed)
		high = 0x9f;
	else if (p[0] == 0xf0)
		low = 0x90;
	else if (p[0] == 0xf4)
		high = 0x8f;
	if (len < n || p[1] < low || p[1] > high)
		return 0;
	for (size_t i = 2; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	}
	return n;
}

char *
span_dup(struct span s)
{
	char *copy = s.len < SIZE_MAX ? malloc(s.len + 1) : NULL;

	if (copy == NULL)
		return NULL;
	if (s.len > 0)
		memcpy(copy, s.p, s.len);
	copy[s.len] = '\0';
	return copy;
}

bool
text_is_utf8(const char *p, size_t len)
{
	const uint8_t *b = (const uint8_t *)p;

	while (len > 0) {
		size_t n = utf8_len(b, len);

		if (n == 0 || *b == 0)
			return false;
		b += n;
		len -= n;
	}
	return true;
}

int
text_u64(uint64_t *out, struct span s, uint64_t min, uint64_t max)
{
	uint64_t v = 0;

	if (s.len == 0)
		return -1;
	for (size_t i = 0; i < s.len; i++) {
		uint64_t digit;

		if (s.p[i] < '0' || s.p[i] > '9')
			return -1;
		digit = (uint64_t)(s.p[i] - '0');
		if (v > (UINT64_MAX - digit) / 10)
			return -1;
		v = v * 10 + digit;
	}
	if (v < min || v > max)
		return -1;
	*out = v;
	return 0;
}

#define ESCAPE_LEN 4 /* \xHH */

/* True for a sequence of n bytes that must not reach a terminal as it is:
 * C0, DEL, C1 (U+0080 to U+009F) and the escape character itself. */
static bool
is_unsafe(const uint8_t *p, size_t n)
{
	return n == 0 || p[0] < 0x20 || p[0] == 0x7f || p[0] == '\\' ||
	       (n > 1 && p[0] == 0xc2 && p[1] < 0xa0);
}

static const char hex_digits[] = "0123456789abcdef";

/* True when n bytes begin with an escape that this file writes, \xHH. */
static bool
is_escape(const uint8_t *p, size_t n)
{
	const char *high, *low;
	uint8_t byte;

	if (n < ESCAPE_LEN || p[0] != '\\' || p[1] != 'x')
		return false;
	high = memchr(hex_digits, p[2], 16);
	low = memchr(hex_digits, p[3], 16);
	if (high == NULL || low == NULL)
		return false;
	byte = (uint8_t)((high - hex_digits) << 4 | (low - hex_digits));
	return byte >= 0x80 || is_unsafe(&byte, 1);
}

/* kept: existing escapes are copied and not escaped again. */
static char *
escape_bytes(char *out, size_t cap, const uint8_t *p, size_t len, bool kept)
{
	size_t used = 0;

	if (cap == 0)
		return out;
	for (size_t i = 0; i < len;) {
		size_t n = utf8_len(p + i, len - i);
		bool escaped = kept && is_escape(p + i, len - i);
		bool unsafe = !escaped && is_unsafe(p + i, n);
		size_t need = unsafe || escaped ? ESCAPE_LEN : n;

		if (need > cap - 1 - used)
			break;
		if (unsafe) {
			out[used] = '\\';
			out[used + 1] = 'x';
			out[used + 2] = hex_digits[p[i] >> 4];
			out[used + 3] = hex_digits[p[i] & 15];
			n = 1;
		} else {
			memcpy(out + used, p + i, need);
			n = need;
		}
		used += need;
		i += n;
	}
	out[used] = '\0';
	return out;
}

char *
text_escape(char *out, size_t cap, const void *in, size_t len)
{
	return escape_bytes(out, cap, in, len, false);
}

char *
text_escape_rest(char *out, size_t cap, const char *in)
{
	return escape_bytes(out, cap, (const uint8_t *)in, strlen(in), true);
}

static bool
is_name_start(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool
text_is_node_name(struct span s)
{
	if (s.len == 0 || s.len > NODE_NAME_MAX || !is_name_start(s.p[0]))
		return false;
	for (size_t i = 1; i < s.len; i++) {
		char c = s.p[i];

		if (!is_name_start(c) && c != '.' && c != '_' && c != '-')
			return false;
	}
	return true;
}
