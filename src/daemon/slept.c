/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * When the memory of this machine is, or was, somewhere else as well. Keys
 * were to be gone minutes after their making, and stood in the memory of a
 * machine that slept, or in the file it was saved to. In a copy of the machine
 * they would go on to count where this one does.
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

/* The generators first: the new keys must not be those of the other copy. */
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
	/* Two clocks are read, one after the other: what lies between is in
	 * both figures, so a second is not cut off but rounded. */
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
