/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The interfaces of this host with their addresses, kept current by the news
 * of sys/rtnl.h. */
#ifndef SYS_IFACES_H
#define SYS_IFACES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sys/rtnl.h"

struct iface_addr {
	struct rtnl_addr a; /* prefix_mask(&a.addr, a.len) is its network */
	bool seen;	    /* in the dump that runs */
};

struct iface {
	struct rtnl_link link;
	bool forwards4, forwards6; /* packets that came in by it */
	struct iface_addr *addrs;
	size_t naddrs;
	bool seen; /* in the dump that runs */
};

struct ifaces {
	struct iface *v;
	size_t n;
	uint64_t changes; /* counts what ifaces_take() has changed */
};

/* All zero is empty. */
void ifaces_free(struct ifaces *t);
/* true when anything changed that is in the table. Without memory for it, what
 * is new is left out. */
bool ifaces_take(struct ifaces *t, const struct rtnl_news *news);
const struct iface *ifaces_find(const struct ifaces *t, unsigned int index);

#endif
