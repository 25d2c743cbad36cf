/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Turns core actions into system calls, and returns the results to the core. */
#ifndef DAEMON_ACTIONS_H
#define DAEMON_ACTIONS_H

#include <stdbool.h>

#include "sys/loop.h"

struct daemon;

struct drain {
	bool is_unfinished; /* some are left for the next turn */
};

/*
 * The loop performs the pending actions after each event; no other module has
 * to. If there are very many, the later ones wait for the next turn, so that
 * packets do not. Before it sleeps, the loop performs the due timers of the
 * core, and the work that other modules deferred.
 */
struct loop_owner actions_of_loop(struct daemon *d);
/* Performs all pending actions, however long that takes: at the start and
 * end. */
void actions_drain_all(struct daemon *d);

#endif
