/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The events, for the log and for those who follow it. */
#ifndef CORE_EVENT_H
#define CORE_EVENT_H

enum event_level { EVENT_ERROR, EVENT_WARN, EVENT_INFO, EVENT_DEBUG };

enum event_kind {
	EVENT_PEER_UP,	  /* a session carries data both ways */
	EVENT_PEER_DOWN,  /* the last session ended, or stays unanswered */
	EVENT_PEER_MOVED, /* the peer's UDP address changed */
	EVENT_PAIR_NEW,	  /* a negotiation was agreed and stored */
	EVENT_PAIR_GONE,  /* stored secrets erased, with the reason */
	EVENT_NEGOTIATE_FAILED,
	EVENT_PEER_REFUSED, /* a TLS peer was refused, or refused us */
	EVENT_LIST_NEW,	    /* a newer list was taken */
	EVENT_LIST_REFUSED,
	EVENT_LIST_HELD,      /* of a later format: not applied */
	EVENT_LIST_FORK,      /* two people signed at once */
	EVENT_LIST_SELF_GONE, /* this node is not in the list */
	EVENT_NODE_NEW,
	EVENT_NODE_GONE,
	EVENT_STORE_FAILED,
	EVENT_CLOCK,	     /* the wall clock is not to be believed */
	EVENT_SLEPT,	     /* the machine slept: no session goes on */
	EVENT_CERT_END,	     /* our own certificate ends, or has */
	EVENT_HOST,	     /* meaning of a host name of the list */
	EVENT_PEER_CERT_END, /* a peer's does */
	EVENT_LIST_OLD,	     /* older than is configured */
	EVENT_CLOCK_OFF,     /* our clock, or a peer's, is off */
	EVENT_ONE_WAY,	     /* a peer is heard and does not hear */
	EVENT_MTU,	     /* packets did not fit the path */
	EVENT_DEVICE,	     /* the TUN device, or a route to it */
	EVENT_LIST_LOST,     /* a list on the disk was never in force */
	EVENT_NETWORK,	     /* conflicts with the network of this host */
	EVENT_MUTED,	     /* a peer's compressed packets are malformed */
	EVENTS
};

/* Stable word: "peer-up", "list-new", ... */
const char *event_name(enum event_kind k);

#endif
