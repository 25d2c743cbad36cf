/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The segment size in SYNs: lowered, never raised, checksums kept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/data/mss.h"

#include "packets.h"

static uint8_t p[256], before[256];
static struct ippkt ip;
static size_t len, tcp;

/* A TCP packet with these options; partial: the checksum is. */
static void
make(bool v6, uint8_t flags, const char *opts, size_t optlen, bool partial)
{
	struct made m = { .v6 = v6,
			  .proto = 6,
			  .host = 1,
			  .ttl = 64,
			  .flags = flags,
			  .tcpopt = optlen,
			  .partial = partial };

	len = make_packet(p, &m);
	tcp = v6 ? 40 : 20;
	memcpy(p + tcp + 20, opts, optlen);
	put_be16(p + tcp + 16, 0);
	slow_csum(p, tcp, len, 6, partial);
	memcpy(before, p, len);
	assert_int_equal(ippkt_parse(&ip, p, len), 0);
}

static uint16_t
csum(bool partial)
{
	uint8_t copy[256];

	memcpy(copy, p, len);
	put_be16(copy + tcp + 16, 0);
	slow_csum(copy, tcp, len, 6, partial);
	return get_be16(copy + tcp + 16);
}

static void
test_clamped(void **state)
{
	static const struct {
		const char *opts;
		size_t len, at;
	} cases[] = {
		{ "\2\4\5\264", 4, 2 },
		{ "\1\2\4\5\264\1\1\1", 8, 3 }, /* at an odd place */
		{ "\4\2\3\3\7\2\4\5\264\0\0\0", 12, 7 },
	};

	(void)state;
	for (size_t i = 0; i < 3; i++)
		for (int how = 0; how < 8; how++) {
			bool v6 = how & 1, partial = how & 2;
			uint8_t flags =
				how & 4 ? FLAG_SYN | FLAG_ACK : FLAG_SYN;

			make(v6, flags, cases[i].opts, cases[i].len, partial);
			mss_clamp(p, len, &ip, partial, 1240);
			assert_int_equal(get_be16(p + tcp + 20 + cases[i].at),
					 v6 ? 1180 : 1200);
			assert_int_equal(get_be16(p + tcp + 16), csum(partial));
		}
}

static void
test_left_alone(void **state)
{
	static const struct {
		const char *opts;
		size_t len;
		uint8_t flags;
	} cases[] = {
		{ "\2\4\4\260", 4, FLAG_SYN }, /* 1200: it fits */
		{ "\2\4\2\30", 4, FLAG_SYN },  /* 536 */
		{ "\2\4\5\264", 4, FLAG_ACK }, /* no SYN */
		{ "\2\3\5\264", 4, FLAG_SYN }, /* no such length */
		{ "\1\1\2\4", 4, FLAG_SYN },   /* cut short */
		{ "\1\1\1\2", 4, FLAG_SYN },
		{ "\10\0\2\4\5\264\1\1", 8, FLAG_SYN }, /* length 0 */
		{ "\10\1\2\4\5\264\1\1", 8, FLAG_SYN },
		{ "\10\377\2\4\5\264\1\1", 8, FLAG_SYN },
		{ "\0\1\2\4\5\264\1\1", 8, FLAG_SYN }, /* behind the end */
		{ "", 0, FLAG_SYN },
		/* Signed: TCP MD5 behind, TCP-AO before. */
		{ "\2\4\5\264\1\1\23\22................", 24, FLAG_SYN },
		{ "\35\20..............\2\4\5\264", 20, FLAG_SYN },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		make(false, cases[i].flags, cases[i].opts, cases[i].len, false);
		mss_clamp(p, len, &ip, false, 1240);
		assert_memory_equal(p, before, len);
	}
	/* A header that says it is longer than the packet. */
	make(false, FLAG_SYN, "\2\4\5\264", 4, false);
	before[tcp + 12] = p[tcp + 12] = 0xf0;
	mss_clamp(p, len, &ip, false, 1240);
	assert_memory_equal(p, before, len);
	/* UDP, and a piece of something. */
	make(false, FLAG_SYN, "\2\4\5\264", 4, false);
	ip.proto = 17;
	mss_clamp(p, len, &ip, false, 1240);
	ip.proto = 6;
	ip.fragment = true;
	mss_clamp(p, len, &ip, false, 1240);
	assert_memory_equal(p, before, len);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_clamped),
		cmocka_unit_test(test_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
