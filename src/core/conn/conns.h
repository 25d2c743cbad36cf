/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * All TLS connections of one core: negotiations, and transfers of lists. Every
 * call works at env->now; actions go to env->actions, and the owner asks for
 * news with conns_next_news() after any call.
 *
 * A connection has an id from ACTION_CONNECT or conns_accepted() until
 * conns_closed(), which must be called exactly once for each id: when the
 * connection could not be made, when it broke or ended, and after ACTION_CLOSE
 * (drain what the socket takes, shut it, then tell). When that takes more than
 * a few seconds ACTION_CLOSE comes again: then at once, whatever is still to be
 * drained.
 */
#ifndef CORE_CONN_CONNS_H
#define CORE_CONN_CONNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/ipaddr.h"
#include "core/action.h"
#include "core/env.h"

struct conns;
struct lists;
struct secret_store;

/* Borrows all of them. NULL when memory is out. */
struct conns *conns_new(struct core_env *env, struct secret_store *secrets,
			struct lists *lists);
void conns_free(struct conns *cs); /* NULL is fine */

/* --- connections ------------------------------------------------------- */

/* The purpose of a dial; may be added. Lists are compared on every connection,
 * whatever its purpose is, and the newer one is taken over either way. */
#define CONN_PAIR 0x01u /* negotiate a pair */
#define CONN_LIST 0x02u /* bring the older list up to the newer one */
#define CONN_PATIENT \
	0x04u /* with PAIR: no traffic waits for it. Those that
	       * nobody answers leave room for others */
#define CONN_YIELD \
	0x08u /* with PAIR: the peer may be about to dial us. While
	       * some are under way this one waits */
#define CONN_NEW \
	0x10u /* with PAIR: the peer is new in the list and may
	       * not run yet, which is no warning */
#define CONN_AGAIN \
	0x20u /* with PAIR: the last dial found nobody. Such
	       * dials have connections of their own */
#define CONN_ENDPOINTS_MAX 12

/*
 * Dials a node of the list (or, with none in force or a stale one, any name,
 * then for CONN_LIST only). The endpoints are tried in order, side by side
 * (RFC 8305): the next one when the one before has failed, or has not led to
 * the peer within 250 ms. Each is a connection with an id of its own; the first
 * one whose TLS handshake shows the peer's certificate is kept. Attempts beyond
 * the first take connections to spare only. An unfinished negotiation that we
 * dialled to the same peer is dropped for a new one. Returns the id of the
 * first connection; 0 when maxconnections, conns_may_negotiate() or memory
 * forbids it, and when peer is our own name.
 */
uint32_t conns_dial(struct conns *cs, const char *peer,
		    const struct endpoint *to, size_t n, unsigned int purpose);
/*
 * Whether a dial of that purpose, which includes CONN_PAIR, has room. First
 * dials have places of their own: patient ones a quarter, those that yield a
 * quarter of that; a quarter of maxconnections is kept for those that are
 * answered. Dials that failed before have an eighth of maxconnections,
 * of which patient ones leave a quarter.
 */
bool conns_may_negotiate(const struct conns *cs, unsigned int purpose);
/* Says how many peers that were never dialled in vain wait, with packets. When
 * there are very many, each one has its place for a shorter time. */
void conns_crowd(struct conns *cs, size_t waiting);
/* Changes whenever the answer to that may have. */
uint64_t conns_turnover(const struct conns *cs);
/* A connection came in. 0: refuse it, close the socket. */
uint32_t conns_accepted(struct conns *cs, const struct endpoint *from);
/* The TCP connection of a dial stands. */
void conns_opened(struct conns *cs, uint32_t id);
void conns_in(struct conns *cs, uint32_t id, const uint8_t *in, size_t len);
/* Bytes for the wire, when it takes some: asked for by ACTION_STREAM_READY,
 * then until it returns less than cap. Lists are cut into frames here, so that
 * little waits for a slow wire. */
size_t conns_drain(struct conns *cs, uint32_t id, uint8_t *out, size_t cap);
/* The connection ended or could not be made: its id dies here. why: NULL when
 * it ended in order; else the system's reason. */
void conns_closed(struct conns *cs, uint32_t id, enum close_reason reason,
		  const char *why);

/* A copy of this memory must be of no use to an attacker: all connections
 * end. */
void conns_slept(struct conns *cs);

struct monotime conns_deadline(const struct conns *cs);
void conns_tick(struct conns *cs);

/* Connections there are, and may still be made. */
size_t conns_count(const struct conns *cs);
/* How many, of either side, ended for a reason before the TLS handshake was
 * done: a certificate that is none here, something else than TLS, silence. */
uint64_t conns_tls_failed(const struct conns *cs);
size_t conns_spare(const struct conns *cs);
/* True while a negotiation with peer is under way that we dialled. */
bool conns_negotiating(const struct conns *cs, const char *peer);
/* Drops the wish to negotiate with a peer that answers under a pair that is
 * held, where HELLO is not sent yet. The connection serves lists. */
void conns_spare_negotiation(struct conns *cs, const char *peer);

/* Connections to spare for lists: others must get through as well. */
size_t conns_spare_for_lists(const struct conns *cs);

/* --- news of connections -------------------------------------------------- */

enum conn_news_kind {
	/* A pair is agreed and durable here; dialled: also at the peer, so
	 * that an INIT can go out at once. Its EVENT_PAIR_NEW is queued. */
	CONN_NEGOTIATED,
	/* A negotiation that we dialled came to nothing. Its event is
	 * queued. */
	CONN_FAILED,
	/* peer said which list it has. */
	CONN_LIST_SEEN
};

#define CONN_REASON_MAX 160

struct conn_news {
	enum conn_news_kind kind;
	char peer[NODE_NAME_MAX + 1];
	bool dialled;		/* by us */
	bool renewed;		/* NEGOTIATED: with our certificate of now */
	bool reached;		/* FAILED: at each address a host answered
				 * and did not just hang up without a
				 * HELLO */
	bool nothing_in_common; /* FAILED: wait the long back-off */
	bool put_off;		/* FAILED: it was ended to make room, and
				 * is to be dialled again */
	bool behind;		/* FAILED: the peer's list is older and
				 * lacks us; LIST_SEEN tells when to
				 * try again */
	struct bnl_version version;   /* LIST_SEEN */
	char reason[CONN_REASON_MAX]; /* FAILED: one line */
};

/* Oldest first; false when there is none. */
bool conns_next_news(struct conns *cs, struct conn_news *out);

/* --- events elsewhere --------------------------------------------------- */

/* The disk has answered about pair secrets: goes on where that was waited
 * for. */
void conns_secrets_stored(struct conns *cs);
/* A list was taken or refused: ends connections that waited for nothing
 * else. */
void conns_list_decided(struct conns *cs);
/* Another list is in force: closes the connections of nodes that have no place
 * any more. */
void conns_list_applied(struct conns *cs);
/* Forgets a node that is not in it. The caller drops the entry. */
void conns_review(struct conns *cs, struct entry *e);
/* The configuration has changed. */
void conns_reconf(struct conns *cs);

/* --- for the status ---------------------------------------------------- */

struct conn_info {
	uint32_t id;
	const char *peer; /* "" before it is known */
	struct endpoint remote;
	bool dialled;
	const char *state; /* a single word */
	bool settled;	   /* open for lists, or ending */
	struct monotime since;
};

/* Walks: *pos starts at 0; false at the end. */
bool conns_info(const struct conns *cs, size_t *pos, struct conn_info *out);

#endif
