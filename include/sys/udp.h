/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A UDP socket that receives and sends runs: recvmmsg with GRO, sendmmsg with
 * GSO. One socket has one family; the daemon opens one for each address it
 * listens on.
 */
#ifndef SYS_UDP_H
#define SYS_UDP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/frame.h"
#include "base/ipaddr.h"

struct udp;

struct udp_opts {
	bool gso; /* false: never used */
	bool gro;
	int buffer; /* bytes each way; 0: UDP_BUFFER_DEFAULT */
};

#define UDP_BUFFER_DEFAULT (8 * 1024 * 1024)

/* Datagrams that cannot be sent are dropped and counted. */
struct udp_stats {
	uint64_t received; /* datagrams */
	uint64_t recv_calls;
	uint64_t recv_bad;   /* empty, cut short, or no source */
	uint64_t recv_empty; /* part of recv_bad: empty */
	uint64_t recv_errors;
	uint64_t sent;
	uint64_t send_calls;
	uint64_t segmented; /* messages of several datagrams sent */
	uint64_t failed;    /* all datagrams not sent */
	uint64_t too_big;   /* of these: larger than the path or device takes */
	uint64_t full;	    /* of these: no room in the socket or device */
	uint64_t unreachable;	 /* of these: no route, host or permission */
	uint64_t gso_refused;	 /* segmented messages that were split here */
	uint64_t source_refused; /* sent from the system's choice instead */
	int last_errno;		 /* of the last failure, either way */
};

/* Binds to local: its family decides; an unspecified address is the wildcard,
 * port 0 any. IPv6 sockets accept IPv6 only. Outer datagrams are not fragmented
 * unless their run may be, and ICMP cannot lower the path's MTU. */
int udp_open(struct udp **out, const struct endpoint *local,
	     const struct udp_opts *opts, struct err *e);
void udp_close(struct udp *u); /* NULL is fine */
int udp_fd(const struct udp *u);
struct endpoint udp_local(const struct udp *u); /* the port that was bound */
/* True while in use. Segmentation counts as unused when it was refused and has
 * never succeeded, for any address. */
bool udp_gso(const struct udp *u);
bool udp_gro(const struct udp *u);
/* The kernel's error when the option was set at the start; 0: none. */
int udp_gso_errno(const struct udp *u);
int udp_gro_errno(const struct udp *u);
/* The error by which segmentation to that address was refused, while single
 * datagrams pass; 0: none. Segmentation is tried again later. */
int udp_gso_refused(const struct udp *u, const struct ipaddr *remote);
/* The number of such addresses, and the error of one of them. */
unsigned int udp_gso_refusals(const struct udp *u, int *errnum);
int udp_buffer(const struct udp *u); /* smaller of the two, in bytes */
const struct udp_stats *udp_stats(const struct udp *u);

/* The receiver's memory is divided into pieces of this size, one per
 * message. */
#define UDP_RECV_PIECE 65536
#define UDP_BATCH 64 /* messages a system call at most */

/*
 * One system call: fills runs, at most as many as there are pieces in mem.
 * Returns the count, 0 when nothing was waiting. Fewer than asked for does not
 * mean that the socket is empty.
 */
size_t udp_recv(struct udp *u, uint8_t *mem, size_t cap, struct udp_run *runs,
		size_t max);

struct udp_result {
	size_t sent; /* datagrams */
	size_t failed;
	int last_errno; /* 0 when none failed */
	bool too_big;	/* a datagram was too big for a device, last to: */
	struct endpoint too_big_to;
	bool full; /* socket full: later datagrams were dropped;
		    * LOOP_OUT tells when there is room */
};

/* Sends or drops all of them, in order. For a source address that is no longer
 * ours, the system chooses another. res may be NULL. */
void udp_send(struct udp *u, const struct udp_run *runs, size_t n,
	      struct udp_result *res);

#endif
