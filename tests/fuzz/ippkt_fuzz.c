/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any bytes as an inner packet; an error about it is a packet itself, and
 * draws no other error. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "base/bytes.h"
#include "format/ippkt.h"

static struct ipaddr
host_of(uint8_t family)
{
	struct ipaddr a = { .family = family, .b = { 10, 156, 0, 1 } };

	if (family == IP_V6)
		a.b[0] = 0xfd;
	return a;
}

static void
check_error(enum ippkt_error kind, const struct ippkt *k, const uint8_t *p,
	    size_t len)
{
	static const uint32_t mtu = 1280;
	uint8_t out[IPPKT_ERROR_MAX], again[IPPKT_ERROR_MAX];
	struct ipaddr from = host_of(k->src.family);
	size_t n = ippkt_make_error(out, kind, mtu, &from, p, len);
	struct ippkt e;

	if (n == 0)
		return;
	require(n <= (k->src.family == IP_V4 ? 576 : 1280));
	require(ippkt_parse(&e, out, n) == 0);
	require(ipaddr_equal(&e.dst, &k->src));
	require(ipaddr_equal(&e.src, &from));
	require(!k->later_fragment);
	require(ippkt_make_error(again, kind, mtu, &k->dst, out, n) == 0);
}

static void
check(const uint8_t *p, size_t len)
{
	struct ippkt k;

	if (ippkt_parse(&k, p, len) != 0)
		return;
	require(k.hdrlen <= len && k.hdrlen >= 20);
	require(k.src.family == k.dst.family);
	for (int kind = IPPKT_NO_ROUTE; kind <= IPPKT_TOO_BIG; kind++)
		check_error((enum ippkt_error)kind, &k, p, len);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	uint8_t p[2048];
	size_t hdrlen;

	check(data, len);
	/* With lengths and checksum put right, so that more is reached. */
	if (len < 40 || len > sizeof(p))
		return 0;
	memcpy(p, data, len);
	if (p[0] >> 4 == 6) {
		put_be16(p + 4, (uint16_t)(len - 40));
	} else {
		hdrlen = (size_t)(p[0] & 15) * 4;
		put_be16(p + 2, (uint16_t)len);
		put_be16(p + 10, 0);
		if (hdrlen <= len)
			put_be16(p + 10, (uint16_t)~ippkt_fold(
						 ippkt_sum(0, p, hdrlen)));
	}
	check(p, len);
	return 0;
}
