/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two sockets on the loopback device, and a sendmmsg() of the test's own that
 * can refuse what a kernel or driver might.
 */
#ifndef UDP_FIXTURE_H
#define UDP_FIXTURE_H

#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../unit.h"
#include "sys/udp.h"

#define MEM_LEN ((size_t)UDP_BATCH * UDP_RECV_PIECE)

/* --- a kernel that refuses ---------------------------------------------- */

struct refuse {
	int segmented_errno; /* for messages with UDP_SEGMENT */
	in_addr_t to;	     /* of these, only to there; 0: to anywhere */
	int errnum;	     /* for the message whose first byte is mark */
	uint8_t mark;
	unsigned int calls;
};

extern struct refuse refuse;

int sendmmsg(int fd, struct mmsghdr *msg, unsigned int n, int flags);

/* --- two sockets on the loopback device --------------------------------- */

struct fixture {
	struct udp *tx, *rx;
	struct endpoint to;
	uint8_t *mem;
	uint8_t *data;
	struct udp_run runs[UDP_BATCH];
	struct udp_result res;
};

struct ipaddr addr(const char *text);
void fixture_setup(struct fixture *x, const char *host, const char *any,
		   bool gso, bool gro);
void fixture_teardown(struct fixture *x);
struct udp_run run(struct fixture *x, size_t at, size_t len, uint16_t segsize);
size_t receive(struct fixture *x);

/* Receives len bytes in datagrams of segsize, however they are grouped, and
 * compares. Returns the number of runs. */
size_t expect_stream(struct fixture *x, size_t at, size_t len, size_t segsize);

/* In a new namespace the device may be down; elsewhere nothing changes. */
int loopback_up(void **state);

#endif
