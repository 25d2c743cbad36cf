/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The requests on the control socket: see cluevpnctl(8). */
#ifndef DAEMON_CTL_REQUESTS_H
#define DAEMON_CTL_REQUESTS_H

#include "sys/ctlsock.h"

void ctl_requests_handle(void *daemon, uint64_t client,
			 const struct ctlsock_peer *peer, const char *line);

#endif
