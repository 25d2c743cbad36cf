/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The replay window: a window in any state, and any counter.
 *
 * @files src/core/session/replay.c
 * @reaches replay_is_fresh replay_mark enter_counter
 * @covers 100
 * @options -eva-precision 1 -eva-slevel 20
 * @break src/core/session/replay.c: ++from % REPLAY_WORDS => ++from
 * @break src/core/session/replay.c: return &r->words[counter / WORD_BITS %
 *	REPLAY_WORDS]; => return &r->words[counter / WORD_BITS];
 */
#include "prove.h"
#include "core/session/replay.h"

int
main(void)
{
	struct replay r;
	uint64_t counter = ANY(0, UINT64_MAX - 1);

	FILL(r);
	if (ANY(0, 1))
		counter = UINT64_MAX;
	if (replay_is_fresh(&r, counter))
		replay_mark(&r, counter);
	return 0;
}
