/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Frames of the TUN device: whatever is cut stays inside the frame, and is
 * well-formed again; no payload is lost. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "base/bytes.h"
#include "core/data/gso.h"

#define OFFLOAD_LEN 9
#define MTU_LEAST 60

/* Lengths and the header checksum are made right: what is behind them is to
 * be reached. */
static void
mend(uint8_t *p, size_t len)
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

/* ... and what the device says beside it, of any segment size. */
static void
mend_offload(struct tun_frame *f)
{
	struct ippkt ip;

	if (ippkt_parse(&ip, f->data, f->len) != 0)
		return;
	f->off.needs_csum = true;
	f->off.csum_start = (uint16_t)ip.hdrlen;
	f->off.csum_offset = ip.proto == 6 ? 16 : 6;
	f->off.kind = ip.proto != 6	     ? FRAME_UDP :
		      ip.src.family == IP_V4 ? FRAME_TCP4 :
					       FRAME_TCP6;
	if (ip.proto == 6 && f->len >= ip.hdrlen + 20)
		f->data[ip.hdrlen + 12] = f->data[0] & 64 ? 0x50 : 0x80;
	if (ip.proto != 6 && f->len >= ip.hdrlen + 8)
		put_be16(f->data + ip.hdrlen + 4,
			 (uint16_t)(f->len - ip.hdrlen));
}

/* In pieces of a narrower path. */
static size_t
narrow(struct tun_frame *f, size_t mtu)
{
	struct ippkt ip;

	if (ippkt_parse(&ip, f->data, f->len) != 0 || !gso_recut(f, &ip, mtu))
		return FRAME_LEN_MAX;
	assert(f->off.kind != FRAME_WHOLE && f->off.segsize > 0 &&
	       f->off.segsize < mtu);
	return mtu;
}

/* Of a whole TCP or UDP packet alone. */
static void
complete(uint8_t *p, size_t len)
{
	struct ippkt ip;

	if (ippkt_parse(&ip, p, len) != 0 || gso_complete_csum(p, len, &ip) < 0)
		return;
	assert(ip.proto == 6 || ip.proto == 17);
	if (get_be16(p + ip.hdrlen + (ip.proto == 6 ? 16 : 6)) == 0)
		assert(ip.proto == 6); /* UDP's zero means none */
}

static void
cut(struct tun_frame *f, size_t most)
{
	struct ippkt ip, seg;
	struct gso g;
	size_t len, largest, payload = 0;
	uint8_t *p;

	if (ippkt_parse(&ip, f->data, f->len) != 0 ||
	    gso_start(&g, f, &ip) != DROP_NONE)
		return;
	largest = gso_largest(&g);
	if (f->off.kind == FRAME_WHOLE)
		g.hdrlen = 0;
	while ((p = gso_next(&g, &len)) != NULL) {
		assert(p >= f->data && len <= largest && len <= most);
		assert((size_t)(p - f->data) + len <= f->len);
		assert(f->off.kind == FRAME_WHOLE ||
		       ippkt_parse(&seg, p, len) == 0);
		payload += len - g.hdrlen;
	}
	assert(payload == f->len - g.hdrlen);
	assert(gso_next(&g, &len) == NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *in, size_t len)
{
	struct tun_frame f = { .data = NULL };

	if (len <= OFFLOAD_LEN || len - OFFLOAD_LEN > FRAME_LEN_MAX)
		return 0;
	f.off = (struct frame_offload){
		.kind = in[0] & 3,
		.needs_csum = (in[0] & 4) != 0,
		.segsize = get_be16(in + 1),
		.hdrlen = get_be16(in + 3),
		.csum_start = get_be16(in + 5),
		.csum_offset = get_be16(in + 7),
	};
	f.len = len - OFFLOAD_LEN;
	f.data = malloc(f.len);
	assert(f.data != NULL);
	memcpy(f.data, in + OFFLOAD_LEN, f.len);
	if (in[0] & 8)
		mend(f.data, f.len);
	if (in[0] & 16)
		mend_offload(&f);
	if (in[0] & 128)
		complete(f.data, f.len);
	cut(&f, in[0] & 32 ? narrow(&f, MTU_LEAST + in[1]) : FRAME_LEN_MAX);
	free(f.data);
	return 0;
}
