/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Detects suspend, hibernation and copies of this virtual machine. */
#ifndef DAEMON_SUSPEND_H
#define DAEMON_SUSPEND_H

#include "sys/loop.h"

struct daemon;

struct suspend {
	int64_t slept_ns; /* time suspended, at the last check */
	int vmfork;	  /* detects copies of the machine; -1: cannot */
	struct loop_fd *place;
};

/* While still root; logs when copies of the machine cannot be detected. */
void suspend_open(struct daemon *d);
/* Once there are sessions that a copy would end. */
int suspend_watch(struct daemon *d, struct err *e);
void suspend_check(struct daemon *d); /* at the start of a turn */
void suspend_close(struct daemon *d);

#endif
