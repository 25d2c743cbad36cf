/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The network of this host, as far as the daemon watches it: a table of all
 * interfaces, by one rtnetlink socket in the loop. */
#ifndef DAEMON_DEVICE_H
#define DAEMON_DEVICE_H

#include "daemon/daemon.h"
#include "sys/ifaces.h"

/* Reads the table before it returns. After the TUN device was opened. */
int device_open(struct daemon *d, struct err *e);
void device_close(struct daemon *d);
/* All interfaces of this host, the daemon's own device among them;
 * valid until the next turn of the loop. */
const struct ifaces *device_ifaces(const struct daemon *d);

#endif
