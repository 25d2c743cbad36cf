/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Properties of this host's network, for defaults. */
#include "host_net.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "crypto/rng.h"
#include "format/bnl_overlap.h"
#include "sys/fib.h"
#include "sys/sockaddr.h"

/* Addresses on the Internet: nothing is sent there, a UDP socket's connect(2)
 * only looks up the route. */
static const char *const far_away[] = { "1.1.1.1", "2606:4700:4700::1111" };

bool
host_net_address(struct ipaddr *out, enum ip_family family)
{
	const char *text = far_away[family == IP_V6];
	struct sockaddr_storage ss;
	struct endpoint ep = { .port = 53 };
	socklen_t len = sizeof(ss);
	bool found = false;
	int fd;

	if (ipaddr_parse(&ep.addr, text, strlen(text)) != 0)
		return false;
	fd = socket(sockaddr_family(&ep.addr), SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	if (connect(fd, (const struct sockaddr *)&ss, sockaddr_put(&ss, &ep)) ==
		    0 &&
	    getsockname(fd, (struct sockaddr *)&ss, &len) == 0 &&
	    sockaddr_get(&ep, &ss, len) == 0 && !ipaddr_is_loopback(&ep.addr) &&
	    !ipaddr_is_linklocal(&ep.addr) &&
	    !ipaddr_is_unspecified(&ep.addr)) {
		*out = ep.addr;
		found = true;
	}
	close(fd);
	return found;
}

bool
host_net_private(const struct ipaddr *a)
{
	static const char *const nets[] = { "10.0.0.0/8", "172.16.0.0/12",
					    "192.168.0.0/16", "100.64.0.0/10",
					    "fc00::/7" };
	struct prefix p;

	for (size_t i = 0; i < sizeof(nets) / sizeof(nets[0]); i++)
		if (prefix_parse(&p, nets[i], strlen(nets[i])) == 0 &&
		    prefix_contains(&p, a))
			return true;
	return false;
}

/* The networks of an interface count even while it is down and has no route. */
static bool
is_on_interface(const struct ifaddrs *all, const struct prefix *p)
{
	for (; all != NULL; all = all->ifa_next) {
		const struct sockaddr_in *sin, *mask;
		struct ipaddr a = { .family = IP_V4 };
		struct prefix on;

		if (all->ifa_addr == NULL || all->ifa_netmask == NULL ||
		    all->ifa_addr->sa_family != AF_INET)
			continue;
		sin = (const void *)all->ifa_addr;
		mask = (const void *)all->ifa_netmask;
		memcpy(a.b, &sin->sin_addr, 4);
		on = prefix_mask(&a, (unsigned int)__builtin_popcount(
					     mask->sin_addr.s_addr));
		if (prefix_overlaps(&on, p))
			return true;
	}
	return false;
}

/* Default routes, whole or in two halves, are ignored: they cover every
 * prefix. */
static bool
is_routed(const struct fib_route *routes, size_t n, const struct prefix *p)
{
	for (size_t i = 0; i < n; i++)
		if (routes[i].dst.len > 1 && prefix_overlaps(&routes[i].dst, p))
			return true;
	return false;
}

static bool
has_any(const struct prefix *p, const struct ipaddr *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (prefix_contains(p, &v[i]))
			return true;
	return false;
}

#define TENS 256	       /* number of /16 in 10.0.0.0/8 */
#define CANDIDATES (TENS + 16) /* and of 172.16.0.0/12 (RFC 1918) */

static struct prefix
candidate_at(unsigned int i)
{
	struct ipaddr a = { .family = IP_V4 };

	a.b[0] = i < TENS ? 10 : 172;
	a.b[1] = (uint8_t)(i < TENS ? i : 16 + i - TENS);
	return prefix_mask(&a, 16);
}

int
host_net_prefix(struct prefix *out, const struct ipaddr * not, size_t n,
		struct err *e)
{
	const struct rng rng = rng_system();
	struct fib_route *routes = NULL;
	struct ifaddrs *all = NULL;
	size_t nroutes = 0, nfree = 0;
	struct prefix free_ones[CANDIDATES];

	if (fib_routes(&routes, &nroutes, IP_V4, e) != 0)
		return -1;
	if (getifaddrs(&all) != 0)
		all = NULL;
	for (unsigned int i = 0; i < CANDIDATES; i++) {
		struct prefix p = candidate_at(i);

		if (!is_routed(routes, nroutes, &p) &&
		    !is_on_interface(all, &p) && !has_any(&p, not, n))
			free_ones[nfree++] = p;
	}
	freeifaddrs(all);
	free(routes);
	if (nfree == 0)
		return err_set(e, ERR_USAGE,
			       "each /16 of 10.0.0.0/8 and 172.16.0.0/12 is "
			       "used by an interface or a route of this host: "
			       "choose one with --prefix");
	*out = free_ones[rng_u32(&rng) % nfree];
	return 0;
}

static void
tell_overlaps(const struct bnl *b, const char *self, enum ip_family family)
{
	char text[BNL_OVERLAP_TEXT_MAX], name[IF_NAMESIZE];
	struct fib_route *v;
	struct bnl_overlap o;
	struct err e;
	size_t n;

	if (fib_routes(&v, &n, family, &e) != 0)
		return;
	for (size_t i = 0; i < n; i++) {
		if (v[i].local || v[i].dst.len <= 1 ||
		    !bnl_overlap_find(&o, b, self, &v[i].dst))
			continue;
		if (v[i].index == 0 || if_indextoname(v[i].index, name) == NULL)
			name[0] = '\0';
		fprintf(stderr, "cluevpnctl: %s\n",
			bnl_overlap_text(text, &o, &v[i].dst, name));
	}
	free(v);
}

void
host_net_tell_overlaps(const struct bnl *b, const char *self)
{
	tell_overlaps(b, self, IP_V4);
	tell_overlaps(b, self, IP_V6);
}
