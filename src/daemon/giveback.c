/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Returns memory to the system after a burst. The allocator keeps freed memory:
 * after the start of a mesh, when each node has dozens of TLS connections at a
 * time, a daemon would stay twice as large as necessary. Only glibc's allocator
 * can be told to.
 */
#include "daemon/giveback.h"

#include <stdlib.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "daemon/daemon.h"
#include "sys/clock.h"

#define LEAST 8	      /* freed objects that are worth a trim */
#define REST_MS 15000 /* the burst is over then */
#define MMAP_BYTES (128 * 1024)
#define ARENAS 2 /* the loop's, and one for all other threads */

static void
on_rest(void *daemon)
{
	struct daemon *d = daemon;

	d->giveback.freed = 0;
#ifdef __GLIBC__
	(void)malloc_trim(0);
#endif
}

int
giveback_open(struct daemon *d, struct err *e)
{
#ifdef __GLIBC__
	/* Fixed: by default a large block that is freed once makes the
	 * allocator keep all later ones of its size. */
	(void)mallopt(M_MMAP_THRESHOLD, MMAP_BYTES);
	(void)mallopt(M_ARENA_MAX, ARENAS);
#endif
	return loop_timer_init(&d->giveback.timer, d->loop, on_rest, d, e);
}

void
giveback_freed(struct daemon *d, unsigned int n)
{
	bool due = d->giveback.freed >= LEAST;

	d->giveback.freed += n;
	if (!due && d->giveback.freed >= LEAST)
		loop_timer_set(&d->giveback.timer,
			       mono_add_ms(clock_mono(), REST_MS));
}

void
giveback_close(struct daemon *d)
{
	loop_timer_fini(&d->giveback.timer);
}
