/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Segmentation: cutting a super-packet of the TUN device into packets. Pure
 * functions over memory. Each segment's header is written just in front of its
 * payload, over bytes that were sent before: only headers are copied.
 */
#ifndef CORE_DATA_GSO_H
#define CORE_DATA_GSO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/frame.h"
#include "core/drop.h"
#include "format/ippkt.h"

#define GSO_HEADER_MAX 256 /* IP with options or extensions, and TCP */

struct gso {
	uint8_t *data; /* the frame's memory */
	size_t len;
	size_t next;	   /* offset of the next payload byte */
	uint8_t kind;	   /* enum frame_kind */
	bool csum_partial; /* gso_next() gives partial sums */
	bool cwr_once;	   /* only the first segment has CWR */
	uint16_t segsize;
	size_t iphdr, hdrlen;		/* to the transport header; with it */
	uint32_t index;			/* segments handed out */
	uint64_t ip_sum;		/* IPv4 header without length and id */
	uint64_t pseudo_sum;		/* pseudo-header without length */
	uint8_t header[GSO_HEADER_MAX]; /* as it came; super-packets only */
};

/*
 * Takes a frame whose packet was parsed into ip. Headers are computed from
 * the packet, never believed from the offload's hint. A whole packet with a
 * partial checksum that is neither TCP's nor UDP's (or is in a fragment) gets
 * its checksum completed here; else the frame stays as it is until the first
 * gso_next(). DROP_NONE, or DROP_TUN_MALFORMED when lengths or offsets
 * contradict each other: the frame was not touched.
 */
enum drop gso_start(struct gso *g, const struct tun_frame *f,
		    const struct ippkt *ip);
/*
 * Makes of a TCP packet, or super-packet, one that is cut into packets of at
 * most mtu. Before gso_start(). false: it cannot be, or must not: it is signed
 * (TCP MD5, RFC 2385; TCP-AO, RFC 5925), or may be fragmented on its way, which
 * needs the identification that its sender gave it (RFC 6864, section 4.2).
 * Nothing was touched then.
 */
bool gso_recut(struct tun_frame *f, const struct ippkt *ip, size_t mtu);
/* Numbers the packets of a frame that was cut anew: its sender reserved fewer
 * IPv4 identifications than there are packets now. *id is that of the first
 * one, and then that of the next frame's. After gso_start(). */
void gso_number(struct gso *g, uint16_t *id);
/* The largest packet that gso_next() will hand out. */
size_t gso_largest(const struct gso *g);
/*
 * The next packet, inside the frame's memory; it may be written over the
 * packets handed out before, so use (encrypt) each before the next. NULL at
 * the end. Checksums: g->csum_partial says whether the transport checksum
 * holds the folded pseudo-header sum over its own length.
 */
uint8_t *gso_next(struct gso *g, size_t *len);

/* Completes a partial transport checksum (TCP, UDP) of a whole packet.
 * -1 when it is neither, a fragment, or too short. */
int gso_complete_csum(uint8_t *pkt, size_t len, const struct ippkt *ip);

#endif
