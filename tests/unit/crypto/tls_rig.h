/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two ends of a connection in memory; either may be OpenSSL laid bare. */
#ifndef TESTS_CRYPTO_TLS_RIG_H
#define TESTS_CRYPTO_TLS_RIG_H

#include <stdio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "../unit.h"
#include "base/buf.h"
#include "crypto/cert.h"
#include "crypto/rng.h"
#include "crypto/tls.h"
#include "odd_cert.h"

#define RIG_CHUNK 16384
#define RIG_GOT_MAX ((size_t)4 << 20)

struct id { /* somebody with a key and a certificate */
	struct key *key;
	char *key_pem;
	char *pem;
};

extern struct rng rig_rng;

struct id id_key(enum key_type type);
struct id id_ca(const char *name);
struct id id_node(const char *name, const char *ou, const struct id *ca);
struct id id_odd(const struct odd_cert *o, const struct id *ca);
void id_free(struct id *id);
struct pem pem_of(const char *text);
struct tls_ctx *ctx_of(const struct id *id, const char *ca_pem);

struct end {
	const struct tls_ops *ops;
	struct tls *t; /* ours, or */
	SSL *raw;      /* OpenSSL's */
	BIO *raw_in, *raw_out;
	enum tls_status st; /* of the last call */
	bool up;
	int alert;	/* raw: what the other side sent, or 0 */
	struct buf got; /* what was read */
};

struct end end_open_judged(struct tls_ctx *c, bool dialler, struct walltime now,
			   const struct tls_judge *judge);
struct end end_open(struct tls_ctx *c, bool dialler, struct walltime now);
void end_close(struct end *e);

/* An SSL_CTX that checks nothing and shows id, if any. */
SSL_CTX *raw_ctx(const struct id *id);

/* Takes c. alpn: in wire form, NULL for none. */
struct end raw_open(SSL_CTX *c, bool dialler, const char *alpn);

/* Handshake, or reading once that is done. */
void end_go(struct end *e);
size_t end_drain(struct end *e, uint8_t *out, size_t cap);
void end_feed(struct end *e, const uint8_t *in, size_t len);

/* frag: the size of the pieces; 0: random ones. Returns bytes moved. */
size_t rig_move(struct end *from, struct end *to, size_t frag);

/* Until nobody has anything to say any more. */
void rig_run(struct end *a, struct end *b, size_t frag);
void assert_reason(const struct end *e, const char *hint);

#endif
