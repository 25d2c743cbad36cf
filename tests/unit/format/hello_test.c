/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The bounds of a HELLO: each value at the edge is taken, the next one is
 * refused for the reason that it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/cursor.h"
#include "format/ctlmsg.h"

/* A HELLO that hello_encode() would not write. */
struct raw {
	size_t from_len; /* of the sender's name */
	uint8_t version[2], flags;
	const uint8_t *ciphers, *comps; /* with the count in front */
	uint8_t nheld;
	uint32_t generation; /* of all pairs held */
	const uint8_t *tail;
	size_t taillen;
};

static const uint8_t one_cipher[] = { 1, AEAD_AES_128_GCM, 0, 7 };
static const uint8_t one_comp[] = { 1, COMP_NONE, 0, 0, 7 };

static struct raw
plain(void)
{
	return (struct raw){ .from_len = 5,
			     .version = { 0, PROTO_VERSION },
			     .ciphers = one_cipher,
			     .comps = one_comp };
}

static size_t
raw_write(uint8_t out[FRAME_HELLO_MAX], const struct raw *r)
{
	/* clang-format off */
	uint8_t zeros[PROTO_RANDOM_LEN + X25519_LEN + BNL_VERSION_WIRE_LEN] = {
		0 };
	char name[UINT8_MAX];
	struct wcur w;

	memset(name, 'a', sizeof(name));
	wcur_init(&w, out, FRAME_HELLO_MAX);
	wcur_bytes(&w, r->version, sizeof(r->version));
	wcur_u8(&w, (uint8_t)r->from_len);
	wcur_bytes(&w, name, r->from_len);
	wcur_u8(&w, 1);
	wcur_bytes(&w, "b", 1);
	wcur_u8(&w, r->flags);
	wcur_bytes(&w, zeros, sizeof(zeros));
	wcur_bytes(&w, r->ciphers, 1 + 3u * r->ciphers[0]);
	wcur_bytes(&w, r->comps, 1 + 4u * r->comps[0]);
	wcur_u8(&w, r->nheld);
	for (unsigned int i = 0; i < r->nheld; i++) {
		uint8_t id[PAIR_ID_LEN] = { (uint8_t)i };

		wcur_bytes(&w, id, sizeof(id));
		wcur_be32(&w, r->generation);
	}
	wcur_bytes(&w, r->tail, r->taillen);
	assert_false(w.bad);
	return w.len;
}

static struct hello
taken(const struct raw *r)
{
	uint8_t in[FRAME_HELLO_MAX];
	struct hello h;
	struct err e;

	assert_int_equal(hello_decode(&h, in, raw_write(in, r), &e), 0);
	return h;
}

static void
refused(const struct raw *r, const char *why)
{
	uint8_t in[FRAME_HELLO_MAX];
	struct hello h;
	struct err e;

	assert_int_equal(hello_decode(&h, in, raw_write(in, r), &e), -1);
	assert_int_equal(e.code, ERR_PROTO);
	assert_string_equal(e.text, why);
}

static void
test_names(void **state)
{
	struct raw r = plain();

	(void)state;
	r.from_len = 1;
	assert_string_equal(taken(&r).from, "a");
	r.from_len = NODE_NAME_MAX;
	assert_int_equal(strlen(taken(&r).from), NODE_NAME_MAX);
	r.from_len = NODE_NAME_MAX + 1;
	refused(&r, "a name in a hello is no node name");
	r.from_len = UINT8_MAX;
	refused(&r, "a name in a hello is no node name");
	r.from_len = 0;
	refused(&r, "a name in a hello is no node name");
}

static void
test_levels(void **state)
{
	static const struct {
		enum comp_alg alg;
		uint8_t min, max;
	} levels[] = { { COMP_NONE, 0, 0 }, { COMP_LZO, 1, 1 },
		       { COMP_ZLIB, 1, 9 } };

	(void)state;
	for (size_t i = 0; i < sizeof(levels) / sizeof(*levels); i++)
		for (unsigned int level = 0; level <= UINT8_MAX; level++) {
			uint8_t comps[] = { 1, (uint8_t)levels[i].alg,
					    (uint8_t)level, 2, 3 };
			struct raw r = plain();
			char why[64];

			r.comps = comps;
			if (level >= levels[i].min && level <= levels[i].max) {
				struct hello h = taken(&r);

				assert_int_equal(h.algos.ncomps, 1);
				assert_int_equal(h.algos.comps[0].level, level);
				assert_int_equal(h.algos.comps[0].preference,
						 0x0203);
				continue;
			}
			snprintf(why, sizeof(why), "level %u of %s", level,
				 comp_name(levels[i].alg));
			refused(&r, why);
		}
}

/* All compressors fill their array: named once more, one would be written
 * behind its end. */
static void
test_compressors(void **state)
{
	uint8_t comps[] = { COMP_ALGS, COMP_NONE, 0, 0, 1, COMP_LZO, 1, 0, 2,
			    COMP_ZLIB, 6, 0, 3, COMP_NONE, 0, 0, 4 };
	struct raw r = plain();

	(void)state;
	r.comps = comps;
	assert_int_equal(taken(&r).algos.ncomps, COMP_ALGS);
	comps[0]++;
	refused(&r, "compressor 0 twice");
	comps[13] = COMP_LZO;
	comps[14] = 1;
	refused(&r, "compressor 1 twice");
	comps[13] = COMP_ZLIB;
	comps[14] = 9;
	refused(&r, "compressor 2 twice");
	/* The first numbers that stand for nothing here, and the last ones. */
	comps[13] = COMP_ALGS;
	assert_int_equal(taken(&r).algos.ncomps, COMP_ALGS);
	comps[9] = comps[13] = UINT8_MAX;
	refused(&r, "compressor 255 twice");
	comps[13]--;
	assert_int_equal(taken(&r).algos.ncomps, COMP_ALGS - 1);
}

static void
test_ciphers(void **state)
{
	uint8_t ciphers[] = { 3, AEAD_CHACHA20_POLY1305, 0, 1,
			      AEAD_AES_128_GCM, 0, 2, AEAD_AES_256_GCM, 0, 3,
			      AEAD_ALGS, 0, 4 };
	struct raw r = plain();

	(void)state;
	r.ciphers = ciphers;
	assert_int_equal(taken(&r).algos.nciphers, 3);
	ciphers[0]++;
	assert_int_equal(taken(&r).algos.nciphers, 3);
	for (int alg = 1; alg < AEAD_ALGS; alg++) {
		char why[] = "cipher 0 twice";

		why[7] = (char)('0' + alg);
		ciphers[10] = (uint8_t)alg;
		refused(&r, why);
	}
	ciphers[10] = AEAD_NONE;
	refused(&r, "the null cipher");
	ciphers[7] = ciphers[10] = UINT8_MAX;
	refused(&r, "cipher 255 twice");
}

static void
test_pairs_held(void **state)
{
	struct raw r = plain();

	(void)state;
	assert_int_equal(taken(&r).nheld, 0);
	r.nheld = PAIR_HELD_MAX;
	r.generation = HELLO_GENERATION_MAX - 1;
	assert_int_equal(taken(&r).nheld, PAIR_HELD_MAX);
	r.nheld++;
	refused(&r, "4 pairs held");
	r.nheld = 1;
	r.generation++;
	refused(&r, "pair generation 2147483648");
}

static void
test_flags(void **state)
{
	struct raw r = plain();

	(void)state;
	assert_false(taken(&r).negotiate);
	r.flags = HELLO_NEGOTIATE;
	assert_true(taken(&r).negotiate);
	r.flags = 0x02;
	refused(&r, "hello flags 0x02");
	r.flags = 0x81;
	refused(&r, "hello flags 0x81");
}

#define TAIL(r, bytes) ((r).tail = (bytes), (r).taillen = sizeof(bytes))

/* What a later version says more: skipped, or refused. */
static void
test_tail(void **state)
{
	static const uint8_t known[] = { 0, 1, 0, 4, 1, 2, 3, 4,
					 0, 2, 0, 2, 0, 7 };
	static const uint8_t longer[] = { 0, 1, 0,   5,	   1, 2, 3, 4, 5,
					  0, 9, 0,   1,	   0xff, 0x7f, 0xff,
					  0, 0 };
	static const uint8_t refuse[] = { 0x80, 0, 0, 0 };
	static const uint8_t zero[] = { 0, 0, 0, 0 };
	static const uint8_t twice[] = { 0, 9, 0, 0, 0, 9, 0, 0 };
	static const uint8_t order[] = { 0, 9, 0, 0, 0, 8, 0, 0 };
	static const uint8_t cut[] = { 0, 9, 0, 2, 1 };
	static const uint8_t stub[] = { 0 };
	static const uint8_t brief[] = { 0, 1, 0, 3, 1, 2, 3 };
	static const uint8_t format0[] = { 0, 2, 0, 2, 0, 0 };
	uint8_t in_force[4 + HELLO_IN_FORCE_LEN] = { 0, 3, 0,
						     HELLO_IN_FORCE_LEN };
	struct raw r = plain();
	struct hello h = taken(&r);

	(void)state;
	assert_int_equal(h.features, 0);
	assert_int_equal(h.format, BNL_FORMAT_FIRST);
	assert_int_equal(bnl_version_cmp(&h.in_force, &h.list), 0);
	assert_int_equal(h.why, IN_FORCE_SERVED);
	TAIL(r, known);
	h = taken(&r);
	assert_int_equal(h.features, 0x01020304);
	assert_int_equal(h.format, 7);
	TAIL(r, longer);
	assert_int_equal(taken(&r).features, 0x01020304);
	in_force[11] = 9;
	in_force[sizeof(in_force) - 1] = IN_FORCE_FORMAT;
	TAIL(r, in_force);
	h = taken(&r);
	assert_int_equal(h.in_force.timestamp.s, 9);
	assert_int_equal(h.why, IN_FORCE_FORMAT);
	TAIL(r, refuse);
	refused(&r, "a hello's tail: unknown entry 0x8000");
	TAIL(r, zero);
	refused(&r, "a hello's tail: entry 0 is out of order");
	TAIL(r, twice);
	refused(&r, "a hello's tail: entry 9 is out of order");
	TAIL(r, order);
	refused(&r, "a hello's tail: entry 8 is out of order");
	TAIL(r, cut);
	refused(&r, "a hello's tail: an entry is too long");
	TAIL(r, stub);
	refused(&r, "a hello's tail: an entry is too long");
	TAIL(r, brief);
	refused(&r, "a hello's tail: entry 1 is malformed");
	TAIL(r, format0);
	refused(&r, "a hello's tail: entry 2 is malformed");
}

/* Nothing is said that holds without it. */
static void
test_tail_written(void **state)
{
	uint8_t out[FRAME_HELLO_MAX];
	struct hello h = { .from = "a", .to = "b", .format = 1 }, back;
	size_t bare = hello_encode(out, &h);

	(void)state;
	h.format = 2;
	h.features = 5;
	h.in_force.timestamp.s = 77;
	assert_int_equal(hello_encode(out, &h), bare + 8 + 6);
	h.why = IN_FORCE_FORMAT;
	assert_int_equal(hello_encode(out, &h),
			 bare + 8 + 6 + 4 + HELLO_IN_FORCE_LEN);
	assert_int_equal(
		hello_decode(&back, out, hello_encode(out, &h), NULL), 0);
	assert_int_equal(back.format, 2);
	assert_int_equal(back.features, 5);
	assert_int_equal(back.in_force.timestamp.s, 77);
	assert_int_equal(back.why, IN_FORCE_FORMAT);
}

/* A HELLO of any version tells it, however short it is. */
static void
test_version(void **state)
{
	static const uint8_t in[] = { 0x12, 0x34, 0 };

	(void)state;
	assert_int_equal(hello_version(in, 0), 0);
	assert_int_equal(hello_version(in, 1), 0);
	assert_int_equal(hello_version(in, 2), 0x1234);
	assert_int_equal(hello_version(in, 3), 0x1234);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_levels),
		cmocka_unit_test(test_compressors),
		cmocka_unit_test(test_ciphers),
		cmocka_unit_test(test_pairs_held),
		cmocka_unit_test(test_flags),
		cmocka_unit_test(test_version),
		cmocka_unit_test(test_tail),
		cmocka_unit_test(test_tail_written),
	};
	/* clang-format on */

	return cmocka_run_group_tests_name("hello", tests, NULL, NULL);
}
