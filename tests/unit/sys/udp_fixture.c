/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "udp_fixture.h"

#include <poll.h>
#include <sys/syscall.h>

/* --- a kernel that refuses ---------------------------------------------- */

struct refuse refuse;

static bool
is_segmented(struct msghdr *h)
{
	struct cmsghdr *c;

	for (c = CMSG_FIRSTHDR(h); c != NULL; c = CMSG_NXTHDR(h, c))
		if (c->cmsg_level == IPPROTO_UDP && c->cmsg_type == UDP_SEGMENT)
			return true;
	return false;
}

static int
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

struct ipaddr
addr(const char *text)
{
	struct ipaddr a;

	assert_int_equal(ipaddr_parse(&a, text, strlen(text)), 0);
	return a;
}

static struct udp *
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

void
fixture_setup(struct fixture *x, const char *host, const char *any, bool gso,
	      bool gro)
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

void
fixture_teardown(struct fixture *x)
{
	udp_close(x->tx);
	udp_close(x->rx);
	free(x->mem);
	free(x->data);
}

struct udp_run
run(struct fixture *x, size_t at, size_t len, uint16_t segsize)
{
	return (struct udp_run){ .remote = x->to,
				 .segsize = segsize,
				 .data = x->data + at,
				 .len = len };
}

size_t
receive(struct fixture *x)
{
	struct pollfd p = { .fd = udp_fd(x->rx), .events = POLLIN };

	if (poll(&p, 1, 2000) != 1)
		return 0;
	return udp_recv(x->rx, x->mem, MEM_LEN, x->runs, UDP_BATCH);
}

size_t
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

int
loopback_up(void **state)
{
	const char *up = "ip link set lo up 2>/dev/null || true";

	(void)state;
	return system(up);
}
