/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Ends sessions and renews secrets after suspend, hibernation or a copy of this
 * virtual machine. Keys were to be erased minutes after they were made, but
 * stayed in the memory of a machine that slept, or in its hibernation file. In
 * a copy of the machine they would remain valid as well.
 */
#include "daemon/suspend.h"

#include <stdio.h>
#include <unistd.h>

#include "base/log.h"
#include "crypto/rng.h"
#include "daemon/daemon.h"
#include "sys/clock.h"
#include "sys/vmfork.h"

#define LEAST_NS NS_PER_S

void
suspend_open(struct daemon *d)
{
	struct err e;

	d->suspend.vmfork = vmfork_open(&e);
	if (d->suspend.vmfork < 0)
		log_info("a copy of this machine will not be noticed: %s",
			 e.text);
}

/* Renews the generators first: the new keys must differ from those of the
 * copy. */
static void
renew_secrets(struct daemon *d, const char *why)
{
	rng_renew();
	core_slept(d->core, clock_now(), why);
}

static void
on_uevent(void *daemon, unsigned int events)
{
	struct daemon *d = daemon;

	(void)events;
	switch (vmfork_read(d->suspend.vmfork)) {
	case VMFORK_NONE:
		return;
	case VMFORK_COPIED:
		renew_secrets(d, "the machine was copied or went back to a "
				 "snapshot");
		break;
	case VMFORK_LOST:
		renew_secrets(d,
			      "events of the kernel were lost, and the machine "
			      "may have been copied");
		break;
	}
}

int
suspend_watch(struct daemon *d, struct err *e)
{
	d->suspend.slept_ns = clock_slept_ns();
	if (d->suspend.vmfork < 0)
		return 0;
	return loop_add(&d->suspend.place, d->loop, d->suspend.vmfork, LOOP_IN,
			on_uevent, d, e);
}

void
suspend_check(struct daemon *d)
{
	int64_t slept = clock_slept_ns();
	char why[64];

	if (slept - d->suspend.slept_ns < LEAST_NS)
		return;
	/* The two clocks are read one after the other, so the difference is
	 * slightly off: seconds are rounded, not truncated. */
	snprintf(why, sizeof(why), "the machine slept for %lld s",
		 (long long)((slept - d->suspend.slept_ns + NS_PER_S / 2) /
			     NS_PER_S));
	d->suspend.slept_ns = slept;
	renew_secrets(d, why);
}

void
suspend_close(struct daemon *d)
{
	loop_remove(d->suspend.place);
	d->suspend.place = NULL;
	if (d->suspend.vmfork >= 0)
		close(d->suspend.vmfork);
	d->suspend.vmfork = -1;
}
