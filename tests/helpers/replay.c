/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sends the IPv4 UDP datagrams of a capture once more, to where they went:
 * from the address and port they came from, or from others.
 *
 *	replay CAPTURE [ADDRESS PORT]
 *
 * Prints how many. The capture is tcpdump's, of an Ethernet.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/bytes.h"

#define PCAP_MAGIC 0xa1b2c3d4u /* microseconds, in this machine's order */
#define PCAP_HEADER_LEN 24
#define PCAP_ETHERNET 1u
#define ETHER_LEN 14
#define ETHER_IPV4 0x0800
#define IPV4_LEN 20 /* without options, as all of ours */
#define IPV4_TTL 64
#define PROTO_UDP 17
#define UDP_LEN 8
#define FRAME_MAX 65536

struct record { /* before each frame, in the machine's byte order */
	uint32_t seconds, fraction, kept, length;
};

static int
fail(const char *what)
{
	perror(what);
	return EXIT_FAILURE;
}

static int
capture_open(FILE **out, const char *path)
{
	uint8_t header[PCAP_HEADER_LEN];
	uint32_t magic, network;
	FILE *f = fopen(path, "rb");

	if (f == NULL)
		return fail(path);
	if (fread(header, sizeof(header), 1, f) != 1)
		memset(header, 0, sizeof(header));
	memcpy(&magic, header, sizeof(magic));
	memcpy(&network, header + 20, sizeof(network));
	if (magic != PCAP_MAGIC || network != PCAP_ETHERNET) {
		fprintf(stderr, "%s: no capture of an Ethernet\n", path);
		fclose(f);
		return EXIT_FAILURE;
	}
	*out = f;
	return 0;
}

/* The length of the next frame; 0 at the end. */
static size_t
capture_next(FILE *f, uint8_t frame[FRAME_MAX])
{
	struct record r;

	if (fread(&r, sizeof(r), 1, f) != 1 || r.kept > FRAME_MAX ||
	    fread(frame, 1, r.kept, f) != r.kept)
		return 0;
	return r.kept;
}

/* The packet inside a frame, cut to its length; NULL: no datagram. */
static uint8_t *
datagram_of(uint8_t *frame, size_t len, size_t *iplen)
{
	uint8_t *ip = frame + ETHER_LEN;

	if (len < ETHER_LEN + IPV4_LEN + UDP_LEN ||
	    get_be16(frame + ETHER_LEN - 2) != ETHER_IPV4 || ip[0] != 0x45 ||
	    ip[9] != PROTO_UDP)
		return NULL;
	*iplen = get_be16(ip + 2);
	return *iplen >= IPV4_LEN + UDP_LEN && *iplen <= len - ETHER_LEN ? ip :
									   NULL;
}

/* The kernel fills in what is zero: identification and header checksum. A
 * UDP checksum of zero says that there is none (RFC 768). */
static void
readdress(uint8_t *ip, const uint8_t *from, uint16_t port)
{
	memset(ip + 4, 0, 4);
	ip[8] = IPV4_TTL;
	memset(ip + 10, 0, 2);
	if (from != NULL) {
		memcpy(ip + 12, from, 4);
		put_be16(ip + IPV4_LEN, port);
	}
	memset(ip + IPV4_LEN + 6, 0, 2);
}

static int
send_packet(int fd, const uint8_t *ip, size_t len)
{
	struct sockaddr_in to = { .sin_family = AF_INET };

	memcpy(&to.sin_addr, ip + 16, 4);
	return sendto(fd, ip, len, 0, (const struct sockaddr *)&to,
		      sizeof(to)) == (ssize_t)len ?
		       0 :
		       -1;
}

static int
replay(FILE *f, int fd, const uint8_t *from, uint16_t port)
{
	static uint8_t frame[FRAME_MAX];
	unsigned int sent = 0;
	size_t len, iplen;

	while ((len = capture_next(f, frame)) > 0) {
		uint8_t *ip = datagram_of(frame, len, &iplen);

		if (ip == NULL)
			continue;
		readdress(ip, from, port);
		if (send_packet(fd, ip, iplen) < 0)
			return fail("sendto");
		sent++;
	}
	printf("%u\n", sent);
	return 0;
}

int
main(int argc, char **argv)
{
	struct in_addr from;
	int fd, rc;
	FILE *f;

	if ((argc != 2 && argc != 4) ||
	    (argc == 4 && inet_pton(AF_INET, argv[2], &from) != 1)) {
		fputs("usage: replay CAPTURE [ADDRESS PORT]\n", stderr);
		return 2;
	}
	fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	if (fd < 0)
		return fail("raw socket");
	rc = capture_open(&f, argv[1]);
	if (rc == 0) {
		rc = argc == 2 ? replay(f, fd, NULL, 0) :
				 replay(f, fd, (const uint8_t *)&from,
					(uint16_t)strtoul(argv[3], NULL, 10));
		fclose(f);
	}
	close(fd);
	return rc;
}
