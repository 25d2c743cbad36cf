/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Fragments: together they are the packet, and each is one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/data/fragment.h"

#include "packets.h"

#define MF 0x2000
#define DF 0x4000

static uint8_t p[2048], payload[1400], whole[2048];

static size_t
make(uint16_t frag, size_t n)
{
	struct made m = { .proto = 17,
			  .host = 1,
			  .ttl = 64,
			  .id = 77,
			  .frag = frag,
			  .payload = payload,
			  .len = n };
	size_t len;

	for (size_t i = 0; i < sizeof(payload); i++)
		payload[i] = (uint8_t)(i * 7 + i / 256);
	len = make_packet(p, &m);
	memcpy(whole, p, len);
	return len;
}

/* Puts it together again; base: where it begins itself. */
static unsigned int
check(size_t len, size_t mtu, uint16_t frag)
{
	size_t n, at = 0, base = (frag & 0x1fffu) * 8u;
	unsigned int pieces = 0;
	struct fragment f;
	struct ippkt ip;
	uint8_t *q;

	assert_true(fragment_start(&f, p, len, mtu));
	while ((q = fragment_next(&f, &n)) != NULL) {
		uint16_t field = get_be16(q + 6);
		bool last = at + n - 20 == len - 20;

		assert_true(n <= mtu);
		assert_int_equal(ippkt_parse(&ip, q, n), 0);
		assert_int_equal((field & 0x1fffu) * 8u, base + at);
		assert_int_equal(field & MF, last ? frag & MF : MF);
		assert_int_equal(get_be16(q + 4), 77);
		assert_memory_equal(q + 12, whole + 12, 8);
		assert_memory_equal(q + 20, whole + 20 + at, n - 20);
		if (!last)
			assert_int_equal((n - 20) % 8, 0);
		at += n - 20;
		pieces++;
	}
	assert_int_equal(at, len - 20);
	return pieces;
}

static void
test_whole(void **state)
{
	(void)state;
	for (size_t mtu = 1200; mtu < 1430; mtu++) {
		size_t len = make(0, 1392);

		assert_int_equal(check(len, mtu, 0), mtu >= len ? 1 : 2);
	}
	assert_int_equal(check(make(0, 1392), 28, 0), 175);
	assert_int_equal(check(make(0, 1392), 576, 0), 3);
}

/* One that is a fragment already: in the midst, or the last. */
static void
test_again(void **state)
{
	(void)state;
	assert_int_equal(check(make(MF | 185, 1392), 1240, MF | 185), 2);
	assert_int_equal(check(make(185, 1387), 1240, 185), 2);
}

static void
test_refused(void **state)
{
	struct made m = { .proto = 17,
			  .host = 1,
			  .ttl = 64,
			  .ipopt = 4,
			  .payload = payload,
			  .len = 100 };
	struct fragment f;

	(void)state;
	assert_false(fragment_start(&f, p, make(DF, 1392), 1240));
	assert_false(fragment_start(&f, p, make(0, 1392), 27));
	assert_false(fragment_start(&f, p, make_packet(p, &m), 100));
	m.v6 = true;
	m.ipopt = 0;
	assert_false(fragment_start(&f, p, make_packet(p, &m), 100));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_again),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
