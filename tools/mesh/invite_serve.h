/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cluevpnctl invite: declarations shared by the parts of the network
 * process. */
#ifndef TOOLS_INVITE_SERVE_H
#define TOOLS_INVITE_SERVE_H

#include "crypto/tls.h"
#include "format/invite.h"
#include "format/invitemsg.h"
#include "sys/loop.h"
#include "sys/tcp.h"

struct conn;

struct server {
	struct loop *loop;
	int fd; /* to the monitor */
	struct loop_fd *place;
	struct tls_ctx *tls;
	struct conn *conns;
	unsigned int nconns;
	uint32_t last; /* number of a connection */
	unsigned int told;
	struct tcp_listener *listeners[2];
};

/* Sends m to the monitor; fd goes with it, or -1. false: the socket is full,
 * and the message is lost. */
bool invite_report(const struct server *s, const struct invitemsg *m, int fd);
/* Callback of the listeners; ctx: the server. */
void invite_accept(void *ctx, int fd, const struct endpoint *remote,
		   const struct endpoint *local);
/* Callback of the socket pair: reads the monitor's decisions. ctx: the
 * server. */
void invite_verdicts(void *ctx, unsigned int events);

#endif
