/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Declarations shared by the files of tls. */
#ifndef CRYPTO_SRC_TLS_LOCAL_H
#define CRYPTO_SRC_TLS_LOCAL_H

#include <openssl/ssl.h>

#include "crypto/tls.h"

#define TLS_ALPN "cluevpn/1"
#define TLS_ALPN_JOIN "cluevpn-join/1"

enum tls_kind {
	TLS_MUTUAL, /* two nodes */
	TLS_HOST,   /* invites a guest without a certificate */
	TLS_GUEST   /* without; knows a CA's fingerprint */
};

struct tls_ctx {
	SSL_CTX *ssl;
	enum tls_kind kind;
	uint8_t ca[FINGERPRINT_LEN]; /* TLS_GUEST */
	struct cert_info self;
};

struct tls {
	SSL *ssl;
	BIO *in, *out; /* owned by ssl */
	enum tls_kind kind;
	uint8_t ca[FINGERPRINT_LEN]; /* TLS_GUEST */
	bool dialler;
	bool verified; /* verify_peer() accepted */
	bool done;     /* the handshake is complete */
	bool dead;
	size_t fed;		/* bytes taken before it was complete */
	unsigned int later;	/* handshake messages after completion */
	struct tls_judge judge; /* accepts: NULL when there is none */
	struct cert_info peer;
	char reason[ERR_TEXT_MAX];
	enum tls_fault fault;
};

extern const struct tls_ops tls_ops_openssl;

/* The message callback of OpenSSL: limits the number of handshake messages
 * after the handshake is complete. */
void tls_count_message(int is_sent, int version, int content_type,
		       const void *message, size_t len, SSL *ssl, void *arg);

/* True when the protocol of that kind was agreed. */
bool tls_alpn_agreed(const SSL *ssl, enum tls_kind kind);

/* For TLS_GUEST, replaces the store: of the certificates that the host sent,
 * the CAs with that key. The connection owns them; the caller frees the stack
 * by sk_X509_free(). NULL when memory is out. */
STACK_OF(X509) *
	tls_guest_trusts(X509_STORE_CTX *sc, const uint8_t ca[FINGERPRINT_LEN]);

/*
 * Checks whether the certificate of sc may act as a node in a role: a chain to
 * one of the store's CAs, none of which has name constraints; no CA itself; and
 * its extended key usage has both roles, or, for TLS_HOST and TLS_GUEST, that
 * role. whose: "certificate of the other side", the first words of the message.
 * Leaves an error in sc that becomes the alert. 0 or -1.
 */
int tls_verify(X509_STORE_CTX *sc, enum tls_kind kind, bool as_server,
	       const char *whose, struct err *e);
/* The node's certificate of a verified chain, with the keys above it. */
int tls_chain_info(struct cert_info *out, X509_STORE_CTX *sc, struct err *e);

/* Describes the fault of a chain; the text begins with whose. */
void tls_words_chain(struct err *e, X509_STORE_CTX *sc, bool as_server,
		     const char *whose);
/* Classifies an error of a certificate chain. */
enum tls_fault tls_chain_fault(int code);
/* Describes and classifies OpenSSL's first error; empties its queue. */
enum tls_fault tls_words_error(char *out, size_t cap);

#endif
