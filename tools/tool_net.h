/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What this host's network looks like, for defaults. */
#ifndef TOOL_NET_H
#define TOOL_NET_H

#include <stdbool.h>

#include "base/ipaddr.h"

/* The address with which this host goes out by its default route; false when
 * it has none of that family that others could use. */
bool tool_net_address(struct ipaddr *out, enum ip_family family);
/* Others on the Internet cannot reach it (RFC 1918, RFC 6598, RFC 4193). */
bool tool_net_private(const struct ipaddr *a);
/* True when no interface of this host has an address in it. */
bool tool_net_unused(const struct prefix *p);

#endif
