/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cluevpnd -t: checks whether a start would succeed, as far as possible. */
#ifndef DAEMON_CHECK_H
#define DAEMON_CHECK_H

#include "format/conf.h"
#include "sys/unit.h"

/* Finds everything that a start would refuse on this host, and logs it, with
 * the line of the configuration (path); makes and changes nothing. unit: gives
 * the daemon its directories; NULL: no unit does. 0 or -1. */
int check_host(const struct conf *c, const char *path, const char *pidfile,
	       const struct unit *unit);
/* Checks the state directory's files, for a unit that gives them to the daemon:
 * as root. */
int check_state(const struct conf *c, const char *path,
		const struct unit *unit);

#endif
