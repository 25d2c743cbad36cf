/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The messages between a new host and the node that invited it. */
#include <string.h>

#include "base/bytes.h"
#include "base/cursor.h"
#include "crypto/kdf.h"
#include "format/invite.h"
#include "format/tail.h"

#define ASK_HEAD (JOIN_ASK_ID_AT + TOKEN_ID_LEN) /* before the proof */
#define ASK_MIN (ASK_HEAD + JOIN_PROOF_LEN + 1 + 2 + 1 + 4 + 1)
#define GIVE_MIN (JOIN_PROOF_LEN + 4 + 4 + 1 + 4 + 4)
#define REFUSE_MIN 1

static const struct {
	size_t min, max;
} bounds[JOIN_TYPES] = {
	[JOIN_ASK] = { ASK_MIN, JOIN_ASK_MAX },
	[JOIN_GIVE] = { GIVE_MIN, JOIN_GIVE_MAX },
	[JOIN_REFUSE] = { REFUSE_MIN, JOIN_REFUSE_MAX },
	[JOIN_DONE] = { 0, 0 },
};

void
join_header_write(uint8_t out[JOIN_HEADER_LEN], enum join_type type, size_t len)
{
	put_be32(out, (uint32_t)type << 24 | (uint32_t)len);
}

int
join_header_read(struct join_header *out, const uint8_t in[JOIN_HEADER_LEN],
		 struct err *e)
{
	size_t len = get_be32(in) & 0xffffff;
	unsigned int type = in[0];

	if (type < JOIN_ASK || type >= JOIN_TYPES)
		return err_set(e, ERR_PROTO, "a message of unknown type %u",
			       type);
	if (len < bounds[type].min || len > bounds[type].max)
		return err_set(e, ERR_PROTO,
			       "a message of type %u and %zu bytes", type, len);
	out->type = (enum join_type)type;
	out->len = len;
	return 0;
}

/* --- writing -------------------------------------------------------------- */

static int
put_bytes(struct buf *b, const void *data, size_t len)
{
	return buf_put(b, data, len);
}

static int
put_u8(struct buf *b, unsigned int v)
{
	const uint8_t byte = (uint8_t)v;

	return put_bytes(b, &byte, 1);
}

static int
put_u16(struct buf *b, unsigned int v)
{
	uint8_t bytes[2];

	put_be16(bytes, (uint16_t)v);
	return put_bytes(b, bytes, 2);
}

static int
put_long(struct buf *b, struct span s)
{
	uint8_t bytes[4];

	put_be32(bytes, (uint32_t)s.len);
	return s.len > JOIN_GIVE_MAX || put_bytes(b, bytes, 4) != 0 ?
		       -1 :
		       put_bytes(b, s.p, s.len);
}

/* Reserves space for the header; *at is its offset. */
static int
begin_message(struct buf *b, size_t *at)
{
	static const uint8_t none[JOIN_HEADER_LEN];

	*at = buf_len(b);
	return put_bytes(b, none, sizeof(none));
}

static uint8_t *
at_offset(struct buf *b, size_t at)
{
	return b->mem + b->start + at;
}

static int
end_message(struct buf *b, size_t at, enum join_type type)
{
	size_t len = buf_len(b) - at - JOIN_HEADER_LEN;

	if (len > bounds[type].max)
		return -1;
	join_header_write(at_offset(b, at), type, len);
	return 0;
}

/* --- proofs --------------------------------------------------------------- */

static void
prove_ask(uint8_t out[JOIN_PROOF_LEN], const uint8_t *in, size_t len,
	  const struct token_keys *k, const uint8_t exported[32])
{
	const struct bytes parts[] = {
		{ LABEL_JOIN_GUEST, sizeof(LABEL_JOIN_GUEST) - 1 },
		{ exported, 32 },
		{ in, ASK_HEAD },
		{ in + ASK_HEAD + JOIN_PROOF_LEN,
		  len - ASK_HEAD - JOIN_PROOF_LEN },
	};

	hmac_sha256(out, k->key, sizeof(k->key), parts, 4);
}

static void
prove_give(uint8_t out[JOIN_PROOF_LEN], const uint8_t *in, size_t len,
	   const struct token_keys *k, const uint8_t exported[32],
	   const uint8_t *asked)
{
	const struct bytes parts[] = {
		{ LABEL_JOIN_HOST, sizeof(LABEL_JOIN_HOST) - 1 },
		{ exported, 32 },
		{ asked + ASK_HEAD, JOIN_PROOF_LEN },
		{ in + JOIN_PROOF_LEN, len - JOIN_PROOF_LEN },
	};

	hmac_sha256(out, k->key, sizeof(k->key), parts, 4);
}

bool
join_ask_proven(const uint8_t *in, size_t len, const struct token_keys *k,
		const uint8_t exported[32])
{
	uint8_t want[JOIN_PROOF_LEN];

	if (len < ASK_MIN)
		return false;
	prove_ask(want, in, len, k, exported);
	return bytes_equal_ct(want, in + ASK_HEAD, sizeof(want));
}

bool
join_give_proven(const uint8_t *in, size_t len, const struct token_keys *k,
		 const uint8_t exported[32], const uint8_t *asked)
{
	uint8_t want[JOIN_PROOF_LEN];

	if (len < GIVE_MIN)
		return false;
	prove_give(want, in, len, k, exported, asked);
	return bytes_equal_ct(want, in, sizeof(want));
}

/* --- the guest's ---------------------------------------------------------- */

static int
put_addresses(struct buf *b, const struct join_ask *a)
{
	int rc = put_u8(b, a->naddresses);

	for (unsigned int i = 0; rc == 0 && i < a->naddresses; i++) {
		if (a->addresses[i].len == 0 || a->addresses[i].len > 255)
			return -1;
		rc = put_u8(b, (unsigned int)a->addresses[i].len);
		if (rc == 0)
			rc = put_bytes(b, a->addresses[i].p,
				       a->addresses[i].len);
	}
	return rc;
}

int
join_ask_encode(struct buf *out, const struct join_ask *a,
		const struct token_keys *k, const uint8_t exported[32])
{
	static const uint8_t unproven[JOIN_PROOF_LEN];
	uint8_t *payload;
	size_t at;

	if (a->naddresses > JOIN_ADDRESSES_MAX ||
	    begin_message(out, &at) != 0 || put_u16(out, JOIN_VERSION) != 0 ||
	    put_bytes(out, a->id, sizeof(a->id)) != 0 ||
	    put_bytes(out, unproven, sizeof(unproven)) != 0 ||
	    put_u8(out, a->no_address ? JOIN_NO_ADDRESS : 0) != 0 ||
	    put_u16(out, a->port) != 0 || put_u8(out, a->own.family) != 0 ||
	    put_bytes(out, a->own.b, ipaddr_bits(&a->own) / 8) != 0 ||
	    put_addresses(out, a) != 0 ||
	    put_bytes(out, a->request.p, a->request.len) != 0 ||
	    end_message(out, at, JOIN_ASK) != 0)
		return -1;
	payload = at_offset(out, at) + JOIN_HEADER_LEN;
	prove_ask(payload + ASK_HEAD, payload,
		  buf_len(out) - at - JOIN_HEADER_LEN, k, exported);
	return 0;
}

static struct span
get_span(struct rcur *r, size_t len)
{
	const uint8_t *p = rcur_view(r, len);

	return p == NULL ? (struct span){ "", 0 } :
			   (struct span){ (const char *)p, len };
}

int
join_ask_decode(struct join_ask *out, const uint8_t *in, size_t len,
		struct err *e)
{
	struct join_ask a = { .naddresses = 0 };
	unsigned int version, flags;
	struct rcur r;

	rcur_init(&r, in, len);
	version = rcur_be16(&r);
	if (!r.bad && version != JOIN_VERSION)
		return err_set(e, ERR_PROTO,
			       "version %u of the messages; this side has %d",
			       version, JOIN_VERSION);
	rcur_bytes(&r, a.id, sizeof(a.id));
	rcur_view(&r, JOIN_PROOF_LEN);
	flags = rcur_u8(&r);
	a.no_address = (flags & JOIN_NO_ADDRESS) != 0;
	a.port = rcur_be16(&r);
	a.own.family = rcur_u8(&r);
	if ((flags & ~(unsigned int)JOIN_NO_ADDRESS) != 0 || a.port == 0 ||
	    (a.own.family != IP_V4 && a.own.family != IP_V6))
		r.bad = true;
	else
		rcur_bytes(&r, a.own.b, ipaddr_bits(&a.own) / 8);
	a.naddresses = rcur_u8(&r);
	if (a.naddresses > JOIN_ADDRESSES_MAX)
		r.bad = true;
	for (unsigned int i = 0; !r.bad && i < a.naddresses; i++) {
		a.addresses[i] = get_span(&r, rcur_u8(&r));
		if (a.addresses[i].len == 0)
			r.bad = true;
	}
	if (!r.bad)
		a.request = get_span(&r, r.left);
	if (!rcur_done(&r) || a.request.len == 0)
		return err_set(e, ERR_PROTO, "a request without its form");
	*out = a;
	return 0;
}

/* --- the host's ----------------------------------------------------------- */

int
join_give_encode(struct buf *out, const struct join_give *g,
		 const struct token_keys *k, const uint8_t exported[32],
		 const uint8_t *asked)
{
	static const uint8_t unproven[JOIN_PROOF_LEN];
	uint8_t *payload;
	size_t at;

	if (g->nkeys == 0 || g->nkeys > JOIN_KEYS_MAX ||
	    begin_message(out, &at) != 0 ||
	    put_bytes(out, unproven, sizeof(unproven)) != 0 ||
	    put_long(out, g->cert) != 0 || put_long(out, g->ca) != 0 ||
	    put_u8(out, g->nkeys) != 0)
		return -1;
	for (unsigned int i = 0; i < g->nkeys; i++)
		if (put_long(out, g->keys[i]) != 0)
			return -1;
	if (put_long(out, g->list) != 0 || end_message(out, at, JOIN_GIVE) != 0)
		return -1;
	payload = at_offset(out, at) + JOIN_HEADER_LEN;
	prove_give(payload, payload, buf_len(out) - at - JOIN_HEADER_LEN, k,
		   exported, asked);
	return 0;
}

int
join_give_decode(struct join_give *out, const uint8_t *in, size_t len,
		 struct err *e)
{
	struct join_give g = { .nkeys = 0 };
	struct rcur r;

	rcur_init(&r, in, len);
	rcur_view(&r, JOIN_PROOF_LEN);
	g.cert = get_span(&r, rcur_be32(&r));
	g.ca = get_span(&r, rcur_be32(&r));
	g.nkeys = rcur_u8(&r);
	if (g.nkeys == 0 || g.nkeys > JOIN_KEYS_MAX)
		r.bad = true;
	for (unsigned int i = 0; !r.bad && i < g.nkeys; i++)
		g.keys[i] = get_span(&r, rcur_be32(&r));
	g.list = get_span(&r, rcur_be32(&r));
	if (r.bad)
		return err_set(e, ERR_PROTO, "an answer without its form");
	if (r.left > 0 && tail_skip(r.end - r.left, r.left, e) < 0)
		return -1;
	*out = g;
	return 0;
}

void
join_refuse_set(struct join_refuse *r, enum join_code code, const char *text)
{
	size_t len = strlen(text);

	if (len > JOIN_REFUSE_MAX - 1)
		len = JOIN_REFUSE_MAX - 1;
	r->code = (uint8_t)code;
	memcpy(r->text, text, len);
	r->text[len] = '\0';
}

int
join_refuse_encode(struct buf *out, const struct join_refuse *r)
{
	size_t at, len = strlen(r->text);

	if (len > JOIN_REFUSE_MAX - 1)
		len = JOIN_REFUSE_MAX - 1;
	return begin_message(out, &at) != 0 || put_u8(out, r->code) != 0 ||
			       put_bytes(out, r->text, len) != 0 ?
		       -1 :
		       end_message(out, at, JOIN_REFUSE);
}

int
join_refuse_decode(struct join_refuse *out, const uint8_t *in, size_t len,
		   struct err *e)
{
	if (len < REFUSE_MIN || len > JOIN_REFUSE_MAX)
		return err_set(e, ERR_PROTO, "a refusal without its form");
	out->code = in[0];
	memcpy(out->text, in + 1, len - 1);
	out->text[len - 1] = '\0';
	return 0;
}
