/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The TUN device's MTU, state and addresses, through rtnetlink(7). */
#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/if_addr.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include "sys/sockaddr.h"
#include "sys/tun.h"

/* One request: the netlink header, its family's header, attributes. */
struct request {
	struct nlmsghdr h;
	union {
		struct ifinfomsg link;
		struct ifaddrmsg addr;
	} u;
	uint8_t attrs[64];
};

static void
put_attr(struct request *r, unsigned short type, const void *data, size_t len)
{
	struct rtattr a = {.rta_type = type,
			   .rta_len = (unsigned short)RTA_LENGTH(len)};
	uint8_t *at = (uint8_t *)r + NLMSG_ALIGN(r->h.nlmsg_len);

	memcpy(at, &a, sizeof(a));
	memcpy(at + RTA_LENGTH(0), data, len);
	r->h.nlmsg_len =
	    NLMSG_ALIGN(r->h.nlmsg_len) + (unsigned int)RTA_ALIGN(a.rta_len);
}

/* Returns 0 or the kernel's errno. */
static int
receive_ack(int fd)
{
	union {
		struct nlmsghdr h;
		uint8_t bytes[4096];
	} reply;
	struct nlmsgerr ack;
	ssize_t n;

	do
		n = recv(fd, &reply, sizeof(reply), 0);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno;
	if ((size_t)n < NLMSG_LENGTH(sizeof(ack)) ||
	    reply.h.nlmsg_type != NLMSG_ERROR)
		return EPROTO;
	memcpy(&ack, reply.bytes + NLMSG_LENGTH(0), sizeof(ack));
	return -ack.error;
}

static int
transact(struct request *r)
{
	const struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	const struct timeval limit = {.tv_sec = 5};
	int fd, rc;

	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (fd < 0)
		return errno;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	r->h.nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
	if (sendto(fd, r, r->h.nlmsg_len, 0, (const struct sockaddr *)&kernel,
		   sizeof(kernel)) < 0)
		rc = errno;
	else
		rc = receive_ack(fd);
	close(fd);
	return rc;
}

static struct request
link_request(const struct tun *t)
{
	struct request r = {0};

	r.h.nlmsg_len = NLMSG_LENGTH(sizeof(r.u.link));
	r.h.nlmsg_type = RTM_NEWLINK;
	r.u.link.ifi_family = AF_UNSPEC;
	r.u.link.ifi_index = (int)tun_ifindex(t);
	return r;
}

int
tun_set_mtu(struct tun *t, uint32_t mtu, struct err *e)
{
	struct request r = link_request(t);
	int rc;

	put_attr(&r, IFLA_MTU, &mtu, sizeof(mtu));
	rc = transact(&r);
	if (rc != 0)
		return err_errno(e, rc, "%s: MTU %u", tun_name(t), mtu);
	return 0;
}

int
tun_set_up(struct tun *t, bool up, struct err *e)
{
	struct request r = link_request(t);
	int rc;

	r.u.link.ifi_change = IFF_UP;
	r.u.link.ifi_flags = up ? IFF_UP : 0;
	rc = transact(&r);
	if (rc != 0)
		return err_errno(e, rc, "%s: %s", tun_name(t),
				 up ? "up" : "down");
	return 0;
}

static struct request
addr_request(const struct tun *t, uint16_t type, const struct ipaddr *addr,
	     unsigned int len)
{
	struct request r = {0};
	size_t size = ipaddr_bits(addr) / 8;

	r.h.nlmsg_len = NLMSG_LENGTH(sizeof(r.u.addr));
	r.h.nlmsg_type = type;
	r.u.addr.ifa_family = (uint8_t)sockaddr_family(addr);
	r.u.addr.ifa_prefixlen = (uint8_t)len;
	r.u.addr.ifa_index = tun_ifindex(t);
	/* Nobody else is on this link: the address is usable at once. */
	if (addr->family == IP_V6)
		r.u.addr.ifa_flags = IFA_F_NODAD;
	put_attr(&r, IFA_LOCAL, addr->b, size);
	put_attr(&r, IFA_ADDRESS, addr->b, size);
	return r;
}

static int
check_addr(const struct ipaddr *addr, unsigned int len, struct err *e)
{
	if (addr->family == IP_NONE || len > ipaddr_bits(addr))
		return err_set(e, ERR_RANGE, "not an address with a length");
	return 0;
}

int
tun_addr_add(struct tun *t, const struct ipaddr *addr, unsigned int len,
	     struct err *e)
{
	char text[IPADDR_TEXT_MAX];
	struct request r;
	int rc;

	if (check_addr(addr, len, e) < 0)
		return -1;
	r = addr_request(t, RTM_NEWADDR, addr, len);
	r.h.nlmsg_flags |= NLM_F_CREATE | NLM_F_EXCL;
	rc = transact(&r);
	if (rc != 0 && rc != EEXIST)
		return err_errno(e, rc, "%s: address %s/%u", tun_name(t),
				 ipaddr_format(text, addr), len);
	return 0;
}

int
tun_addr_remove(struct tun *t, const struct ipaddr *addr, unsigned int len,
		struct err *e)
{
	char text[IPADDR_TEXT_MAX];
	struct request r;
	int rc;

	if (check_addr(addr, len, e) < 0)
		return -1;
	r = addr_request(t, RTM_DELADDR, addr, len);
	rc = transact(&r);
	if (rc != 0 && rc != EADDRNOTAVAIL)
		return err_errno(e, rc, "%s: removing address %s/%u",
				 tun_name(t), ipaddr_format(text, addr), len);
	return 0;
}
