/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A TLS connection: the peer's name, the two HELLOs, a negotiation when it is
 * wanted, lists, the end. Here are its state, its timer and its news; conn_io.c
 * reads and writes, conn_negotiation.c negotiates, conn_end.c ends it, and
 * dial.c begins those that this node makes. conns.c owns them all.
 */
#ifndef CORE_CONN_CONN_H
#define CORE_CONN_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/timerq.h"
#include "core/conn/conn_state.h"
#include "core/conn/conns_impl.h"
#include "core/conn/frames.h"
#include "core/conn/negotiation.h"
#include "core/history.h"
#include "core/list/transfer.h"

enum conn_news_bit { NEWS_SEEN = 1, NEWS_NEGOTIATED = 2, NEWS_FAILED = 4 };

struct conn {
	struct conns *ctx;
	struct conn *next;
	uint32_t id;
	uint64_t seq; /* counts connections, never wraps */
	enum conn_state state;
	bool dialled;
	unsigned int purpose;	      /* CONN_*; 0: they dialled */
	char peer[NODE_NAME_MAX + 1]; /* "" until it is known */
	struct dial *dial;	      /* NULL: it was decided */
	unsigned int counted;	      /* 1 << enum dial_use */
	struct conn_heard *heard;     /* where it is counted, too */
	struct endpoint remote;
	bool listed; /* the peer dialled, from an address
		      * in the list or a known one */
	struct frames stream;
	struct cert_info mine;	       /* our certificate in this connection */
	struct cert_info cert;	       /* the peer's, once TLS is done */
	char doubt[CONN_REASON_MAX];   /* why no CA vouches for it, and */
	enum history_kind doubt_fault; /* the kind of that; "": one does */
	bool deliver_only;	       /* the list does not admit it: it may
				 * deliver a newer one */
	struct negotiation *negotiation; /* from TLS to its end */
	struct transfer_conn list;
	struct bnl_version told; /* version last told as news */
	bool armed;		 /* FRAMES_READY is queued */
	struct monotime since;
	struct monotime deadline; /* end of the state, or idle */
	struct timer timer;
	bool negotiated, failed; /* how the negotiation ended */
	bool reached;		 /* TCP stood, and was not just closed
				  * without a HELLO */
	bool nothing_in_common, behind;
	bool put_off;	   /* ended to make room for others */
	unsigned int news; /* NEWS_* not yet told */
	bool queued;	   /* among ctx->news */
	bool gone;	   /* freed once the news are told */
	struct conn *next_news;
	char reason[CONN_REASON_MAX]; /* why it failed; "": it did not */
	enum history_kind fault;      /* the kind of the failure */
	bool said;		      /* and it was logged */
};

/* Makes one more, with an id; NULL when memory is out. */
struct conn *conn_new(struct conns *ctx);
struct conn *conn_find(const struct conns *ctx, uint32_t id);
/* Takes it out, and frees it once its news are told. */
void conn_drop(struct conn *ch);
void conn_free(struct conn *ch);
/* Forgets the state of a negotiation; failed unless it was completed. */
void conn_negotiation_end(struct conn *ch);
const char *conn_state_name(enum conn_state s);

/* Dialled for a negotiation that is not over. */
static inline bool
conn_is_negotiating(const struct conn *ch)
{
	return ch->dialled && (ch->purpose & CONN_PAIR) != 0 &&
	       ch->state < CONN_OPEN;
}

/* The only one that changes the state. */
void conn_set_state(struct conn *ch, enum conn_state s);
/* When something is due. */
struct monotime conn_deadline(const struct conn *ch);
/* Sets the timer to that. */
void conn_rearm(struct conn *ch);
void conn_arm(struct conn *ch); /* ACTION_STREAM_READY */
void conn_tell(struct conn *ch, enum conn_news_bit bit);
/* Remembers why something failed, unless something did before. */
void conn_set_reason(struct conn *ch, const char *why);
void conn_ask_to_close(struct conn *ch); /* ACTION_CLOSE */

/* --- attempts of a dial -------------------------------------------------- */

/* Queues ACTION_CONNECT for its remote endpoint. 0 or -1. */
int conn_connect(struct conn *ch);
/* Ends an attempt that is not needed any more: it has not failed. */
void conn_withdraw(struct conn *ch);
/* Tells that the dial whose last attempt it was ended to make room. */
void conn_put_off(struct conn *ch);

#endif
