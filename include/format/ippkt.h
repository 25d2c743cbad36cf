/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inner packets: a parser, and the ICMP errors that answer them. */
#ifndef FORMAT_IPPKT_H
#define FORMAT_IPPKT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ipaddr.h"

struct ippkt {
	struct ipaddr src;
	struct ipaddr dst;
	uint8_t proto;	     /* of the transport (IPv6: first non-extension) */
	uint8_t dscp_ecn;    /* the TOS or traffic class byte */
	size_t hdrlen;	     /* up to the transport header */
	bool fragment;	     /* IPv4 offset or MF set; IPv6 fragment header */
	bool later_fragment; /* a fragment that is not the first one */
	bool dont_fragment;  /* IPv4 DF; always true for IPv6 */
};

/* 0 when it is a well-formed IPv4 or IPv6 packet of exactly len bytes (IPv4
 * header checksum included); else -1. */
int ippkt_parse(struct ippkt *out, const uint8_t *p, size_t len);

enum ippkt_error {
	IPPKT_NO_ROUTE, /* v4 3/0 net unreachable, v6 1/0 no route */
	IPPKT_HOST_DOWN, /* v4 3/1 host unreachable, v6 1/3 address unreachable */
	IPPKT_PROHIBITED, /* v4 3/13, v6 1/1 */
	IPPKT_TOO_BIG	  /* v4 3/4 with next-hop MTU, v6 2/0 */
};

/*
 * The ICMP or ICMPv6 error for p, from `from` (same family). mtu: for TOO_BIG.
 * Returns the length written to out (at most 576 for v4, 1280 for v6), or 0
 * when no error may be sent (RFC 1122 3.2.2, RFC 4443 2.4: for an ICMP error, a
 * multicast or unspecified source or destination, a fragment that is not the
 * first, v4 TOO_BIG without DF).
 */
#define IPPKT_ERROR_MAX 1280
size_t ippkt_make_error(uint8_t out[IPPKT_ERROR_MAX], enum ippkt_error kind,
			uint32_t mtu, const struct ipaddr *from,
			const uint8_t *p, size_t len);

/* RFC 1071 one's complement sum, not yet folded to 16 bits and inverted. */
uint64_t ippkt_sum(uint64_t start, const uint8_t *p, size_t len);
uint16_t ippkt_fold(uint64_t sum); /* folded, not inverted */
/* Sum of the pseudo-header: addresses of packet p, proto, transport length. */
uint64_t ippkt_pseudo_sum(const uint8_t *p, uint8_t proto, size_t len);

#endif
