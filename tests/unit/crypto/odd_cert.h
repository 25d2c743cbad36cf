/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Certificates as nobody of ours makes them, by way of OpenSSL itself. */
#ifndef TESTS_CRYPTO_ODD_CERT_H
#define TESTS_CRYPTO_ODD_CERT_H

#include <stdlib.h>
#include <string.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/monotime.h"
#include "crypto/key.h"

/* 2026-11-22T06:25:00Z, the time of all these tests. */
#define TEST_NOW ((struct walltime){ 1795328700 })

#define TEST_DAY INT64_C(86400)

struct odd_cert {
	const char *cn;	 /* NULL: none */
	int cnlen;	 /* 0: up to the NUL */
	const char *cn2; /* a second one */
	const char *ou;
	const char *basic;	 /* NULL: "critical,CA:FALSE"; "": none */
	const char *usage;	 /* NULL: "critical,digitalSignature" */
	const char *eku;	 /* NULL: "serverAuth,clientAuth" */
	const char *constraints; /* of names; NULL: none */
	const char *oid;	 /* an unknown extension that is critical */
	int no_aki;
	int sha1;
	int64_t from, to; /* seconds off TEST_NOW; 0, 0: a good span */
};

void odd_require(int ok);

/* Raw bytes: past all that the library would check. */
void odd_name(X509_NAME *n, int nid, const char *text, int len);
X509 *odd_parse(const char *pem);
char *odd_text(BIO *bio);

/* PEM, malloc'd. ca_pem NULL: signed by itself. */
char *odd_make(const struct odd_cert *o, const struct key *key,
	       const char *ca_pem, const struct key *ca_key);

#endif
