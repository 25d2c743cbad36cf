/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The TUN device as it must be: up, with its MTU, addresses and routes; and
 * the rest of this host's network, as far as that depends on it.
 *
 * One rtnetlink socket in the loop tells of every change. What another program
 * takes away is put back, less and less often if it does so again and again.
 * With autoconf = no nothing is changed, and the interfaces are watched all
 * the same.
 */
#ifndef DAEMON_DEVICE_H
#define DAEMON_DEVICE_H

#include <jansson.h>

#include "daemon/daemon.h"
#include "sys/ifaces.h"

/* Reads the host's interfaces, and brings the device up, before it returns.
 * After the TUN device was opened. */
int device_open(struct daemon *d, struct err *e);
/* The list, the interfaces or the addresses of peers may have changed since
 * the last call: the device follows. Once a turn, and before a hook that may
 * rely on it. */
void device_follow(struct daemon *d);
/* A peer was reached at an address that may lie inside a route. */
void device_peer_moved(struct daemon *d, const char *name);
/* Another configuration is in force; all is looked at and put back. 0, or -1
 * when the kernel refuses its MTU; then the device is as it was. */
int device_reconf(struct daemon *d, const struct conf *c, struct err *e);
/* Waits, a second at most, until the device is as it must be. */
void device_settle(struct daemon *d);
/* A clean stop: what was set is taken away again, as far as it outlives the
 * daemon. */
void device_stop(struct daemon *d);
void device_close(struct daemon *d);

/* All interfaces of this host, the daemon's own device among them; valid until
 * the next turn of the loop. */
const struct ifaces *device_ifaces(const struct daemon *d);
/* Appends what is wrong with the host's network to an array of warnings. */
void device_warnings(const struct daemon *d, json_t *array);

#endif
