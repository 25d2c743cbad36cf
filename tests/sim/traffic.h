/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Packets of the hosts behind the nodes: what arrives is exactly what was
 * sent, from where it was sent, once. */
#ifndef SIM_TRAFFIC_H
#define SIM_TRAFFIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/frame.h"

struct node;
struct world;

struct flow { /* from one node to another */
	uint32_t sent, got;
	int64_t *sent_at; /* by number */
	bool *arrived;
	uint32_t cap;
	int64_t last_got; /* when; 0: never */
	int64_t first_got;
};

struct traffic {
	struct flow *flows; /* from * n + to */
	uint64_t sent, got;
	uint64_t coalesced; /* super-packets that came */
	int64_t worst;	    /* time on the way, ns */
	bool steady;	    /* traffic_every() goes on */
};

void traffic_init(struct world *w);
void traffic_free(struct world *w);
struct flow *traffic_flow(struct world *w, size_t from, size_t to);
/* count packets at once into the node's TUN device. */
void traffic_send(struct world *w, size_t from, size_t to, unsigned int count);
/* A packet between all nodes that are up, both ways, once. */
void traffic_all(struct world *w);
/* One packet on every flow about so often, until traffic_stop(). */
void traffic_every(struct world *w, int64_t interval);
void traffic_stop(struct world *w);
/* A frame that a node wrote to its device. */
void traffic_got(struct node *n, const struct tun_out *f);
/* Everything sent since the flows were counted has arrived. */
bool traffic_all_arrived(struct world *w, void *arg);

#endif
