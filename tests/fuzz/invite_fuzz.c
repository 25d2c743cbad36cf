/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tokens and the messages of an invitation: what decodes encodes the same. */
#include <assert.h>
#include <string.h>

#include "fuzz.h"
#include "crypto/kdf.h"
#include "crypto/sign.h"
#include "format/invite.h"
#include "format/invitemsg.h"

static void
try_token(const uint8_t *in, size_t len)
{
	char text[TOKEN_TEXT_MAX];
	struct token t;
	struct err e;

	if (token_parse(&t, (const char *)in, len, &e) < 0)
		return;
	assert(strlen(token_format(text, &t)) == len);
	assert(memcmp(text, in, len) == 0);
}

/* The bytes of a token with a right check behind them. */
static void
try_checked(const uint8_t *in, size_t len)
{
	uint8_t raw[TOKEN_BYTES_MAX], full[SHA256_LEN];
	char text[TOKEN_TEXT_MAX + 8];
	struct bytes parts[2] = {
		{ LABEL_TOKEN_CHECK, sizeof(LABEL_TOKEN_CHECK) - 1 },
		{ raw, len },
	};
	size_t n = sizeof(TOKEN_PREFIX) - 1;

	if (len + TOKEN_CHECK_LEN > sizeof(raw))
		return;
	memcpy(raw, in, len);
	sha256_parts(full, parts, 2);
	memcpy(raw + len, full, TOKEN_CHECK_LEN);
	memcpy(text, TOKEN_PREFIX, n);
	n += base64_encode(text + n, sizeof(text) - n, raw,
			   len + TOKEN_CHECK_LEN);
	for (size_t i = sizeof(TOKEN_PREFIX) - 1; i < n; i++)
		text[i] = text[i] == '+' ? '-' : text[i] == '/' ? '_' : text[i];
	try_token((const uint8_t *)text, n);
}

static void
try_ask(const uint8_t *in, size_t len)
{
	static const struct token_keys k;
	static const uint8_t exported[32];
	struct join_ask a;
	struct buf b;
	struct err e;

	(void)join_ask_proven(in, len, &k, exported);
	if (join_ask_decode(&a, in, len, &e) < 0)
		return;
	buf_init(&b, JOIN_ASK_MAX + JOIN_HEADER_LEN);
	if (join_ask_encode(&b, &a, &k, exported) == 0) {
		const uint8_t *p = buf_data(&b) + JOIN_HEADER_LEN;

		assert(buf_len(&b) == len + JOIN_HEADER_LEN);
		assert(memcmp(p, in, 10) == 0);
		assert(memcmp(p + 42, in + 42, len - 42) == 0);
		assert(join_ask_proven(p, len, &k, exported));
	}
	buf_free(&b);
}

static void
try_give(const uint8_t *in, size_t len)
{
	static const struct token_keys k;
	static const uint8_t exported[32], asked[64];
	struct join_give g;
	struct err e;

	(void)join_give_proven(in, len, &k, exported, asked);
	if (join_give_decode(&g, in, len, &e) < 0)
		return;
	assert(g.nkeys >= 1 && g.nkeys <= JOIN_KEYS_MAX);
	assert(g.list.p + g.list.len == (const char *)in + len);
}

static void
try_process(const uint8_t *in, size_t len)
{
	static uint8_t out[INVITEMSG_MAX];
	struct invitemsg m;
	struct err e;

	if (invitemsg_decode(&m, in, len, &e) < 0)
		return;
	assert(invitemsg_encode(out, &m) == len);
	assert(memcmp(out, in, len) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *in, size_t len)
{
	struct join_refuse r;
	struct join_header h;
	struct err e;

	if (len >= JOIN_HEADER_LEN && join_header_read(&h, in, &e) == 0)
		assert(h.len <= JOIN_GIVE_MAX);
	try_token(in, len);
	try_checked(in, len);
	try_ask(in, len);
	try_give(in, len);
	try_process(in, len);
	if (join_refuse_decode(&r, in, len, &e) == 0)
		assert(strlen(r.text) < sizeof(r.text));
	return 0;
}
