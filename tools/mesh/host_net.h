/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Properties of this host's network, for defaults. */
#ifndef TOOLS_HOST_NET_H
#define TOOLS_HOST_NET_H

#include <stdbool.h>

#include "base/err.h"
#include "base/ipaddr.h"
#include "format/bnl.h"

/* This host's address for its default route; false when it has none of that
 * family that others could use. */
bool host_net_address(struct ipaddr *out, enum ip_family family);
/* True for addresses that are not reachable from the Internet (RFC 1918, RFC
 * 6598, RFC 4193). */
bool host_net_private(const struct ipaddr *a);
/* A random /16 of 10.0.0.0/8 or 172.16.0.0/12 that overlaps no interface and no
 * route of this host and contains none of those n addresses. 0 or -1. */
int host_net_prefix(struct prefix *out, const struct ipaddr * not, size_t n,
		    struct err *e);
/* Warns on standard error of routes of this host that overlap the networks of a
 * list; self: this host's node. */
void host_net_tell_overlaps(const struct bnl *b, const char *self);

#endif
