/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Starts and stops the daemon by this host's init system. */
#ifndef TOOLS_SERVICE_H
#define TOOLS_SERVICE_H

#include "home.h"

/* Starts the daemon, by the init system where it has a service for it, which is
 * then enabled. Prints its actions. */
int service_start(const struct home *h, struct err *e);

/*
 * Stops the daemon, and keeps the init system from starting it at boot. A
 * daemon that was started by hand is found by its pid file (NULL:
 * DEFAULT_PIDFILE, for the default directory). The daemon says goodbye to its
 * peers. -1 also when a daemon still answers at the socket then.
 */
int service_stop(const struct home *h, const char *pidfile, const char *socket,
		 struct err *e);

#endif
