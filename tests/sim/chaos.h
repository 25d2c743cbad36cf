/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bad luck without end: cut links, crashes, storms, wrong clocks. */
#ifndef SIM_CHAOS_H
#define SIM_CHAOS_H

#include "world.h"

struct chaos {
	int64_t gap_min, gap_max; /* between two strokes of it */
	int64_t rest_max;	  /* a cut, a crash lasts as long at most */
	bool clocks;		  /* wall clocks jump as well */
	bool ended;
	uint64_t cuts, islands, crashes, stops, jumps;
};

/* Bad weather, and strokes of bad luck until chaos_end(). c outlives them. */
void chaos_begin(struct world *w, struct chaos *c);
/* Everything is mended: links, clocks, weather; every node starts again. */
void chaos_end(struct world *w, struct chaos *c);

#endif
