/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ICMP and ICMPv6 errors that answer an inner packet. */
#include "format/ippkt.h"

#include <string.h>

#include "base/bytes.h"
#include "base/cursor.h"

#define V4_HEADER_LEN 20
#define V4_ERROR_MAX 576 /* RFC 1812 4.3.2.3 */
#define V4_DF 0x4000
#define V6_HEADER_LEN 40
#define ICMP_HEADER_LEN 8
#define ICMP_CHECKSUM_AT 2
#define V4_CHECKSUM_AT 10
#define HOP_LIMIT 64
#define PROTO_ICMP 1
#define PROTO_ICMPV6 58
#define ICMPV6_INFORMATIONAL 128 /* lower types are errors */
#define ICMPV6_REDIRECT 137
#define TOS_INTERNET_CONTROL 0xc0 /* RFC 1812 4.3.2.5 */

struct icmp_code {
	uint8_t type, code;
};

/* RFC 792, RFC 1191, RFC 1812 5.2.7.1; RFC 4443 3.1, 3.2. */
static const struct icmp_code v4_codes[] = {
	[IPPKT_NO_ROUTE] = { 3, 0 },
	[IPPKT_HOST_DOWN] = { 3, 1 },
	[IPPKT_PROHIBITED] = { 3, 13 },
	[IPPKT_TOO_BIG] = { 3, 4 },
};
static const struct icmp_code v6_codes[] = {
	[IPPKT_NO_ROUTE] = { 1, 0 },
	[IPPKT_HOST_DOWN] = { 1, 3 },
	[IPPKT_PROHIBITED] = { 1, 1 },
	[IPPKT_TOO_BIG] = { 2, 0 },
};

/* True when the address names a single host (RFC 1122 3.2.2, RFC 4443 2.4 e):
 * errors go to such addresses only. */
static bool
is_single_source(const struct ipaddr *a)
{
	if (ipaddr_is_multicast(a) || ipaddr_is_unspecified(a) ||
	    ipaddr_is_loopback(a))
		return false;
	/* 0/8 is "this network", 240/4 reserved, with the broadcast in it. */
	return a->family != IP_V4 || (a->b[0] != 0 && a->b[0] < 240);
}

static bool
is_single_destination(const struct ipaddr *a)
{
	static const uint8_t broadcast[4] = { 255, 255, 255, 255 };

	if (ipaddr_is_multicast(a) || ipaddr_is_unspecified(a))
		return false;
	return a->family != IP_V4 || memcmp(a->b, broadcast, 4) != 0;
}

static bool
is_icmp_error(const struct ippkt *k, const uint8_t *p, size_t len)
{
	uint8_t type;

	if (k->proto != (k->src.family == IP_V4 ? PROTO_ICMP : PROTO_ICMPV6))
		return false;
	if (k->hdrlen == len)
		return true; /* without a type it may be an error */
	type = p[k->hdrlen];
	if (k->proto == PROTO_ICMPV6)
		return type < ICMPV6_INFORMATIONAL || type == ICMPV6_REDIRECT;
	return type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
}

static bool
deserves_error(const struct ippkt *k, enum ippkt_error kind, const uint8_t *p,
	       size_t len)
{
	return is_single_source(&k->src) && is_single_destination(&k->dst) &&
	       !k->later_fragment && !is_icmp_error(k, p, len) &&
	       (kind != IPPKT_TOO_BIG || k->dont_fragment);
}

static void
icmp_write(struct wcur *w, struct icmp_code c, uint32_t info,
	   const uint8_t *quote, size_t len)
{
	wcur_u8(w, c.type);
	wcur_u8(w, c.code);
	wcur_be16(w, 0);
	wcur_be32(w, info);
	wcur_bytes(w, quote, len);
}

static void
put_checksum(uint8_t *at, uint64_t sum)
{
	put_be16(at, (uint16_t)~ippkt_fold(sum));
}

static size_t
v4_error(uint8_t *out, enum ippkt_error kind, uint32_t mtu,
	 const struct ipaddr *from, const struct ippkt *k, const uint8_t *p,
	 size_t len)
{
	const size_t room = V4_ERROR_MAX - V4_HEADER_LEN - ICMP_HEADER_LEN;
	size_t quote = len < room ? len : room;
	uint32_t info = 0;
	struct wcur w;

	if (kind == IPPKT_TOO_BIG)
		info = mtu < UINT16_MAX ? mtu : UINT16_MAX;
	wcur_init(&w, out, IPPKT_ERROR_MAX);
	wcur_u8(&w, 0x45);
	wcur_u8(&w, TOS_INTERNET_CONTROL);
	wcur_be16(&w, (uint16_t)(V4_HEADER_LEN + ICMP_HEADER_LEN + quote));
	wcur_be16(&w, 0); /* RFC 6864: an atomic datagram needs no id */
	wcur_be16(&w, V4_DF);
	wcur_u8(&w, HOP_LIMIT);
	wcur_u8(&w, PROTO_ICMP);
	wcur_be16(&w, 0);
	wcur_bytes(&w, from->b, 4);
	wcur_bytes(&w, k->src.b, 4);
	icmp_write(&w, v4_codes[kind], info, p, quote);
	put_checksum(out + V4_CHECKSUM_AT, ippkt_sum(0, out, V4_HEADER_LEN));
	put_checksum(out + V4_HEADER_LEN + ICMP_CHECKSUM_AT,
		     ippkt_sum(0, out + V4_HEADER_LEN, w.len - V4_HEADER_LEN));
	return w.len;
}

static size_t
v6_error(uint8_t *out, enum ippkt_error kind, uint32_t mtu,
	 const struct ipaddr *from, const struct ippkt *k, const uint8_t *p,
	 size_t len)
{
	const size_t room = IPPKT_ERROR_MAX - V6_HEADER_LEN - ICMP_HEADER_LEN;
	size_t quote = len < room ? len : room;
	size_t payload = ICMP_HEADER_LEN + quote;
	struct wcur w;

	wcur_init(&w, out, IPPKT_ERROR_MAX);
	wcur_be32(&w, UINT32_C(6) << 28);
	wcur_be16(&w, (uint16_t)payload);
	wcur_u8(&w, PROTO_ICMPV6);
	wcur_u8(&w, HOP_LIMIT);
	wcur_bytes(&w, from->b, 16);
	wcur_bytes(&w, k->src.b, 16);
	icmp_write(&w, v6_codes[kind], kind == IPPKT_TOO_BIG ? mtu : 0, p,
		   quote);
	put_checksum(out + V6_HEADER_LEN + ICMP_CHECKSUM_AT,
		     ippkt_sum(ippkt_pseudo_sum(out, PROTO_ICMPV6, payload),
			       out + V6_HEADER_LEN, payload));
	return w.len;
}

size_t
ippkt_make_error(uint8_t out[IPPKT_ERROR_MAX], enum ippkt_error kind,
		 uint32_t mtu, const struct ipaddr *from, const uint8_t *p,
		 size_t len)
{
	struct ippkt k;

	if (ippkt_parse(&k, p, len) != 0 || k.src.family != from->family ||
	    !deserves_error(&k, kind, p, len))
		return 0;
	if (k.src.family == IP_V4)
		return v4_error(out, kind, mtu, from, &k, p, len);
	return v6_error(out, kind, mtu, from, &k, p, len);
}
