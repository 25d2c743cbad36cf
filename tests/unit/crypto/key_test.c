/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keys: what is read, what is refused, what comes out again. */
#include <stdio.h>
#include <stdlib.h>

#include "../unit.h"
#include "crypto/key.h"
#include "test_hex.h"
#include "test_keys.h"

static struct key *
read_private(const char *pem)
{
	struct key *k = NULL;
	struct err e = { 0 };

	if (key_read_private(&k, pem, strlen(pem), &e) < 0)
		fail_msg("%s", e.text);
	return k;
}

static struct key *
read_public(const char *pem)
{
	struct key *k = NULL;
	struct err e = { 0 };

	if (key_read_public(&k, pem, strlen(pem), &e) < 0)
		fail_msg("%s", e.text);
	return k;
}

static void
assert_refused_private(const char *pem, size_t len, enum err_code code)
{
	struct key *k = (struct key *)&k;
	struct err e = { 0 };

	assert_int_equal(key_read_private(&k, pem, len, &e), -1);
	assert_int_equal(e.code, code);
	assert_ptr_equal(k, &k);
	assert_int_equal(key_read_private(&k, pem, len, NULL), -1);
}

static void
assert_refused_public(const char *pem, size_t len, enum err_code code)
{
	struct key *k = (struct key *)&k;
	struct err e = { 0 };

	assert_int_equal(key_read_public(&k, pem, len, &e), -1);
	assert_int_equal(e.code, code);
	assert_ptr_equal(k, &k);
}

/* As `openssl pkey -pubout -outform DER | sha256sum` says. */
static const struct {
	const char *pem;
	enum key_type type;
	const char *name;
	const char *fingerprint;
} known[] = {
	{ dsa_private_pem, KEY_DSA, "DSA",
	  "sha256:16b601032845f9dd669e0fc226fd1b7e"
	  "5bc39f7979dee8cc99b3d495bd333d96" },
	{ ed25519_private_pem, KEY_ED25519, "Ed25519",
	  "sha256:c737aee91b572109591c4a7ebad0009f"
	  "d493b53999391646feeb746480d10537" },
	{ ec_private_pem, KEY_EC_P256, "EC P-256",
	  "sha256:301453e15f51fb7db35c8037134b52b9"
	  "2ec09503b83139afaada5702d527f532" },
};

#define NKNOWN (sizeof(known) / sizeof(*known))

static void
reads_known_keys(void **state)
{
	(void)state;
	for (size_t i = 0; i < NKNOWN; i++) {
		struct key *k = read_private(known[i].pem);
		uint8_t fp[FINGERPRINT_LEN];
		char text[FINGERPRINT_TEXT_MAX];

		assert_int_equal(key_type(k), known[i].type);
		assert_string_equal(key_type_name(key_type(k)), known[i].name);
		assert_true(key_is_private(k));
		key_fingerprint(fp, k);
		assert_ptr_equal(fingerprint_format(text, fp), text);
		assert_string_equal(text, known[i].fingerprint);
		key_free(k);
	}
}

static void
public_of_private(void **state)
{
	(void)state;
	for (size_t i = 0; i < NKNOWN; i++) {
		struct key *whole = read_private(known[i].pem);
		struct key *pub = read_public(known[i].pem);
		uint8_t a[FINGERPRINT_LEN], b[FINGERPRINT_LEN];
		struct err e = { 0 };
		char *x, *y, *none = NULL;

		assert_false(key_is_private(pub));
		key_fingerprint(a, whole);
		key_fingerprint(b, pub);
		assert_memory_equal(a, b, sizeof(a));
		assert_int_equal(key_write_public(&x, whole, NULL), 0);
		assert_int_equal(key_write_public(&y, pub, NULL), 0);
		assert_string_equal(x, y);
		assert_int_equal(key_write_private(&none, pub, &e), -1);
		assert_int_equal(e.code, ERR_USAGE);
		assert_null(none);
		free(x);
		free(y);
		key_free(whole);
		key_free(pub);
	}
}

static int
read_alone(const char *first, const char *second, struct err *e)
{
	char text[16384];
	struct key *k = NULL;
	int rc;

	snprintf(text, sizeof(text), "# A comment.\n%s# And more.\n%s", first,
		 second);
	rc = key_read_public_alone(&k, text, strlen(text), e);
	key_free(k);
	return rc;
}

static void
public_alone(void **state)
{
	static const char *const others[] = {
		"-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n",
		"-----BEGIN CERTIFICATE REQUEST-----\nMAA=\n"
		"-----END CERTIFICATE REQUEST-----\n",
		"-----BEGIN DSA PARAMETERS-----\nMAA=\n"
		"-----END DSA PARAMETERS-----\n",
		dsa_public_pem,
	};
	static const char *const privates[] = {
		"-----BEGIN EC PRIVATE KEY-----\nMAA=\n"
		"-----END EC PRIVATE KEY-----\n",
		"-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAA=\n"
		"-----END ENCRYPTED PRIVATE KEY-----\n",
		dsa_private_pem, ed25519_private_pem, ec_private_pem
	};
	struct err e = { 0 };
	struct key *k;

	(void)state;
	assert_int_equal(read_alone(dsa_public_pem, "", &e), 0);
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		assert_int_equal(read_alone(dsa_public_pem, others[i], &e), -1);
		assert_non_null(strstr(e.text, "more than one PEM block"));
		if (i < 3)
			assert_int_equal(read_alone(others[i], "", &e), -1);
	}
	for (size_t i = 0; i < sizeof(privates) / sizeof(*privates); i++) {
		assert_int_equal(read_alone(privates[i], "", &e), -1);
		assert_non_null(strstr(e.text, "private key"));
		assert_int_equal(read_alone(dsa_public_pem, privates[i], &e),
				 -1);
		assert_non_null(strstr(e.text, "private key"));
	}
	assert_int_equal(key_read_public_alone(&k, NULL, 0, &e), -1);
}

static void
writes_what_it_reads(void **state)
{
	struct key *k = read_private(dsa_private_pem);
	char *text;

	(void)state;
	assert_int_equal(key_write_private(&text, k, NULL), 0);
	assert_string_equal(text, dsa_private_pem);
	free(text);
	assert_int_equal(key_write_public(&text, k, NULL), 0);
	assert_string_equal(text, dsa_public_pem);
	free(text);
	key_free(k);
	k = read_private(ed25519_private_pem);
	assert_int_equal(key_write_private(&text, k, NULL), 0);
	assert_string_equal(text, ed25519_private_pem);
	free(text);
	assert_int_equal(key_write_public(&text, k, NULL), 0);
	assert_string_equal(text, ed25519_public_pem);
	free(text);
	key_free(k);
}

/* Certificates may have any kind of key; only its name is not ours. */
static void
reads_other_kinds(void **state)
{
	static const char p384[] =
		"-----BEGIN PUBLIC KEY-----\n"
		"MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAE08gUP/U3TEvTi1O5xL/TX3kDzdXRpTae\n"
		"VJl4kVCN56rIAaDXBFUd33mHrzgyKm2KUmaGGEAdVqKBxIBEkFGY/WF+e1gBLDDo\n"
		"cRGAT/rIr2YSbBzA1W8cm9Akn0Mcm+cK\n"
		"-----END PUBLIC KEY-----\n";
	static const char rsa[] =
		"-----BEGIN PUBLIC KEY-----\n"
		"MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAovr1dgkrf9ODOyUYkiwV\n"
		"IoTJOJ7FiwJD3FMFeYS4luQN2zaeacccqjLZtndmf30ODA5xL53L1EaENQPKI8Jj\n"
		"jCaPX7ndkcZ3dsQOQmuUQnywyucrwIZXETSYHQej/z5hjFZs9I6CArKMlz6o61u/\n"
		"bGrOWyDa/TK8gXlGEyssCuCmdpruRkHINcFPiVpNR/S94akNRooFzcYs1STOAaeG\n"
		"Wpmxq/F8s5ShRqGa4p1Ooib4MBr75KFS9bln10yc12VVNrqPLapx+oZlmybNydUh\n"
		"Q6D4/bslfh/zDaisQlBKbF2l/1StRXMOI+3uqiix01EmorTOUO6IeQjcMG7M0vnw\n"
		"0wIDAQAB\n"
		"-----END PUBLIC KEY-----\n";
	struct key *k;

	(void)state;
	k = read_public(p384);
	assert_int_equal(key_type(k), KEY_OTHER);
	assert_string_equal(key_type_name(KEY_OTHER), "other");
	key_free(k);
	k = read_public(rsa);
	assert_int_equal(key_type(k), KEY_OTHER);
	key_free(k);
}

static void
takes_the_first_block(void **state)
{
	char text[4096];
	struct key *k;

	(void)state;
	snprintf(text, sizeof(text), "The key of the list:\n\n%s%s",
		 ed25519_public_pem, dsa_public_pem);
	k = read_public(text);
	assert_int_equal(key_type(k), KEY_ED25519);
	key_free(k);
}

/* A private key counts before all else that stands in its file. */
static void
finds_the_private_key(void **state)
{
	static const char other[] = "-----BEGIN EC PARAMETERS-----\nMAA=\n"
				    "-----END EC PARAMETERS-----\n"
				    "-----BEGIN CERTIFICATE-----\nMAA=\n"
				    "-----END CERTIFICATE-----\n";
	char text[4096];
	struct key *k = NULL;

	(void)state;
	snprintf(text, sizeof(text), "%s%s%s%s", other, dsa_public_pem,
		 ed25519_private_pem, dsa_private_pem);
	assert_int_equal(key_read_private(&k, text, strlen(text), NULL), 0);
	assert_int_equal(key_type(k), KEY_ED25519);
	assert_true(key_is_private(k));
	key_free(k);
}

/* Binary files have advice of their own. */
static void
names_what_is_no_pem(void **state)
{
	/* clang-format off */
	static const struct {
		const char *text;
		size_t len;
		bool binary;
	} files[] = {
		{ "\x30\x2e\x02\x01", 4, true }, { "\x30", 1, true },
		{ "\x31\x2e\x02\x01", 4, false }, { "hello", 5, false },
		{ "", 0, false },
		/* What is not of the file counts for nothing. */
		{ "\x30", 0, false },
	};
	/* clang-format on */
	struct key *k = NULL;
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		assert_int_equal(
			key_read_private(&k, files[i].text, files[i].len, &e),
			-1);
		assert_int_equal(e.code, ERR_SYNTAX);
		if (files[i].binary)
			assert_non_null(strstr(e.text, "DER or PKCS#12"));
		else
			assert_string_equal(e.text, "no whole PEM block");
	}
}

static void
refuses_the_wrong_kind_of_block(void **state)
{
	static const char cert[] = "-----BEGIN CERTIFICATE-----\nMAA=\n"
				   "-----END CERTIFICATE-----\n";
	static const char traditional[] =
		"-----BEGIN DSA PRIVATE KEY-----\nMAA=\n"
		"-----END DSA PRIVATE KEY-----\n";
	static const char escape[] =
		"-----BEGIN \x1b[2J-----\nMAA=\n-----END \x1b[2J-----\n";
	struct key *k = NULL;
	struct err e;

	(void)state;
	assert_refused_private(dsa_public_pem, strlen(dsa_public_pem),
			       ERR_SYNTAX);
	assert_refused_private(cert, strlen(cert), ERR_SYNTAX);
	assert_refused_public(cert, strlen(cert), ERR_SYNTAX);
	assert_refused_private(traditional, strlen(traditional), ERR_SYNTAX);
	assert_int_equal(key_read_private(&k, escape, strlen(escape), &e), -1);
	assert_null(strchr(e.text, '\x1b'));
	assert_non_null(strstr(e.text, "\\x1b[2J"));
}

static void
refuses_what_is_cut_or_empty(void **state)
{
	static char large[300000];
	size_t len = strlen(dsa_private_pem);

	(void)state;
	assert_refused_private("", 0, ERR_SYNTAX);
	assert_refused_private(NULL, 0, ERR_SYNTAX);
	assert_refused_public("hello", 5, ERR_SYNTAX);
	/* The last bytes are the dashes' end and the line feed. */
	for (size_t cut = 0; cut + 2 < len; cut++)
		assert_refused_private(dsa_private_pem, cut, ERR_SYNTAX);
	memset(large, '\n', sizeof(large));
	memcpy(large, ed25519_private_pem, strlen(ed25519_private_pem));
	assert_refused_private(large, sizeof(large), ERR_LIMIT);
}

/* The DER of ed25519_public_pem with one byte behind it. */
static void
refuses_bytes_behind_the_key(void **state)
{
	static const char pub[] =
		"-----BEGIN PUBLIC KEY-----\n"
		"MCowBQYDK2VwAyEAK8DjtA3k9dwTKqdISG2SWLsfQfs0Byjnns5X0vTHHroA\n"
		"-----END PUBLIC KEY-----\n";
	static const char priv[] =
		"-----BEGIN PRIVATE KEY-----\n"
		"MC4CAQAwBQYDK2VwBCIEIP6bROdl5B/tkFHoNe1VHAZBKaxFeA9/EbmvrA35"
		"Fd0bAA==\n"
		"-----END PRIVATE KEY-----\n";

	(void)state;
	assert_refused_public(pub, strlen(pub), ERR_SYNTAX);
	assert_refused_private(priv, strlen(priv), ERR_SYNTAX);
	assert_refused_public(priv, strlen(priv), ERR_SYNTAX);
}

/* openssl pkey -aes128 and openssl ec -aes128; the passphrase is "secret".
 * A prompt would hang this test. */
static void
refuses_encrypted_keys(void **state)
{
	static const char pkcs8[] =
		"-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
		"MIGbMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAjgNEAcKQDV+QICCAAw\n"
		"DAYIKoZIhvcNAgkFADAdBglghkgBZQMEAQIEEGgXis9aMjS2fRnnRgaSwK4EQLYq\n"
		"aKCYuOjqnBS5T6RxyrCxynAaCBuRVaXJZZO87QRSmVW6dW3rcFX8Wd6ts03S0kK6\n"
		"hbHMZNTf6dky8qylbAA=\n"
		"-----END ENCRYPTED PRIVATE KEY-----\n";
	static const char traditional[] =
		"-----BEGIN EC PRIVATE KEY-----\n"
		"Proc-Type: 4,ENCRYPTED\n"
		"DEK-Info: AES-128-CBC,C25A9B84436F42A137F4EEB981C2A769\n"
		"\n"
		"Z9tzooBHBXy6fkKLp8zAKb9NVdWhWN0vId5eghy3I/7dZ5VMmgRbW16g7y2/wQ0v\n"
		"1Xttmo9HlNi4HVVi5/SZLrH2FASORs/2SuOjSR7fFJ9e/RGzswoT9SjcxAruKrGD\n"
		"2WyoXA5TPJfmamXxBYIZDFTJ/nTs2HOjVP8V0ZFcuX4=\n"
		"-----END EC PRIVATE KEY-----\n";

	(void)state;
	assert_refused_private(pkcs8, strlen(pkcs8), ERR_CRYPTO);
	assert_refused_public(pkcs8, strlen(pkcs8), ERR_CRYPTO);
	assert_refused_private(traditional, strlen(traditional), ERR_CRYPTO);
}

static void
generates(void **state)
{
	static const enum key_type types[] = { KEY_ED25519, KEY_EC_P256 };
	struct err e = { 0 };
	struct key *none = NULL;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct key *a, *b, *c;
		uint8_t x[FINGERPRINT_LEN], y[FINGERPRINT_LEN];
		char *text;

		assert_int_equal(key_generate(&a, types[i], &e), 0);
		assert_int_equal(key_generate(&b, types[i], &e), 0);
		assert_int_equal(key_type(a), types[i]);
		assert_true(key_is_private(a));
		key_fingerprint(x, a);
		key_fingerprint(y, b);
		assert_memory_not_equal(x, y, sizeof(x));
		assert_int_equal(key_write_private(&text, a, &e), 0);
		c = read_private(text);
		key_fingerprint(y, c);
		assert_memory_equal(x, y, sizeof(x));
		free(text);
		key_free(a);
		key_free(b);
		key_free(c);
	}
	assert_int_equal(key_generate(&none, KEY_OTHER, &e), -1);
	assert_null(none);
	key_free(NULL);
}

static void
fingerprint_texts(void **state)
{
	const char *good = known[0].fingerprint;
	size_t len = strlen(good);
	uint8_t fp[FINGERPRINT_LEN];
	char text[FINGERPRINT_TEXT_MAX];

	(void)state;
	assert_int_equal(fingerprint_parse(fp, good, len), 0);
	assert_string_equal(fingerprint_format(text, fp), good);
	memset(fp, 0xa5, sizeof(fp));
	assert_int_equal(fingerprint_parse(fp, good, len - 1), -1);
	assert_int_equal(fingerprint_parse(fp, good, len + 1), -1);
	assert_int_equal(fingerprint_parse(fp, good, 0), -1);
	for (size_t i = 0; i < len; i++) {
		memcpy(text, good, len + 1);
		text[i] = 'G';
		assert_int_equal(fingerprint_parse(fp, text, len), -1);
		text[i] = good[i] >= 'a' ? (char)(good[i] - 'a' + 'A') : ' ';
		assert_int_equal(fingerprint_parse(fp, text, len), -1);
	}
	for (size_t i = 0; i < sizeof(fp); i++)
		assert_int_equal(fp[i], 0xa5);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_known_keys),
		cmocka_unit_test(public_of_private),
		cmocka_unit_test(public_alone),
		cmocka_unit_test(writes_what_it_reads),
		cmocka_unit_test(reads_other_kinds),
		cmocka_unit_test(takes_the_first_block),
		cmocka_unit_test(finds_the_private_key),
		cmocka_unit_test(names_what_is_no_pem),
		cmocka_unit_test(refuses_the_wrong_kind_of_block),
		cmocka_unit_test(refuses_what_is_cut_or_empty),
		cmocka_unit_test(refuses_bytes_behind_the_key),
		cmocka_unit_test(refuses_encrypted_keys),
		cmocka_unit_test(generates),
		cmocka_unit_test(fingerprint_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
