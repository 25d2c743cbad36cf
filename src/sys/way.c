/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Checks that this host has a usable route to an address. */
#include "sys/way.h"

#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sys/sockaddr.h"

/* The kernel chooses the source address in connect(2); UDP sends nothing. */
static int
way_source(struct endpoint *from, const struct endpoint *to, struct err *e)
{
	struct sockaddr_storage ss;
	socklen_t len = sockaddr_put(&ss, to), got = sizeof(ss);
	char text[IPADDR_TEXT_MAX];
	int fd = socket(ss.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0), rc = 0;

	ipaddr_format(text, &to->addr);
	if (fd < 0)
		return err_errno(e, errno, "%s", text);
	if (connect(fd, (const struct sockaddr *)&ss, len) < 0 ||
	    getsockname(fd, (struct sockaddr *)&ss, &got) < 0)
		rc = err_errno(e, errno, "%s", text);
	close(fd);
	if (rc == 0 && sockaddr_get(from, &ss, got) < 0)
		*from = (struct endpoint){ .port = 0 };
	return rc;
}

static bool
way_owns(const struct ifaddrs *i, const struct ipaddr *a)
{
	struct sockaddr_storage ss = { .ss_family = AF_UNSPEC };
	socklen_t len = sizeof(struct sockaddr_in6);
	struct endpoint ep;

	if (i->ifa_addr == NULL)
		return false;
	if (i->ifa_addr->sa_family == AF_INET)
		len = sizeof(struct sockaddr_in);
	else if (i->ifa_addr->sa_family != AF_INET6)
		return false;
	memcpy(&ss, i->ifa_addr, len);
	return sockaddr_get(&ep, &ss, len) == 0 && ipaddr_equal(&ep.addr, a);
}

int
way_check(const struct endpoint *to, struct err *e)
{
	const unsigned int alive = IFF_UP | IFF_RUNNING;
	char text[IPADDR_TEXT_MAX];
	struct endpoint from;
	struct ifaddrs *all;
	int rc = 0;

	if (way_source(&from, to, e) < 0)
		return -1;
	if (getifaddrs(&all) < 0)
		return 0; /* the route exists; its interface is unknown */
	for (const struct ifaddrs *i = all; rc == 0 && i != NULL;
	     i = i->ifa_next)
		if (way_owns(i, &from.addr) && (i->ifa_flags & alive) != alive)
			rc = err_set(e, ERR_IO,
				     "%s: the interface %s of this "
				     "host, which leads there, has no link",
				     ipaddr_format(text, &to->addr),
				     i->ifa_name);
	freeifaddrs(all);
	return rc;
}
