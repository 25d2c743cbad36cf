/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Signatures: published ones, the command line's, our own; and forgeries. */
#include <stdio.h>

#include "../unit.h"
#include "crypto/sign.h"
#include "test_hex.h"
#include "test_keys.h"

#define NAMESPACE "cluevpn test v1" /* with its NUL */

static const struct bytes message[] = {
	{ NAMESPACE, sizeof(NAMESPACE) },
	{ "hello", 5 },
};

/* Over message, made by `openssl dgst -sha256 -sign` and `openssl pkeyutl
 * -sign -rawin` with the keys of test_keys.h. */
static const char dsa_signature[] =
	"3044022065504d65ff8d40bbb579986ab7f5069ea7ba3fbdef1c0d16c538bfc33170"
	"e53302207d83f59d80b8631a97d9303fbaa1104a84d92fa5e59dd62be3f5f9cbb204"
	"b87a";
static const char ed25519_signature[] =
	"d6242745f0a595bb7c7bd253e7fe3ff25b1581899499a5441b43b913d8f62787"
	"161ba68935391e5e166b7bcf125f2cf41f9527d42492067e1899aae75fd0340c";
/* A right one, of a key that is no signer here. */
static const char ec_signature[] =
	"304402205f44fa13e5bd856ccdb1cc20d1bb39c9c72d04bed52fcbb2a3e01e5d9ea8"
	"626f02202a77100d7ecdca39211bda1296adf5ef8e32e4d87fc73453929a3ea8e43a"
	"c45a";

static struct key *
private_key(const char *pem)
{
	struct key *k = NULL;

	assert_int_equal(key_read_private(&k, pem, strlen(pem), NULL), 0);
	return k;
}

static struct key *
public_key(const char *pem)
{
	struct key *k = NULL;

	assert_int_equal(key_read_public(&k, pem, strlen(pem), NULL), 0);
	return k;
}

static int
verify(const struct key *k, const uint8_t *sig, size_t len)
{
	struct err e = { 0 };
	int r = sign_verify(k, message, 2, sig, len, &e);

	assert_int_equal(e.code, r < 0 ? ERR_SIGNATURE : ERR_NONE);
	return r;
}

/* RFC 8032 section 7.1, tests 1 to 3; the secret goes in as PKCS#8. */
static const struct {
	const char *secret;
	const char *msg;
	const char *sig;
} ed25519_vectors[] = {
	{ "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
	  "",
	  "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
	  "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b" },
	{ "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
	  "72",
	  "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
	  "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00" },
	{ "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
	  "af82",
	  "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
	  "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a" },
};

static struct key *
ed25519_of_secret(const char *secret)
{
	static const char prefix[] = "302e020100300506032b657004220420";
	uint8_t der[48];
	char text[BASE64_MAX(sizeof(der))], pem[200];
	size_t len = unhex(der, prefix);

	unhex(der + len, secret);
	base64_encode(text, sizeof(text), der, sizeof(der));
	snprintf(pem, sizeof(pem),
		 "-----BEGIN PRIVATE KEY-----\n%s\n"
		 "-----END PRIVATE KEY-----\n",
		 text);
	return private_key(pem);
}

static void
ed25519_is_rfc8032(void **state)
{
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct key *k = ed25519_of_secret(ed25519_vectors[i].secret);
		uint8_t msg[8], sig[SIGN_MAX];
		size_t siglen = 0;
		const struct bytes whole = {
			msg, unhex(msg, ed25519_vectors[i].msg)
		};
		const struct bytes split[] = {
			{ msg, whole.len / 2 },
			{ NULL, 0 },
			{ msg + whole.len / 2, whole.len - whole.len / 2 },
		};

		assert_int_equal(sign_make(sig, &siglen, k, &whole, 1, NULL),
				 0);
		assert_int_equal(siglen, 64);
		assert_hex(sig, ed25519_vectors[i].sig);
		assert_int_equal(sign_make(sig, &siglen, k, split, 3, NULL), 0);
		assert_hex(sig, ed25519_vectors[i].sig);
		assert_int_equal(sign_verify(k, split, 3, sig, siglen, NULL),
				 0);
		key_free(k);
	}
}

/* RFC 6979 appendix A.2.2: SHA-256 of "sample" and of "test". */
static void
dsa_verifies_rfc6979(void **state)
{
	struct key *k = public_key(rfc6979_public_pem);
	const struct bytes sample[] = { { "sam", 3 }, { "ple", 3 } };
	const struct bytes test = { "test", 4 };
	uint8_t sig[SIGN_MAX];
	size_t len;

	(void)state;
	len = unhex(sig, "3045022100eace8bdbbe353c432a795d9ec556c6d0"
			 "21f7a03f42c36e9bc87e4ac7932cc80902207081e1"
			 "75455f9247b812b74583e9e94f9ea79bd640dc9625"
			 "33b0680793a38d53");
	assert_int_equal(sign_verify(k, sample, 2, sig, len, NULL), 0);
	assert_int_equal(sign_verify(k, &test, 1, sig, len, NULL), -1);
	len = unhex(sig, "30450221008190012a1969f9957d56fccaad223186"
			 "f423398d58ef5b3cefd5a4146a4476f002207452a5"
			 "3f7075d417b4b013b278d1bb8bbd21863f5e7b1cee"
			 "679cf2188e1ab19e");
	assert_int_equal(sign_verify(k, &test, 1, sig, len, NULL), 0);
	assert_int_equal(sign_verify(k, sample, 2, sig, len, NULL), -1);
	key_free(k);
}

static void
verifies_the_command_lines(void **state)
{
	struct key *dsa = public_key(dsa_public_pem);
	struct key *ed = public_key(ed25519_public_pem);
	uint8_t sig[SIGN_MAX];
	size_t len;

	(void)state;
	len = unhex(sig, dsa_signature);
	assert_int_equal(verify(dsa, sig, len), 0);
	assert_int_equal(verify(ed, sig, len), -1);
	len = unhex(sig, ed25519_signature);
	assert_int_equal(verify(ed, sig, len), 0);
	assert_int_equal(verify(dsa, sig, len), -1);
	key_free(dsa);
	key_free(ed);
}

static const char *const signers[] = { dsa_private_pem, ed25519_private_pem };

static void
makes_what_it_verifies(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct key *k = private_key(signers[i]);
		struct key *pub = public_key(signers[i]);
		uint8_t sig[SIGN_MAX];
		size_t len = 0;

		assert_int_equal(sign_make(sig, &len, k, message, 2, NULL), 0);
		assert_int_equal(verify(k, sig, len), 0);
		assert_int_equal(verify(pub, sig, len), 0);
		key_free(k);
		key_free(pub);
	}
}

static void
refuses_every_flip(void **state)
{
	static const struct {
		const char *pem;
		const char *sig;
	} cases[] = {
		{ dsa_public_pem, dsa_signature },
		{ ed25519_public_pem, ed25519_signature },
	};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct key *k = public_key(cases[i].pem);
		uint8_t sig[SIGN_MAX] = { 0 };
		size_t len = unhex(sig, cases[i].sig);

		for (size_t bit = 0; bit < 8 * len; bit++) {
			sig[bit / 8] ^= (uint8_t)(1 << bit % 8);
			assert_int_equal(verify(k, sig, len), -1);
			sig[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
		for (size_t cut = 0; cut < len; cut++)
			assert_int_equal(verify(k, sig, cut), -1);
		assert_int_equal(verify(k, sig, len + 1), -1);
		assert_int_equal(verify(k, sig, SIGN_MAX), -1);
		assert_int_equal(verify(k, sig, SIGN_MAX + 1), -1);
		assert_int_equal(verify(k, sig, len), 0);
		key_free(k);
	}
}

static void
refuses_another_message(void **state)
{
	static const struct {
		struct bytes parts[2];
	} other[] = {
		{ { { NAMESPACE, sizeof(NAMESPACE) }, { "hellp", 5 } } },
		{ { { NAMESPACE, sizeof(NAMESPACE) }, { "hello", 4 } } },
		{ { { NAMESPACE, sizeof(NAMESPACE) }, { "hello", 6 } } },
		{ { { "cluevpn test v2", sizeof(NAMESPACE) },
		    { "hello", 5 } } },
		{ { { "hello", 5 }, { NAMESPACE, sizeof(NAMESPACE) } } },
		{ { { NULL, 0 }, { "hello", 5 } } },
		{ { { NULL, 0 }, { NULL, 0 } } },
	};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct key *k = private_key(signers[i]);
		uint8_t sig[SIGN_MAX];
		size_t len;

		assert_int_equal(sign_make(sig, &len, k, message, 2, NULL), 0);
		for (size_t j = 0; j < sizeof(other) / sizeof(*other); j++) {
			struct err e = { 0 };

			assert_int_equal(
				sign_verify(k, other[j].parts, 2, sig, len, &e),
				-1);
			assert_int_equal(e.code, ERR_SIGNATURE);
		}
		assert_int_equal(sign_verify(k, message, 1, sig, len, NULL),
				 -1);
		key_free(k);
	}
}

/* Other encodings of the very same numbers r and s. */
static void
refuses_what_is_not_der(void **state)
{
	static const char r[] = "65504d65ff8d40bbb579986ab7f5069e"
				"a7ba3fbdef1c0d16c538bfc33170e533";
	static const char s[] = "7d83f59d80b8631a97d9303fbaa1104a"
				"84d92fa5e59dd62be3f5f9cbb204b87a";
	/* clang-format off */
	static const struct {
		const char *head, *between, *tail;
	} forms[] = {
		{ "308144" "0220", "0220", "" },	/* long lengths */
		{ "3045" "028120", "0220", "" },
		{ "3045" "0220", "028120", "" },
		{ "3045" "022100", "0220", "" },	/* leading zeros */
		{ "3045" "0220", "022100", "" },
		{ "3080" "0220", "0220", "0000" },	/* indefinite */
		{ "3044" "0220", "0220", "00" },	/* behind it */
		{ "3045" "0220", "0220", "00" },
		{ "3046" "0220", "0220", "0500" },
		{ "3144" "0220", "0220", "" },		/* other tags */
		{ "3044" "0320", "0220", "" },
	};
	/* clang-format on */
	struct key *k = public_key(dsa_public_pem);
	uint8_t sig[SIGN_MAX];
	char text[300];

	(void)state;
	snprintf(text, sizeof(text), "30440220%s0220%s", r, s);
	assert_string_equal(text, dsa_signature);
	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
		snprintf(text, sizeof(text), "%s%s%s%s%s", forms[i].head, r,
			 forms[i].between, s, forms[i].tail);
		assert_int_equal(verify(k, sig, unhex(sig, text)), -1);
	}
	/* r or s zero, the classic that verifies under any key. */
	assert_int_equal(verify(k, sig, unhex(sig, "3006020100020100")), -1);
	assert_int_equal(verify(k, sig, unhex(sig, "3006020101020100")), -1);
	assert_int_equal(verify(k, sig, unhex(sig, "3006020100020101")), -1);
	key_free(k);
}

/* RFC 8032 section 5.1.7: s must be below the order of the group. */
static void
refuses_ed25519_s_plus_order(void **state)
{
	static const uint8_t order[32] = {
		0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58,
		0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
		0,    0,    0,	  0,	0,    0,    0,	  0,
		0,    0,    0,	  0,	0,    0,    0,	  0x10,
	};
	struct key *k = public_key(ed25519_public_pem);
	uint8_t sig[SIGN_MAX];
	size_t len = unhex(sig, ed25519_signature);
	unsigned int carry = 0;

	(void)state;
	for (size_t i = 0; i < 32; i++) {
		carry += (unsigned int)sig[32 + i] + order[i];
		sig[32 + i] = (uint8_t)carry;
		carry >>= 8;
	}
	assert_int_equal(verify(k, sig, len), -1);
	key_free(k);
}

static void
other_keys_sign_nothing(void **state)
{
	struct key *ec = private_key(ec_private_pem);
	struct key *pub = public_key(ed25519_public_pem);
	uint8_t sig[SIGN_MAX];
	size_t len = 77;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(sign_make(sig, &len, ec, message, 2, &e), -1);
	assert_int_equal(e.code, ERR_USAGE);
	assert_int_equal(verify(ec, sig, unhex(sig, dsa_signature)), -1);
	assert_int_equal(verify(ec, sig, unhex(sig, ec_signature)), -1);
	assert_int_equal(sign_make(sig, &len, pub, message, 2, &e), -1);
	assert_int_equal(e.code, ERR_USAGE);
	assert_int_equal(len, 77);
	key_free(ec);
	key_free(pub);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ed25519_is_rfc8032),
		cmocka_unit_test(dsa_verifies_rfc6979),
		cmocka_unit_test(verifies_the_command_lines),
		cmocka_unit_test(makes_what_it_verifies),
		cmocka_unit_test(refuses_every_flip),
		cmocka_unit_test(refuses_another_message),
		cmocka_unit_test(refuses_what_is_not_der),
		cmocka_unit_test(refuses_ed25519_s_plus_order),
		cmocka_unit_test(other_keys_sign_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
