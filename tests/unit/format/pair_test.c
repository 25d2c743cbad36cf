/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pair records: round trips, and everything that must be refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "crypto/kdf.h"
#include "format/pair.h"

static uint64_t seed = UINT64_C(0x9e3779b97f4a7c15);

static uint8_t
any_byte(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint8_t)(seed >> 32);
}

static void
any_bytes(void *out, size_t len)
{
	for (size_t i = 0; i < len; i++)
		((uint8_t *)out)[i] = any_byte();
}

static struct pair
any_pair(void)
{
	struct pair p = { .generation = any_byte() + 1u };
	uint8_t levels;

	any_bytes(p.id, sizeof(p.id));
	any_bytes(p.secret, sizeof(p.secret));
	any_bytes(p.peer_static, sizeof(p.peer_static));
	any_bytes(p.self_static, sizeof(p.self_static));
	any_bytes(p.peer_key, sizeof(p.peer_key));
	any_bytes(p.list.digest, sizeof(p.list.digest));
	p.above.n = any_byte() % (CERT_ABOVE_MAX + 1);
	any_bytes(p.above.key, p.above.n * sizeof(p.above.key[0]));
	p.made_run_s = any_byte() * INT64_C(100000);
	p.lower_dialled = any_byte() & 1;
	p.proven = any_byte() & 1;
	p.cipher = (enum aead_alg)(1 + any_byte() % (AEAD_ALGS - 1));
	p.comp = (enum comp_alg)(any_byte() % COMP_ALGS);
	levels = (uint8_t)(comp_level_max(p.comp) - comp_level_min(p.comp) + 1);
	p.level = (uint8_t)(comp_level_min(p.comp) + any_byte() % levels);
	p.made.s = INT64_C(1795328700) + any_byte();
	p.cert_end.s = p.made.s + 86400;
	p.self_end.s = p.cert_end.s + any_byte() % 2;
	p.peer_end.s = p.cert_end.s;
	p.list.timestamp.s = p.made.s - any_byte();
	return p;
}

static struct pair_record
any_record(unsigned int n)
{
	struct pair_record r = { .peer = "alpha.example.org", .n = n };

	for (unsigned int i = 0; i < n; i++)
		r.pairs[i] = any_pair();
	return r;
}

static void
assert_pairs_equal(const struct pair *a, const struct pair *b)
{
	assert_memory_equal(a->id, b->id, sizeof(a->id));
	assert_memory_equal(a->secret, b->secret, sizeof(a->secret));
	assert_int_equal(a->generation, b->generation);
	assert_int_equal(a->lower_dialled, b->lower_dialled);
	assert_int_equal(a->proven, b->proven);
	assert_int_equal(a->cipher, b->cipher);
	assert_int_equal(a->comp, b->comp);
	assert_int_equal(a->level, b->level);
	assert_memory_equal(a->peer_static, b->peer_static, X25519_LEN);
	assert_memory_equal(a->self_static, b->self_static, X25519_LEN);
	assert_memory_equal(a->peer_key, b->peer_key, FINGERPRINT_LEN);
	assert_int_equal(a->made.s, b->made.s);
	assert_int_equal(a->cert_end.s, b->cert_end.s);
	if (a->self_end.s != b->self_end.s) /* not needed, so not kept */
		assert_int_equal(a->self_end.s, a->cert_end.s);
	assert_int_equal(a->peer_end.s, b->peer_end.s);
	assert_int_equal(a->above.n, b->above.n);
	assert_memory_equal(a->above.key, b->above.key, sizeof(a->above.key));
	assert_int_equal(a->made_run_s, b->made_run_s);
	assert_int_equal(a->list.timestamp.s, b->list.timestamp.s);
	assert_memory_equal(a->list.digest, b->list.digest, SHA256_LEN);
}

/* Decodes a copy that is exactly len bytes long, so that a sanitizer sees a
 * read beyond it; checks that a failure leaves the output alone. */
static int
decode(struct pair_record *out, const uint8_t *in, size_t len, struct err *e)
{
	uint8_t *copy = malloc(len + 1);
	struct pair_record before;
	int ret;

	assert_non_null(copy);
	memcpy(copy, in, len);
	memset(out, 0xa5, sizeof(*out));
	memcpy(&before, out, sizeof(before));
	ret = pair_record_decode(out, copy, len, e);
	if (ret != 0)
		assert_memory_equal(out, &before, sizeof(before));
	free(copy);
	return ret;
}

static enum err_code
refused(const uint8_t *in, size_t len)
{
	struct pair_record out;
	struct err e = { .code = ERR_NONE };

	assert_int_equal(decode(&out, in, len, &e), -1);
	assert_int_not_equal(e.code, ERR_NONE);
	assert_true(e.text[0] != '\0');
	return e.code;
}

/* Changes one byte and puts a right checksum under it. */
static enum err_code
refused_with(const uint8_t *in, size_t len, size_t at, uint8_t value)
{
	uint8_t b[PAIR_RECORD_MAX];

	memcpy(b, in, len);
	b[at] = value;
	sha256(b + len - SHA256_LEN, b, len - SHA256_LEN);
	return refused(b, len);
}

static void
test_round_trip(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 1000; i++) {
		struct pair_record r = any_record(i % (PAIR_HELD_MAX + 1));
		uint8_t b[PAIR_RECORD_MAX], again[PAIR_RECORD_MAX];
		struct pair_record out;
		struct err e;
		size_t len = pair_record_encode(b, &r);

		assert_in_range(len, 40, PAIR_RECORD_MAX);
		assert_int_equal(decode(&out, b, len, &e), 0);
		assert_string_equal(out.peer, r.peer);
		assert_int_equal(out.n, r.n);
		for (unsigned int j = 0; j < r.n; j++)
			assert_pairs_equal(&out.pairs[j], &r.pairs[j]);
		assert_int_equal(pair_record_encode(again, &out), len);
		assert_memory_equal(again, b, len);
	}
}

static void
test_longest_name(void **state)
{
	struct pair_record r = any_record(PAIR_HELD_MAX), out;
	uint8_t b[PAIR_RECORD_MAX];
	struct err e;
	size_t len;

	(void)state;
	for (unsigned int i = 0; i < r.n; i++) {
		r.pairs[i].above.n = CERT_ABOVE_MAX;
		any_bytes(r.pairs[i].above.key, sizeof(r.pairs[i].above.key));
	}
	memset(r.peer, 'n', NODE_NAME_MAX);
	r.peer[NODE_NAME_MAX] = '\0';
	len = pair_record_encode(b, &r);
	assert_int_equal(decode(&out, b, len, &e), 0);
	assert_string_equal(out.peer, r.peer);
}

static void
test_every_flipped_bit(void **state)
{
	struct pair_record r = any_record(PAIR_HELD_MAX);
	uint8_t b[PAIR_RECORD_MAX];
	size_t len = pair_record_encode(b, &r);

	(void)state;
	for (size_t i = 0; i < len; i++)
		for (int bit = 0; bit < 8; bit++) {
			b[i] ^= (uint8_t)(1 << bit);
			refused(b, len);
			b[i] ^= (uint8_t)(1 << bit);
		}
}

static void
test_every_length(void **state)
{
	struct pair_record r = any_record(2);
	uint8_t b[PAIR_RECORD_MAX + 1] = { 0 };
	uint8_t cut[PAIR_RECORD_MAX + 1];
	size_t len = pair_record_encode(b, &r);

	(void)state;
	for (size_t n = 0; n <= sizeof(b); n++) {
		if (n == len)
			continue;
		refused(b, n);
		/* The same with a checksum that is right. */
		if (n < SHA256_LEN)
			continue;
		memcpy(cut, b, n);
		sha256(cut + n - SHA256_LEN, cut, n - SHA256_LEN);
		refused(cut, n);
	}
}

/* Offsets of the layout: "alpha.example.org" has 17 bytes. */
#define AT_VERSION 7
#define AT_NAMELEN 8
#define AT_NAME 9
#define AT_N (AT_NAME + 17)
#define AT_PAIR (AT_N + 1)
#define AT_FLAGS (AT_PAIR + 16 + 32 + 4)
#define AT_CIPHER (AT_FLAGS + 1)
#define AT_COMP (AT_FLAGS + 2)
#define AT_LEVEL (AT_FLAGS + 3)
#define AT_MADE (AT_FLAGS + 4 + 32 + 32 + 32)

static void
test_out_of_range(void **state)
{
	struct pair_record r = any_record(1);
	uint8_t b[PAIR_RECORD_MAX];
	size_t len;

	(void)state;
	r.pairs[0].comp = COMP_ZLIB;
	r.pairs[0].level = 6;
	len = pair_record_encode(b, &r);
	assert_int_equal(b[AT_N], 1);
	assert_int_equal(b[AT_CIPHER], r.pairs[0].cipher);
	assert_int_equal(b[AT_LEVEL], 6);
	for (size_t at = 0; at < AT_VERSION; at++)
		assert_int_equal(
			refused_with(b, len, at, (uint8_t)(b[at] ^ 0x20)),
			ERR_SYNTAX);
	assert_int_equal(refused_with(b, len, AT_VERSION, 0), ERR_SYNTAX);
	assert_int_equal(refused_with(b, len, AT_VERSION, 1), ERR_SYNTAX);
	assert_int_equal(refused_with(b, len, AT_VERSION, 3), ERR_SYNTAX);
	refused_with(b, len, AT_NAMELEN, 0);
	refused_with(b, len, AT_NAMELEN, 16);
	refused_with(b, len, AT_NAMELEN, 64);
	refused_with(b, len, AT_NAMELEN, 255);
	assert_int_equal(refused_with(b, len, AT_NAME, 'A'), ERR_RANGE);
	assert_int_equal(refused_with(b, len, AT_NAME, '.'), ERR_RANGE);
	assert_int_equal(refused_with(b, len, AT_NAME + 3, '/'), ERR_RANGE);
	assert_int_equal(refused_with(b, len, AT_NAME + 3, 0), ERR_RANGE);
	assert_int_equal(refused_with(b, len, AT_N, 0), ERR_SYNTAX);
	assert_int_equal(refused_with(b, len, AT_N, 2), ERR_SYNTAX);
	assert_int_equal(refused_with(b, len, AT_N, 4), ERR_RANGE);
	assert_int_equal(refused_with(b, len, AT_N, 255), ERR_RANGE);
	assert_int_equal(refused_with(b, len, AT_FLAGS, 4), ERR_RANGE);
	assert_int_equal(refused_with(b, len, AT_CIPHER, AEAD_NONE), ERR_RANGE);
	assert_int_equal(refused_with(b, len, AT_CIPHER, AEAD_ALGS), ERR_RANGE);
	assert_int_equal(refused_with(b, len, AT_COMP, COMP_ALGS), ERR_RANGE);
	assert_int_equal(refused_with(b, len, AT_COMP, COMP_LZO), ERR_RANGE);
	assert_int_equal(refused_with(b, len, AT_COMP, COMP_NONE), ERR_RANGE);
	assert_int_equal(refused_with(b, len, AT_LEVEL, 0), ERR_RANGE);
	assert_int_equal(refused_with(b, len, AT_LEVEL, 10), ERR_RANGE);
	b[AT_LEVEL] = 0;
	assert_int_equal(refused_with(b, len, AT_COMP, COMP_ALGS), ERR_RANGE);
	b[AT_LEVEL] = 6;
	assert_int_equal(refused_with(b, len, AT_MADE, 0x80), ERR_RANGE);
	assert_int_equal(refused_with(b, len, AT_MADE + 8, 1), ERR_RANGE);
	assert_int_equal(refused_with(b, len, AT_MADE + 16, 1), ERR_RANGE);
}

/* A record of one pair with that tail, and a right checksum. */
static size_t
with_tail(uint8_t out[PAIR_RECORD_MAX], const uint8_t *tail, size_t len)
{
	struct pair_record r = any_record(1);
	size_t at;

	memset(&r.pairs[0].above, 0, sizeof(r.pairs[0].above));
	/* Its own tail: two entries without and with eight bytes. */
	at = pair_record_encode(out, &r) - SHA256_LEN - (2 + 4 + 4 + 8);
	out[at++] = (uint8_t)(len >> 8);
	out[at++] = (uint8_t)len;
	memcpy(out + at, tail, len);
	sha256(out + at + len, out, at + len);
	return at + len + SHA256_LEN;
}

#define ABOVE_NONE 0, 1, 0, 0
#define ABOVE_ONE                                                           \
	0, 1, 0, 32, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, \
		17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32
#define RUN_7 0, 2, 0, 8, 0, 0, 0, 0, 0, 0, 0, 7
#define UNKNOWN 0x7f, 0xff, 0, 3, 9, 9, 9

static void
test_tail(void **state)
{
	static const uint8_t good[] = { ABOVE_ONE, RUN_7 };
	static const uint8_t later[] = { ABOVE_NONE, RUN_7, UNKNOWN };
	static const struct {
		uint8_t tail[64];
		size_t len;
		enum err_code code;
	} bad[] = {
		{ { 0 }, 0, ERR_SYNTAX },	   /* none */
		{ { ABOVE_NONE }, 4, ERR_SYNTAX }, /* one missing */
		{ { RUN_7 }, 12, ERR_SYNTAX },
		{ { RUN_7, ABOVE_NONE }, 16, ERR_SYNTAX }, /* the order */
		{ { ABOVE_NONE, ABOVE_NONE, RUN_7 }, 20, ERR_SYNTAX },
		{ { ABOVE_NONE, RUN_7, UNKNOWN },
		  22,
		  ERR_SYNTAX }, /* cut off */
		{ { ABOVE_NONE, RUN_7, 0 }, 17, ERR_SYNTAX },
		{ { 0, 1, 0, 31, 0 }, 35, ERR_RANGE }, /* lengths */
		{ { ABOVE_NONE, 0, 2, 0, 7, 0 }, 15, ERR_RANGE },
		{ { ABOVE_NONE, 0, 2, 0, 9, 0 }, 17, ERR_RANGE },
		{ { ABOVE_NONE, 0, 2, 0, 8, 0x80 }, 16, ERR_RANGE },
		{ { ABOVE_NONE, RUN_7, 0x80, 0, 0, 0 }, 20, ERR_RANGE },
	};
	uint8_t b[PAIR_RECORD_MAX],
		six[4 + 6 * FINGERPRINT_LEN] = { 0, 1, 0, 192 };
	struct pair_record r;
	struct err e;
	size_t len;

	(void)state;
	len = with_tail(b, good, sizeof(good));
	assert_int_equal(decode(&r, b, len, &e), 0);
	assert_int_equal(r.pairs[0].above.n, 1);
	assert_memory_equal(r.pairs[0].above.key[0], good + 4, FINGERPRINT_LEN);
	assert_int_equal(r.pairs[0].made_run_s, 7);
	/* An entry of a later version is passed over. */
	len = with_tail(b, later, sizeof(later));
	assert_int_equal(decode(&r, b, len, &e), 0);
	assert_int_equal(r.pairs[0].above.n, 0);
	assert_int_equal(r.pairs[0].made_run_s, 7);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		len = with_tail(b, bad[i].tail, bad[i].len);
		assert_int_equal(refused(b, len), bad[i].code);
	}
	/* More than a chain may have. */
	len = with_tail(b, six, sizeof(six));
	assert_int_equal(refused(b, len), ERR_RANGE);
}

static void
test_same_id_twice(void **state)
{
	struct pair_record r = any_record(PAIR_HELD_MAX);
	uint8_t b[PAIR_RECORD_MAX];
	size_t len;

	(void)state;
	memcpy(r.pairs[2].id, r.pairs[0].id, PAIR_ID_LEN);
	len = pair_record_encode(b, &r);
	assert_int_equal(refused(b, len), ERR_DUPLICATE);
}

static void
test_wipe(void **state)
{
	struct pair_record r = any_record(PAIR_HELD_MAX);
	static const struct pair_record zero;

	(void)state;
	pair_record_wipe(&r);
	assert_memory_equal(&r, &zero, sizeof(r));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_longest_name),
		cmocka_unit_test(test_every_flipped_bit),
		cmocka_unit_test(test_every_length),
		cmocka_unit_test(test_out_of_range),
		cmocka_unit_test(test_tail),
		cmocka_unit_test(test_same_id_twice),
		cmocka_unit_test(test_wipe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
