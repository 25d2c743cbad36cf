/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cutting an IPv4 packet as routers do (RFC 791, section 2.3). */
#include "core/data/fragment.h"

#include <string.h>

#include "core/data/segment.h"

#define V4_MF 0x2000
#define V4_OFFSET 0x1fff
#define UNIT 8 /* offsets count these */

bool
fragment_start(struct fragment *f, uint8_t *p, size_t len, size_t mtu)
{
	/* Options would have to be sorted into those of all fragments and
	 * those of the first: nobody sends any. */
	if (p[0] != 0x45 || (get_be16(p + V4_FRAG_AT) & V4_DF) != 0 ||
	    mtu < V4_HEADER_MIN + UNIT)
		return false;
	*f = (struct fragment){ .p = p, .len = len };
	f->most = (mtu - V4_HEADER_MIN) / UNIT * UNIT;
	memcpy(f->header, p, V4_HEADER_MIN);
	return true;
}

uint8_t *
fragment_next(struct fragment *f, size_t *len)
{
	size_t left = f->len - V4_HEADER_MIN - f->at;
	size_t n = left < f->most ? left : f->most;
	uint16_t where = get_be16(f->header + V4_FRAG_AT);
	uint8_t *p = f->p + f->at;

	if (left == 0)
		return NULL;
	memcpy(p, f->header, V4_HEADER_MIN);
	put_be16(p + V4_LEN_AT, (uint16_t)(V4_HEADER_MIN + n));
	/* The last piece of a fragment keeps the fragment's own flag. */
	put_be16(p + V4_FRAG_AT,
		 (uint16_t)((where & ~V4_OFFSET & 0xffff) |
			    (((where & V4_OFFSET) + f->at / UNIT) & V4_OFFSET) |
			    (n < left ? V4_MF : 0)));
	put_be16(p + V4_CSUM_AT, 0);
	v4_put_csum(p, ippkt_sum(0, p, V4_HEADER_MIN));
	f->at += n;
	*len = V4_HEADER_MIN + n;
	return p;
}
