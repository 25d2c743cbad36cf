/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writes lists as an administrator's script would. */
#include "list_text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/format/bnl_keys.h"
#include "base/buf.h"
#include "bench.h"
#include "format/bnl_sign.h"

#define SIGNED_AT INT64_C(1793000000)

struct key *
list_key(enum key_type type)
{
	const char *pem = type == KEY_DSA ? PEM_DSA_1 : PEM_ED_1;
	struct key *k;
	struct err e;

	if (key_read_private(&k, pem, strlen(pem), &e) < 0)
		bench_die(e.text);
	return k;
}

static void add(struct buf *b, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void
add(struct buf *b, const char *fmt, ...)
{
	char line[256];
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (buf_put(b, line, (size_t)len) < 0)
		bench_die("no memory");
}

char *
list_text(size_t n, const struct key *key, size_t *len)
{
	struct bnl_sign_in in = { .key = key, .now = { SIGNED_AT } };
	struct errs es = { 0 };
	struct buf b;
	char *raw;

	buf_init(&b, BNL_BYTES_MAX);
	add(&b, "network bench.example\nprefix 10.0.0.0/8\n"
		"prefix fd00:c1::/32\n");
	for (size_t i = 0; i < n; i++) {
		/* RFC 2544: addresses for tests of networks */
		add(&b, "node n%05zu\n  address 198.%zu.%zu.%zu\n", i,
		    18 + (i >> 16), i >> 8 & 255, i & 255);
		add(&b, "  subnet 10.%zu.%zu.0/24\n", i >> 8 & 255, i & 255);
		add(&b, "  subnet fd00:c1:%zx::/48\n", i);
	}
	in.text = (const char *)buf_data(&b);
	in.len = buf_len(&b);
	if (bnl_sign(&raw, len, &in, &es) < 0)
		bench_die(es.e[0].text);
	buf_free(&b);
	return raw;
}
