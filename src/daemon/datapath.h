/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Packets between the TUN device, the UDP sockets and the core. */
#ifndef DAEMON_DATAPATH_H
#define DAEMON_DATAPATH_H

#include "base/err.h"
#include "core/action.h"

struct daemon;
struct datapath;

int datapath_open(struct daemon *d, struct err *e);
void datapath_close(struct daemon *d);
void datapath_send(struct daemon *d, const struct action *a);
void datapath_tun_write(struct daemon *d, const struct action *a);

#endif
