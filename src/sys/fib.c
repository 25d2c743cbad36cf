/* SPDX-License-Identifier: GPL-3.0-or-later */
/* RTM_GETROUTE: a dump of all routes, and the route to one address. */
#include "sys/fib.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <linux/rtnetlink.h>

#include "sys/sockaddr.h"

#define ANSWER_MAX 32768 /* netlink(7): the largest datagram of a dump */
#define ANSWER_WAIT_S 1	 /* the kernel answers within the send */

struct question {
	struct nlmsghdr h;
	struct rtmsg m;
	uint8_t attrs[64];
};

struct routes {
	struct fib_route *v;
	size_t n, cap;
	int error; /* errno; 0: none */
};

static int
open_netlink(void)
{
	const struct timeval limit = { .tv_sec = ANSWER_WAIT_S };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (fd >= 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	return fd;
}

static void
question_begin(struct question *q, enum ip_family family, uint16_t flags)
{
	*q = (struct question){
		.h = { .nlmsg_len = NLMSG_LENGTH(sizeof(q->m)),
		       .nlmsg_type = RTM_GETROUTE,
		       .nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags) },
		.m = { .rtm_family = family == IP_V6 ? AF_INET6 : AF_INET },
	};
}

static void
question_add(struct question *q, uint16_t type, const struct ipaddr *a)
{
	size_t len = ipaddr_bits(a) / 8;
	struct rtattr at = { .rta_type = type,
			     .rta_len = (uint16_t)RTA_LENGTH(len) };
	uint8_t *out = (uint8_t *)q + NLMSG_ALIGN(q->h.nlmsg_len);

	memcpy(out, &at, sizeof(at));
	memcpy(out + RTA_LENGTH(0), a->b, len);
	q->h.nlmsg_len =
		(uint32_t)(NLMSG_ALIGN(q->h.nlmsg_len) + RTA_ALIGN(at.rta_len));
}

/* Reads a route; false: the message is no route. The macros of netlink(3) and
 * rtnetlink(3) take pointers that are not const. */
static bool
read_route(struct fib_route *out, struct nlmsghdr *h)
{
	struct rtmsg *m = NLMSG_DATA(h);
	struct ipaddr a = { .family = IP_NONE };
	struct rtattr *at;
	size_t left;

	if (h->nlmsg_type != RTM_NEWROUTE ||
	    h->nlmsg_len < NLMSG_LENGTH(sizeof(*m)))
		return false;
	a.family = m->rtm_family == AF_INET6 ? IP_V6 : IP_V4;
	*out = (struct fib_route){ .local = m->rtm_type != RTN_UNICAST };
	at = RTM_RTA(m);
	left = h->nlmsg_len - NLMSG_LENGTH(sizeof(*m));
	for (; RTA_OK(at, left); at = RTA_NEXT(at, left)) {
		if (at->rta_type == RTA_DST &&
		    RTA_PAYLOAD(at) == ipaddr_bits(&a) / 8)
			memcpy(a.b, RTA_DATA(at), ipaddr_bits(&a) / 8);
		else if (at->rta_type == RTA_OIF &&
			 RTA_PAYLOAD(at) == sizeof(out->index))
			memcpy(&out->index, RTA_DATA(at), sizeof(out->index));
	}
	out->dst = prefix_mask(&a, m->rtm_dst_len);
	return true;
}

static void
keep_route(struct routes *r, struct nlmsghdr *h)
{
	struct fib_route route, *v;

	if (r->n == FIB_ROUTES_MAX || !read_route(&route, h))
		return;
	if (r->n == r->cap) {
		size_t cap = r->cap == 0 ? 64 : 2 * r->cap;

		v = realloc(r->v, cap * sizeof(*v));
		if (v == NULL) {
			r->error = ENOMEM;
			return;
		}
		r->v = v;
		r->cap = cap;
	}
	r->v[r->n++] = route;
}

/* Reads one datagram of the answer. false: the answer is complete. */
static bool
take_answer(struct routes *r, int fd, bool dump)
{
	_Alignas(struct nlmsghdr) uint8_t mem[ANSWER_MAX];
	ssize_t got = recv(fd, mem, sizeof(mem), 0);
	struct nlmsghdr *h = (struct nlmsghdr *)(void *)mem;
	const struct nlmsgerr *why;
	size_t left = got > 0 ? (size_t)got : 0;

	if (got < 0)
		r->error = errno;
	if (got <= 0)
		return false;
	for (; NLMSG_OK(h, left); h = NLMSG_NEXT(h, left)) {
		if (h->nlmsg_type == NLMSG_DONE)
			return false;
		if (h->nlmsg_type == NLMSG_ERROR) {
			why = NLMSG_DATA(h);
			r->error = -why->error;
			return false;
		}
		keep_route(r, h);
	}
	return dump && r->n < FIB_ROUTES_MAX;
}

static int
ask_kernel(struct routes *r, const struct question *q)
{
	bool dump = (q->h.nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
	int fd = open_netlink();

	*r = (struct routes){ .error = fd < 0 ? errno : 0 };
	if (fd < 0)
		return -1;
	if (send(fd, q, q->h.nlmsg_len, 0) < 0)
		r->error = errno;
	while (r->error == 0 && take_answer(r, fd, dump))
		;
	close(fd);
	return r->error == 0 ? 0 : -1;
}

int
fib_routes(struct fib_route **out, size_t *n, enum ip_family family,
	   struct err *e)
{
	struct question q;
	struct routes r;

	question_begin(&q, family, NLM_F_DUMP);
	if (ask_kernel(&r, &q) < 0) {
		free(r.v);
		return err_errno(e, r.error, "the routes of this host");
	}
	*out = r.v;
	*n = r.n;
	return 0;
}

unsigned int
fib_device(const struct ipaddr *to, const struct ipaddr *from)
{
	struct question q;
	struct routes r;
	unsigned int index;

	if (to->scope != 0)
		return to->scope;
	question_begin(&q, (enum ip_family)to->family, 0);
	q.m.rtm_dst_len = (uint8_t)ipaddr_bits(to);
	question_add(&q, RTA_DST, to);
	if (from->family == to->family && !ipaddr_is_unspecified(from)) {
		q.m.rtm_src_len = (uint8_t)ipaddr_bits(from);
		question_add(&q, RTA_SRC, from);
	}
	index = ask_kernel(&r, &q) == 0 && r.n > 0 ? r.v[0].index : 0;
	free(r.v);
	return index;
}
