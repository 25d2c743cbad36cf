/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Host names: from the hosts file alone, and by all sources of
 * nsswitch.conf(5). */
#ifndef SYS_RESOLVE_H
#define SYS_RESOLVE_H

#include <stddef.h>

#include "base/err.h"
#include "base/ipaddr.h"

/* The addresses of a name in hosts(5), at most max, in the order of the file.
 * Reads a file, and asks no server. Returns their number. */
size_t resolve_in_file(const char *host, struct ipaddr *out, size_t max);

/* May block for many seconds: not for the loop. Writes at most max addresses of
 * that family, in the order of RFC 6724. 0; or -1, with out and *n
 * unchanged. */
int resolve(const char *host, enum ip_family family, struct ipaddr *out,
	    size_t max, size_t *n, struct err *e);

#endif
