/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Frames on the TLS connection: fixed bytes, round trips, refusals. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "format/ctlmsg.h"

static struct hello
golden(void)
{
	struct hello h = { .from = "a", .to = "b.example", .negotiate = true };

	memset(h.random, 0x11, sizeof(h.random));
	memset(h.static_key, 0x22, sizeof(h.static_key));
	h.list.timestamp.s = 0x0102030405;
	memset(h.list.digest, 0x33, sizeof(h.list.digest));
	h.algos.nciphers = 2;
	h.algos.ciphers[0] = (struct conf_cipher){ AEAD_AES_256_GCM, 0x0405 };
	h.algos.ciphers[1] =
		(struct conf_cipher){ AEAD_CHACHA20_POLY1305, 0x0607 };
	h.algos.ncomps = 2;
	h.algos.comps[0] = (struct conf_comp){ COMP_NONE, 0, 0x0809 };
	h.algos.comps[1] = (struct conf_comp){ COMP_ZLIB, 6, 0x0a0b };
	h.nheld = 1;
	memset(h.held[0].id, 0x44, PAIR_ID_LEN);
	h.held[0].generation = 0x55;
	return h;
}

#define TIMES16(s) s s s s s s s s s s s s s s s s
#define TIMES32(s) TIMES16(s) TIMES16(s)

static const char golden_bytes[] =
	"\x00\x01"
	"\x01"
	"a"
	"\x09"
	"b.example"
	"\x01" TIMES32("\x11")
		TIMES32("\x22") "\x00\x00\x00\x01\x02\x03\x04\x05" TIMES32(
			"\x33") "\x02\x03\x04\x05\x01\x06\x07"
				"\x02\x00\x00\x08\x09\x02\x06\x0a\x0b"
				"\x01" TIMES16("\x44") "\x00\x00\x00\x55";

/* Offsets into golden_bytes. */
enum {
	AT_FROM = 2,
	AT_TO = 4,
	AT_FLAGS = 14,
	AT_CIPHERS = 119,
	AT_COMPS = 126,
	AT_HELD = 135
};

static void
header_round_trip(void **state)
{
	uint8_t b[FRAME_HEADER_LEN];
	struct frame_header h;
	struct err e;

	(void)state;
	frame_header_write(b, FRAME_LIST_DATA, 16384);
	assert_memory_equal(b, "\x08\x00\x40\x00", 4);
	assert_int_equal(frame_header_read(&h, b, &e), 0);
	assert_int_equal(h.type, FRAME_LIST_DATA);
	assert_int_equal(h.len, 16384);
	for (unsigned int t = 1; t < FRAME_TYPES; t++)
		assert_non_null(frame_name((enum frame_type)t));
}

static void
header_refused(void **state)
{
	/* clang-format off */
	static const uint8_t bad[][FRAME_HEADER_LEN] = {
		{0, 0, 0, 0},		{FRAME_TYPES, 0, 0, 0},
		{255, 0, 0, 1},		{FRAME_READY, 1, 0, 0},
		{FRAME_READY, 0, 0, 1}, {FRAME_CONFIRM, 0, 0, 31},
		{FRAME_CONFIRM, 0, 0, 33}, {FRAME_HELLO, 0, 32, 1},
		{FRAME_HELLO, 0, 0, 1}, {FRAME_REFUSE, 0, 1, 1},
		{FRAME_REFUSE, 0, 0, 41}, {FRAME_LIST_QUERY, 0, 0, 39},
		{FRAME_LIST_HAVE, 0, 0, 45}, {FRAME_LIST_GET, 0, 0, 40},
		{FRAME_LIST_DATA, 0, 0, 0}, {FRAME_LIST_DATA, 0, 0x40, 1},
	};
	/* clang-format on */
	struct frame_header h = { FRAME_READY, 77 };
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(frame_header_read(&h, bad[i], &e), -1);
		assert_int_equal(e.code, ERR_PROTO);
	}
	assert_int_equal(h.len, 77);
}

static void
hello_golden(void **state)
{
	struct hello h = golden(), r;
	uint8_t out[FRAME_HELLO_MAX];
	struct err e;

	(void)state;
	assert_int_equal(hello_encode(out, &h), sizeof(golden_bytes) - 1);
	assert_memory_equal(out, golden_bytes, sizeof(golden_bytes) - 1);
	assert_int_equal(hello_version(out, 2), PROTO_VERSION);
	assert_int_equal(hello_version(out, 1), 0);
	assert_int_equal(hello_decode(&r, out, sizeof(golden_bytes) - 1, &e),
			 0);
	assert_string_equal(r.from, "a");
	assert_string_equal(r.to, "b.example");
	assert_true(r.negotiate);
	assert_memory_equal(r.random, h.random, sizeof(h.random));
	assert_memory_equal(r.static_key, h.static_key, sizeof(h.static_key));
	assert_int_equal(bnl_version_cmp(&r.list, &h.list), 0);
	assert_int_equal(r.algos.nciphers, 2);
	assert_int_equal(r.algos.ciphers[1].alg, AEAD_CHACHA20_POLY1305);
	assert_int_equal(r.algos.ciphers[1].preference, 0x0607);
	assert_int_equal(r.algos.ncomps, 2);
	assert_int_equal(r.algos.comps[1].alg, COMP_ZLIB);
	assert_int_equal(r.algos.comps[1].level, 6);
	assert_int_equal(r.nheld, 1);
	assert_memory_equal(r.held[0].id, h.held[0].id, PAIR_ID_LEN);
	assert_int_equal(r.held[0].generation, 0x55);
}

static void
hello_lengths(void **state)
{
	uint8_t in[sizeof(golden_bytes)];
	struct hello r = { .nheld = 9 };
	struct err e;

	(void)state;
	memcpy(in, golden_bytes, sizeof(in));
	for (size_t len = 0; len < sizeof(in) - 1; len++)
		assert_int_equal(hello_decode(&r, in, len, &e), -1);
	assert_int_equal(hello_decode(&r, in, sizeof(in), &e), -1);
	assert_int_equal(r.nheld, 9);
}

/* The golden hello with one byte changed must be refused. */
static void
assert_spoilt(size_t at, uint8_t v)
{
	uint8_t in[sizeof(golden_bytes) - 1];
	struct hello r;
	struct err e;

	memcpy(in, golden_bytes, sizeof(in));
	assert_int_not_equal(in[at], v);
	in[at] = v;
	assert_int_equal(hello_decode(&r, in, sizeof(in), &e), -1);
	assert_int_equal(e.code, ERR_PROTO);
}

static void
hello_refused(void **state)
{
	(void)state;
	assert_spoilt(AT_FROM, 0);
	assert_spoilt(AT_FROM + 1, 'A');
	assert_spoilt(AT_TO, 64);
	assert_spoilt(AT_TO + 2, '\n');
	assert_spoilt(AT_FLAGS, 0x03);
	assert_spoilt(AT_FLAGS, 0x80);
	assert_spoilt(AT_CIPHERS + 1, AEAD_NONE);
	assert_spoilt(AT_CIPHERS + 1, AEAD_CHACHA20_POLY1305); /* twice */
	assert_spoilt(AT_CIPHERS, 3);
	assert_spoilt(AT_COMPS + 1, COMP_ZLIB); /* twice */
	assert_spoilt(AT_COMPS + 2, 1);		/* a level of none */
	assert_spoilt(AT_COMPS + 6, 0);		/* zlib's levels */
	assert_spoilt(AT_COMPS + 6, 10);
	assert_spoilt(AT_HELD, 4);
	assert_spoilt(AT_HELD, 0);
	assert_spoilt(AT_HELD + 17, 0x80); /* generation */
}

static void
hello_same_pair_twice(void **state)
{
	struct hello h = golden(), r;
	uint8_t out[FRAME_HELLO_MAX];
	struct err e;
	size_t len;

	(void)state;
	h.nheld = 3;
	memset(h.held[1].id, 0x45, PAIR_ID_LEN);
	memset(h.held[2].id, 0x46, PAIR_ID_LEN);
	len = hello_encode(out, &h);
	assert_int_equal(hello_decode(&r, out, len, &e), 0);
	assert_int_equal(r.nheld, 3);
	memset(h.held[2].id, 0x44, PAIR_ID_LEN);
	len = hello_encode(out, &h);
	assert_int_equal(hello_decode(&r, out, len, &e), -1);
}

static void
hello_unknown_algorithms_left_out(void **state)
{
	uint8_t in[FRAME_HELLO_MAX];
	struct hello r;
	struct err e;

	(void)state;
	memcpy(in, golden_bytes, sizeof(golden_bytes) - 1);
	in[AT_CIPHERS + 1] = 200;
	in[AT_COMPS + 5] = 201;
	in[AT_COMPS + 6] = 99;
	assert_int_equal(hello_decode(&r, in, sizeof(golden_bytes) - 1, &e), 0);
	assert_int_equal(r.algos.nciphers, 1);
	assert_int_equal(r.algos.ciphers[0].alg, AEAD_CHACHA20_POLY1305);
	assert_int_equal(r.algos.ncomps, 1);
	assert_int_equal(r.algos.comps[0].alg, COMP_NONE);
	/* But not twice either. */
	in[AT_CIPHERS + 4] = 200;
	assert_int_equal(hello_decode(&r, in, sizeof(golden_bytes) - 1, &e),
			 -1);
}

static void
refuse_round_trip(void **state)
{
	struct refuse r = { .code = REFUSE_NOT_LISTED, .text = "not here" }, s;
	uint8_t out[FRAME_REFUSE_MAX + 1];
	struct err e;
	size_t len;

	(void)state;
	r.list.timestamp.s = 5;
	len = refuse_encode(out, &r);
	assert_int_equal(len, 1 + 40 + 1 + 8);
	assert_memory_equal(out, "\x02\0\0\0\0\0\0\0\x05", 9);
	assert_memory_equal(out + 41, "\x08not here", 9);
	assert_int_equal(refuse_decode(&s, out, len, &e), 0);
	assert_int_equal(s.code, REFUSE_NOT_LISTED);
	assert_string_equal(s.text, "not here");
	assert_int_equal(s.list.timestamp.s, 5);
	memset(&s, 0, sizeof(s));
	for (size_t n = 0; n < len; n++)
		assert_int_equal(refuse_decode(&s, out, n, &e), -1);
	assert_int_equal(refuse_decode(&s, out, len + 1, &e), -1);
	out[44] = 0;
	assert_int_equal(refuse_decode(&s, out, len, &e), -1);
	out[44] = 0xff;
	assert_int_equal(refuse_decode(&s, out, len, &e), -1);
	out[41] = 192;
	memset(out + 42, 'x', 192);
	assert_int_equal(refuse_decode(&s, out, 42 + 192, &e), -1);
	out[41] = 191;
	assert_int_equal(refuse_decode(&s, out, 42 + 191, &e), 0);
	for (unsigned int i = 0; i < 256; i++)
		assert_non_null(refuse_name((uint8_t)i));
}

static void
list_have_round_trip(void **state)
{
	struct list_have h = { .len = 0x01020304 }, r;
	uint8_t out[LIST_HAVE_LEN];

	(void)state;
	h.version.timestamp.s = 6;
	memset(h.version.digest, 7, sizeof(h.version.digest));
	list_have_encode(out, &h);
	assert_int_equal(out[7], 6);
	assert_memory_equal(out + 40, "\x01\x02\x03\x04", 4);
	list_have_decode(&r, out);
	assert_int_equal(r.len, h.len);
	assert_int_equal(bnl_version_cmp(&r.version, &h.version), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(header_round_trip),
		cmocka_unit_test(header_refused),
		cmocka_unit_test(hello_golden),
		cmocka_unit_test(hello_lengths),
		cmocka_unit_test(hello_refused),
		cmocka_unit_test(hello_same_pair_twice),
		cmocka_unit_test(hello_unknown_algorithms_left_out),
		cmocka_unit_test(refuse_round_trip),
		cmocka_unit_test(list_have_round_trip),
	};

	return cmocka_run_group_tests_name("ctlmsg", tests, NULL, NULL);
}
