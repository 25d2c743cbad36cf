/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An engine behind struct tls_ops without any cryptography: both ends tell
 * who they are and are believed. The engine has the shape of TLS 1.3 in round
 * trips, ends and order, and costs nothing; for thousands of connections, and
 * for bytes that change on their way.
 *
 * On the wire stand records {type 1, length 2, bytes}. The dialler says HELLO
 * {random}, the listener HELLO {random, certificate}, the dialler is through
 * and says FINISH {certificate}, then the listener is through.
 */
#ifndef TESTS_CORE_PLAIN_TLS_H
#define TESTS_CORE_PLAIN_TLS_H

#include "crypto/cert.h"
#include "crypto/rng.h"
#include "crypto/tls.h"

enum plain_record {
	PLAIN_HELLO = 1,
	PLAIN_FINISH,
	PLAIN_DATA,
	PLAIN_CLOSE,
	PLAIN_BAD /* a record that no end takes */
};

#define PLAIN_UNTRUSTED "certificate not trusted"

struct plain_ctx {
	struct cert_info cert;
	struct rng rng;
	bool untrusted; /* others do not accept the certificate */
	/* Changes one written frame on its way, which has room for 32,768
	 * bytes; may be NULL. */
	void (*tamper)(uint8_t *frame, size_t *len);
};

extern const struct tls_ops plain_ops;

/* ctx must outlive the provider and its engines. */
struct tls_provider plain_tls_provider(struct plain_ctx *ctx);

/* An end that a test plays itself; the functions are those of plain_ops. */
struct tls *plain_open(void *ctx, bool dialler, struct walltime now,
		       const struct tls_judge *judge, struct err *e);
enum tls_status plain_feed(struct tls *t, const uint8_t *in, size_t len);
size_t plain_drain(struct tls *t, uint8_t *out, size_t cap);
enum tls_status plain_handshake(struct tls *t);
enum tls_status plain_read(struct tls *t, uint8_t *out, size_t cap, size_t *n);
enum tls_status plain_write(struct tls *t, const uint8_t *in, size_t len);
void plain_shutdown(struct tls *t);
/* Works as soon as both HELLOs have been seen. */
int plain_export(struct tls *t, const char *label, const void *ctx,
		 size_t ctxlen, uint8_t *out, size_t len);
void plain_close(struct tls *t);

/* Any record, at any time, of at most 65,535 bytes. */
void plain_put(struct tls *t, enum plain_record type, const void *body,
	       size_t len);
bool plain_is_through(const struct tls *t);

#endif
