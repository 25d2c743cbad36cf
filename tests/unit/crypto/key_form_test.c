/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One key has one fingerprint, whichever way it is written. */
#include <stdio.h>

#include <openssl/core_names.h>

#include "../unit.h"
#include "crypto/cert.h"
#include "odd_cert.h"

/* A public key in PEM with a parameter of its encoding changed. */
static char *
encode_odd(const struct key *k, const char *param, const char *value)
{
	BIO *bio = BIO_new(BIO_s_mem());

	odd_require(EVP_PKEY_set_utf8_string_param(key_native(k), param,
						   value) == 1 &&
		    PEM_write_bio_PUBKEY(bio, key_native(k)) == 1);
	return odd_text(bio);
}

static char *
request_odd(const struct key *k)
{
	X509_REQ *req = X509_REQ_new();
	BIO *bio = BIO_new(BIO_s_mem());

	odd_name(X509_REQ_get_subject_name(req), NID_commonName, "beta", 0);
	odd_require(X509_REQ_set_pubkey(req, key_native(k)) == 1 &&
		    X509_REQ_sign(req, key_native(k), EVP_sha256()) > 0 &&
		    PEM_write_bio_X509_REQ(bio, req) == 1);
	X509_REQ_free(req);
	return odd_text(bio);
}

static void
assert_key(struct key *k, const uint8_t fp[FINGERPRINT_LEN])
{
	uint8_t its[FINGERPRINT_LEN];

	key_fingerprint(its, k);
	assert_memory_equal(its, fp, FINGERPRINT_LEN);
	key_free(k);
}

static void
a_key_has_one_fingerprint(void **state)
{
	static const char *const forms[] = { "compressed", "hybrid" };
	uint8_t fp[FINGERPRINT_LEN];
	struct cert_info info;
	struct key *k, *other;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(key_generate(&k, KEY_EC_P256, &e), 0);
	key_fingerprint(fp, k);
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		char name[NODE_NAME_MAX + 1], ou[CERT_OU_MAX + 1], *plain;
		char *pub = encode_odd(
			k, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
			forms[i]);
		char *cert = odd_make(&(struct odd_cert){ .cn = "beta" }, k,
				      NULL, NULL);
		char *req = request_odd(k), *again;

		assert_int_equal(key_read_public(&other, pub, strlen(pub), &e),
				 0);
		/* It is written in the one way, too. */
		assert_int_equal(key_write_public(&again, other, &e), 0);
		plain = encode_odd(k,
				   OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
				   "uncompressed");
		assert_string_not_equal(pub, plain);
		assert_string_equal(again, plain);
		assert_key(other, fp);
		assert_int_equal(cert_read_key(&other, cert, strlen(cert), &e),
				 0);
		assert_key(other, fp);
		assert_int_equal(
			cert_read_info(&info, cert, strlen(cert), 0, &e), 0);
		assert_memory_equal(info.fingerprint, fp, sizeof(fp));
		assert_int_equal(cert_read_request(name, ou, &other, req,
						   strlen(req), &e),
				 0);
		assert_key(other, fp);
		free(pub);
		free(plain);
		free(again);
		free(cert);
		free(req);
	}
	key_free(k);
}

static void
assert_refused_key(const struct key *k, const char *pub, const char *hint)
{
	char name[NODE_NAME_MAX + 1], ou[CERT_OU_MAX + 1];
	char *cert =
		odd_make(&(struct odd_cert){ .cn = "beta" }, k, NULL, NULL);
	char *req = request_odd(k);
	struct cert_info info;
	struct key *other;
	struct err e = { 0 };

	assert_int_equal(key_read_public(&other, pub, strlen(pub), &e), -1);
	assert_non_null(strstr(e.text, hint));
	assert_int_equal(cert_read_key(&other, cert, strlen(cert), &e), -1);
	assert_non_null(strstr(e.text, hint));
	assert_int_equal(cert_read_info(&info, cert, strlen(cert), 0, &e), -1);
	assert_non_null(strstr(e.text, hint));
	assert_int_equal(
		cert_read_request(name, ou, &other, req, strlen(req), &e), -1);
	assert_non_null(strstr(e.text, hint));
	free(cert);
	free(req);
}

static void
explicit_parameters_are_refused(void **state)
{
	struct key *k;
	struct err e = { 0 };
	char *pub;

	(void)state;
	assert_int_equal(key_generate(&k, KEY_EC_P256, &e), 0);
	pub = encode_odd(k, OSSL_PKEY_PARAM_EC_ENCODING, "explicit");
	assert_refused_key(k, pub, "explicit parameters");
	free(pub);
	key_free(k);
}

/* The key of a revoked certificate, under another algorithm. */
static void
rsa_for_pss_is_refused(void **state)
{
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_name(NULL, "RSA-PSS", NULL);
	BIO *bio = BIO_new(BIO_s_mem());
	EVP_PKEY *pkey = NULL;
	struct err e = { 0 };
	struct key *k;
	char *pub;

	(void)state;
	odd_require(EVP_PKEY_keygen_init(c) == 1 &&
		    EVP_PKEY_keygen(c, &pkey) == 1 &&
		    PEM_write_bio_PUBKEY(bio, pkey) == 1);
	pub = odd_text(bio);
	assert_int_equal(key_read_public(&k, pub, strlen(pub), &e), -1);
	assert_non_null(strstr(e.text, "PSS"));
	assert_int_equal(key_from_native(&k, pkey, true, &e), -1);
	EVP_PKEY_free(pkey);
	EVP_PKEY_CTX_free(c);
	free(pub);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_key_has_one_fingerprint),
		cmocka_unit_test(explicit_parameters_are_refused),
		cmocka_unit_test(rsa_for_pss_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
