/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Internet checksums of up to a whole packet: each number of blocks, and each
 * rest behind them. The two are summed one after the other, and neither looks
 * at the other's length.
 *
 * @files src/format/ippkt.c
 * @reaches ippkt_sum sum_blocks ippkt_fold
 * @covers 95
 * @options -eva-slevel-function ippkt_sum:20
 * @break src/format/ippkt.c: at < len; at += SUM_BLOCK =>
 *	at <= len; at += SUM_BLOCK
 * @break src/format/ippkt.c: if (len == 1) => if (len <= 1)
 */
#include "prove.h"
#include "format/ippkt.h"
#include "format/proto.h"

#define BLOCK 16

static uint8_t in[INNER_MTU_MAX];

int
main(void)
{
	uint64_t start = ANY(0, UINT32_MAX), sum = 0;

	FILL(in);
	/*@ loop unroll 64; */
	for (size_t len = 0; len < 4 * BLOCK; len++)
		sum = ippkt_sum(start, LAST(in, len), len);
	/*@ loop unroll INNER_MTU_MAX / 16 + 1; */
	for (size_t len = 0; len <= sizeof(in); len += BLOCK)
		sum = ippkt_sum(start, LAST(in, len), len);
	(void)ippkt_fold(sum);
	return 0;
}
