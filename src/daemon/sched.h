/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The scheduling priority of the daemon. */
#ifndef DAEMON_SCHED_H
#define DAEMON_SCHED_H

#include "sys/loop.h"

struct daemon;

struct sched {
	struct loop_timer ahead; /* end of a step back */
	bool realtime;		 /* runs ahead of ordinary programs */
	uint64_t steps_back;	 /* number of SIGXCPU */
};

int sched_open(struct daemon *d, struct err *e);
void sched_step_back(struct daemon *d); /* SIGXCPU */
void sched_close(struct daemon *d);

#endif
