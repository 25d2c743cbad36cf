/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Receiving runs of datagrams: recvmmsg(2) with UDP_GRO. */
#include <errno.h>
#include <netinet/udp.h>
#include <string.h>

#include "sys/sockaddr.h"
#include "sys/udp.h"
#include "sys/udp_socket.h"

static void
take_v4(struct ipaddr *local, const struct cmsghdr *c)
{
	struct in_pktinfo info;

	memcpy(&info, CMSG_DATA(c), sizeof(info));
	/* Our own address, also when the packet was sent to broadcast. */
	*local = (struct ipaddr){ .family = IP_V4 };
	memcpy(local->b, &info.ipi_spec_dst, sizeof(info.ipi_spec_dst));
}

static void
take_v6(struct ipaddr *local, const struct cmsghdr *c)
{
	struct in6_pktinfo info;

	memcpy(&info, CMSG_DATA(c), sizeof(info));
	if (IN6_IS_ADDR_MULTICAST(&info.ipi6_addr))
		return;
	*local = (struct ipaddr){ .family = IP_V6 };
	memcpy(local->b, &info.ipi6_addr, sizeof(info.ipi6_addr));
	if (IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr))
		local->scope = info.ipi6_ifindex;
}

/* Reads local address, TOS and segment size; the latter is present only when
 * the kernel combined several datagrams, which must have equal TOS. */
static void
take_control(struct udp_run *r, struct msghdr *h)
{
	struct cmsghdr *c;
	int segsize, tclass;

	for (c = CMSG_FIRSTHDR(h); c != NULL; c = CMSG_NXTHDR(h, c)) {
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO)
			take_v4(&r->local, c);
		else if (c->cmsg_level == IPPROTO_IPV6 &&
			 c->cmsg_type == IPV6_PKTINFO)
			take_v6(&r->local, c);
		else if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TOS)
			r->tos = *CMSG_DATA(c);
		else if (c->cmsg_level == IPPROTO_IPV6 &&
			 c->cmsg_type == IPV6_TCLASS) {
			memcpy(&tclass, CMSG_DATA(c), sizeof(tclass));
			r->tos = (uint8_t)tclass;
		} else if (c->cmsg_level == IPPROTO_UDP &&
			   c->cmsg_type == UDP_GRO) {
			memcpy(&segsize, CMSG_DATA(c), sizeof(segsize));
			if (segsize > 0 && (size_t)segsize < r->len)
				r->segsize = (uint16_t)segsize;
		}
	}
}

static int
take_message(struct udp_run *r, struct mmsghdr *m, const struct udp_slot *s)
{
	*r = (struct udp_run){ .data = s->iov.iov_base,
			       .len = m->msg_len,
			       .segsize = (uint16_t)m->msg_len };
	if (m->msg_hdr.msg_flags & (MSG_TRUNC | MSG_CTRUNC) ||
	    m->msg_len == 0 || m->msg_len > UINT16_MAX ||
	    sockaddr_get(&r->remote, &s->name, m->msg_hdr.msg_namelen) < 0)
		return -1;
	take_control(r, &m->msg_hdr);
	return 0;
}

size_t
udp_recv(struct udp *u, uint8_t *mem, size_t cap, struct udp_run *runs,
	 size_t max)
{
	size_t want = cap / UDP_RECV_PIECE, n = 0;
	int got;

	if (want > max)
		want = max;
	if (want > UDP_BATCH)
		want = UDP_BATCH;
	for (size_t i = 0; i < want; i++) {
		struct msghdr *h = &u->rx.msg[i].msg_hdr;

		u->rx.slot[i].iov.iov_base = mem + i * UDP_RECV_PIECE;
		u->rx.slot[i].iov.iov_len = UDP_RECV_PIECE;
		h->msg_namelen = sizeof(u->rx.slot[i].name);
		h->msg_controllen = sizeof(u->rx.slot[i].control);
	}
	u->stats.recv_calls++;
	got = recvmmsg(u->fd, u->rx.msg, (unsigned int)want, 0, NULL);
	if (got < 0) {
		if (errno != EAGAIN && errno != EINTR) {
			u->stats.recv_errors++;
			u->stats.last_errno = errno;
		}
		return 0;
	}
	for (size_t i = 0; i < (size_t)got; i++) {
		struct udp_run *r = &runs[n];

		if (take_message(r, &u->rx.msg[i], &u->rx.slot[i]) < 0) {
			u->stats.recv_bad++;
			u->stats.recv_empty += u->rx.msg[i].msg_len == 0;
			continue;
		}
		u->stats.received += (r->len + r->segsize - 1) / r->segsize;
		n++;
	}
	return n;
}
