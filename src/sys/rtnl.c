/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The rtnetlink socket: multicast news, dumps and batches of requests. The
 * kernel executes requests while they are sent, so that a batch is in force
 * when rtnl_flush() returns. Only the last request of a batch asks for an
 * answer; the answers to failed requests come before it.
 */
#include "sys/rtnl.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include "base/bytes.h"
#include "sys/clock.h"
#include "sys/rtnl_msg.h"

#define READ_BUF (64 * 1024) /* the kernel's dumps come in up to 32 KiB */
#define READ_ROUNDS 16	     /* datagrams a call */
#define RECEIVE_BUFFER (1024 * 1024)

struct rtnl {
	int fd;
	uint32_t portid; /* address of this socket, in messages */
	rtnl_fn fn;
	void *ctx;
	uint32_t seq;	    /* number of the last request */
	uint32_t batch_end; /* seq of the last request of a batch; 0: none */
	uint32_t dump_seq;  /* number of the current dump; 0: none */
	enum rtnl_table table;
	bool dump_again;   /* a new dump is due */
	bool dump_broken;  /* the dump is not complete */
	unsigned int n;	   /* requests collected */
	size_t used, last; /* bytes of out; offset of the last request */
	uint8_t out[RTNL_BATCH * RTNL_MSG_MAX];
	union {
		struct nlmsghdr aligned;
		uint8_t bytes[READ_BUF];
	} in;
};

/* Loads are big-endian; these fields are in the host's order. */
static uint32_t
filter_u16(uint16_t host)
{
	uint8_t b[sizeof(host)];

	memcpy(b, &host, sizeof(b));
	return get_be16(b);
}

static uint32_t
filter_u32(uint32_t host)
{
	uint8_t b[sizeof(host)];

	memcpy(b, &host, sizeof(b));
	return get_be32(b);
}

/* Filters out news of foreign routes, of which a router with a full table makes
 * thousands a second, and of routes set through this socket. News have one
 * route a message, and dumps are requested for own routes only. */
static void
rtnl_filter(int fd, uint32_t portid)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS,
			 offsetof(struct nlmsghdr, nlmsg_type)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, filter_u16(RTM_NEWROUTE), 1,
			 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, filter_u16(RTM_DELROUTE), 0,
			 6),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS,
			 offsetof(struct nlmsghdr, nlmsg_flags)),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, filter_u16(NLM_F_MULTI), 4,
			 0),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct nlmsghdr, nlmsg_pid)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, filter_u32(portid), 3, 0),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS,
			 NLMSG_HDRLEN + offsetof(struct rtmsg, rtm_protocol)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, RTNL_PROTOCOL, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	const struct sock_fprog prog = { .len = sizeof(code) / sizeof(code[0]),
					 .filter = code };

	(void)setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog));
}

static int
rtnl_bind(struct rtnl *r, struct err *e)
{
	struct sockaddr_nl self = { .nl_family = AF_NETLINK };
	socklen_t len = sizeof(self);

	if (bind(r->fd, (struct sockaddr *)&self, len) < 0 ||
	    getsockname(r->fd, (struct sockaddr *)&self, &len) < 0)
		return err_errno(e, errno, "rtnetlink");
	r->portid = self.nl_pid;
	return 0;
}

static int
rtnl_socket(struct rtnl *r, struct err *e)
{
	static const unsigned int groups[] = {
		RTNLGRP_LINK,	      RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR,
		RTNLGRP_IPV4_ROUTE,   RTNLGRP_IPV6_ROUTE,  RTNLGRP_IPV4_NETCONF,
		RTNLGRP_IPV6_NETCONF,
	};
	const int on = 1, size = RECEIVE_BUFFER;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
			NETLINK_ROUTE);

	r->fd = fd;
	if (fd < 0)
		return err_errno(e, errno, "rtnetlink");
	if (rtnl_bind(r, e) < 0)
		return -1;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size,
				 sizeof(size));
	(void)setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	/* Without this option (before Linux 4.20) dumps contain all routes. */
	if (setsockopt(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on,
		       sizeof(on)) == 0)
		rtnl_filter(fd, r->portid);
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		(void)setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP,
				 &groups[i], sizeof(groups[i]));
	return 0;
}

int
rtnl_open(struct rtnl **out, rtnl_fn fn, void *ctx, struct err *e)
{
	struct rtnl *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return err_nomem(e);
	r->fn = fn;
	r->ctx = ctx;
	if (rtnl_socket(r, e) < 0) {
		rtnl_close(r);
		return -1;
	}
	*out = r;
	return 0;
}

void
rtnl_close(struct rtnl *r)
{
	if (r == NULL)
		return;
	if (r->fd >= 0)
		close(r->fd);
	free(r);
}

int
rtnl_fd(const struct rtnl *r)
{
	return r->fd;
}

/* --- requests ------------------------------------------------------------- */

static uint32_t
next_seq(struct rtnl *r)
{
	if (++r->seq == 0)
		r->seq = 1;
	return r->seq;
}

static int
rtnl_send(const struct rtnl *r, const void *msg, size_t len)
{
	const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	ssize_t n;

	do
		n = sendto(r->fd, msg, len, 0, (const struct sockaddr *)&kernel,
			   sizeof(kernel));
	while (n < 0 && errno == EINTR);
	return n < 0 ? -1 : 0;
}

unsigned int
rtnl_room(const struct rtnl *r)
{
	return r->batch_end != 0 ? 0 : RTNL_BATCH - r->n;
}

/* Returns the place for the next request. */
static uint8_t *
request_place(struct rtnl *r)
{
	assert(rtnl_room(r) > 0);
	r->last = r->used;
	return r->out + r->used;
}

static uint32_t
request_add(struct rtnl *r, size_t len)
{
	struct nlmsghdr h;

	memcpy(&h, r->out + r->last, sizeof(h));
	h.nlmsg_seq = next_seq(r);
	memcpy(r->out + r->last, &h, sizeof(h));
	r->used += len;
	r->n++;
	return h.nlmsg_seq;
}

uint32_t
rtnl_link_set(struct rtnl *r, unsigned int index, uint32_t mtu, bool up)
{
	return request_add(r, rtnl_msg_link(request_place(r), index, mtu, up));
}

uint32_t
rtnl_addr_add(struct rtnl *r, unsigned int index, const struct ipaddr *addr,
	      uint8_t len)
{
	return request_add(
		r, rtnl_msg_addr(request_place(r), true, index, addr, len));
}

uint32_t
rtnl_addr_remove(struct rtnl *r, unsigned int index, const struct ipaddr *addr,
		 uint8_t len)
{
	return request_add(
		r, rtnl_msg_addr(request_place(r), false, index, addr, len));
}

uint32_t
rtnl_route_add(struct rtnl *r, unsigned int index, const struct prefix *dst,
	       const struct ipaddr *source)
{
	return request_add(
		r, rtnl_msg_route(request_place(r), true, index, dst, source));
}

uint32_t
rtnl_route_remove(struct rtnl *r, unsigned int index, const struct prefix *dst)
{
	return request_add(
		r, rtnl_msg_route(request_place(r), false, index, dst, NULL));
}

int
rtnl_flush(struct rtnl *r, struct err *e)
{
	struct nlmsghdr h;
	int rc;

	if (r->n == 0)
		return 0;
	memcpy(&h, r->out + r->last, sizeof(h));
	h.nlmsg_flags |= NLM_F_ACK;
	memcpy(r->out + r->last, &h, sizeof(h));
	rc = rtnl_send(r, r->out, r->used);
	r->n = 0;
	r->used = 0;
	if (rc < 0)
		return err_errno(e, errno, "rtnetlink");
	r->batch_end = h.nlmsg_seq;
	return 0;
}

/* --- dumps ---------------------------------------------------------------- */

static void
report_kind(struct rtnl *r, enum rtnl_kind kind)
{
	const struct rtnl_news news = { .kind = kind };

	r->fn(r->ctx, &news);
}

static void
dump_next(struct rtnl *r)
{
	uint8_t msg[RTNL_MSG_MAX];
	struct nlmsghdr h;
	size_t len;

	r->dump_seq = 0;
	for (; r->table < RTNL_TABLES; r->table++) {
		len = rtnl_msg_dump(msg, r->table);
		memcpy(&h, msg, sizeof(h));
		h.nlmsg_seq = next_seq(r);
		memcpy(msg, &h, sizeof(h));
		if (rtnl_send(r, msg, len) == 0) {
			r->dump_seq = h.nlmsg_seq;
			return;
		}
		r->dump_broken = true;
	}
	if (!r->dump_broken)
		report_kind(r, RTNL_SYNCED);
}

static void
dump_begin(struct rtnl *r)
{
	r->dump_again = false;
	r->dump_broken = false;
	r->table = RTNL_TABLE_LINKS;
	report_kind(r, RTNL_DUMP);
	dump_next(r);
}

/* The dump of one table has ended. */
static void
dump_ended(struct rtnl *r)
{
	if (r->dump_again) {
		dump_begin(r);
		return;
	}
	r->table++;
	dump_next(r);
}

void
rtnl_dump(struct rtnl *r)
{
	/* The kernel runs one dump per socket at a time. */
	if (r->dump_seq != 0)
		r->dump_again = true;
	else
		dump_begin(r);
}

/* --- reading -------------------------------------------------------------- */

static void
take_error(struct rtnl *r, const struct nlmsghdr *h, const uint8_t *msg)
{
	struct nlmsgerr ack;

	if (h->nlmsg_len < NLMSG_LENGTH(sizeof(ack.error)))
		return;
	memcpy(&ack.error, msg + NLMSG_HDRLEN, sizeof(ack.error));
	if (h->nlmsg_seq == r->dump_seq) {
		/* A kernel without IPv6 does not know some of the tables. */
		r->dump_broken = r->dump_broken || r->table <= RTNL_TABLE_ADDRS;
		dump_ended(r);
		return;
	}
	/* A batch that was abandoned after a loss may still be answered. */
	if (r->batch_end == 0 || r->batch_end - h->nlmsg_seq >= RTNL_BATCH)
		return;
	if (ack.error != 0) {
		const struct rtnl_news news = { .kind = RTNL_FAILED,
						.seq = h->nlmsg_seq,
						.error = -ack.error };

		r->fn(r->ctx, &news);
	}
	if (h->nlmsg_seq == r->batch_end) {
		r->batch_end = 0;
		report_kind(r, RTNL_DONE);
	}
}

static void
take_message(struct rtnl *r, const struct nlmsghdr *h, const uint8_t *msg)
{
	struct rtnl_news news;

	/* The table changed during the dump. */
	if (h->nlmsg_flags & NLM_F_DUMP_INTR && h->nlmsg_seq == r->dump_seq)
		r->dump_again = true;
	if (h->nlmsg_type == NLMSG_ERROR)
		take_error(r, h, msg);
	else if (h->nlmsg_type == NLMSG_DONE && h->nlmsg_seq == r->dump_seq)
		dump_ended(r);
	else if (h->nlmsg_type >= RTM_BASE &&
		 rtnl_msg_news(&news, msg, h->nlmsg_len)) {
		news.own = h->nlmsg_pid == r->portid &&
			   h->nlmsg_seq != r->dump_seq;
		r->fn(r->ctx, &news);
	}
}

/* A datagram holds one or several messages. */
static void
take_datagram(struct rtnl *r, size_t len)
{
	const uint8_t *p = r->in.bytes;
	struct nlmsghdr h;

	while (len >= sizeof(h)) {
		memcpy(&h, p, sizeof(h));
		if (h.nlmsg_len < sizeof(h) || h.nlmsg_len > len)
			return;
		take_message(r, &h, p);
		if (NLMSG_ALIGN(h.nlmsg_len) >= len)
			return;
		p += NLMSG_ALIGN(h.nlmsg_len);
		len -= NLMSG_ALIGN(h.nlmsg_len);
	}
}

/* News were lost, and maybe answers: only a dump restores the state. */
static void
take_loss(struct rtnl *r)
{
	if (r->batch_end != 0) {
		r->batch_end = 0;
		report_kind(r, RTNL_DONE);
	}
	rtnl_dump(r);
}

/* Reads a datagram. false: none is waiting. */
static bool
read_one(struct rtnl *r)
{
	struct sockaddr_nl from = { 0 };
	socklen_t fromlen = sizeof(from);
	ssize_t n = recvfrom(r->fd, r->in.bytes, sizeof(r->in.bytes), 0,
			     (struct sockaddr *)&from, &fromlen);

	if (n < 0 && errno == ENOBUFS) {
		take_loss(r);
		return true;
	}
	if (n < 0)
		return errno == EINTR;
	if (from.nl_pid == 0) /* from the kernel */
		take_datagram(r, (size_t)n);
	return true;
}

void
rtnl_read(struct rtnl *r)
{
	for (int i = 0; i < READ_ROUNDS && read_one(r); i++)
		;
	if (r->dump_again && r->dump_seq == 0)
		dump_begin(r);
}

int
rtnl_settle(struct rtnl *r, int ms, struct err *e)
{
	struct monotime end = mono_add_ms(clock_mono(), ms);
	struct pollfd p = { .fd = r->fd, .events = POLLIN };

	rtnl_read(r);
	while (r->dump_seq != 0 || r->batch_end != 0) {
		int64_t left = mono_ms(clock_mono(), end);

		if (left <= 0)
			return err_set(e, ERR_IO,
				       "rtnetlink: no answer in %d ms", ms);
		(void)poll(&p, 1, (int)left + 1);
		rtnl_read(r);
	}
	return 0;
}
