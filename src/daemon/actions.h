/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Turns core actions into system calls, and returns the results to the core. */
#ifndef DAEMON_ACTIONS_H
#define DAEMON_ACTIONS_H

#include <stdbool.h>

#include "base/monotime.h"

struct daemon;

struct drain {
	bool is_running;    /* actions are being performed */
	bool is_unfinished; /* some are left for the next turn */
};

/* Performs the pending actions; every module calls it by drain_actions of
 * struct daemon. If there are very many, the later ones wait for the next turn,
 * so that packets do not. */
void actions_drain(struct daemon *d);
/* Performs all pending actions, however long that takes: at the start and
 * end. */
void actions_drain_all(struct daemon *d);
/* As actions_drain(), called by the loop: due timers of the core first. */
void actions_before_sleep(void *daemon);
struct monotime actions_deadline(void *daemon);

#endif
