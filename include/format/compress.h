/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stateless compression of single packets. */
#ifndef FORMAT_COMPRESS_H
#define FORMAT_COMPRESS_H

#include <stddef.h>
#include <stdint.h>

/* Numbers travel on the wire; a lower one wins a tie of preferences. */
enum comp_alg { COMP_NONE = 0, COMP_LZO = 1, COMP_ZLIB = 2, COMP_ALGS };

const char *comp_name(enum comp_alg a);		/* "none", "lzo", "zlib" */
/* COMP_ALGS when it is none of them. */
enum comp_alg comp_by_name(const char *name, size_t len);
/* Levels: zlib 1..9, lzo 1 (LZO1X-1) only, none 0. */
uint8_t comp_level_min(enum comp_alg a);
uint8_t comp_level_max(enum comp_alg a);

/* Work memory of a core: made once, serves every peer. NULL: out of memory. */
struct comp;
struct comp *comp_new(void);
void comp_free(struct comp *c);

/* Writes at most cap bytes. The length written, or 0 when it did not get
 * smaller than len (send it as it is). No allocation per packet. */
size_t comp_pack(struct comp *c, enum comp_alg a, uint8_t level,
		 const uint8_t *in, size_t len, uint8_t *out, size_t cap);
/* The length written, or 0 on anything malformed or larger than cap. */
size_t comp_unpack(struct comp *c, enum comp_alg a, const uint8_t *in,
		   size_t len, uint8_t *out, size_t cap);

#endif
