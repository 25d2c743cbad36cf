/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cookies: mostly those that must not be taken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/session/cookie.h"

#define ROTATE 120000

static struct rng_seeded seed;
static struct rng rng;
static const uint8_t pair_id[PAIR_ID_LEN] = { 1, 2, 3 };
static const uint8_t msg[40] = "some message";

static struct monotime
at(int64_t ms)
{
	return mono_add_ms((struct monotime){ NS_PER_S }, ms);
}

static struct endpoint
source(void)
{
	struct endpoint e = {
		.addr = { .family = IP_V4, .b = { 192, 0, 2, 7 } }, .port = 3406
	};

	return e;
}

static bool
check(struct cookie_jar *j, int64_t when, const struct endpoint *from,
      const uint8_t mac2[PROTO_MAC_LEN])
{
	return cookie_check(j, at(when), ROTATE, &rng, pair_id, from, msg,
			    sizeof(msg), mac2);
}

static void
fresh(struct cookie_jar *j, int64_t when, uint8_t mac2[PROTO_MAC_LEN])
{
	struct endpoint from = source();
	uint8_t cookie[PROTO_MAC_LEN];

	rng = rng_seeded(&seed, 3);
	memset(j, 0, sizeof(*j));
	cookie_make(j, at(0), ROTATE, &rng, pair_id, &from, cookie);
	if (when > 0)
		cookie_make(j, at(when), ROTATE, &rng, pair_id, &from, cookie);
	cookie_mac(cookie, msg, sizeof(msg), mac2);
}

static void
test_right_one(void **state)
{
	struct endpoint from = source();
	uint8_t mac2[PROTO_MAC_LEN];
	struct cookie_jar j;

	(void)state;
	fresh(&j, 0, mac2);
	assert_true(check(&j, 0, &from, mac2));
	assert_true(check(&j, ROTATE - 1, &from, mac2));
	/* Under the secret before the current one. */
	assert_true(check(&j, ROTATE, &from, mac2));
	assert_true(check(&j, 2 * ROTATE - 1, &from, mac2));
	cookie_jar_wipe(&j);
	assert_false(check(&j, 2 * ROTATE - 1, &from, mac2));
}

static void
test_expired(void **state)
{
	struct endpoint from = source();
	uint8_t mac2[PROTO_MAC_LEN];
	struct cookie_jar j;

	(void)state;
	fresh(&j, 0, mac2);
	assert_true(check(&j, ROTATE, &from, mac2));
	assert_false(check(&j, 2 * ROTATE, &from, mac2));
	/* Likewise when nothing asked for a change in between. */
	fresh(&j, 0, mac2);
	assert_false(check(&j, 2 * ROTATE, &from, mac2));
	fresh(&j, 0, mac2);
	assert_false(check(&j, 50 * ROTATE, &from, mac2));
}

/* The secret changes at the very end of its time. */
static void
test_rotation(void **state)
{
	static const int64_t ages[] = { 0, ROTATE - 1, ROTATE };
	uint8_t first[PROTO_MAC_LEN], later[PROTO_MAC_LEN];
	struct endpoint from = source();
	struct cookie_jar j = { .has_previous = false };

	(void)state;
	rng = rng_seeded(&seed, 3);
	cookie_make(&j, at(0), ROTATE, &rng, pair_id, &from, first);
	for (size_t i = 0; i < sizeof(ages) / sizeof(*ages); i++) {
		cookie_make(&j, at(ages[i]), ROTATE, &rng, pair_id, &from,
			    later);
		assert_int_equal(memcmp(first, later, sizeof(first)) == 0,
				 ages[i] < ROTATE);
	}
}

static void
test_wrong(void **state)
{
	uint8_t mac2[PROTO_MAC_LEN], bad[PROTO_MAC_LEN];
	uint8_t other_id[PAIR_ID_LEN] = { 1, 2, 4 };
	struct endpoint from = source(), other = source();
	struct cookie_jar j, never;

	(void)state;
	fresh(&j, 0, mac2);
	for (size_t bit = 0; bit < 8 * sizeof(bad); bit++) {
		memcpy(bad, mac2, sizeof(bad));
		bad[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_false(check(&j, 0, &from, bad));
	}
	memset(bad, 0, sizeof(bad));
	assert_false(check(&j, 0, &from, bad));
	/* A secret that was never set is not zero. */
	memset(&never, 0, sizeof(never));
	cookie_mac(bad, msg, sizeof(msg), bad);
	assert_false(check(&never, 0, &from, bad));
	assert_false(check(&j, 0, &from, bad));
	/* Nor is the one before the first a secret of zeros. */
	memset(&never, 0, sizeof(never));
	never.since = at(0);
	cookie_make(&never, at(0), ROTATE, &rng, pair_id, &from, bad);
	cookie_mac(bad, msg, sizeof(msg), bad);
	assert_true(check(&never, 0, &from, bad));
	assert_false(check(&j, 0, &from, bad));
	memset(&never, 0, sizeof(never));
	assert_false(check(&never, 0, &from, bad));

	other.port++;
	assert_false(check(&j, 0, &other, mac2));
	other = source();
	other.addr.b[3]++;
	assert_false(check(&j, 0, &other, mac2));
	other = source();
	other.addr.family = IP_V6;
	assert_false(check(&j, 0, &other, mac2));
	assert_false(cookie_check(&j, at(0), ROTATE, &rng, other_id, &from, msg,
				  sizeof(msg), mac2));
	assert_false(cookie_check(&j, at(0), ROTATE, &rng, pair_id, &from, msg,
				  sizeof(msg) - 1, mac2));
	assert_true(check(&j, 0, &from, mac2));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_right_one),
		cmocka_unit_test(test_expired),
		cmocka_unit_test(test_rotation),
		cmocka_unit_test(test_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
