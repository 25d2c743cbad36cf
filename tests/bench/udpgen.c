/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sends UDP datagrams as fast as one process can, or counts them:
 *
 *	udpgen [-g] send ADDRESS PORT SIZE SECONDS [PPS]
 *	udpgen [-g] recv PORT SECONDS
 *
 * Both print datagrams and payload bytes per second. The receiver counts for
 * so many seconds from the first one on; 0 0 when none came for 10 s. -g lets
 * the kernel cut (UDP_SEGMENT) and put together (UDP_GRO).
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BATCH 64
#define PIECE 65536
#define SEGMENTS_MAX 64
#define MESSAGE_MAX 65507
#define BUFFER (8 * 1024 * 1024)
#define FIRST_MS 10000
#define NS 1000000000ll

static uint8_t memory[BATCH][PIECE];
static struct iovec iov[BATCH];
static struct mmsghdr msg[BATCH];
static bool segment;

static int64_t
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * NS + t.tv_nsec;
}

static int
fail(const char *what)
{
	perror(what);
	return EXIT_FAILURE;
}

static void
prepare(size_t len)
{
	for (int i = 0; i < BATCH; i++) {
		iov[i].iov_base = memory[i];
		iov[i].iov_len = len;
		msg[i].msg_hdr.msg_iov = &iov[i];
		msg[i].msg_hdr.msg_iovlen = 1;
	}
}

static void
set_buffer(int fd, int force, int name)
{
	int bytes = BUFFER;

	if (setsockopt(fd, SOL_SOCKET, force, &bytes, sizeof(bytes)) < 0)
		setsockopt(fd, SOL_SOCKET, name, &bytes, sizeof(bytes));
}

static void
report(uint64_t packets, uint64_t bytes, int64_t ns)
{
	double s = ns > 0 ? (double)ns / NS : 1;

	printf("%.0f %.0f\n", (double)packets / s, (double)bytes / s);
}

/* --- sending -------------------------------------------------------------- */

static int
connect_to(const char *addr, uint16_t port)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET,
				  .sin_port = htons(port) };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6,
				   .sin6_port = htons(port) };
	bool is_v4 = inet_pton(AF_INET, addr, &v4.sin_addr) == 1;
	const struct sockaddr *to = is_v4 ? (const struct sockaddr *)&v4 :
					    (const struct sockaddr *)&v6;
	socklen_t len = is_v4 ? sizeof(v4) : sizeof(v6);
	int fd;

	if (!is_v4 && inet_pton(AF_INET6, addr, &v6.sin6_addr) != 1) {
		fprintf(stderr, "udpgen: \"%s\" is no address\n", addr);
		return -1;
	}
	fd = socket(to->sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, to, len) < 0) {
		perror(addr);
		if (fd >= 0)
			close(fd);
		return -1;
	}
	set_buffer(fd, SO_SNDBUFFORCE, SO_SNDBUF);
	return fd;
}

/* One round of messages of each datagrams; returns how many datagrams went,
 * or -1. What the kernel refuses for the moment is not sent. */
static int
send_round(int fd, unsigned int each)
{
	int n = sendmmsg(fd, msg, BATCH, 0);

	if (n >= 0)
		return n * (int)each;
	return errno == ENOBUFS || errno == ECONNREFUSED || errno == EAGAIN ?
		       0 :
		       -1;
}

static void
wait_until(int64_t at)
{
	struct timespec t = { .tv_sec = at / NS, .tv_nsec = at % NS };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) ==
	       EINTR)
		;
}

static int
do_send(const char *addr, uint16_t port, size_t size, long seconds, long pps)
{
	unsigned int each = 1;
	int64_t start, end, now;
	uint64_t sent = 0;
	int fd, n, seg = (int)size;

	fd = connect_to(addr, port);
	if (fd < 0)
		return EXIT_FAILURE;
	if (segment) {
		each = (unsigned int)(MESSAGE_MAX / size);
		if (each > SEGMENTS_MAX)
			each = SEGMENTS_MAX;
		if (setsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &seg,
			       sizeof(seg)) < 0)
			return fail("UDP_SEGMENT");
	}
	prepare(size * each);
	start = now = now_ns();
	for (end = start + seconds * NS; now < end; now = now_ns()) {
		n = send_round(fd, each);
		if (n < 0)
			return fail("sendmmsg");
		sent += (unsigned int)n;
		if (pps > 0)
			wait_until(start +
				   (int64_t)((double)sent * NS / (double)pps));
	}
	report(sent, sent * size, now - start);
	close(fd);
	return EXIT_SUCCESS;
}

/* --- counting ------------------------------------------------------------- */

static int
listen_on(uint16_t port)
{
	struct sockaddr_in6 any = { .sin6_family = AF_INET6,
				    .sin6_port = htons(port) };
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0), one = 1;

	if (fd < 0)
		return -1;
	set_buffer(fd, SO_RCVBUFFORCE, SO_RCVBUF);
	if ((segment &&
	     setsockopt(fd, IPPROTO_UDP, UDP_GRO, &one, sizeof(one)) < 0) ||
	    bind(fd, (const struct sockaddr *)&any, sizeof(any)) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

/* How many datagrams were put together into this message. */
static unsigned int
datagrams(struct mmsghdr *m)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(&m->msg_hdr);
	unsigned int size;

	if (c == NULL || c->cmsg_level != IPPROTO_UDP ||
	    c->cmsg_type != UDP_GRO)
		return 1;
	memcpy(&size, CMSG_DATA(c), sizeof(size));
	return size == 0 ? 1 : (m->msg_len + size - 1) / size;
}

static int
do_recv(uint16_t port, long seconds)
{
	static uint8_t control[BATCH][CMSG_SPACE(sizeof(int))];
	uint64_t packets = 0, bytes = 0;
	int64_t start, now;
	struct pollfd p = { .fd = listen_on(port), .events = POLLIN };
	int n;

	if (p.fd < 0)
		return fail("port");
	prepare(PIECE);
	poll(&p, 1, FIRST_MS);
	start = now = now_ns();
	for (; now - start < seconds * NS; now = now_ns()) {
		if (poll(&p, 1,
			 (int)((seconds * NS - now + start) / 1000000) + 1) <=
			    0 &&
		    packets == 0)
			break;
		for (int i = 0; segment && i < BATCH; i++) {
			msg[i].msg_hdr.msg_control = control[i];
			msg[i].msg_hdr.msg_controllen = sizeof(control[i]);
		}
		n = recvmmsg(p.fd, msg, BATCH, MSG_DONTWAIT, NULL);
		for (int i = 0; i < n; i++) {
			packets += datagrams(&msg[i]);
			bytes += msg[i].msg_len;
		}
	}
	report(packets, bytes, now - start);
	close(p.fd);
	return EXIT_SUCCESS;
}

static bool
number(long *out, const char *s, long least, long most)
{
	char *end;

	errno = 0;
	*out = strtol(s, &end, 10);
	if (errno == 0 && *s != '\0' && *end == '\0' && *out >= least &&
	    *out <= most)
		return true;
	fprintf(stderr, "udpgen: \"%s\": expected %ld to %ld\n", s, least,
		most);
	return false;
}

int
main(int argc, char **argv)
{
	long port, size, seconds, pps = 0;

	if (argc > 1 && strcmp(argv[1], "-g") == 0) {
		segment = true;
		argc--;
		argv++;
	}
	if ((argc == 6 || argc == 7) && strcmp(argv[1], "send") == 0 &&
	    number(&port, argv[3], 1, UINT16_MAX) &&
	    number(&size, argv[4], 1, MESSAGE_MAX) &&
	    number(&seconds, argv[5], 1, 86400) &&
	    (argc == 6 || number(&pps, argv[6], 1, 1000000000)))
		return do_send(argv[2], (uint16_t)port, (size_t)size, seconds,
			       pps);
	if (argc == 4 && strcmp(argv[1], "recv") == 0 &&
	    number(&port, argv[2], 1, UINT16_MAX) &&
	    number(&seconds, argv[3], 1, 86400))
		return do_recv((uint16_t)port, seconds);
	fprintf(stderr, "usage: udpgen [-g] send ADDRESS PORT SIZE SECONDS "
			"[PPS]\n       udpgen [-g] recv PORT SECONDS\n");
	return 2;
}
