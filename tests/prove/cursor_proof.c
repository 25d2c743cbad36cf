/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The reading cursor, with any number of bytes left: what it gives lies within
 * the input, of long pieces the first 257 bytes, and no call makes more of what
 * is left. tests/prove/cursor_any.c says no more than that.
 *
 * @files src/base/cursor.c
 * @reaches rcur_view rcur_u8 rcur_be16 rcur_be32 rcur_be64 rcur_bytes rcur_done
 * @covers 95
 * @options -eva-precision 1 -eva-slevel 20
 * @break src/base/cursor.c: c->bad || len > c->left => c->bad
 * @break src/base/cursor.c: return p != NULL ? *p : 0; => return *p;
 */
#include "prove.h"
#include "base/cursor.h"
#include "format/proto.h"

static uint8_t in[FRAME_PAYLOAD_MAX];
static uint8_t out[256];

static void
begin(struct rcur *c)
{
	size_t left = ANY(0, sizeof(in));

	c->end = in + sizeof(in);
	c->left = left;
	c->bad = ANY(0, 1) != 0;
}

/* As much as one byte can tell, and anything more. */
static void
pieces(void)
{
	const uint8_t *p;
	struct rcur c;

	/*@ loop unroll 258; */
	for (size_t len = 0; len <= 257; len++) {
		begin(&c);
		if (len <= sizeof(out))
			rcur_bytes(&c, LAST(out, len), len);
		begin(&c);
		p = rcur_view(&c, len);
		if (p != NULL && len > 0)
			(void)(p[0] ^ p[len - 1]);
		/*@ assert c.left <= sizeof(in); */
	}
	begin(&c);
	p = rcur_view(&c, ANY(257, SIZE_MAX));
	if (p != NULL)
		(void)(p[0] ^ p[256]);
}

int
main(void)
{
	struct rcur c;

	FILL(in);
	pieces();
	begin(&c);
	rcur_u8(&c);
	rcur_be16(&c);
	rcur_be32(&c);
	rcur_be64(&c);
	/*@ assert c.left <= sizeof(in); */
	(void)rcur_done(&c);
	rcur_init(&c, in, sizeof(in));
	/*@ assert c.end == in + sizeof(in) && c.left == sizeof(in); */
	rcur_init(&c, NULL, 0);
	(void)rcur_view(&c, 0);
	return 0;
}
