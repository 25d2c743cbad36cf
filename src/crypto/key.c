/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Key handles: generating, reading and writing them, and fingerprints. */
#include "crypto/key.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/dsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "base/bytes.h"
#include "crypto/kdf.h"

#define DSA_P_BITS 2048
#define DSA_Q_BITS 256
#define DSA_P_BITS_MIN 2048
#define DSA_P_BITS_MAX 4096
#define DSA_Q_BITS_MIN 224
#define DSA_Q_BITS_MAX 256
#define FINGERPRINT_PREFIX "sha256:"
#define FINGERPRINT_PREFIX_LEN (sizeof(FINGERPRINT_PREFIX) - 1)

struct key {
	EVP_PKEY *pkey;
	enum key_type type;
	bool is_private;
	uint8_t fingerprint[FINGERPRINT_LEN];
};

/* OpenSSL's own messages do not help an administrator. Its queue is emptied, so
 * that none is mistaken for the error of a later call. */
static int
key_failed(struct err *e, enum err_code code, const char *text)
{
	ERR_clear_error();
	return err_set(e, code, "%s", text);
}

static enum key_type
type_of(const EVP_PKEY *pkey)
{
	char group[32];

	if (EVP_PKEY_is_a(pkey, "DSA"))
		return KEY_DSA;
	if (EVP_PKEY_is_a(pkey, "ED25519"))
		return KEY_ED25519;
	if (EVP_PKEY_is_a(pkey, "EC") &&
	    EVP_PKEY_get_group_name(pkey, group, sizeof(group), NULL) == 1 &&
	    strcmp(group, "prime256v1") == 0)
		return KEY_EC_P256;
	return KEY_OTHER;
}

/* Checks the sizes first: the tests below take longer the larger the numbers
 * are. */
static int
check_dsa(EVP_PKEY *pkey, struct err *e)
{
	int pbits = EVP_PKEY_get_bits(pkey);
	int qbits = 0;
	BIGNUM *q = NULL;
	EVP_PKEY_CTX *c;
	bool ok;

	if (EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_FFC_Q, &q) == 1)
		qbits = BN_num_bits(q);
	BN_free(q);
	if (pbits < DSA_P_BITS_MIN || pbits > DSA_P_BITS_MAX ||
	    qbits < DSA_Q_BITS_MIN || qbits > DSA_Q_BITS_MAX) {
		ERR_clear_error();
		return err_set(e, ERR_RANGE,
			       "DSA key of %d/%d bits; 2048/224 to 4096/256 "
			       "are allowed",
			       pbits, qbits);
	}
	c = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
	ok = c != NULL && EVP_PKEY_public_check(c) == 1;
	EVP_PKEY_CTX_free(c);
	if (!ok)
		return key_failed(e, ERR_CRYPTO,
				  "DSA key with a bad public value");
	return 0;
}

/*
 * Gives a key its canonical encoding, since a list pins and revokes keys by the
 * digest of it: RFC 5480 section 2.2 allows a point to be compressed, RFC 3279
 * curves by their parameters, and RFC 4055 section 1.2 an RSA key under two
 * algorithms.
 */
static int
make_canonical(EVP_PKEY *pkey, struct err *e)
{
	int by_numbers = 0;

	if (EVP_PKEY_is_a(pkey, "RSA-PSS"))
		return key_failed(e, ERR_CRYPTO,
				  "RSA key for PSS alone; expected "
				  "one for rsaEncryption");
	if (!EVP_PKEY_is_a(pkey, "EC"))
		return 0;
	if (EVP_PKEY_get_int_param(
		    pkey, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS,
		    &by_numbers) != 1 ||
	    by_numbers != 0)
		return key_failed(e, ERR_CRYPTO,
				  "EC key with explicit parameters; "
				  "expected one that names its curve");
	if (EVP_PKEY_set_utf8_string_param(
		    pkey, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
		    OSSL_PKEY_EC_POINT_CONVERSION_FORMAT_UNCOMPRESSED) != 1)
		return key_failed(e, ERR_CRYPTO,
				  "EC key that cannot be encoded");
	return 0;
}

/* The SubjectPublicKeyInfo; the caller frees it. 0 when encoding failed. */
static size_t
spki_encode(unsigned char **der, const EVP_PKEY *pkey)
{
	int len;

	*der = NULL;
	len = i2d_PUBKEY(pkey, der);
	return len > 0 ? (size_t)len : 0;
}

int
key_from_native(struct key **out, void *pkey, bool is_private, struct err *e)
{
	enum key_type type = type_of(pkey);
	unsigned char *der;
	struct key *k;
	size_t len;

	if ((type == KEY_DSA && check_dsa(pkey, e) < 0) ||
	    make_canonical(pkey, e) < 0)
		return -1;
	len = spki_encode(&der, pkey);
	if (len == 0)
		return key_failed(e, ERR_CRYPTO, "key without a public half");
	k = calloc(1, sizeof(*k));
	if (k == NULL) {
		OPENSSL_free(der);
		return err_nomem(e);
	}
	k->pkey = pkey;
	k->type = type;
	k->is_private = is_private;
	sha256(k->fingerprint, der, len);
	OPENSSL_free(der);
	*out = k;
	return 0;
}

/* DSA needs domain parameters before a key; NULL when generation failed. */
static EVP_PKEY *
dsa_parameters(void)
{
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_name(NULL, "DSA", NULL);
	EVP_PKEY *params = NULL;

	if (c == NULL || EVP_PKEY_paramgen_init(c) != 1 ||
	    EVP_PKEY_CTX_set_dsa_paramgen_type(c, "fips186_4") != 1 ||
	    EVP_PKEY_CTX_set_dsa_paramgen_bits(c, DSA_P_BITS) != 1 ||
	    EVP_PKEY_CTX_set_dsa_paramgen_q_bits(c, DSA_Q_BITS) != 1 ||
	    EVP_PKEY_paramgen(c, &params) != 1)
		params = NULL;
	EVP_PKEY_CTX_free(c);
	return params;
}

static EVP_PKEY *
generate_dsa(void)
{
	EVP_PKEY *params = dsa_parameters();
	EVP_PKEY_CTX *c = NULL;
	EVP_PKEY *pkey = NULL;

	if (params != NULL)
		c = EVP_PKEY_CTX_new_from_pkey(NULL, params, NULL);
	if (c == NULL || EVP_PKEY_keygen_init(c) != 1 ||
	    EVP_PKEY_keygen(c, &pkey) != 1)
		pkey = NULL;
	EVP_PKEY_CTX_free(c);
	EVP_PKEY_free(params);
	return pkey;
}

int
key_generate(struct key **out, enum key_type type, struct err *e)
{
	EVP_PKEY *pkey = NULL;

	switch (type) {
	case KEY_DSA:
		pkey = generate_dsa();
		break;
	case KEY_ED25519:
		pkey = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
		break;
	case KEY_EC_P256:
		pkey = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
		break;
	case KEY_OTHER:
		return err_set(e, ERR_USAGE, "no kind of key to generate");
	}
	if (pkey == NULL)
		return key_failed(e, ERR_CRYPTO, "cannot generate a key");
	if (key_from_native(out, pkey, true, e) < 0) {
		EVP_PKEY_free(pkey);
		return -1;
	}
	return 0;
}

void
key_free(struct key *k)
{
	if (k == NULL)
		return;
	EVP_PKEY_free(k->pkey);
	free(k);
}

enum key_type
key_type(const struct key *k)
{
	return k->type;
}

const char *
key_type_name(enum key_type t)
{
	switch (t) {
	case KEY_DSA:
		return "DSA";
	case KEY_ED25519:
		return "Ed25519";
	case KEY_EC_P256:
		return "EC P-256";
	case KEY_OTHER:
		break;
	}
	return "other";
}

bool
key_is_private(const struct key *k)
{
	return k->is_private;
}

void
key_fingerprint(uint8_t out[FINGERPRINT_LEN], const struct key *k)
{
	memcpy(out, k->fingerprint, FINGERPRINT_LEN);
}

char *
fingerprint_format(char out[FINGERPRINT_TEXT_MAX],
		   const uint8_t fp[FINGERPRINT_LEN])
{
	memcpy(out, FINGERPRINT_PREFIX, FINGERPRINT_PREFIX_LEN);
	hex_encode(out + FINGERPRINT_PREFIX_LEN, fp, FINGERPRINT_LEN);
	return out;
}

/* Only lower-case digits are accepted, so that a fingerprint has one
 * spelling. */
int
fingerprint_parse(uint8_t out[FINGERPRINT_LEN], const char *text, size_t len)
{
	uint8_t fp[FINGERPRINT_LEN];
	char canon[FINGERPRINT_TEXT_MAX];

	if (len != FINGERPRINT_PREFIX_LEN + 2 * (size_t)FINGERPRINT_LEN ||
	    hex_decode(fp, sizeof(fp), text + FINGERPRINT_PREFIX_LEN,
		       len - FINGERPRINT_PREFIX_LEN) < 0 ||
	    memcmp(text, fingerprint_format(canon, fp), len) != 0)
		return -1;
	memcpy(out, fp, sizeof(fp));
	return 0;
}

/* Takes over the BIO; NULL or ok == 0 is a failure. */
static int
take_text(char **out, BIO *bio, int ok, struct err *e)
{
	char *data;
	char *text = NULL;
	long len = 0;

	if (bio != NULL && ok == 1)
		len = BIO_get_mem_data(bio, &data);
	if (len > 0)
		text = malloc((size_t)len + 1);
	if (text != NULL) {
		memcpy(text, data, (size_t)len);
		text[len] = '\0';
	}
	BIO_free(bio);
	if (text == NULL)
		return key_failed(e, ERR_CRYPTO, "cannot write a key");
	*out = text;
	return 0;
}

int
key_write_private(char **out, const struct key *k, struct err *e)
{
	BIO *bio;
	int ok;

	if (!k->is_private)
		return err_set(e, ERR_USAGE, "key has no private half");
	bio = BIO_new(BIO_s_mem());
	ok = bio != NULL && PEM_write_bio_PKCS8PrivateKey(bio, k->pkey, NULL,
							  NULL, 0, NULL, NULL);
	return take_text(out, bio, ok, e);
}

int
key_write_public(char **out, const struct key *k, struct err *e)
{
	BIO *bio = BIO_new(BIO_s_mem());
	int ok = bio != NULL && PEM_write_bio_PUBKEY(bio, k->pkey);

	return take_text(out, bio, ok, e);
}

void *
key_native(const struct key *k)
{
	return k->pkey;
}
