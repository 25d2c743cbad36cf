/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What this host's network looks like, for defaults. */
#include "tool_net.h"

#include <ifaddrs.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sys/sockaddr.h"

/* Somewhere on the Internet: nothing is sent there, a UDP socket's connect(2)
 * only looks for the route. */
static const char *const far_away[] = {"1.1.1.1", "2606:4700:4700::1111"};

bool
tool_net_address(struct ipaddr *out, enum ip_family family)
{
	const char *text = far_away[family == IP_V6];
	struct sockaddr_storage ss;
	struct endpoint ep = {.port = 53};
	socklen_t len = sizeof(ss);
	bool found = false;
	int fd;

	if (ipaddr_parse(&ep.addr, text, strlen(text)) != 0)
		return false;
	fd = socket(sockaddr_family(&ep.addr), SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	if (connect(fd, (const struct sockaddr *)&ss,
		    sockaddr_put(&ss, &ep)) == 0 &&
	    getsockname(fd, (struct sockaddr *)&ss, &len) == 0 &&
	    sockaddr_get(&ep, &ss, len) == 0 &&
	    !ipaddr_is_loopback(&ep.addr) && !ipaddr_is_linklocal(&ep.addr) &&
	    !ipaddr_is_unspecified(&ep.addr)) {
		*out = ep.addr;
		found = true;
	}
	close(fd);
	return found;
}

bool
tool_net_private(const struct ipaddr *a)
{
	static const char *const nets[] = {"10.0.0.0/8", "172.16.0.0/12",
					   "192.168.0.0/16", "100.64.0.0/10",
					   "fc00::/7"};
	struct prefix p;

	for (size_t i = 0; i < sizeof(nets) / sizeof(nets[0]); i++)
		if (prefix_parse(&p, nets[i], strlen(nets[i])) == 0 &&
		    prefix_contains(&p, a))
			return true;
	return false;
}

bool
tool_net_unused(const struct prefix *p)
{
	struct ifaddrs *all, *i;
	bool unused = true;

	if (getifaddrs(&all) != 0)
		return true;
	for (i = all; i != NULL; i = i->ifa_next) {
		struct sockaddr_storage ss = {0};
		struct endpoint ep;
		socklen_t len;

		if (i->ifa_addr == NULL)
			continue;
		len = i->ifa_addr->sa_family == AF_INET
			  ? sizeof(struct sockaddr_in)
		      : i->ifa_addr->sa_family == AF_INET6
			  ? sizeof(struct sockaddr_in6)
			  : 0;
		if (len == 0)
			continue;
		memcpy(&ss, i->ifa_addr, len);
		if (sockaddr_get(&ep, &ss, len) == 0 &&
		    prefix_contains(p, &ep.addr))
			unused = false;
	}
	freeifaddrs(all);
	return unused;
}
