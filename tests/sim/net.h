/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The network between the nodes: datagrams that are lost, late, doubled,
 * swapped and spoilt; TCP streams that are late, refused, cut and forgotten. */
#ifndef SIM_NET_H
#define SIM_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/frame.h"
#include "base/ipaddr.h"
#include "core/action.h"

struct node;
struct world;

/* Chances are of 10,000. */
struct weather {
	int64_t lat_min, lat_max;	      /* one way, ns */
	uint32_t loss, doubled, spoilt, late; /* of a datagram */
	uint32_t tcp_loss; /* of a piece of a stream: it is late */
};

struct datagram { /* as it was seen on the wire */
	struct endpoint from, to;
	size_t sender;
	size_t len;
	uint8_t bytes[];
};

struct frames;

struct ends { /* the ends of streams that a node has */
	struct stream_end **v;
	size_t n, cap;
};

struct net {
	struct weather weather;
	bool *cut; /* from * n + to */
	bool recording;
	struct datagram **seen; /* what was recorded */
	size_t nseen, capseen;
	struct frames *streams; /* all there ever were */
	uint64_t strays;	/* datagrams to nobody */
	uint64_t carried, lost, spoilt, doubled;
	uint64_t tcp_bytes; /* written to streams */
	/* Sees every datagram that leaves a node; true: it goes no further.
	 * May be NULL. */
	bool (*tap)(struct world *w, const struct datagram *d);
	void *tap_arg;
	/* What reaches an address that no node has; may be NULL. */
	void (*stray)(struct world *w, const struct endpoint *to,
		      const uint8_t *bytes, size_t len);
};

void net_init(struct world *w);
void net_free(struct world *w);
void net_cut(struct world *w, size_t a, size_t b, bool cut);
void net_heal(struct world *w);
bool net_is_cut(const struct world *w, size_t from, size_t to);

/* Node i's addresses: every third has a v6 one besides the v4 one. */
struct endpoint net_address(size_t i, bool v6);
bool net_has_v6(size_t i);
/* Whose address that is; the number of nodes: nobody's. */
size_t net_owner(const struct world *w, const struct endpoint *ep);

/* Datagrams of one run leave a node. */
void net_send(struct node *from, const struct udp_run *run);
/* Bytes from anywhere reach a node's socket after a while. */
void net_inject(struct world *w, const struct endpoint *from,
		const struct endpoint *to, const uint8_t *bytes, size_t len);

/* --- streams.c: what a node's actions ask for ---------------------------- */
void stream_connect(struct node *n, uint32_t conn, const struct endpoint *to);
void stream_ready(struct node *n, uint32_t conn);
void stream_close(struct node *n, uint32_t conn);
/* The node went: others are told, or are not. */
void streams_gone(struct node *n, bool orderly);
/* A link was cut: some of its streams will never be heard of again. */
void streams_cut(struct world *w, size_t a, size_t b);
void streams_free(struct world *w);

#endif
