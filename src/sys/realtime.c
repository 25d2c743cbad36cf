/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SCHED_RR for the thread that carries the packets. */
#include "sys/realtime.h"

#include <errno.h>
#include <sched.h>
#include <sys/resource.h>

#define PRIORITY 1
#define US_PER_MS 1000

void
realtime_allow(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_RTPRIO, &r) < 0 || r.rlim_cur >= PRIORITY)
		return;
	r.rlim_cur = PRIORITY;
	if (r.rlim_max < PRIORITY)
		r.rlim_max = PRIORITY;
	(void)setrlimit(RLIMIT_RTPRIO, &r);
}

/* The kernel raises the soft limit at each signal, and kills at the hard
 * limit. */
static int
set_limit(struct err *e)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_RTTIME, &r) < 0)
		return err_errno(e, errno, "RLIMIT_RTTIME");
	if (r.rlim_max != RLIM_INFINITY &&
	    r.rlim_max < 2u * REALTIME_MS * US_PER_MS)
		return err_set(e, ERR_PERM, "RLIMIT_RTTIME is below %u ms",
			       2u * REALTIME_MS);
	r.rlim_cur = REALTIME_MS * US_PER_MS;
	if (setrlimit(RLIMIT_RTTIME, &r) < 0)
		return err_errno(e, errno, "RLIMIT_RTTIME");
	return 0;
}

int
realtime_on(struct err *e)
{
	const struct sched_param p = { .sched_priority = PRIORITY };

	if (set_limit(e) < 0)
		return -1;
	if (sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &p) < 0)
		return err_errno(e, errno, "SCHED_RR");
	return 0;
}

void
realtime_off(void)
{
	const struct sched_param p = { .sched_priority = 0 };

	/* Clearing the flag needs a privilege. Nothing else can fail. */
	(void)sched_setscheduler(0, SCHED_OTHER | SCHED_RESET_ON_FORK, &p);
}
