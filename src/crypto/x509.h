/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Helpers for OpenSSL's certificates, shared by cert and tls. */
#ifndef CRYPTO_SRC_X509_H
#define CRYPTO_SRC_X509_H

#include <stdbool.h>
#include <stddef.h>

#include <openssl/bio.h>
#include <openssl/x509.h>

#include "base/err.h"
#include "base/monotime.h"
#include "crypto/cert.h"

#define X509_PEM_MAX (256 * 1024) /* bytes of one PEM text */
#define X509_CHAIN_MAX 64	  /* certificates in one PEM text */

/* Sets "what: OpenSSL's error text" and empties its error queue. Returns -1. */
int ossl_error(struct err *e, enum err_code code, const char *what);
/* The text of OpenSSL's last error; empties the queue. */
const char *ossl_reason(void);

/* Opens the PEM blocks of a text of at most X509_PEM_MAX bytes. NULL with e
 * set. */
BIO *pem_open(const void *pem, size_t len, struct err *e);
/* DER of the next block with one of two names, for OPENSSL_free(). 1, or 0 at
 * the end, or -1. Never prompts for a passphrase. */
int pem_next(BIO *bio, const char *name, const char *alias, unsigned char **der,
	     long *len, struct err *e);

/* The first certificate of a text. */
int x509_read(X509 **out, const void *pem, size_t len, struct err *e);
/* All certificates of a text, at least one. */
int x509_read_all(STACK_OF(X509) * *out, const void *pem, size_t len,
		  struct err *e);
/* A subject with exactly one CN, which is a node name, and its first OU. */
int x509_names(char cn[NODE_NAME_MAX + 1], char ou[CERT_OU_MAX + 1],
	       const X509_NAME *subject, struct err *e);
/* The SHA-256 of the key's SubjectPublicKeyInfo. 0 or -1. */
int x509_fingerprint(uint8_t out[FINGERPRINT_LEN], X509 *x, struct err *e);
/* As cert_read_info(). */
int x509_info(struct cert_info *out, X509 *x, bool any_cn, struct err *e);
/* The first entry of a kind, escaped and cut at cap; "" when none. */
char *x509_show_entry(char *out, size_t cap, const X509_NAME *name, int nid);
/* A certificate's time; 0 or -1. */
int x509_time(struct walltime *out, const ASN1_TIME *t);
/* 0 when the key is strong enough and of a type that TLS 1.3 can sign with. */
int x509_check_key(EVP_PKEY *pkey, struct err *e);

#endif
