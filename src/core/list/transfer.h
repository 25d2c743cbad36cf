/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Lists over connections. Both HELLOs say which list their sender has; the
 * side with the older one asks:
 *
 *	LIST_QUERY ->  <- LIST_HAVE  LIST_GET ->  <- LIST_DATA ...
 *	(verified, stored, in force)  LIST_HAVE ->   the receipt
 *
 * LIST_GET says from which list a difference is of use. A sender that has it
 * says LIST_DIFF, and LIST_DATA then is the difference: the list is rebuilt,
 * and then verified as one that came whole.
 *
 * A LIST_HAVE that nobody asked for says that another list is in force now:
 * an offer, a receipt, or, in the middle of LIST_DATA, that the rest will not
 * come. Frames are made when the wire takes them, so nothing waits in memory.
 */
#ifndef CORE_LIST_TRANSFER_H
#define CORE_LIST_TRANSFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "core/list/diffs.h"
#include "core/list/gossip.h"
#include "core/list/install.h"
#include "core/env.h"
#include "format/ctlmsg.h"

struct transfer;

/* The state of receiving on one connection. */
enum sync_in {
	SYNC_IDLE,
	SYNC_ASKED,   /* QUERY said, HAVE awaited */
	SYNC_OFFERED, /* the peer has a newer list: it waits for its turn, or
		       * until the node that delivers the list falls silent
		       * or is slow */
	SYNC_GETTING  /* LIST_DATA comes in */
};

/* The list side of one connection; lives inside the connection. */
struct transfer_conn {
	uint32_t id;
	char peer[NODE_NAME_MAX + 1];
	bool open;
	bool deliver_only; /* not admitted by the list: may only deliver */
	bool armed;	   /* FRAMES_READY is queued */
	bool told;	   /* an event has named the fault */
	bool say_query, say_have, say_get;
	struct bnl_version theirs; /* the version it last named */
	enum sync_in in;
	struct list_have have;	 /* OFFERED, GETTING */
	struct bnl_version base; /* GETTING: the one named in LIST_GET */
	bool is_diff;		 /* GETTING: a difference from it comes */
	size_t due;		 /* GETTING: bytes of all LIST_DATA */
	struct buf data;
	struct monotime deadline; /* ASKED, OFFERED, GETTING */
	struct monotime since;	  /* GETTING: it was asked for then */
	struct monotime moved;	  /* and the last data came then */
	struct monotime end;	  /* and no more is taken then */
	bool sending, say_diff;
	const struct diff *diff; /* sending: this; NULL: the list */
	size_t sent;
	struct transfer_conn *next;
};

/* Borrows all of them, and alone changes diffs. NULL when memory is out. */
struct transfer *transfer_new(struct core_env *env, struct standings *peers,
			      struct diffs *diffs, struct gossip *gossip,
			      struct install *install);
void transfer_free(struct transfer *s); /* NULL is fine */

/* The LIST_HAVE that a dialler sends right behind its HELLO: the other side,
 * where it lacks that list, asks for it in its first flight. Returns its
 * length. */
size_t transfer_make_have(const struct transfer *s,
			  uint8_t payload[LIST_HAVE_LEN]);
/* The HELLOs have been exchanged: c holds zeros, it is filled in here. */
void transfer_open(struct transfer *s, struct transfer_conn *c, uint32_t id,
		   const char *peer, bool deliver_only,
		   const struct bnl_version *theirs);
/* Says on this connection which list is in force, unasked. */
void transfer_offer(struct transfer *s, struct transfer_conn *c);
/* The connection ends, also one that was never opened. lost: not by us. */
void transfer_close(struct transfer *s, struct transfer_conn *c, bool lost);
/* A LIST_* frame. -1: the protocol is broken, close the connection; c->told:
 * there is an event already that says why. */
int transfer_frame(struct transfer *s, struct transfer_conn *c,
		   enum frame_type type, const uint8_t *payload, size_t len,
		   struct err *e);
/* The next frame to be sent, when there is one. */
bool transfer_next_frame(struct transfer *s, struct transfer_conn *c,
			 enum frame_type *type,
			 uint8_t payload[FRAME_PAYLOAD_MAX], size_t *len);
/* Nothing to send, nothing under way: the dialler may end the connection. */
bool transfer_quiet(const struct transfer *s, const struct transfer_conn *c);
/* Something comes in or goes out: not idle even if slow. */
struct monotime transfer_conn_deadline(const struct transfer_conn *c);
/* The deadline is there. true: the connection is to be closed; false: there
 * is another deadline now. */
bool transfer_late(struct transfer *s, struct transfer_conn *c);

/* After any answer of install, and after a list was applied. */
void transfer_settle(struct transfer *s);
void transfer_applied(struct transfer *s);
/* Offers the list in force to every other node; after the one from the disk
 * that is in work, if there is one. */
void transfer_push(struct transfer *s);
/* The list that was just put into force is from the disk. */
bool transfer_is_own(const struct transfer *s);

#endif
