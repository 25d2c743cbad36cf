/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Endpoints to and from the system's socket addresses. */
#include "sys/sockaddr.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

int
sockaddr_family(const struct ipaddr *a)
{
	switch (a->family) {
	case IP_V4:
		return AF_INET;
	case IP_V6:
		return AF_INET6;
	default:
		return AF_UNSPEC;
	}
}

/* Uses memcpy: the storage has no declared type here. */
socklen_t
sockaddr_put(struct sockaddr_storage *out, const struct endpoint *e)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };

	switch (e->addr.family) {
	case IP_V4:
		in.sin_port = htons(e->port);
		memcpy(&in.sin_addr, e->addr.b, sizeof(in.sin_addr));
		memcpy(out, &in, sizeof(in));
		return sizeof(in);
	case IP_V6:
		in6.sin6_port = htons(e->port);
		in6.sin6_scope_id = e->addr.scope;
		memcpy(&in6.sin6_addr, e->addr.b, sizeof(in6.sin6_addr));
		memcpy(out, &in6, sizeof(in6));
		return sizeof(in6);
	default:
		return 0;
	}
}

int
sockaddr_get(struct endpoint *out, const struct sockaddr_storage *ss,
	     socklen_t len)
{
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	struct endpoint e = { .port = 0 };

	if (len >= sizeof(in) && ss->ss_family == AF_INET) {
		memcpy(&in, ss, sizeof(in));
		e.addr.family = IP_V4;
		memcpy(e.addr.b, &in.sin_addr, sizeof(in.sin_addr));
		e.port = ntohs(in.sin_port);
	} else if (len >= sizeof(in6) && ss->ss_family == AF_INET6) {
		memcpy(&in6, ss, sizeof(in6));
		if (IN6_IS_ADDR_V4MAPPED(&in6.sin6_addr))
			return -1;
		e.addr.family = IP_V6;
		memcpy(e.addr.b, &in6.sin6_addr, sizeof(in6.sin6_addr));
		/* Only a link-local address has a scope; elsewhere one address
		 * would become two. */
		if (IN6_IS_ADDR_LINKLOCAL(&in6.sin6_addr))
			e.addr.scope = in6.sin6_scope_id;
		e.port = ntohs(in6.sin6_port);
	} else {
		return -1;
	}
	*out = e;
	return 0;
}

static void
set_freebind(int fd, const struct ipaddr *a, int on)
{
	if (a->family == IP_V4)
		setsockopt(fd, IPPROTO_IP, IP_FREEBIND, &on, sizeof(on));
	else
		setsockopt(fd, IPPROTO_IPV6, IPV6_FREEBIND, &on, sizeof(on));
}

int
sockaddr_bind(int fd, const struct endpoint *local)
{
	bool one = !ipaddr_is_unspecified(&local->addr);
	struct sockaddr_storage ss;
	socklen_t len = sockaddr_put(&ss, local);
	int rc, errnum;

	if (one)
		set_freebind(fd, &local->addr, 1);
	rc = bind(fd, (const struct sockaddr *)&ss, len);
	errnum = errno;
	if (one)
		set_freebind(fd, &local->addr, 0);
	errno = errnum;
	return rc;
}
