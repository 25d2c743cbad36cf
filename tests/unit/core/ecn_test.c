/* SPDX-License-Identifier: GPL-3.0-or-later */
/* RFC 6040, figure 4, over both families; DSCP stays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/data/ecn.h"
#include "packets.h"

/* As it stands in the RFC: the datagram's bits from left to right, in the
 * order of enum ecn. "x": dropped. */
static const char *const figure[4] = {
	[ECN_NOT_ECT] = "000x",
	[ECN_ECT1] = "1113",
	[ECN_ECT0] = "2123",
	[ECN_CE] = "3333",
};

static size_t
packet(uint8_t *p, bool v6, uint8_t tos, uint16_t id)
{
	static const uint8_t payload[40];
	const struct made m = { .v6 = v6,
				.proto = 17,
				.host = 1,
				.ttl = 64,
				.tos = tos,
				.id = id,
				.label = 0xabcde,
				.payload = payload,
				.len = sizeof(payload) };

	return make_packet(p, &m);
}

static void
check(bool v6, uint8_t dscp, uint8_t inner, uint8_t outer, uint16_t id)
{
	uint8_t tos = (uint8_t)(dscp << 2 | inner);
	uint8_t got[256], want[256], before[256];
	char becomes = figure[inner][outer & ECN_MASK];
	size_t len = packet(got, v6, tos, id);
	struct ippkt ip;

	memcpy(before, got, len);
	if (becomes == 'x') {
		assert_false(ecn_arrived(got, outer));
		assert_memory_equal(got, before, len);
		return;
	}
	assert_true(ecn_arrived(got, outer));
	/* The same as if it had been made like that, checksum included. */
	packet(want, v6, (uint8_t)(dscp << 2 | (becomes - '0')), id);
	assert_memory_equal(got, want, len);
	assert_int_equal(ippkt_parse(&ip, got, len), 0);
	assert_int_equal(ip.dscp_ecn & ECN_MASK, becomes - '0');
	assert_int_equal(ip.dscp_ecn >> 2, dscp);
}

/* Whatever the DSCP of either is; identifications make checksums differ, also
 * those near 0 and 0xffff. */
static void
test_table(void **state)
{
	(void)state;
	for (int v6 = 0; v6 < 2; v6++)
		for (uint8_t dscp = 0; dscp < 64; dscp += 7)
			for (int outer = 0; outer < 256; outer++)
				for (uint8_t inner = 0; inner < 4; inner++)
					check(v6, dscp, inner, (uint8_t)outer,
					      (uint16_t)(outer * 7));
}

static void
test_checksums(void **state)
{
	(void)state;
	for (uint32_t id = 0; id <= UINT16_MAX; id++) {
		check(false, 0, ECN_ECT0, ECN_CE, (uint16_t)id);
		check(false, 46, ECN_ECT0, ECN_ECT1, (uint16_t)id);
	}
}

static void
test_outer(void **state)
{
	uint8_t p[256];

	(void)state;
	for (int tos = 0; tos < 256; tos++)
		for (int v6 = 0; v6 < 2; v6++) {
			packet(p, v6, (uint8_t)tos, 0);
			assert_int_equal(ecn_outer(p, 0xff), tos);
			assert_int_equal(ecn_outer(p, ECN_MASK), tos & 3);
			assert_int_equal(ecn_outer(p, DSCP_MASK), tos & 252);
			assert_int_equal(ecn_outer(p, 0), 0);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_checksums),
		cmocka_unit_test(test_outer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
