/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of tls share. */
#ifndef CRYPTO_SRC_TLS_LOCAL_H
#define CRYPTO_SRC_TLS_LOCAL_H

#include <openssl/ssl.h>

#include "crypto/tls.h"

#define TLS_ALPN "cluevpn/1"

struct tls_ctx {
	SSL_CTX *ssl;
	struct cert_info self;
};

struct tls {
	SSL *ssl;
	BIO *in, *out;		/* owned by ssl */
	bool dialler;
	bool verified;		/* verify_peer() said yes */
	bool done;		/* the handshake is complete */
	bool dead;
	size_t fed;		/* bytes taken before it was complete */
	struct cert_info peer;
	char reason[ERR_TEXT_MAX];
};

extern const struct tls_ops tls_ops_openssl;

/* True when "cluevpn/1" was agreed. */
bool tls_alpn_agreed(const SSL *ssl);

/*
 * Whether the certificate of sc may speak for a node in a role: a chain to
 * one of the store's CAs, no CA itself, and its extended key usage says so.
 * whose: "certificate of the other side", to begin the message with. Leaves
 * an error in sc that becomes the alert. 0 or -1.
 */
int tls_verify(X509_STORE_CTX *sc, bool as_server, const char *whose,
	       struct err *e);

/* Words for what went wrong in a chain; begins with whose. */
void tls_words_chain(struct err *e, X509_STORE_CTX *sc, bool as_server,
		     const char *whose);
/* Words for the library's first complaint; empties its queue. */
void tls_words_error(char *out, size_t cap);

#endif
