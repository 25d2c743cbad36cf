/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of tls share. */
#ifndef CRYPTO_SRC_TLS_LOCAL_H
#define CRYPTO_SRC_TLS_LOCAL_H

#include <openssl/ssl.h>

#include "crypto/tls.h"

#define TLS_ALPN "cluevpn/1"
#define TLS_ALPN_JOIN "cluevpn-join/1"

enum tls_kind {
	TLS_MUTUAL,		/* two nodes */
	TLS_HOST,		/* invites who has no certificate yet */
	TLS_GUEST		/* has none, and knows a CA's fingerprint */
};

struct tls_ctx {
	SSL_CTX *ssl;
	enum tls_kind kind;
	uint8_t ca[FINGERPRINT_LEN];	/* TLS_GUEST */
	struct cert_info self;
};

struct tls {
	SSL *ssl;
	BIO *in, *out;		/* owned by ssl */
	enum tls_kind kind;
	uint8_t ca[FINGERPRINT_LEN];	/* TLS_GUEST */
	bool dialler;
	bool verified;		/* verify_peer() said yes */
	bool done;		/* the handshake is complete */
	bool dead;
	size_t fed;		/* bytes taken before it was complete */
	unsigned int later;	/* handshake messages that came after it was */
	struct cert_info peer;
	char reason[ERR_TEXT_MAX];
	enum tls_fault fault;
};

extern const struct tls_ops tls_ops_openssl;

/* The message callback of the library: bounds the handshake messages that
 * come after the handshake. */
void tls_count_message(int is_sent, int version, int content_type,
		       const void *message, size_t len, SSL *ssl, void *arg);

/* True when the protocol of that kind was agreed. */
bool tls_alpn_agreed(const SSL *ssl, enum tls_kind kind);

/* TLS 1.3 and nothing that outlives a connection. Takes the store; NULL when
 * the library fails. */
SSL_CTX *tls_make_ssl(X509_STORE *store, enum tls_kind kind);

/* In the place of the store, for TLS_GUEST: of the certificates that came,
 * those of CAs with that key. They are the connection's; the stack is the
 * caller's to sk_X509_free(). NULL when memory is out. */
STACK_OF(X509) *tls_guest_trusts(X509_STORE_CTX *sc,
				 const uint8_t ca[FINGERPRINT_LEN]);

/*
 * Whether the certificate of sc may speak for a node in a role: a chain to
 * one of the store's CAs, none of which has name constraints; no CA itself;
 * and its extended key usage has both roles, or, for TLS_HOST and TLS_GUEST,
 * that role.
 * whose: "certificate of the other side", to begin the message with. Leaves
 * an error in sc that becomes the alert. 0 or -1.
 */
int tls_verify(X509_STORE_CTX *sc, enum tls_kind kind, bool as_server,
	       const char *whose, struct err *e);
/* The node's certificate of a chain that was verified, with the keys above it. */
int tls_chain_info(struct cert_info *out, X509_STORE_CTX *sc, struct err *e);

/* Words for what went wrong in a chain; begins with whose. */
void tls_words_chain(struct err *e, X509_STORE_CTX *sc, bool as_server,
		     const char *whose);
/* Classifies an error of a certificate chain. */
enum tls_fault tls_chain_fault(int code);
/* Words for the library's first complaint, and its kind; empties its queue. */
enum tls_fault tls_words_error(char *out, size_t cap);

#endif
