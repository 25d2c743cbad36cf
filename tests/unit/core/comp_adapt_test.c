/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is tried, what is not, and how soon that changes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/comp_adapt.h"

#include "../base/prng.h"

#define MTU 1420
#define MANY 20000

static struct comp *comp;
static struct prng prng = { 3406 };
static uint8_t pkt[MTU], out[MTU], back[MTU];
static struct adapt_budget endless;

static const struct {
	enum comp_alg alg;
	uint8_t level;
	unsigned int exponent;
} ways[] = {
	{ COMP_LZO, 1, ADAPT_LZO_EXPONENT },
	{ COMP_ZLIB, 1, ADAPT_ZLIB_EXPONENT },
	{ COMP_ZLIB, 6, ADAPT_ZLIB_EXPONENT },
	{ COMP_ZLIB, 9, ADAPT_ZLIB_EXPONENT },
};

#define WAYS (sizeof(ways) / sizeof(ways[0]))

static void
fill_random(void)
{
	for (size_t i = 0; i < MTU; i++)
		pkt[i] = (uint8_t)prng_next(&prng);
}

/* Lines of a log; the 40 bytes in front are as random as a header may be. */
static void
fill_text(void)
{
	size_t at = 40;

	fill_random();
	while (at < MTU) {
		char line[100];
		int n = snprintf(line, sizeof(line),
				 "Nov 22 06:25:%02u host sshd[%u]: connection "
				 "from 10.156.1.%u port %u\n",
				 prng_below(&prng, 60), prng_below(&prng, 9999),
				 prng_below(&prng, 256),
				 prng_below(&prng, 65536));
		size_t len = (size_t)n < MTU - at ? (size_t)n : MTU - at;

		memcpy(pkt + at, line, len);
		at += len;
	}
}

/* Records with high bits in all of their bytes. */
static void
fill_binary(void)
{
	fill_random();
	for (size_t i = 40; i < MTU; i++)
		pkt[i] = (uint8_t)(0xf0 | i % 7);
}

static size_t
pack(struct adapt *s, size_t way, size_t len)
{
	size_t n = adapt_pack(s, &endless, comp, ways[way].alg, ways[way].level,
			      pkt, len, out);

	if (n > 0) {
		assert_in_range(n, 1, len - len / ADAPT_GAIN);
		assert_int_equal(
			comp_unpack(comp, ways[way].alg, out, n, back, MTU),
			len);
		assert_memory_equal(back, pkt, len);
	}
	return n;
}

static void
test_text(void **state)
{
	(void)state;
	for (size_t w = 0; w < WAYS; w++) {
		struct adapt s = { .stats.tried = 0 };

		for (int i = 0; i < 100; i++) {
			fill_text();
			assert_true(pack(&s, w, MTU) > 0);
		}
		assert_int_equal(s.stats.tried, 100);
		assert_int_equal(s.stats.shrunk, 100);
		assert_int_equal(s.stats.skipped, 0);
		assert_int_equal(s.stats.in, 100 * MTU);
		assert_in_range(s.stats.out, 1, 70 * MTU);
	}
}

static void
test_random_is_tried_rarely(void **state)
{
	(void)state;
	for (size_t w = 0; w < WAYS; w++) {
		struct adapt s = { .stats.tried = 0 };
		unsigned int most = ways[w].exponent;

		for (int i = 0; i < MANY; i++) {
			fill_random();
			assert_int_equal(pack(&s, w, MTU), 0);
		}
		assert_int_equal(s.stats.tried + s.stats.skipped, MANY);
		assert_int_equal(s.stats.shrunk, 0);
		assert_int_equal(s.stats.in, s.stats.out);
		/* On the way there, then once in 2^most; but it goes on. */
		assert_in_range(s.stats.tried, most + 1,
				most + 1 + (MANY >> most));
	}
}

static void
test_text_behind_random(void **state)
{
	(void)state;
	for (size_t w = 0; w < WAYS; w++) {
		struct adapt s = { .stats.tried = 0 };

		for (int i = 0; i < MANY; i++) {
			fill_random();
			(void)pack(&s, w, MTU);
		}
		fill_text();
		assert_true(pack(&s, w, MTU) > 0);
	}
}

/* What cannot be told from random bytes by its look takes no longer than the
 * longest pause, and is then tried each time. */
static void
test_binary_behind_random(void **state)
{
	(void)state;
	for (size_t w = 0; w < WAYS; w++) {
		struct adapt s = { .stats.tried = 0 };
		unsigned int untried = 0;

		for (int i = 0; i < MANY; i++) {
			fill_random();
			(void)pack(&s, w, MTU);
		}
		fill_binary();
		while (pack(&s, w, MTU) == 0)
			untried++;
		assert_in_range(untried, 0, 1u << ways[w].exponent);
		for (int i = 0; i < 100; i++)
			assert_true(pack(&s, w, MTU) > 0);
	}
}

/* Two streams at a time: the one does not spoil it for the other. */
static void
test_mixed(void **state)
{
	(void)state;
	for (size_t w = 0; w < WAYS; w++) {
		struct adapt s = { .stats.tried = 0 };

		for (int i = 0; i < 1000; i++) {
			fill_random();
			assert_int_equal(pack(&s, w, MTU), 0);
			(void)pack(&s, w, 52);
			fill_text();
			assert_true(pack(&s, w, MTU) > 0);
		}
		assert_int_equal(s.stats.shrunk, 1000);
		assert_in_range(s.stats.tried, 1000, 1200);
	}
}

/* A saving that is not worth the work is none. */
static void
test_small_gain(void **state)
{
	struct adapt s = { .stats.tried = 0 };

	(void)state;
	fill_random();
	memset(pkt + 100, 'x', MTU / ADAPT_GAIN - 20);
	assert_true(comp_pack(comp, COMP_ZLIB, 6, pkt, MTU, out, MTU) > 0);
	assert_int_equal(pack(&s, 2, MTU), 0);
	assert_int_equal(s.stats.shrunk, 0);
	memset(pkt + 100, 'x', MTU / ADAPT_GAIN + 60);
	while (pack(&s, 2, MTU) == 0)
		assert_in_range(s.stats.tried, 1, 2);
}

static void
test_lengths(void **state)
{
	(void)state;
	for (size_t w = 0; w < WAYS; w++)
		for (size_t len = 1; len < 300; len++) {
			struct adapt s = { .stats.tried = 0 };

			fill_text();
			(void)pack(&s, w, len);
			assert_int_equal(s.stats.tried, 1);
			assert_int_equal(s.stats.in, len);
		}
}

static void
test_none(void **state)
{
	struct adapt s = { .stats.tried = 0 }, zero = { .stats.tried = 0 };

	(void)state;
	fill_text();
	assert_int_equal(
		adapt_pack(&s, &endless, comp, COMP_NONE, 0, pkt, MTU, out), 0);
	assert_memory_equal(&s, &zero, sizeof(s));
}

/* --- the time that it may take ---------------------------------------------- */

static int64_t fake_ns;	  /* the reading of the clock */
static int64_t packet_ns; /* by which packing one moves it */

/* Read before a packet is packed and behind it. */
static struct monotime
fake_clock(void)
{
	static bool behind;

	fake_ns += behind ? packet_ns : 0;
	behind = !behind;
	return (struct monotime){ fake_ns };
}

/* Tries in a turn with so many packets of text. */
static uint64_t
tries(struct adapt_budget *b, unsigned int packets)
{
	struct adapt s = { .stats.tried = 0 };

	adapt_fill(b, (struct monotime){ fake_ns });
	for (unsigned int i = 0; i < packets; i++) {
		fill_text();
		(void)adapt_pack(&s, b, comp, COMP_ZLIB, 9, pkt, MTU, out);
	}
	assert_int_equal(s.stats.tried + s.stats.skipped, packets);
	return s.stats.tried;
}

static void
test_budget(void **state)
{
	struct adapt_budget b = { .clock = fake_clock };

	(void)state;
	fake_ns = NS_PER_S;
	packet_ns = ADAPT_BURST_NS / 10;
	assert_int_equal(tries(&b, 1000), 10);
	/* Half of the time that passes is earned: that of packing, too. */
	assert_int_equal(tries(&b, 1000), 5);
	fake_ns += 6 * packet_ns;
	assert_int_equal(tries(&b, 1000), 6);
	/* However long nothing comes, one burst is all. */
	fake_ns += 3600 * NS_PER_S;
	assert_int_equal(tries(&b, 1000), 10);
	/* A packet that takes little is always tried. */
	fake_ns += NS_PER_S;
	packet_ns = ADAPT_BURST_NS / 1000;
	assert_int_equal(tries(&b, 1000), 1000);
}

/* Time in which the process did not run is charged by the length only. */
static void
test_budget_of_a_stopped_process(void **state)
{
	struct adapt_budget b = { .clock = fake_clock };

	(void)state;
	fake_ns = NS_PER_S;
	packet_ns = 3600 * NS_PER_S;
	assert_in_range(tries(&b, 1000), ADAPT_BURST_NS / MTU / ADAPT_BYTE_NS,
			ADAPT_BURST_NS / MTU / ADAPT_BYTE_NS + 1);
}

static int
setup(void **state)
{
	(void)state;
	comp = comp_new();
	return comp == NULL ? -1 : 0;
}

static int
teardown(void **state)
{
	(void)state;
	comp_free(comp);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_random_is_tried_rarely),
		cmocka_unit_test(test_text_behind_random),
		cmocka_unit_test(test_binary_behind_random),
		cmocka_unit_test(test_mixed),
		cmocka_unit_test(test_small_gain),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_budget),
		cmocka_unit_test(test_budget_of_a_stopped_process),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
