/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Helpers for OpenSSL's certificates, shared by cert and tls. */
#include "x509.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "base/text.h"
#include "crypto/kdf.h"

#define SECURITY_BITS_MIN 112 /* as security level 2 requires */
#define DAY_S 86400

const char *
ossl_reason(void)
{
	unsigned long code = ERR_peek_last_error();
	const char *text = ERR_reason_error_string(code);

	ERR_clear_error();
	return text != NULL ? text : "no reason given";
}

int
ossl_error(struct err *e, enum err_code code, const char *what)
{
	return err_set(e, code, "%s: %s", what, ossl_reason());
}

BIO *
pem_open(const void *pem, size_t len, struct err *e)
{
	BIO *bio;

	if (len > X509_PEM_MAX) {
		err_set(e, ERR_LIMIT, "PEM text longer than %d bytes",
			X509_PEM_MAX);
		return NULL;
	}
	bio = BIO_new_mem_buf(pem, (int)len);
	if (bio == NULL) {
		ERR_clear_error();
		err_nomem(e);
	}
	return bio;
}

int
pem_next(BIO *bio, const char *name, const char *alias, unsigned char **der,
	 long *len, struct err *e)
{
	char *label, *header;
	unsigned char *data;
	long n;
	bool wanted, plain;

	for (;;) {
		if (PEM_read_bio(bio, &label, &header, &data, &n) != 1)
			break;
		wanted = strcmp(label, name) == 0 || strcmp(label, alias) == 0;
		plain = header[0] == '\0';
		OPENSSL_free(label);
		OPENSSL_free(header);
		if (wanted && plain) {
			*der = data;
			*len = n;
			return 1;
		}
		/* Wiped, since the block may hold a private key. */
		OPENSSL_clear_free(data, (size_t)n);
		if (wanted)
			return err_set(e, ERR_SYNTAX, "encrypted %s", name);
	}
	if (ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE) {
		ERR_clear_error();
		return 0;
	}
	return ossl_error(e, ERR_SYNTAX, "broken PEM block");
}

/* 1, or 0 at the end, or -1. */
static int
next_certificate(X509 **out, BIO *bio, struct err *e)
{
	unsigned char *der;
	const unsigned char *p;
	X509 *x = NULL;
	long len;
	int rc = pem_next(bio, PEM_STRING_X509, PEM_STRING_X509_OLD, &der, &len,
			  e);

	if (rc <= 0)
		return rc;
	p = der;
	x = d2i_X509(NULL, &p, len);
	if (x != NULL && p != der + len) {
		X509_free(x);
		x = NULL;
	}
	OPENSSL_free(der);
	if (x == NULL)
		return ossl_error(e, ERR_SYNTAX, "broken certificate");
	*out = x;
	return 1;
}

int
x509_read(X509 **out, const void *pem, size_t len, struct err *e)
{
	BIO *bio = pem_open(pem, len, e);
	int rc;

	if (bio == NULL)
		return -1;
	rc = next_certificate(out, bio, e);
	BIO_free(bio);
	if (rc == 0)
		return err_set(e, ERR_SYNTAX, "no certificate (PEM) in it");
	return rc < 0 ? -1 : 0;
}

int
x509_read_all(STACK_OF(X509) * *out, const void *pem, size_t len, struct err *e)
{
	STACK_OF(X509) *all = sk_X509_new_null();
	BIO *bio = pem_open(pem, len, e);
	X509 *x = NULL;
	int rc = -1;

	if (all == NULL || bio == NULL)
		goto out;
	while ((rc = next_certificate(&x, bio, e)) == 1) {
		if (sk_X509_num(all) == X509_CHAIN_MAX) {
			rc = err_set(e, ERR_LIMIT, "more than %d certificates",
				     X509_CHAIN_MAX);
			X509_free(x);
			break;
		}
		if (sk_X509_push(all, x) <= 0) {
			rc = err_nomem(e);
			X509_free(x);
			break;
		}
	}
	if (rc == 0 && sk_X509_num(all) == 0)
		rc = err_set(e, ERR_SYNTAX, "no certificate (PEM) in it");
out:
	BIO_free(bio);
	if (rc != 0) {
		sk_X509_pop_free(all, X509_free);
		return -1;
	}
	*out = all;
	return 0;
}

/*
 * The first entry of a kind as UTF-8, for OPENSSL_free(); its length includes
 * NULs inside. Returns the number of entries, or -1.
 */
static int
name_entry(unsigned char **text, int *len, const X509_NAME *name, int nid)
{
	int at = X509_NAME_get_index_by_NID(name, nid, -1);
	int count = 0;
	const ASN1_STRING *s;

	*text = NULL;
	*len = 0;
	if (at < 0)
		return 0;
	s = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at));
	*len = ASN1_STRING_to_UTF8(text, s);
	if (*len < 0) {
		ERR_clear_error();
		return -1;
	}
	for (; at >= 0; at = X509_NAME_get_index_by_NID(name, nid, at))
		count++;
	return count;
}

char *
x509_show_entry(char *out, size_t cap, const X509_NAME *name, int nid)
{
	unsigned char *text;
	int len;

	out[0] = '\0';
	if (name_entry(&text, &len, name, nid) > 0)
		text_escape(out, cap, text, (size_t)len);
	OPENSSL_free(text);
	return out;
}

static int
read_cn(char cn[NODE_NAME_MAX + 1], const X509_NAME *subject, struct err *e)
{
	char shown[2 * NODE_NAME_MAX];
	unsigned char *text;
	int len;
	int count = name_entry(&text, &len, subject, NID_commonName);
	int rc = -1;

	/* The length is the encoded one, so that a NUL inside is an ordinary
	 * byte, and an invalid one of a node name. */
	if (count < 0)
		err_set(e, ERR_SYNTAX, "Common Name is not text");
	else if (count != 1)
		err_set(e, ERR_SYNTAX,
			"%d Common Names where exactly one is "
			"needed",
			count);
	else if (!text_is_node_name(
			 (struct span){ (const char *)text, (size_t)len }))
		err_set(e, ERR_SYNTAX, "Common Name \"%s\" is no node name",
			text_escape(shown, sizeof(shown), text, (size_t)len));
	else
		rc = 0;
	if (rc == 0) {
		memcpy(cn, text, (size_t)len);
		cn[len] = '\0';
	}
	OPENSSL_free(text);
	return rc;
}

/* A long OU is refused, not cut: a shorter OU could be one that grants
 * access. */
static int
read_ou(char ou[CERT_OU_MAX + 1], const X509_NAME *subject, struct err *e)
{
	unsigned char *text;
	int len;
	int count =
		name_entry(&text, &len, subject, NID_organizationalUnitName);
	int rc = 0;

	if (count < 0 || len > CERT_OU_MAX ||
	    !text_is_utf8((const char *)text, (size_t)len))
		rc = err_set(e, ERR_SYNTAX,
			     "Organizational Unit is not text "
			     "of at most %d bytes",
			     CERT_OU_MAX);
	if (rc == 0) {
		memset(ou, 0, CERT_OU_MAX + 1);
		if (len > 0)
			memcpy(ou, text, (size_t)len);
	}
	OPENSSL_free(text);
	return rc;
}

int
x509_names(char cn[NODE_NAME_MAX + 1], char ou[CERT_OU_MAX + 1],
	   const X509_NAME *subject, struct err *e)
{
	char name[NODE_NAME_MAX + 1] = "";

	if (read_cn(name, subject, e) != 0 || read_ou(ou, subject, e) != 0)
		return -1;
	memcpy(cn, name, sizeof(name));
	return 0;
}

int
x509_time(struct walltime *out, const ASN1_TIME *t)
{
	ASN1_TIME *epoch = ASN1_TIME_new();
	int days, secs;
	int ok = epoch != NULL &&
		 ASN1_TIME_set_string(epoch, "19700101000000Z") == 1 &&
		 ASN1_TIME_diff(&days, &secs, epoch, t) == 1;

	ASN1_TIME_free(epoch);
	if (!ok) {
		ERR_clear_error();
		return -1;
	}
	out->s = (int64_t)days * DAY_S + secs;
	return 0;
}

int
x509_check_key(EVP_PKEY *pkey, struct err *e)
{
	if (EVP_PKEY_is_a(pkey, "DSA") || EVP_PKEY_can_sign(pkey) != 1)
		return err_set(e, ERR_CRYPTO,
			       "TLS 1.3 cannot sign with a key "
			       "of this kind");
	if (EVP_PKEY_get_security_bits(pkey) < SECURITY_BITS_MIN)
		return err_set(e, ERR_CRYPTO,
			       "a key of %d security bits; %d "
			       "are the least",
			       EVP_PKEY_get_security_bits(pkey),
			       SECURITY_BITS_MIN);
	return 0;
}

/*
 * The beginning of the SubjectPublicKeyInfo of these key types in OpenSSL's own
 * encoding: encoding the key again would give the same bytes, at a tenth of the
 * cost of a whole handshake. The rest is an uncompressed point, which OpenSSL
 * has decoded, so it is valid.
 */
static const struct plain_spki {
	size_t len; /* total length */
	size_t headlen;
	uint8_t head[27];
} plain_spkis[] = {
	/* EC P-256: RFC 5480 section 2 */
	{ 91, 27, { 0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48,
		    0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
		    0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04 } },
	/* Ed25519: RFC 8410 section 4 */
	{ 44,
	  12,
	  { 0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21,
	    0x00 } },
};

static bool
is_plain(const unsigned char *der, size_t len)
{
	for (size_t i = 0; i < sizeof(plain_spkis) / sizeof(*plain_spkis); i++)
		if (len == plain_spkis[i].len &&
		    memcmp(der, plain_spkis[i].head, plain_spkis[i].headlen) ==
			    0)
			return true;
	return false;
}

/* A key has one fingerprint, whatever encoding the certificate has: unless the
 * encoding is known to be OpenSSL's own, the key is encoded again. */
int
x509_fingerprint(uint8_t out[FINGERPRINT_LEN], X509 *x, struct err *e)
{
	EVP_PKEY *pkey = X509_get_pubkey(x);
	unsigned char *der = NULL;
	struct key *k;
	int len;
	bool plain;

	if (pkey == NULL)
		return ossl_error(e, ERR_CRYPTO,
				  "public key of the "
				  "certificate");
	len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &der);
	plain = len > 0 && is_plain(der, (size_t)len);
	if (plain)
		sha256(out, der, (size_t)len);
	OPENSSL_free(der);
	if (plain) {
		EVP_PKEY_free(pkey);
		return 0;
	}
	ERR_clear_error();
	if (key_from_native(&k, pkey, false, e) != 0) {
		EVP_PKEY_free(pkey);
		return -1;
	}
	key_fingerprint(out, k);
	key_free(k);
	return 0;
}

int
x509_info(struct cert_info *out, X509 *x, bool any_cn, struct err *e)
{
	const X509_NAME *subject = X509_get_subject_name(x);
	struct cert_info info = { .cn = "" };

	if (any_cn) {
		x509_show_entry(info.cn, sizeof(info.cn), subject,
				NID_commonName);
		x509_show_entry(info.ou, sizeof(info.ou), subject,
				NID_organizationalUnitName);
	} else if (x509_names(info.cn, info.ou, subject, e) != 0) {
		return -1;
	}
	if (x509_time(&info.not_before, X509_get0_notBefore(x)) != 0 ||
	    x509_time(&info.not_after, X509_get0_notAfter(x)) != 0)
		return err_set(e, ERR_SYNTAX,
			       "certificate without valid "
			       "times");
	if (x509_fingerprint(info.fingerprint, x, e) != 0)
		return -1;
	*out = info;
	return 0;
}
