/* SPDX-License-Identifier: GPL-3.0-or-later */
/* RFC 9293, section 3.7.1: the option is sent in SYNs only. */
#include "core/data/mss.h"

#include "core/data/segment.h"

/* Offset of the segment size in a header without a signature; or 0. */
static size_t
mss_find(const uint8_t *tcp, size_t hdrlen)
{
	size_t at = tcp_find_option(tcp, hdrlen, TCP_OPT_MSS);

	if (at == 0 || at + TCP_OPT_MSS_LEN > hdrlen ||
	    tcp[at + 1] != TCP_OPT_MSS_LEN || tcp_is_signed(tcp, hdrlen))
		return 0;
	return at + 2;
}

/* RFC 1624: a number that stands at an odd place counts with its bytes
 * swapped. */
static uint16_t
mss_counted(uint16_t v, size_t at)
{
	return at % 2 == 0 ? v : (uint16_t)((uint32_t)v << 8 | v >> 8);
}

void
mss_clamp(uint8_t *p, size_t len, const struct ippkt *ip, bool partial,
	  size_t mtu)
{
	uint8_t *tcp = p + ip->hdrlen;
	size_t around =
		(ip->src.family == IP_V4 ? V4_HEADER_MIN : V6_HEADER_LEN) +
		TCP_HEADER_MIN;
	size_t hdrlen, at;
	uint16_t old, new;

	if (ip->proto != PROTO_TCP || !has_transport(ip, len) ||
	    !(tcp[TCP_FLAGS_AT] & TCP_SYN) || mtu <= around)
		return;
	hdrlen = tcp_header_len(tcp);
	if (hdrlen > len - ip->hdrlen)
		return;
	at = mss_find(tcp, hdrlen);
	if (at == 0 || get_be16(tcp + at) <= mtu - around)
		return;
	old = get_be16(tcp + at);
	new = (uint16_t)(mtu - around);
	put_be16(tcp + at, new);
	if (!partial)
		put_be16(tcp + TCP_CSUM_AT,
			 (uint16_t)~ippkt_fold((uint64_t)(uint16_t)~get_be16(
						       tcp + TCP_CSUM_AT) +
					       (uint16_t)~mss_counted(old, at) +
					       mss_counted(new, at)));
}
