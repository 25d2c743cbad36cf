/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reports the daemon's state to the service manager: the sd_notify(3)
 * protocol. */
#ifndef SYS_NOTIFY_H
#define SYS_NOTIFY_H

#include <stdint.h>

#include "base/err.h"

struct notify {
	int fd;		     /* -1: no manager asked for it */
	int64_t watchdog_ms; /* interval of notify_alive(); 0: never */
};

/* From NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID, which it removes from
 * the environment. Without them all calls do nothing. */
int notify_open(struct notify *n, struct err *e);
void notify_close(struct notify *n);
void notify_ready(struct notify *n); /* also when a reload is over */
void notify_reloading(struct notify *n);
void notify_stopping(struct notify *n);
void notify_alive(struct notify *n);
/* A line for people in the service's status. */
void notify_status(struct notify *n, const char *text);

#endif
