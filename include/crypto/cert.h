/* SPDX-License-Identifier: GPL-3.0-or-later */
/* X.509: makes a CA, requests and node certificates; reads certificates. */
#ifndef CRYPTO_CERT_H
#define CRYPTO_CERT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/monotime.h"
#include "base/text.h"
#include "crypto/key.h"

#define CERT_OU_MAX 64
#define CERT_ABOVE_MAX 5 /* certificates above a node's, with the CA */

/* The public keys of the certificates above a node's, the nearest first. */
struct cert_above {
	uint8_t n;
	uint8_t key[CERT_ABOVE_MAX][FINGERPRINT_LEN];
};

struct cert_info {
	char cn[NODE_NAME_MAX + 1];
	char ou[CERT_OU_MAX + 1];	      /* the first OU; "" when none */
	uint8_t fingerprint[FINGERPRINT_LEN]; /* SHA-256 of the public key */
	struct walltime not_before;
	struct walltime not_after;
	struct cert_above above; /* empty unless TLS set it */
	bool by_key;		 /* TLS accepted the key alone: no CA vouches
				  * for anything else here */
};

/* Same key, names and times: a certificate that does not replace the other. */
bool cert_info_same(const struct cert_info *a, const struct cert_info *b);

/* All PEM texts that come out are malloc'd and NUL-terminated. */

/* A self-signed CA certificate for key: CA:TRUE, pathlen 0, keyCertSign. */
int cert_make_ca(char **pem, const struct key *key, const char *cn,
		 struct walltime now, unsigned int days, const struct rng *rng,
		 struct err *e);
/* A request (PKCS#10) with CN = name, signed by key. */
int cert_make_request(char **pem, const struct key *key, const char *name,
		      const char *ou, struct err *e);
/* Name and public key of a request whose own signature verifies. name: the
 * request's only CN; -1 when it is no node name. */
int cert_read_request(char name[NODE_NAME_MAX + 1], char ou[CERT_OU_MAX + 1],
		      struct key **key, const void *pem, size_t len,
		      struct err *e);
/* A node certificate: CN = name, the given public key, EKU client+server,
 * digitalSignature, 128-bit random serial; ends at the CA's end at
 * the latest. Fails when ca_key is not ca_pem's key. */
int cert_make_node(char **pem, const struct key *node_key, const char *name,
		   const char *ou, const void *ca_pem, size_t ca_len,
		   const struct key *ca_key, struct walltime now,
		   unsigned int days, const struct rng *rng, struct err *e);
/* The certificate of an inviting host: as cert_make_node(), but for serverAuth
 * alone, so that no peer accepts it as a node's. */
int cert_make_host(char **pem, const struct key *host_key, const char *name,
		   const void *ca_pem, size_t ca_len, const struct key *ca_key,
		   struct walltime now, unsigned int days,
		   const struct rng *rng, struct err *e);
/* Reads a certificate (PEM, first one of the text). Exactly one CN that is a
 * node name is required unless any_cn. */
int cert_read_info(struct cert_info *out, const void *pem, size_t len,
		   int any_cn, struct err *e);
/* The public key in a certificate (PEM). */
int cert_read_key(struct key **out, const void *pem, size_t len, struct err *e);

#endif
