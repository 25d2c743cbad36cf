/* SPDX-License-Identifier: GPL-3.0-or-later */
/* UDP over the loopback device: runs go out and come in whole. */
#include "udp_fixture.h"

static void
bulk(const char *host, const char *any, bool gso, bool gro)
{
	struct fixture x;
	struct udp_run r;
	size_t runs;

	fixture_setup(&x, host, any, gso, gro);
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
	fixture_teardown(&x);
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

/* The TOS of a run goes out and comes in, beside all else that is told with a
 * message; runs of several keep theirs apart. */
static void
tos(const char *host, const char *any, bool gso, bool gro)
{
	struct fixture x;
	struct udp_run r[2];
	size_t got = 0, n;

	fixture_setup(&x, host, any, gso, gro);
	for (unsigned int value = 0; value < 256; value += 5) {
		r[0] = run(&x, 0, 4000, 1000);
		r[1] = run(&x, 4000, 4000, 1000);
		r[0].local = r[1].local = x.to.addr;
		r[0].tos = (uint8_t)value;
		r[1].tos = (uint8_t)~value;
		udp_send(x.tx, r, 2, &x.res);
		assert_int_equal(x.res.sent, 8);
		for (got = 0; got < 8000;) {
			n = receive(&x);
			assert_true(n > 0);
			for (size_t i = 0; i < n; i++) {
				assert_int_equal(x.runs[i].tos,
						 got < 4000 ? r[0].tos :
							      r[1].tos);
				got += x.runs[i].len;
			}
		}
	}
	assert_int_equal(udp_stats(x.rx)->recv_bad, 0);
	fixture_teardown(&x);
}

static void
test_tos(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++) {
		tos("127.0.0.1", "0.0.0.0", i & 1, i & 2);
		tos("::1", "::", i & 1, i & 2);
	}
}

static void
test_byte_limit(void **state)
{
	struct fixture x;
	struct udp_run r;

	(void)state;
	/* 64 segments of 8,000 would be too long for one message. */
	fixture_setup(&x, "127.0.0.1", "0.0.0.0", true, true);
	r = run(&x, 0, 160001, 8000);
	udp_send(x.tx, &r, 1, &x.res);
	assert_int_equal(x.res.sent, 21);
	expect_stream(&x, 0, 160001, 8000);
	/* A datagram of the greatest length there is. */
	r = run(&x, 0, 65507, 65507);
	udp_send(x.tx, &r, 1, &x.res);
	assert_int_equal(x.res.sent, 1);
	expect_stream(&x, 0, 65507, 65507);
	fixture_teardown(&x);
}

static void
addresses(const char *any, const char *to, const char *from)
{
	struct ipaddr here = addr(to), source = addr(from);
	struct fixture x;
	struct udp_run r;

	fixture_setup(&x, to, any, true, true);
	r = run(&x, 0, 500, 100);
	r.local = source;
	udp_send(x.tx, &r, 1, &x.res);
	assert_int_equal(x.res.sent, 5);
	expect_stream(&x, 0, 500, 100);
	assert_true(ipaddr_equal(&x.runs[0].remote.addr, &source));
	assert_int_equal(x.runs[0].remote.port, udp_local(x.tx).port);
	assert_true(ipaddr_equal(&x.runs[0].local, &here));
	fixture_teardown(&x);
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

	fixture_setup(&x, to, any, true, true);
	r = run(&x, 0, 5000, segsize);
	r.local = addr(foreign);
	udp_send(x.tx, &r, 1, &x.res);
	assert_int_equal(x.res.failed, 0);
	assert_int_equal(udp_stats(x.tx)->source_refused, 1);
	assert_true(udp_gso(x.tx));
	expect_stream(&x, 0, 5000, segsize);
	assert_true(ipaddr_equal(&x.runs[0].remote.addr, &x.to.addr));
	fixture_teardown(&x);
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
test_receive_bounds(void **state)
{
	struct udp_run r[3];
	struct fixture x;

	(void)state;
	fixture_setup(&x, "127.0.0.1", "0.0.0.0", true, true);
	assert_int_equal(udp_recv(x.rx, x.mem, MEM_LEN, x.runs, UDP_BATCH), 0);
	assert_int_equal(udp_stats(x.rx)->recv_errors, 0);
	for (int i = 0; i < 3; i++)
		r[i] = run(&x, 0, 100, 100);
	udp_send(x.tx, r, 3, NULL);
	assert_int_equal(
		udp_recv(x.rx, x.mem, UDP_RECV_PIECE - 1, x.runs, UDP_BATCH),
		0);
	assert_int_equal(
		udp_recv(x.rx, x.mem, 2 * UDP_RECV_PIECE, x.runs, UDP_BATCH),
		2);
	assert_int_equal(udp_recv(x.rx, x.mem, MEM_LEN, x.runs, 1), 1);
	assert_int_equal(udp_recv(x.rx, x.mem, MEM_LEN, x.runs, 1), 0);
	fixture_teardown(&x);
}

/* Anybody can send one; it is no run. */
static void
test_empty_datagram(void **state)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	struct fixture x;
	struct udp_run r;
	int fd;

	(void)state;
	fixture_setup(&x, "127.0.0.1", "0.0.0.0", true, true);
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
	assert_int_equal(udp_stats(x.rx)->recv_empty, 1);
	assert_int_equal(udp_stats(x.rx)->received, 1);
	r = run(&x, 0, 0, 10);
	udp_send(x.tx, &r, 1, &x.res);
	assert_int_equal(x.res.sent + x.res.failed, 0);
	fixture_teardown(&x);
}

static void
test_open(void **state)
{
	struct udp_opts opts = { .buffer = 1 << 16 };
	struct endpoint local = { .addr = addr("::") };
	struct udp *v6, *v4, *other = NULL;
	struct err e = { 0 };

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
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bulk),
		cmocka_unit_test(test_tos),
		cmocka_unit_test(test_byte_limit),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_source_not_ours),
		cmocka_unit_test(test_receive_bounds),
		cmocka_unit_test(test_empty_datagram),
		cmocka_unit_test(test_open),
	};

	return cmocka_run_group_tests(tests, loopback_up, NULL);
}
