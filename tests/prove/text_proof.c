/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * UTF-8, names, numbers and times from elsewhere. UTF-8 is read sequence by
 * sequence, and what is left is read as if the text began there: so a text of
 * 256 bytes shows all that are shorter. A name has up to 65 bytes here, a number
 * or a time up to 24.
 *
 * @files src/base/text.c src/base/text_time.c
 * @reaches text_is_utf8 utf8_len text_is_node_name text_u64 text_time_parse
 *	days_in_month
 * @covers 100
 * @options -eva-slevel-function
 *	text_is_utf8:3000,utf8_len:50,text_u64:200,read_field:10
 *	-eva-split-return-function utf8_len:0:1:2:3:4,text_u64:0
 * @break src/base/text.c: if (len < n || => if (
 * @break src/base/text.c: s.len == 0 || s.len > NODE_NAME_MAX || =>
 *	s.len > NODE_NAME_MAX ||
 */
#include "prove.h"
#include "contracts.h"

#define LONGEST 256 /* longer than the text of a REFUSE */
#define NAME_TO 65
#define NUMBER_TO 24

/* Of two arrays Eva takes a byte to be any at each look, and does not tell the
 * ways apart that led to a place: each place is looked at once. */
static char one[LONGEST], other[LONGEST];

static const char *
any(size_t len)
{
	return ANY(0, 1) != 0 ? LAST(one, len) : LAST(other, len);
}

int
main(void)
{
	struct walltime t;
	uint64_t n;

	FILL(one);
	FILL(other);
	text_is_utf8(any(LONGEST), LONGEST);
	text_is_utf8("", 0);
	/*@ loop unroll NAME_TO + 1; */
	for (size_t len = 0; len <= NAME_TO; len++)
		text_is_node_name((struct span){ any(len), len });
	/*@ loop unroll NUMBER_TO + 1; */
	for (size_t len = 0; len <= NUMBER_TO; len++) {
		struct span s = { any(len), len };

		text_u64(&n, s, 0, UINT64_MAX);
		text_u64(&n, s, 1, UINT16_MAX);
		text_time_parse(&t, s);
	}
	return 0;
}
