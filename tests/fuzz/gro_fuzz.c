/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any packets coalesced: every frame is well-formed, and cut again it gives
 * the packets that went in. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "base/bytes.h"
#include "core/data/gro.h"
#include "core/data/gso.h"

#define PACKETS 200

/* A record of the input: flags and a number; with RECORD_NEXT a byte, else as
 * many bytes as the number tells. */
#define RECORD_LEN 3
#define RECORD_PARTIAL 1
#define RECORD_MEND 2 /* checksums are made right */
#define RECORD_NEXT 4 /* the last packet, further on, and one byte altered */

static struct packet {
	uint8_t *p;    /* what was given away */
	uint8_t *copy; /* NULL: it came out again */
	size_t len;
} packets[PACKETS];
static size_t npackets;
static uint8_t last[FRAME_LEN_MAX];
static size_t lastlen;
static struct gro gro;

static void
mend_ip(uint8_t *p, size_t len)
{
	size_t hdr = (p[0] & 15u) * 4;

	if (p[0] >> 4 == 6 && len >= 40)
		put_be16(p + 4, (uint16_t)(len - 40));
	if (p[0] >> 4 != 4 || hdr < 20 || len < hdr)
		return;
	put_be16(p + 2, (uint16_t)len);
	put_be16(p + 10, 0);
	put_be16(p + 10, (uint16_t)~ippkt_fold(ippkt_sum(0, p, hdr)));
}

static uint8_t *
csum_field(uint8_t *p, size_t len, const struct ippkt *ip)
{
	size_t left = len - ip->hdrlen;

	if (!ip->fragment && ip->proto == 6 && left >= 20)
		return p + ip->hdrlen + 16;
	if (!ip->fragment && ip->proto == 17 && left >= 8)
		return p + ip->hdrlen + 6;
	return NULL;
}

/* So that the comparisons behind the checks are reached. */
static void
mend(uint8_t *p, size_t len, bool partial)
{
	struct ippkt ip;
	uint8_t *csum;

	mend_ip(p, len);
	if (ippkt_parse(&ip, p, len) != 0)
		return;
	csum = csum_field(p, len, &ip);
	if (csum == NULL)
		return;
	len -= ip.hdrlen;
	if (ip.proto == 17)
		put_be16(p + ip.hdrlen + 4, (uint16_t)len);
	put_be16(csum, ippkt_fold(ippkt_pseudo_sum(p, ip.proto, len)));
	if (!partial)
		(void)gso_complete_csum(p, ip.hdrlen + len, &ip);
}

/* The number of bytes used. */
static size_t
read_record(const uint8_t *in, size_t len, size_t number)
{
	if (number > len)
		number = len;
	memcpy(last, in, number);
	lastlen = number;
	return number;
}

static size_t
read_next(const uint8_t *in, size_t len, size_t number)
{
	struct ippkt ip;
	size_t tcplen;

	if (len == 0 || lastlen == 0)
		return 0;
	if (ippkt_parse(&ip, last, lastlen) == 0 && ip.proto == 6 &&
	    lastlen - ip.hdrlen >= 20) {
		uint8_t *tcp = last + ip.hdrlen;

		tcplen = (size_t)(tcp[12] >> 4) * 4;
		put_be32(tcp + 4,
			 get_be32(tcp + 4) +
				 (uint32_t)(lastlen - ip.hdrlen - tcplen));
	}
	if (last[0] >> 4 == 4 && lastlen >= 20)
		put_be16(last + 4, (uint16_t)(get_be16(last + 4) + 1));
	last[number % lastlen] ^= in[0];
	return 1;
}

static uint8_t *
copy_of(const uint8_t *p, size_t len)
{
	uint8_t *copy = malloc(len);

	assert(copy != NULL);
	memcpy(copy, p, len);
	return copy;
}

/* false: out is full. */
static bool
add_last(unsigned int flags)
{
	struct packet *k = &packets[npackets];
	bool partial = (flags & RECORD_PARTIAL) != 0;
	struct ippkt ip;

	if (lastlen == 0)
		return true;
	if ((flags & RECORD_MEND) != 0)
		mend(last, lastlen, partial);
	if (ippkt_parse(&ip, last, lastlen) != 0)
		return true;
	k->len = lastlen;
	k->p = copy_of(last, lastlen);
	k->copy = copy_of(last, lastlen);
	npackets++;
	if (gro_add(&gro, k->p, k->len, partial, &ip))
		return true;
	free(k->copy);
	k->copy = NULL;
	return false;
}

/* Takes away what a packet need not keep in a super-packet: the checksum,
 * which is made anew, and an identification that means nothing. */
static void
blank(uint8_t *p, size_t len)
{
	struct ippkt ip;
	int rc = ippkt_parse(&ip, p, len);
	uint8_t *csum;

	assert(rc == 0);
	csum = csum_field(p, len, &ip);
	if (csum != NULL)
		put_be16(csum, 0);
	if (p[0] >> 4 == 4 && ip.dont_fragment)
		put_be16(p + 4, 0);
	if (p[0] >> 4 == 4)
		put_be16(p + 10, 0);
}

static bool
same_blanked(const uint8_t *p, const uint8_t *q, size_t len)
{
	static uint8_t a[FRAME_LEN_MAX], b[FRAME_LEN_MAX];

	memcpy(a, p, len);
	memcpy(b, q, len);
	blank(a, len);
	blank(b, len);
	return memcmp(a, b, len) == 0;
}

/* Finds it among those that went in, and strikes it out. */
static void
strike(const uint8_t *p, size_t len, bool whole)
{
	for (size_t i = 0; i < npackets; i++) {
		struct packet *k = &packets[i];

		if (k->copy == NULL || k->len != len ||
		    !(whole ? memcmp(p, k->copy, len) == 0 :
			      same_blanked(p, k->copy, len)))
			continue;
		free(k->copy);
		k->copy = NULL;
		return;
	}
	assert(false); /* a packet that never went in */
}

static size_t
gather(uint8_t *p, const struct tun_out *f)
{
	size_t n = 0;

	assert(f->niov >= 1 && f->niov <= GRO_SEGMENTS_MAX);
	for (unsigned int i = 0; i < f->niov; i++) {
		assert(n + f->iov[i].len <= FRAME_LEN_MAX);
		memcpy(p + n, f->iov[i].p, f->iov[i].len);
		n += f->iov[i].len;
	}
	return n;
}

static void
cut(const struct tun_out *o)
{
	static uint8_t mem[FRAME_LEN_MAX];
	struct tun_frame f = { .data = mem, .off = o->off };
	bool whole = o->off.kind == FRAME_WHOLE;
	unsigned int n = 0;
	struct ippkt ip;
	struct gso g;
	uint8_t *p;
	size_t len;

	f.len = gather(mem, o);
	if (ippkt_parse(&ip, mem, f.len) != 0 ||
	    gso_start(&g, &f, &ip) != DROP_NONE)
		assert(false); /* a frame that is no good */
	assert(g.csum_partial == f.off.needs_csum);
	for (; (p = gso_next(&g, &len)) != NULL; n++)
		strike(p, len, whole);
	assert(n == o->niov);
}

static void
add_all(const uint8_t *in, size_t len)
{
	while (len >= RECORD_LEN && npackets < PACKETS) {
		unsigned int flags = in[0];
		size_t number = get_be16(in + 1), used;

		in += RECORD_LEN;
		len -= RECORD_LEN;
		used = (flags & RECORD_NEXT) != 0 ?
			       read_next(in, len, number) :
			       read_record(in, len, number);
		if (!add_last(flags))
			return;
		in += used;
		len -= used;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *in, size_t len)
{
	static struct tun_out frames[PACKETS];
	static struct slice slices[PACKETS];
	struct core_out out = { .frames = frames, .slices = slices };

	if (len == 0)
		return 0;
	out.maxframes = 1 + in[0] % 32u;
	out.maxslices = 1 + in[0] / 32u * 24;
	npackets = lastlen = 0;
	gro_begin(&gro, &out, true, true);
	add_all(in + 1, len - 1);
	gro_flush(&gro);
	assert(out.nframes <= out.maxframes && out.nslices <= out.maxslices);
	for (unsigned int i = 0; i < out.nframes; i++)
		cut(&frames[i]);
	for (size_t i = 0; i < npackets; i++) {
		assert(packets[i].copy == NULL);
		free(packets[i].p);
	}
	return 0;
}
