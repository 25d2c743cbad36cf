/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SHA-256 (FIPS 180-4), HMAC (RFC 4231) and HKDF (RFC 5869) vectors. */
#include <pthread.h>

#include "../unit.h"
#include "crypto/kdf.h"
#include "test_hex.h"

static void
sha256_vectors(void **state)
{
	uint8_t out[SHA256_LEN];

	(void)state;
	sha256(out, NULL, 0);
	assert_hex(out, "e3b0c44298fc1c149afbf4c8996fb924"
			"27ae41e4649b934ca495991b7852b855");
	sha256(out, "abc", 3);
	assert_hex(out, "ba7816bf8f01cfea414140de5dae2223"
			"b00361a396177a9cb410ff61f20015ad");
	sha256(out, "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
	       56);
	assert_hex(out, "248d6a61d20638b8e5c026930c3e6039"
			"a33ce45964ff2167f6ecedd419db06c1");
}

static void
sha256_of_parts_is_of_the_whole(void **state)
{
	const struct bytes parts[] = {
		{ "a", 1 },
		{ NULL, 0 },
		{ "b", 1 },
		{ "c", 1 },
	};
	uint8_t out[SHA256_LEN];

	(void)state;
	sha256_parts(out, parts, 4);
	assert_hex(out, "ba7816bf8f01cfea414140de5dae2223"
			"b00361a396177a9cb410ff61f20015ad");
	sha256_parts(out, NULL, 0);
	assert_hex(out, "e3b0c44298fc1c149afbf4c8996fb924"
			"27ae41e4649b934ca495991b7852b855");
}

struct hmac_case {
	const char *key;
	const char *data;
	const char *mac;
};

#define X10(s) s s s s s s s s s s

/* RFC 4231 section 4, test cases 1 to 4, 6 and 7. */
static const struct hmac_case hmac_cases[] = {
	{ "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "4869205468657265",
	  "b0344c61d8db38535ca8afceaf0bf12b"
	  "881dc200c9833da726e9376c2e32cff7" },
	{ "4a656665",
	  "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
	  "5bdcc146bf60754e6a042426089575c7"
	  "5a003f089d2739839dec58b964ec3843" },
	{ X10("aaaa"), X10("dddddddddd"),
	  "773ea91e36800e46854db8ebd09181a7"
	  "2959098b3ef8c122d9635514ced565fe" },
	{ "0102030405060708090a0b0c0d0e0f10111213141516171819",
	  X10("cdcdcdcdcd"),
	  "82558a389a443c0ea4cc819899f2083a"
	  "85f0faa3e578f8077a2e3ff46729665b" },
	{ X10("aaaaaaaaaaaaaaaaaaaaaaaaaa") "aa",
	  "54657374205573696e67204c61726765"
	  "72205468616e20426c6f636b2d53697a"
	  "65204b6579202d2048617368204b6579"
	  "204669727374",
	  "60e431591ee0b67f0d8a26aacbf5b77f"
	  "8e0bc6213728c5140546040f0ee37f54" },
	{ X10("aaaaaaaaaaaaaaaaaaaaaaaaaa") "aa",
	  "5468697320697320612074657374207573696e672061206c6172676572207468"
	  "616e20626c6f636b2d73697a65206b657920616e642061206c61726765722074"
	  "68616e20626c6f636b2d73697a6520646174612e20546865206b6579206e6565"
	  "647320746f20626520686173686564206265666f7265206265696e6720757365"
	  "642062792074686520484d414320616c676f726974686d2e",
	  "9b09ffa71b942fcb27635fbcd5b0e944"
	  "bfdc63644f0713938a7f51535c3a35e2" },
};

static void
hmac_vectors(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(hmac_cases) / sizeof(*hmac_cases); i++) {
		const struct hmac_case *c = &hmac_cases[i];
		uint8_t key[256], data[256], out[SHA256_LEN];
		size_t keylen = unhex(key, c->key);
		size_t len = unhex(data, c->data);
		const struct bytes one = { data, len };
		const struct bytes two[] = {
			{ data, len / 3 },
			{ data + len / 3, len - len / 3 },
		};

		hmac_sha256(out, key, keylen, &one, 1);
		assert_hex(out, c->mac);
		hmac_sha256(out, key, keylen, two, 2);
		assert_hex(out, c->mac);
	}
}

static void
hmac_minds_every_bit(void **state)
{
	uint8_t key[32] = { 1 }, data[20] = { 2 };
	uint8_t want[SHA256_LEN], out[SHA256_LEN];
	const struct bytes part = { data, sizeof(data) };

	(void)state;
	hmac_sha256(want, key, sizeof(key), &part, 1);
	for (size_t i = 0; i < sizeof(key); i++) {
		key[i] ^= 0x80;
		hmac_sha256(out, key, sizeof(key), &part, 1);
		assert_memory_not_equal(out, want, sizeof(out));
		key[i] ^= 0x80;
	}
	for (size_t i = 0; i < sizeof(data); i++) {
		data[i] ^= 1;
		hmac_sha256(out, key, sizeof(key), &part, 1);
		assert_memory_not_equal(out, want, sizeof(out));
		data[i] ^= 1;
	}
}

struct hkdf_case {
	const char *ikm;
	const char *salt;
	const char *info;
	const char *prk;
	const char *okm;
};

/* RFC 5869 appendix A, test cases 1 to 3. */
static const struct hkdf_case hkdf_cases[] = {
	{ "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
	  "000102030405060708090a0b0c", "f0f1f2f3f4f5f6f7f8f9",
	  "077709362c2e32df0ddc3f0dc47bba63"
	  "90b6c73bb50f9c3122ec844ad7c2b3e5",
	  "3cb25f25faacd57a90434f64d0362f2a"
	  "2d2d0a90cf1a5a4c5db02d56ecc4c5bf"
	  "34007208d5b887185865" },
	{ "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
	  "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f"
	  "404142434445464748494a4b4c4d4e4f",
	  "606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f"
	  "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"
	  "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf",
	  "b0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecf"
	  "d0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1e2e3e4e5e6e7e8e9eaebecedeeef"
	  "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
	  "06a6b88c5853361a06104c9ceb35b45c"
	  "ef760014904671014a193f40c15fc244",
	  "b11e398dc80327a1c8e7f78c596a4934"
	  "4f012eda2d4efad8a050cc4c19afa97c"
	  "59045a99cac7827271cb41c65e590e09"
	  "da3275600c2f09b8367793a9aca3db71"
	  "cc30c58179ec3e87c14c01d5c1f3434f"
	  "1d87" },
	{ "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "", "",
	  "19ef24a32c717b167f33a91d6f648bdf"
	  "96596776afdb6377ac434c1c293ccb04",
	  "8da4e775a563c18f715f802a063c5a31"
	  "b8a11f5c5ee1879ec3454e5f3c738d2d"
	  "9d201395faa4b61a96c8" },
};

static void
hkdf_vectors(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(hkdf_cases) / sizeof(*hkdf_cases); i++) {
		const struct hkdf_case *c = &hkdf_cases[i];
		uint8_t ikm[128], salt[128], info[128];
		uint8_t prk[SHA256_LEN], okm[128];
		size_t ikmlen = unhex(ikm, c->ikm);
		size_t saltlen = unhex(salt, c->salt);
		size_t infolen = unhex(info, c->info);

		hkdf_extract(prk, salt, saltlen, ikm, ikmlen);
		assert_hex(prk, c->prk);
		hkdf_expand(okm, strlen(c->okm) / 2, prk, info, infolen);
		assert_hex(okm, c->okm);
	}
}

static void
hkdf_expands_to_its_limit(void **state)
{
	static uint8_t out[255 * SHA256_LEN + 1];
	uint8_t prk[SHA256_LEN] = { 9 }, head[33];

	(void)state;
	out[sizeof(out) - 1] = 0x5a;
	hkdf_expand(out, sizeof(out) - 1, prk, "x", 1);
	assert_int_equal(out[sizeof(out) - 1], 0x5a);
	hkdf_expand(head, sizeof(head), prk, "x", 1);
	assert_memory_equal(head, out, sizeof(head));
	hkdf_expand(head, 0, prk, "x", 1);
	assert_memory_equal(head, out, sizeof(head));
}

static void *
hash_often(void *arg)
{
	for (int i = 0; i < 1000; i++)
		sha256(arg, "abc", 3);
	return NULL;
}

static void
threads_hash_at_once(void **state)
{
	pthread_t t[4];
	uint8_t out[4][SHA256_LEN];

	(void)state;
	for (int i = 0; i < 4; i++)
		assert_int_equal(
			pthread_create(&t[i], NULL, hash_often, out[i]), 0);
	for (int i = 0; i < 4; i++) {
		pthread_join(t[i], NULL);
		assert_hex(out[i], "ba7816bf8f01cfea414140de5dae2223"
				   "b00361a396177a9cb410ff61f20015ad");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(threads_hash_at_once),
		cmocka_unit_test(sha256_vectors),
		cmocka_unit_test(sha256_of_parts_is_of_the_whole),
		cmocka_unit_test(hmac_vectors),
		cmocka_unit_test(hmac_minds_every_bit),
		cmocka_unit_test(hkdf_vectors),
		cmocka_unit_test(hkdf_expands_to_its_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
