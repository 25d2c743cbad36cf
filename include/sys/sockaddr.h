/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Converts endpoints to and from the system's socket addresses. */
#ifndef SYS_SOCKADDR_H
#define SYS_SOCKADDR_H

#include <sys/socket.h>

#include "base/ipaddr.h"

/* Returns the length; 0 when the endpoint has no family. */
socklen_t sockaddr_put(struct sockaddr_storage *out, const struct endpoint *e);
/* 0, or -1 when it is neither IPv4 nor IPv6, is v4-mapped or is cut short; then
 * out is unchanged. */
int sockaddr_get(struct endpoint *out, const struct sockaddr_storage *ss,
		 socklen_t len);
/* bind(2), also to an address that this host does not have yet (ip(7),
 * IP_FREEBIND); packets can be sent only from an address that it has. 0, or -1
 * with errno. */
int sockaddr_bind(int fd, const struct endpoint *local);
/* AF_INET, AF_INET6 or AF_UNSPEC. */
int sockaddr_family(const struct ipaddr *a);

#endif
