/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * For how many connections and dials there is room, by counters that are kept
 * here, and which connection goes for another one. Ends none itself. Its
 * conns_count(), conns_spare() and conns_spare_for_lists() are in conns.h.
 */
#ifndef CORE_CONN_CONNS_ROOM_H
#define CORE_CONN_CONNS_ROOM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/ipaddr.h"

struct conn;
struct conns;
struct dial;

/* Counters of connections and dials. */
enum dial_use {
	USE_CONN,  /* a connection that is not ENDING */
	USE_FRESH, /* first dials in their places: */
	USE_YIELDING,
	USE_PENDING,  /* first dials, in their places or beside, to
		       * which nobody answered */
	USE_ANSWERED, /* the others of them */
	USE_AGAIN,    /* purposes that failed before: */
	USE_PATIENT,
	USE_NEGOTIATING, /* the peer has one more of these */
	USES
};

/* Keeps the counters right: after every change of the connection's state,
 * purpose or dial. */
void room_count_conn(struct conn *ch);
void room_count_dial(struct dial *d); /* the same of a dial */
/* A first dial, which has a place of its own; CONN_*. */
bool room_is_first(unsigned int purpose);
/* The dial has not been answered, and is beside the places or has one. */
bool room_is_pending(const struct dial *d);
/* A first dial has its place for so long, unless it is answered. */
int64_t room_place_ms(const struct conns *cs);
/* More first dials without an answer than may be: the oldest of those that
 * give way; NULL: none has to go. */
struct dial *room_give_way(const struct conns *cs);
/* Whether a dial that is answered now may go on: a quarter of the connections
 * is for these. */
bool room_for_answered(const struct conns *cs);
/* Whether a negotiation of that purpose (CONN_*) may be dialled now. */
bool room_for_negotiation(const struct conns *cs, unsigned int purpose);
/* Whether a dial may try another address while one is under way. */
bool room_for_race(const struct conns *cs);
/*
 * Room for a connection from there. false: there is none. *victim: the one to
 * be ended for it; NULL: none has to be. *listed: the address is one of the
 * list, or a node was reached there.
 */
bool room_for_caller(struct conns *cs, const struct ipaddr *from, bool *listed,
		     struct conn **victim);

#endif
