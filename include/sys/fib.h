/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Queries of the kernel's routing tables (rtnetlink(7)), each answered at once
 * and by a socket of its own. */
#ifndef SYS_FIB_H
#define SYS_FIB_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/ipaddr.h"

struct fib_route {
	struct prefix dst;
	unsigned int index; /* index of the device; 0: none, or several */
	bool local; /* no route to other hosts: an own address, a broadcast,
		     * ... */
};

/* A host with more routes than this is a router of the Internet; further routes
 * are left out. */
#define FIB_ROUTES_MAX 10000

/* The routes of that family in all tables, this host's own addresses among
 * them; the caller frees them. 0 or -1. */
int fib_routes(struct fib_route **out, size_t *n, enum ip_family family,
	       struct err *e);

/* The device by which a packet to an address would leave this host, as "ip
 * route get" reports; 0 when there is none. from: its source; IP_NONE: the
 * kernel chooses. */
unsigned int fib_device(const struct ipaddr *to, const struct ipaddr *from);

#endif
