/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Secrets that lie on the stack for a while are wiped. The test derives each
 * one by itself and looks for it in what bytes_wipe() was given. */
#include "../base/wiped.h"
#include "crypto/noise.h"

static void
test_hmac(void **state)
{
	static const uint8_t key[] = "key of the code";
	const struct bytes data = { "data", 4 };
	uint8_t ipad[64] = { 0 }, opad[64], inner[SHA256_LEN];
	struct bytes parts[2] = { { ipad, sizeof(ipad) }, data };
	uint8_t out[SHA256_LEN];

	(void)state;
	memcpy(ipad, key, sizeof(key));
	for (size_t i = 0; i < sizeof(ipad); i++) {
		opad[i] = ipad[i] ^ 0x5c;
		ipad[i] ^= 0x36;
	}
	sha256_parts(inner, parts, 2);
	wiped_begin();
	hmac_sha256(out, key, sizeof(key), &data, 1);
	wiped_end();
	assert_int_equal(wiped_times(ipad, sizeof(ipad)), 1);
	assert_int_equal(wiped_times(opad, sizeof(opad)), 1);
	assert_int_equal(wiped_times(inner, sizeof(inner)), 1);
}

static void
test_hkdf(void **state)
{
	static const uint8_t prk[SHA256_LEN] = { 5 };
	uint8_t out[2 * SHA256_LEN];

	(void)state;
	wiped_begin();
	hkdf_expand(out, sizeof(out), prk, "x", 1);
	wiped_end();
	assert_int_equal(wiped_times(out + SHA256_LEN, SHA256_LEN), 1);
}

static const uint8_t secret[X25519_LEN] = { 1 };
static const uint8_t other_secret[X25519_LEN] = { 2 };
static const uint8_t psk[32] = { 3 };

static void
test_x25519(void **state)
{
	uint8_t public[X25519_LEN], other[X25519_LEN], shared[X25519_LEN];

	(void)state;
	x25519_public(public, secret);
	x25519_public(other, other_secret);
	wiped_begin();
	assert_int_equal(x25519_shared(shared, secret, public, other), 0);
	wiped_end();
	assert_int_equal(wiped_times(secret, sizeof(secret)), 1);
	assert_int_equal(wiped_times(shared, sizeof(shared)), 1);
}

/* One step of the chain: it must have left neither the key in between nor what
 * was made of it. */
static void
assert_step(uint8_t ck[SHA256_LEN], const uint8_t ikm[32], size_t len)
{
	uint8_t prk[SHA256_LEN], t[3 * SHA256_LEN];

	hkdf_extract(prk, ck, SHA256_LEN, ikm, 32);
	hkdf_expand(t, len, prk, NULL, 0);
	assert_int_equal(wiped_times(prk, sizeof(prk)), 1);
	assert_int_equal(wiped_times(t, len), 1);
	memcpy(ck, t, SHA256_LEN);
}

/* x25519_shared() wipes its own copy as well. */
static void
assert_dh_step(uint8_t ck[SHA256_LEN], const uint8_t own[X25519_LEN],
	       const uint8_t own_public[X25519_LEN],
	       const uint8_t public[X25519_LEN])
{
	uint8_t shared[X25519_LEN];

	assert_int_equal(x25519_shared(shared, own, own_public, public), 0);
	assert_int_equal(wiped_times(shared, sizeof(shared)), 2);
	assert_step(ck, shared, 2 * SHA256_LEN);
}

static void
test_noise(void **state)
{
	uint8_t public[X25519_LEN], other[X25519_LEN], ck[SHA256_LEN];
	uint8_t out[NOISE_MSG_OVERHEAD], keys[2][32], prk[SHA256_LEN];
	struct rng_seeded seed;
	struct rng rng = rng_seeded(&seed, 1);
	struct noise n;

	(void)state;
	x25519_public(public, secret);
	x25519_public(other, other_secret);
	noise_init(&n, NOISE_CHACHAPOLY, true, NULL, 0, psk, secret, public,
		   other);
	memcpy(ck, n.ck, sizeof(ck));
	wiped_begin();
	assert_int_equal(noise_write_1(&n, &rng, NULL, 0, out), 0);
	wiped_end();
	assert_step(ck, psk, 3 * SHA256_LEN);
	assert_step(ck, n.e_public, 2 * SHA256_LEN);
	assert_dh_step(ck, n.e_secret, n.e_public, other);
	assert_dh_step(ck, secret, public, other);
	assert_memory_equal(ck, n.ck, sizeof(ck));
	wiped_begin();
	noise_split(&n, keys[0], keys[1]);
	wiped_end();
	hkdf_extract(prk, ck, sizeof(ck), NULL, 0);
	assert_int_equal(wiped_times(prk, sizeof(prk)), 1);
	assert_int_equal(wiped_times(keys, sizeof(keys)), 1);
}

/* Where the cipher's state is this library's own, it holds the key. */
static void
test_cipher(void **state)
{
	struct aead *a = NULL;
	size_t longest = 0;

	(void)state;
	if (strcmp(aead_impl(AEAD_AES_256_GCM), "openssl") == 0)
		return;
	assert_int_equal(aead_new(&a, AEAD_AES_256_GCM, psk, NULL), 0);
	wiped_begin();
	aead_free(a);
	wiped_end();
	for (size_t i = 0; i < wiped_count; i++)
		if (longest < wiped_notes[i].len)
			longest = wiped_notes[i].len;
	assert_true(longest > 15 * 16); /* the round keys at least */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hmac),   cmocka_unit_test(test_hkdf),
		cmocka_unit_test(test_x25519), cmocka_unit_test(test_noise),
		cmocka_unit_test(test_cipher),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
