/* SPDX-License-Identifier: GPL-3.0-or-later */
/* TCP over the loopback device. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../unit.h"
#include "sys/clock.h"
#include "sys/tcp.h"

#define MANY 40

struct fixture {
	struct loop *l;
	struct tcp_listener *t;
	struct endpoint to;
	int fd[MANY];
	unsigned int n;
	struct endpoint remote, local;
	bool close_in_callback;
};

static struct ipaddr
addr(const char *text)
{
	struct ipaddr a;

	assert_int_equal(ipaddr_parse(&a, text, strlen(text)), 0);
	return a;
}

static void
on_accept(void *ctx, int fd, const struct endpoint *remote,
	  const struct endpoint *local)
{
	struct fixture *x = ctx;

	x->remote = *remote;
	x->local = *local;
	x->fd[x->n++] = fd;
	if (x->close_in_callback) {
		tcp_listener_close(x->t);
		x->t = NULL;
	}
}

static void
setup(struct fixture *x, const char *host)
{
	struct endpoint local = { .addr = addr(host) };
	struct err e = { 0 };

	*x = (struct fixture){ .n = 0 };
	assert_int_equal(loop_new(&x->l, NULL), 0);
	if (tcp_listen(&x->t, x->l, &local, on_accept, x, &e) < 0)
		fail_msg("%s", e.text);
	x->to = tcp_listener_local(x->t);
	assert_true(x->to.port != 0);
}

static void
teardown(struct fixture *x)
{
	for (unsigned int i = 0; i < x->n; i++)
		tcp_close(x->fd[i], true);
	tcp_listener_close(x->t);
	loop_free(x->l);
}

static void
turn_for(struct fixture *x, int64_t ms)
{
	assert_int_equal(loop_turn(x->l, mono_add_ms(clock_mono(), ms), NULL),
			 0);
}

static int
dial(struct fixture *x, const struct ipaddr *source)
{
	struct err e = { 0 };
	struct pollfd p = { .events = POLLOUT };

	p.fd = tcp_connect(&x->to, source, &e);
	if (p.fd < 0)
		fail_msg("%s", e.text);
	assert_int_equal(poll(&p, 1, 5000), 1);
	assert_int_equal(tcp_connect_result(p.fd), 0);
	return p.fd;
}

static int
option(int fd, int level, int name)
{
	int v = -1;
	socklen_t len = sizeof(v);

	assert_int_equal(getsockopt(fd, level, name, &v, &len), 0);
	return v;
}

static void
check_flags(int fd)
{
	assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	assert_true(option(fd, IPPROTO_TCP, TCP_NODELAY) != 0);
	assert_int_equal(option(fd, SOL_SOCKET, SO_KEEPALIVE), 0);
}

static void
exchange(const char *host, const char *from)
{
	struct ipaddr source = addr(from);
	struct fixture x;
	char got[16];
	size_t n;
	int fd, most;

	setup(&x, host);
	fd = dial(&x, &source);
	turn_for(&x, 1000);
	assert_int_equal(x.n, 1);
	assert_true(ipaddr_equal(&x.remote.addr, &source));
	assert_true(endpoint_equal(&x.local, &x.to));
	check_flags(fd);
	check_flags(x.fd[0]);
	most = source.family == IP_V6 ? 1220 : 536;
	assert_in_range(option(fd, IPPROTO_TCP, TCP_MAXSEG), most / 2, most);
	assert_in_range(option(x.fd[0], IPPROTO_TCP, TCP_MAXSEG), most / 2,
			most);
	assert_int_equal(tcp_read(x.fd[0], got, sizeof(got), &n), TCP_AGAIN);
	assert_int_equal(n, 0);
	assert_int_equal(tcp_write(fd, "hello", 5, &n), TCP_OK);
	assert_int_equal(n, 5);
	tcp_finish(fd);
	assert_int_equal(tcp_read(x.fd[0], got, sizeof(got), &n), TCP_OK);
	assert_int_equal(n, 5);
	assert_memory_equal(got, "hello", 5);
	assert_int_equal(tcp_read(x.fd[0], got, sizeof(got), &n), TCP_EOF);
	tcp_close(fd, true);
	teardown(&x);
}

static void
test_exchange(void **state)
{
	(void)state;
	exchange("127.0.0.1", "127.0.0.5");
	exchange("::1", "::1");
}

/* The limit holds for what comes from a program that sets none. */
static void
test_segments_of_others(void **state)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	struct fixture x;
	int fd;

	(void)state;
	setup(&x, "127.0.0.1");
	to.sin_port = htons(x.to.port);
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	assert_in_range(option(fd, IPPROTO_TCP, TCP_MAXSEG), 268, 536);
	close(fd);
	teardown(&x);
}

static void
test_full_and_reset(void **state)
{
	static const uint8_t block[65536];
	struct fixture x;
	enum tcp_io rc;
	size_t n;
	int fd;

	(void)state;
	setup(&x, "127.0.0.1");
	fd = dial(&x, NULL);
	turn_for(&x, 1000);
	do
		rc = tcp_write(fd, block, sizeof(block), &n);
	while (rc == TCP_OK);
	assert_int_equal(rc, TCP_AGAIN);
	tcp_close(x.fd[0], true);
	x.n = 0;
	assert_int_equal(tcp_write(fd, block, 1, &n), TCP_ERROR);
	/* Said once by ECONNRESET, then EPIPE; never by SIGPIPE. */
	assert_int_equal(errno, ECONNRESET);
	assert_int_equal(tcp_write(fd, block, 1, &n), TCP_ERROR);
	assert_int_equal(errno, EPIPE);
	tcp_close(fd, false);
	teardown(&x);
}

/* All of them: one that is left behind need not be the lowest free one. */
static unsigned int
descriptors(void)
{
	unsigned int n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static void
test_refused(void **state)
{
	struct endpoint to = { .addr = addr("127.0.0.1") };
	struct ipaddr foreign = addr("192.0.2.1");
	struct pollfd p = { .events = POLLOUT };
	unsigned int before = descriptors();
	struct fixture x;
	struct err e = { 0 };

	(void)state;
	setup(&x, "127.0.0.1");
	to = x.to;
	tcp_listener_close(x.t);
	x.t = NULL;
	p.fd = tcp_connect(&to, NULL, &e);
	if (p.fd >= 0) {
		assert_int_equal(poll(&p, 1, 5000), 1);
		assert_int_equal(tcp_connect_result(p.fd), ECONNREFUSED);
		tcp_close(p.fd, false);
	}
	assert_int_equal(tcp_connect(&to, &foreign, &e), -1);
	assert_non_null(strstr(e.text, "127.0.0.1"));
	to.addr.family = IP_NONE;
	assert_int_equal(tcp_connect(&to, NULL, &e), -1);
	teardown(&x);
	/* No descriptor was left behind. */
	assert_int_equal(descriptors(), before);
}

static void
test_listen_refused(void **state)
{
	struct tcp_listener *second = NULL;
	struct endpoint none = { .port = 1 };
	struct fixture x;
	struct err e = { 0 };

	(void)state;
	setup(&x, "127.0.0.1");
	assert_int_equal(tcp_listen(&second, x.l, &x.to, on_accept, &x, &e),
			 -1);
	assert_non_null(strstr(e.text, "127.0.0.1:"));
	assert_null(second);
	assert_int_equal(tcp_listen(&second, x.l, &none, on_accept, &x, &e),
			 -1);
	assert_int_equal(e.code, ERR_USAGE);
	teardown(&x);
}

static void
test_pause_and_bound(void **state)
{
	struct fixture x;
	int fd[MANY];

	(void)state;
	setup(&x, "127.0.0.1");
	for (int i = 0; i < MANY; i++)
		fd[i] = dial(&x, NULL);
	tcp_listener_pause(x.t, true);
	turn_for(&x, 20);
	assert_int_equal(x.n, 0);
	tcp_listener_pause(x.t, false);
	turn_for(&x, 1000);
	/* One turn takes some of them, not all. */
	assert_in_range(x.n, 1, MANY - 1);
	while (x.n < MANY)
		turn_for(&x, 1000);
	for (int i = 0; i < MANY; i++)
		tcp_close(fd[i], true);
	teardown(&x);
}

static void
test_close_in_callback(void **state)
{
	struct fixture x;
	int fd[2];

	(void)state;
	setup(&x, "127.0.0.1");
	x.close_in_callback = true;
	fd[0] = dial(&x, NULL);
	fd[1] = dial(&x, NULL);
	turn_for(&x, 1000);
	assert_int_equal(x.n, 1);
	tcp_close(fd[0], false);
	tcp_close(fd[1], false);
	teardown(&x);
}

static void
test_no_descriptors_left(void **state)
{
	struct rlimit old, low;
	struct fixture x;
	int fd, turns = 0;

	(void)state;
	setup(&x, "127.0.0.1");
	fd = dial(&x, NULL);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	low = old;
	low.rlim_cur = (rlim_t)fd + 1;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
	turn_for(&x, 1000);
	assert_int_equal(x.n, 0);
	assert_int_equal(tcp_listener_starved(x.t), 1);
	/* It rests; it does not spin. */
	turn_for(&x, 30);
	assert_int_equal(tcp_listener_starved(x.t), 1);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	while (x.n == 0 && turns++ < 10)
		turn_for(&x, 2000);
	assert_int_equal(x.n, 1);
	tcp_close(fd, true);
	teardown(&x);
}

static void
test_allowed_descriptors(void **state)
{
	struct rlimit old, low, now;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	low = old;
	low.rlim_cur = 64;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
	assert_int_equal(tcp_allow(),
			 old.rlim_max < 65536 ? old.rlim_max : 65536);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &now), 0);
	assert_int_equal(now.rlim_cur, tcp_allow());
	assert_int_equal(now.rlim_max, old.rlim_max);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
}

int
main(void)
{
	/* In a new namespace it may be down; elsewhere this changes nothing. */
	const char *up = "ip link set lo up 2>/dev/null || true";
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exchange),
		cmocka_unit_test(test_segments_of_others),
		cmocka_unit_test(test_full_and_reset),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_listen_refused),
		cmocka_unit_test(test_pause_and_bound),
		cmocka_unit_test(test_close_in_callback),
		cmocka_unit_test(test_no_descriptors_left),
		cmocka_unit_test(test_allowed_descriptors),
	};

	if (system(up) != 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
