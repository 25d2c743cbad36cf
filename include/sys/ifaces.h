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
	bool seen;	    /* seen in the current dump */
};

struct iface {
	struct rtnl_link link;
	bool forwards4, forwards6; /* forwards packets that arrive on it */
	struct iface_addr *addrs;
	size_t naddrs;
	bool seen; /* seen in the current dump */
};

struct ifaces {
	struct iface *v;
	size_t n;
	uint64_t changes; /* incremented by each change of the table */
};

/* A zeroed table is empty. */
void ifaces_free(struct ifaces *t);
/* true when the table changed. Without memory, new entries are left out. */
bool ifaces_take(struct ifaces *t, const struct rtnl_news *news);
const struct iface *ifaces_find(const struct ifaces *t, unsigned int index);

#endif
