/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Ends sessions and renews secrets after suspend, hibernation or a copy of this
 * virtual machine. Keys were to be erased minutes after they were made, but
 * stayed in the memory of a machine that slept, or in its hibernation file. In
 * a copy of the machine they would remain valid as well.
 */
#include "daemon/plumb.h"

#include <stdio.h>
#include <unistd.h>

#include "base/log.h"
#include "crypto/rng.h"
#include "sys/clock.h"
#include "sys/vmfork.h"

#define SLEPT_NS NS_PER_S

void
slept_open(struct daemon *d)
{
	struct err e;

	d->vmfork = vmfork_open(&e);
	if (d->vmfork < 0)
		log_info("a copy of this machine will not be noticed: %s",
			 e.text);
}

/* Renews the generators first: the new keys must differ from those of the
 * copy. */
static void
make_anew(struct daemon *d, const char *why)
{
	rng_renew();
	core_slept(d->core, clock_now(), why);
}

static void
on_uevent(void *daemon, unsigned int events)
{
	struct daemon *d = daemon;

	(void)events;
	switch (vmfork_read(d->vmfork)) {
	case VMFORK_NONE:
		return;
	case VMFORK_COPIED:
		make_anew(d, "the machine was copied or went back to a "
			     "snapshot");
		break;
	case VMFORK_LOST:
		make_anew(d, "events of the kernel were lost, and the machine "
			     "may have been copied");
		break;
	}
	plumb_drain(d);
}

int
slept_watch(struct daemon *d, struct err *e)
{
	d->slept_ns = clock_slept_ns();
	if (d->vmfork < 0)
		return 0;
	return loop_add(&d->vmfork_place, d->loop, d->vmfork, LOOP_IN,
			on_uevent, d, e);
}

void
slept_look(struct daemon *d)
{
	int64_t slept = clock_slept_ns();
	char why[64];

	if (slept - d->slept_ns < SLEPT_NS)
		return;
	/* The two clocks are read one after the other, so the difference is
	 * slightly off: seconds are rounded, not truncated. */
	snprintf(why, sizeof(why), "the machine slept for %lld s",
		 (long long)((slept - d->slept_ns + NS_PER_S / 2) / NS_PER_S));
	d->slept_ns = slept;
	make_anew(d, why);
}

void
slept_close(struct daemon *d)
{
	loop_remove(d->vmfork_place);
	d->vmfork_place = NULL;
	if (d->vmfork >= 0)
		close(d->vmfork);
	d->vmfork = -1;
}
