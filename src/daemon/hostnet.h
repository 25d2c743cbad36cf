/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Compares the configuration and the list with the network of this host:
 * listen addresses that do not exist, routes that overlap the VPN, and routes
 * to peers that lead into the VPN's own device. Each fault is an event once,
 * and a warning for as long as it lasts.
 */
#ifndef DAEMON_HOSTNET_H
#define DAEMON_HOSTNET_H

#include <jansson.h>

#include "daemon/daemon.h"

/* After the device was opened; before the first turn of the loop. */
int hostnet_open(struct daemon *d, struct err *e);
void hostnet_close(struct daemon *d);
/* Once a turn: checks again when the interfaces or the list have changed, or
 * when packets came out of the device whose addresses are not of the VPN; once
 * a second at most, and less often when a check for such packets found
 * nothing. */
void hostnet_follow(struct daemon *d);
/* True when the route to that address leads into our own device: nothing may be
 * sent there. */
bool hostnet_blocks(struct daemon *d, const struct ipaddr *to);
/* Counts datagrams not sent for that reason. */
void hostnet_blocked(struct daemon *d, uint64_t n);
uint64_t hostnet_blocked_count(const struct daemon *d);
/* Appends the faults to an array of warnings. peer: only those about that
 * node, as texts; NULL: all. */
void hostnet_warnings(struct daemon *d, const char *peer, json_t *array);

#endif
