/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inner packets, written and read without the code under test. */
#include "inner.h"

#include <string.h>

#include "base/bytes.h"
#include "ledger.h"

#define IP4_LEN 20
#define IP6_LEN 40
#define UDP_LEN 8
#define PROTO_UDP 17
#define PAYLOAD_MIN 32
#define PAYLOAD_SPAN (INNER_MAX - IP6_LEN - UDP_LEN - PAYLOAD_MIN + 1)
#define NUMBERS_LEN 12
#define ALIKE 8 /* numbers in a row */
#define HOST 7	/* in its node's subnet */

/* RFC 1071 */
static uint32_t
sum16(uint32_t s, const uint8_t *p, size_t len)
{
	for (size_t i = 0; i + 1 < len; i += 2)
		s += get_be16(p + i);
	if (len % 2 == 1)
		s += (uint32_t)p[len - 1] << 8;
	while (s > 0xffff)
		s = (s & 0xffff) + (s >> 16);
	return s;
}

static uint16_t
pseudo(const uint8_t *pkt, size_t iphdr, size_t udplen)
{
	uint8_t tail[4] = { 0, PROTO_UDP };
	uint32_t s = iphdr == IP4_LEN ? sum16(0, pkt + 12, 8) :
					sum16(0, pkt + 8, 32);

	put_be16(tail + 2, (uint16_t)udplen);
	return (uint16_t)sum16(s, tail, sizeof(tail));
}

static uint16_t
udp_checksum(const uint8_t *pkt, size_t iphdr, size_t len)
{
	uint32_t s = pseudo(pkt, iphdr, len - iphdr);
	uint16_t c = (uint16_t)~sum16(s, pkt + iphdr, len - iphdr);

	return c == 0 ? 0xffff : c; /* RFC 768 */
}

static void
put_host(uint8_t *pkt, size_t iphdr, bool dst, uint32_t node)
{
	if (iphdr == IP4_LEN) {
		uint8_t *a = pkt + (dst ? 16 : 12);

		a[0] = 10;
		a[1] = (uint8_t)(100 + (node >> 8));
		a[2] = (uint8_t)node;
		a[3] = HOST;
	} else {
		uint8_t *a = pkt + (dst ? 24 : 8);

		memcpy(a, "\xfd\x00\x00\xc1", 4);
		put_be16(a + 4, (uint16_t)node);
		a[15] = HOST;
	}
}

static void
put_ip(uint8_t *b, size_t iphdr, size_t len)
{
	if (iphdr == IP4_LEN) {
		b[0] = 0x45;
		put_be16(b + 2, (uint16_t)len);
		b[6] = 0x40; /* DF */
		b[8] = 64;
		b[9] = PROTO_UDP;
	} else {
		b[0] = 0x60;
		put_be16(b + 4, (uint16_t)(len - IP6_LEN));
		b[6] = PROTO_UDP;
		b[7] = 64;
	}
}

void
inner_make(struct packet *p, const struct inner *what)
{
	/* Neighbours are alike, so that they can be coalesced. */
	const struct inner alike = { what->from, what->to,
				     what->number / ALIKE };
	uint64_t kind = sim_hash(5, &alike, sizeof(alike)) >> 1;
	uint64_t h = sim_hash(7, what, sizeof(*what));
	bool dull = kind & 1; /* can be compressed */
	bool v6 = kind & 2;
	size_t payload = PAYLOAD_MIN + (size_t)(kind >> 8) % PAYLOAD_SPAN;
	uint8_t *b = p->bytes, *udp;

	memset(p, 0, sizeof(*p));
	p->partial = kind & 4;
	p->iphdr = v6 ? IP6_LEN : IP4_LEN;
	p->len = p->iphdr + UDP_LEN + payload;
	put_ip(b, p->iphdr, p->len);
	put_host(b, p->iphdr, false, what->from);
	put_host(b, p->iphdr, true, what->to);
	if (!v6)
		put_be16(b + 10, (uint16_t)~sum16(0, b, IP4_LEN));
	udp = b + p->iphdr;
	put_be16(udp, (uint16_t)(4000 + what->from));
	put_be16(udp + 2, (uint16_t)(5000 + what->to));
	put_be16(udp + 4, (uint16_t)(UDP_LEN + payload));
	put_be32(udp + UDP_LEN, what->from);
	put_be32(udp + UDP_LEN + 4, what->to);
	put_be32(udp + UDP_LEN + 8, what->number);
	for (size_t i = NUMBERS_LEN; i < payload; i++) {
		if (!dull)
			h = h * UINT64_C(6364136223846793005) + 1;
		udp[UDP_LEN + i] = (uint8_t)(h >> 40);
	}
	put_be16(udp + 6, udp_checksum(b, p->iphdr, p->len));
}

struct tun_frame
inner_frame(struct packet *p)
{
	struct tun_frame f = { .data = p->bytes, .len = p->len };

	if (p->partial) {
		f.off.needs_csum = true;
		f.off.csum_start = (uint16_t)p->iphdr;
		f.off.csum_offset = 6;
		put_be16(p->bytes + p->iphdr + 6,
			 pseudo(p->bytes, p->iphdr, p->len - p->iphdr));
	}
	return f;
}

/* The packet that carries this payload, as it was made; false: none does. */
static bool
expected(struct packet *want, struct inner *what, const uint8_t *payload,
	 size_t len)
{
	if (len < PAYLOAD_MIN)
		return false;
	what->from = get_be32(payload);
	what->to = get_be32(payload + 4);
	what->number = get_be32(payload + 8);
	inner_make(want, what);
	return want->len == want->iphdr + UDP_LEN + len &&
	       memcmp(want->bytes + want->iphdr + UDP_LEN, payload, len) == 0;
}

static bool
whole_is_right(const struct frame_offload *off, const uint8_t *b, size_t len,
	       struct inner *what)
{
	struct packet want;
	size_t iphdr = len > 0 && b[0] >> 4 == 6 ? IP6_LEN : IP4_LEN;
	uint8_t *csum = want.bytes + iphdr + 6;

	if (len < iphdr + UDP_LEN ||
	    !expected(&want, what, b + iphdr + UDP_LEN,
		      len - iphdr - UDP_LEN) ||
	    want.iphdr != iphdr)
		return false;
	if (off->needs_csum) {
		if (off->csum_start != iphdr || off->csum_offset != 6)
			return false;
		put_be16(csum, pseudo(b, iphdr, len - iphdr));
	}
	return memcmp(want.bytes, b, len) == 0;
}

/* A super-packet: one header, several payloads. */
static bool
super_is_right(const struct frame_offload *off, const uint8_t *b, size_t len,
	       void (*each)(void *ctx, const struct inner *what), void *ctx)
{
	size_t iphdr = b[0] >> 4 == 6 ? IP6_LEN : IP4_LEN;
	size_t addr = iphdr == IP6_LEN ? 8 : 12;

	if (off->hdrlen != iphdr + UDP_LEN || len <= off->hdrlen ||
	    off->segsize == 0 || !off->needs_csum || off->csum_start != iphdr ||
	    off->csum_offset != 6 || get_be16(b + iphdr + 4) != len - iphdr ||
	    get_be16(b + iphdr + 6) != pseudo(b, iphdr, len - iphdr) ||
	    get_be16(b + (iphdr == IP6_LEN ? 4 : 2)) !=
		    (iphdr == IP6_LEN ? len - IP6_LEN : len))
		return false;
	for (size_t at = off->hdrlen; at < len; at += off->segsize) {
		size_t n = len - at < off->segsize ? len - at : off->segsize;
		struct packet want;
		struct inner what;

		/* Addresses and ports are of the one header. */
		if (!expected(&want, &what, b + at, n) || want.iphdr != iphdr ||
		    memcmp(want.bytes + addr, b + addr, iphdr - addr + 4) != 0)
			return false;
		each(ctx, &what);
	}
	return true;
}

bool
inner_read(const struct tun_out *f,
	   void (*each)(void *ctx, const struct inner *what), void *ctx)
{
	static uint8_t b[FRAME_LEN_MAX];
	struct inner what;
	size_t len = 0;

	for (unsigned int i = 0; i < f->niov; i++) {
		if (f->iov[i].len > sizeof(b) - len)
			return false;
		memcpy(b + len, f->iov[i].p, f->iov[i].len);
		len += f->iov[i].len;
	}
	if (f->off.kind == FRAME_UDP)
		return super_is_right(&f->off, b, len, each, ctx);
	if (f->off.kind != FRAME_WHOLE ||
	    !whole_is_right(&f->off, b, len, &what))
		return false;
	each(ctx, &what);
	return true;
}
