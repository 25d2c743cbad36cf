/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * UDP over the loopback device: runs go out and come in whole, with and
 * without segmentation; every failure is counted and ends nothing. sendmmsg()
 * is the test's own: it can refuse what a kernel or driver might.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
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
	int errnum;	     /* for the message whose first byte is mark */
	uint8_t mark;
	unsigned int calls;
} refuse;

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
	if (refuse.segmented_errno != 0 && is_segmented(&m->msg_hdr))
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

static struct ipaddr
addr(const char *text)
{
	struct ipaddr a;

	assert_int_equal(ipaddr_parse(&a, text, strlen(text)), 0);
	return a;
}

static struct udp *
open_at(const char *where, bool gso, bool gro)
{
	struct udp_opts opts = {.gso = gso, .gro = gro};
	struct endpoint local = {.addr = addr(where)};
	struct err e = {0};
	struct udp *u;

	if (udp_open(&u, &local, &opts, &e) < 0)
		fail_msg("%s", e.text);
	return u;
}

static void
setup(struct fixture *x, const char *host, const char *any, bool gso, bool gro)
{
	memset(&refuse, 0, sizeof(refuse));
	*x = (struct fixture){.mem = malloc(MEM_LEN), .data = malloc(400000)};
	assert_non_null(x->mem);
	assert_non_null(x->data);
	for (size_t i = 0; i < 400000; i++)
		x->data[i] = (uint8_t)(i / 1000 * 7 + i);
	x->tx = open_at(any, gso, false);
	x->rx = open_at(any, false, gro);
	x->to = (struct endpoint){.addr = addr(host),
				  .port = udp_local(x->rx).port};
}

static void
teardown(struct fixture *x)
{
	udp_close(x->tx);
	udp_close(x->rx);
	free(x->mem);
	free(x->data);
}

static struct udp_run
run(struct fixture *x, size_t at, size_t len, uint16_t segsize)
{
	return (struct udp_run){.remote = x->to,
				.segsize = segsize,
				.data = x->data + at,
				.len = len};
}

static size_t
receive(struct fixture *x)
{
	struct pollfd p = {.fd = udp_fd(x->rx), .events = POLLIN};

	if (poll(&p, 1, 2000) != 1)
		return 0;
	return udp_recv(x->rx, x->mem, MEM_LEN, x->runs, UDP_BATCH);
}

/* Receives len bytes in datagrams of segsize, however they are grouped, and
 * compares. Returns the number of runs. */
static size_t
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

static void
bulk(const char *host, const char *any, bool gso, bool gro)
{
	struct fixture x;
	struct udp_run r;
	size_t runs;

	setup(&x, host, any, gso, gro);
	/* 300 datagrams of 1,000 and one of 77: five messages at least. */
	r = run(&x, 0, 300077, 1000);
	udp_send(x.tx, &r, 1, &x.res);
	assert_int_equal(x.res.sent, 301);
	assert_int_equal(x.res.failed, 0);
	assert_int_equal(x.res.last_errno, 0);
	assert_int_equal(refuse.calls, udp_gso(x.tx) ? 1 : 5);
	assert_int_equal(udp_stats(x.tx)->send_calls, refuse.calls);
	runs = expect_stream(&x, 0, 300077, 1000);
	if (udp_gso(x.tx) && udp_gro(x.rx))
		assert_int_equal(runs, 5);
	if (!gro)
		assert_int_equal(runs, 301);
	assert_int_equal(udp_stats(x.rx)->received, 301);
	assert_int_equal(udp_stats(x.tx)->sent, 301);
	assert_int_equal(udp_stats(x.tx)->gso_refused, 0);
	teardown(&x);
}

static void
test_bulk(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++) {
		bulk("127.0.0.1", "0.0.0.0", i & 1, i & 2);
		bulk("::1", "::", i & 1, i & 2);
	}
}

static void
test_byte_limit(void **state)
{
	struct fixture x;
	struct udp_run r;

	(void)state;
	/* 64 segments of 8,000 would be too long for one message. */
	setup(&x, "127.0.0.1", "0.0.0.0", true, true);
	r = run(&x, 0, 160001, 8000);
	udp_send(x.tx, &r, 1, &x.res);
	assert_int_equal(x.res.sent, 21);
	expect_stream(&x, 0, 160001, 8000);
	/* A datagram of the greatest length there is. */
	r = run(&x, 0, 65507, 65507);
	udp_send(x.tx, &r, 1, &x.res);
	assert_int_equal(x.res.sent, 1);
	expect_stream(&x, 0, 65507, 65507);
	teardown(&x);
}

static void
addresses(const char *any, const char *to, const char *from)
{
	struct ipaddr here = addr(to), source = addr(from);
	struct fixture x;
	struct udp_run r;

	setup(&x, to, any, true, true);
	r = run(&x, 0, 500, 100);
	r.local = source;
	udp_send(x.tx, &r, 1, &x.res);
	assert_int_equal(x.res.sent, 5);
	expect_stream(&x, 0, 500, 100);
	assert_true(ipaddr_equal(&x.runs[0].remote.addr, &source));
	assert_int_equal(x.runs[0].remote.port, udp_local(x.tx).port);
	assert_true(ipaddr_equal(&x.runs[0].local, &here));
	teardown(&x);
}

static void
test_addresses(void **state)
{
	(void)state;
	addresses("0.0.0.0", "127.0.0.2", "127.0.0.3");
	addresses("::", "::1", "::1");
}

static void
foreign_source(const char *any, const char *to, const char *foreign,
	       uint16_t segsize)
{
	struct fixture x;
	struct udp_run r;

	setup(&x, to, any, true, true);
	r = run(&x, 0, 5000, segsize);
	r.local = addr(foreign);
	udp_send(x.tx, &r, 1, &x.res);
	assert_int_equal(x.res.failed, 0);
	assert_int_equal(udp_stats(x.tx)->source_refused, 1);
	assert_true(udp_gso(x.tx));
	expect_stream(&x, 0, 5000, segsize);
	assert_true(ipaddr_equal(&x.runs[0].remote.addr, &x.to.addr));
	teardown(&x);
}

static void
test_source_not_ours(void **state)
{
	(void)state;
	foreign_source("0.0.0.0", "127.0.0.1", "192.0.2.77", 5000);
	foreign_source("0.0.0.0", "127.0.0.1", "192.0.2.77", 1000);
	foreign_source("::", "::1", "2001:db8::77", 1000);
}

static void
gso_refused(int errnum, bool off)
{
	struct fixture x;
	struct udp_run r;

	setup(&x, "127.0.0.1", "0.0.0.0", true, true);
	assert_true(udp_gso(x.tx));
	refuse.segmented_errno = errnum;
	r = run(&x, 0, 4300, 1000);
	r.local = addr("127.0.0.1");
	udp_send(x.tx, &r, 1, &x.res);
	assert_int_equal(x.res.sent, 5);
	assert_int_equal(x.res.failed, 0);
	assert_int_equal(udp_stats(x.tx)->gso_refused, 1);
	assert_true(udp_gso(x.tx) != off);
	expect_stream(&x, 0, 4300, 1000);

	refuse.calls = 0;
	udp_send(x.tx, &r, 1, NULL);
	expect_stream(&x, 0, 4300, 1000);
	/* Remembered: one call for all five. */
	assert_int_equal(refuse.calls, off ? 1 : 6);
	teardown(&x);
}

static void
test_gso_refused(void **state)
{
	(void)state;
	gso_refused(EIO, true);
	gso_refused(EINVAL, true);
	gso_refused(EMSGSIZE, false);
}

/* Segmentation is refused, and so is each full-sized datagram: the size is
 * to blame. The short last one gets through. */
static void
test_too_big(void **state)
{
	static const int errnums[] = {EINVAL, EMSGSIZE};
	struct fixture x;
	struct udp_run r;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		setup(&x, "127.0.0.1", "0.0.0.0", true, true);
		memset(x.data, 1, 3000);
		memset(x.data + 3000, 2, 10);
		refuse.segmented_errno = errnums[i];
		refuse.errnum = EMSGSIZE;
		refuse.mark = 1;
		r = run(&x, 0, 3010, 1000);
		udp_send(x.tx, &r, 1, &x.res);
		assert_int_equal(x.res.sent, 1);
		assert_int_equal(x.res.failed, 3);
		assert_int_equal(x.res.last_errno, EMSGSIZE);
		assert_int_equal(udp_stats(x.tx)->too_big, 3);
		assert_true(udp_gso(x.tx));
		assert_int_equal(receive(&x), 1);
		assert_int_equal(x.runs[0].len, 10);
		teardown(&x);
	}
}

/* What the kernel itself finds too big for the loopback device. */
static void
test_really_too_big(void **state)
{
	struct udp_run r[2];
	struct fixture x;

	(void)state;
	setup(&x, "127.0.0.1", "0.0.0.0", true, true);
	r[0] = run(&x, 0, 65530, 65530);
	r[1] = run(&x, 0, 100, 100);
	udp_send(x.tx, r, 2, &x.res);
	assert_int_equal(x.res.sent, 1);
	assert_int_equal(x.res.failed, 1);
	assert_int_equal(udp_stats(x.tx)->too_big, 1);
	assert_int_equal(receive(&x), 1);
	teardown(&x);
}

/* The failing message is left out, those behind it are sent. */
static void
test_errors_are_counted(void **state)
{
	static const struct {
		int errnum;
		size_t unreachable, full;
	} cases[] = {
	    {ECONNREFUSED, 1, 0}, {ENETUNREACH, 1, 0}, {EHOSTUNREACH, 1, 0},
	    {EPERM, 1, 0},	  {ENOBUFS, 0, 1},     {EPROTO, 0, 0},
	};
	struct udp_run r[5];
	struct fixture x;

	(void)state;
	for (size_t c = 0; c < sizeof(cases) / sizeof(cases[0]); c++) {
		setup(&x, "127.0.0.1", "0.0.0.0", true, true);
		for (size_t i = 0; i < 5; i++) {
			x.data[i * 10] = (uint8_t)(100 + i);
			r[i] = run(&x, i * 10, 10, 10);
		}
		refuse.errnum = cases[c].errnum;
		refuse.mark = 102;
		udp_send(x.tx, r, 5, &x.res);
		assert_int_equal(x.res.sent, 4);
		assert_int_equal(x.res.failed, 1);
		assert_int_equal(x.res.last_errno, cases[c].errnum);
		assert_false(x.res.full);
		assert_int_equal(udp_stats(x.tx)->unreachable,
				 cases[c].unreachable);
		assert_int_equal(udp_stats(x.tx)->full, cases[c].full);
		assert_int_equal(udp_stats(x.tx)->last_errno, cases[c].errnum);
		assert_int_equal(receive(&x), 4);
		assert_int_equal(x.runs[1].data[0], 101);
		assert_int_equal(x.runs[2].data[0], 103);
		teardown(&x);
	}
}

static void
test_full_drops_the_rest(void **state)
{
	struct udp_run r[3];
	struct fixture x;

	(void)state;
	setup(&x, "127.0.0.1", "0.0.0.0", true, true);
	memset(x.data, 1, 100);
	memset(x.data + 100, 2, 100000);
	r[0] = run(&x, 0, 100, 50);
	r[1] = run(&x, 100, 100, 10);
	r[2] = run(&x, 200, 99900, 100);
	refuse.errnum = EAGAIN;
	refuse.mark = 2;
	udp_send(x.tx, r, 3, &x.res);
	assert_true(x.res.full);
	assert_int_equal(x.res.sent, 2);
	assert_int_equal(x.res.failed, 10 + 999);
	assert_int_equal(udp_stats(x.tx)->full, 10 + 999);
	assert_int_equal(refuse.calls, 2);
	teardown(&x);
}

static void
test_not_sendable(void **state)
{
	struct udp_run r[4];
	struct fixture x;

	(void)state;
	setup(&x, "127.0.0.1", "0.0.0.0", true, true);
	for (int i = 0; i < 4; i++)
		r[i] = run(&x, 0, 100, 100);
	r[0].remote.addr = addr("::1");
	r[1].local = addr("::1");
	r[2].segsize = 0;
	udp_send(x.tx, r, 4, &x.res);
	assert_int_equal(x.res.sent, 1);
	assert_int_equal(x.res.failed, 3);
	udp_send(x.tx, NULL, 0, &x.res);
	assert_int_equal(x.res.sent + x.res.failed, 0);
	teardown(&x);
}

static void
test_receive_bounds(void **state)
{
	struct udp_run r[3];
	struct fixture x;

	(void)state;
	setup(&x, "127.0.0.1", "0.0.0.0", true, true);
	assert_int_equal(udp_recv(x.rx, x.mem, MEM_LEN, x.runs, UDP_BATCH), 0);
	assert_int_equal(udp_stats(x.rx)->recv_errors, 0);
	for (int i = 0; i < 3; i++)
		r[i] = run(&x, 0, 100, 100);
	udp_send(x.tx, r, 3, NULL);
	assert_int_equal(
	    udp_recv(x.rx, x.mem, UDP_RECV_PIECE - 1, x.runs, UDP_BATCH), 0);
	assert_int_equal(
	    udp_recv(x.rx, x.mem, 2 * UDP_RECV_PIECE, x.runs, UDP_BATCH), 2);
	assert_int_equal(udp_recv(x.rx, x.mem, MEM_LEN, x.runs, 1), 1);
	assert_int_equal(udp_recv(x.rx, x.mem, MEM_LEN, x.runs, 1), 0);
	teardown(&x);
}

/* Anybody can send one; it is no run. */
static void
test_empty_datagram(void **state)
{
	struct sockaddr_in to = {.sin_family = AF_INET};
	struct fixture x;
	struct udp_run r;
	int fd;

	(void)state;
	setup(&x, "127.0.0.1", "0.0.0.0", true, true);
	to.sin_port = htons(x.to.port);
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	assert_int_equal(
	    sendto(fd, "", 0, 0, (struct sockaddr *)&to, sizeof(to)), 0);
	close(fd);
	r = run(&x, 0, 10, 10);
	udp_send(x.tx, &r, 1, NULL);
	while (receive(&x) == 0)
		;
	assert_int_equal(x.runs[0].len, 10);
	assert_int_equal(udp_stats(x.rx)->recv_bad, 1);
	assert_int_equal(udp_stats(x.rx)->received, 1);
	r = run(&x, 0, 0, 10);
	udp_send(x.tx, &r, 1, &x.res);
	assert_int_equal(x.res.sent + x.res.failed, 0);
	teardown(&x);
}

static void
test_open(void **state)
{
	struct udp_opts opts = {.buffer = 1 << 16};
	struct endpoint local = {.addr = addr("::")};
	struct udp *v6, *v4, *other = NULL;
	struct err e = {0};

	(void)state;
	assert_int_equal(udp_open(&v6, &local, &opts, &e), 0);
	assert_true(udp_buffer(v6) >= 1 << 15);
	assert_false(udp_gso(v6));
	assert_false(udp_gro(v6));
	local.port = udp_local(v6).port;
	assert_true(local.port != 0);
	assert_int_equal(udp_open(&other, &local, &opts, &e), -1);
	assert_non_null(strstr(e.text, "[::]:"));
	assert_null(other);
	/* IPv6 only: the same port is free for IPv4. */
	local.addr = addr("0.0.0.0");
	assert_int_equal(udp_open(&v4, &local, &opts, &e), 0);
	local.addr.family = IP_NONE;
	assert_int_equal(udp_open(&other, &local, &opts, &e), -1);
	assert_int_equal(e.code, ERR_USAGE);
	udp_close(v4);
	udp_close(v6);
	udp_close(NULL);
}

int
main(void)
{
	/* In a new namespace it may be down; elsewhere this changes nothing. */
	const char *up = "ip link set lo up 2>/dev/null || true";
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_bulk),
	    cmocka_unit_test(test_byte_limit),
	    cmocka_unit_test(test_addresses),
	    cmocka_unit_test(test_source_not_ours),
	    cmocka_unit_test(test_gso_refused),
	    cmocka_unit_test(test_too_big),
	    cmocka_unit_test(test_really_too_big),
	    cmocka_unit_test(test_errors_are_counted),
	    cmocka_unit_test(test_full_drops_the_rest),
	    cmocka_unit_test(test_not_sendable),
	    cmocka_unit_test(test_receive_bounds),
	    cmocka_unit_test(test_empty_datagram),
	    cmocka_unit_test(test_open),
	};

	if (system(up) != 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
