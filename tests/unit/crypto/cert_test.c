/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Certificates: what ours contain, what of others' is refused. */
#include <stdio.h>

#include <openssl/err.h>

#include "../unit.h"
#include "crypto/cert.h"
#include "odd_cert.h"
#include "test_keys.h"

#define YEAR_2049_END INT64_C(2524607999)

struct world {
	struct rng_seeded seed;
	struct rng rng;
	struct key *ca_key;
	struct key *key;
	char *ca;
	char *node;
};

static struct key *
fresh(enum key_type type)
{
	struct key *k = NULL;
	struct err e = { 0 };

	if (key_generate(&k, type, &e) != 0)
		fail_msg("%s", e.text);
	return k;
}

static char *
node_of(struct world *w, const char *name, const char *ou, const char *ca,
	struct walltime now, unsigned int days)
{
	char *pem = NULL;
	struct err e = { 0 };

	if (cert_make_node(&pem, w->key, name, ou, ca, strlen(ca), w->ca_key,
			   now, days, &w->rng, &e) != 0)
		fail_msg("%s", e.text);
	return pem;
}

static char *
ca_of(struct world *w, const struct key *key, struct walltime now,
      unsigned int days)
{
	char *pem = NULL;
	struct err e = { 0 };

	if (cert_make_ca(&pem, key, "Test CA", now, days, &w->rng, &e) != 0)
		fail_msg("%s", e.text);
	return pem;
}

static int
setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	w->rng = rng_seeded(&w->seed, 7);
	w->ca_key = fresh(KEY_EC_P256);
	w->key = fresh(KEY_EC_P256);
	w->ca = ca_of(w, w->ca_key, TEST_NOW, 3650);
	w->node = node_of(w, "alpha.example.org", "servers", w->ca, TEST_NOW,
			  825);
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;

	key_free(w->ca_key);
	key_free(w->key);
	free(w->ca);
	free(w->node);
	free(w);
	return 0;
}

static struct cert_info
info_of(const char *pem, int any_cn)
{
	struct cert_info info;
	struct err e = { 0 };

	if (cert_read_info(&info, pem, strlen(pem), any_cn, &e) != 0)
		fail_msg("%s", e.text);
	return info;
}

/* Refused, with words that contain hint; nothing is written. */
static void
assert_info_refused(const char *pem, const char *hint)
{
	struct cert_info info, before;
	struct err e = { 0 };

	memset(&info, 0x5a, sizeof(info));
	before = info;
	assert_int_equal(cert_read_info(&info, pem, strlen(pem), 0, &e), -1);
	assert_memory_equal(&info, &before, sizeof(info));
	if (strstr(e.text, hint) == NULL)
		fail_msg("\"%s\" does not contain \"%s\"", e.text, hint);
	assert_int_equal(ERR_peek_error(), 0);
}

static void
ca_has_its_extensions(void **state)
{
	struct world *w = *state;
	X509 *x = odd_parse(w->ca);
	const uint32_t sign = KU_KEY_CERT_SIGN | KU_CRL_SIGN;
	int crit = -1;

	assert_int_equal(X509_get_version(x), X509_VERSION_3);
	assert_int_equal(X509_check_ca(x), 1);
	assert_int_equal(X509_get_pathlen(x), 0);
	assert_int_equal(X509_get_key_usage(x), sign);
	assert_non_null(X509_get0_subject_key_id(x));
	BASIC_CONSTRAINTS_free(
		X509_get_ext_d2i(x, NID_basic_constraints, &crit, NULL));
	assert_int_equal(crit, 1);
	ASN1_BIT_STRING_free(X509_get_ext_d2i(x, NID_key_usage, &crit, NULL));
	assert_int_equal(crit, 1);
	assert_int_equal(X509_verify(x, X509_get0_pubkey(x)), 1);
	assert_int_equal(X509_get_signature_nid(x), NID_ecdsa_with_SHA256);
	X509_free(x);
}

static void
node_has_its_extensions(void **state)
{
	struct world *w = *state;
	X509 *x = odd_parse(w->node), *ca = odd_parse(w->ca);
	int crit = -1;

	assert_int_equal(X509_check_ca(x), 0);
	assert_int_equal(X509_get_key_usage(x), KU_DIGITAL_SIGNATURE);
	assert_int_equal(X509_get_extended_key_usage(x),
			 XKU_SSL_SERVER | XKU_SSL_CLIENT);
	BASIC_CONSTRAINTS_free(
		X509_get_ext_d2i(x, NID_basic_constraints, &crit, NULL));
	assert_int_equal(crit, 1);
	ASN1_BIT_STRING_free(X509_get_ext_d2i(x, NID_key_usage, &crit, NULL));
	assert_int_equal(crit, 1);
	assert_int_equal(ASN1_OCTET_STRING_cmp(X509_get0_authority_key_id(x),
					       X509_get0_subject_key_id(ca)),
			 0);
	assert_non_null(X509_get0_subject_key_id(x));
	assert_int_equal(X509_verify(x, X509_get0_pubkey(ca)), 1);
	assert_int_equal(X509_check_issued(ca, x), X509_V_OK);
	X509_free(x);
	X509_free(ca);
}

static void
serials_are_positive_and_differ(void **state)
{
	struct world *w = *state;
	BIGNUM *seen[20];

	for (int i = 0; i < 20; i++) {
		char *pem = node_of(w, "n", NULL, w->ca, TEST_NOW, 1);
		X509 *x = odd_parse(pem);

		seen[i] = ASN1_INTEGER_to_BN(X509_get_serialNumber(x), NULL);
		assert_false(BN_is_negative(seen[i]));
		assert_true(BN_num_bits(seen[i]) > 64);
		assert_true(BN_num_bits(seen[i]) <= 128);
		for (int j = 0; j < i; j++)
			assert_int_not_equal(BN_cmp(seen[i], seen[j]), 0);
		X509_free(x);
		free(pem);
	}
	for (int i = 0; i < 20; i++)
		BN_free(seen[i]);
}

static void
no_bytes(void *ctx, void *out, size_t len)
{
	(void)ctx;
	memset(out, 0, len);
}

/* RFC 5280, section 4.1.2.2: positive, whatever the generator gives. */
static void
no_serial_is_zero(void **state)
{
	struct world *w = *state;
	const struct rng zeros = { no_bytes, NULL };
	char *pem = NULL;
	X509 *x;

	assert_int_equal(
		cert_make_ca(&pem, w->ca_key, "c", TEST_NOW, 1, &zeros, NULL),
		0);
	x = odd_parse(pem);
	assert_int_equal(ASN1_INTEGER_get(X509_get_serialNumber(x)), 1);
	X509_free(x);
	free(pem);
}

static void
info_says_what_was_made(void **state)
{
	struct world *w = *state;
	struct cert_info info = info_of(w->node, 0);
	uint8_t fp[FINGERPRINT_LEN];

	key_fingerprint(fp, w->key);
	assert_string_equal(info.cn, "alpha.example.org");
	assert_string_equal(info.ou, "servers");
	assert_memory_equal(info.fingerprint, fp, sizeof(fp));
	assert_int_equal(info.not_before.s, TEST_NOW.s - 3600);
	{
		struct cert_info other = info;

		assert_true(cert_info_same(&info, &other));
		other.not_after.s++;
		assert_false(cert_info_same(&info, &other));
		other = info;
		other.not_before.s++;
		assert_false(cert_info_same(&info, &other));
		other = info;
		other.fingerprint[FINGERPRINT_LEN - 1] ^= 1;
		assert_false(cert_info_same(&info, &other));
		other = info;
		other.cn[0] ^= 1;
		assert_false(cert_info_same(&info, &other));
		other = info;
		other.ou[0] ^= 1;
		assert_false(cert_info_same(&info, &other));
	}
	assert_int_equal(info.not_after.s, TEST_NOW.s + 825 * TEST_DAY);
	assert_info_refused(w->ca, "Test CA");
	info = info_of(w->ca, 1);
	assert_string_equal(info.cn, "Test CA");
	assert_string_equal(info.ou, "");
}

static void
key_comes_out_again(void **state)
{
	struct world *w = *state;
	struct key *k = NULL;
	uint8_t a[FINGERPRINT_LEN], b[FINGERPRINT_LEN];

	assert_int_equal(cert_read_key(&k, w->node, strlen(w->node), NULL), 0);
	key_fingerprint(a, k);
	key_fingerprint(b, w->key);
	assert_memory_equal(a, b, sizeof(a));
	assert_false(key_is_private(k));
	key_free(k);
	assert_int_equal(cert_read_key(&k, "", 0, NULL), -1);
}

static void
node_ends_with_its_ca(void **state)
{
	struct world *w = *state;
	char *ca = ca_of(w, w->ca_key, TEST_NOW, 10);
	char *node = node_of(w, "n", NULL, ca, TEST_NOW, 825);

	assert_int_equal(info_of(node, 0).not_after.s,
			 TEST_NOW.s + 10 * TEST_DAY);
	free(node);
	free(ca);
}

/* UTCTime has two digits for the year, and 32 bits end in 2038. */
static void
years_far_ahead_are_right(void **state)
{
	struct world *w = *state;
	const struct walltime at = { YEAR_2049_END - TEST_DAY };
	char *ca = ca_of(w, w->ca_key, TEST_NOW, 365 * 200);
	char *last = node_of(w, "n", NULL, ca, at, 1);
	char *first =
		node_of(w, "n", NULL, ca, (struct walltime){ at.s + 1 }, 1);
	X509 *x;

	assert_int_equal(info_of(ca, 1).not_after.s,
			 TEST_NOW.s + INT64_C(365) * 200 * TEST_DAY);
	assert_int_equal(info_of(last, 0).not_after.s, YEAR_2049_END);
	assert_int_equal(info_of(first, 0).not_after.s, YEAR_2049_END + 1);
	x = odd_parse(last);
	assert_int_equal(ASN1_STRING_type(X509_get0_notAfter(x)),
			 V_ASN1_UTCTIME);
	X509_free(x);
	x = odd_parse(first);
	assert_int_equal(ASN1_STRING_type(X509_get0_notAfter(x)),
			 V_ASN1_GENERALIZEDTIME);
	assert_memory_equal(ASN1_STRING_get0_data(X509_get0_notAfter(x)),
			    "20500101000000Z", 15);
	X509_free(x);
	free(first);
	free(last);
	free(ca);
}

static void
spans_out_of_range_are_refused(void **state)
{
	struct world *w = *state;
	char *pem = NULL;
	struct err e;

	assert_int_equal(
		cert_make_ca(&pem, w->ca_key, "c", TEST_NOW, 0, &w->rng, &e),
		-1);
	assert_int_equal(e.code, ERR_RANGE);
	assert_int_equal(cert_make_ca(&pem, w->ca_key, "c", TEST_NOW, UINT_MAX,
				      &w->rng, &e),
			 -1);
	assert_int_equal(e.code, ERR_RANGE);
	assert_int_equal(
		cert_make_ca(&pem, w->ca_key, "", TEST_NOW, 1, &w->rng, &e),
		-1);
	assert_int_equal(e.code, ERR_RANGE);
	assert_null(pem);
}

/* Blank lines stand behind the certificate. */
static void
long_texts_are_refused(void **state)
{
	const size_t most = 256 * 1024;
	struct world *w = *state;
	char *pem = malloc(most + 1);
	struct cert_info info;
	struct err e;

	memset(pem, '\n', most + 1);
	memcpy(pem, w->node, strlen(w->node));
	assert_int_equal(cert_read_info(&info, pem, most, 0, &e), 0);
	assert_int_equal(cert_read_info(&info, pem, most + 1, 0, &e), -1);
	assert_int_equal(e.code, ERR_LIMIT);
	free(pem);
}

/* The edges of what a CA may do, of what a year may be, and of an OU. */
static void
bounds_are_exact(void **state)
{
	static const int64_t last = INT64_C(253402300799);
	struct world *w = *state;
	struct cert_info ca = info_of(w->ca, 1);
	const struct {
		const char *ca;
		struct walltime now;
		bool fine;
	} times[] = {
		{ w->ca, ca.not_before, true },
		{ w->ca, { ca.not_before.s - 1 }, false },
		{ w->ca, { ca.not_after.s - 1 }, true },
		{ w->ca, ca.not_after, false },
		{ NULL, { 3600 }, true },
		{ NULL, { 3599 }, false },
		{ NULL, { last - TEST_DAY }, true },
		{ NULL, { last - TEST_DAY + 1 }, false },
	};
	char ou[CERT_OU_MAX + 2];

	for (size_t i = 0; i < sizeof(times) / sizeof(*times); i++) {
		char *pem = NULL;
		struct err e = { .code = ERR_NONE };
		int rc = times[i].ca != NULL ?
				 cert_make_node(&pem, w->key, "n", NULL,
						times[i].ca,
						strlen(times[i].ca), w->ca_key,
						times[i].now, 1, &w->rng, &e) :
				 cert_make_ca(&pem, w->ca_key, "c",
					      times[i].now, 1, &w->rng, &e);

		assert_int_equal(rc == 0, times[i].fine);
		assert_int_equal(e.code == ERR_RANGE, !times[i].fine);
		free(pem);
	}
	for (size_t len = 0; len <= CERT_OU_MAX; len++) {
		char *pem;

		memset(ou, 'o', len);
		ou[len] = '\0';
		pem = node_of(w, "n", ou, w->ca, TEST_NOW, 1);
		assert_string_equal(info_of(pem, 0).ou, ou);
		free(pem);
	}
	memset(ou, 'o', CERT_OU_MAX + 1);
	ou[CERT_OU_MAX + 1] = '\0';
	for (int i = 0; i < 2; i++) {
		char *pem = NULL;
		struct err e;

		assert_int_equal(cert_make_node(&pem, w->key, "n", ou, w->ca,
						strlen(w->ca), w->ca_key,
						TEST_NOW, 1, &w->rng, &e),
				 -1);
		assert_int_equal(e.code, ERR_RANGE);
		assert_null(pem);
		strcpy(ou, "\xff"); /* not UTF-8 */
	}
}

static void
only_the_ca_makes_nodes(void **state)
{
	struct world *w = *state;
	const struct walltime late = { TEST_NOW.s + 3650 * TEST_DAY };
	const struct walltime early = { TEST_NOW.s - TEST_DAY };
	struct key *dsa = NULL;
	char *pem = NULL;
	struct err e;

#define MAKE(node_key, name, ca, ca_key, now)                              \
	cert_make_node(&pem, node_key, name, NULL, ca, strlen(ca), ca_key, \
		       now, 5, &w->rng, &e)
	/* another key, a node's certificate, no certificate at all */
	assert_int_equal(MAKE(w->key, "n", w->ca, w->key, TEST_NOW), -1);
	assert_int_equal(e.code, ERR_CONFLICT);
	assert_int_equal(MAKE(w->key, "n", w->node, w->key, TEST_NOW), -1);
	assert_int_equal(e.code, ERR_CONFLICT);
	assert_int_equal(MAKE(w->key, "n", "", w->ca_key, TEST_NOW), -1);
	assert_int_equal(e.code, ERR_SYNTAX);
	/* the CA's time is over, or has not come */
	assert_int_equal(MAKE(w->key, "n", w->ca, w->ca_key, late), -1);
	assert_int_equal(e.code, ERR_RANGE);
	assert_int_equal(MAKE(w->key, "n", w->ca, w->ca_key, early), -1);
	assert_int_equal(e.code, ERR_RANGE);
	/* names and keys that are no node's */
	assert_int_equal(MAKE(w->key, "Alpha", w->ca, w->ca_key, TEST_NOW), -1);
	assert_int_equal(e.code, ERR_RANGE);
	assert_int_equal(MAKE(w->key, "", w->ca, w->ca_key, TEST_NOW), -1);
	assert_int_equal(key_read_private(&dsa, dsa_private_pem,
					  strlen(dsa_private_pem), NULL),
			 0);
	assert_int_equal(MAKE(dsa, "n", w->ca, w->ca_key, TEST_NOW), -1);
	assert_int_equal(e.code, ERR_CRYPTO);
	key_free(dsa);
#undef MAKE
	assert_null(pem);
	assert_int_equal(ERR_peek_error(), 0);
}

/* Certificates of CAs that lack one thing each. */
static void
cas_that_may_not_sign(void **state)
{
	static const struct {
		const char *basic, *usage;
	} lacks[] = {
		{ "critical,CA:FALSE", "critical,keyCertSign" },
		{ "critical,CA:TRUE", "critical,digitalSignature" },
		{ "critical,CA:TRUE", "critical,cRLSign" },
	};
	struct world *w = *state;

	for (size_t i = 0; i < sizeof(lacks) / sizeof(*lacks); i++) {
		const struct odd_cert o = { .cn = "ca",
					    .usage = lacks[i].usage,
					    .basic = lacks[i].basic };
		char *ca = odd_make(&o, w->key, w->ca, w->ca_key), *pem = NULL;
		struct err e;

		assert_int_equal(cert_make_node(&pem, w->key, "n", NULL, ca,
						strlen(ca), w->key, TEST_NOW, 1,
						&w->rng, &e),
				 -1);
		assert_int_equal(e.code, ERR_CONFLICT);
		assert_non_null(strstr(e.text, "not a CA's certificate"));
		free(ca);
	}
}

static void
public_halves_sign_nothing(void **state)
{
	struct world *w = *state;
	struct key *pub = NULL;
	char *pem = NULL;
	struct err e;

	assert_int_equal(cert_read_key(&pub, w->ca, strlen(w->ca), NULL), 0);
	assert_int_equal(cert_make_ca(&pem, pub, "c", TEST_NOW, 1, &w->rng, &e),
			 -1);
	assert_int_equal(e.code, ERR_USAGE);
	assert_int_equal(cert_make_request(&pem, pub, "n", NULL, &e), -1);
	assert_int_equal(e.code, ERR_USAGE);
	assert_int_equal(cert_make_node(&pem, w->key, "n", NULL, w->ca,
					strlen(w->ca), pub, TEST_NOW, 1,
					&w->rng, &e),
			 -1);
	assert_int_equal(e.code, ERR_CONFLICT);
	key_free(pub);
	assert_null(pem);
}

static void
request_comes_back(void **state)
{
	struct world *w = *state;
	char name[NODE_NAME_MAX + 1], ou[CERT_OU_MAX + 1];
	uint8_t a[FINGERPRINT_LEN], b[FINGERPRINT_LEN];
	struct key *k = NULL;
	struct err e = { 0 };
	char *pem = NULL;

	assert_int_equal(cert_make_request(&pem, w->key, "beta", "web", &e), 0);
	assert_int_equal(cert_read_request(name, ou, &k, pem, strlen(pem), &e),
			 0);
	assert_string_equal(name, "beta");
	assert_string_equal(ou, "web");
	key_fingerprint(a, k);
	key_fingerprint(b, w->key);
	assert_memory_equal(a, b, sizeof(a));
	assert_false(key_is_private(k));
	key_free(k);
	free(pem);
	pem = NULL;
	assert_int_equal(cert_make_request(&pem, w->key, "Beta", NULL, &e), -1);
	assert_int_equal(
		cert_make_request(
			&pem, w->key, "beta",
			"12345678901234567890123456789012345678901234567890123456789"
			"012345",
			&e),
		-1);
	assert_null(pem);
}

/* A request as DER, with what the caller wants changed. */
static char *
odd_request(const struct key *key, const struct key *signer, const char *cn,
	    int spoil)
{
	X509_REQ *req = X509_REQ_new();
	BIO *bio = BIO_new(BIO_s_mem());
	unsigned char *der = NULL;
	int len;

	odd_name(X509_REQ_get_subject_name(req), NID_commonName, cn, 0);
	odd_require(X509_REQ_set_pubkey(req, key_native(key)) == 1 &&
		    X509_REQ_sign(req, key_native(signer), EVP_sha256()) > 0);
	len = i2d_X509_REQ(req, &der);
	if (spoil)
		der[len - 1] ^= 1;
	odd_require(PEM_write_bio(bio, PEM_STRING_X509_REQ, "", der, len) > 0);
	OPENSSL_free(der);
	X509_REQ_free(req);
	return odd_text(bio);
}

static void
bad_requests_are_refused(void **state)
{
	struct world *w = *state;
	char name[NODE_NAME_MAX + 1] = "kept", ou[CERT_OU_MAX + 1];
	struct key *k = NULL;
	struct err e;
	char *pem;

#define READ(text) cert_read_request(name, ou, &k, text, strlen(text), &e)
	pem = odd_request(w->key, w->key, "beta", 0);
	assert_int_equal(READ(pem), 0);
	key_free(k);
	k = NULL;
	memcpy(name, "kept", 5);
	free(pem);
	pem = odd_request(w->key, w->key, "beta", 1); /* flipped bit */
	assert_int_equal(READ(pem), -1);
	assert_int_equal(e.code, ERR_SIGNATURE);
	free(pem);
	pem = odd_request(w->key, w->ca_key, "beta", 0); /* not its key */
	assert_int_equal(READ(pem), -1);
	assert_int_equal(e.code, ERR_SIGNATURE);
	free(pem);
	pem = odd_request(w->key, w->key, "Beta!", 0);
	assert_int_equal(READ(pem), -1);
	assert_int_equal(e.code, ERR_SYNTAX);
	free(pem);
	assert_int_equal(READ(w->node), -1); /* no request */
	assert_int_equal(READ("-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n"
			      "-----END CERTIFICATE REQUEST-----\n"),
			 -1);
	assert_int_equal(e.code, ERR_SYNTAX);
#undef READ
	assert_null(k);
	assert_string_equal(name, "kept");
	assert_int_equal(ERR_peek_error(), 0);
}

static void
names_that_are_no_node(void **state)
{
	static const char n63[] = "a23456789012345678901234567890123456789012"
				  "345678901234567890123";
	static const struct {
		struct odd_cert o;
		const char *hint;
	} cases[] = {
		{ { .cn = NULL }, "0 Common Names" },
		{ { .cn = "alpha", .cn2 = "beta" }, "2 Common Names" },
		{ { .cn = "alpha", .cn2 = "alpha" }, "2 Common Names" },
		{ { .cn = "alpha\0.evil", .cnlen = 11 }, "alpha\\x00.evil" },
		{ { .cn = "alpha\0", .cnlen = 6 }, "alpha\\x00" },
		{ { .cn = "Alpha" }, "no node name" },
		{ { .cn = "alpha beta" }, "no node name" },
		{ { .cn = ".alpha" }, "no node name" },
		{ { .cn = "alph\xc3\xa4" }, "no node name" },
		{ { .cn = "alpha\n" }, "alpha\\x0a" },
		{ { .cn = "a234567890123456789012345678901234567890123456789"
			  "012345678901234" },
		  "no node name" },
		{ { .cn = "a234567890123456789012345678901234567890123456789"
			  "0123456789012345" },
		  "no node name" },
		{ { .cn = "alpha",
		    .ou = "123456789012345678901234567890123"
			  "45678901234567890123456789012345" },
		  "Organizational Unit" },
	};
	struct world *w = *state;
	char *pem;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		pem = odd_make(&cases[i].o, w->key, w->ca, w->ca_key);
		assert_info_refused(pem, cases[i].hint);
		free(pem);
	}
	pem = odd_make(&(struct odd_cert){ .cn = n63 }, w->key, w->ca,
		       w->ca_key);
	assert_string_equal(info_of(pem, 0).cn, n63);
	free(pem);
}

static void
texts_that_are_no_certificate(void **state)
{
	struct world *w = *state;
	size_t len = strlen(w->node);
	char *pem = malloc(2 * len);
	char *key = NULL;
	struct cert_info info;
	struct err e;

	assert_info_refused("", "no certificate");
	assert_info_refused("hello\n", "no certificate");
	assert_info_refused("-----BEGIN CERTIFICATE-----\nAAAA\n"
			    "-----END CERTIFICATE-----\n",
			    "broken");
	/* the end is missing */
	memcpy(pem, w->node, len + 1);
	pem[len - 40] = '\0';
	assert_info_refused(pem, "broken");
	/* one that would ask for a passphrase */
	assert_info_refused("-----BEGIN CERTIFICATE-----\n"
			    "Proc-Type: 4,ENCRYPTED\n"
			    "DEK-Info: AES-128-CBC,00112233445566778899AABBCC"
			    "DDEEFF\n\nAAAA\n-----END CERTIFICATE-----\n",
			    "encrypted");
	assert_int_equal(key_write_private(&key, w->key, NULL), 0);
	assert_info_refused(key, "no certificate");
	free(key);
	free(pem);
	pem = calloc(1, 300 * 1024);
	assert_int_equal(cert_read_info(&info, pem, 300 * 1024, 0, &e), -1);
	assert_int_equal(e.code, ERR_LIMIT);
	free(pem);
}

/* The text with a byte behind the end of its DER. */
static char *
with_tail(const char *pem)
{
	BIO *in = BIO_new_mem_buf(pem, -1), *out = BIO_new(BIO_s_mem());
	char *label, *header;
	unsigned char *der;
	long len;

	odd_require(PEM_read_bio(in, &label, &header, &der, &len) == 1);
	der = OPENSSL_realloc(der, (size_t)len + 1);
	der[len] = 0;
	odd_require(PEM_write_bio(out, label, header, der, len + 1) > 0);
	OPENSSL_free(label);
	OPENSSL_free(header);
	OPENSSL_free(der);
	BIO_free(in);
	return odd_text(out);
}

static void
bytes_behind_the_end_are_refused(void **state)
{
	struct world *w = *state;
	char name[NODE_NAME_MAX + 1], ou[CERT_OU_MAX + 1];
	char *pem = with_tail(w->node), *req = NULL;
	struct key *k = NULL;
	struct err e = { 0 };

	assert_info_refused(pem, "broken certificate");
	free(pem);
	assert_int_equal(cert_make_request(&req, w->key, "n", NULL, &e), 0);
	pem = with_tail(req);
	assert_int_equal(cert_read_request(name, ou, &k, pem, strlen(pem), &e),
			 -1);
	assert_int_equal(e.code, ERR_SYNTAX);
	assert_null(k);
	free(pem);
	free(req);
}

/* Signed all right, by keys that could not serve a node. */
static void
requests_with_keys_of_no_use(void **state)
{
	char name[NODE_NAME_MAX + 1], ou[CERT_OU_MAX + 1];
	struct key *k = NULL, *got = NULL;
	struct err e = { 0 };
	char *pem;

	(void)state;
	assert_int_equal(key_from_native(&k,
					 EVP_PKEY_Q_keygen(NULL, NULL, "RSA",
							   (size_t)1024),
					 true, &e),
			 0);
	pem = odd_request(k, k, "n", 0);
	assert_int_equal(
		cert_read_request(name, ou, &got, pem, strlen(pem), &e), -1);
	assert_int_equal(e.code, ERR_CRYPTO);
	free(pem);
	key_free(k);
	assert_int_equal(key_read_private(&k, dsa_private_pem,
					  strlen(dsa_private_pem), &e),
			 0);
	pem = odd_request(k, k, "n", 0);
	assert_int_equal(
		cert_read_request(name, ou, &got, pem, strlen(pem), &e), -1);
	assert_int_equal(e.code, ERR_CRYPTO);
	free(pem);
	key_free(k);
	assert_null(got);
}

static void
first_certificate_counts(void **state)
{
	struct world *w = *state;
	size_t len = strlen(w->node) + strlen(w->ca) + 32;
	char *pem = malloc(len);

	snprintf(pem, len, "a word before\n%s%s", w->node, w->ca);
	assert_string_equal(info_of(pem, 0).cn, "alpha.example.org");
	free(pem);
}

static void
ed25519_works_too(void **state)
{
	struct world *w = *state;
	struct key *k = fresh(KEY_ED25519);
	char *ca = ca_of(w, k, TEST_NOW, 30);
	char *pem = NULL;
	struct err e = { 0 };
	X509 *x;

	if (cert_make_node(&pem, k, "n", NULL, ca, strlen(ca), k, TEST_NOW, 1,
			   &w->rng, &e) != 0)
		fail_msg("%s", e.text);
	x = odd_parse(pem);
	assert_int_equal(X509_verify(x, X509_get0_pubkey(x)), 1);
	X509_free(x);
	free(pem);
	free(ca);
	key_free(k);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ca_has_its_extensions),
		cmocka_unit_test(node_has_its_extensions),
		cmocka_unit_test(serials_are_positive_and_differ),
		cmocka_unit_test(no_serial_is_zero),
		cmocka_unit_test(info_says_what_was_made),
		cmocka_unit_test(key_comes_out_again),
		cmocka_unit_test(node_ends_with_its_ca),
		cmocka_unit_test(years_far_ahead_are_right),
		cmocka_unit_test(spans_out_of_range_are_refused),
		cmocka_unit_test(bounds_are_exact),
		cmocka_unit_test(long_texts_are_refused),
		cmocka_unit_test(only_the_ca_makes_nodes),
		cmocka_unit_test(cas_that_may_not_sign),
		cmocka_unit_test(public_halves_sign_nothing),
		cmocka_unit_test(request_comes_back),
		cmocka_unit_test(bad_requests_are_refused),
		cmocka_unit_test(names_that_are_no_node),
		cmocka_unit_test(texts_that_are_no_certificate),
		cmocka_unit_test(bytes_behind_the_end_are_refused),
		cmocka_unit_test(requests_with_keys_of_no_use),
		cmocka_unit_test(first_certificate_counts),
		cmocka_unit_test(ed25519_works_too),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
