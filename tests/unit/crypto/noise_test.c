/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The handshake against published vectors, and against tampering. */
#include "../unit.h"
#include "crypto/noise.h"
#include "test_hex.h"
#include "test_points.h"

/* The vectors of the cacophony library: Noise_KKpsk0_25519_*_SHA256. The
 * keys and the payloads are the same for both ciphers. */
static const char prologue_hex[] = "4a6f686e2047616c74";
static const char psk_hex[] =
	"54686973206973206d7920417573747269616e20706572737065637469766521";
static const char init_static_hex[] =
	"e61ef9919cde45dd5f82166404bd08e38bceb5dfdfded0a34c8df7ed542214d1";
static const char init_public_hex[] =
	"6bc3822a2aa7f4e6981d6538692b3cdf3e6df9eea6ed269eb41d93c22757b75a";
static const char init_ephemeral_hex[] =
	"893e28b9dc6ca8d611ab664754b8ceb7bac5117349a4439a6b0569da977c464a";
static const char resp_static_hex[] =
	"4a3acbfdb163dec651dfa3194dece676d437029c62a408b4c5ea9114246e4893";
static const char resp_public_hex[] =
	"31e0303fd6418d2f8c0e78b91f22e8caed0fbe48656dcf4767e4834f701b8f62";
static const char resp_ephemeral_hex[] =
	"bbdb4cdbd309f1a1f2e1456967fe288cadd6f712d65dc7b7793d5e63da6b375b";

/* Two of the handshake, then transport in turn, the initiator first. */
#define NMESSAGES 6
static const char *const payloads[NMESSAGES] = {
	"4c756477696720766f6e204d69736573",
	"4d757272617920526f746862617264",
	"462e20412e20486179656b",
	"4361726c204d656e676572",
	"4a65616e2d426170746973746520536179",
	"457567656e2042f6686d20766f6e2042617765726b",
};

static const struct vector {
	enum noise_cipher cipher;
	enum aead_alg alg;
	const char *hash; /* "handshake_hash": as message 1 leaves it */
	const char *messages[NMESSAGES];
} vectors[] = {
	{ NOISE_CHACHAPOLY,
	  AEAD_CHACHA20_POLY1305,
	  "658e8a5d0f113e34ae4a349d42167211f0f00ec6b206f5c8f51996ceaffda61d",
	  { "ca35def5ae56cec33dc2036731ab14896bc4c75dbb07a61f879f8e3afa4c7944"
	    "23f19812300a6051f02195db0722909fc920796814cfc886ab3a8083c66a5961",
	    "95ebc60d2b1fa672c1f46a8aa265ef51bfe38e7ccb39ec5be34069f144808843"
	    "20acfe866b4ede922f007d89dbf507216d6aa8646c7fba098da374b1784d4b",
	    "d213fdd768eeef05ee236c6d2983b2029bb472567a5831f4ff592c",
	    "facf98016edcfc2566b16866935329b4da833dcd3bbb4173cf638e",
	    "f46e7b19ebc94d697afc64b7f7d78d9b89276a6fbd438985d68c5d0261f4d4b7"
	    "74",
	    "84119bc1a1a5f97a338c7affb30242cf3111e95c41a07d5e289b160015156a93"
	    "cb70e8e73d" } },
	{ NOISE_AESGCM,
	  AEAD_AES_256_GCM,
	  "d7c464726f0f3956cd855e8983f3a88d557b8978288f3b53cde231c4c5b8d6a2",
	  { "ca35def5ae56cec33dc2036731ab14896bc4c75dbb07a61f879f8e3afa4c7944"
	    "1f33bde990995eea7167375d6b68e2a7fa07887dd4f0f21023317d7b04fb0a67",
	    "95ebc60d2b1fa672c1f46a8aa265ef51bfe38e7ccb39ec5be34069f144808843"
	    "e3502578269a63176a4e59632b20df3393996180e261048266e49c0c0d9240",
	    "a08f4d4f142f605e9b30daa66784552576b30265889139b97f15cf",
	    "5871e43af881754e8ba7def42a69c23bfc9f7d47c3c1009f8ed986",
	    "9e20a696864cb0e321197abcd721538c2155073c14313c3fa243a65fef13eb0e"
	    "79",
	    "c4fa90a3f3e7524bdf5dce131ad0b67a0fa1eedd30f717a42596bef8f53d369b"
	    "5dc94ce508" } },
};

#define NVECTORS (sizeof(vectors) / sizeof(*vectors))

/* Gives one fixed ephemeral secret. */
static void
fixed_fill(void *ctx, void *out, size_t len)
{
	assert_int_equal(len, X25519_LEN);
	unhex(out, ctx);
}

static struct rng
fixed_rng(const char *hex)
{
	union {
		const char *in;
		void *out;
	} u = { hex };

	return (struct rng){ fixed_fill, u.out };
}

/* Both ends, and what differs between them and the vectors. */
struct ends {
	uint8_t psk[32];
	uint8_t is[X25519_LEN], ip[X25519_LEN];
	uint8_t rs[X25519_LEN], rp[X25519_LEN];
	uint8_t prologue[9];
	struct noise i, r;
};

static void
ends_init(struct ends *t, enum noise_cipher cipher)
{
	unhex(t->psk, psk_hex);
	unhex(t->is, init_static_hex);
	unhex(t->ip, init_public_hex);
	unhex(t->rs, resp_static_hex);
	unhex(t->rp, resp_public_hex);
	assert_int_equal(unhex(t->prologue, prologue_hex), 9);
	noise_init(&t->i, cipher, true, t->prologue, 9, t->psk, t->is, t->ip,
		   t->rp);
	noise_init(&t->r, cipher, false, t->prologue, 9, t->psk, t->rs, t->rp,
		   t->ip);
}

/* Section 12: the counter's byte order is the cipher's. */
static void
transport_nonce(uint8_t nonce[AEAD_NONCE_LEN], const struct vector *v,
		uint64_t n)
{
	memset(nonce, 0, AEAD_NONCE_LEN);
	nonce[v->cipher == NOISE_AESGCM ? 11 : 4] = (uint8_t)n;
}

static void
check_transport(const struct vector *v, const struct noise *n)
{
	uint8_t key[2][32], p[64], c[64], nonce[AEAD_NONCE_LEN];

	noise_split(n, key[0], key[1]);
	for (unsigned int m = 2; m < NMESSAGES; m++) {
		size_t len = unhex(p, payloads[m]);

		transport_nonce(nonce, v, (m - 2) / 2);
		assert_int_equal(aead_seal_once(v->alg, key[m % 2], nonce, NULL,
						0, p, len, c),
				 0);
		assert_int_equal(len + AEAD_TAG_LEN,
				 strlen(v->messages[m]) / 2);
		assert_hex(c, v->messages[m]);
	}
}

static void
known_answers(void **state)
{
	struct rng ie = fixed_rng(init_ephemeral_hex);
	struct rng re = fixed_rng(resp_ephemeral_hex);

	(void)state;
	for (size_t k = 0; k < NVECTORS; k++) {
		const struct vector *v = &vectors[k];
		struct ends t;
		uint8_t p[64], msg[128], got[64];
		size_t len;

		ends_init(&t, v->cipher);
		assert_hex(t.i.s_public, init_public_hex);
		assert_hex(t.r.s_public, resp_public_hex);
		len = unhex(p, payloads[0]);
		assert_int_equal(noise_write_1(&t.i, &ie, p, len, msg), 0);
		assert_hex(msg, v->messages[0]);
		len += NOISE_MSG_OVERHEAD;
		assert_int_equal(len, strlen(v->messages[0]) / 2);
		assert_int_equal(noise_read_1(&t.r, msg, len, got), 0);
		assert_hex(got, payloads[0]);
		assert_hex(t.i.h, v->hash);
		assert_hex(t.r.h, v->hash);

		len = unhex(p, payloads[1]);
		assert_int_equal(noise_write_2(&t.r, &re, p, len, msg), 0);
		assert_hex(msg, v->messages[1]);
		len += NOISE_MSG_OVERHEAD;
		assert_int_equal(len, strlen(v->messages[1]) / 2);
		assert_int_equal(noise_read_2(&t.i, msg, len, got), 0);
		assert_hex(got, payloads[1]);

		assert_memory_equal(t.i.h, t.r.h, SHA256_LEN);
		check_transport(v, &t.i);
		check_transport(v, &t.r);
	}
}

#define PAYLOAD_LEN 8
#define MSG_LEN (NOISE_MSG_OVERHEAD + PAYLOAD_LEN)

static const uint8_t payload[PAYLOAD_LEN] = "12345678";

/* A whole run with fresh ephemerals; both messages are kept. */
struct run {
	struct ends t;
	struct noise i0, r0; /* before anything was sent */
	struct noise i1;     /* after message 1 */
	uint8_t msg1[MSG_LEN], msg2[MSG_LEN];
};

static void
run_make(struct run *x, enum noise_cipher cipher)
{
	struct rng_seeded s;
	struct rng rng = rng_seeded(&s, 11);
	uint8_t got[PAYLOAD_LEN];

	ends_init(&x->t, cipher);
	x->i0 = x->t.i;
	x->r0 = x->t.r;
	assert_int_equal(
		noise_write_1(&x->t.i, &rng, payload, PAYLOAD_LEN, x->msg1), 0);
	x->i1 = x->t.i;
	assert_int_equal(noise_read_1(&x->t.r, x->msg1, MSG_LEN, got), 0);
	assert_memory_equal(got, payload, PAYLOAD_LEN);
	assert_int_equal(
		noise_write_2(&x->t.r, &rng, payload, PAYLOAD_LEN, x->msg2), 0);
	assert_int_equal(noise_read_2(&x->t.i, x->msg2, MSG_LEN, got), 0);
	assert_memory_equal(got, payload, PAYLOAD_LEN);
}

static void
both_get_the_same_fresh_keys(void **state)
{
	(void)state;
	for (size_t k = 0; k < NVECTORS; k++) {
		struct run x;
		uint8_t a[2][32], b[2][32];

		run_make(&x, vectors[k].cipher);
		noise_split(&x.t.i, a[0], a[1]);
		noise_split(&x.t.r, b[0], b[1]);
		assert_memory_equal(a, b, sizeof(a));
		assert_memory_not_equal(a[0], a[1], 32);
		/* Not what it was before the second message. */
		noise_split(&x.i1, b[0], b[1]);
		assert_memory_not_equal(a[0], b[0], 32);
	}
}

/* Reads msg on a copy of n; a flip anywhere fails, and then the untouched
 * message is still read: the state that was copied is whole. */
static void
check_flips(const struct noise *n, const uint8_t *good,
	    int (*read)(struct noise *, const uint8_t *, size_t, uint8_t *))
{
	uint8_t msg[MSG_LEN + 1], got[PAYLOAD_LEN + 1];
	struct noise copy;

	memcpy(msg, good, MSG_LEN);
	msg[MSG_LEN] = 0;
	for (size_t i = 0; i < MSG_LEN; i++) {
		/* RFC 7748 masks the top bit of a coordinate, but the
		 * transcript holds the bytes as they came. */
		msg[i] ^= 0x80;
		copy = *n;
		assert_int_equal(read(&copy, msg, MSG_LEN, got), -1);
		msg[i] ^= 0x80;
	}
	for (size_t len = 0; len <= MSG_LEN + 1; len++) {
		copy = *n;
		assert_int_equal(read(&copy, msg, len, got),
				 len == MSG_LEN ? 0 : -1);
	}
	copy = *n;
	assert_int_equal(read(&copy, good, MSG_LEN, got), 0);
	assert_memory_equal(got, payload, PAYLOAD_LEN);
}

static void
refuses_every_flip(void **state)
{
	(void)state;
	for (size_t k = 0; k < NVECTORS; k++) {
		struct run x;

		run_make(&x, vectors[k].cipher);
		check_flips(&x.r0, x.msg1, noise_read_1);
		check_flips(&x.i1, x.msg2, noise_read_2);
	}
}

/* A responder set up with something else than the initiator has. */
static void
assert_strangers(const struct run *x, const struct noise *r)
{
	struct noise copy = *r;
	uint8_t got[PAYLOAD_LEN];

	assert_int_equal(noise_read_1(&copy, x->msg1, MSG_LEN, got), -1);
}

static void
refuses_strangers(void **state)
{
	(void)state;
	for (size_t k = 0; k < NVECTORS; k++) {
		enum noise_cipher c = vectors[k].cipher;
		struct run x;
		struct ends *t = &x.t;
		struct noise r;

		run_make(&x, c);
		for (size_t i = 0; i < 32; i++) {
			t->psk[i] ^= 1;
			noise_init(&r, c, false, t->prologue, 9, t->psk, t->rs,
				   t->rp, t->ip);
			assert_strangers(&x, &r);
			t->psk[i] ^= 1;
		}
		/* own static, its static, prologue, cipher, role */
		noise_init(&r, c, false, t->prologue, 9, t->psk, t->is, t->ip,
			   t->ip);
		assert_strangers(&x, &r);
		noise_init(&r, c, false, t->prologue, 9, t->psk, t->rs, t->rp,
			   t->rp);
		assert_strangers(&x, &r);
		noise_init(&r, c, false, t->prologue, 8, t->psk, t->rs, t->rp,
			   t->ip);
		assert_strangers(&x, &r);
		noise_init(&r, vectors[1 - k].cipher, false, t->prologue, 9,
			   t->psk, t->rs, t->rp, t->ip);
		assert_strangers(&x, &r);
		noise_init(&r, c, true, t->prologue, 9, t->psk, t->rs, t->rp,
			   t->ip);
		assert_strangers(&x, &r);
	}
}

/* Message 2 answers one message 1 and no other, and only from the holder of
 * the responder's static key. */
static void
refuses_an_answer_to_another(void **state)
{
	(void)state;
	for (size_t k = 0; k < NVECTORS; k++) {
		struct run x;
		struct rng_seeded s;
		struct rng rng = rng_seeded(&s, 12);
		struct noise i;
		uint8_t msg[MSG_LEN], got[PAYLOAD_LEN];

		run_make(&x, vectors[k].cipher);
		i = x.i0;
		assert_int_equal(
			noise_write_1(&i, &rng, payload, PAYLOAD_LEN, msg), 0);
		assert_memory_not_equal(msg, x.msg1, NOISE_E_LEN);
		assert_int_equal(noise_read_2(&i, x.msg2, MSG_LEN, got), -1);
		/* One's own first message is no answer to it. */
		i = x.i1;
		assert_int_equal(noise_read_2(&i, x.msg1, MSG_LEN, got), -1);
	}
}

static void
refuses_points_of_small_order(void **state)
{
	struct rng_seeded s;
	struct rng rng = rng_seeded(&s, 13);
	struct run x;

	(void)state;
	run_make(&x, NOISE_CHACHAPOLY);
	for (size_t k = 0; k < NSMALL_POINTS; k++) {
		struct ends *t = &x.t;
		uint8_t point[X25519_LEN], msg[MSG_LEN], got[PAYLOAD_LEN];
		struct noise n;

		unhex(point, small_points[k]);
		/* as a static key */
		noise_init(&n, NOISE_CHACHAPOLY, true, t->prologue, 9, t->psk,
			   t->is, t->ip, point);
		assert_int_equal(
			noise_write_1(&n, &rng, payload, PAYLOAD_LEN, msg), -1);
		/* as an ephemeral that got as far as being answered */
		n = x.r0;
		assert_int_equal(noise_read_1(&n, x.msg1, MSG_LEN, got), 0);
		memcpy(n.re, point, sizeof(point));
		assert_int_equal(
			noise_write_2(&n, &rng, payload, PAYLOAD_LEN, msg), -1);
		/* as an ephemeral on the wire */
		memcpy(msg, x.msg1, MSG_LEN);
		memcpy(msg, point, sizeof(point));
		n = x.r0;
		assert_int_equal(noise_read_1(&n, msg, MSG_LEN, got), -1);
		n = x.i1;
		assert_int_equal(noise_read_2(&n, msg, MSG_LEN, got), -1);
	}
}

static void
lengths(void **state)
{
	static uint8_t in[65536], msg[65536], got[65536];
	struct rng_seeded s;
	struct rng rng = rng_seeded(&s, 14);
	const size_t most = 65535 - NOISE_MSG_OVERHEAD;
	struct ends t;

	(void)state;
	ends_init(&t, NOISE_AESGCM);
	assert_int_equal(noise_write_1(&t.i, &rng, in, most + 1, msg), -1);
	assert_int_equal(noise_write_1(&t.i, &rng, in, most, msg), 0);
	assert_int_equal(noise_read_1(&t.r, msg, 65536, got), -1);
	assert_int_equal(noise_read_1(&t.r, msg, 65535, got), 0);
	assert_memory_equal(got, in, most);
	assert_int_equal(noise_write_2(&t.r, &rng, in, most + 1, msg), -1);
	assert_int_equal(noise_write_2(&t.r, &rng, NULL, 0, msg), 0);
	assert_int_equal(noise_read_2(&t.i, msg, NOISE_MSG_OVERHEAD, got), 0);
}

/* Messages that come when they should not are refused, not asserted on. */
static void
order_of_messages(void **state)
{
	struct run x;
	uint8_t got[PAYLOAD_LEN];
	struct noise n;

	(void)state;
	run_make(&x, NOISE_CHACHAPOLY);
	n = x.i0;
	assert_int_equal(noise_read_1(&n, x.msg1, MSG_LEN, got), -1);
	n = x.i0;
	assert_int_equal(noise_read_2(&n, x.msg2, MSG_LEN, got), -1);
	n = x.t.r;
	assert_int_equal(noise_read_1(&n, x.msg1, MSG_LEN, got), -1);
	assert_int_equal(noise_read_2(&n, x.msg2, MSG_LEN, got), -1);
}

static void
wipe_leaves_zeros(void **state)
{
	struct run x;

	(void)state;
	run_make(&x, NOISE_CHACHAPOLY);
	noise_wipe(&x.t.i);
	assert_true(bytes_all_zero_ct(&x.t.i, sizeof(x.t.i)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_answers),
		cmocka_unit_test(both_get_the_same_fresh_keys),
		cmocka_unit_test(refuses_every_flip),
		cmocka_unit_test(refuses_strangers),
		cmocka_unit_test(refuses_an_answer_to_another),
		cmocka_unit_test(refuses_points_of_small_order),
		cmocka_unit_test(lengths),
		cmocka_unit_test(order_of_messages),
		cmocka_unit_test(wipe_leaves_zeros),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
