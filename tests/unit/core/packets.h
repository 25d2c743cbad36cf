/* SPDX-License-Identifier: GPL-3.0-or-later */
/* TCP and UDP packets for tests, made the slow and plain way. */
#ifndef TESTS_PACKETS_H
#define TESTS_PACKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/bytes.h"
#include "format/ippkt.h"

#define FLAG_FIN 0x01
#define FLAG_SYN 0x02
#define FLAG_RST 0x04
#define FLAG_PSH 0x08
#define FLAG_ACK 0x10
#define FLAG_URG 0x20
#define FLAG_ECE 0x40
#define FLAG_CWR 0x80

/* What a packet says; all zero but proto is a plain one. */
struct made {
	bool v6;
	uint8_t proto; /* 6 or 17 */
	uint8_t host;  /* last byte of the source address */
	uint16_t sport;
	uint8_t tos, ttl;
	uint32_t label;	   /* IPv6 flow label */
	uint16_t id, frag; /* IPv4 */
	size_t ipopt;	   /* bytes of IPv4 options or an IPv6 extension */
	uint32_t seq, ack;
	uint8_t flags;
	uint16_t window, urgent;
	size_t tcpopt;	 /* bytes of TCP options */
	uint8_t optbyte; /* what they are filled with */
	const uint8_t *payload;
	size_t len;
	bool partial; /* leave the pseudo-header sum */
};

/* RFC 1071, one 16-bit word after the other, carry at once. */
uint16_t slow_sum(uint16_t start, const uint8_t *p, size_t len);
void slow_ip_csum(uint8_t *p);

/* The checksum of the TCP or UDP header at iphdr, done or partial. */
void slow_csum(uint8_t *p, size_t iphdr, size_t len, uint8_t proto,
	       bool partial);

/* Writes the IP header for rest bytes behind it and its options. */
size_t make_ip(uint8_t *p, const struct made *m, size_t rest);

/* Writes the packet, returns its length. */
size_t make_packet(uint8_t *p, const struct made *m);
size_t made_header_len(const struct made *m);

#endif
