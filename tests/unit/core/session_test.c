/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sealing and opening inside one session, and which sessions are kept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "core/session/keyring.h"
#include "core/session/session.h"

static const struct conf_timers timers = {
	.rekey_after = 120000,
	.rekey_after_responder = 150000,
	.reject_after = 180000,
	.rekey_packets = 1000,
	.reject_packets = 2000,
};

#define START ((struct monotime){ 5 * NS_PER_S })

/* The two ends of a session. */
static void
make(enum aead_alg alg, struct session **a, struct session **b)
{
	struct session_seed one, two;

	memset(&one, 0, sizeof(one));
	memset(one.tx_key, 0x11, sizeof(one.tx_key));
	memset(one.rx_key, 0x22, sizeof(one.rx_key));
	one.local_index = 0x01020304;
	one.remote_index = 0xa1b2c3d4;
	one.initiator = true;
	one.algos.cipher = alg;
	two = one;
	memcpy(two.tx_key, one.rx_key, sizeof(two.tx_key));
	memcpy(two.rx_key, one.tx_key, sizeof(two.rx_key));
	two.local_index = one.remote_index;
	two.remote_index = one.local_index;
	two.initiator = false;
	assert_int_equal(session_new(a, &one, START, &timers, NULL), 0);
	assert_int_equal(session_new(b, &two, START, &timers, NULL), 0);
}

static const uint8_t text[] = "a packet of some length";
#define SEALED (sizeof(text) + DGRAM_DATA_OVERHEAD)

static void
test_round_trip(void **state)
{
	(void)state;
	for (enum aead_alg alg = AEAD_CHACHA20_POLY1305; alg < AEAD_ALGS;
	     alg++) {
		uint8_t d[SEALED];
		struct session *a, *b;
		bool highest = false;

		make(alg, &a, &b);
		for (uint64_t i = 0; i < 3; i++) {
			assert_int_equal(session_seal(a, DATA_CSUM_PARTIAL,
						      text, sizeof(text), d),
					 DROP_NONE);
			assert_int_equal(d[0], DGRAM_DATA);
			assert_int_equal(d[1], DATA_CSUM_PARTIAL);
			assert_int_equal(get_be16(d + 2), 0);
			assert_int_equal(get_be32(d + 4), 0xa1b2c3d4);
			assert_int_equal(get_be64(d + 8), i);
			assert_int_equal(
				session_open(b, START, d, sizeof(d), &highest),
				DROP_NONE);
			assert_true(highest);
			assert_memory_equal(d + 16, text, sizeof(text));
		}
		/* In place, and nothing at all. */
		memcpy(d + 16, text, sizeof(text));
		session_seal(b, 0, d + 16, sizeof(text), d);
		assert_int_equal(session_open(a, START, d, sizeof(d), &highest),
				 DROP_NONE);
		assert_memory_equal(d + 16, text, sizeof(text));
		session_seal(b, 0, NULL, 0, d);
		assert_int_equal(session_open(a, START, d, DGRAM_DATA_OVERHEAD,
					      &highest),
				 DROP_NONE);
		session_free(a);
		session_free(b);
	}
}

static void
test_every_bit_counts(void **state)
{
	(void)state;
	for (enum aead_alg alg = AEAD_CHACHA20_POLY1305; alg < AEAD_ALGS;
	     alg++) {
		uint8_t good[SEALED], d[SEALED];
		struct session *a, *b;
		bool highest = false;

		make(alg, &a, &b);
		session_seal(a, 0, text, sizeof(text), good);
		for (size_t bit = 0; bit < 8 * sizeof(d); bit++) {
			enum drop got;

			memcpy(d, good, sizeof(d));
			d[bit / 8] ^= (uint8_t)(1 << bit % 8);
			got = session_open(b, START, d, sizeof(d), &highest);
			/* High bits of the counter are past the hard limit. */
			assert_true(got == DROP_AUTH ||
				    (got == DROP_EXPIRED && bit / 8 >= 8 &&
				     bit / 8 < 16));
		}
		for (size_t len = DGRAM_DATA_OVERHEAD; len < sizeof(d); len++) {
			memcpy(d, good, sizeof(d));
			assert_int_equal(
				session_open(b, START, d, len, &highest),
				DROP_AUTH);
		}
		/* None of these has moved the window. */
		assert_int_equal(b->replay.next, 0);
		memcpy(d, good, sizeof(d));
		assert_int_equal(session_open(b, START, d, sizeof(d), &highest),
				 DROP_NONE);
		memcpy(d, good, sizeof(d));
		assert_int_equal(session_open(b, START, d, sizeof(d), &highest),
				 DROP_REPLAY);
		session_free(a);
		session_free(b);
	}
}

static void
test_no_reflection(void **state)
{
	uint8_t d[SEALED];
	struct session *a, *b;
	bool highest;

	(void)state;
	make(AEAD_AES_256_GCM, &a, &b);
	session_seal(a, 0, text, sizeof(text), d);
	assert_int_equal(session_open(a, START, d, sizeof(d), &highest),
			 DROP_AUTH);
	session_free(a);
	session_free(b);
}

static void
test_highest(void **state)
{
	uint8_t d[3][SEALED];
	struct session *a, *b;
	bool highest;

	(void)state;
	make(AEAD_AES_128_GCM, &a, &b);
	for (int i = 0; i < 3; i++)
		session_seal(a, 0, text, sizeof(text), d[i]);
	assert_int_equal(session_open(b, START, d[1], SEALED, &highest), 0);
	assert_true(highest);
	assert_int_equal(session_open(b, START, d[0], SEALED, &highest), 0);
	assert_false(highest);
	assert_int_equal(session_open(b, START, d[2], SEALED, &highest), 0);
	assert_true(highest);
	session_free(a);
	session_free(b);
}

static void
test_limits(void **state)
{
	struct monotime late = mono_add_ms(START, 180000);
	struct monotime before = { late.ns - 1 };
	uint8_t d[SEALED];
	struct session *a, *b;
	bool highest;

	(void)state;
	make(AEAD_CHACHA20_POLY1305, &a, &b);
	assert_true(session_can_send(a, before));
	assert_false(session_can_send(a, late));
	assert_false(session_is_old(a, mono_add_ms(START, 119999)));
	assert_true(session_is_old(a, mono_add_ms(START, 120000)));
	assert_false(session_is_old(b, mono_add_ms(START, 149999)));
	assert_true(session_is_old(b, mono_add_ms(START, 150000)));
	session_seal(a, 0, text, sizeof(text), d);
	assert_int_equal(session_open(b, late, d, sizeof(d), &highest),
			 DROP_EXPIRED);

	/* By packets: at the initiator, sent or received. */
	a->counter = b->counter = 999;
	assert_false(session_is_old(a, START));
	session_seal(b, 0, text, sizeof(text), d);
	assert_int_equal(session_open(a, START, d, sizeof(d), &highest), 0);
	assert_true(session_is_old(a, START));
	assert_false(session_is_old(b, START));
	a->replay.next = 0;
	assert_false(session_is_old(a, START));
	a->counter = 1000;
	assert_true(session_is_old(a, START));
	a->counter = 1999;
	assert_true(session_can_send(a, START));
	session_seal(a, 0, text, sizeof(text), d);
	assert_false(session_can_send(a, START));
	assert_int_equal(session_open(b, START, d, sizeof(d), &highest), 0);
	session_seal(a, 0, text, sizeof(text), d);
	assert_int_equal(session_open(b, START, d, sizeof(d), &highest),
			 DROP_EXPIRED);
	session_free(a);
	session_free(b);
}

/* --- the keyring ---------------------------------------------------------- */

/* A session that is only to be told from others. */
static struct session
dummy(int64_t end)
{
	struct session s;

	memset(&s, 0, sizeof(s));
	s.reject_at.ns = end;
	return s;
}

static void
test_keyring_order(void **state)
{
	struct session s[6];
	struct keyring k = { { NULL } };

	(void)state;
	for (int i = 0; i < 6; i++)
		s[i] = dummy(10 + i);
	assert_null(keyring_current(&k));
	assert_int_equal(keyring_deadline(&k).ns, MONO_NEVER.ns);
	assert_null(keyring_install(&k, &s[0]));
	assert_null(keyring_offer(&k, &s[1]));
	assert_ptr_equal(keyring_offer(&k, &s[2]), &s[1]);
	assert_ptr_equal(keyring_current(&k), &s[0]);
	assert_null(keyring_promote(&k, false));
	assert_ptr_equal(keyring_current(&k), &s[2]);
	assert_null(keyring_tentative(&k));
	assert_null(keyring_install(&k, &s[3]));
	assert_int_equal(keyring_count(&k), 3);
	/* Yielding: the current one stays, the oldest falls out. */
	assert_null(keyring_offer(&k, &s[4]));
	assert_ptr_equal(keyring_promote(&k, true), &s[0]);
	assert_ptr_equal(keyring_current(&k), &s[3]);
	assert_ptr_equal(k.at[KEYRING_OLD], &s[4]);
	assert_ptr_equal(k.at[KEYRING_OLDER], &s[2]);
	assert_ptr_equal(keyring_install(&k, &s[5]), &s[2]);

	assert_int_equal(keyring_deadline(&k).ns, 13);
	assert_null(keyring_take_ended(&k, (struct monotime){ 12 }));
	assert_ptr_equal(keyring_take_ended(&k, (struct monotime){ 13 }),
			 &s[3]);
	assert_null(keyring_take_ended(&k, (struct monotime){ 13 }));
	assert_non_null(keyring_take_ended(&k, MONO_NEVER));
	assert_non_null(keyring_take_ended(&k, MONO_NEVER));
	assert_null(keyring_take_ended(&k, MONO_NEVER));
	assert_int_equal(keyring_count(&k), 0);
}

/* An empty place is used before one falls out. */
static void
test_keyring_hole(void **state)
{
	struct session a = dummy(1), b = dummy(2), c = dummy(3), d = dummy(4);
	struct keyring k = { { &c, NULL, &a, &b } };

	(void)state;
	assert_ptr_equal(keyring_take_ended(&k, (struct monotime){ 1 }), &a);
	assert_null(keyring_install(&k, &d));
	assert_ptr_equal(k.at[KEYRING_OLD], &c);
	assert_ptr_equal(k.at[KEYRING_OLDER], &b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_every_bit_counts),
		cmocka_unit_test(test_no_reflection),
		cmocka_unit_test(test_highest),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_keyring_order),
		cmocka_unit_test(test_keyring_hole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
