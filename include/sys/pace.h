/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * When many small packets come one by one, a process that runs for each of
 * them spends more on waking up than on the packets. It then lets some of
 * them gather for a moment, as network cards do.
 */
#ifndef SYS_PACE_H
#define SYS_PACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PACE_PAUSE_NS 100000

struct pace {
	unsigned int brisk;	/* turns in a row that were short all over */
	unsigned int need;	/* so many before a pause is tried */
	unsigned int misses;	/* pauses in a row that brought little */
	bool on;
	uint64_t pauses;
};

void pace_init(struct pace *p);
/*
 * At the end of a turn that slept and then worked so long, on so many
 * packets: whether to pause before the next one. It goes on as long as the
 * pauses bring several packets together; who waits for each answer before the
 * next question is found out soon, and ever more seldom tried.
 */
bool pace_turn(struct pace *p, int64_t slept_ns, int64_t worked_ns,
	       size_t packets);
/* Sleeps for PACE_PAUSE_NS. */
void pace_pause(void);

#endif
