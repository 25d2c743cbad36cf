/* SPDX-License-Identifier: GPL-3.0-or-later */
/* X.509: making a CA, requests and node certificates. */
#include "crypto/cert.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "x509.h"

#define DAY_S 86400
#define SKEW_S 3600   /* a clock may be this far behind the CA's */
#define SERIAL_LEN 16 /* 128 bits: RFC 5280 allows 20 bytes */
#define TIME_LAST INT64_C(253402300799) /* 9999-12-31T23:59:59Z */

struct ext {
	int nid;
	const char *value;
};

/* RFC 5280 section 4.2.1; "critical" where it says that it must be. */
static const struct ext ca_exts[] = {
	{ NID_basic_constraints, "critical,CA:TRUE,pathlen:0" },
	{ NID_key_usage, "critical,keyCertSign,cRLSign" },
	{ NID_subject_key_identifier, "hash" },
	{ 0, NULL }
};

static const struct ext node_exts[] = {
	{ NID_basic_constraints, "critical,CA:FALSE" },
	{ NID_key_usage, "critical,digitalSignature" },
	{ NID_ext_key_usage, "serverAuth,clientAuth" },
	{ NID_subject_key_identifier, "hash" },
	{ NID_authority_key_identifier, "keyid:always" },
	{ 0, NULL }
};

static const struct ext host_exts[] = {
	{ NID_basic_constraints, "critical,CA:FALSE" },
	{ NID_key_usage, "critical,digitalSignature" },
	{ NID_ext_key_usage, "serverAuth" },
	{ NID_subject_key_identifier, "hash" },
	{ NID_authority_key_identifier, "keyid:always" },
	{ 0, NULL }
};

static int
add_exts(X509 *x, X509 *issuer, const struct ext *exts)
{
	X509V3_CTX ctx;
	X509_EXTENSION *ext;
	int ok = 1;

	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
	for (; ok == 1 && exts->value != NULL; exts++) {
		ext = X509V3_EXT_conf_nid(NULL, &ctx, exts->nid, exts->value);
		ok = ext != NULL && X509_add_ext(x, ext, -1) == 1;
		X509_EXTENSION_free(ext);
	}
	return ok == 1 ? 0 : -1;
}

/* UTCTime until 2049, GeneralizedTime from 2050 on (RFC 5280 section 4.1.2.5);
 * formatted as text, so that no 32-bit time_t takes part. */
static int
set_time(ASN1_TIME *out, int64_t s)
{
	char text[TEXT_TIME_MAX], asn1[TEXT_TIME_MAX];
	size_t n = 0;

	text_time_format(text, (struct walltime){ s });
	for (const char *p = text; *p != '\0'; p++)
		if (*p != '-' && *p != ':' && *p != 'T')
			asn1[n++] = *p;
	asn1[n] = '\0';
	return ASN1_TIME_set_string_X509(out, asn1) == 1 ? 0 : -1;
}

static int
set_serial(X509 *x, const struct rng *rng)
{
	uint8_t b[SERIAL_LEN];
	BIGNUM *n;
	int ok;

	rng_fill(rng, b, sizeof(b));
	b[SERIAL_LEN - 1] |= 1; /* never zero */
	n = BN_bin2bn(b, sizeof(b), NULL);
	ok = n != NULL &&
	     BN_to_ASN1_INTEGER(n, X509_get_serialNumber(x)) != NULL;
	BN_free(n);
	return ok ? 0 : -1;
}

static int
add_name(X509_NAME *subject, const char *field, const char *value)
{
	return X509_NAME_add_entry_by_txt(subject, field, MBSTRING_UTF8,
					  (const unsigned char *)value, -1, -1,
					  0) == 1 ?
		       0 :
		       -1;
}

static int
check_name(const char *name, const char *ou, struct err *e)
{
	char shown[2 * NODE_NAME_MAX];

	if (!text_is_node_name((struct span){ name, strlen(name) }))
		return err_set(
			e, ERR_RANGE,
			"\"%s\" is no node name: a-z, "
			"0-9, \".\", \"-\" and \"_\", at most %d, a "
			"letter or digit first",
			text_escape(shown, sizeof(shown), name, strlen(name)),
			NODE_NAME_MAX);
	if (ou != NULL &&
	    (strlen(ou) > CERT_OU_MAX || !text_is_utf8(ou, strlen(ou))))
		return err_set(e, ERR_RANGE,
			       "the OU must be text of at most "
			       "%d bytes",
			       CERT_OU_MAX);
	return 0;
}

static int
set_subject(X509_NAME *subject, const char *name, const char *ou)
{
	if (ou != NULL && ou[0] != '\0' && add_name(subject, "OU", ou) != 0)
		return -1;
	return add_name(subject, "CN", name);
}

/* Ed25519 hashes internally, so it takes no digest. */
static const EVP_MD *
digest_for(const struct key *k)
{
	return key_type(k) == KEY_ED25519 ? NULL : EVP_sha256();
}

/* Takes over the BIO. */
static int
take_pem(char **pem, BIO *bio, int ok, struct err *e)
{
	const char *data;
	char *text = NULL;
	long n = 0;

	if (ok != 1) {
		BIO_free(bio);
		return ossl_error(e, ERR_CRYPTO, "cannot write PEM");
	}
	n = BIO_get_mem_data(bio, &data);
	text = malloc((size_t)n + 1);
	if (text != NULL) {
		memcpy(text, data, (size_t)n);
		text[n] = '\0';
	}
	BIO_free(bio);
	if (text == NULL)
		return err_nomem(e);
	*pem = text;
	return 0;
}

static int
sign_and_write(char **pem, X509 *x, const struct key *k, struct err *e)
{
	BIO *bio;

	if (X509_sign(x, key_native(k), digest_for(k)) <= 0)
		return ossl_error(e, ERR_CRYPTO, "cannot sign a certificate");
	bio = BIO_new(BIO_s_mem());
	return take_pem(pem, bio, bio != NULL && PEM_write_bio_X509(bio, x), e);
}

static int
end_of(int64_t *end, struct walltime now, unsigned int days, struct err *e)
{
	int64_t t = now.s + (int64_t)days * DAY_S;

	if (days == 0 || now.s < SKEW_S || t > TIME_LAST)
		return err_set(e, ERR_RANGE,
			       "%u days from now: not within "
			       "the years 1970 to 9999",
			       days);
	*end = t;
	return 0;
}

/* Sets all fields except subject, issuer and extensions. */
static X509 *
new_certificate(const struct key *k, int64_t from, int64_t to,
		const struct rng *rng)
{
	X509 *x = X509_new();

	if (x != NULL && X509_set_version(x, X509_VERSION_3) == 1 &&
	    set_serial(x, rng) == 0 &&
	    set_time(X509_getm_notBefore(x), from) == 0 &&
	    set_time(X509_getm_notAfter(x), to) == 0 &&
	    X509_set_pubkey(x, key_native(k)) == 1)
		return x;
	X509_free(x);
	return NULL;
}

int
cert_make_ca(char **pem, const struct key *key, const char *cn,
	     struct walltime now, unsigned int days, const struct rng *rng,
	     struct err *e)
{
	X509_NAME *subject;
	int64_t end = 0;
	X509 *x = NULL;
	int rc = -1;

	if (!key_is_private(key))
		return err_set(e, ERR_USAGE,
			       "the CA's key has no private "
			       "half");
	if (cn[0] == '\0' || strlen(cn) > CERT_OU_MAX ||
	    !text_is_utf8(cn, strlen(cn)))
		return err_set(e, ERR_RANGE,
			       "a CA's name is text of 1 to %d "
			       "bytes",
			       CERT_OU_MAX);
	if (x509_check_key(key_native(key), e) != 0 ||
	    end_of(&end, now, days, e) != 0)
		return -1;
	x = new_certificate(key, now.s - SKEW_S, end, rng);
	subject = x != NULL ? X509_get_subject_name(x) : NULL;
	if (subject == NULL || set_subject(subject, cn, NULL) != 0 ||
	    X509_set_issuer_name(x, subject) != 1 ||
	    add_exts(x, x, ca_exts) != 0)
		ossl_error(e, ERR_CRYPTO, "cannot make a CA certificate");
	else
		rc = sign_and_write(pem, x, key, e);
	X509_free(x);
	return rc;
}

int
cert_make_request(char **pem, const struct key *key, const char *name,
		  const char *ou, struct err *e)
{
	X509_REQ *req = NULL;
	BIO *bio;
	int rc = -1;

	if (!key_is_private(key))
		return err_set(e, ERR_USAGE,
			       "the node's key has no private "
			       "half");
	if (check_name(name, ou, e) != 0 ||
	    x509_check_key(key_native(key), e) != 0)
		return -1;
	req = X509_REQ_new();
	if (req == NULL || X509_REQ_set_version(req, X509_REQ_VERSION_1) != 1 ||
	    set_subject(X509_REQ_get_subject_name(req), name, ou) != 0 ||
	    X509_REQ_set_pubkey(req, key_native(key)) != 1 ||
	    X509_REQ_sign(req, key_native(key), digest_for(key)) <= 0) {
		ossl_error(e, ERR_CRYPTO, "cannot make a request");
		goto out;
	}
	bio = BIO_new(BIO_s_mem());
	rc = take_pem(pem, bio, bio != NULL && PEM_write_bio_X509_REQ(bio, req),
		      e);
out:
	X509_REQ_free(req);
	return rc;
}

/* Checks that ca may sign now, with this key. *end: the CA's own end. */
static int
check_ca(int64_t *end, X509 *ca, const struct key *ca_key, struct walltime now,
	 struct err *e)
{
	struct walltime from, to;

	if (!key_is_private(ca_key) ||
	    EVP_PKEY_eq(X509_get0_pubkey(ca), key_native(ca_key)) != 1) {
		ERR_clear_error();
		return err_set(e, ERR_CONFLICT,
			       "the CA's key and certificate "
			       "do not belong together");
	}
	if (X509_check_ca(ca) != 1 ||
	    (X509_get_key_usage(ca) & X509v3_KU_KEY_CERT_SIGN) == 0 ||
	    X509_get0_subject_key_id(ca) == NULL)
		return err_set(e, ERR_CONFLICT,
			       "not a CA's certificate "
			       "(CA:TRUE, keyCertSign and a key identifier "
			       "are needed)");
	if (x509_time(&from, X509_get0_notBefore(ca)) != 0 ||
	    x509_time(&to, X509_get0_notAfter(ca)) != 0)
		return err_set(e, ERR_SYNTAX,
			       "CA certificate without valid "
			       "times");
	if (now.s < from.s || now.s >= to.s)
		return err_set(e, ERR_RANGE, "the CA's certificate is %s",
			       now.s < from.s ? "not valid yet" :
						"no longer valid");
	*end = to.s;
	return 0;
}

/* A certificate that the CA signs. */
struct leaf {
	const struct key *key;
	const char *name, *ou;
	const struct ext *exts;
	int64_t from, to;
};

static int
make_leaf(char **pem, const struct leaf *l, X509 *ca, const struct key *ca_key,
	  const struct rng *rng, struct err *e)
{
	X509 *x = new_certificate(l->key, l->from, l->to, rng);
	int rc = -1;

	if (x == NULL ||
	    set_subject(X509_get_subject_name(x), l->name, l->ou) != 0 ||
	    X509_set_issuer_name(x, X509_get_subject_name(ca)) != 1 ||
	    add_exts(x, ca, l->exts) != 0)
		ossl_error(e, ERR_CRYPTO, "cannot make a certificate");
	else
		rc = sign_and_write(pem, x, ca_key, e);
	X509_free(x);
	return rc;
}

static int
make_under_ca(char **pem, struct leaf *l, const void *ca_pem, size_t ca_len,
	      const struct key *ca_key, struct walltime now, unsigned int days,
	      const struct rng *rng, struct err *e)
{
	int64_t ca_end = 0;
	X509 *ca = NULL;
	int rc = -1;

	if (check_name(l->name, l->ou, e) != 0 ||
	    x509_check_key(key_native(l->key), e) != 0 ||
	    end_of(&l->to, now, days, e) != 0 ||
	    x509_read(&ca, ca_pem, ca_len, e) != 0)
		return -1;
	if (check_ca(&ca_end, ca, ca_key, now, e) == 0) {
		l->from = now.s - SKEW_S;
		if (l->to > ca_end)
			l->to = ca_end;
		rc = make_leaf(pem, l, ca, ca_key, rng, e);
	}
	X509_free(ca);
	return rc;
}

int
cert_make_node(char **pem, const struct key *node_key, const char *name,
	       const char *ou, const void *ca_pem, size_t ca_len,
	       const struct key *ca_key, struct walltime now, unsigned int days,
	       const struct rng *rng, struct err *e)
{
	struct leaf l = {
		.key = node_key, .name = name, .ou = ou, .exts = node_exts
	};

	return make_under_ca(pem, &l, ca_pem, ca_len, ca_key, now, days, rng,
			     e);
}

int
cert_make_host(char **pem, const struct key *host_key, const char *name,
	       const void *ca_pem, size_t ca_len, const struct key *ca_key,
	       struct walltime now, unsigned int days, const struct rng *rng,
	       struct err *e)
{
	struct leaf l = { .key = host_key, .name = name, .exts = host_exts };

	return make_under_ca(pem, &l, ca_pem, ca_len, ca_key, now, days, rng,
			     e);
}
