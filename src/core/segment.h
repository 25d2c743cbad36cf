/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the fields stand that segmentation and coalescing rewrite. */
#ifndef SRC_CORE_SEGMENT_H
#define SRC_CORE_SEGMENT_H

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
#define TCP_END (TCP_FIN | TCP_PSH) /* what the last one says */
#define TCP_ACK 0x10
#define TCP_CWR 0x80
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

/* Of TCP or UDP. */
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

/* Of an IPv4 header that is otherwise complete. */
static inline void
v4_put_csum(uint8_t *p, uint64_t sum)
{
	put_be16(p + V4_CSUM_AT, (uint16_t)~ippkt_fold(sum));
}

#endif
