/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sends runs of datagrams: sendmmsg(2) with UDP_SEGMENT, and the fallbacks
 * where that is refused. A run becomes messages of many datagrams each; a
 * message that fails is retried datagram by datagram when its packing may be
 * the reason, and dropped otherwise.
 */
#include <errno.h>
#include <netinet/udp.h>
#include <string.h>

#include "sys/sockaddr.h"
#include "sys/udp.h"
#include "sys/udp_socket.h"

/* Every kernel since 4.18 accepts so many in one message. */
#define SEGMENTS_MAX 64
#define MESSAGE_MAX 65507

/* The position in the runs where the next message begins. */
struct place {
	const struct udp_run *runs;
	size_t n;
	size_t i;    /* index of the run */
	size_t at;   /* offset in the run */
	bool single; /* a message holds a single datagram */
};

/* A piece of a run that goes into one message. */
struct piece {
	const struct udp_run *run;
	uint8_t *data;
	size_t len;
	bool source; /* leave from run->local */
};

static size_t
count_datagrams(const struct piece *p)
{
	size_t segsize = p->run->segsize;

	return segsize == 0 ? 1 : (p->len + segsize - 1) / segsize;
}

static struct piece
next_piece(struct place *pl, bool gso)
{
	const struct udp_run *r = &pl->runs[pl->i];
	struct piece p = { .run = r,
			   .data = r->data + pl->at,
			   .len = r->len - pl->at,
			   .source = r->local.family != IP_NONE };
	size_t segments = 1, most;

	if (gso && r->segsize > 0 && r->segsize <= MESSAGE_MAX) {
		segments = MESSAGE_MAX / r->segsize;
		if (segments > SEGMENTS_MAX)
			segments = SEGMENTS_MAX;
	}
	most = segments * r->segsize;
	if (most > 0 && p.len > most)
		p.len = most;
	pl->at += p.len;
	if (pl->at >= r->len) {
		pl->i++;
		pl->at = 0;
	}
	return p;
}

static void
put_control(struct msghdr *h, size_t *used, int level, int type,
	    const void *data, size_t len)
{
	struct cmsghdr c = { .cmsg_level = level,
			     .cmsg_type = type,
			     .cmsg_len = CMSG_LEN(len) };
	uint8_t *at = (uint8_t *)h->msg_control + *used;

	memset(at, 0, CMSG_SPACE(len));
	memcpy(at, &c, sizeof(c));
	memcpy(at + CMSG_LEN(0), data, len);
	*used += CMSG_SPACE(len);
}

static void
put_source(struct msghdr *h, size_t *used, const struct ipaddr *a)
{
	struct in_pktinfo v4 = { 0 };
	struct in6_pktinfo v6 = { 0 };

	if (a->family == IP_V4) {
		memcpy(&v4.ipi_spec_dst, a->b, sizeof(v4.ipi_spec_dst));
		put_control(h, used, IPPROTO_IP, IP_PKTINFO, &v4, sizeof(v4));
	} else {
		memcpy(&v6.ipi6_addr, a->b, sizeof(v6.ipi6_addr));
		v6.ipi6_ifindex = a->scope;
		put_control(h, used, IPPROTO_IPV6, IPV6_PKTINFO, &v6,
			    sizeof(v6));
	}
}

static void
put_tos(const struct udp *u, struct msghdr *h, size_t *used, int tos)
{
	if (u->family == IP_V4)
		put_control(h, used, IPPROTO_IP, IP_TOS, &tos, sizeof(tos));
	else
		put_control(h, used, IPPROTO_IPV6, IPV6_TCLASS, &tos,
			    sizeof(tos));
}

static void
put_message(struct udp *u, unsigned int i, const struct piece *p)
{
	struct msghdr *h = &u->tx.msg[i].msg_hdr;
	struct udp_slot *s = &u->tx.slot[i];
	size_t used = 0;

	h->msg_namelen = sockaddr_put(&s->name, &p->run->remote);
	s->iov.iov_base = p->data;
	s->iov.iov_len = p->len;
	h->msg_control = s->control;
	if (p->source)
		put_source(h, &used, &p->run->local);
	if (p->run->tos != 0)
		put_tos(u, h, &used, p->run->tos);
	if (p->len > p->run->segsize)
		put_control(h, &used, IPPROTO_UDP, UDP_SEGMENT,
			    &p->run->segsize, sizeof(p->run->segsize));
	h->msg_controllen = used;
	if (used == 0)
		h->msg_control = NULL;
}

static void
count_sent(struct udp *u, struct udp_result *res, size_t n)
{
	u->stats.sent += n;
	res->sent += n;
}

static void
count_failed(struct udp *u, struct udp_result *res, size_t n, int errnum,
	     const struct endpoint *to)
{
	u->stats.failed += n;
	u->stats.last_errno = errnum;
	res->failed += n;
	res->last_errno = errnum;
	switch (errnum) {
	case EMSGSIZE:
		u->stats.too_big += n;
		res->too_big = true;
		res->too_big_to = *to;
		break;
	case EAGAIN:
	case ENOBUFS:
	case ENOMEM:
		u->stats.full += n;
		break;
	case ENETUNREACH:
	case EHOSTUNREACH:
	case ENETDOWN:
	case EHOSTDOWN:
	case ECONNREFUSED:
	case EPERM:
	case EACCES:
	case EADDRNOTAVAIL:
		u->stats.unreachable += n;
		break;
	default:
		break;
	}
}

/* Sends messages first..n-1. Returns how many were sent, or minus the errno of
 * the first. */
static int
send_messages(struct udp *u, unsigned int first, unsigned int n)
{
	int rc;

	do {
		u->stats.send_calls++;
		rc = sendmmsg(u->fd, u->tx.msg + first, n - first, 0);
	} while (rc < 0 && errno == EINTR);
	return rc < 0 ? -errno : rc;
}

/* Errors by which kernels of different age report that the source is not an
 * address of this host, or has no route to the remote. */
static bool
may_be_source(int errnum)
{
	return errnum == EINVAL || errnum == ENETUNREACH ||
	       errnum == EADDRNOTAVAIL;
}

/* Sends one datagram alone, in slot 0. 0 or its errno. Clears p->source when it
 * was sent without that source. */
static int
send_one(struct udp *u, struct piece *p)
{
	struct piece plain = *p;
	int rc;

	put_message(u, 0, p);
	rc = send_messages(u, 0, 1);
	if (rc >= 0)
		return 0;
	if (!p->source || !may_be_source(-rc))
		return -rc;
	plain.source = false;
	put_message(u, 0, &plain);
	if (send_messages(u, 0, 1) < 0)
		return -rc;
	u->stats.source_refused++;
	p->source = false;
	return 0;
}

/*
 * Resends a message that was refused for a reason that may lie in its packing:
 * its size (the last datagram may be smaller), segmentation, or its source. Its
 * datagrams are sent singly. Segmentation to that address is disabled for a
 * while only where a full-sized datagram from the same source then passed: so
 * the reason was neither the size nor the source.
 */
static void
send_singly(struct udp *u, const struct piece *p, int errnum,
	    struct udp_result *res)
{
	size_t segsize = p->run->segsize;
	bool segmented = p->len > segsize, source = p->source;
	int rc;

	if (segmented)
		u->stats.gso_refused++;
	for (size_t at = 0; at < p->len; at += segsize) {
		struct piece one = *p;

		one.source = source;
		one.data += at;
		one.len = p->len - at < segsize ? p->len - at : segsize;
		rc = send_one(u, &one);
		if (rc != 0) {
			count_failed(u, res, 1, rc, &p->run->remote);
		} else {
			count_sent(u, res, 1);
			if (segmented && at == 0 && errnum != EMSGSIZE &&
			    one.source == p->source)
				udp_gso_refuse(u, &p->run->remote.addr, errnum);
		}
		source = one.source;
	}
}

static bool
may_be_packing(const struct piece *p, int errnum)
{
	if (p->source && may_be_source(errnum))
		return true;
	return p->len > p->run->segsize &&
	       (errnum == EMSGSIZE || errnum == EINVAL || errnum == EIO);
}

/* Builds messages from position pl on; returns their number. */
static unsigned int
build_messages(struct udp *u, struct place *pl, struct piece *pieces,
	       struct udp_result *res)
{
	unsigned int n = 0;

	while (n < UDP_BATCH && pl->i < pl->n) {
		pieces[n] = next_piece(
			pl,
			!pl->single &&
				udp_gso_may(u, &pl->runs[pl->i].remote.addr));
		if (pieces[n].len == 0 || pieces[n].run->segsize == 0 ||
		    pieces[n].run->remote.addr.family != u->family ||
		    (pieces[n].source &&
		     pieces[n].run->local.family != u->family)) {
			count_failed(u, res, count_datagrams(&pieces[n]),
				     EAFNOSUPPORT, &pieces[n].run->remote);
			continue;
		}
		put_message(u, n, &pieces[n]);
		n++;
	}
	return n;
}

static void
count_piece(struct udp *u, struct udp_result *res, const struct piece *p)
{
	count_sent(u, res, count_datagrams(p));
	if (p->len > p->run->segsize)
		udp_gso_worked(u, &p->run->remote.addr);
}

/* Returns how many pieces were handled: fewer than n when the socket is
 * full. */
static unsigned int
send_batch(struct udp *u, const struct piece *pieces, unsigned int n,
	   struct udp_result *res)
{
	unsigned int done = 0;
	int rc;

	while (done < n) {
		rc = send_messages(u, done, n);
		if (rc == -EAGAIN)
			break;
		if (rc > 0) {
			for (int i = 0; i < rc; i++)
				count_piece(u, res, &pieces[done++]);
			continue;
		}
		/* After a short count this message is the one that failed. Slot
		 * 0 may be overwritten: it holds this message, or has been
		 * sent. */
		if (may_be_packing(&pieces[done], -rc))
			send_singly(u, &pieces[done], -rc, res);
		else
			count_failed(u, res, count_datagrams(&pieces[done]),
				     -rc, &pieces[done].run->remote);
		done++;
	}
	return done;
}

/* The remaining messages would fail the same way, one system call each. */
static void
drop_rest(struct udp *u, const struct piece *pieces, unsigned int n,
	  struct place *pl, struct udp_result *res)
{
	struct piece p;

	res->full = true;
	for (unsigned int i = 0; i < n; i++)
		count_failed(u, res, count_datagrams(&pieces[i]), EAGAIN,
			     &pieces[i].run->remote);
	while (pl->i < pl->n) {
		p = next_piece(pl, u->gso);
		count_failed(u, res, count_datagrams(&p), EAGAIN,
			     &p.run->remote);
	}
}

/* Sends runs that may all be fragmented, or none. */
static void
send_alike(struct udp *u, const struct udp_run *runs, size_t n,
	   struct udp_result *res)
{
	struct place pl = { .runs = runs,
			    .n = n,
			    .single = runs->may_fragment };
	struct piece pieces[UDP_BATCH];
	unsigned int count, done;

	if (runs->may_fragment)
		udp_fragment(u, true);
	while (pl.i < pl.n) {
		count = build_messages(u, &pl, pieces, res);
		done = send_batch(u, pieces, count, res);
		if (done < count)
			drop_rest(u, pieces + done, count - done, &pl, res);
	}
	if (runs->may_fragment)
		udp_fragment(u, false);
}

void
udp_send(struct udp *u, const struct udp_run *runs, size_t n,
	 struct udp_result *res)
{
	struct udp_result mine = { .sent = 0 };
	size_t first = 0, last;

	while (first < n) {
		last = first + 1;
		while (last < n &&
		       runs[last].may_fragment == runs[first].may_fragment)
			last++;
		send_alike(u, runs + first, last - first, &mine);
		first = last;
	}
	if (res != NULL)
		*res = mine;
}
