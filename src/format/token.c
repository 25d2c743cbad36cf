/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The token of an invitation. Its bytes are padded to a multiple of three, so
 * that its base64 (the URL-safe kind, RFC 4648 section 5) needs no "=".
 */
#include <assert.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cursor.h"
#include "crypto/kdf.h"
#include "crypto/sign.h"
#include "format/invite.h"

#define PREFIX_LEN (sizeof(TOKEN_PREFIX) - 1)

static void
check_of(uint8_t out[TOKEN_CHECK_LEN], const void *data, size_t len)
{
	const struct bytes parts[] = {
		{ LABEL_TOKEN_CHECK, sizeof(LABEL_TOKEN_CHECK) - 1 },
		{ data, len },
	};
	uint8_t sum[SHA256_LEN];

	sha256_parts(sum, parts, 2);
	memcpy(out, sum, TOKEN_CHECK_LEN);
}

static void
put_name(struct wcur *w, const char *name)
{
	size_t len = strlen(name);

	wcur_u8(w, (uint8_t)len);
	wcur_bytes(w, name, len);
}

static size_t
encode_token(uint8_t out[TOKEN_BYTES_MAX], const struct token *t)
{
	uint8_t check[TOKEN_CHECK_LEN];
	struct wcur w;

	assert(t->nat >= 1 && t->nat <= TOKEN_ENDPOINTS_MAX);
	wcur_init(&w, out, TOKEN_BYTES_MAX);
	wcur_u8(&w, t->replace ? TOKEN_REPLACE : 0);
	wcur_bytes(&w, t->secret, sizeof(t->secret));
	wcur_bytes(&w, t->ca, sizeof(t->ca));
	wcur_be64(&w, (uint64_t)t->expires.s);
	put_name(&w, t->guest);
	put_name(&w, t->host);
	wcur_u8(&w, (uint8_t)t->nat);
	for (unsigned int i = 0; i < t->nat; i++) {
		const struct endpoint *ep = &t->at[i];

		wcur_u8(&w, ep->addr.family);
		wcur_bytes(&w, ep->addr.b, ipaddr_bits(&ep->addr) / 8);
		wcur_be16(&w, ep->port);
	}
	while ((w.len + TOKEN_CHECK_LEN) % 3 != 0)
		wcur_u8(&w, 0);
	check_of(check, out, w.len);
	wcur_bytes(&w, check, sizeof(check));
	assert(!w.bad);
	return w.len;
}

char *
token_format(char out[TOKEN_TEXT_MAX], const struct token *t)
{
	uint8_t raw[TOKEN_BYTES_MAX];
	size_t len = encode_token(raw, t);

	memcpy(out, TOKEN_PREFIX, PREFIX_LEN);
	base64_encode(out + PREFIX_LEN, TOKEN_TEXT_MAX - PREFIX_LEN, raw, len);
	for (char *p = out + PREFIX_LEN; *p != '\0'; p++)
		if (*p == '+')
			*p = '-';
		else if (*p == '/')
			*p = '_';
	bytes_wipe(raw, sizeof(raw));
	return out;
}

static void
get_name(struct rcur *r, char out[NODE_NAME_MAX + 1])
{
	size_t len = rcur_u8(r);
	const uint8_t *p = len <= NODE_NAME_MAX ? rcur_view(r, len) : NULL;

	if (p == NULL ||
	    !text_is_node_name((struct span){ (const char *)p, len })) {
		r->bad = true;
		return;
	}
	memcpy(out, p, len);
	out[len] = '\0';
}

static void
get_endpoint(struct rcur *r, struct endpoint *ep)
{
	ep->addr.family = rcur_u8(r);
	if (ep->addr.family != IP_V4 && ep->addr.family != IP_V6) {
		r->bad = true;
		return;
	}
	rcur_bytes(r, ep->addr.b, ipaddr_bits(&ep->addr) / 8);
	ep->port = rcur_be16(r);
	if (ep->port == 0 || ipaddr_is_v4mapped(&ep->addr))
		r->bad = true;
}

static int
decode_token(struct token *t, const uint8_t *in, size_t len)
{
	uint8_t check[TOKEN_CHECK_LEN], flags;
	struct rcur r;

	if (len < TOKEN_CHECK_LEN)
		return -1;
	len -= TOKEN_CHECK_LEN;
	check_of(check, in, len);
	if (!bytes_equal_ct(check, in + len, sizeof(check)))
		return -1;
	rcur_init(&r, in, len);
	flags = rcur_u8(&r);
	t->replace = flags == TOKEN_REPLACE;
	rcur_bytes(&r, t->secret, sizeof(t->secret));
	rcur_bytes(&r, t->ca, sizeof(t->ca));
	t->expires.s = (int64_t)(rcur_be64(&r) & INT64_MAX);
	get_name(&r, t->guest);
	get_name(&r, t->host);
	t->nat = rcur_u8(&r);
	if ((flags & ~TOKEN_REPLACE) != 0 || t->nat == 0 ||
	    t->nat > TOKEN_ENDPOINTS_MAX)
		return -1;
	for (unsigned int i = 0; i < t->nat; i++)
		get_endpoint(&r, &t->at[i]);
	while (r.left > 0 && !r.bad)
		if (rcur_u8(&r) != 0)
			return -1;
	return rcur_done(&r) ? 0 : -1;
}

static int
token_mangled(struct err *e)
{
	return err_set(e, ERR_SYNTAX,
		       "the token is not whole: some of it was lost or changed "
		       "on its way; copy all of the line that invite printed");
}

int
token_parse(struct token *out, const char *text, size_t len, struct err *e)
{
	char b64[TOKEN_TEXT_MAX], back[TOKEN_TEXT_MAX] = "";
	uint8_t raw[TOKEN_BYTES_MAX];
	struct token t = { 0 };
	size_t rawlen;
	int rc = -1;

	if (len < PREFIX_LEN || memcmp(text, TOKEN_PREFIX, PREFIX_LEN) != 0)
		return err_set(e, ERR_SYNTAX,
			       "this is no token: expected one that begins "
			       "with \"" TOKEN_PREFIX
			       "\", as invite prints it");
	if (len >= TOKEN_TEXT_MAX)
		return token_mangled(e);
	for (size_t i = PREFIX_LEN; i < len; i++) {
		char c = text[i];

		if (c == '+' || c == '/' || c == '=')
			return token_mangled(e);
		b64[i - PREFIX_LEN] = c == '-' ? '+' : c == '_' ? '/' : c;
	}
	if (base64_decode(raw, sizeof(raw), &rawlen, b64, len - PREFIX_LEN) ==
		    0 &&
	    decode_token(&t, raw, rawlen) == 0) {
		/* A token has one canonical text. */
		token_format(back, &t);
		rc = strlen(back) == len && memcmp(back, text, len) == 0 ? 0 :
									   -1;
	}
	if (rc == 0)
		*out = t;
	bytes_wipe(raw, sizeof(raw));
	bytes_wipe(b64, sizeof(b64));
	bytes_wipe(back, sizeof(back));
	bytes_wipe(&t, sizeof(t));
	return rc == 0 ? 0 : token_mangled(e);
}

void
token_keys(struct token_keys *out, const struct token *t)
{
	uint8_t prk[SHA256_LEN];

	hkdf_extract(prk, t->ca, sizeof(t->ca), t->secret, sizeof(t->secret));
	hkdf_expand(out->id, sizeof(out->id), prk, LABEL_TOKEN_ID,
		    sizeof(LABEL_TOKEN_ID) - 1);
	hkdf_expand(out->key, sizeof(out->key), prk, LABEL_JOIN_KEY,
		    sizeof(LABEL_JOIN_KEY) - 1);
	bytes_wipe(prk, sizeof(prk));
}
