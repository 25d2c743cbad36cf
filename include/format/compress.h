/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stateless compression of single packets. */
#ifndef FORMAT_COMPRESS_H
#define FORMAT_COMPRESS_H

#include <stddef.h>
#include <stdint.h>

/* The numbers appear on the wire; a lower one wins a tie of preferences. */
enum comp_alg { COMP_NONE = 0, COMP_LZO = 1, COMP_ZLIB = 2, COMP_ALGS };

const char *comp_name(enum comp_alg a); /* "none", "lzo", "zlib" */
/* COMP_ALGS for any other name. */
enum comp_alg comp_by_name(const char *name, size_t len);
/* Levels: zlib 1..9, lzo 1 (LZO1X-1) only, none 0. */
uint8_t comp_level_min(enum comp_alg a);
uint8_t comp_level_max(enum comp_alg a);

/* Buffers and state for all peers of a core. NULL: out of memory. */
struct comp;
struct comp *comp_new(void);
void comp_free(struct comp *c);

/* Writes at most cap bytes. Returns the length, or 0 when the result is not
 * shorter than len (then send the packet uncompressed). No allocation per
 * packet. */
size_t comp_pack(struct comp *c, enum comp_alg a, uint8_t level,
		 const uint8_t *in, size_t len, uint8_t *out, size_t cap);

/*
 * Number of deflate blocks (RFC 1951, section 3.2.3) that a body may have:
 * COMP_BLOCKS_FREE, and one more for each COMP_BLOCK_YIELD bytes of content
 * that precede it. comp_pack() begins a block after 4095 bytes of content or
 * more.
 */
#define COMP_BLOCKS_FREE 2
#define COMP_BLOCK_YIELD 2048

/* Returns the length, more than len, or 0: the body is malformed, as long as
 * its content, larger than cap when unpacked, or has too many blocks. cap
 * bounds the work. */
size_t comp_unpack(struct comp *c, enum comp_alg a, const uint8_t *in,
		   size_t len, uint8_t *out, size_t cap);
/* Number of deflate blocks that were unpacked or tried: a measure of work. */
uint64_t comp_blocks(const struct comp *c);

#endif
