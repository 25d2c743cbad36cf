/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Parses inner packets; computes Internet checksums. */
#include "format/ippkt.h"

#include <string.h>

#include "base/bytes.h"

#define V4_HEADER_MIN 20
#define V4_DF 0x4000
#define V4_MF 0x2000
#define V4_OFFSET 0x1fff
#define V6_HEADER_LEN 40
#define V6_EXT_MIN 8
#define SUM_BLOCK 16 /* bytes */
/* A packet with more extension headers than this is refused. */
#define V6_EXT_COUNT_MAX 8

/* IANA protocol numbers of headers that may precede an IPv6 transport
 * header. */
#define EXT_HOP_BY_HOP 0
#define EXT_ROUTING 43
#define EXT_FRAGMENT 44
#define EXT_AUTH 51
#define EXT_DEST_OPTIONS 60
#define EXT_MOBILITY 135
#define EXT_HIP 139
#define EXT_SHIM6 140

/* Sums whole blocks in 64-bit words of the machine's byte order, with
 * end-around carry. By RFC 1071 2(B) only the folded sum has to be
 * byte-swapped. */
static uint16_t
sum_blocks(const uint8_t *p, size_t len)
{
	uint64_t even = 0, odd = 0, word[2];
	uint8_t bytes[2];
	uint16_t sum;

	for (size_t at = 0; at < len; at += SUM_BLOCK) {
		memcpy(word, p + at, SUM_BLOCK);
		even += word[0];
		even += even < word[0];
		odd += word[1];
		odd += odd < word[1];
	}
	sum = ippkt_fold((even & UINT32_MAX) + (even >> 32) +
			 (odd & UINT32_MAX) + (odd >> 32));
	memcpy(bytes, &sum, sizeof(bytes));
	return get_be16(bytes);
}

uint64_t
ippkt_sum(uint64_t start, const uint8_t *p, size_t len)
{
	size_t blocks = len - len % SUM_BLOCK;
	uint64_t sum = start;

	if (blocks > 0) {
		sum += sum_blocks(p, blocks);
		p += blocks;
		len -= blocks;
	}
	/* RFC 1071 2(A), (C): 32-bit words give the same sum once folded. */
	for (; len >= 4; p += 4, len -= 4)
		sum += get_be32(p);
	if (len >= 2) {
		sum += get_be16(p);
		p += 2;
		len -= 2;
	}
	if (len == 1)
		sum += (uint64_t)p[0] << 8;
	return sum;
}

uint16_t
ippkt_fold(uint64_t sum)
{
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

uint64_t
ippkt_pseudo_sum(const uint8_t *p, uint8_t proto, size_t len)
{
	if (p[0] >> 4 == 4)
		return ippkt_sum(proto + (uint64_t)len, p + 12, 8);
	return ippkt_sum(proto + (uint64_t)len, p + 8, 32);
}

static int
v4_parse(struct ippkt *out, const uint8_t *p, size_t len)
{
	struct ippkt k = { .src.family = IP_V4, .dst.family = IP_V4 };
	uint16_t frag;

	if (len < V4_HEADER_MIN)
		return -1;
	k.hdrlen = (size_t)(p[0] & 0x0f) * 4;
	if (k.hdrlen < V4_HEADER_MIN || k.hdrlen > len ||
	    get_be16(p + 2) != len ||
	    ippkt_fold(ippkt_sum(0, p, k.hdrlen)) != 0xffff)
		return -1;
	frag = get_be16(p + 6);
	k.dscp_ecn = p[1];
	k.dont_fragment = (frag & V4_DF) != 0;
	k.fragment = (frag & (V4_MF | V4_OFFSET)) != 0;
	k.later_fragment = (frag & V4_OFFSET) != 0;
	k.proto = p[9];
	memcpy(k.src.b, p + 12, 4);
	memcpy(k.dst.b, p + 16, 4);
	*out = k;
	return 0;
}

static bool
v6_is_extension(uint8_t next)
{
	switch (next) {
	case EXT_HOP_BY_HOP:
	case EXT_ROUTING:
	case EXT_FRAGMENT:
	case EXT_AUTH:
	case EXT_DEST_OPTIONS:
	case EXT_MOBILITY:
	case EXT_HIP:
	case EXT_SHIM6:
		return true;
	default:
		return false;
	}
}

/* The length of the extension header at p (RFC 6564; RFC 4302 for AH). */
static size_t
v6_ext_len(uint8_t type, const uint8_t *p)
{
	if (type == EXT_FRAGMENT)
		return V6_EXT_MIN;
	if (type == EXT_AUTH)
		return ((size_t)p[1] + 2) * 4;
	return ((size_t)p[1] + 1) * 8;
}

/* Walks to the transport header, or to the data after the fragment header of a
 * fragment that is not the first. */
static int
v6_walk(struct ippkt *k, const uint8_t *p, size_t len)
{
	uint8_t next = p[6];
	size_t at = V6_HEADER_LEN;

	for (int n = 0; v6_is_extension(next) && !k->later_fragment; n++) {
		uint8_t type = next;
		size_t end;

		/* RFC 8200 4.1: hop-by-hop options come first or not at all. */
		if (n == V6_EXT_COUNT_MAX || len - at < V6_EXT_MIN ||
		    (type == EXT_HOP_BY_HOP && n != 0))
			return -1;
		end = at + v6_ext_len(type, p + at);
		if (end > len)
			return -1;
		if (type == EXT_FRAGMENT) {
			k->fragment = true;
			k->later_fragment = get_be16(p + at + 2) >> 3 != 0;
		}
		next = p[at];
		at = end;
	}
	k->proto = next;
	k->hdrlen = at;
	return 0;
}

static int
v6_parse(struct ippkt *out, const uint8_t *p, size_t len)
{
	struct ippkt k = { .src.family = IP_V6,
			   .dst.family = IP_V6,
			   .dont_fragment = true };

	if (len < V6_HEADER_LEN ||
	    (size_t)get_be16(p + 4) != len - V6_HEADER_LEN)
		return -1;
	k.dscp_ecn = (uint8_t)(get_be16(p) >> 4);
	memcpy(k.src.b, p + 8, 16);
	memcpy(k.dst.b, p + 24, 16);
	if (v6_walk(&k, p, len) != 0)
		return -1;
	*out = k;
	return 0;
}

int
ippkt_parse(struct ippkt *out, const uint8_t *p, size_t len)
{
	if (len == 0)
		return -1;
	switch (p[0] >> 4) {
	case 4:
		return v4_parse(out, p, len);
	case 6:
		return v6_parse(out, p, len);
	default:
		return -1;
	}
}
