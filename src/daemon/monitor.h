/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The monitor: a small process that stays root when the daemon drops root. It
 * runs hooks and opens the files of the configuration, nothing else;
 * format/monitormsg.h lists its requests. The monitor ends when the daemon
 * does.
 */
#ifndef DAEMON_MONITOR_H
#define DAEMON_MONITOR_H

#include "sys/privs.h"

struct monitor_setup {
	int fd;		       /* to the daemon */
	const char *path;      /* the configuration, absolute */
	struct conf *conf;     /* as read at the start; taken over */
	struct privs_ids user; /* the user that it does not trust */
};

/* Serves until the daemon's end is closed, or sends an invalid request. */
void monitor_serve(const struct monitor_setup *s) __attribute__((noreturn));

#endif
