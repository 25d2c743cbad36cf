/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The TUN device in a network namespace of its own. Packets to the far
 * address are reflected: with source and destination swapped and everything
 * else, offload too, as it was read they are a connection with ourselves.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <net/if.h>
#include <unistd.h>

#include "../unit.h"
#include "base/bytes.h"
#include "sys/sockaddr.h"
#include "sys/tun.h"

#define MEM_LEN ((size_t)1024 * 1024)
#define FRAMES 64
#define BULK ((size_t)3000000)

static const char *unusable; /* why there is no TUN device here */

struct fixture {
	struct tun *t;
	uint8_t *mem;
	struct tun_frame f[FRAMES];
	struct ipaddr near, far;
	size_t kinds[FRAME_UDP + 1];
	size_t longest;
	uint16_t segsize; /* of the last super-packet */
};

static struct ipaddr
addr(const char *text)
{
	struct ipaddr a;

	assert_int_equal(ipaddr_parse(&a, text, strlen(text)), 0);
	return a;
}

static int
bound_socket(struct fixture *x, int type, struct endpoint *self)
{
	struct endpoint e = { .addr = x->near };
	struct sockaddr_storage ss;
	socklen_t len = sockaddr_put(&ss, &e);
	int fd = socket(sockaddr_family(&x->near), type | SOCK_NONBLOCK, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&ss, len), 0);
	len = sizeof(ss);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&ss, &len), 0);
	assert_int_equal(sockaddr_get(self, &ss, len), 0);
	return fd;
}

/* The kernel makes an IPv6 address local a little after the device is up:
 * until then, what is sent to ourselves does not arrive. */
static void
wait_until_local(struct fixture *x)
{
	struct sockaddr_storage ss;
	struct endpoint self;
	int fd = bound_socket(x, SOCK_DGRAM, &self);
	struct pollfd p = { .fd = fd, .events = POLLIN };
	socklen_t len = sockaddr_put(&ss, &self);
	int tries = 0;

	do {
		assert_true(tries++ < 500);
		sendto(fd, "", 1, 0, (struct sockaddr *)&ss, len);
	} while (poll(&p, 1, 10) == 0);
	close(fd);
}

static void
shell(const char *command)
{
	if (system(command) != 0)
		fail_msg("%s", command);
}

static void
setup(struct fixture *x, enum tun_level level, bool v6)
{
	struct err e = { 0 };

	*x = (struct fixture){ .mem = malloc(MEM_LEN) };
	x->near = addr(v6 ? "fd00:c1::1" : "10.99.0.1");
	x->far = addr(v6 ? "fd00:c1::2" : "10.99.0.2");
	assert_non_null(x->mem);
	if (tun_open(&x->t, "tuntest%d", level, &e) < 0)
		fail_msg("%s", e.text);
	assert_string_equal(tun_name(x->t), "tuntest0");
	assert_int_equal(tun_ifindex(x->t), if_nametoindex("tuntest0"));
	shell("ip link set tuntest0 up mtu 1420");
	shell(v6 ? "ip addr add fd00:c1::1/64 dev tuntest0 nodad" :
		   "ip addr add 10.99.0.1/24 dev tuntest0");
	wait_until_local(x);
}

static void
teardown(struct fixture *x)
{
	tun_close(x->t);
	free(x->mem);
}

static void
swap(uint8_t *a, uint8_t *b, size_t len)
{
	uint8_t tmp[16];

	memcpy(tmp, a, len);
	memcpy(a, b, len);
	memcpy(b, tmp, len);
}

/* Cut into three pieces, to try the gathering. */
static enum tun_result
write_back(struct fixture *x, const struct tun_frame *f)
{
	/* clang-format off */
	struct slice s[3] = {
	    {f->data, 20}, {f->data + 20, 8}, {f->data + 28, f->len - 28}};
	struct tun_out out = {.off = f->off, .iov = s, .niov = 3};

	return tun_write(x->t, &out);
}

static uint16_t
header_len(const struct tun_frame *f)
{
	unsigned int start = f->off.csum_start;

	if (f->off.kind == FRAME_UDP)
		return (uint16_t)(start + 8);
	return (uint16_t)(start + (f->data[start + 12] >> 4) * 4u);
}

static void
reflect(struct fixture *x)
{
	int n = tun_read(x->t, x->mem, MEM_LEN, x->f, FRAMES);

	assert_true(n >= 0);
	for (int i = 0; i < n; i++) {
		struct tun_frame *f = &x->f[i];

		assert_true(f->data >= x->mem + FRAME_HEADROOM);
		memset(f->data - FRAME_HEADROOM, 0xa5, FRAME_HEADROOM);
		if (f->data[0] >> 4 == 4 &&
		    memcmp(f->data + 16, x->far.b, 4) == 0)
			swap(f->data + 12, f->data + 16, 4);
		else if (f->data[0] >> 4 == 6 &&
			 memcmp(f->data + 24, x->far.b, 16) == 0)
			swap(f->data + 8, f->data + 24, 16);
		else
			continue;
		x->kinds[f->off.kind]++;
		if (f->len > x->longest)
			x->longest = f->len;
		if (f->off.kind != FRAME_WHOLE) {
			assert_true(f->off.segsize > 0);
			x->segsize = f->off.segsize;
			assert_true(f->off.needs_csum);
			f->off.hdrlen = header_len(f);
		}
		assert_int_equal(write_back(x, f), TUN_OK);
	}
}

static uint8_t
pattern(size_t at)
{
	return (uint8_t)(at * 7 + at / 251);
}

static ssize_t
send_some(int fd, size_t at)
{
	static uint8_t chunk[65536];

	for (size_t i = 0; i < sizeof(chunk); i++)
		chunk[i] = pattern(at + i);
	return send(fd, chunk, sizeof(chunk), 0);
}

static size_t
receive_all(int fd, size_t at)
{
	static uint8_t chunk[65536];
	size_t got = 0;
	ssize_t n;

	while ((n = recv(fd, chunk, sizeof(chunk), 0)) > 0)
		for (ssize_t i = 0; i < n; i++)
			assert_int_equal(chunk[i], pattern(at + got++));
	return got;
}

static void
tcp_bulk(struct fixture *x)
{
	struct sockaddr_storage ss;
	struct endpoint self, remote;
	size_t sent = 0, got = 0;
	int lfd, cfd, afd = -1;
	ssize_t n;

	lfd = bound_socket(x, SOCK_STREAM, &self);
	assert_int_equal(listen(lfd, 1), 0);
	cfd = socket(sockaddr_family(&x->near), SOCK_STREAM | SOCK_NONBLOCK, 0);
	remote = (struct endpoint){.addr = x->far, .port = self.port};
	(void)connect(cfd, (struct sockaddr *)&ss, sockaddr_put(&ss, &remote));
	while (got < BULK) {
		struct pollfd p[3] = {
		    {.fd = tun_fd(x->t), .events = POLLIN},
		    {.fd = afd < 0 ? lfd : afd, .events = POLLIN},
		    {.fd = cfd, .events = sent < BULK ? POLLOUT : 0},
		};

		assert_true(poll(p, 3, 5000) > 0);
		reflect(x);
		if (afd < 0)
			afd = accept4(lfd, NULL, NULL, SOCK_NONBLOCK);
		n = sent < BULK ? send_some(cfd, sent) : 0;
		sent += n > 0 ? (size_t)n : 0;
		got += afd >= 0 ? receive_all(afd, got) : 0;
	}
	close(cfd);
	close(lfd);
	close(afd);
}

static void
skip_unless_usable(void)
{
	if (unusable == NULL)
		return;
	print_message("skipped: %s\n", unusable);
	skip();
}

static void
test_tcp_plain(void **state)
{
	struct fixture x;

	(void)state;
	skip_unless_usable();
	setup(&x, TUN_PLAIN, false);
	assert_int_equal(tun_level(x.t), TUN_PLAIN);
	tcp_bulk(&x);
	assert_int_equal(x.kinds[FRAME_TCP4], 0);
	assert_true(x.longest <= 1420);
	teardown(&x);
}

static void
tcp_offloaded(bool v6)
{
	struct fixture x;

	setup(&x, TUN_TSO, v6);
	assert_int_equal(tun_level(x.t), TUN_TSO);
	tcp_bulk(&x);
	assert_true(x.kinds[v6 ? FRAME_TCP6 : FRAME_TCP4] > 0);
	assert_int_equal(x.kinds[v6 ? FRAME_TCP4 : FRAME_TCP6], 0);
	assert_true(x.longest > 1420);
	assert_true(tun_stats(x.t)->read_frames > 0);
	assert_int_equal(tun_stats(x.t)->read_bad, 0);
	assert_int_equal(tun_stats(x.t)->write_errors, 0);
	teardown(&x);
}

static void
test_tcp_offloaded(void **state)
{
	(void)state;
	skip_unless_usable();
	tcp_offloaded(false);
	tcp_offloaded(true);
}

static void
udp_offloaded(bool v6)
{
	static uint8_t data[5000], got[65536];
	struct sockaddr_storage ss;
	struct endpoint self, remote;
	struct fixture x;
	int segsize = 1200;
	struct pollfd p = {.events = POLLIN};
	int fd;

	setup(&x, TUN_USO, v6);
	if (tun_level(x.t) < TUN_USO) {
		teardown(&x);
		print_message("skipped: no UDP segmentation in this kernel\n");
		skip();
	}
	fd = bound_socket(&x, SOCK_DGRAM, &self);
	p.fd = fd;
	remote = (struct endpoint){.addr = x.far, .port = self.port};
	assert_int_equal(
	    setsockopt(fd, SOL_UDP, UDP_SEGMENT, &segsize, sizeof(segsize)), 0);
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = pattern(i);
	assert_int_equal(sendto(fd, data, sizeof(data), 0,
				(struct sockaddr *)&ss,
				sockaddr_put(&ss, &remote)),
			 sizeof(data));
	reflect(&x);
	assert_int_equal(x.kinds[FRAME_UDP], 1);
	assert_int_equal(x.segsize, 1200);
	for (size_t at = 0; at < sizeof(data); at += 1200) {
		size_t len =
		    sizeof(data) - at < 1200 ? sizeof(data) - at : 1200;

		assert_int_equal(poll(&p, 1, 5000), 1);
		assert_int_equal(recv(fd, got, sizeof(got), 0), len);
		assert_memory_equal(got, data + at, len);
	}
	close(fd);
	teardown(&x);
}

static void
test_udp_offloaded(void **state)
{
	(void)state;
	skip_unless_usable();
	udp_offloaded(false);
	udp_offloaded(true);
}

static void
test_named(void **state)
{
	struct fixture x;

	(void)state;
	skip_unless_usable();
	setup(&x, TUN_USO, false);
	assert_false(tun_is_persistent(x.t));
	tun_renamed(x.t, "other0");
	assert_string_equal(tun_name(x.t), "other0");
	shell("ip tuntap add dev keeps0 mode tun");
	tun_close(x.t);
	assert_int_equal(tun_open(&x.t, "keeps0", TUN_PLAIN, NULL), 0);
	assert_true(tun_is_persistent(x.t));
	teardown(&x);
	shell("ip link del keeps0");
}

static void
test_down_and_gone(void **state)
{
	uint8_t junk[40] = {0x45};
	struct tun_frame f = {.data = junk, .len = sizeof(junk)};
	struct fixture x;
	int n;

	(void)state;
	skip_unless_usable();
	setup(&x, TUN_TSO, false);
	do
		n = tun_read(x.t, x.mem, MEM_LEN, x.f, FRAMES);
	while (n > 0);
	assert_int_equal(n, 0);
	/* Not enough memory for one frame: reads none. */
	assert_int_equal(tun_read(x.t, x.mem, TUN_READ_ROOM - 1, x.f, 1), 0);
	assert_int_equal(write_back(&x, &f), TUN_OK);
	shell("ip link set tuntest0 down");
	assert_int_equal(write_back(&x, &f), TUN_DROPPED);
	assert_int_equal(tun_stats(x.t)->write_down, 1);
	shell("ip link set tuntest0 up");
	f.data[0] = 0; /* neither IPv4 nor IPv6: the kernel refuses it */
	assert_int_equal(write_back(&x, &f), TUN_DROPPED);
	assert_int_equal(tun_stats(x.t)->write_errors, 1);
	assert_int_equal(tun_stats(x.t)->last_errno, EINVAL);

	shell("ip link del tuntest0");
	assert_int_equal(write_back(&x, &f), TUN_GONE);
	assert_int_equal(tun_read(x.t, x.mem, MEM_LEN, x.f, FRAMES), -1);
	teardown(&x);
}

/* Super-packets that are never taken are told apart from a single bad one. */
static void
test_write_refused(void **state)
{
	static uint8_t p[200];
	struct tun_frame f = {.data = p, .len = sizeof(p)};
	struct fixture x;

	(void)state;
	skip_unless_usable();
	setup(&x, TUN_TSO, false);
	p[0] = 0x45;
	f.off = (struct frame_offload){.kind = FRAME_TCP4,
				       .needs_csum = true,
				       .csum_start = 20,
				       .csum_offset = 16,
				       .hdrlen = 40};
	for (int i = 0; i < 7; i++) {
		assert_int_equal(tun_write_errno(x.t, FRAME_TCP4), 0);
		assert_int_equal(write_back(&x, &f), TUN_DROPPED);
	}
	f.off.segsize = 100;
	assert_int_equal(write_back(&x, &f), TUN_OK);
	f.off.segsize = 0; /* which no kernel takes */
	for (int i = 0; i < 8; i++) {
		assert_int_equal(tun_write_errno(x.t, FRAME_TCP4), 0);
		assert_int_equal(write_back(&x, &f), TUN_DROPPED);
	}
	assert_int_equal(tun_write_errno(x.t, FRAME_TCP4), EINVAL);
	assert_int_equal(tun_write_errno(x.t, FRAME_TCP6), 0);
	assert_int_equal(tun_write_errno(x.t, FRAME_UDP), 0);
	/* Whole packets have nothing to do with it. */
	f.off = (struct frame_offload){.kind = FRAME_WHOLE};
	p[0] = 0;
	for (int i = 0; i < 20; i++)
		assert_int_equal(write_back(&x, &f), TUN_DROPPED);
	assert_int_equal(tun_write_errno(x.t, FRAME_WHOLE), 0);
	assert_int_equal(tun_level_errno(x.t, TUN_TSO), 0);
	assert_int_equal(tun_level_errno(x.t, TUN_USO), 0);
	teardown(&x);
}

static void
test_open_refused(void **state)
{
	struct tun *t = NULL, *first;
	struct err e = {0};

	(void)state;
	assert_int_equal(tun_open(&t, "a-name-much-too-long", TUN_PLAIN, &e),
			 -1);
	assert_int_equal(e.code, ERR_RANGE);
	skip_unless_usable();
	assert_int_equal(tun_open(&first, "taken0", TUN_PLAIN, NULL), 0);
	assert_int_equal(tun_open(&t, "taken0", TUN_PLAIN, &e), -1);
	assert_non_null(strstr(e.text, "taken0"));
	assert_null(t);
	tun_close(first);
	tun_close(NULL);
}

static void
enter_namespace(void)
{
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

	if (fd < 0) {
		unusable = "/dev/net/tun cannot be opened";
		return;
	}
	close(fd);
	if (geteuid() != 0 || unshare(CLONE_NEWNET) < 0 ||
	    system("ip link set lo up") != 0)
		unusable = "no network namespace: run as root, or in a "
			   "user namespace";
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_tcp_plain),
	    cmocka_unit_test(test_tcp_offloaded),
	    cmocka_unit_test(test_udp_offloaded),
	    cmocka_unit_test(test_named),
	    cmocka_unit_test(test_down_and_gone),
	    cmocka_unit_test(test_write_refused),
	    cmocka_unit_test(test_open_refused),
	};
	/* clang-format on */

	enter_namespace();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
