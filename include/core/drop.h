/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why a packet was dropped. Every reason is a counter seen in the status. */
#ifndef CORE_DROP_H
#define CORE_DROP_H

enum drop {
	DROP_NONE = 0, /* not dropped */
	/* from the TUN device */
	DROP_TUN_MALFORMED, /* not a well-formed IP packet */
	DROP_NO_ROUTE,	    /* no node's subnet has the destination */
	DROP_OWN_SUBNET,    /* destination in a subnet of our own */
	DROP_MULTICAST,	    /* multicast or broadcast: never carried */
	DROP_TUN_SOURCE,    /* source in no subnet of our own */
	DROP_TOO_BIG,	    /* larger than the MTU */
	DROP_QUEUE_FULL,    /* too many wait for a session */
	DROP_QUEUE_OLD,	    /* waited too long, or the peer went */
	DROP_OUT_FULL,	    /* no room in the caller's memory */
	DROP_SEAL,	    /* the cipher failed */
	DROP_LOOP,	    /* the route to the peer leads into the device */
	/* from the UDP socket, before authentication */
	DROP_EMPTY,	 /* without a byte; counted by the socket */
	DROP_SHORT,	 /* no room for a header */
	DROP_TYPE,	 /* unknown type, or reserved bits set */
	DROP_LENGTH,	 /* not the exact length of its type */
	DROP_INSIDE,	 /* a handshake or a TCP connection from inside
			  * the VPN */
	DROP_NO_SESSION, /* receiver index of no session */
	DROP_NO_PAIR,	 /* INIT with a pair id we do not hold */
	DROP_MAC,	 /* mac1 wrong */
	DROP_COOKIE,	 /* mac2 or a cookie reply wrong */
	DROP_EPHEMERAL,	 /* an ephemeral key seen before */
	DROP_HANDSHAKE,	 /* Noise did not authenticate */
	DROP_STATE,	 /* right, but nobody waits for it now */
	DROP_RATE,	 /* more than may be answered */
	DROP_REPLAY,	 /* counter seen, or behind the window */
	DROP_AUTH,	 /* DATA that does not authenticate */
	DROP_EXPIRED,	 /* the session is past its hard limit */
	/* from an authenticated peer */
	DROP_UNPACK,	      /* does not decompress within the MTU */
	DROP_MUTED,	      /* compressed, of a peer whose others failed, or
			       * took all of its time */
	DROP_INNER_MALFORMED, /* not a well-formed IP packet */
	DROP_INNER_SOURCE,    /* source not the sending node's */
	DROP_INNER_DEST,      /* destination not in our subnets */
	DROP_ECN,	      /* marked on the way, and cannot be marked */
	DROP_CONTROL,	      /* control records that do not parse */
	DROPS
};

/* Stable word: "no-route", "replay", ... */
const char *drop_name(enum drop d);

#endif
