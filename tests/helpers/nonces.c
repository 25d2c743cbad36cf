/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Looks for a nonce that was used twice: in what one node sent, two DATA
 * datagrams with one receiver's index and one counter that differ.
 *
 *	nonces <CAPTURE
 *
 * The capture is tcpdump's, of an Ethernet, whole frames, without segmentation
 * by the device. Prints how many DATA there were and how many of them were
 * such; the exit status is 1 if any was. The same datagram again is none.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/hash.h"
#include "format/proto.h"

#define PCAP_MAGIC 0xa1b2c3d4u
#define PCAP_HEADER_LEN 24
#define PCAP_ETHERNET 1u
#define ETHER_LEN 14
#define ETHER_IPV4 0x0800
#define ETHER_IPV6 0x86dd
#define IPV6_LEN 40
#define PROTO_UDP 17
#define UDP_LEN 8
#define FRAME_MAX 262144
#define PLACES_FIRST ((size_t)1 << 16)

struct record { /* before each frame, in the machine's byte order */
	uint32_t seconds, fraction, kept, length;
};

struct place {
	uint64_t counter, hash;
	uint32_t index; /* 0: it is free */
};

static struct place *places;
static size_t nplaces, used;

static _Noreturn void
fail(const char *what)
{
	fprintf(stderr, "nonces: %s\n", what);
	exit(2);
}

static struct place *
find(uint32_t index, uint64_t counter)
{
	static const uint8_t seed[HASH_SEED_LEN];
	uint8_t key[12];
	size_t at;

	put_be32(key, index);
	put_be64(key + 4, counter);
	at = (size_t)hash_bytes(seed, key, sizeof(key)) & (nplaces - 1);
	while (places[at].index != 0 &&
	       (places[at].index != index || places[at].counter != counter))
		at = (at + 1) & (nplaces - 1);
	return &places[at];
}

static void
grow(void)
{
	struct place *old = places;
	size_t n = nplaces;

	nplaces = n == 0 ? PLACES_FIRST : 2 * n;
	places = calloc(nplaces, sizeof(*places));
	if (places == NULL)
		fail("out of memory");
	for (size_t i = 0; i < n; i++)
		if (old[i].index != 0)
			*find(old[i].index, old[i].counter) = old[i];
	free(old);
}

/* Whether its nonce was that of another. */
static bool
look(const uint8_t *dgram, size_t len)
{
	static const uint8_t seed[HASH_SEED_LEN];
	struct place *p;
	uint64_t hash = hash_bytes(seed, dgram, len);

	if (2 * used >= nplaces)
		grow();
	p = find(get_be32(dgram + 4), get_be64(dgram + 8));
	if (p->index != 0)
		return p->hash != hash;
	*p = (struct place){ get_be64(dgram + 8), hash, get_be32(dgram + 4) };
	used++;
	return false;
}

/* The DATA in a frame; NULL: it is none, or not a whole one. */
static const uint8_t *
data_of(const uint8_t *frame, size_t len, size_t *out)
{
	const uint8_t *ip = frame + ETHER_LEN, *udp;
	uint16_t type;
	size_t n;

	if (len < ETHER_LEN + IPV6_LEN)
		return NULL;
	type = get_be16(frame + ETHER_LEN - 2);
	if (type == ETHER_IPV4 && ip[9] == PROTO_UDP)
		udp = ip + (ip[0] & 15) * 4;
	else if (type == ETHER_IPV6 && ip[6] == PROTO_UDP)
		udp = ip + IPV6_LEN;
	else
		return NULL;
	if (udp + UDP_LEN + DGRAM_DATA_OVERHEAD > frame + len)
		return NULL;
	n = get_be16(udp + 4);
	if (n < UDP_LEN + DGRAM_DATA_OVERHEAD || udp + n > frame + len ||
	    udp[UDP_LEN] != DGRAM_DATA)
		return NULL;
	*out = n - UDP_LEN;
	return udp + UDP_LEN;
}

int
main(void)
{
	static uint8_t frame[FRAME_MAX];
	uint8_t header[PCAP_HEADER_LEN];
	uint32_t magic = 0, network = 0;
	uintmax_t n = 0, bad = 0;
	struct record r;

	if (fread(header, sizeof(header), 1, stdin) == 1) {
		memcpy(&magic, header, sizeof(magic));
		memcpy(&network, header + 20, sizeof(network));
	}
	if (magic != PCAP_MAGIC || network != PCAP_ETHERNET)
		fail("no capture of an Ethernet");
	while (fread(&r, sizeof(r), 1, stdin) == 1) {
		const uint8_t *dgram;
		size_t len;

		if (r.kept > sizeof(frame))
			fail("a frame that is too long");
		if (fread(frame, 1, r.kept, stdin) != r.kept)
			break;
		dgram = data_of(frame, r.kept, &len);
		if (dgram == NULL || get_be32(dgram + 4) == 0)
			continue;
		n++;
		bad += look(dgram, len);
	}
	printf("%ju DATA, %ju with a nonce used before\n", n, bad);
	free(places);
	return bad > 0;
}
