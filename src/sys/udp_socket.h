/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The internals of a UDP socket: for the files that implement sys/udp.h. */
#ifndef SYS_UDP_SOCKET_H
#define SYS_UDP_SOCKET_H

#include <netinet/in.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "sys/udp.h"

/* Room for the local address, the TOS and the segment size. */
#define UDP_CONTROL_LEN \
	(CMSG_SPACE(sizeof(struct in6_pktinfo)) + 2 * CMSG_SPACE(sizeof(int)))

/* Buffers of one message, for either direction. */
struct udp_slot {
	struct sockaddr_storage name;
	struct iovec iov;
	alignas(struct cmsghdr) uint8_t control[UDP_CONTROL_LEN];
};

struct udp_slots {
	struct mmsghdr msg[UDP_BATCH];
	struct udp_slot slot[UDP_BATCH];
};

#define UDP_PATHS 64

struct udp_path {
	struct ipaddr addr;
	int errnum; /* 0: the slot is free */
	unsigned int left;
};

struct udp {
	int fd;
	uint8_t family; /* enum ip_family */
	bool gso;	/* requested, and supported by the kernel */
	bool gro;
	int gso_errno, gro_errno; /* why not supported */
	unsigned int npaths;
	struct udp_path paths[UDP_PATHS]; /* addresses that refuse segments */
	int buffer;
	struct endpoint local;
	struct udp_stats stats;
	struct udp_slots rx;
	struct udp_slots tx;
};

/* --- udp.c -------------------------------------------------------------- */
/* Sets whether later datagrams may be fragmented. This is rare, so it is set
 * around such datagrams alone. */
void udp_fragment(struct udp *u, bool may);

/* --- udp_gso.c ---------------------------------------------------------- */
/* True when the next message to that address may be segmented. */
bool udp_gso_may(struct udp *u, const struct ipaddr *a);
void udp_gso_refuse(struct udp *u, const struct ipaddr *a, int errnum);
void udp_gso_worked(struct udp *u, const struct ipaddr *a);

#endif
