/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Keeps the TUN device in its planned state: up, with its MTU, addresses and
 * routes; and watches the rest of this host's network, as far as that depends
 * on it. One rtnetlink socket in the loop reports every change. Items that
 * another program removes are set again, less and less often if that repeats.
 * With autoconf = no nothing is changed, but the interfaces are watched all the
 * same.
 */
#ifndef DAEMON_DEVICE_H
#define DAEMON_DEVICE_H

#include <jansson.h>

#include "daemon/daemon.h"
#include "sys/ifaces.h"

/* Reads the host's interfaces, and brings the device up, before it returns.
 * Call after the TUN device was opened. */
int device_open(struct daemon *d, struct err *e);
/* The list or the interfaces may have changed since the last call: the device
 * follows. Once a turn, and before a hook that may rely on it. */
void device_follow(struct daemon *d);
/* Applies another configuration; everything is checked and set again. 0, or -1
 * when the kernel refuses its MTU; then the device is unchanged. */
int device_reconf(struct daemon *d, const struct conf *c, struct err *e);
/* Waits, a second at most, until the device has its planned state. */
void device_settle(struct daemon *d);
/* For a clean stop: removes everything that was set and would outlive the
 * daemon. */
void device_stop(struct daemon *d);
void device_close(struct daemon *d);

/* All interfaces of this host, the daemon's own device among them; valid until
 * the next turn of the loop. */
const struct ifaces *device_ifaces(const struct daemon *d);
/* Appends faults of the host's network to an array of warnings. */
void device_warnings(const struct daemon *d, json_t *array);

#endif
