/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An engine with the face of TLS and no protection at all: it tells each
 * side the other's certificate and carries the bytes. So that thousands of
 * connections can be made in a moment, and bytes be changed on their way.
 */
#ifndef TESTS_CORE_PLAIN_TLS_H
#define TESTS_CORE_PLAIN_TLS_H

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "crypto/kdf.h"
#include "crypto/rng.h"
#include "crypto/tls.h"

#define PLAIN_UNTRUSTED "certificate not trusted"
#define PLAIN_HELLO_LEN (sizeof(struct cert_info) + 32)

struct plain_ctx {
	struct cert_info cert;
	struct rng *rng;
	bool untrusted; /* others do not accept the certificate */
	/* Changes one written frame on its way; may be NULL. */
	void (*tamper)(uint8_t *frame, size_t *len);
};

struct tls {
	const struct plain_ctx *ctx;
	bool dialler, said, done;
	uint8_t mine[32], theirs[32];
	struct cert_info peer;
	struct tls_judge judge;
	struct buf in, out;
	size_t left; /* of the record being read */
	bool closed;
	const char *why;
};

static inline void
plain_record(struct tls *t, char type, const void *p, size_t len)
{
	uint8_t head[3] = { (uint8_t)type };

	put_be16(head + 1, (uint16_t)len);
	buf_put(&t->out, head, sizeof(head));
	buf_put(&t->out, p, len);
}

static inline struct tls *
plain_open(void *ctx, bool dialler, struct walltime now,
	   const struct tls_judge *judge, struct err *e)
{
	struct tls *t = calloc(1, sizeof(*t));

	(void)now;
	(void)e;
	t->ctx = ctx;
	t->dialler = dialler;
	if (judge != NULL)
		t->judge = *judge;
	buf_init(&t->in, 1 << 20);
	buf_init(&t->out, 1 << 20);
	rng_fill(t->ctx->rng, t->mine, sizeof(t->mine));
	return t;
}

static inline enum tls_status
plain_feed(struct tls *t, const uint8_t *in, size_t len)
{
	buf_put(&t->in, in, len);
	return TLS_OK;
}

static inline size_t
plain_drain(struct tls *t, uint8_t *out, size_t cap)
{
	size_t n = buf_len(&t->out);

	if (n > cap)
		n = cap;
	memcpy(out, buf_data(&t->out), n);
	buf_consume(&t->out, n);
	return n;
}

static inline void
plain_say(struct tls *t)
{
	uint8_t hello[PLAIN_HELLO_LEN];

	if (t->said)
		return;
	t->said = true;
	memcpy(hello, &t->ctx->cert, sizeof(t->ctx->cert));
	memcpy(hello + sizeof(t->ctx->cert), t->mine, 32);
	plain_record(t, t->ctx->untrusted ? 'U' : 'H', hello, sizeof(hello));
}

static inline enum tls_status
plain_handshake(struct tls *t)
{
	const uint8_t *p = buf_data(&t->in);

	if (t->done)
		return TLS_OK;
	if (t->dialler)
		plain_say(t);
	if (buf_len(&t->in) < 3)
		return TLS_AGAIN;
	if ((p[0] != 'H' && p[0] != 'U') ||
	    get_be16(p + 1) != PLAIN_HELLO_LEN) {
		t->why = "no TLS";
		return TLS_FAILED;
	}
	if (buf_len(&t->in) < 3 + PLAIN_HELLO_LEN)
		return TLS_AGAIN;
	memcpy(&t->peer, p + 3, sizeof(t->peer));
	t->peer.by_key = p[0] == 'U';
	if (t->peer.by_key &&
	    (t->judge.accepts == NULL ||
	     !t->judge.accepts(t->judge.ctx, &t->peer, PLAIN_UNTRUSTED,
			       TLS_FAULT_OTHER))) {
		t->why = PLAIN_UNTRUSTED;
		return TLS_FAILED;
	}
	memcpy(t->theirs, p + 3 + sizeof(t->peer), 32);
	buf_consume(&t->in, 3 + PLAIN_HELLO_LEN);
	plain_say(t);
	t->done = true;
	return TLS_OK;
}

static inline enum tls_status
plain_read(struct tls *t, uint8_t *out, size_t cap, size_t *n)
{
	*n = 0;
	if (t->closed)
		return TLS_CLOSED;
	if (t->left == 0) {
		const uint8_t *p = buf_data(&t->in);

		if (buf_len(&t->in) < 3)
			return TLS_AGAIN;
		if (p[0] == 'C') {
			t->closed = true;
			return TLS_CLOSED;
		}
		if (p[0] != 'D') {
			t->why = "bad record";
			return TLS_FAILED;
		}
		t->left = get_be16(p + 1);
		buf_consume(&t->in, 3);
	}
	*n = t->left < buf_len(&t->in) ? t->left : buf_len(&t->in);
	if (*n > cap)
		*n = cap;
	if (*n == 0)
		return TLS_AGAIN;
	memcpy(out, buf_data(&t->in), *n);
	buf_consume(&t->in, *n);
	t->left -= *n;
	return TLS_OK;
}

static inline enum tls_status
plain_write(struct tls *t, const uint8_t *in, size_t len)
{
	uint8_t copy[32768];

	memcpy(copy, in, len);
	if (t->ctx->tamper != NULL)
		t->ctx->tamper(copy, &len);
	if (len > 0)
		plain_record(t, 'D', copy, len);
	return TLS_OK;
}

static inline void
plain_shutdown(struct tls *t)
{
	plain_record(t, 'C', "", 0);
}

static inline const struct cert_info *
plain_peer(const struct tls *t)
{
	return &t->peer;
}

static inline int
plain_export(struct tls *t, const char *label, const void *ctx, size_t ctxlen,
	     uint8_t *out, size_t len)
{
	const struct bytes parts[] = {
		{ t->dialler ? t->mine : t->theirs, 32 },
		{ t->dialler ? t->theirs : t->mine, 32 },
		{ label, strlen(label) },
		{ ctx, ctxlen },
	};

	if (len != SHA256_LEN)
		return -1;
	sha256_parts(out, parts, 4);
	return 0;
}

static inline const char *
plain_reason(const struct tls *t)
{
	return t->why != NULL ? t->why : "nothing";
}

static inline enum tls_fault
plain_fault(const struct tls *t)
{
	(void)t;
	return TLS_FAULT_OTHER;
}

static inline void
plain_close(struct tls *t)
{
	if (t == NULL)
		return;
	buf_free(&t->in);
	buf_free(&t->out);
	free(t);
}

static const struct tls_ops plain_ops = {
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

#endif
