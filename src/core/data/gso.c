/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Cutting super-packets, the way the kernel would have done it.
 *
 * No payload is copied. Of a super-packet the headers are, once aside and then
 * before each segment's payload, over the end of the segment before, which was
 * sealed by then: moving 40 to 100 bytes spares moving 1,400.
 */
#include "core/data/gso.h"

#include <string.h>

#include "core/data/segment.h"

/* The partial checksum at `at` of p is completed over len bytes. Zero is
 * written as 0xffff: the same number in one's complement, and in UDP the only
 * one of both that is a checksum (RFC 768). */
static void
complete_sum(uint8_t *p, size_t len, size_t at)
{
	uint16_t csum = (uint16_t)~ippkt_fold(ippkt_sum(0, p, len));

	put_be16(p + at, csum != 0 ? csum : 0xffff);
}

/* True when the offload means the checksum of the TCP or UDP header that the
 * packet was found to have. */
static bool
csum_agrees(const struct tun_frame *f, const struct ippkt *ip)
{
	return f->off.needs_csum && has_transport(ip, f->len) &&
	       f->off.csum_start == ip->hdrlen &&
	       f->off.csum_offset == transport_csum_at(ip->proto);
}

static enum drop
start_whole(struct gso *g, const struct tun_frame *f, const struct ippkt *ip)
{
	const struct frame_offload *off = &f->off;

	g->csum_partial = csum_agrees(f, ip);
	if (!off->needs_csum || g->csum_partial)
		return DROP_NONE;
	if (off->csum_start < ip->hdrlen ||
	    (size_t)off->csum_start + off->csum_offset + 2 > f->len)
		return DROP_TUN_MALFORMED;
	complete_sum(f->data + off->csum_start, f->len - off->csum_start,
		     off->csum_offset);
	return DROP_NONE;
}

/* Both headers' length, or 0 when the packet is not of that kind. */
static size_t
super_header_len(const struct tun_frame *f, const struct ippkt *ip)
{
	const uint8_t *transport = f->data + ip->hdrlen;
	size_t left = f->len - ip->hdrlen;
	size_t tcplen;

	if (!csum_agrees(f, ip))
		return 0;
	if (f->off.kind == FRAME_UDP) {
		if (ip->proto != PROTO_UDP ||
		    get_be16(transport + UDP_LEN_AT) != left)
			return 0;
		return ip->hdrlen + UDP_HEADER_LEN;
	}
	if (ip->proto != PROTO_TCP ||
	    ip->src.family != (f->off.kind == FRAME_TCP4 ? IP_V4 : IP_V6))
		return 0;
	tcplen = tcp_header_len(transport);
	if (tcplen < TCP_HEADER_MIN || tcplen > left)
		return 0;
	return ip->hdrlen + tcplen;
}

/* The number that takes a 16-bit number away from a one's complement sum. */
static uint64_t
ones_complement(size_t v)
{
	return UINT16_MAX - v;
}

static enum drop
start_super(struct gso *g, const struct tun_frame *f, const struct ippkt *ip)
{
	size_t hdrlen = super_header_len(f, ip);
	size_t csum_at = ip->hdrlen + f->off.csum_offset;
	const uint8_t *p = g->header;

	if (hdrlen == 0 || hdrlen > GSO_HEADER_MAX || f->off.segsize == 0)
		return DROP_TUN_MALFORMED;
	memcpy(g->header, f->data, hdrlen);
	g->csum_partial = true;
	g->iphdr = ip->hdrlen;
	g->hdrlen = hdrlen;
	g->next = hdrlen;
	g->pseudo_sum =
		get_be16(p + csum_at) + ones_complement(f->len - ip->hdrlen);
	if (p[0] >> 4 == 4)
		g->ip_sum = ippkt_sum(0, p, ip->hdrlen) +
			    ones_complement(get_be16(p + V4_LEN_AT)) +
			    ones_complement(get_be16(p + V4_ID_AT)) +
			    ones_complement(get_be16(p + V4_CSUM_AT));
	return DROP_NONE;
}

enum drop
gso_start(struct gso *g, const struct tun_frame *f, const struct ippkt *ip)
{
	g->data = f->data;
	g->len = f->len;
	g->kind = f->off.kind;
	g->segsize = f->off.segsize;
	g->index = 0;
	g->cwr_once = f->off.cwr_once;
	if (g->kind == FRAME_WHOLE)
		return start_whole(g, f, ip);
	return start_super(g, f, ip);
}

/* A checksum that is right becomes a partial one: it is made anew for each
 * piece. */
static bool
make_partial(struct tun_frame *f, const struct ippkt *ip)
{
	size_t left = f->len - ip->hdrlen;
	uint64_t pseudo = ippkt_pseudo_sum(f->data, PROTO_TCP, left);

	if (f->off.needs_csum)
		return csum_agrees(f, ip);
	if (ippkt_fold(ippkt_sum(pseudo, f->data + ip->hdrlen, left)) !=
	    UINT16_MAX)
		return false;
	put_be16(f->data + ip->hdrlen + TCP_CSUM_AT, ippkt_fold(pseudo));
	f->off.needs_csum = true;
	f->off.csum_start = (uint16_t)ip->hdrlen;
	f->off.csum_offset = TCP_CSUM_AT;
	return true;
}

bool
gso_recut(struct tun_frame *f, const struct ippkt *ip, size_t mtu)
{
	const uint8_t *tcp = f->data + ip->hdrlen;
	size_t hdrlen;

	if (ip->proto != PROTO_TCP || !ip->dont_fragment ||
	    !has_transport(ip, f->len) ||
	    tcp_header_len(tcp) < TCP_HEADER_MIN ||
	    (tcp[TCP_FLAGS_AT] & (TCP_SYN | TCP_RST | TCP_URG)) != 0)
		return false;
	hdrlen = ip->hdrlen + tcp_header_len(tcp);
	if (hdrlen >= f->len || hdrlen > GSO_HEADER_MAX || hdrlen >= mtu ||
	    tcp_is_signed(tcp, tcp_header_len(tcp)) || !make_partial(f, ip))
		return false;
	f->off.kind = ip->src.family == IP_V4 ? FRAME_TCP4 : FRAME_TCP6;
	f->off.segsize = (uint16_t)(mtu - hdrlen);
	return true;
}

/* The end of the payload that begins at `at`. */
static size_t
payload_end(const struct gso *g, size_t at)
{
	size_t end = at + g->segsize;

	return end < g->len ? end : g->len;
}

void
gso_number(struct gso *g, uint16_t *id)
{
	size_t payload = g->len - g->hdrlen;

	if (g->header[0] >> 4 != 4)
		return;
	put_be16(g->header + V4_ID_AT, *id);
	*id = (uint16_t)(*id + (payload + g->segsize - 1) / g->segsize);
}

size_t
gso_largest(const struct gso *g)
{
	if (g->kind == FRAME_WHOLE)
		return g->len;
	return payload_end(g, g->hdrlen);
}

static void
put_ip(const struct gso *g, uint8_t *p, size_t len)
{
	uint16_t id;

	if (g->header[0] >> 4 == 6) {
		put_be16(p + V6_LEN_AT, (uint16_t)(len - V6_HEADER_LEN));
		return;
	}
	id = (uint16_t)(get_be16(g->header + V4_ID_AT) + g->index);
	put_be16(p + V4_LEN_AT, (uint16_t)len);
	put_be16(p + V4_ID_AT, id);
	v4_put_csum(p, g->ip_sum + len + id);
}

static void
put_transport(const struct gso *g, uint8_t *p, size_t len, bool last)
{
	uint16_t csum = ippkt_fold(g->pseudo_sum + len);
	uint8_t flags;

	if (g->kind == FRAME_UDP) {
		put_be16(p + UDP_LEN_AT, (uint16_t)len);
		put_be16(p + UDP_CSUM_AT, csum);
		return;
	}
	put_be32(p + TCP_SEQ_AT, get_be32(g->header + g->iphdr + TCP_SEQ_AT) +
					 g->index * g->segsize);
	put_be16(p + TCP_CSUM_AT, csum);
	flags = g->header[g->iphdr + TCP_FLAGS_AT];
	/* FIN and PSH speak of the data's end. CWR may be part of a counter,
	 * which each segment has (RFC 9768, section 3.2.2). */
	if (!last)
		flags &= (uint8_t)~TCP_END;
	if (g->cwr_once && g->index != 0)
		flags &= (uint8_t)~TCP_CWR;
	p[TCP_FLAGS_AT] = flags;
}

uint8_t *
gso_next(struct gso *g, size_t *len)
{
	size_t from, n;
	uint8_t *p;

	if (g->kind == FRAME_WHOLE) {
		if (g->index != 0)
			return NULL;
		g->index = 1;
		*len = g->len;
		return g->data;
	}
	if (g->next == g->len && g->index != 0)
		return NULL;
	from = g->next - g->hdrlen;
	p = g->data + from;
	if (g->index != 0)
		memcpy(p, g->header, g->hdrlen);
	g->next = payload_end(g, g->next);
	n = g->next - from;
	put_ip(g, p, n);
	put_transport(g, p + g->iphdr, n - g->iphdr, g->next == g->len);
	g->index++;
	*len = n;
	return p;
}

int
gso_complete_csum(uint8_t *pkt, size_t len, const struct ippkt *ip)
{
	if (!has_transport(ip, len))
		return -1;
	complete_sum(pkt + ip->hdrlen, len - ip->hdrlen,
		     transport_csum_at(ip->proto));
	return 0;
}
