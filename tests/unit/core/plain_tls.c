/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plain_tls.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "crypto/kdf.h"

#define RANDOM_LEN 32
#define RECORD_HEAD 3
#define RECORD_BODY_MAX 16384
#define HELD_MAX ((size_t)32 << 20)
#define TAMPER_ROOM 32768

struct passport { /* of HELLO and FINISH */
	uint8_t random[RANDOM_LEN];
	uint8_t untrusted;
	struct cert_info cert;
};

struct tls {
	const struct plain_ctx *ctx;
	struct walltime now;
	bool dialler;
	bool through;
	bool closed;		       /* the other side said CLOSE */
	bool greeted;		       /* our HELLO is queued */
	const char *failed;	       /* NULL: it has not */
	uint8_t random[2][RANDOM_LEN]; /* dialler's, listener's */
	struct cert_info peer;
	struct tls_judge judge;
	struct buf in, out, got;
};

void
plain_put(struct tls *t, enum plain_record type, const void *body, size_t len)
{
	uint8_t head[RECORD_HEAD] = { (uint8_t)type };

	put_be16(head + 1, (uint16_t)len);
	if (buf_put(&t->out, head, sizeof(head)) < 0 ||
	    buf_put(&t->out, body, len) < 0)
		t->failed = "no memory";
}

struct tls *
plain_open(void *ctx, bool dialler, struct walltime now,
	   const struct tls_judge *judge, struct err *e)
{
	struct plain_ctx *p = ctx;
	struct tls *t = calloc(1, sizeof(*t));

	if (t == NULL) {
		err_nomem(e);
		return NULL;
	}
	t->ctx = p;
	t->now = now;
	t->dialler = dialler;
	if (judge != NULL)
		t->judge = *judge;
	rng_fill(&p->rng, t->random[dialler ? 0 : 1], RANDOM_LEN);
	buf_init(&t->in, HELD_MAX);
	buf_init(&t->out, HELD_MAX);
	buf_init(&t->got, HELD_MAX);
	return t;
}

static enum tls_status
fail(struct tls *t, const char *why)
{
	t->failed = why;
	return TLS_FAILED;
}

/* The dialler's first one is its random alone. */
static void
put_passport(struct tls *t, enum plain_record type)
{
	struct passport p;

	memset(&p, 0, sizeof(p));
	memcpy(p.random, t->random[t->dialler ? 0 : 1], RANDOM_LEN);
	p.untrusted = t->ctx->untrusted;
	p.cert = t->ctx->cert;
	plain_put(t, type, &p,
		  t->dialler && type == PLAIN_HELLO ? RANDOM_LEN : sizeof(p));
	t->greeted = true;
}

static enum tls_status
believe(struct tls *t, const uint8_t *body)
{
	const char *why = NULL;
	struct passport p;

	memcpy(&p, body, sizeof(p));
	memcpy(t->random[t->dialler ? 1 : 0], p.random, RANDOM_LEN);
	t->peer = p.cert;
	if (p.untrusted)
		why = PLAIN_UNTRUSTED;
	else if (t->now.s < t->peer.not_before.s ||
		 t->now.s > t->peer.not_after.s)
		why = "certificate of the other side: expired or not yet valid";
	t->peer.by_key = why != NULL;
	if (why != NULL &&
	    (t->judge.accepts == NULL ||
	     !t->judge.accepts(t->judge.ctx, &t->peer, why,
			       p.untrusted ? TLS_FAULT_OTHER : TLS_FAULT_DATE)))
		return fail(t, why);
	t->through = true;
	return TLS_OK;
}

/* A HELLO or FINISH of the other side. */
static enum tls_status
handshake_record(struct tls *t, enum plain_record type, const uint8_t *body,
		 size_t len)
{
	if (type == PLAIN_HELLO && !t->dialler && !t->greeted &&
	    len == RANDOM_LEN) {
		memcpy(t->random[0], body, RANDOM_LEN);
		put_passport(t, PLAIN_HELLO);
		return TLS_AGAIN;
	}
	if (type != (t->dialler ? PLAIN_HELLO : PLAIN_FINISH) || !t->greeted ||
	    len != sizeof(struct passport))
		return fail(t, "not this engine's handshake");
	if (believe(t, body) != TLS_OK)
		return TLS_FAILED;
	if (t->dialler)
		put_passport(t, PLAIN_FINISH);
	return TLS_OK;
}

/* The next whole record; false: more bytes are needed, or it has failed. */
static bool
next_record(struct tls *t, enum plain_record *type, size_t *len)
{
	const uint8_t *p = buf_data(&t->in);

	if (buf_len(&t->in) < RECORD_HEAD)
		return false;
	*type = p[0];
	*len = get_be16(p + 1);
	if (*type < PLAIN_HELLO || *type > PLAIN_CLOSE)
		t->failed = "not a record of this engine";
	return t->failed == NULL && buf_len(&t->in) >= RECORD_HEAD + *len;
}

enum tls_status
plain_feed(struct tls *t, const uint8_t *in, size_t len)
{
	if (t->failed != NULL)
		return TLS_FAILED;
	return buf_put(&t->in, in, len) < 0 ? fail(t, "no memory") : TLS_OK;
}

size_t
plain_drain(struct tls *t, uint8_t *out, size_t cap)
{
	size_t n = buf_len(&t->out) < cap ? buf_len(&t->out) : cap;

	memcpy(out, buf_data(&t->out), n);
	buf_consume(&t->out, n);
	return n;
}

enum tls_status
plain_handshake(struct tls *t)
{
	enum tls_status st = TLS_AGAIN;
	enum plain_record type;
	size_t len;

	if (t->dialler && !t->greeted)
		put_passport(t, PLAIN_HELLO);
	while (!t->through && next_record(t, &type, &len)) {
		st = handshake_record(t, type, buf_data(&t->in) + RECORD_HEAD,
				      len);
		buf_consume(&t->in, RECORD_HEAD + len);
		if (st == TLS_FAILED)
			return st;
	}
	if (t->failed != NULL)
		return TLS_FAILED;
	return t->through ? TLS_OK : st;
}

enum tls_status
plain_read(struct tls *t, uint8_t *out, size_t cap, size_t *n)
{
	enum plain_record type;
	size_t len;

	assert(t->through);
	*n = 0;
	while (t->failed == NULL && !t->closed && next_record(t, &type, &len)) {
		if (type == PLAIN_CLOSE)
			t->closed = true;
		else if (type != PLAIN_DATA)
			return fail(t, "a record out of its order");
		else if (buf_put(&t->got, buf_data(&t->in) + RECORD_HEAD, len) <
			 0)
			return fail(t, "no memory");
		buf_consume(&t->in, RECORD_HEAD + len);
	}
	*n = buf_len(&t->got) < cap ? buf_len(&t->got) : cap;
	memcpy(out, buf_data(&t->got), *n);
	buf_consume(&t->got, *n);
	if (*n > 0)
		return TLS_OK;
	if (t->failed != NULL)
		return TLS_FAILED;
	return t->closed ? TLS_CLOSED : TLS_AGAIN;
}

static void
put_data(struct tls *t, const uint8_t *in, size_t len)
{
	while (len > 0) {
		size_t n = len < RECORD_BODY_MAX ? len : RECORD_BODY_MAX;

		plain_put(t, PLAIN_DATA, in, n);
		in += n;
		len -= n;
	}
}

enum tls_status
plain_write(struct tls *t, const uint8_t *in, size_t len)
{
	uint8_t frame[TAMPER_ROOM];

	assert(t->through || t->failed != NULL);
	if (t->failed != NULL)
		return TLS_FAILED;
	if (t->ctx->tamper == NULL) {
		put_data(t, in, len);
	} else {
		assert(len <= sizeof(frame));
		memcpy(frame, in, len);
		t->ctx->tamper(frame, &len);
		put_data(t, frame, len);
	}
	return t->failed != NULL ? TLS_FAILED : TLS_OK;
}

void
plain_shutdown(struct tls *t)
{
	if (t->through)
		plain_put(t, PLAIN_CLOSE, "", 0);
}

static const struct cert_info *
plain_peer(const struct tls *t)
{
	return &t->peer;
}

/* Both ends get the same bytes, and nobody else's: that is all it must do. */
int
plain_export(struct tls *t, const char *label, const void *ctx, size_t ctxlen,
	     uint8_t *out, size_t len)
{
	struct bytes parts[] = {
		{ label, strlen(label) },
		{ ctx, ctxlen },
		{ t->random, sizeof(t->random) },
	};
	uint8_t h[SHA256_LEN];

	sha256_parts(h, parts, sizeof(parts) / sizeof(parts[0]));
	for (size_t i = 0; i < len; i++)
		out[i] = h[i % sizeof(h)];
	return 0;
}

static const char *
plain_reason(const struct tls *t)
{
	return t->failed == NULL ? "" : t->failed;
}

static enum tls_fault
plain_fault(const struct tls *t)
{
	(void)t;
	return TLS_FAULT_OTHER;
}

void
plain_close(struct tls *t)
{
	if (t == NULL)
		return;
	buf_free(&t->in);
	buf_free(&t->out);
	buf_free(&t->got);
	free(t);
}

bool
plain_is_through(const struct tls *t)
{
	return t->through;
}

const struct tls_ops plain_ops = {
	.open = plain_open,
	.feed = plain_feed,
	.drain = plain_drain,
	.handshake = plain_handshake,
	.read = plain_read,
	.write = plain_write,
	.shutdown = plain_shutdown,
	.peer = plain_peer,
	.export_key = plain_export,
	.reason = plain_reason,
	.fault = plain_fault,
	.close = plain_close,
};

struct tls_provider
plain_tls_provider(struct plain_ctx *ctx)
{
	return (struct tls_provider){ &plain_ops, ctx };
}
