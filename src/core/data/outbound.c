/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From the TUN device to the peers: route, cut, pack, seal.
 *
 * The steps over a payload's bytes here, in this order:
 *	- sealing reads them where the device's read put them, and writes the
 *	  datagram where it is sent from: the only pass over most packets
 *	- packing, where it was agreed on, writes them to scratch first: it may
 *	  need more room than it saves, and sealing in place would have to know
 *	  the length before (compress.c has one copy more for LZO)
 *	- a packet for which there is no session yet is copied to its queue:
 *	  the device's memory is read into again before it can go
 *	- an ICMP error quotes the beginning of a refused packet
 * The pieces of a cut packet keep their place, see gso.c.
 */
#include <stdlib.h>
#include <string.h>

#include "core/core_impl.h"

#include "core/data/ecn.h"
#include "core/data/fragment.h"
#include "core/data/gso.h"
#include "core/data/mss.h"

#define V6_LEAST_MTU 1280

/* True for the broadcast address of the network or of a listed subnet. */
static bool
is_broadcast(const struct core *c, const struct ipaddr *a)
{
	uint32_t node = route_lookup(&c->gen->routes, a);

	return node == GENERATION_BROADCAST ||
	       (node != ROUTE_NONE &&
		bnl_is_broadcast(c->gen->bnl, &c->gen->bnl->nodes[node], a));
}

/* RFC 1122, section 3.2.2: no error for a broadcast, nor to one. */
static bool
may_answer(struct core *c, const struct ippkt *ip)
{
	if (c->gen != NULL && ip->src.family == IP_V4 &&
	    (is_broadcast(c, &ip->src) || is_broadcast(c, &ip->dst)))
		return false;
	return true;
}

/* Drops a packet of our own host, telling its sender why. */
static void
answer_drop(struct core *c, const struct tun_frame *f, const struct ippkt *ip,
	    enum ippkt_error kind, uint32_t mtu)
{
	/* An IPv4 host takes nothing that claims to come from itself. */
	const struct ipaddr *from =
		ip->src.family == IP_V4 ? &ip->dst : &c->own6;
	uint8_t icmp[IPPKT_ERROR_MAX];
	struct action *a;
	size_t len;

	if (from->family == IP_NONE || !may_answer(c, ip))
		return;
	len = ippkt_make_error(icmp, kind, mtu, from, f->data, f->len);
	if (len == 0 || !icmp_limit_allows(&c->icmp_limit, c->env.now.mono,
					   kind == IPPKT_TOO_BIG, &ip->dst))
		return;
	a = actions_add(&c->actions, ACTION_TUN_WRITE);
	if (a == NULL)
		return;
	a->data = malloc(len);
	if (a->data == NULL)
		return;
	memcpy(a->data, icmp, len);
	a->len = len;
}

/* The peer that has the destination; NULL when the packet was dropped. */
static struct peer *
route_packet(struct core *c, const struct tun_frame *f, struct ippkt *ip)
{
	enum drop d = DROP_NONE;
	uint32_t node = ROUTE_NONE;

	if (ippkt_parse(ip, f->data, f->len) < 0) {
		c->drops[DROP_TUN_MALFORMED]++;
		return NULL;
	}
	if (ipaddr_is_multicast(&ip->dst)) {
		c->drops[DROP_MULTICAST]++;
		return NULL;
	}
	if (c->self_node != ROUTE_NONE)
		node = route_lookup(&c->gen->routes, &ip->dst);
	if (node == GENERATION_BROADCAST) {
		c->drops[DROP_MULTICAST]++;
		return NULL;
	}
	if (node == ROUTE_NONE)
		d = DROP_NO_ROUTE;
	else if (node == c->self_node)
		d = DROP_OWN_SUBNET;
	else if (route_lookup(&c->gen->routes, &ip->src) != c->self_node)
		d = DROP_TUN_SOURCE;
	if (d == DROP_NONE)
		return peer_at_node(c, node);
	c->drops[d]++;
	answer_drop(c, f, ip,
		    d == DROP_NO_ROUTE	 ? IPPKT_NO_ROUTE :
		    d == DROP_OWN_SUBNET ? IPPKT_HOST_DOWN :
					   IPPKT_PROHIBITED,
		    0);
	return NULL;
}

/* The bits of the packet's TOS that its datagram shows. */
static uint8_t
tos_mask(const struct conf *conf)
{
	return (uint8_t)((conf->dscp ? DSCP_MASK : 0) |
			 (conf->ecn ? ECN_MASK : 0));
}

/* Seals a packet after the content of out. false: out is full. */
static bool
send_packet(struct peer *p, uint8_t flags, const uint8_t *pkt, size_t len,
	    struct core_out *out)
{
	struct core *c = p->core;
	const struct session_algos *algos = assoc_algos(p->assoc);
	uint8_t *at = batch_run_place(out, len + DGRAM_DATA_OVERHEAD);
	const uint8_t *in = pkt;
	size_t inlen = len;
	enum drop d;

	if (at == NULL)
		return false;
	if (algos != NULL && algos->comp != COMP_NONE) {
		size_t packed =
			adapt_pack(&p->adapt, &c->packing, c->comp, algos->comp,
				   algos->level, pkt, len, c->scratch);

		if (packed > 0) {
			in = c->scratch;
			inlen = packed;
			flags |= DATA_COMPRESSED;
		}
	}
	d = assoc_seal(p->assoc, &c->env, flags, in, inlen, at);
	if (d == DROP_NONE) {
		uint8_t tos = ecn_outer(pkt, tos_mask(c->env.conf));
		size_t dgram = inlen + DGRAM_DATA_OVERHEAD;

		if (inlen <= p->pmtu.mtu)
			batch_run_add(out, assoc_remote(p->assoc),
				      assoc_local(p->assoc), tos, dgram);
		else
			batch_run_add_fragments(out, assoc_remote(p->assoc),
						assoc_local(p->assoc), tos,
						dgram);
		peer_count_sent(p, len);
	} else if (d == DROP_NO_SESSION) {
		peer_wait(p, flags & (uint8_t)~DATA_COMPRESSED, pkt, len);
	} else {
		peer_drop(p, d);
	}
	return true;
}

/* Whether all packets of the frame fit after the content of out: every packet
 * may need a run, because packing makes them differ in length. */
static bool
output_fits(const struct core_out *out, const struct tun_frame *f)
{
	size_t packets = 1;

	if (f->off.kind != FRAME_WHOLE && f->off.segsize > 0)
		packets += f->len / f->off.segsize;
	return out->maxruns - out->nruns >= packets &&
	       out->cap - out->used >= f->len + packets * (GSO_HEADER_MAX +
							   DGRAM_DATA_OVERHEAD);
}

/* The MTU that the sender is told; 0: nothing. An IPv6 path takes 1280 bytes by
 * definition (RFC 8200, section 5): less is not believed. */
static uint32_t
told_mtu(const struct peer *p, const struct ippkt *ip, size_t largest)
{
	if (ip->src.family == IP_V4 || p->pmtu.mtu >= V6_LEAST_MTU)
		return (uint32_t)p->pmtu.mtu;
	return largest > V6_LEAST_MTU ? V6_LEAST_MTU : 0;
}

enum large { LARGE_FITS, LARGE_RECUT, LARGE_CUT, LARGE_DROP };

/* Compares the frame with the limit of the path. FITS: all of it is sent as it
 * is; if an IPv6 packet of up to 1280 bytes meets a path that takes less, its
 * datagram may be fragmented (RFC 8200, section 5). RECUT: the frame has become
 * one that is cut smaller. CUT: its packets are to be sent in fragments. */
static enum large
check_size(struct peer *p, struct tun_frame *f, const struct ippkt *ip,
	   const struct gso *g)
{
	size_t largest = gso_largest(g);
	uint32_t mtu = told_mtu(p, ip, largest);

	if (largest >= PMTU_BASE)
		pmtu_probe_large(p);
	if (largest <= p->pmtu.mtu) {
		if (pmtu_probe_is_narrow(p))
			mss_clamp(f->data, f->len, ip, g->csum_partial,
				  p->pmtu.mtu);
		return LARGE_FITS;
	}
	if (largest <= p->pmtu.full && gso_recut(f, ip, p->pmtu.mtu)) {
		if (mtu != 0 && pmtu_probe_may_tell(p))
			answer_drop(p->core, f, ip, IPPKT_TOO_BIG, mtu);
		return LARGE_RECUT;
	}
	if (largest <= p->pmtu.full && !ip->dont_fragment)
		return LARGE_CUT;
	if (largest <= V6_LEAST_MTU && ip->src.family == IP_V6)
		return LARGE_FITS;
	peer_drop(p, DROP_TOO_BIG);
	if (mtu != 0)
		answer_drop(p->core, f, ip, IPPKT_TOO_BIG, mtu);
	return LARGE_DROP;
}

/* In fragments, where it does not fit the path. false: out is full. */
static bool
send_cut(struct peer *p, struct gso *g, const struct ippkt *ip, uint8_t *pkt,
	 size_t len, struct core_out *out)
{
	struct fragment cut;
	bool sent = true;

	if (len <= p->pmtu.mtu)
		return send_packet(p, g->csum_partial ? DATA_CSUM_PARTIAL : 0,
				   pkt, len, out);
	if (g->csum_partial)
		(void)gso_complete_csum(pkt, len, ip);
	if (!fragment_start(&cut, pkt, len, p->pmtu.mtu)) {
		peer_drop(p, DROP_TOO_BIG);
		return true;
	}
	while (sent && (pkt = fragment_next(&cut, &len)) != NULL)
		sent = send_packet(p, 0, pkt, len, out);
	return sent;
}

/* false: out is full; the frame was not touched, or is cut smaller. */
static bool
frame_in(struct core *c, struct tun_frame *f, struct core_out *out)
{
	enum large how = LARGE_FITS;
	struct ippkt ip;
	struct peer *p;
	struct gso g;
	uint8_t *pkt;
	size_t len;
	enum drop d;

	/* The frame waits for an empty out; packets that do not fit there are
	 * dropped. */
	if (out->nruns > 0 && !output_fits(out, f))
		return false;
	p = route_packet(c, f, &ip);
	if (p == NULL)
		return true;
	d = gso_start(&g, f, &ip);
	if (d != DROP_NONE) {
		peer_drop(p, d);
		return true;
	}
	if (gso_largest(&g) > p->pmtu.limit) {
		how = check_size(p, f, &ip, &g);
		if (how == LARGE_DROP)
			return true;
		if (how == LARGE_RECUT) {
			if (out->nruns > 0 && !output_fits(out, f))
				return false;
			(void)gso_start(&g, f, &ip);
			gso_number(&g, &c->ip_id);
		}
	}
	peer_touch(p);
	while ((pkt = gso_next(&g, &len)) != NULL)
		if (!(how == LARGE_CUT ?
			      send_cut(p, &g, &ip, pkt, len, out) :
			      send_packet(
				      p, g.csum_partial ? DATA_CSUM_PARTIAL : 0,
				      pkt, len, out)))
			peer_drop(p, DROP_OUT_FULL);
	return true;
}

size_t
outbound(struct core *c, struct tun_frame *frames, size_t n,
	 struct core_out *out)
{
	size_t i;

	adapt_fill(&c->packing, c->env.now.mono);
	for (i = 0; i < n; i++)
		if (!frame_in(c, &frames[i], out))
			break;
	return i;
}
