/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Negotiations between hosts, and who is refused. */
#include "channel_world.h"

#define BOTH "alpha beta"

static struct host *a, *b;

static int
setup(void **state)
{
	(void)state;
	world_begin(1);
	a = host_add("alpha", make_list(NULL, WORLD_START - 100, BOTH, ""));
	b = host_add("beta", make_list(NULL, WORLD_START - 100, BOTH, ""));
	host_start(a);
	host_start(b);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	world_end();
	return 0;
}

static void
assert_same_newest(void)
{
	const struct pair_record *p = held(a, b), *q = held(b, a);

	assert_non_null(p);
	assert_non_null(q);
	assert_memory_equal(p->pairs[0].id, q->pairs[0].id, PAIR_ID_LEN);
	assert_memory_equal(p->pairs[0].secret, q->pairs[0].secret,
			    PAIR_SECRET_LEN);
	assert_int_equal(p->pairs[0].cipher, q->pairs[0].cipher);
	assert_int_equal(p->pairs[0].comp, q->pairs[0].comp);
	assert_int_equal(p->pairs[0].level, q->pairs[0].level);
	assert_int_equal(p->pairs[0].generation, q->pairs[0].generation);
	assert_int_equal(p->pairs[0].lower_dialled,
			 q->pairs[0].lower_dialled);
	assert_memory_equal(p->pairs[0].self_static, q->pairs[0].peer_static,
			    X25519_LEN);
	assert_memory_equal(p->pairs[0].peer_static, q->pairs[0].self_static,
			    X25519_LEN);
}

static void
one_dials(void **state)
{
	const struct pair_record *p;

	(void)state;
	assert_int_not_equal(dial(a, "beta", CHANNEL_PAIR), 0);
	assert_true(channels_negotiating(a->cs, "beta"));
	world_run();
	assert_same_newest();
	p = held(a, b);
	assert_int_equal(p->n, 1);
	assert_true(p->pairs[0].lower_dialled);
	assert_int_equal(p->pairs[0].cipher, AEAD_AES_256_GCM);
	assert_int_equal(p->pairs[0].generation, 1);
	assert_memory_equal(p->pairs[0].peer_key, b->env.cert.fingerprint,
			    FINGERPRINT_LEN);
	assert_int_equal(p->pairs[0].made.s, WORLD_START);
	assert_int_equal(a->negotiated, 1);
	assert_int_equal(b->negotiated, 1);
	assert_int_equal(a->events[EVENT_PAIR_NEW], 1);
	assert_int_equal(a->failed + b->failed, 0);
	assert_int_equal(channels_count(a->cs), 0);
	assert_int_equal(channels_count(b->cs), 0);
}

/* Both dial, in every order of bytes and writes that a seed gives. */
static void
both_dial_a_thousand_times(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 1000; seed++) {
		w.rng = rng_seeded(&w.seed, seed);
		w.chunk = 50 + lot(3000);
		assert_int_not_equal(dial(a, "beta", CHANNEL_PAIR), 0);
		for (uint32_t i = lot(60); i > 0; i--)
			world_step();
		assert_int_not_equal(dial(b, "alpha", CHANNEL_PAIR), 0);
		world_run();
		assert_same_newest();
		assert_true(held(a, b)->n <= PAIR_HELD_MAX);
		assert_int_equal(channels_count(a->cs), 0);
		assert_int_equal(channels_count(b->cs), 0);
	}
	assert_int_equal(a->negotiated, 2000);
	assert_int_equal(b->negotiated, 2000);
	assert_int_equal(a->failed + b->failed, 0);
}

#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(one_dials),
		TEST(both_dial_a_thousand_times),
	};

	return cmocka_run_group_tests_name("channels", tests, NULL, NULL);
}
