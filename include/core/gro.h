/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Coalescing: consecutive packets of one TCP or UDP flow become one
 * super-packet for the TUN device, gathered by reference. Pure functions over
 * memory; no payload is copied or moved.
 */
#ifndef CORE_GRO_H
#define CORE_GRO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/out.h"
#include "format/ippkt.h"

#define GRO_FLOWS 8		/* open at one time; the oldest is closed */
#define GRO_SEGMENTS_MAX 64

struct gro_flow {
	bool open;
	bool udp;
	uint8_t *head;			/* first packet */
	size_t headlen;			/* its length */
	size_t iphdr, hdrlen;
	uint32_t next_seq;		/* TCP: the sequence number that fits */
	uint16_t segsize;
	unsigned int frame;		/* in out->frames */
	unsigned int nseg;
	size_t total;			/* bytes of the super-packet */
};

struct gro {
	struct gro_flow flows[GRO_FLOWS];
	unsigned int age;
	struct core_out *out;
	bool tcp, udp;			/* what the device takes */
};

/* Starts a batch; nothing is open. out is empty or holds finished frames. */
void gro_begin(struct gro *g, struct core_out *out, bool tcp, bool udp);
/*
 * Adds one packet, in order. pkt stays where it is, writable, until the frames
 * are written. Appended to its flow's open frame only when RFC-wise nothing is
 * lost: same addresses, ports, TOS, TTL, options, ack and window, contiguous
 * sequence, no fragments, DF kept, no flags but ACK (and PSH, which ends it),
 * payload equal to the first one's (a shorter one ends it). A packet with a
 * checksum that is not partial is coalesced only after that was verified.
 * Order between packets of one flow is kept. false: out is full, nothing was
 * added.
 */
bool gro_add(struct gro *g, uint8_t *pkt, size_t len, bool csum_partial,
	     const struct ippkt *ip);
/* Writes lengths, checksums and offloads of all open frames; none is open. */
void gro_flush(struct gro *g);

#endif
