/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The addresses of one peer, tried side by side until one leads to it. */
#ifndef CORE_CONN_DIAL_H
#define CORE_CONN_DIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ipaddr.h"
#include "base/timerq.h"
#include "core/conn/conns.h"
#include "format/proto.h"

struct conn;

/* A peer that is being dialled: its addresses, and how many connections to them
 * are under way. */
struct dial {
	struct dial *next;
	struct conns *ctx;
	char peer[NODE_NAME_MAX + 1];
	unsigned int purpose;
	struct endpoint to[CONN_ENDPOINTS_MAX];
	size_t nto, begun;    /* the first so many were begun */
	unsigned int running; /* and have not failed */
	bool unreached;	      /* at one of those that failed nobody
			       * answered */
	bool connected;	      /* TCP was, at one of them */
	bool beside;	      /* lost its place of a first dial */
	bool gone;
	unsigned int counted; /* 1 << enum dial_use */
	struct monotime since;
	struct monotime place_until; /* MONO_NEVER: it has none */
	struct monotime next_at;     /* the next one begins, or the end comes */
	struct timer timer;	     /* at the earlier one of these */
};

/* Begins the first attempt. Returns its id; 0 when memory is out. */
uint32_t dial_start(struct conns *ctx, const char *peer,
		    const struct endpoint *to, size_t n, unsigned int purpose);
/* The dial's time has come: tries the next address. Returns how many attempts
 * had their time: the caller gives up dial_oldest() so often. */
unsigned int dial_timeout(struct dial *d);
/* The oldest attempt; there is one. */
struct conn *dial_oldest(const struct dial *d);
/* Gives a peer to which TCP is connected some more time, before the next
 * address is tried. False: there is no connection to spare; it was closed, and
 * its peer is dialled again. */
bool dial_connected(struct conn *ch);
/* Lets this connection alone decide its dial: withdraws all other attempts. */
void dial_settle(struct conn *ch);
/* Takes a failed attempt out of its dial, and begins the next one. true: the
 * dial goes on. */
bool dial_goes_on(struct conn *ch);

#endif
