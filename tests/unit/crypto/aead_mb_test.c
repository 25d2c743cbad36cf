/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The fast implementation against OpenSSL: same bytes, same refusals. */
#include <string.h>

#ifdef IPSEC_MB
#include <intel-ipsec-mb.h>
#endif

#include "../unit.h"
#include "../../../src/crypto/aead_impl.h"
#include "crypto/rng.h"

#define LEN_MAX 2000
#define ROUNDS 3000

struct both {
	struct aead *fast, *plain;
};

static void
both_new(struct both *b, enum aead_alg alg, const struct rng *rng)
{
	uint8_t key[AEAD_KEY_MAX];

	rng_fill(rng, key, sizeof(key));
	assert_int_equal(aead_new(&b->fast, alg, key, NULL), 0);
	assert_int_equal(aead_new_plain(&b->plain, alg, key, NULL), 0);
}

static void
both_free(struct both *b)
{
	aead_free(b->fast);
	aead_free(b->plain);
}

/* One random packet through both, and one spoiled bit. */
static void
one_packet(struct both *b, const struct rng *rng)
{
	static uint8_t in[LEN_MAX], x[LEN_MAX + 16], y[LEN_MAX + 16],
		back[LEN_MAX + 16];
	uint8_t ad[32];
	size_t len = rng_below(rng, LEN_MAX);
	size_t adlen = rng_below(rng, 2) ? 16 : rng_below(rng, sizeof(ad));
	uint64_t counter = (uint64_t)rng_u32(rng) << 32 | rng_u32(rng);
	size_t bit;

	rng_fill(rng, in, len);
	rng_fill(rng, ad, sizeof(ad));
	assert_int_equal(aead_seal(b->fast, counter, ad, adlen, in, len, x), 0);
	assert_int_equal(aead_seal(b->plain, counter, ad, adlen, in, len, y),
			 0);
	assert_memory_equal(x, y, len + AEAD_TAG_LEN);
	assert_int_equal(aead_open(b->fast, counter, ad, adlen, y,
				   len + AEAD_TAG_LEN, back),
			 0);
	assert_memory_equal(back, in, len);
	assert_int_equal(aead_open(b->plain, counter, ad, adlen, x,
				   len + AEAD_TAG_LEN, back),
			 0);
	assert_memory_equal(back, in, len);

	/* In place, as the data path does it. */
	memcpy(back, in, len);
	assert_int_equal(
		aead_seal(b->fast, counter, ad, adlen, back, len, back), 0);
	assert_memory_equal(back, x, len + AEAD_TAG_LEN);
	assert_int_equal(aead_open(b->fast, counter, ad, adlen, back,
				   len + AEAD_TAG_LEN, back),
			 0);
	assert_memory_equal(back, in, len);

	bit = rng_below(rng, (uint32_t)(len + AEAD_TAG_LEN) * 8);
	x[bit / 8] ^= (uint8_t)(1 << bit % 8);
	assert_int_equal(aead_open(b->fast, counter, ad, adlen, x,
				   len + AEAD_TAG_LEN, back),
			 -1);
	assert_int_equal(aead_open(b->plain, counter, ad, adlen, x,
				   len + AEAD_TAG_LEN, back),
			 -1);
	assert_int_equal(aead_open(b->fast, counter + 1, ad, adlen, y,
				   len + AEAD_TAG_LEN, back),
			 -1);
	if (adlen > 0) {
		ad[rng_below(rng, (uint32_t)adlen)] ^= 1;
		assert_int_equal(aead_open(b->fast, counter, ad, adlen, y,
					   len + AEAD_TAG_LEN, back),
				 -1);
	}
}

static void
test_same(void **state)
{
	struct rng_seeded seeded;
	struct rng rng = rng_seeded(&seeded, 3406);

	(void)state;
	for (enum aead_alg alg = AEAD_NONE + 1; alg < AEAD_ALGS; alg++) {
		print_message("# %s: %s\n", aead_name(alg), aead_impl(alg));
		for (int i = 0; i < ROUNDS / 100; i++) {
			struct both b;

			both_new(&b, alg, &rng);
			for (int k = 0; k < 100; k++)
				one_packet(&b, &rng);
			both_free(&b);
		}
	}
}

/* Every bit of the tag counts. */
static void
test_tag(void **state)
{
	struct rng_seeded seeded;
	struct rng rng = rng_seeded(&seeded, 1);
	uint8_t sealed[5 + AEAD_TAG_LEN], back[5];

	(void)state;
	for (enum aead_alg alg = AEAD_NONE + 1; alg < AEAD_ALGS; alg++) {
		struct both b;

		both_new(&b, alg, &rng);
		assert_int_equal(aead_seal(b.fast, 7, NULL, 0,
					   (const uint8_t *)"hello", 5, sealed),
				 0);
		for (size_t i = 0; i < AEAD_TAG_LEN * 8; i++) {
			sealed[5 + i / 8] ^= (uint8_t)(1 << i % 8);
			assert_int_equal(aead_open(b.fast, 7, NULL, 0, sealed,
						   sizeof(sealed), back),
					 -1);
			assert_int_equal(aead_open(b.plain, 7, NULL, 0, sealed,
						   sizeof(sealed), back),
					 -1);
			sealed[5 + i / 8] ^= (uint8_t)(1 << i % 8);
		}
		assert_int_equal(aead_open(b.fast, 7, NULL, 0, sealed,
					   sizeof(sealed), back),
				 0);
		both_free(&b);
	}
}

/* It is used where the processor does AES, and nowhere else. */
static void
test_needs_aes(void **state)
{
	bool used = aead_mb(AEAD_AES_256_GCM) != NULL;

	(void)state;
#if defined(IPSEC_MB) && defined(__x86_64__)
	assert_int_equal(used, __builtin_cpu_supports("aes") != 0 &&
				       __builtin_cpu_supports("pclmul") != 0);
#endif
	assert_int_equal(aead_mb_serves(0), used);
	assert_int_equal(aead_mb(AEAD_AES_128_GCM) != NULL, used);
	assert_null(aead_mb(AEAD_CHACHA20_POLY1305));
	assert_null(aead_mb(AEAD_NONE));
	assert_string_equal(aead_impl(AEAD_AES_256_GCM),
			    used ? "ipsec-mb" : "openssl");
	assert_string_equal(aead_impl(AEAD_CHACHA20_POLY1305), "openssl");
#ifdef IMB_FLAG_AESNI_OFF /* version 2 of the library has no such flag */
	assert_false(aead_mb_serves(IMB_FLAG_AESNI_OFF));
#endif
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same),
		cmocka_unit_test(test_tag),
		cmocka_unit_test(test_needs_aes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
