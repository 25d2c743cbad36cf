/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Inner packets of any content: of every length up to 300 bytes, and of every
 * 173rd from there to the largest MTU.
 *
 * @files src/format/ippkt.c
 * @reaches ippkt_parse v4_parse v6_parse v6_walk v6_ext_len
 * @covers 97
 * @options -eva-use-spec ippkt_sum -eva-min-loop-unroll 9
 * @break src/format/ippkt.c: len - at < V6_EXT_MIN || => 0 ||
 * @break src/format/ippkt.c: if (end > len) => if (0)
 */
#include "prove.h"
#include "contracts.h"
#include "format/ippkt.h"
#include "format/proto.h"

#define EACH_TO 300
#define STEP 173

static uint8_t in[INNER_MTU_MAX];

int
main(void)
{
	struct ippkt k;

	FILL(in);
	/*@ loop unroll EACH_TO + 1 + (INNER_MTU_MAX - EACH_TO) / STEP; */
	for (size_t len = 0; len <= sizeof(in); len += len < EACH_TO ? 1 : STEP)
		ippkt_parse(&k, LAST(in, len), len);
	return 0;
}
