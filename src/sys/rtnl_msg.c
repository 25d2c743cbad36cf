/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Encodes and decodes messages of rtnetlink; never reads past their end. */
#include "sys/rtnl_msg.h"

#include <net/if.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/if_addr.h>
#include <linux/netconf.h>
#include <linux/rtnetlink.h>

#include "sys/sockaddr.h"

/* --- requests ------------------------------------------------------------- */

/* Begins a request: the netlink header, then its family's header. */
static size_t
msg_begin(uint8_t *out, uint16_t type, uint16_t flags, const void *header,
	  size_t len)
{
	struct nlmsghdr h = { .nlmsg_len =
				      (uint32_t)NLMSG_LENGTH(NLMSG_ALIGN(len)),
			      .nlmsg_type = type,
			      .nlmsg_flags =
				      (uint16_t)(NLM_F_REQUEST | flags) };

	memset(out, 0, RTNL_MSG_MAX);
	memcpy(out, &h, sizeof(h));
	memcpy(out + NLMSG_HDRLEN, header, len);
	return h.nlmsg_len;
}

/* Appends an attribute and keeps the header's length right. */
static size_t
msg_attr(uint8_t *out, size_t at, uint16_t type, const void *data, size_t len)
{
	struct rtattr a = { .rta_type = type,
			    .rta_len = (unsigned short)RTA_LENGTH(len) };
	uint32_t total;

	memcpy(out + at, &a, sizeof(a));
	memcpy(out + at + RTA_LENGTH(0), data, len);
	at += RTA_ALIGN(a.rta_len);
	total = (uint32_t)at;
	memcpy(out, &total, sizeof(total)); /* nlmsg_len comes first */
	return at;
}

static size_t
addr_size(const struct ipaddr *a)
{
	return ipaddr_bits(a) / 8;
}

size_t
rtnl_msg_link(uint8_t out[RTNL_MSG_MAX], unsigned int index, uint32_t mtu,
	      bool up)
{
	struct ifinfomsg link = { .ifi_family = AF_UNSPEC,
				  .ifi_index = (int)index,
				  .ifi_change = IFF_UP,
				  .ifi_flags = up ? IFF_UP : 0 };
	size_t at = msg_begin(out, RTM_NEWLINK, 0, &link, sizeof(link));

	return msg_attr(out, at, IFLA_MTU, &mtu, sizeof(mtu));
}

size_t
rtnl_msg_addr(uint8_t out[RTNL_MSG_MAX], bool add, unsigned int index,
	      const struct ipaddr *addr, uint8_t len)
{
	struct ifaddrmsg m = { .ifa_family = (uint8_t)sockaddr_family(addr),
			       .ifa_prefixlen = len,
			       .ifa_index = index };
	/* The device is point-to-point: no duplicate address detection is
	 * needed. */
	uint32_t flags =
		IFA_F_NOPREFIXROUTE | (addr->family == IP_V6 ? IFA_F_NODAD : 0);
	size_t at =
		msg_begin(out, add ? RTM_NEWADDR : RTM_DELADDR,
			  add ? NLM_F_CREATE | NLM_F_EXCL : 0, &m, sizeof(m));

	at = msg_attr(out, at, IFA_LOCAL, addr->b, addr_size(addr));
	at = msg_attr(out, at, IFA_ADDRESS, addr->b, addr_size(addr));
	return add ? msg_attr(out, at, IFA_FLAGS, &flags, sizeof(flags)) : at;
}

size_t
rtnl_msg_route(uint8_t out[RTNL_MSG_MAX], bool add, unsigned int index,
	       const struct prefix *dst, const struct ipaddr *source)
{
	struct rtmsg m = { .rtm_family = (uint8_t)sockaddr_family(&dst->addr),
			   .rtm_dst_len = dst->len,
			   .rtm_table = RT_TABLE_MAIN,
			   .rtm_protocol = RTNL_PROTOCOL,
			   .rtm_scope = dst->addr.family == IP_V4 ?
						RT_SCOPE_LINK :
						RT_SCOPE_UNIVERSE,
			   .rtm_type = RTN_UNICAST };
	const uint32_t metric = RTNL_METRIC;
	size_t at = msg_begin(out, add ? RTM_NEWROUTE : RTM_DELROUTE,
			      add ? NLM_F_CREATE : 0, &m, sizeof(m));

	at = msg_attr(out, at, RTA_DST, dst->addr.b, addr_size(&dst->addr));
	at = msg_attr(out, at, RTA_OIF, &index, sizeof(uint32_t));
	at = msg_attr(out, at, RTA_PRIORITY, &metric, sizeof(metric));
	if (source != NULL)
		at = msg_attr(out, at, RTA_PREFSRC, source->b,
			      addr_size(source));
	return at;
}

static size_t
msg_dump_netconf(uint8_t *out, int family)
{
	struct netconfmsg m = { .ncm_family = (uint8_t)family };

	return msg_begin(out, RTM_GETNETCONF, NLM_F_DUMP, &m, sizeof(m));
}

/* Requests our own routes only: a router may have a million others. */
static size_t
msg_dump_routes(uint8_t *out, int family)
{
	struct rtmsg m = { .rtm_family = (uint8_t)family,
			   .rtm_table = RT_TABLE_MAIN,
			   .rtm_protocol = RTNL_PROTOCOL };

	return msg_begin(out, RTM_GETROUTE, NLM_F_DUMP, &m, sizeof(m));
}

size_t
rtnl_msg_dump(uint8_t out[RTNL_MSG_MAX], enum rtnl_table table)
{
	struct ifinfomsg link = { .ifi_family = AF_UNSPEC };
	struct ifaddrmsg addr = { .ifa_family = AF_UNSPEC };
	const uint32_t mask = RTEXT_FILTER_SKIP_STATS;
	size_t at;

	switch (table) {
	case RTNL_TABLE_LINKS:
		at = msg_begin(out, RTM_GETLINK, NLM_F_DUMP, &link,
			       sizeof(link));
		return msg_attr(out, at, IFLA_EXT_MASK, &mask, sizeof(mask));
	case RTNL_TABLE_ADDRS:
		return msg_begin(out, RTM_GETADDR, NLM_F_DUMP, &addr,
				 sizeof(addr));
	case RTNL_TABLE_FORWARDING4:
		return msg_dump_netconf(out, AF_INET);
	case RTNL_TABLE_FORWARDING6:
		return msg_dump_netconf(out, AF_INET6);
	case RTNL_TABLE_ROUTES4:
		return msg_dump_routes(out, AF_INET);
	case RTNL_TABLE_ROUTES6:
	case RTNL_TABLES:
		break;
	}
	return msg_dump_routes(out, AF_INET6);
}

/* --- news ----------------------------------------------------------------- */

#define ATTRS_MAX 64 /* larger types are ignored */

struct attr {
	const uint8_t *data; /* NULL: absent */
	size_t len;
};

/* Reads the attributes after a family's header of hdrlen bytes. */
static void
attrs_read(struct attr out[ATTRS_MAX], const uint8_t *msg, size_t len,
	   size_t hdrlen)
{
	size_t at = NLMSG_HDRLEN + NLMSG_ALIGN(hdrlen);
	struct rtattr a;

	memset(out, 0, ATTRS_MAX * sizeof(*out));
	while (at + sizeof(a) <= len) {
		memcpy(&a, msg + at, sizeof(a));
		if (a.rta_len < sizeof(a) || a.rta_len > len - at)
			return;
		if ((a.rta_type & NLA_TYPE_MASK) < ATTRS_MAX)
			out[a.rta_type & NLA_TYPE_MASK] =
				(struct attr){ msg + at + RTA_LENGTH(0),
					       a.rta_len - RTA_LENGTH(0) };
		at += RTA_ALIGN(a.rta_len);
	}
}

static bool
attr_u32(uint32_t *out, const struct attr *a)
{
	if (a->data == NULL || a->len < sizeof(*out))
		return false;
	memcpy(out, a->data, sizeof(*out));
	return true;
}

static bool
attr_addr(struct ipaddr *out, const struct attr *a, int family)
{
	*out = (struct ipaddr){ .family = family == AF_INET ? IP_V4 : IP_V6 };
	if (a->data == NULL || a->len != addr_size(out))
		return false;
	memcpy(out->b, a->data, a->len);
	return true;
}

/* Copies the family's header; false: the message is shorter. */
static bool
header_read(void *out, size_t size, const uint8_t *msg, size_t len)
{
	if (len < NLMSG_LENGTH(size))
		return false;
	memcpy(out, msg + NLMSG_HDRLEN, size);
	return true;
}

static bool
news_link(struct rtnl_news *out, const uint8_t *msg, size_t len, bool gone)
{
	struct attr a[ATTRS_MAX];
	struct ifinfomsg m;
	struct rtnl_link *l = &out->u.link;

	/* Bridges report their ports by messages of the same type. */
	if (!header_read(&m, sizeof(m), msg, len) || m.ifi_family != AF_UNSPEC)
		return false;
	attrs_read(a, msg, len, sizeof(m));
	*out = (struct rtnl_news){ .kind = gone ? RTNL_LINK_GONE : RTNL_LINK };
	l->index = (unsigned int)m.ifi_index;
	l->up = (m.ifi_flags & IFF_UP) != 0;
	/* Events of wireless drivers are messages without these attributes. */
	if (!attr_u32(&l->mtu, &a[IFLA_MTU]) || a[IFLA_IFNAME].data == NULL)
		return gone;
	memcpy(l->name, a[IFLA_IFNAME].data,
	       strnlen((const char *)a[IFLA_IFNAME].data,
		       a[IFLA_IFNAME].len < sizeof(l->name) - 1 ?
			       a[IFLA_IFNAME].len :
			       sizeof(l->name) - 1));
	return true;
}

static bool
news_addr(struct rtnl_news *out, const uint8_t *msg, size_t len, bool gone)
{
	struct attr a[ATTRS_MAX];
	struct ifaddrmsg m;
	struct rtnl_addr *n = &out->u.addr;
	uint32_t flags;

	if (!header_read(&m, sizeof(m), msg, len) ||
	    (m.ifa_family != AF_INET && m.ifa_family != AF_INET6))
		return false;
	attrs_read(a, msg, len, sizeof(m));
	*out = (struct rtnl_news){ .kind = gone ? RTNL_ADDR_GONE : RTNL_ADDR };
	n->index = m.ifa_index;
	n->len = m.ifa_prefixlen;
	flags = m.ifa_flags;
	(void)attr_u32(&flags, &a[IFA_FLAGS]);
	n->tentative = (flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED)) != 0 &&
		       (flags & IFA_F_OPTIMISTIC) == 0;
	n->deprecated = (flags & IFA_F_DEPRECATED) != 0;
	/* In IPv4 the same bit means a secondary address. */
	n->temporary =
		m.ifa_family == AF_INET6 && (flags & IFA_F_TEMPORARY) != 0;
	/* On a point-to-point link IFA_ADDRESS is the address of the other
	 * end. */
	return attr_addr(&n->addr, &a[IFA_LOCAL], m.ifa_family) ||
	       attr_addr(&n->addr, &a[IFA_ADDRESS], m.ifa_family);
}

static bool
news_forwarding(struct rtnl_news *out, const uint8_t *msg, size_t len)
{
	struct attr a[ATTRS_MAX];
	struct netconfmsg m;
	uint32_t index, on;

	if (!header_read(&m, sizeof(m), msg, len) ||
	    (m.ncm_family != AF_INET && m.ncm_family != AF_INET6))
		return false;
	attrs_read(a, msg, len, sizeof(m));
	if (!attr_u32(&index, &a[NETCONFA_IFINDEX]) ||
	    !attr_u32(&on, &a[NETCONFA_FORWARDING]) || (int)index <= 0)
		return false; /* "all" and "default" are negative */
	*out = (struct rtnl_news){ .kind = RTNL_FORWARDING };
	out->u.forwarding = (struct rtnl_forwarding){
		.index = index,
		.family = m.ncm_family == AF_INET ? IP_V4 : IP_V6,
		.on = on != 0
	};
	return true;
}

static bool
news_route(struct rtnl_news *out, const uint8_t *msg, size_t len, bool gone)
{
	struct attr a[ATTRS_MAX];
	struct rtnl_route *r = &out->u.route;
	uint32_t table, metric = 0;
	struct rtmsg m;

	if (!header_read(&m, sizeof(m), msg, len) ||
	    m.rtm_protocol != RTNL_PROTOCOL || m.rtm_type != RTN_UNICAST ||
	    (m.rtm_family != AF_INET && m.rtm_family != AF_INET6))
		return false;
	attrs_read(a, msg, len, sizeof(m));
	table = m.rtm_table;
	(void)attr_u32(&table, &a[RTA_TABLE]);
	(void)attr_u32(&metric, &a[RTA_PRIORITY]);
	*out = (struct rtnl_news){ .kind = gone ? RTNL_ROUTE_GONE :
						  RTNL_ROUTE };
	r->dst.len = m.rtm_dst_len;
	/* A default route has no RTA_DST. */
	if (!attr_addr(&r->dst.addr, &a[RTA_DST], m.rtm_family) &&
	    m.rtm_dst_len > 0)
		return false;
	return table == RT_TABLE_MAIN && metric == RTNL_METRIC &&
	       attr_u32(&r->index, &a[RTA_OIF]);
}

bool
rtnl_msg_news(struct rtnl_news *out, const uint8_t *msg, size_t len)
{
	struct nlmsghdr h;

	memcpy(&h, msg, sizeof(h));
	switch (h.nlmsg_type) {
	case RTM_NEWLINK:
	case RTM_DELLINK:
		return news_link(out, msg, len, h.nlmsg_type == RTM_DELLINK);
	case RTM_NEWADDR:
	case RTM_DELADDR:
		return news_addr(out, msg, len, h.nlmsg_type == RTM_DELADDR);
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
		return news_route(out, msg, len, h.nlmsg_type == RTM_DELROUTE);
	case RTM_NEWNETCONF:
		return news_forwarding(out, msg, len);
	default:
		return false;
	}
}
