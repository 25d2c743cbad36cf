/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Compression towards one peer: which packets are worth the attempt. Data that
 * does not shrink is noticed and then tried ever more rarely, so that the tries
 * cost next to nothing; data that does is noticed soon.
 */
#ifndef CORE_COMP_ADAPT_H
#define CORE_COMP_ADAPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/monotime.h"
#include "format/compress.h"

/* Told apart at a glance, so that none of them spoils it for the others. */
enum adapt_kind { ADAPT_SHORT, ADAPT_TEXT, ADAPT_BINARY, ADAPT_KINDS };

/* A packet that does not shrink by one part of so many is sent as it is. */
#define ADAPT_GAIN 16
/* Data that does not shrink is tried once in 2^this packets at least. */
#define ADAPT_LZO_EXPONENT 9
#define ADAPT_ZLIB_EXPONENT 11

/*
 * Bounds the time that packing takes for all peers together, and unpacking for
 * each peer: half of all time, and no more than a burst of it at once, so that
 * a turn of the loop stays short at every level and length. When the time is
 * used up, packets go out as they are, and those of the peer are dropped.
 */
#define ADAPT_BURST_NS (INT64_C(4) * NS_PER_MS)
#define ADAPT_SHARE 2
/* A packet is charged no more than this for each of its bytes, the cost of the
 * worst content at the highest level: the rest of the time that the clock
 * shows, the process did not run. */
#define ADAPT_BYTE_NS 500
#define ADAPT_UNPACK_NS 100000 /* likewise; whatever the length */

struct adapt_budget {
	struct monotime (*clock)(void); /* NULL: no packet is charged */
	int64_t left_ns;
	struct monotime filled;
};

/* Adds the budget earned since the last call; for each batch of packets. */
void adapt_fill(struct adapt_budget *b, struct monotime now);
/* comp_unpack(), charged to a budget that has some time left. */
size_t adapt_unpack(struct adapt_budget *b, struct comp *c, enum comp_alg alg,
		    const uint8_t *in, size_t len, uint8_t *out, size_t cap);
bool adapt_is_empty(const struct adapt_budget *b);

struct adapt_stats {
	uint64_t tried;
	uint64_t shrunk;  /* the packets that shrank */
	uint64_t skipped; /* sent as they are, untried */
	uint64_t in, out; /* bytes of all these packets, before and after */
};

struct adapt {			       /* all zero: nothing is known yet */
	uint16_t skip[ADAPT_KINDS];    /* number of packets to skip */
	uint8_t exponent[ADAPT_KINDS]; /* exponent of the next skip */
	struct adapt_stats stats;
};

/* Writes less than len bytes to out. The length written, or 0: send it as it
 * is. COMP_NONE is nothing to be counted. No allocation. */
size_t adapt_pack(struct adapt *s, struct adapt_budget *b, struct comp *c,
		  enum comp_alg alg, uint8_t level, const uint8_t *in,
		  size_t len, uint8_t *out);

#endif
