/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Many TCP connections to a node that come to nothing.
 *
 *	crowd HOW NUMBER SECONDS TO PORT FIRST SPREAD
 *
 * HOW:
 *	idle	say nothing
 *	drip	a ClientHello, a byte each 200 ms
 *	hello	a whole ClientHello, then nothing
 *	large	a ClientHello that says it has 16 MiB, and bytes of it
 *	noise	random bytes
 *	deaf	some random bytes, and no end of it when the node has ended it
 *
 * IPv4 or IPv6, from FIRST and the SPREAD - 1 addresses behind it in turn: this
 * host must have them. A connection that ends is followed by another, so that as
 * many as NUMBER stand or wait at any time, until the time is over. Prints how
 * many were made, how many the node closed, for how many ms the longest one
 * stood, and how many bytes the node said.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/ssl.h>

#include "base/bytes.h"
#include "format/proto.h"
#include "sys/clock.h"
#include "sys/sockaddr.h"

#define NUMBER_MAX 4096
#define HELLO_MAX 4096
#define DRIP_MS 200
#define DEAF_LEN 100
#define STARTS_A_TURN 64 /* new ones in 10 ms */
#define TURN_MS 10

enum how { IDLE, DRIP, HELLO, LARGE, NOISE, DEAF, HOWS };

static const char *const hows[HOWS] = {
	[IDLE] = "idle",   [DRIP] = "drip",   [HELLO] = "hello",
	[LARGE] = "large", [NOISE] = "noise", [DEAF] = "deaf",
};

struct line {
	struct monotime began, next;
	size_t said;
	bool stands;
};

static struct line lines[NUMBER_MAX];
static struct pollfd fds[NUMBER_MAX];
static uint8_t hello[HELLO_MAX];
static size_t hello_len;
static uintmax_t made, closed, bytes;
static int64_t longest_ms;

static _Noreturn void
fail(const char *what)
{
	perror(what);
	exit(EXIT_FAILURE);
}

/* What a node would say first. */
static void
make_hello(void)
{
	static const uint8_t alpn[] = "\x09" PROTO_ALPN;
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	SSL *ssl = ctx == NULL ? NULL : SSL_new(ctx);
	BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
	int n;

	if (ssl == NULL || in == NULL || out == NULL ||
	    SSL_set_min_proto_version(ssl, TLS1_3_VERSION) != 1 ||
	    SSL_set_alpn_protos(ssl, alpn, sizeof(alpn) - 1) != 0)
		fail("TLS");
	SSL_set_bio(ssl, in, out);
	SSL_connect(ssl);
	n = BIO_read(out, hello, sizeof(hello));
	if (n <= 0)
		fail("ClientHello");
	hello_len = (size_t)n;
	SSL_free(ssl);
	SSL_CTX_free(ctx);
}

static void
begin(size_t i, const struct ipaddr *first, uint32_t more,
      const struct endpoint *to)
{
	struct endpoint me = { .addr = *first };
	uint8_t *last = me.addr.b + (first->family == IP_V6 ? 12 : 0);
	struct sockaddr_storage ss;
	const int one = 1;
	int fd = socket(sockaddr_family(first),
			SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		fail("socket");
	put_be32(last, get_be32(last) + more);
	setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof(one));
	if (bind(fd, (const struct sockaddr *)&ss, sockaddr_put(&ss, &me)) < 0)
		fail("bind");
	if (connect(fd, (const struct sockaddr *)&ss, sockaddr_put(&ss, to)) <
		    0 &&
	    errno != EINPROGRESS)
		fail("connect");
	fds[i] = (struct pollfd){ fd, POLLOUT, 0 };
	lines[i] = (struct line){ .next = clock_mono() };
}

static void
end(size_t i)
{
	int64_t ms = mono_ms(lines[i].began, clock_mono());

	if (lines[i].stands) {
		closed++;
		if (ms > longest_ms)
			longest_ms = ms;
	}
	close(fds[i].fd);
	fds[i].fd = -1;
}

static bool
say(size_t i, const uint8_t *p, size_t len)
{
	ssize_t n = send(fds[i].fd, p, len, MSG_NOSIGNAL);

	if (n < 0 && errno == EAGAIN)
		return true;
	if (n > 0)
		lines[i].said += (size_t)n;
	return n >= 0;
}

/* What is due on a connection; false: it has ended. */
static bool
speak(size_t i, enum how how, struct monotime now)
{
	struct line *l = &lines[i];
	uint8_t p[4096];

	if (mono_before(now, l->next) || how == IDLE)
		return true;
	l->next = mono_add_ms(now, DRIP_MS);
	if (how == DRIP)
		return l->said >= hello_len || say(i, hello + l->said, 1);
	if (how == HELLO)
		return l->said > 0 || say(i, hello, hello_len);
	for (size_t k = 0; k < sizeof(p); k++)
		p[k] = (uint8_t)random();
	if (how == DEAF)
		return l->said > 0 || say(i, p, DEAF_LEN);
	if (how == LARGE) {
		/* Records of 4,091 bytes; the first begins a ClientHello. */
		memcpy(p, "\x16\x03\x01\x0f\xfb", 5);
		if (l->said == 0)
			memcpy(p + 5, "\x01\xff\xff\xff\x03\x03", 6);
	}
	return say(i, p, sizeof(p));
}

/* false: it has ended. */
static bool
attend(size_t i, enum how how, struct monotime now)
{
	uint8_t p[4096];
	ssize_t n;

	if (!lines[i].stands && (fds[i].revents & (POLLERR | POLLHUP)) != 0)
		return false;
	if (!lines[i].stands && (fds[i].revents & POLLOUT) == 0)
		return true;
	if (!lines[i].stands) {
		lines[i].stands = true;
		lines[i].began = now;
		fds[i].events = POLLIN;
		made++;
	}
	if (fds[i].revents & (POLLIN | POLLERR | POLLHUP)) {
		n = recv(fds[i].fd, p, sizeof(p), 0);
		if (n == 0 && how == DEAF) {
			fds[i].events = 0; /* until it is torn down */
			return true;
		}
		if (n == 0 || (n < 0 && errno != EAGAIN))
			return false;
		if (n > 0)
			bytes += (uintmax_t)n;
	}
	return speak(i, how, now);
}

static void
run(enum how how, size_t number, int64_t ms, const struct endpoint *to,
    const struct ipaddr *first, uint32_t spread)
{
	struct monotime until = mono_add_ms(clock_mono(), ms), now;
	uint32_t turn = 0;

	for (size_t i = 0; i < number; i++)
		fds[i].fd = -1;
	do {
		size_t starts = 0;

		for (size_t i = 0; i < number && starts < STARTS_A_TURN; i++)
			if (fds[i].fd < 0) {
				begin(i, first, turn++ % spread, to);
				starts++;
			}
		if (poll(fds, number, TURN_MS) < 0)
			fail("poll");
		now = clock_mono();
		for (size_t i = 0; i < number; i++)
			if (fds[i].fd >= 0 && !attend(i, how, now))
				end(i);
	} while (mono_before(now, until));
	for (size_t i = 0; i < number; i++) /* those that still stand */
		if (fds[i].fd >= 0 && lines[i].stands &&
		    mono_ms(lines[i].began, now) > longest_ms)
			longest_ms = mono_ms(lines[i].began, now);
}

int
main(int argc, char **argv)
{
	struct endpoint to = { .port = 0 };
	struct rlimit many = { NUMBER_MAX + 64, NUMBER_MAX + 64 };
	struct ipaddr first;
	size_t number;
	int how = 0;

	while (argc > 1 && how < HOWS && strcmp(argv[1], hows[how]) != 0)
		how++;
	if (argc != 8 || how == HOWS ||
	    ipaddr_parse(&to.addr, argv[4], strlen(argv[4])) != 0 ||
	    ipaddr_parse(&first, argv[6], strlen(argv[6])) != 0 ||
	    first.family != to.addr.family ||
	    (number = strtoul(argv[2], NULL, 10)) > NUMBER_MAX) {
		fputs("usage: crowd HOW NUMBER SECONDS TO PORT FIRST SPREAD\n",
		      stderr);
		return 2;
	}
	to.port = (uint16_t)strtoul(argv[5], NULL, 10);
	if (setrlimit(RLIMIT_NOFILE, &many) < 0)
		fail("descriptors");
	make_hello();
	run((enum how)how, number, (int64_t)(strtod(argv[3], NULL) * 1000), &to,
	    &first, (uint32_t)strtoul(argv[7], NULL, 10));
	printf("made %ju closed %ju longest_ms %jd bytes %ju\n", made, closed,
	       (intmax_t)longest_ms, bytes);
	return EXIT_SUCCESS;
}
