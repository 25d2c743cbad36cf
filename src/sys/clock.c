/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The system's two clocks. */
#include "sys/clock.h"

#include <time.h>

struct monotime
clock_mono(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return (struct monotime){ ts.tv_sec * NS_PER_S + ts.tv_nsec };
}

int64_t
clock_slept_ns(void)
{
	struct monotime boot = clock_mono();
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return boot.ns - (ts.tv_sec * NS_PER_S + ts.tv_nsec);
}

struct walltime
clock_wall(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (struct walltime){ ts.tv_sec };
}

struct now
clock_now(void)
{
	return (struct now){ .mono = clock_mono(), .wall = clock_wall() };
}
