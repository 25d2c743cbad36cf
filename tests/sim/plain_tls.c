/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * On the wire stand records {type 1, length 2, bytes}. The dialler says HELLO
 * {random}, the listener HELLO {random, certificate}, the dialler is through
 * and says FINISH {certificate}, then the listener is through.
 */
#include "plain_tls.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "base/cursor.h"
#include "crypto/kdf.h"

#define RANDOM_LEN 32
#define RECORD_HEAD 3
#define RECORD_BODY_MAX 16384
#define HELD_MAX ((size_t)32 << 20)
#define BODY_MAX 512 /* of HELLO and FINISH */

enum record { HELLO = 1, FINISH, DATA, CLOSE };

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

static const char not_now[] = "certificate of the other side: expired or not "
			      "yet valid";

static void
put_record(struct tls *t, enum record type, const void *body, size_t len)
{
	uint8_t head[RECORD_HEAD];

	head[0] = (uint8_t)type;
	put_be16(head + 1, (uint16_t)len);
	if (buf_put(&t->out, head, sizeof(head)) < 0 ||
	    buf_put(&t->out, body, len) < 0)
		t->failed = "no memory";
}

static void
put_cert(struct wcur *w, const struct cert_info *c)
{
	wcur_bytes(w, c->cn, sizeof(c->cn));
	wcur_bytes(w, c->ou, sizeof(c->ou));
	wcur_bytes(w, c->fingerprint, sizeof(c->fingerprint));
	wcur_be64(w, (uint64_t)c->not_before.s);
	wcur_be64(w, (uint64_t)c->not_after.s);
}

static void
get_cert(struct rcur *r, struct cert_info *c)
{
	rcur_bytes(r, c->cn, sizeof(c->cn));
	rcur_bytes(r, c->ou, sizeof(c->ou));
	rcur_bytes(r, c->fingerprint, sizeof(c->fingerprint));
	c->not_before.s = (int64_t)rcur_be64(r);
	c->not_after.s = (int64_t)rcur_be64(r);
}

static struct tls *
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

static void
greet(struct tls *t)
{
	uint8_t body[BODY_MAX];
	struct wcur w;

	wcur_init(&w, body, sizeof(body));
	wcur_bytes(&w, t->random[t->dialler ? 0 : 1], RANDOM_LEN);
	if (!t->dialler)
		put_cert(&w, &t->ctx->self);
	put_record(t, HELLO, body, w.len);
	t->greeted = true;
}

static enum tls_status
believe(struct tls *t, struct rcur *r)
{
	get_cert(r, &t->peer);
	if (!rcur_done(r))
		return fail(t, "not this engine's handshake");
	t->peer.by_key = t->now.s < t->peer.not_before.s ||
			 t->now.s > t->peer.not_after.s;
	if (t->peer.by_key && (t->judge.accepts == NULL ||
			       !t->judge.accepts(t->judge.ctx, &t->peer,
						 not_now, TLS_FAULT_DATE)))
		return fail(t, not_now);
	t->through = true;
	return TLS_OK;
}

/* A HELLO or FINISH of the other side. */
static enum tls_status
handshake_record(struct tls *t, enum record type, struct rcur *r)
{
	uint8_t body[BODY_MAX];
	struct wcur w;

	if (type == HELLO && !t->dialler && !t->greeted) {
		rcur_bytes(r, t->random[0], RANDOM_LEN);
		if (!rcur_done(r))
			return fail(t, "not this engine's handshake");
		greet(t);
		return TLS_AGAIN;
	}
	if (type == HELLO && t->dialler) {
		rcur_bytes(r, t->random[1], RANDOM_LEN);
		if (believe(t, r) != TLS_OK)
			return TLS_FAILED;
		wcur_init(&w, body, sizeof(body));
		put_cert(&w, &t->ctx->self);
		put_record(t, FINISH, body, w.len);
		return TLS_OK;
	}
	if (type == FINISH && !t->dialler && t->greeted)
		return believe(t, r);
	return fail(t, "a record out of its order");
}

/* The next whole record; false: more bytes are needed. */
static bool
next_record(struct tls *t, enum record *type, struct rcur *body)
{
	const uint8_t *p = buf_data(&t->in);
	size_t len;

	if (buf_len(&t->in) < RECORD_HEAD)
		return false;
	len = get_be16(p + 1);
	if (buf_len(&t->in) < RECORD_HEAD + len)
		return false;
	*type = p[0];
	rcur_init(body, p + RECORD_HEAD, len);
	return true;
}

static enum tls_status
plain_feed(struct tls *t, const uint8_t *in, size_t len)
{
	if (t->failed != NULL)
		return TLS_FAILED;
	return buf_put(&t->in, in, len) < 0 ? fail(t, "no memory") : TLS_OK;
}

static size_t
plain_drain(struct tls *t, uint8_t *out, size_t cap)
{
	size_t n = buf_len(&t->out) < cap ? buf_len(&t->out) : cap;

	memcpy(out, buf_data(&t->out), n);
	buf_consume(&t->out, n);
	return n;
}

static enum tls_status
plain_handshake(struct tls *t)
{
	enum tls_status st = TLS_AGAIN;
	enum record type;
	struct rcur r;

	if (t->failed != NULL)
		return TLS_FAILED;
	if (t->dialler && !t->greeted)
		greet(t);
	while (!t->through && next_record(t, &type, &r)) {
		size_t len = RECORD_HEAD + r.left;

		st = handshake_record(t, type, &r);
		buf_consume(&t->in, len);
		if (st == TLS_FAILED)
			return st;
	}
	return t->through ? TLS_OK : st;
}

static enum tls_status
plain_read(struct tls *t, uint8_t *out, size_t cap, size_t *n)
{
	enum record type;
	struct rcur r;

	assert(t->through);
	*n = 0;
	while (t->failed == NULL && !t->closed && next_record(t, &type, &r)) {
		size_t len = r.left;

		if (type == CLOSE)
			t->closed = true;
		else if (type != DATA)
			return fail(t, "a record out of its order");
		else if (buf_put(&t->got, rcur_view(&r, len), len) < 0)
			return fail(t, "no memory");
		buf_consume(&t->in, RECORD_HEAD + len);
	}
	if (t->failed != NULL)
		return TLS_FAILED;
	*n = buf_len(&t->got) < cap ? buf_len(&t->got) : cap;
	memcpy(out, buf_data(&t->got), *n);
	buf_consume(&t->got, *n);
	if (*n > 0)
		return TLS_OK;
	return t->closed ? TLS_CLOSED : TLS_AGAIN;
}

static enum tls_status
plain_write(struct tls *t, const uint8_t *in, size_t len)
{
	assert(t->through);
	while (len > 0 && t->failed == NULL) {
		size_t n = len < RECORD_BODY_MAX ? len : RECORD_BODY_MAX;

		put_record(t, DATA, in, n);
		in += n;
		len -= n;
	}
	return t->failed != NULL ? TLS_FAILED : TLS_OK;
}

static void
plain_shutdown(struct tls *t)
{
	if (t->through)
		put_record(t, CLOSE, "", 0);
}

static const struct cert_info *
plain_peer(const struct tls *t)
{
	return &t->peer;
}

/* Both ends get the same bytes, and nobody else's: that is all it must do. */
static int
plain_export_key(struct tls *t, const char *label, const void *ctx,
		 size_t ctxlen, uint8_t *out, size_t len)
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

static void
plain_close(struct tls *t)
{
	if (t == NULL)
		return;
	buf_free(&t->in);
	buf_free(&t->out);
	buf_free(&t->got);
	free(t);
}

struct tls_provider
plain_tls_provider(struct plain_ctx *ctx)
{
	static const struct tls_ops ops = {
		.open = plain_open,
		.feed = plain_feed,
		.drain = plain_drain,
		.handshake = plain_handshake,
		.read = plain_read,
		.write = plain_write,
		.shutdown = plain_shutdown,
		.peer = plain_peer,
		.export_key = plain_export_key,
		.reason = plain_reason,
		.fault = plain_fault,
		.close = plain_close,
	};

	return (struct tls_provider){ &ops, ctx };
}
