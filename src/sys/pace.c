/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Decides whether short turns should be combined by a pause. */
#include "sys/pace.h"

#include <time.h>

#define BRISK_NS 50000
#define NEED_MIN 64
#define NEED_MAX 65536
/* A pause must gather at least so many packets; after so many failures in a
 * row, pausing stops. */
#define GATHERED_MIN 4
#define MISSES_MAX 4
/* A process that works for longer finds enough packets without a pause. */
#define WORK_MAX_NS (2 * PACE_PAUSE_NS)

void
pace_init(struct pace *p)
{
	*p = (struct pace){ .need = NEED_MIN };
}

/* While not pausing: decides whether to begin. */
static bool
try_on(struct pace *p, int64_t turn_ns, size_t packets)
{
	if (packets == 0)
		return false;
	if (turn_ns < BRISK_NS && packets < GATHERED_MIN)
		p->brisk++;
	else
		p->brisk = 0;
	p->misses = 0;
	return p->brisk >= p->need;
}

/* While pausing: decides whether to go on. */
static bool
stay_on(struct pace *p, size_t packets)
{
	if (packets >= GATHERED_MIN) {
		p->misses = 0;
		p->need = NEED_MIN;
		return true;
	}
	if (++p->misses < MISSES_MAX)
		return true;
	p->brisk = 0;
	if (p->need < NEED_MAX)
		p->need *= 2;
	return false;
}

bool
pace_turn(struct pace *p, int64_t slept_ns, int64_t worked_ns, size_t packets)
{
	p->on = p->on ? stay_on(p, packets) :
			try_on(p, slept_ns + worked_ns, packets);
	if (!p->on || worked_ns >= WORK_MAX_NS)
		return false;
	p->pauses++;
	return true;
}

void
pace_pause(void)
{
	const struct timespec t = { .tv_nsec = PACE_PAUSE_NS };

	/* An interruption may end the pause early, which does no harm. */
	(void)clock_nanosleep(CLOCK_MONOTONIC, 0, &t, NULL);
}
