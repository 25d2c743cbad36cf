/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Coalescing: consecutive packets of one TCP or UDP flow become one
 * super-packet for the TUN device, gathered by reference. Pure functions over
 * memory; no payload is copied or moved.
 */
#ifndef CORE_DATA_GRO_H
#define CORE_DATA_GRO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/batch.h"
#include "format/ippkt.h"

#define GRO_FLOWS 8 /* open at one time; the oldest is closed */
#define GRO_SEGMENTS_MAX 64

/* A packet that may be part of a super-packet. */
struct gro_segment {
	uint8_t *pkt;
	size_t len;
	size_t iphdr, hdrlen; /* to the transport header; with it */
	uint8_t proto;
	bool csum_partial;
	bool last; /* nothing may follow it: PSH */
};

struct gro_flow {
	uint64_t key;		 /* hash of addresses and ports */
	struct gro_segment head; /* first packet */
	uint32_t next_seq;	 /* TCP: the sequence number that fits */
	bool ended;		 /* takes no further packet */
	bool verified;		 /* the head's checksum is known right */
	bool push;		 /* TCP: the last one joined had PSH */
	unsigned int frame;	 /* in out->frames */
	unsigned int nseg;
	size_t total; /* bytes of the super-packet */
	struct slice pieces[GRO_SEGMENTS_MAX];
};

struct gro {
	struct core_out *out;
	bool tcp, udp; /* offloads of the device */
	unsigned int nflows;
	unsigned int oldest; /* when all are in use */
	unsigned int placed; /* out->slices that are filled */
	struct gro_flow flows[GRO_FLOWS];
};

/* Starts a batch; nothing is open. out is empty or holds finished frames.
 * Until gro_flush() nobody else adds frames or slices to it. */
void gro_begin(struct gro *g, struct core_out *out, bool tcp, bool udp);
/*
 * Adds one packet, in order. pkt stays where it is, writable, until the frames
 * are written. Appended to its flow's open frame only when RFC-wise nothing is
 * lost: same addresses, ports, TOS, TTL, flow label, DF, options, ack and
 * window, contiguous sequence, no fragments, no IP options or extensions, no
 * flags but ACK, ECE and AE (all the same), and PSH, which ends it, payload
 * equal to the first one's (a shorter one ends it). IPv4 identifications count
 * up, or there is DF and they mean nothing (RFC 6864). Packets whose checksum
 * is not partial are coalesced only after theirs were verified. Order between
 * packets of one flow is kept.
 *
 * Takes one slice, and a frame unless the packet joins one; asks for one free
 * frame and one free slice beforehand. false: out lacks them, nothing was
 * added.
 */
bool gro_add(struct gro *g, uint8_t *pkt, size_t len, bool csum_partial,
	     const struct ippkt *ip);
/* Writes lengths, checksums and offloads of all open frames; none is open.
 * All frames of out are complete now, and not before. */
void gro_flush(struct gro *g);

#endif
