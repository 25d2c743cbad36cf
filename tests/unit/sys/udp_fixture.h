/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two sockets on the loopback device, and a sendmmsg() of the test's own that
 * can refuse what a kernel or driver might.
 */
#ifndef UDP_FIXTURE_H
#define UDP_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sys/udp.h"

#define MEM_LEN ((size_t)UDP_BATCH * UDP_RECV_PIECE)

/* --- a kernel that refuses ---------------------------------------------- */

static struct {
	int segmented_errno; /* for messages with UDP_SEGMENT */
	in_addr_t to;	     /* of these, only to there; 0: to anywhere */
	int errnum;	     /* for the message whose first byte is mark */
	uint8_t mark;
	unsigned int calls;
} refuse;

static inline bool
is_segmented(struct msghdr *h)
{
	struct cmsghdr *c;

	for (c = CMSG_FIRSTHDR(h); c != NULL; c = CMSG_NXTHDR(h, c))
		if (c->cmsg_level == IPPROTO_UDP && c->cmsg_type == UDP_SEGMENT)
			return true;
	return false;
}

static inline int
refused(struct mmsghdr *m)
{
	const struct sockaddr_in *to = m->msg_hdr.msg_name;

	if (refuse.segmented_errno != 0 && is_segmented(&m->msg_hdr) &&
	    (refuse.to == 0 || to->sin_addr.s_addr == refuse.to))
		return refuse.segmented_errno;
	if (refuse.errnum != 0 &&
	    *(uint8_t *)m->msg_hdr.msg_iov->iov_base == refuse.mark)
		return refuse.errnum;
	return 0;
}

int
sendmmsg(int fd, struct mmsghdr *msg, unsigned int n, int flags)
{
	unsigned int ok = 0;

	refuse.calls++;
	while (ok < n && refused(&msg[ok]) == 0)
		ok++;
	if (ok == 0) {
		errno = refused(&msg[0]);
		return -1;
	}
	return (int)syscall(SYS_sendmmsg, fd, msg, ok, flags);
}

/* --- two sockets on the loopback device --------------------------------- */

struct fixture {
	struct udp *tx, *rx;
	struct endpoint to;
	uint8_t *mem;
	uint8_t *data;
	struct udp_run runs[UDP_BATCH];
	struct udp_result res;
};

static inline struct ipaddr
addr(const char *text)
{
	struct ipaddr a;

	assert_int_equal(ipaddr_parse(&a, text, strlen(text)), 0);
	return a;
}

static inline struct udp *
open_at(const char *where, bool gso, bool gro)
{
	struct udp_opts opts = { .gso = gso, .gro = gro };
	struct endpoint local = { .addr = addr(where) };
	struct err e = { 0 };
	struct udp *u;

	if (udp_open(&u, &local, &opts, &e) < 0)
		fail_msg("%s", e.text);
	return u;
}

static inline void
setup(struct fixture *x, const char *host, const char *any, bool gso, bool gro)
{
	memset(&refuse, 0, sizeof(refuse));
	*x = (struct fixture){ .mem = malloc(MEM_LEN), .data = malloc(400000) };
	assert_non_null(x->mem);
	assert_non_null(x->data);
	for (size_t i = 0; i < 400000; i++)
		x->data[i] = (uint8_t)(i / 1000 * 7 + i);
	x->tx = open_at(any, gso, false);
	x->rx = open_at(any, false, gro);
	x->to = (struct endpoint){ .addr = addr(host),
				   .port = udp_local(x->rx).port };
}

static inline void
teardown(struct fixture *x)
{
	udp_close(x->tx);
	udp_close(x->rx);
	free(x->mem);
	free(x->data);
}

static inline struct udp_run
run(struct fixture *x, size_t at, size_t len, uint16_t segsize)
{
	return (struct udp_run){ .remote = x->to,
				 .segsize = segsize,
				 .data = x->data + at,
				 .len = len };
}

static inline size_t
receive(struct fixture *x)
{
	struct pollfd p = { .fd = udp_fd(x->rx), .events = POLLIN };

	if (poll(&p, 1, 2000) != 1)
		return 0;
	return udp_recv(x->rx, x->mem, MEM_LEN, x->runs, UDP_BATCH);
}

/* Receives len bytes in datagrams of segsize, however they are grouped, and
 * compares. Returns the number of runs. */
static inline size_t
expect_stream(struct fixture *x, size_t at, size_t len, size_t segsize)
{
	size_t got = 0, runs = 0, n;

	while (got < len) {
		n = receive(x);
		assert_true(n > 0);
		for (size_t i = 0; i < n; i++) {
			const struct udp_run *r = &x->runs[i];

			assert_true(got % segsize == 0);
			assert_true(
				r->segsize == segsize ||
				(r->segsize == r->len && got + r->len == len));
			assert_true(got + r->len <= len);
			assert_memory_equal(r->data, x->data + at + got,
					    r->len);
			got += r->len;
		}
		runs += n;
	}
	return runs;
}

/* In a new namespace the device may be down; elsewhere nothing changes. */
static inline int
loopback_up(void **state)
{
	const char *up = "ip link set lo up 2>/dev/null || true";

	(void)state;
	return system(up);
}

#endif
