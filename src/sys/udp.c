/* SPDX-License-Identifier: GPL-3.0-or-later */
/* UDP sockets: opens them with their options, and reports on them. */
#include "sys/udp.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <unistd.h>

#include "sys/sockaddr.h"
#include "sys/udp_socket.h"

struct option {
	int level;
	int name;
	int value;
	const char *what;
};

/*
 * PMTUDISC_PROBE: never fragmented, but a learned path MTU is not applied,
 * since anybody can forge the ICMP messages that set it. No IP_RECVERR: errors
 * of single datagrams are no errors of the socket.
 */
static const struct option v4_options[] = {
	{ IPPROTO_IP, IP_PKTINFO, 1, "IP_PKTINFO" },
	{ IPPROTO_IP, IP_RECVTOS, 1, "IP_RECVTOS" },
	{ IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE, "IP_MTU_DISCOVER" },
};

static const struct option v6_options[] = {
	{ IPPROTO_IPV6, IPV6_V6ONLY, 1, "IPV6_V6ONLY" },
	{ IPPROTO_IPV6, IPV6_RECVPKTINFO, 1, "IPV6_RECVPKTINFO" },
	{ IPPROTO_IPV6, IPV6_RECVTCLASS, 1, "IPV6_RECVTCLASS" },
	{ IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_PROBE,
	  "IPV6_MTU_DISCOVER" },
	{ IPPROTO_IPV6, IPV6_DONTFRAG, 1, "IPV6_DONTFRAG" },
};

static int
set_options(int fd, const struct option *o, size_t n, struct err *e)
{
	for (size_t i = 0; i < n; i++)
		if (setsockopt(fd, o[i].level, o[i].name, &o[i].value,
			       sizeof(o[i].value)) < 0)
			return err_errno(e, errno, "%s", o[i].what);
	return 0;
}

void
udp_fragment(struct udp *u, bool may)
{
	/* IPv4 routers fragment long packets. IPv6 routers do not: the kernel
	 * fragments to the path MTU that they have reported. */
	const int whole = may ? 0 : 1;
	const int v4 = may ? IP_PMTUDISC_DONT : IP_PMTUDISC_PROBE;
	const int v6 = may ? IPV6_PMTUDISC_DONT : IPV6_PMTUDISC_PROBE;

	if (u->family == IP_V4) {
		setsockopt(u->fd, IPPROTO_IP, IP_MTU_DISCOVER, &v4, sizeof(v4));
		return;
	}
	setsockopt(u->fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, &v6, sizeof(v6));
	setsockopt(u->fd, IPPROTO_IPV6, IPV6_DONTFRAG, &whole, sizeof(whole));
}

/* Sets the size as requested with CAP_NET_ADMIN, else up to the system's limit.
 * Returns the actual size; the kernel reports twice that. */
static int
set_buffer(int fd, int force, int name, int bytes)
{
	socklen_t len = sizeof(bytes);

	if (setsockopt(fd, SOL_SOCKET, force, &bytes, len) < 0)
		setsockopt(fd, SOL_SOCKET, name, &bytes, len);
	if (getsockopt(fd, SOL_SOCKET, name, &bytes, &len) < 0)
		return 0;
	return bytes / 2;
}

static void
set_offload(struct udp *u, const struct udp_opts *opts)
{
	int value = 0;
	socklen_t len = sizeof(value);

	if (opts->gso) {
		u->gso = getsockopt(u->fd, IPPROTO_UDP, UDP_SEGMENT, &value,
				    &len) == 0;
		u->gso_errno = u->gso ? 0 : errno;
	}
	value = 1;
	if (opts->gro) {
		u->gro = setsockopt(u->fd, IPPROTO_UDP, UDP_GRO, &value,
				    sizeof(value)) == 0;
		u->gro_errno = u->gro ? 0 : errno;
	}
}

static int
bind_to(struct udp *u, const struct endpoint *local, struct err *e)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	char text[ENDPOINT_TEXT_MAX];

	if (sockaddr_bind(u->fd, local) < 0)
		return err_errno(e, errno, "UDP %s",
				 endpoint_format(text, local));
	if (getsockname(u->fd, (struct sockaddr *)&ss, &len) < 0 ||
	    sockaddr_get(&u->local, &ss, len) < 0)
		return err_set(e, ERR_IO, "UDP %s: no local address",
			       endpoint_format(text, local));
	return 0;
}

static int
prepare_socket(struct udp *u, const struct endpoint *local,
	       const struct udp_opts *opts, struct err *e)
{
	int bytes = opts->buffer > 0 ? opts->buffer : UDP_BUFFER_DEFAULT;
	int rx, tx;

	u->fd = socket(sockaddr_family(&local->addr),
		       SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (u->fd < 0)
		return err_errno(e, errno, "UDP socket");
	if (u->family == IP_V6 ?
		    set_options(u->fd, v6_options,
				sizeof(v6_options) / sizeof(v6_options[0]), e) :
		    set_options(u->fd, v4_options,
				sizeof(v4_options) / sizeof(v4_options[0]), e))
		return -1;
	rx = set_buffer(u->fd, SO_RCVBUFFORCE, SO_RCVBUF, bytes);
	tx = set_buffer(u->fd, SO_SNDBUFFORCE, SO_SNDBUF, bytes);
	u->buffer = rx < tx ? rx : tx;
	set_offload(u, opts);
	return bind_to(u, local, e);
}

static void
init_slots(struct udp_slots *s)
{
	for (int i = 0; i < UDP_BATCH; i++) {
		s->msg[i].msg_hdr.msg_name = &s->slot[i].name;
		s->msg[i].msg_hdr.msg_iov = &s->slot[i].iov;
		s->msg[i].msg_hdr.msg_iovlen = 1;
		s->msg[i].msg_hdr.msg_control = s->slot[i].control;
	}
}

int
udp_open(struct udp **out, const struct endpoint *local,
	 const struct udp_opts *opts, struct err *e)
{
	struct udp *u;

	if (sockaddr_family(&local->addr) == AF_UNSPEC)
		return err_set(e, ERR_USAGE, "UDP: address without a family");
	u = calloc(1, sizeof(*u));
	if (u == NULL)
		return err_nomem(e);
	u->family = local->addr.family;
	init_slots(&u->rx);
	init_slots(&u->tx);
	if (prepare_socket(u, local, opts, e) < 0) {
		udp_close(u);
		return -1;
	}
	*out = u;
	return 0;
}

void
udp_close(struct udp *u)
{
	if (u == NULL)
		return;
	if (u->fd >= 0)
		close(u->fd);
	free(u);
}

int
udp_fd(const struct udp *u)
{
	return u->fd;
}

struct endpoint
udp_local(const struct udp *u)
{
	return u->local;
}

bool
udp_gro(const struct udp *u)
{
	return u->gro;
}

int
udp_gso_errno(const struct udp *u)
{
	return u->gso_errno;
}

int
udp_gro_errno(const struct udp *u)
{
	return u->gro_errno;
}

int
udp_buffer(const struct udp *u)
{
	return u->buffer;
}

const struct udp_stats *
udp_stats(const struct udp *u)
{
	return &u->stats;
}
