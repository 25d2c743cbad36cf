/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Compression towards one peer: which packets are worth the attempt. What
 * does not shrink is noticed and then tried ever more rarely, so that it costs
 * next to nothing; what does is noticed soon.
 */
#ifndef CORE_SHRINK_H
#define CORE_SHRINK_H

#include <stddef.h>
#include <stdint.h>

#include "format/compress.h"

/* Told apart at a glance, so that none of them spoils it for the others. */
enum shrink_kind { SHRINK_SHORT, SHRINK_TEXT, SHRINK_BINARY, SHRINK_KINDS };

/* A packet that does not shrink by one part of so many is sent as it is. */
#define SHRINK_GAIN 16
/* What does not shrink is tried once in 2^this packets at least. */
#define SHRINK_LZO_EXPONENT 9
#define SHRINK_ZLIB_EXPONENT 11

struct shrink_stats {
	uint64_t tried;
	uint64_t shrunk;  /* of these */
	uint64_t skipped; /* sent as they are, untried */
	uint64_t in, out; /* bytes of all these packets, before and after */
};

struct shrink { /* all zero: nothing is known yet */
	uint16_t skip[SHRINK_KINDS];	/* so many more are not tried */
	uint8_t exponent[SHRINK_KINDS]; /* of the next such number */
	struct shrink_stats stats;
};

/* Writes less than len bytes to out. The length written, or 0: send it as it
 * is. COMP_NONE is nothing to be counted. No allocation. */
size_t shrink_pack(struct shrink *s, struct comp *c, enum comp_alg alg,
		   uint8_t level, const uint8_t *in, size_t len, uint8_t *out);

#endif
