/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The two units of the data path: frames of the TUN device with their
 * segmentation offload, and runs of equal-sized datagrams. The pure protocol
 * and the system calls share these types.
 */
#ifndef BASE_FRAME_H
#define BASE_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ipaddr.h"

/* A view of memory that its holder does not own. */
struct slice {
	const uint8_t *p;
	size_t len;
};

enum frame_kind {
	FRAME_WHOLE, /* a single packet, not segmented */
	FRAME_TCP4,  /* a TCP segment to be cut at segsize: super-packet */
	FRAME_TCP6,
	FRAME_UDP /* several UDP datagrams of segsize, v4 or v6 */
};

/*
 * Offload work that the IP packet beside it still needs. A super-packet has one
 * header in front; its IP length fields cover the whole, each segment's payload
 * is segsize bytes (the last may be shorter), its checksum is always partial.
 */
struct frame_offload {
	uint8_t kind;	      /* enum frame_kind */
	bool needs_csum;      /* partial: the transport checksum field holds
			       * the folded pseudo-header sum */
	bool cwr_once;	      /* TCP super-packet that was read: CWR is for the
			       * first segment alone (RFC 3168, 6.1.2) */
	uint16_t segsize;     /* payload bytes a segment; 0 for FRAME_WHOLE */
	uint16_t hdrlen;      /* IP and transport headers. Read: a hint of the
			       * kernel, to be computed anew; written: exact */
	uint16_t csum_start;  /* the transport header, from the IP header's
			       * first byte; when needs_csum */
	uint16_t csum_offset; /* the checksum field, from csum_start */
};

/* This many bytes in front of tun_frame.data are writable, so that the next
 * segment's or a datagram's header can be put just before a payload. */
#define FRAME_HEADROOM 64
/* The longest IP packet in either direction. */
#define FRAME_LEN_MAX 65535
/* A frame to be written has at most this many pieces. */
#define FRAME_IOV_MAX 256

/* A frame that was read; the memory is the reader's. */
struct tun_frame {
	uint8_t *data; /* the IP header's first byte; writable */
	size_t len;
	struct frame_offload off;
};

/* A frame to be written, gathered from pieces. */
struct tun_out {
	struct frame_offload off;
	const struct slice *iov;
	unsigned int niov; /* <= FRAME_IOV_MAX */
};

/*
 * Datagrams to or from one remote in one piece of memory: each is segsize
 * bytes, the last may be shorter. One datagram: segsize == len. A run to be
 * sent may be longer than one system call takes. local: the address where the
 * run arrived or which it is to leave from; IP_NONE: the system's choice. tos:
 * the TOS or traffic class byte of all of them. may_fragment: datagrams to be
 * sent may be cut into IP fragments, here and by routers.
 */
struct udp_run {
	struct endpoint remote;
	struct ipaddr local; /* our own address */
	uint16_t segsize;
	uint8_t tos;
	bool may_fragment;
	uint8_t *data;
	size_t len;
};

#endif
