/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Host names by way of the system: hosts file, name servers, whatever
 * nsswitch.conf(5) says. */
#ifndef SYS_RESOLVE_H
#define SYS_RESOLVE_H

#include <stddef.h>

#include "base/err.h"
#include "base/ipaddr.h"

/* Waits, maybe for many seconds: not for the loop. Writes at most max
 * addresses, in the order of RFC 6724. 0; or -1, with out and *n untouched. */
int resolve(const char *host, struct ipaddr *out, size_t max, size_t *n,
	    struct err *e);

#endif
