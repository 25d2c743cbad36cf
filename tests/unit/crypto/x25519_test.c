/* SPDX-License-Identifier: GPL-3.0-or-later */
/* X25519: RFC 7748 vectors, and the points of small order. */
#include "../unit.h"
#include "crypto/key.h"
#include "test_hex.h"
#include "test_points.h"

/* RFC 7748 section 5.2. */
static int
exchange(uint8_t out[X25519_LEN], const uint8_t secret[X25519_LEN],
	 const uint8_t public[X25519_LEN])
{
	uint8_t own[X25519_LEN];

	x25519_public(own, secret);
	return x25519_shared(out, secret, own, public);
}

static void
scalar_multiplication(void **state)
{
	uint8_t k[X25519_LEN], u[X25519_LEN], out[X25519_LEN];

	(void)state;
	unhex(k, "a546e36bf0527c9d3b16154b82465edd"
		 "62144c0ac1fc5a18506a2244ba449ac4");
	unhex(u, "e6db6867583030db3594c1a424b15f7c"
		 "726624ec26b3353b10a903a6d0ab1c4c");
	assert_int_equal(exchange(out, k, u), 0);
	assert_hex(out, "c3da55379de9c6908e94ea4df28d084f"
			"32eccf03491c71f754b4075577a28552");
	unhex(k, "4b66e9d4d1b4673c5ad22691957d6af5"
		 "c11b6421e0ea01d42ca4169e7918ba0d");
	unhex(u, "e5210f12786811d3f4b7959d0538ae2c"
		 "31dbe7106fc03c3efc4cd549c715a493");
	assert_int_equal(exchange(out, k, u), 0);
	assert_hex(out, "95cbde9476e8907d7aade45cb4b873f8"
			"8b595a68799fa152e6f8f7647aac7957");
}

/* RFC 7748 section 6.1. */
static void
diffie_hellman(void **state)
{
	uint8_t a[X25519_LEN], b[X25519_LEN];
	uint8_t pa[X25519_LEN], pb[X25519_LEN], out[X25519_LEN];

	(void)state;
	unhex(a, "77076d0a7318a57d3c16c17251b26645"
		 "df4c2f87ebc0992ab177fba51db92c2a");
	unhex(b, "5dab087e624a8a4b79e17f8b83800ee6"
		 "6f3bb1292618b6fd1c2f8b27ff88e0eb");
	x25519_public(pa, a);
	assert_hex(pa, "8520f0098930a754748b7ddcb43ef75a"
		       "0dbf3a0d26381af4eba4a98eaa9b4e6a");
	x25519_public(pb, b);
	assert_hex(pb, "de9edb7d7b7dc1b4d35b61c2ece43537"
		       "3f8343c85b78674dadfc7e146f882b4f");
	assert_int_equal(exchange(out, a, pb), 0);
	assert_hex(out, "4a5d9d5ba4ce2de1728e3bf480350f25"
			"e07e21c947d19e3376f09b3c1e161742");
	memset(out, 0, sizeof(out));
	assert_int_equal(exchange(out, b, pa), 0);
	assert_hex(out, "4a5d9d5ba4ce2de1728e3bf480350f25"
			"e07e21c947d19e3376f09b3c1e161742");
}

static void
keypair_takes_32_bytes_of_the_rng(void **state)
{
	struct rng_seeded s1, s2;
	struct rng r1 = rng_seeded(&s1, 5), r2 = rng_seeded(&s2, 5);
	uint8_t secret[X25519_LEN], public[X25519_LEN], want[X25519_LEN];

	(void)state;
	x25519_keypair(secret, public, &r1);
	rng_fill(&r2, want, sizeof(want));
	assert_memory_equal(secret, want, sizeof(want));
	x25519_public(want, secret);
	assert_memory_equal(public, want, sizeof(want));
	rng_fill(&r1, secret, sizeof(secret));
	rng_fill(&r2, want, sizeof(want));
	assert_memory_equal(secret, want, sizeof(want));
}

static void
refuses_points_of_small_order(void **state)
{
	struct rng_seeded s;
	struct rng r = rng_seeded(&s, 6);

	(void)state;
	for (size_t i = 0; i < NSMALL_POINTS; i++) {
		uint8_t secret[X25519_LEN], u[X25519_LEN], out[X25519_LEN];

		rng_fill(&r, secret, sizeof(secret));
		unhex(u, small_points[i]);
		memset(out, 0xa5, sizeof(out));
		assert_int_equal(exchange(out, secret, u), -1);
		/* The top bit of a coordinate means nothing. */
		u[31] |= 0x80;
		assert_int_equal(exchange(out, secret, u), -1);
		for (size_t j = 0; j < sizeof(out); j++)
			assert_int_equal(out[j], 0xa5);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scalar_multiplication),
		cmocka_unit_test(diffie_hellman),
		cmocka_unit_test(keypair_takes_32_bytes_of_the_rng),
		cmocka_unit_test(refuses_points_of_small_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
