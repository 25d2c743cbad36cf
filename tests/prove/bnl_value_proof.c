/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The values of the list's statements: words of any content, of each length up
 * to 12 bytes, of 64 bytes and of 253, the longest host name. Cutting the line
 * into words is not looked at here, nor what reads times, numbers and addresses:
 * each of these is asked for the bytes of its word alone.
 *
 * @files src/format/bnl_value.c src/base/ipaddr.c
 * @reaches bnl_next_word bnl_need_word bnl_need_end bnl_read_name bnl_read_time
 *	bnl_read_sha256 bnl_read_prefix is_host_name keep_host unusable_reason
 *	hint_port bnl_read_address bnl_read_port bnl_address_doubt
 * @covers 96
 * @options -eva-slevel 20 -eva-split-return auto
 *	-eva-slevel-function main:0,read_all:0,is_host_name:0,keep_host:2
 *	-eva-slevel-function hint_port:5000
 * @break src/format/bnl_value.c: if (host.len == 0 || text_u64( => if (text_u64(
 */
#include "prove.h"
#include "contracts.h"
#include "format/bnl_value.h"

static char line[1024];
static char text[253 + 1]; /* has room for the longest host name (RFC 1035) */
/* The length of the next word; perhaps another is behind it. */
static size_t next;

bool
span_word(struct span *rest, struct span *word)
{
	if (rest->len == 0)
		return false;
	*word = (struct span){ LAST(line, next), next };
	rest->len = ANY(0, 1);
	return true;
}

bool
span_is(struct span s, const char *text)
{
	(void)text;
	if (s.len > 0)
		(void)(s.p[0] ^ s.p[s.len - 1]);
	return ANY(0, 1) != 0;
}

char *
arena_strndup(struct arena *a, const char *s, size_t len)
{
	(void)a;
	if (text_is_utf8(s, len))
		return NULL;
	FILL(text);
	text[sizeof(text) - 1] = '\0';
	return LAST(text, len + 1);
}

void
bnl_draft_error(struct bnl_draft *d, struct place at, enum err_code code,
		const char *fmt, ...)
{
	(void)d;
	(void)at;
	(void)code;
	(void)fmt;
}

static void
read_all(void)
{
	static struct bnl list;
	struct bnl_draft draft = { .list = &list };
	struct bnl_reader r = { .d = &draft, .statement = "address" };
	struct bnl_address a = { .host = NULL };
	uint8_t digest[SHA256_LEN];
	struct walltime t;
	struct prefix p;
	struct span w;
	uint16_t port;

	r.line = (struct span){ line, sizeof(line) };
	r.rest = (struct span){ line, ANY(0, 1) };
	bnl_read_name(&r, &w);
	r.rest.len = 1;
	bnl_read_time(&r, &t);
	r.rest.len = 1;
	bnl_read_sha256(&r, digest);
	r.rest.len = 1;
	bnl_read_prefix(&r, &p);
	r.rest.len = 1;
	bnl_read_address(&r, &a);
	FILL(a.ep);
	bnl_address_doubt(&a.ep.addr);
	r.rest.len = 1;
	bnl_read_port(&r, &port);
}

int
main(void)
{
	static const size_t longer[] = { 64, 253 };

	FILL(line);
	/*@ loop unroll 12; */
	for (next = 1; next <= 12; next++)
		read_all();
	/*@ loop unroll sizeof(longer); */
	for (size_t i = 0; i < sizeof(longer) / sizeof(longer[0]); i++) {
		next = longer[i];
		read_all();
	}
	return 0;
}
