/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The fields that segmentation and coalescing rewrite. */
#ifndef CORE_DATA_SEGMENT_H
#define CORE_DATA_SEGMENT_H

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "format/ippkt.h"

#define PROTO_TCP 6
#define PROTO_UDP 17

/* RFC 791, RFC 8200, RFC 9293, RFC 768 */
#define V4_HEADER_MIN 20
#define V4_LEN_AT 2
#define V4_ID_AT 4
#define V4_FRAG_AT 6
#define V4_DF 0x4000
#define V4_TTL_AT 8
#define V4_CSUM_AT 10
#define V4_ADDRS_AT 12
#define V4_ADDRS_LEN 8
#define V6_HEADER_LEN 40
#define V6_LEN_AT 4
#define V6_NEXT_AT 6
#define V6_ADDRS_AT 8
#define V6_ADDRS_LEN 32
#define PORTS_LEN 4
#define TCP_HEADER_MIN 20
#define TCP_SEQ_AT 4
#define TCP_ACK_AT 8
#define TCP_DOFF_AT 12
#define TCP_FLAGS_AT 13
#define TCP_WINDOW_AT 14
#define TCP_CSUM_AT 16
#define TCP_URGENT_AT 18
#define TCP_FIN 0x01
#define TCP_SYN 0x02
#define TCP_RST 0x04
#define TCP_URG 0x20
#define TCP_PSH 0x08
#define TCP_END (TCP_FIN | TCP_PSH) /* flags of the last segment only */
#define TCP_ACK 0x10
#define TCP_ECE 0x40
#define TCP_CWR 0x80
#define TCP_AE 0x01	  /* beside the header length (RFC 9768, section 3.1) */
#define TCP_RESERVED 0x0e /* there as well */
#define TCP_OPT_END 0
#define TCP_OPT_NOP 1
#define TCP_OPT_MSS 2
#define TCP_OPT_MSS_LEN 4
#define TCP_OPT_MD5 19 /* RFC 2385 */
#define TCP_OPT_AO 29  /* RFC 5925 */
#define UDP_HEADER_LEN 8
#define UDP_LEN_AT 4
#define UDP_CSUM_AT 6

/* The shortest header of a protocol with ports; 0: it is none. */
static inline size_t
transport_min(uint8_t proto)
{
	if (proto == PROTO_TCP)
		return TCP_HEADER_MIN;
	return proto == PROTO_UDP ? UDP_HEADER_LEN : 0;
}

/* For TCP or UDP. */
static inline uint16_t
transport_csum_at(uint8_t proto)
{
	return proto == PROTO_TCP ? TCP_CSUM_AT : UDP_CSUM_AT;
}

/* True when a whole TCP or UDP header stands behind the IP header. */
static inline bool
has_transport(const struct ippkt *ip, size_t len)
{
	size_t min = transport_min(ip->proto);

	return min > 0 && !ip->fragment && len - ip->hdrlen >= min;
}

/* The header length a TCP header states; may be too small or too large. */
static inline size_t
tcp_header_len(const uint8_t *tcp)
{
	return (size_t)(tcp[TCP_DOFF_AT] >> 4) * 4;
}

/* Finds where an option of that kind begins in a whole TCP header of hdrlen
 * bytes; 0: no such option. Its length is not checked. */
static inline size_t
tcp_find_option(const uint8_t *tcp, size_t hdrlen, uint8_t kind)
{
	size_t at = TCP_HEADER_MIN;

	while (at < hdrlen && tcp[at] != TCP_OPT_END) {
		if (tcp[at] == kind)
			return at;
		if (tcp[at] == TCP_OPT_NOP) {
			at++;
			continue;
		}
		if (at + 1 >= hdrlen || tcp[at + 1] < 2)
			break;
		at += tcp[at + 1];
	}
	return 0;
}

/* True when the header and the data are signed: to change one byte of them, or
 * to cut the data anew, makes the receiver drop the segment. */
static inline bool
tcp_is_signed(const uint8_t *tcp, size_t hdrlen)
{
	return tcp_find_option(tcp, hdrlen, TCP_OPT_MD5) != 0 ||
	       tcp_find_option(tcp, hdrlen, TCP_OPT_AO) != 0;
}

/* For an IPv4 header that is otherwise complete. */
static inline void
v4_put_csum(uint8_t *p, uint64_t sum)
{
	put_be16(p + V4_CSUM_AT, (uint16_t)~ippkt_fold(sum));
}

#endif
