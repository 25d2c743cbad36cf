/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Scheduling of the daemon. It runs ahead of ordinary programs, and returns to
 * normal priority for a second when it has not slept for long: a flood of
 * packets must not stop the host.
 */
#include "daemon/sched.h"

#include "base/log.h"
#include "daemon/daemon.h"
#include "sys/clock.h"
#include "sys/realtime.h"

#define STEP_BACK_MS 1000

static void
raise_priority(void *daemon)
{
	struct daemon *d = daemon;
	struct err e;

	d->sched.realtime = realtime_on(&e) == 0;
	if (!d->sched.realtime)
		log_info("not realtime: %s", e.text);
}

int
sched_open(struct daemon *d, struct err *e)
{
	if (!d->id->conf->realtime)
		return 0;
	if (loop_timer_init(&d->sched.ahead, d->loop, raise_priority, d, e) < 0)
		return -1;
	raise_priority(d);
	return 0;
}

void
sched_step_back(struct daemon *d)
{
	if (!d->sched.realtime)
		return;
	realtime_off();
	d->sched.realtime = false;
	d->sched.steps_back++;
	loop_timer_set(&d->sched.ahead,
		       mono_add_ms(clock_mono(), STEP_BACK_MS));
}

void
sched_close(struct daemon *d)
{
	loop_timer_fini(&d->sched.ahead);
	if (d->sched.realtime)
		realtime_off();
	d->sched.realtime = false;
}
