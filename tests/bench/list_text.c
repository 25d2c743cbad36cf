/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lists of one and the same day, signed. */
#include "list_text.h"

#include <string.h>

#include "../unit/format/bnl_keys.h"
#include "../unit/format/bnl_text.h"
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

char *
list_text(size_t n, const struct key *key, size_t *len)
{
	return list_text_later(n, key, 0, len);
}

char *
list_text_later(size_t n, const struct key *key, int64_t later_s, size_t *len)
{
	struct bnl_sign_in in = { .key = key, .now = { SIGNED_AT + later_s } };
	struct errs es = { 0 };
	struct buf b;
	char *raw;

	buf_init(&b, BNL_BYTES_MAX);
	bnl_text_head(&b, "bench.example");
	for (size_t i = 0; i < n; i++)
		bnl_text_node(&b, i);
	in.text = (const char *)buf_data(&b);
	in.len = buf_len(&b);
	if (bnl_sign(&raw, len, &in, &es) < 0)
		bench_die(es.e[0].text);
	buf_free(&b);
	return raw;
}
