/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Returns freed memory to the system. */
#ifndef DAEMON_GIVEBACK_H
#define DAEMON_GIVEBACK_H

#include "sys/loop.h"

struct daemon;

struct giveback {
	struct loop_timer timer; /* end of a burst */
	unsigned int freed;	 /* objects of the burst, so far */
};

int giveback_open(struct daemon *d, struct err *e);
/* Counts freed connections, or other objects of that size. After a burst, the
 * allocator returns its free memory to the system. */
void giveback_freed(struct daemon *d, unsigned int n);
void giveback_close(struct daemon *d);

#endif
