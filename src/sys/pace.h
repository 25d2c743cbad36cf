/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * When many small packets come one by one, a process that wakes for each of
 * them spends more time on waking than on the packets. Pausing lets some of
 * them gather for a moment, as interrupt coalescing of network cards does.
 */
#ifndef SYS_PACE_H
#define SYS_PACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PACE_PAUSE_NS 100000

struct pace {
	unsigned int brisk;  /* short turns in a row */
	unsigned int need;   /* short turns needed before a pause is tried */
	unsigned int misses; /* pauses in a row that gathered little */
	bool on;
	uint64_t pauses;
};

void pace_init(struct pace *p);
/*
 * Call at the end of a turn that slept and then worked so long, on so many
 * packets. Returns true to pause before the next turn. Pauses continue as long
 * as they gather several packets; for a program that waits for each answer
 * before the next question they stop soon, and are tried ever more rarely.
 */
bool pace_turn(struct pace *p, int64_t slept_ns, int64_t worked_ns,
	       size_t packets);
/* Sleeps for PACE_PAUSE_NS. */
void pace_pause(void);

#endif
