/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Coalescing, one packet at a time: a packet of IPv4 or IPv6, TCP, UDP or
 * another protocol, of any content, comes while no flow is open, or one with 1 or
 * 64 pieces, or eight flows, which are all that there can be; or all open flows
 * are closed. From its transport header on the packet has 0, 7, 8, 9, 19, 20, 21
 * or 61 bytes. The head of an open flow has 41 bytes of payload.
 *
 * Looking at one packet suffices because of what gro_add() ensures: the slices
 * that were counted are those that the flows will need, so that the next packet
 * finds what is assumed here.
 *
 * @files src/core/data/gro.c
 * @reaches gro_add flow_key find_flow new_flow segment_read
 *	tcp_read udp_read continues_frame tcp_continues ip_continues
 *	csum_right append_segment open_flow close_flow write_header add_whole
 *	end_between gro_flush
 * @covers 99
 * @options -eva-slevel 100 -eva-split-return auto -eva-split-return-function
 *	tcp_read:0,udp_read:0,segment_read:0,continues_frame:0,find_flow:0
 * @break src/core/data/gro.c: f->ended || f->nseg == GRO_SEGMENTS_MAX => f->ended
 * @break src/core/data/gro.c: out->nslices++; if (f != NULL && => if (f != NULL &&
 */
#include "header_sums.h"
#include "core/data/gro.h"
#include "core/data/segment.h"

#define PIECES(g, i) ((i) < (g)->nflows ? (g)->flows[i].nseg : 0)
#define ALL_PIECES(g)                                                \
	(PIECES(g, 0) + PIECES(g, 1) + PIECES(g, 2) + PIECES(g, 3) + \
	 PIECES(g, 4) + PIECES(g, 5) + PIECES(g, 6) + PIECES(g, 7))

/*@ ensures g->nflows <= GRO_FLOWS;
    ensures g->placed + ALL_PIECES(g) == g->out->nslices;
    ensures g->out->nslices <= g->out->maxslices;
    ensures g->out->nframes <= g->out->maxframes; */
bool gro_add(struct gro *g, uint8_t *pkt, size_t len, bool csum_partial,
	     const struct ippkt *ip);

#define HEAD_PAYLOAD 41
#define BEHIND_MAX 61
#define SLICES_MAX (GRO_FLOWS * GRO_SEGMENTS_MAX + 1)

struct kind {
	uint8_t first; /* byte of the packet */
	uint8_t proto;
	size_t iphdr, hdr; /* bytes of the IP header, of the other */
};

static uint8_t head[V6_HEADER_LEN + 60 + HEAD_PAYLOAD];
static uint8_t packet[V6_HEADER_LEN + 8 + BEHIND_MAX];
static struct tun_out frames[GRO_FLOWS + 1];
static struct slice slices[SLICES_MAX];
static struct core_out out;
static struct gro gro;

/* No flow is open; there is room for this much. */
static void
begin(unsigned int room_frames, unsigned int room_slices)
{
	FILL(head);
	FILL(packet);
	out.nframes = 0;
	out.nslices = 0;
	out.maxframes = room_frames;
	out.maxslices = room_slices;
	out.frames = frames + sizeof(frames) / sizeof(frames[0]) - room_frames;
	out.slices = slices + SLICES_MAX - room_slices;
	gro_begin(&gro, &out, ANY(0, 1) != 0, ANY(0, 1) != 0);
}

static void
open(const struct kind *k, unsigned int nseg)
{
	struct gro_flow *f = &gro.flows[gro.nflows++];
	struct gro_segment *h = &f->head;

	FILL(*f);
	h->csum_partial = ANY(0, 1) != 0;
	h->last = ANY(0, 1) != 0;
	f->ended = ANY(0, 1) != 0;
	f->verified = ANY(0, 1) != 0;
	f->push = ANY(0, 1) != 0;
	h->proto = k->proto;
	h->iphdr = k->iphdr;
	h->hdrlen = k->iphdr + k->hdr;
	h->len = h->hdrlen + HEAD_PAYLOAD;
	h->pkt = LAST(head, h->len);
	h->pkt[0] = k->first;
	f->total = ANY(h->len, FRAME_LEN_MAX);
	f->nseg = nseg;
	f->frame = out.nframes++;
	out.nslices += nseg;
}

static void
add(uint8_t first, size_t iphdr, uint8_t proto, size_t behind)
{
	size_t len = iphdr + behind;
	uint8_t *p = LAST(packet, len);
	struct ippkt ip;

	FILL(ip);
	ip.fragment = ANY(0, 1) != 0;
	ip.hdrlen = iphdr;
	ip.proto = proto;
	ip.src.family = first >> 4;
	p[0] = first;
	gro_add(&gro, p, len, ANY(0, 1) != 0, &ip);
}

/* The packet comes while one flow is open, or none when nseg is 0. */
static void
meet(const struct kind *k, unsigned int nseg, uint8_t first, size_t iphdr,
     uint8_t proto, size_t behind)
{
	begin(2, nseg + 1);
	if (nseg > 0)
		open(k, nseg);
	add(first, iphdr, proto, behind);
}

static void
meet_each(const struct kind *k, unsigned int nseg, uint8_t first, size_t iphdr)
{
	meet(k, nseg, first, iphdr, PROTO_TCP, 0);
	meet(k, nseg, first, iphdr, PROTO_TCP, 19);
	meet(k, nseg, first, iphdr, PROTO_TCP, 20);
	meet(k, nseg, first, iphdr, PROTO_TCP, 21);
	meet(k, nseg, first, iphdr, PROTO_TCP, BEHIND_MAX);
	meet(k, nseg, first, iphdr, PROTO_UDP, 7);
	meet(k, nseg, first, iphdr, PROTO_UDP, 8);
	meet(k, nseg, first, iphdr, PROTO_UDP, 9);
	meet(k, nseg, first, iphdr, PROTO_UDP, BEHIND_MAX);
	meet(k, nseg, first, iphdr, 1, BEHIND_MAX);
}

/* With and without options or an extension; of the other version, little. */
static void
meet_all(const struct kind *k, unsigned int nseg)
{
	if (k->first >> 4 == 4) {
		meet_each(k, nseg, 0x45, V4_HEADER_MIN);
		meet(k, nseg, 0x46, V4_HEADER_MIN + 4, k->proto, BEHIND_MAX);
		meet(k, nseg, 0x60, V6_HEADER_LEN, k->proto, BEHIND_MAX);
	} else {
		meet_each(k, nseg, 0x60, V6_HEADER_LEN);
		meet(k, nseg, 0x60, V6_HEADER_LEN + 8, k->proto, BEHIND_MAX);
		meet(k, nseg, 0x45, V4_HEADER_MIN, k->proto, BEHIND_MAX);
	}
}

/* As many flows as there can be; then a packet of another, unless all frames
 * or all slices are used. */
static void
crowd(const struct kind *k, unsigned int nseg, unsigned int more_frames,
      unsigned int more_slices, bool packet_too)
{
	begin(GRO_FLOWS + more_frames, GRO_FLOWS * nseg + more_slices);
	/*@ loop unroll GRO_FLOWS; */
	for (int i = 0; i < GRO_FLOWS; i++)
		open(k, nseg);
	gro.oldest = GRO_FLOWS - 1;
	if (packet_too)
		add(k->first, k->iphdr,
		    k->proto == PROTO_TCP ? PROTO_UDP : PROTO_TCP, BEHIND_MAX);
	else
		gro_flush(&gro);
}

int
main(void)
{
	static const struct kind kinds[] = {
		{ 0x45, PROTO_TCP, V4_HEADER_MIN, 20 },
		{ 0x45, PROTO_UDP, V4_HEADER_MIN, UDP_HEADER_LEN },
		{ 0x60, PROTO_TCP, V6_HEADER_LEN, 32 },
		{ 0x60, PROTO_UDP, V6_HEADER_LEN, UDP_HEADER_LEN },
	};

	/*@ loop unroll sizeof(kinds); */
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (kinds[i].proto == PROTO_UDP)
			meet_all(&kinds[i], 0);
		meet_all(&kinds[i], 1);
		meet_all(&kinds[i], GRO_SEGMENTS_MAX);
		crowd(&kinds[i], 1, 1, 1, true);
		crowd(&kinds[i], GRO_SEGMENTS_MAX, 1, 1, true);
		crowd(&kinds[i], 1, 0, 1, true);
		crowd(&kinds[i], 1, 1, 0, true);
		crowd(&kinds[i], 1, 0, 0, false);
		crowd(&kinds[i], GRO_SEGMENTS_MAX, 0, 0, false);
	}
	return 0;
}
