/* SPDX-License-Identifier: GPL-3.0-or-later */
/* X.509: reads certificates and requests. */
#include "crypto/cert.h"

#include <string.h>

#include <openssl/pem.h>

#include "x509.h"

bool
cert_info_same(const struct cert_info *a, const struct cert_info *b)
{
	return memcmp(a->fingerprint, b->fingerprint, FINGERPRINT_LEN) == 0 &&
	       a->not_before.s == b->not_before.s &&
	       a->not_after.s == b->not_after.s && strcmp(a->cn, b->cn) == 0 &&
	       strcmp(a->ou, b->ou) == 0;
}

int
cert_read_info(struct cert_info *out, const void *pem, size_t len, int any_cn,
	       struct err *e)
{
	X509 *x = NULL;
	int rc;

	if (x509_read(&x, pem, len, e) != 0)
		return -1;
	rc = x509_info(out, x, any_cn != 0, e);
	X509_free(x);
	return rc;
}

/* Takes over the reference, on failure too. */
static int
take_public(struct key **out, EVP_PKEY *pkey, struct err *e)
{
	if (pkey == NULL)
		return ossl_error(e, ERR_CRYPTO, "public key");
	if (key_from_native(out, pkey, false, e) != 0) {
		EVP_PKEY_free(pkey);
		return -1;
	}
	return 0;
}

int
cert_read_key(struct key **out, const void *pem, size_t len, struct err *e)
{
	X509 *x = NULL;
	int rc;

	if (x509_read(&x, pem, len, e) != 0)
		return -1;
	rc = take_public(out, X509_get_pubkey(x), e);
	X509_free(x);
	return rc;
}

static int
read_request(X509_REQ **out, const void *pem, size_t len, struct err *e)
{
	BIO *bio = pem_open(pem, len, e);
	unsigned char *der = NULL;
	const unsigned char *p;
	X509_REQ *req = NULL;
	long n;
	int rc;

	if (bio == NULL)
		return -1;
	rc = pem_next(bio, PEM_STRING_X509_REQ, PEM_STRING_X509_REQ_OLD, &der,
		      &n, e);
	BIO_free(bio);
	if (rc == 0)
		return err_set(e, ERR_SYNTAX,
			       "no certificate request (PEM) "
			       "in it");
	if (rc < 0)
		return -1;
	p = der;
	req = d2i_X509_REQ(NULL, &p, n);
	if (req != NULL && p != der + n) {
		X509_REQ_free(req);
		req = NULL;
	}
	OPENSSL_free(der);
	if (req == NULL)
		return ossl_error(e, ERR_SYNTAX, "broken certificate request");
	*out = req;
	return 0;
}

int
cert_read_request(char name[NODE_NAME_MAX + 1], char ou[CERT_OU_MAX + 1],
		  struct key **key, const void *pem, size_t len, struct err *e)
{
	EVP_PKEY *pkey;
	X509_REQ *req = NULL;
	struct key *k = NULL;
	int rc = -1;

	if (read_request(&req, pem, len, e) != 0)
		return -1;
	pkey = X509_REQ_get0_pubkey(req);
	if (pkey == NULL) {
		ossl_error(e, ERR_CRYPTO, "public key of the request");
		goto out;
	}
	if (x509_check_key(pkey, e) != 0)
		goto out;
	/* The requester must hold the private key. */
	if (X509_REQ_verify(req, pkey) != 1) {
		ossl_error(e, ERR_SIGNATURE,
			   "the request's own signature "
			   "does not verify");
		goto out;
	}
	if (take_public(&k, X509_REQ_get_pubkey(req), e) != 0)
		goto out;
	if (x509_names(name, ou, X509_REQ_get_subject_name(req), e) != 0)
		goto out;
	*key = k;
	k = NULL;
	rc = 0;
out:
	key_free(k);
	X509_REQ_free(req);
	return rc;
}
