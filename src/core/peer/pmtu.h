/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How large a packet the path to a peer takes: Datagram PLPMTUD (RFC 8899) in
 * outline, as a pure machine. Sizes are of inner packets. Only the peer's
 * answers to probes count; a hint of a socket or ICMP begins a search early.
 *
 * A probe is sent while there are large packets only: the machine is armed, and
 * the next large packet starts it. A path that narrows under a busy TCP
 * connection is measured by that connection's first retransmission, so that the
 * second one passes (RFC 6298: after 200 and 600 ms at the shortest): senders
 * that pace themselves, as BBR does, lose more than a second with each further
 * one.
 */
#ifndef CORE_PEER_PMTU_H
#define CORE_PEER_PMTU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/monotime.h"

/* Every path takes this: smaller packets start nothing. */
#define PMTU_BASE 1200
#define PMTU_ROUNDS 5  /* a search asks so often for each size */
#define PMTU_PROBES 15 /* at a time at the most */

enum pmtu_state {
	PMTU_ARMED,  /* the next large packet starts a probe */
	PMTU_CHECK,  /* the size in use was probed */
	PMTU_SEARCH, /* many sizes were: the largest answered wins */
	PMTU_REST    /* all is known for a while */
};

enum pmtu_event {
	PMTU_LARGE,   /* a packet of PMTU_BASE or more is to be sent */
	PMTU_REFUSED, /* a device refused the size */
	PMTU_ANSWER,  /* the peer got the probe of in->size */
	PMTU_TIME     /* the deadline is reached */
};

struct pmtu {
	enum pmtu_state state;
	size_t limit;	       /* larger packets need a look */
	size_t mtu;	       /* in use */
	size_t full;	       /* as is configured */
	size_t best;	       /* the largest answered in this search, markers
				* included; 0: none */
	unsigned int round;    /* round of the search; 0 in a check */
	struct monotime asked; /* when that round began */
	struct monotime deadline; /* MONO_NEVER: none */
	struct monotime raise_at; /* a smaller one is tried again */
};

struct pmtu_in {
	struct monotime now;
	size_t outside;	  /* bytes around an inner packet on the wire */
	size_t size;	  /* PMTU_ANSWER */
	int64_t rtt_ms;	  /* 0: not known */
	int64_t raise_ms; /* between searches for a larger size */
};

/* To be sent now, in this order. The last one, the marker, is as short as a
 * probe can be; its size is the number of the round. */
struct pmtu_probes {
	bool fresh; /* answers to older ones are void */
	size_t n;
	size_t size[PMTU_PROBES];
};

void pmtu_init(struct pmtu *m, size_t full);
/* The path has changed: its known MTU has to be shown anew. */
void pmtu_moved(struct pmtu *m, struct monotime now);
/* Smaller than is configured. */
bool pmtu_is_narrow(const struct pmtu *m);
/* true: mtu is another one now. */
bool pmtu_step(struct pmtu *m, enum pmtu_event event, const struct pmtu_in *in,
	       struct pmtu_probes *out);

#endif
