/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stateless compression of single packets: LZO1X-1 and raw deflate. */
#include "format/compress.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <lzo/lzo1x.h>
#define ZLIB_CONST
#include <zlib.h>

/*
 * Every packet is compressed by itself, so a window larger than the largest MTU
 * is useless, and a small one keeps the tables small, which every reset clears.
 */
#define DEFLATE_WINDOW_BITS (-14) /* 16 KiB; negative: raw, RFC 1951 */
#define DEFLATE_MEM_LEVEL 6
#define INFLATE_WINDOW_BITS (-15) /* reads any window of the sender's */
#define ZLIB_LEVELS 9
#define INFLATE_AT_BLOCK 128 /* in data_type: stopped behind a block */
#define INFLATE_LAST 64	     /* in data_type: in the last block */

/* LZO1X-1 has no bound for its output: it writes to a buffer of this size. */
#define LZO_IN_MAX 65535u
#define LZO_OUT_MAX (LZO_IN_MAX + LZO_IN_MAX / 16 + 64 + 3)

struct comp {
	z_stream deflate[ZLIB_LEVELS]; /* made when a level is first used */
	bool have[ZLIB_LEVELS];
	z_stream inflate;
	uint64_t blocks;
	uint8_t lzo_out[LZO_OUT_MAX];
	lzo_align_t lzo_work[(LZO1X_1_MEM_COMPRESS + sizeof(lzo_align_t) - 1) /
			     sizeof(lzo_align_t)];
};

static const struct {
	const char *name;
	uint8_t min, max;
} algs[COMP_ALGS] = {
	[COMP_NONE] = { "none", 0, 0 },
	[COMP_LZO] = { "lzo", 1, 1 },
	[COMP_ZLIB] = { "zlib", 1, ZLIB_LEVELS },
};

const char *
comp_name(enum comp_alg a)
{
	return (unsigned int)a < COMP_ALGS ? algs[a].name : NULL;
}

enum comp_alg
comp_by_name(const char *name, size_t len)
{
	unsigned int a;

	for (a = 0; a < COMP_ALGS; a++)
		if (strlen(algs[a].name) == len &&
		    memcmp(algs[a].name, name, len) == 0)
			break;
	return (enum comp_alg)a;
}

uint8_t
comp_level_min(enum comp_alg a)
{
	return (unsigned int)a < COMP_ALGS ? algs[a].min : 0;
}

uint8_t
comp_level_max(enum comp_alg a)
{
	return (unsigned int)a < COMP_ALGS ? algs[a].max : 0;
}

struct comp *
comp_new(void)
{
	struct comp *c;

	if (lzo_init() != LZO_E_OK)
		return NULL;
	c = calloc(1, sizeof(*c));
	if (c == NULL)
		return NULL;
	if (inflateInit2(&c->inflate, INFLATE_WINDOW_BITS) != Z_OK) {
		free(c);
		return NULL;
	}
	/* Makes zlib allocate the window now, not on the packet path. */
	if (inflateSetDictionary(&c->inflate, c->lzo_out, 0) != Z_OK) {
		comp_free(c);
		return NULL;
	}
	return c;
}

void
comp_free(struct comp *c)
{
	if (c == NULL)
		return;
	for (unsigned int i = 0; i < ZLIB_LEVELS; i++)
		if (c->have[i])
			deflateEnd(&c->deflate[i]);
	inflateEnd(&c->inflate);
	free(c);
}

static z_stream *
deflate_stream(struct comp *c, uint8_t level)
{
	z_stream *z = &c->deflate[level - 1];

	if (c->have[level - 1])
		return deflateReset(z) == Z_OK ? z : NULL;
	if (deflateInit2(z, level, Z_DEFLATED, DEFLATE_WINDOW_BITS,
			 DEFLATE_MEM_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK)
		return NULL;
	c->have[level - 1] = true;
	return z;
}

static size_t
zlib_pack(struct comp *c, uint8_t level, const uint8_t *in, size_t len,
	  uint8_t *out, size_t cap)
{
	z_stream *z = deflate_stream(c, level);

	if (z == NULL)
		return 0;
	z->next_in = in;
	z->avail_in = (uInt)len;
	z->next_out = out;
	z->avail_out = (uInt)cap;
	if (deflate(z, Z_FINISH) != Z_STREAM_END)
		return 0;
	return cap - z->avail_out;
}

/* Inflates to the end of a block, or of the stream. Z_OK: another block
 * follows. */
static int
inflate_block(z_stream *z)
{
	int r = inflate(z, Z_BLOCK);

	if (r != Z_OK)
		return r;
	if ((z->data_type & INFLATE_AT_BLOCK) == 0)
		return Z_BUF_ERROR;
	/* After the last block, one more call reports the end of the stream. */
	return (z->data_type & INFLATE_LAST) != 0 ? inflate(z, Z_BLOCK) : Z_OK;
}

/*
 * The tables of a block with dynamic codes cost as much as hundreds of bytes of
 * output, and the block may yield none. Every block therefore needs enough
 * output before it, so that the work per byte of output is bounded.
 */
static size_t
zlib_unpack(struct comp *c, const uint8_t *in, size_t len, uint8_t *out,
	    size_t cap)
{
	z_stream *z = &c->inflate;
	int r = Z_OK;

	if (inflateReset(z) != Z_OK)
		return 0;
	z->next_in = in;
	z->avail_in = (uInt)len;
	z->next_out = out;
	z->avail_out = (uInt)cap;
	for (size_t n = 0; r == Z_OK; n++) {
		if (n >=
		    COMP_BLOCKS_FREE + (cap - z->avail_out) / COMP_BLOCK_YIELD)
			return 0;
		r = inflate_block(z);
		c->blocks++;
	}
	if (r != Z_STREAM_END || z->avail_in != 0)
		return 0;
	return cap - z->avail_out;
}

static size_t
lzo_pack(struct comp *c, const uint8_t *in, size_t len, uint8_t *out,
	 size_t cap)
{
	lzo_uint n = 0;

	if (lzo1x_1_compress(in, len, c->lzo_out, &n, c->lzo_work) !=
		    LZO_E_OK ||
	    n > cap)
		return 0;
	/* Copies the rest to another buffer: LZO writes beyond the end of its
	 * output, and takes no bound. */
	memcpy(out, c->lzo_out, n);
	return n;
}

static size_t
lzo_unpack(const uint8_t *in, size_t len, uint8_t *out, size_t cap)
{
	lzo_uint n = cap;

	if (lzo1x_decompress_safe(in, len, out, &n, NULL) != LZO_E_OK)
		return 0;
	return n;
}

size_t
comp_pack(struct comp *c, enum comp_alg a, uint8_t level, const uint8_t *in,
	  size_t len, uint8_t *out, size_t cap)
{
	if (len == 0 || len > LZO_IN_MAX || level < comp_level_min(a) ||
	    level > comp_level_max(a))
		return 0;
	if (cap > len - 1)
		cap = len - 1;
	if (cap == 0)
		return 0;
	switch (a) {
	case COMP_LZO:
		return lzo_pack(c, in, len, out, cap);
	case COMP_ZLIB:
		return zlib_pack(c, level, in, len, out, cap);
	case COMP_NONE:
	case COMP_ALGS:
		break;
	}
	return 0;
}

size_t
comp_unpack(struct comp *c, enum comp_alg a, const uint8_t *in, size_t len,
	    uint8_t *out, size_t cap)
{
	size_t n = 0;

	/* A packet is sent compressed only when that made it shorter. */
	if (len == 0 || len >= cap || cap > UINT32_MAX)
		return 0;
	switch (a) {
	case COMP_LZO:
		n = lzo_unpack(in, len, out, cap);
		break;
	case COMP_ZLIB:
		n = zlib_unpack(c, in, len, out, cap);
		break;
	case COMP_NONE:
	case COMP_ALGS:
		break;
	}
	return n > len ? n : 0;
}

uint64_t
comp_blocks(const struct comp *c)
{
	return c->blocks;
}
