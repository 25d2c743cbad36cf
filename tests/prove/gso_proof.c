/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Cutting: frames of IPv4 and IPv6, TCP, UDP and other protocols, of any
 * content and with any offload beside them. Behind an IP header of 20 or 40 bytes
 * are 7, 8, 19, 20 or 64 bytes, or as many as fit into the longest frame; behind
 * one of 60 or 240 bytes, 64 of TCP. Frames are cut to their end, into segments
 * of any size; TCP headers have 5, 8 or 15 words, or too few or more than there
 * are. Of what is behind the headers only sums are made (target ipsum).
 *
 * @files src/core/data/gso.c
 * @reaches gso_start start_whole complete_sum start_super super_header_len
 *	gso_recut make_partial gso_number gso_largest gso_next put_ip
 *	put_transport gso_complete_csum
 * @covers 98
 * @options -eva-slevel 30 -eva-slevel-function cut:4,gso_next:10
 *	-eva-split-return auto
 *	-eva-split-return-function start_super:0,start_whole:0
 * @break src/core/data/gso.c: return end < g->len ? end : g->len; => return end;
 * @break src/core/data/gso.c: (size_t)off->csum_start + off->csum_offset + 2 >
 *	f->len => 0
 */
#include "prove.h"
#include "header_sums.h"
#include "base/frame.h"
#include "core/data/gso.h"
#include "core/data/segment.h"

#define BEHIND_MAX 64
#define WORDS_MAX 15 /* of a TCP header */

static uint8_t mem[FRAME_LEN_MAX];

static void
any_frame(struct tun_frame *f, struct ippkt *ip, uint8_t first, uint8_t proto,
	  size_t iphdr, size_t behind)
{
	FILL(mem);
	FILL(*f);
	FILL(*ip);
	f->off.needs_csum = ANY(0, 1) != 0;
	f->off.cwr_once = ANY(0, 1) != 0;
	ip->fragment = ANY(0, 1) != 0;
	ip->later_fragment = ANY(0, 1) != 0;
	ip->dont_fragment = ANY(0, 1) != 0;
	ip->hdrlen = iphdr;
	ip->proto = proto;
	ip->src.family = first >> 4;
	f->len = iphdr + behind;
	f->data = LAST(mem, f->len);
	f->data[0] = first;
}

static void
tcp_frame(struct tun_frame *f, struct ippkt *ip, uint8_t first, size_t iphdr,
	  size_t behind, unsigned int words)
{
	any_frame(f, ip, first, PROTO_TCP, iphdr, behind);
	f->data[iphdr + TCP_DOFF_AT] = (uint8_t)(words << 4 | ANY(0, 15));
}

static void
cut(const struct tun_frame *f, const struct ippkt *ip)
{
	uint16_t id = (uint16_t)ANY(0, UINT16_MAX);
	struct gso g;
	size_t len;

	if (gso_start(&g, f, ip) != DROP_NONE)
		return;
	gso_largest(&g);
	if (f->off.kind != FRAME_WHOLE)
		gso_number(&g, &id);
	while (gso_next(&g, &len) != NULL)
		;
}

/* Headers and offloads that may contradict each other. */
static void
any(uint8_t first, uint8_t proto, size_t iphdr, size_t behind)
{
	struct tun_frame f;
	struct ippkt ip;
	struct gso g;

	any_frame(&f, &ip, first, proto, iphdr, behind);
	gso_complete_csum(f.data, f.len, &ip);
	any_frame(&f, &ip, first, proto, iphdr, behind);
	f.off.kind = (uint8_t)ANY(FRAME_TCP4, UINT8_MAX);
	gso_start(&g, &f, &ip);
}

/* A packet whose checksum begins anywhere, or behind it. */
static void
whole(uint8_t first, size_t iphdr, size_t behind)
{
	struct tun_frame f;
	struct ippkt ip;

	/*@ loop unroll BEHIND_MAX + 4; */
	for (size_t at = iphdr - 1; at <= iphdr + behind + 1; at++) {
		any_frame(&f, &ip, first, PROTO_UDP, iphdr, behind);
		f.off.kind = FRAME_WHOLE;
		f.off.csum_start = (uint16_t)at;
		cut(&f, &ip);
	}
}

static void
super_udp(uint8_t first, size_t iphdr, size_t behind)
{
	struct tun_frame f;
	struct ippkt ip;

	any_frame(&f, &ip, first, PROTO_UDP, iphdr, behind);
	f.off.kind = FRAME_UDP;
	f.off.segsize = (uint16_t)ANY(1, UINT16_MAX);
	cut(&f, &ip);
}

/* A super-packet, and a packet that becomes one. */
static void
super_tcp(uint8_t first, size_t iphdr, size_t behind, unsigned int words)
{
	struct tun_frame f;
	struct ippkt ip;

	tcp_frame(&f, &ip, first, iphdr, behind, words);
	f.off.kind = first >> 4 == 4 ? FRAME_TCP4 : FRAME_TCP6;
	f.off.segsize = (uint16_t)ANY(1, UINT16_MAX);
	cut(&f, &ip);
	tcp_frame(&f, &ip, first, iphdr, behind, words);
	gso_recut(&f, &ip, ANY(0, UINT16_MAX));
}

static void
all(uint8_t first, size_t iphdr, size_t behind)
{
	any(first, PROTO_TCP, iphdr, behind);
	any(first, PROTO_UDP, iphdr, behind);
	any(first, 1, iphdr, behind);
	super_udp(first, iphdr, behind);
}

static void
header(uint8_t first, size_t iphdr)
{
	all(first, iphdr, UDP_HEADER_LEN - 1);
	all(first, iphdr, UDP_HEADER_LEN);
	all(first, iphdr, TCP_HEADER_MIN - 1);
	super_tcp(first, iphdr, TCP_HEADER_MIN - 1, 5);
	all(first, iphdr, TCP_HEADER_MIN);
	super_tcp(first, iphdr, TCP_HEADER_MIN, 5);
	super_tcp(first, iphdr, TCP_HEADER_MIN, 6);
	all(first, iphdr, BEHIND_MAX);
	super_tcp(first, iphdr, BEHIND_MAX, 4);
	super_tcp(first, iphdr, BEHIND_MAX, 5);
	super_tcp(first, iphdr, BEHIND_MAX, 8);
	super_tcp(first, iphdr, BEHIND_MAX, WORDS_MAX);
	super_udp(first, iphdr, FRAME_LEN_MAX - iphdr);
	super_tcp(first, iphdr, FRAME_LEN_MAX - iphdr, 8);
	whole(first, iphdr, 0);
	whole(first, iphdr, 3);
}

int
main(void)
{
	header(0x45, 20);
	header(0x60, 40);
	super_tcp(0x4f, 60, BEHIND_MAX, WORDS_MAX);
	super_tcp(0x60, 240, BEHIND_MAX, 5);
	return 0;
}
