/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What this host's network looks like, for defaults. */
#ifndef TOOL_NET_H
#define TOOL_NET_H

#include <stdbool.h>

#include "base/err.h"
#include "base/ipaddr.h"
#include "format/bnl.h"

/* The address with which this host goes out by its default route; false when
 * it has none of that family that others could use. */
bool tool_net_address(struct ipaddr *out, enum ip_family family);
/* Others on the Internet cannot reach it (RFC 1918, RFC 6598, RFC 4193). */
bool tool_net_private(const struct ipaddr *a);
/* A random /16 of 10.0.0.0/8 or 172.16.0.0/12 that overlaps no interface and
 * no route of this host and has none of those n addresses. 0 or -1. */
int tool_net_prefix(struct prefix *out, const struct ipaddr *not, size_t n,
		    struct err *e);
/* Says on standard error which routes of this host overlap the networks of a
 * list; self: the node that this host is. */
void tool_net_tell_overlaps(const struct bnl *b, const char *self);

#endif
