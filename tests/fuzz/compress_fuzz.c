/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any bytes, unpacked within bounds of length and of work; and packed, they
 * come back. The first byte says by what. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "format/compress.h"

#define MTU 9000

/* A name is that of the algorithm it finds, or none. */
static void
check_name(const char *name, size_t len)
{
	enum comp_alg alg = comp_by_name(name, len);

	require(alg <= COMP_ALGS);
	if (alg == COMP_ALGS)
		require(comp_name(alg) == NULL);
	else
		require(strlen(comp_name(alg)) == len &&
			memcmp(comp_name(alg), name, len) == 0);
}

/* Content and work have a bound, whatever the body is. */
static void
check_unpack(struct comp *comp, enum comp_alg alg, const uint8_t *data,
	     size_t len, uint8_t *out, size_t cap)
{
	uint64_t before = comp_blocks(comp);
	size_t n = comp_unpack(comp, alg, data, len, out, cap);

	require(n <= cap && (n == 0 || n > len));
	require(comp_blocks(comp) - before <=
		COMP_BLOCKS_FREE + cap / COMP_BLOCK_YIELD);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct comp *comp;
	static uint8_t packed[MTU], back[MTU];
	enum comp_alg alg;
	uint8_t level;
	size_t n;

	if (comp == NULL)
		comp = comp_new();
	require(comp != NULL);
	if (len < 2 || len > MTU)
		return 0;
	check_name((const char *)data + 1, len - 1);
	if (data[0] == 0xff) { /* one that has packed at all levels so far */
		comp_free(comp);
		comp = comp_new();
		require(comp != NULL);
	}
	level = data[0] & 15;
	alg = level == 0 ? COMP_LZO : COMP_ZLIB;
	level = level == 0 ? 1 : level;
	data++;
	len--;
	check_unpack(comp, alg, data, len, back, MTU);
	check_unpack(comp, alg, data, len, back, 100);
	n = comp_pack(comp, alg, level, data, len, packed, MTU);
	if (n == 0)
		return 0;
	require(n < len && level <= comp_level_max(alg));
	require(comp_unpack(comp, alg, packed, n, back, len) == len);
	require(memcmp(back, data, len) == 0);
	require(comp_unpack(comp, alg, packed, n, back, len - 1) == 0);
	return 0;
}
