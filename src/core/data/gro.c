/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Coalescing of consecutive packets. A flow's frame is taken from out with
 * its first packet, so that it stands in order; its pieces are collected in
 * the flow and laid side by side in out when it is closed. out->nslices counts
 * them from the start, so they are sure to fit.
 *
 * No payload is copied: a piece is an address and a length. The head's headers
 * are changed where they are; those of the others are left out.
 */
#include "core/data/gro.h"

#include <assert.h>
#include <string.h>

#include "core/data/segment.h"

/* 2^64 divided by the golden ratio: spreads the keys that it multiplies. */
#define KEY_FACTOR UINT64_C(0x9e3779b97f4a7c15)

void
gro_begin(struct gro *g, struct core_out *out, bool tcp, bool udp)
{
	g->out = out;
	g->tcp = tcp;
	g->udp = udp;
	g->nflows = 0;
	g->oldest = 0;
	g->placed = out->nslices;
}

static bool
is_v4(const uint8_t *p)
{
	return p[0] >> 4 == 4;
}

/* --- finished frames ------------------------------------------------------ */

static void
offload_csum(struct frame_offload *off, size_t iphdr, uint8_t proto)
{
	off->needs_csum = true;
	off->csum_start = (uint16_t)iphdr;
	off->csum_offset = transport_csum_at(proto);
}

/* The head's header becomes that of the whole run. */
static void
write_header(const struct gro_flow *f)
{
	const struct gro_segment *h = &f->head;
	size_t len = f->total - h->iphdr;
	uint8_t *p = h->pkt, *transport = p + h->iphdr;

	if (is_v4(p)) {
		put_be16(p + V4_LEN_AT, (uint16_t)f->total);
		put_be16(p + V4_CSUM_AT, 0);
		v4_put_csum(p, ippkt_sum(0, p, h->iphdr));
	} else {
		put_be16(p + V6_LEN_AT, (uint16_t)len);
	}
	if (h->proto == PROTO_UDP)
		put_be16(transport + UDP_LEN_AT, (uint16_t)len);
	else if (f->push)
		transport[TCP_FLAGS_AT] |= TCP_PSH;
	put_be16(transport + transport_csum_at(h->proto),
		 ippkt_fold(ippkt_pseudo_sum(p, h->proto, len)));
}

static uint8_t
super_kind(const struct gro_segment *h)
{
	if (h->proto == PROTO_UDP)
		return FRAME_UDP;
	return is_v4(h->pkt) ? FRAME_TCP4 : FRAME_TCP6;
}

static void
close_flow(struct gro *g, const struct gro_flow *f)
{
	const struct gro_segment *h = &f->head;
	struct tun_out *frame = &g->out->frames[f->frame];
	struct slice *at = &g->out->slices[g->placed];

	memcpy(at, f->pieces, f->nseg * sizeof(*at));
	g->placed += f->nseg;
	*frame = (struct tun_out){ .iov = at, .niov = f->nseg };
	if (h->csum_partial || f->nseg > 1)
		offload_csum(&frame->off, h->iphdr, h->proto);
	if (f->nseg == 1)
		return;
	write_header(f);
	frame->off.kind = super_kind(h);
	frame->off.segsize = (uint16_t)(h->len - h->hdrlen);
	frame->off.hdrlen = (uint16_t)h->hdrlen;
}

void
gro_flush(struct gro *g)
{
	for (unsigned int i = 0; i < g->nflows; i++)
		close_flow(g, &g->flows[i]);
	g->nflows = 0;
	assert(g->placed == g->out->nslices);
}

/* A packet that is part of no flow. */
static void
add_whole(struct gro *g, const uint8_t *pkt, size_t len, bool csum_partial,
	  const struct ippkt *ip)
{
	struct core_out *out = g->out;
	struct tun_out *frame = &out->frames[out->nframes++];
	struct slice *at = &out->slices[g->placed++];

	out->nslices++;
	*at = (struct slice){ .p = pkt, .len = len };
	*frame = (struct tun_out){ .iov = at, .niov = 1 };
	if (csum_partial && has_transport(ip, len))
		offload_csum(&frame->off, ip->hdrlen, ip->proto);
}

/* --- which flow ----------------------------------------------------------- */

/* The source's and the destination's, side by side. */
static const uint8_t *
addrs_of(const uint8_t *p, size_t *len)
{
	*len = is_v4(p) ? V4_ADDRS_LEN : V6_ADDRS_LEN;
	return p + (is_v4(p) ? V4_ADDRS_AT : V6_ADDRS_AT);
}

static bool
same_addrs(const uint8_t *p, const uint8_t *q)
{
	size_t plen, qlen;
	const uint8_t *a = addrs_of(p, &plen), *b = addrs_of(q, &qlen);

	return plen == qlen && memcmp(a, b, plen) == 0;
}

/* Each step can be undone, so that of packets with the same addresses only
 * those with the same ports have the same key. */
static uint64_t
flow_key(const uint8_t *p, size_t iphdr)
{
	size_t len;
	const uint8_t *addrs = addrs_of(p, &len);
	uint64_t key, word;
	uint32_t ports;

	memcpy(&ports, p + iphdr, PORTS_LEN);
	key = ports;
	for (size_t i = 0; i < len; i += sizeof(word)) {
		memcpy(&word, addrs + i, sizeof(word));
		key = key * KEY_FACTOR ^ word;
	}
	return key;
}

static struct gro_flow *
find_flow(struct gro *g, uint64_t key, uint8_t proto, const uint8_t *p)
{
	for (unsigned int i = 0; i < g->nflows; i++) {
		struct gro_flow *f = &g->flows[i];
		const struct gro_segment *h = &f->head;

		if (f->key == key && h->proto == proto && same_addrs(h->pkt, p))
			return f;
	}
	return NULL;
}

/* Fragments and the like show no ports: any flow between these addresses may
 * be theirs, and must not go on in front of them. */
static void
end_between(struct gro *g, const uint8_t *p)
{
	for (unsigned int i = 0; i < g->nflows; i++)
		if (same_addrs(g->flows[i].head.pkt, p))
			g->flows[i].ended = true;
}

static struct gro_flow *
new_flow(struct gro *g)
{
	struct gro_flow *f;

	if (g->nflows < GRO_FLOWS)
		return &g->flows[g->nflows++];
	f = &g->flows[g->oldest];
	g->oldest = (g->oldest + 1) % GRO_FLOWS;
	close_flow(g, f);
	return f;
}

/* --- one packet ----------------------------------------------------------- */

/* The flags that may differ from ACK: ECE and AE count congestion marks (RFC
 * 9768), so all packets of a frame have the same; PSH ends a frame. Not CWR: a
 * kernel that forwards the frame cuts it and keeps CWR in the first packet
 * only. */
static bool
tcp_read(struct gro_segment *s)
{
	const uint8_t *tcp = s->pkt + s->iphdr;
	size_t tcplen = tcp_header_len(tcp);
	uint8_t flags = tcp[TCP_FLAGS_AT];

	s->hdrlen = s->iphdr + tcplen;
	s->last = (flags & TCP_PSH) != 0;
	return (flags & ~(TCP_PSH | TCP_ECE)) == TCP_ACK &&
	       (tcp[TCP_DOFF_AT] & TCP_RESERVED) == 0 &&
	       tcplen >= TCP_HEADER_MIN && s->len > s->hdrlen;
}

static bool
udp_read(struct gro_segment *s)
{
	const uint8_t *udp = s->pkt + s->iphdr;

	s->hdrlen = s->iphdr + UDP_HEADER_LEN;
	s->last = false;
	return s->len > s->hdrlen &&
	       get_be16(udp + UDP_LEN_AT) == s->len - s->iphdr &&
	       get_be16(udp + UDP_CSUM_AT) != 0;
}

/* True when a packet with a transport header can be part of a super-packet
 * that is cut into the very same packets again. */
static bool
segment_read(struct gro_segment *s, const struct gro *g)
{
	if (s->iphdr != (is_v4(s->pkt) ? V4_HEADER_MIN : V6_HEADER_LEN) ||
	    s->len > FRAME_LEN_MAX)
		return false;
	if (s->proto == PROTO_UDP)
		return g->udp && udp_read(s);
	return g->tcp && tcp_read(s);
}

static bool
csum_right(const struct gro_segment *s)
{
	size_t len = s->len - s->iphdr;

	return ippkt_fold(ippkt_sum(ippkt_pseudo_sum(s->pkt, s->proto, len),
				    s->pkt + s->iphdr, len)) == 0xffff;
}

static bool
ip_continues(const struct gro_flow *f, const uint8_t *p)
{
	const uint8_t *h = f->head.pkt;

	if (!is_v4(h)) /* version, class and label; next header, hop limit */
		return memcmp(h, p, 4) == 0 &&
		       memcmp(h + V6_NEXT_AT, p + V6_NEXT_AT, 2) == 0;
	return memcmp(h, p, 2) == 0 &&
	       memcmp(h + V4_FRAG_AT, p + V4_FRAG_AT, 2) == 0 &&
	       memcmp(h + V4_TTL_AT, p + V4_TTL_AT, 2) == 0 &&
	       ((get_be16(p + V4_FRAG_AT) & V4_DF) != 0 ||
		(uint16_t)(get_be16(h + V4_ID_AT) + f->nseg) ==
			get_be16(p + V4_ID_AT));
}

static bool
tcp_continues(const struct gro_flow *f, const struct gro_segment *s)
{
	const uint8_t *h = f->head.pkt + f->head.iphdr;
	const uint8_t *p = s->pkt + s->iphdr;

	return get_be32(p + TCP_SEQ_AT) == f->next_seq &&
	       p[TCP_DOFF_AT] == h[TCP_DOFF_AT] &&
	       ((p[TCP_FLAGS_AT] ^ h[TCP_FLAGS_AT]) & TCP_ECE) == 0 &&
	       get_be32(p + TCP_ACK_AT) == get_be32(h + TCP_ACK_AT) &&
	       get_be16(p + TCP_WINDOW_AT) == get_be16(h + TCP_WINDOW_AT) &&
	       get_be16(p + TCP_URGENT_AT) == get_be16(h + TCP_URGENT_AT) &&
	       memcmp(p + TCP_HEADER_MIN, h + TCP_HEADER_MIN,
		      s->hdrlen - s->iphdr - TCP_HEADER_MIN) == 0;
}

/* True when s is the next packet of the same flow's open frame. */
static bool
continues_frame(struct gro_flow *f, const struct gro_segment *s)
{
	const struct gro_segment *h = &f->head;

	if (f->ended || f->nseg == GRO_SEGMENTS_MAX || s->hdrlen != h->hdrlen ||
	    s->csum_partial != h->csum_partial || s->len > h->len ||
	    s->len - s->hdrlen > FRAME_LEN_MAX - f->total ||
	    !ip_continues(f, s->pkt) ||
	    (s->proto == PROTO_TCP && !tcp_continues(f, s)))
		return false;
	if (s->csum_partial)
		return true;
	/* A run of one stays as it came: its head is verified only now. */
	if (!f->verified && !csum_right(h))
		return false;
	f->verified = true;
	return csum_right(s);
}

static void
open_flow(struct gro *g, struct gro_flow *f, uint64_t key,
	  const struct gro_segment *s)
{
	f->key = key;
	f->head = *s;
	f->ended = s->last;
	f->verified = false;
	f->frame = g->out->nframes++;
	f->nseg = 1;
	f->total = s->len;
	f->pieces[0] = (struct slice){ .p = s->pkt, .len = s->len };
	if (s->proto == PROTO_TCP)
		f->next_seq = get_be32(s->pkt + s->iphdr + TCP_SEQ_AT) +
			      (uint32_t)(s->len - s->hdrlen);
}

static void
append_segment(struct gro_flow *f, const struct gro_segment *s)
{
	size_t payload = s->len - s->hdrlen;

	f->pieces[f->nseg++] =
		(struct slice){ .p = s->pkt + s->hdrlen, .len = payload };
	f->total += payload;
	f->next_seq += (uint32_t)payload;
	f->push = s->last;
	f->ended = s->last || s->len < f->head.len;
}

bool
gro_add(struct gro *g, uint8_t *pkt, size_t len, bool csum_partial,
	const struct ippkt *ip)
{
	struct gro_segment s = { .pkt = pkt,
				 .len = len,
				 .iphdr = ip->hdrlen,
				 .proto = ip->proto,
				 .csum_partial = csum_partial };
	struct core_out *out = g->out;
	struct gro_flow *f;
	uint64_t key;

	if (out->nframes == out->maxframes || out->nslices == out->maxslices)
		return false;
	if (!has_transport(ip, len)) {
		end_between(g, pkt);
		add_whole(g, pkt, len, csum_partial, ip);
		return true;
	}
	key = flow_key(pkt, ip->hdrlen);
	f = find_flow(g, key, ip->proto, pkt);
	if (!segment_read(&s, g)) {
		if (f != NULL)
			f->ended = true;
		add_whole(g, pkt, len, csum_partial, ip);
		return true;
	}
	out->nslices++;
	if (f != NULL && continues_frame(f, &s)) {
		append_segment(f, &s);
		return true;
	}
	if (f != NULL)
		close_flow(g, f);
	else
		f = new_flow(g);
	open_flow(g, f, key, &s);
	return true;
}
