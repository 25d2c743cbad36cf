/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From the peers to the TUN device: open, unpack, check, coalesce.
 *
 * The steps over a payload's bytes here, in this order:
 *	- opening decrypts them where the socket's read put them: no copy
 *	- unpacking writes a compressed packet to out: it becomes longer, and
 *	  the next datagram lies right behind
 *	- coalescing hands pieces on by reference, see gro.c; the device gathers
 *	  them (writev)
 */
#include <string.h>

#include "core/core_impl.h"

#include "core/data/ecn.h"
#include "core/data/gso.h"
#include "core/data/mss.h"

/* Every check that an inner packet must pass before anything is delivered. */
static enum drop
check_inner(const struct core *c, const struct peer *p, struct ippkt *ip,
	    const uint8_t *pkt, size_t len)
{
	if (ippkt_parse(ip, pkt, len) < 0)
		return DROP_INNER_MALFORMED;
	if (peer_at_node(c, route_lookup(&c->gen->routes, &ip->src)) != p)
		return DROP_INNER_SOURCE;
	if (c->self_node == ROUTE_NONE ||
	    route_lookup(&c->gen->routes, &ip->dst) != c->self_node)
		return DROP_INNER_DEST;
	return DROP_NONE;
}

/* Counts it; mutes the peer after several, and says so. */
static void
unpack_failed(struct peer *p)
{
	uint32_t bit = UINT32_C(1) << EVENT_MUTED;
	char text[WARNING_TEXT_MAX];

	peer_drop(p, DROP_UNPACK);
	if (!mute_failed(&p->mute, p->core->env.now.mono) || (p->warned & bit))
		return;
	p->warned |= bit;
	peer_mute_text(p, text, sizeof(text));
	actions_event(&p->core->actions, EVENT_WARN, EVENT_MUTED, p->name, "%s",
		      text);
}

/* Delivers a packet to the device; tos: its datagram's. false: out is full. */
static bool
deliver_packet(struct peer *p, const struct assoc_in *in, uint8_t tos,
	       struct core_out *out)
{
	struct core *c = p->core;
	bool partial = (in->data_flags & DATA_CSUM_PARTIAL) != 0;
	uint8_t *pkt = in->data;
	size_t len = in->len;
	struct ippkt ip;
	enum drop d;

	if (in->data_flags & DATA_COMPRESSED) {
		uint8_t *at;

		adapt_fill(&p->unpacking, c->env.now.mono);
		if (mute_is_on(&p->mute, c->env.now.mono) ||
		    adapt_is_empty(&p->unpacking)) {
			peer_drop(p, DROP_MUTED);
			return true;
		}
		at = batch_alloc(out, INNER_MTU_MAX);
		if (at == NULL)
			return false;
		len = adapt_unpack(&p->unpacking, c->comp, in->comp, in->data,
				   in->len, at, INNER_MTU_MAX);
		out->used -= INNER_MTU_MAX - len;
		pkt = at;
		if (len == 0) {
			unpack_failed(p);
			return true;
		}
	}
	d = check_inner(c, p, &ip, pkt, len);
	if (d == DROP_NONE && tos != 0 && !ecn_arrived(pkt, tos))
		d = DROP_ECN;
	if (d != DROP_NONE) {
		peer_drop(p, d);
		return true;
	}
	if (pmtu_probe_is_narrow(p))
		mss_clamp(pkt, len, &ip, partial, p->pmtu.mtu);
	if (partial && c->no_csum) {
		(void)gso_complete_csum(pkt, len, &ip);
		partial = false;
	}
	if (!gro_add(&c->gro, pkt, len, partial, &ip))
		return false;
	peer_count_received(p, len);
	return true;
}

/* Room for one more packet, whatever it turns out to be: asked before a
 * datagram is opened, since opening it twice would be a replay. */
static bool
has_room(const struct core_out *out)
{
	return out->cap - out->used >= INNER_MTU_MAX &&
	       out->nframes < out->maxframes &&
	       out->maxslices - out->nslices >= FRAME_IOV_MAX;
}

static bool
datagram_in(struct core *c, const struct udp_run *r, size_t len,
	    struct core_out *out)
{
	struct assoc_in in;
	struct peer *p;
	enum drop d;

	if (!has_room(out))
		return false;
	d = assocs_in(c->assocs, &c->env, &r->remote, &r->local, r->data, len,
		      &in);
	p = in.assoc == NULL ? NULL : assoc_owner(in.assoc);
	if (p == NULL) { /* d says why */
		c->drops[d]++;
		return true;
	}
	if (d != DROP_NONE) {
		peer_drop(p, d);
		return true;
	}
	peer_touch(p);
	if (in.flags != 0)
		peer_flags(p, in.flags, &in);
	if (!in.is_data || in.len == 0)
		return true;
	if (!(in.data_flags & DATA_CONTROL)) {
		if (!deliver_packet(p, &in, r->tos, out))
			peer_drop(p, DROP_OUT_FULL);
		return true;
	}
	/* Records are neither packed nor have a checksum. */
	d = in.data_flags == DATA_CONTROL ? records_in(p, &in) : DROP_CONTROL;
	if (d != DROP_NONE)
		peer_drop(p, d);
	return true;
}

static bool
run_in(struct core *c, struct udp_run *r, struct core_out *out)
{
	while (r->len > 0) {
		size_t len = r->len < r->segsize ? r->len : r->segsize;

		if (!datagram_in(c, r, len, out))
			return false;
		r->data += len;
		r->len -= len;
	}
	return true;
}

size_t
inbound(struct core *c, struct udp_run *runs, size_t n, struct core_out *out)
{
	size_t i;

	gro_begin(&c->gro, out, c->gro_tcp, c->gro_udp);
	for (i = 0; i < n; i++)
		if (!run_in(c, &runs[i], out))
			break;
	gro_flush(&c->gro);
	return i;
}
