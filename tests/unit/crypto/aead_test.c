/* SPDX-License-Identifier: GPL-3.0-or-later */
/* AEAD: published vectors, and that nothing forged is ever opened. */
#include <stdlib.h>
#include <openssl/crypto.h>

#include "../unit.h"
#include "../../../src/crypto/aead_impl.h"
#include "test_hex.h"

struct vector {
	enum aead_alg alg;
	const char *key;
	const char *nonce;
	const char *ad;
	const char *plain;
	const char *sealed; /* cipher text and tag */
};

#define GCM_KEY "feffe9928665731c6d6a8f9467308308"
#define GCM_AD "feedfacedeadbeeffeedfacedeadbeefabaddad2"
#define GCM_PLAIN                                                          \
	"d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72" \
	"1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
#define ZERO16 "00000000000000000000000000000000"
#define ZERO12 "000000000000000000000000"

/* The GCM specification's test cases 1, 2, 4, 13, 14 and 16 (submitted to
 * NIST; the ground of SP 800-38D), and RFC 8439 section 2.8.2. */
static const struct vector vectors[] = {
	{ AEAD_AES_128_GCM, ZERO16, ZERO12, "", "",
	  "58e2fccefa7e3061367f1d57a4e7455a" },
	{ AEAD_AES_128_GCM, ZERO16, ZERO12, "", ZERO16,
	  "0388dace60b6a392f328c2b971b2fe78"
	  "ab6e47d42cec13bdf53a67b21257bddf" },
	{ AEAD_AES_128_GCM, GCM_KEY, "cafebabefacedbaddecaf888", GCM_AD,
	  GCM_PLAIN,
	  "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e"
	  "21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091"
	  "5bc94fbc3221a5db94fae95ae7121a47" },
	{ AEAD_AES_256_GCM, ZERO16 ZERO16, ZERO12, "", "",
	  "530f8afbc74536b9a963b4f1c4cb738b" },
	{ AEAD_AES_256_GCM, ZERO16 ZERO16, ZERO12, "", ZERO16,
	  "cea7403d4d606b6e074ec5d3baf39d18"
	  "d0d1c8a799996bf0265b98b5d48ab919" },
	{ AEAD_AES_256_GCM, GCM_KEY GCM_KEY, "cafebabefacedbaddecaf888", GCM_AD,
	  GCM_PLAIN,
	  "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
	  "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
	  "76fc6ece0f4e1768cddf8853bb2d551b" },
	{ AEAD_CHACHA20_POLY1305,
	  "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f",
	  "070000004041424344454647", "50515253c0c1c2c3c4c5c6c7",
	  "4c616469657320616e642047656e746c656d656e206f662074686520636c6173"
	  "73206f66202739393a204966204920636f756c64206f6666657220796f75206f"
	  "6e6c79206f6e652074697020666f7220746865206675747572652c2073756e73"
	  "637265656e20776f756c642062652069742e",
	  "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d6"
	  "3dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b36"
	  "92ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc"
	  "3ff4def08e4b7a9de576d26586cec64b6116"
	  "1ae10b594f09e26a7e902ecbd0600691" },
};

#define NVECTORS (sizeof(vectors) / sizeof(*vectors))

static const enum aead_alg algs[] = {
	AEAD_CHACHA20_POLY1305,
	AEAD_AES_128_GCM,
	AEAD_AES_256_GCM,
};

#define NALGS (sizeof(algs) / sizeof(*algs))

static void
seals_and_opens_vectors(void **state)
{
	(void)state;
	for (size_t i = 0; i < NVECTORS; i++) {
		const struct vector *v = &vectors[i];
		uint8_t key[32], nonce[12], ad[32], plain[128];
		uint8_t out[128 + AEAD_TAG_LEN], back[128];
		size_t adlen = unhex(ad, v->ad);
		size_t len = unhex(plain, v->plain);

		assert_int_equal(unhex(key, v->key), aead_key_len(v->alg));
		assert_int_equal(unhex(nonce, v->nonce), AEAD_NONCE_LEN);
		assert_int_equal(aead_seal_once(v->alg, key, nonce, ad, adlen,
						plain, len, out),
				 0);
		assert_int_equal(strlen(v->sealed) / 2, len + AEAD_TAG_LEN);
		assert_hex(out, v->sealed);
		assert_int_equal(aead_open_once(v->alg, key, nonce, ad, adlen,
						out, len + AEAD_TAG_LEN, back),
				 0);
		assert_memory_equal(back, plain, len);
		nonce[11] ^= 1;
		assert_int_equal(aead_open_once(v->alg, key, nonce, ad, adlen,
						out, len + AEAD_TAG_LEN, back),
				 -1);
		nonce[11] ^= 1;
		key[0] ^= 1;
		assert_int_equal(aead_open_once(v->alg, key, nonce, ad, adlen,
						out, len + AEAD_TAG_LEN, back),
				 -1);
	}
}

/* The same by one implementation, whichever the seam would pick. */
static void
check_impl(const struct aead_impl *impl, const struct vector *v)
{
	uint8_t key[32], nonce[12], ad[32], plain[128];
	uint8_t sealed[128 + AEAD_TAG_LEN], back[128];
	size_t adlen = unhex(ad, v->ad), len = unhex(plain, v->plain);
	void *s;

	unhex(key, v->key);
	unhex(nonce, v->nonce);
	s = impl->new (v->alg, key);
	assert_non_null(s);
	assert_int_equal(impl->seal(s, nonce, ad, adlen, plain, len, sealed),
			 0);
	assert_hex(sealed, v->sealed);
	assert_int_equal(impl->open(s, nonce, ad, adlen, sealed, len, back), 0);
	assert_memory_equal(back, plain, len);
	for (size_t i = 0; i < len + AEAD_TAG_LEN; i++) {
		sealed[i] ^= 0x10;
		assert_int_equal(
			impl->open(s, nonce, ad, adlen, sealed, len, back), -1);
		sealed[i] ^= 0x10;
	}
	impl->free(s);
}

static void
every_implementation(void **state)
{
	(void)state;
	for (size_t i = 0; i < NVECTORS; i++) {
		const struct aead_impl *fast = aead_mb(vectors[i].alg);

		check_impl(&aead_openssl, &vectors[i]);
		if (fast != NULL)
			check_impl(fast, &vectors[i]);
	}
}

static struct aead *
new_aead(enum aead_alg alg, uint8_t fill)
{
	uint8_t key[AEAD_KEY_MAX];
	struct aead *a;

	memset(key, fill, sizeof(key));
	assert_int_equal(aead_new(&a, alg, key, NULL), 0);
	memset(key, 0, sizeof(key));
	return a;
}

/* One context for many packets: the nonce of each is that of its counter. */
static void
counters_are_nonces(void **state)
{
	static const uint64_t counters[] = {
		0, 1, 255, 256, 0x0102030405060708, UINT64_MAX, 0,
	};
	uint8_t key[AEAD_KEY_MAX];

	(void)state;
	memset(key, 7, sizeof(key));
	for (size_t i = 0; i < NALGS; i++) {
		struct aead *a = new_aead(algs[i], 7);

		for (size_t j = 0; j < 7; j++) {
			uint8_t nonce[AEAD_NONCE_LEN] = { 0 };
			uint8_t x[5 + AEAD_TAG_LEN], y[5 + AEAD_TAG_LEN];

			put_be64(nonce + 4, counters[j]);
			assert_int_equal(
				aead_seal(a, counters[j], (const uint8_t *)"ad",
					  2, (const uint8_t *)"hello", 5, x),
				0);
			assert_int_equal(aead_seal_once(algs[i], key, nonce,
							"ad", 2, "hello", 5, y),
					 0);
			assert_memory_equal(x, y, sizeof(x));
		}
		aead_free(a);
	}
}

static void
lengths_and_places(void **state)
{
	static uint8_t plain[2000], sealed[2016], out[2016], ad[16];

	(void)state;
	for (size_t i = 0; i < sizeof(plain); i++)
		plain[i] = (uint8_t)(i * 7);
	for (size_t i = 0; i < NALGS; i++) {
		struct aead *tx = new_aead(algs[i], 1);
		struct aead *rx = new_aead(algs[i], 1);

		for (size_t len = 0; len <= sizeof(plain);
		     len += len < 70 ? 1 : 193) {
			size_t adlen = len % (sizeof(ad) + 1);

			assert_int_equal(aead_seal(tx, len, ad, adlen, plain,
						   len, sealed),
					 0);
			/* in place: both ways */
			memcpy(out, plain, len);
			assert_int_equal(
				aead_seal(tx, len, ad, adlen, out, len, out),
				0);
			assert_memory_equal(out, sealed, len + AEAD_TAG_LEN);
			assert_int_equal(aead_open(rx, len, ad, adlen, out,
						   len + AEAD_TAG_LEN, out),
					 0);
			assert_memory_equal(out, plain, len);
			assert_int_equal(aead_open(rx, len, ad, adlen, sealed,
						   len + AEAD_TAG_LEN, out),
					 0);
			assert_memory_equal(out, plain, len);
		}
		aead_free(tx);
		aead_free(rx);
	}
}

/* What the library asks for goes through these. */
static unsigned int allocations;

static void *
count_malloc(size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	allocations++;
	return malloc(n);
}

static void *
count_realloc(void *p, size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	allocations++;
	return realloc(p, n);
}

static void
count_free(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	free(p);
}

static void
packets_allocate_nothing(void **state)
{
	static uint8_t buf[1436];

	(void)state;
	assert_true(allocations > 0);
	for (size_t i = 0; i < NALGS; i++) {
		struct aead *a = new_aead(algs[i], 1);

		/* The first refusal sets up the thread's error queue. */
		assert_int_equal(aead_open(a, 0, NULL, 0, buf, 1436, buf), -1);
		allocations = 0;
		for (uint64_t n = 0; n < 5; n++) {
			assert_int_equal(
				aead_seal(a, n, buf, 16, buf, 1420, buf), 0);
			assert_int_equal(
				aead_open(a, n, buf, 16, buf, 1436, buf), -1);
		}
		assert_int_equal(allocations, 0);
		aead_free(a);
	}
}

#define LEN 24
#define AD_LEN 16

/* A sealed packet, everything of it changed bit by bit. */
struct packet {
	struct aead *rx;
	uint8_t ad[AD_LEN];
	uint8_t sealed[LEN + AEAD_TAG_LEN];
};

static void
assert_refused(struct packet *p, uint64_t counter, size_t adlen, size_t len)
{
	static const uint8_t zeros[LEN];
	uint8_t out[LEN + AEAD_TAG_LEN];

	memset(out, 0xa5, sizeof(out));
	assert_int_equal(
		aead_open(p->rx, counter, p->ad, adlen, p->sealed, len, out),
		-1);
	/* No byte of what was decrypted stays. */
	if (len >= AEAD_TAG_LEN)
		assert_memory_equal(out, zeros, len - AEAD_TAG_LEN);
}

static void
assert_taken(struct packet *p)
{
	uint8_t out[LEN];

	assert_int_equal(aead_open(p->rx, 9, p->ad, AD_LEN, p->sealed,
				   sizeof(p->sealed), out),
			 0);
	for (size_t i = 0; i < LEN; i++)
		assert_int_equal(out[i], 0x33);
}

static void
assert_bits_matter(struct packet *p, uint8_t *bytes, size_t len)
{
	for (size_t bit = 0; bit < 8 * len; bit++) {
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_refused(p, 9, AD_LEN, sizeof(p->sealed));
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	assert_taken(p);
}

static void
refuses_every_flip(void **state)
{
	(void)state;
	for (size_t i = 0; i < NALGS; i++) {
		struct packet p = { .ad = "authenticated.." };
		struct aead *tx = new_aead(algs[i], 1);
		uint8_t plain[LEN];

		p.rx = new_aead(algs[i], 1);
		memset(plain, 0x33, sizeof(plain));
		assert_int_equal(
			aead_seal(tx, 9, p.ad, AD_LEN, plain, LEN, p.sealed),
			0);
		assert_bits_matter(&p, p.sealed + LEN, AEAD_TAG_LEN);
		assert_bits_matter(&p, p.sealed, LEN);
		assert_bits_matter(&p, p.ad, AD_LEN);
		for (unsigned int bit = 0; bit < 64; bit++)
			assert_refused(&p, 9 ^ (uint64_t)1 << bit, AD_LEN,
				       sizeof(p.sealed));
		for (size_t len = 0; len < sizeof(p.sealed); len++)
			assert_refused(&p, 9, AD_LEN, len);
		for (size_t adlen = 0; adlen < AD_LEN; adlen++)
			assert_refused(&p, 9, adlen, sizeof(p.sealed));
		assert_taken(&p);
		aead_free(p.rx);
		p.rx = new_aead(algs[i], 2);
		assert_refused(&p, 9, AD_LEN, sizeof(p.sealed));
		aead_free(p.rx);
		aead_free(tx);
	}
}

/* A packet of one algorithm is none of another with the same key bytes. */
static void
algorithms_differ(void **state)
{
	uint8_t sealed[1 + AEAD_TAG_LEN], out[1];

	(void)state;
	for (size_t i = 0; i < NALGS; i++) {
		struct aead *tx = new_aead(algs[i], 1);

		assert_int_equal(aead_seal(tx, 0, NULL, 0, (const uint8_t *)"x",
					   1, sealed),
				 0);
		for (size_t j = 0; j < NALGS; j++) {
			struct aead *rx = new_aead(algs[j], 1);

			assert_int_equal(aead_open(rx, 0, NULL, 0, sealed,
						   sizeof(sealed), out),
					 i == j ? 0 : -1);
			aead_free(rx);
		}
		aead_free(tx);
	}
}

static void
names(void **state)
{
	(void)state;
	for (size_t i = 0; i < NALGS; i++) {
		const char *name = aead_name(algs[i]);
		size_t len = strlen(name);

		assert_int_equal(aead_by_name(name, len), algs[i]);
		assert_int_equal(aead_by_name(name, len - 1), AEAD_NONE);
		assert_int_equal(aead_by_name(name, len + 1), AEAD_NONE);
		assert_true(strcmp(aead_impl(algs[i]), "openssl") == 0 ||
			    strcmp(aead_impl(algs[i]), "ipsec-mb") == 0);
	}
	assert_string_equal(aead_impl(AEAD_CHACHA20_POLY1305), "openssl");
	assert_null(aead_impl(AEAD_NONE));
	assert_string_equal(aead_name(AEAD_AES_256_GCM), "aes-256-gcm");
	assert_int_equal(aead_by_name("", 0), AEAD_NONE);
	assert_int_equal(aead_by_name("none", 4), AEAD_NONE);
	assert_int_equal(aead_by_name("AES-256-GCM", 11), AEAD_NONE);
}

static void
there_is_no_null_cipher(void **state)
{
	static const int none[] = { AEAD_NONE, AEAD_ALGS, 255, -1 };
	uint8_t key[AEAD_KEY_MAX] = { 0 }, nonce[AEAD_NONCE_LEN] = { 0 };
	uint8_t out[1 + AEAD_TAG_LEN] = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(none) / sizeof(*none); i++) {
		enum aead_alg alg = (enum aead_alg)none[i];
		struct aead *a = NULL;
		struct err e = { 0 };

		assert_int_equal(aead_new(&a, alg, key, &e), -1);
		assert_null(a);
		assert_int_equal(e.code, ERR_USAGE);
		assert_null(aead_name(alg));
		assert_null(aead_impl(alg));
		assert_int_equal(aead_key_len(alg), 0);
		assert_int_equal(
			aead_seal_once(alg, key, nonce, NULL, 0, "x", 1, out),
			-1);
		assert_int_equal(aead_open_once(alg, key, nonce, NULL, 0, out,
						sizeof(out), out),
				 -1);
	}
	aead_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(seals_and_opens_vectors),
		cmocka_unit_test(every_implementation),
		cmocka_unit_test(counters_are_nonces),
		cmocka_unit_test(lengths_and_places),
		cmocka_unit_test(packets_allocate_nothing),
		cmocka_unit_test(refuses_every_flip),
		cmocka_unit_test(algorithms_differ),
		cmocka_unit_test(names),
		cmocka_unit_test(there_is_no_null_cipher),
	};

	/* Before the library's first allocation, or it says no. */
	if (CRYPTO_set_mem_functions(count_malloc, count_realloc, count_free) !=
	    1)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
