/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A TLS connection: the peer's name, the two HELLOs, a negotiation when it is
 * wanted, lists, the end. conns.c owns them all.
 *
 *	dialler   CONNECT > TLS > SETTLE > HELLO > CONFIRM > STORE > READY > OPEN
 *	listener            TLS > HELLO > ANSWER > CONFIRM > STORE >         OPEN
 *
 * SETTLE and ANSWER wait for the disk before the own HELLO. Without a
 * negotiation OPEN follows upon the HELLOs. Every state goes to ENDING, from
 * where only the owner's word that the connection is gone leads on.
 */
#ifndef CORE_CONN_CONN_H
#define CORE_CONN_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/table.h"
#include "base/timerq.h"
#include "core/list/transfer.h"
#include "core/conn/conns.h"
#include "core/env.h"
#include "core/event.h"
#include "core/conn/agreement.h"
#include "core/history.h"
#include "core/secrets/secret_store.h"
#include "core/report/ratelimit.h"
#include "core/conn/frames.h"
#include "core/list/lists.h"
#include "core/list/transfer.h"
#include "core/secrets/secret_store.h"

enum conn_state {
	CONN_CONNECT, /* TCP is being opened */
	CONN_TLS,     /* the handshake runs */
	CONN_SETTLE,  /* dialler: the own HELLO waits for the disk */
	CONN_HELLO,   /* the other one's HELLO is awaited */
	CONN_ANSWER,  /* listener: the own HELLO waits for the disk */
	CONN_CONFIRM, /* the other one's CONFIRM is awaited */
	CONN_STORE,   /* the new pair is on its way to the disk */
	CONN_READY,   /* dialler: the other one's READY is awaited */
	CONN_OPEN,    /* lists only */
	CONN_ENDING   /* to be closed by the owner */
};

/* What connections and dials are counted as. */
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

/* All connections of a core, and the state that they share. */
struct conns {
	struct core_env *env;
	struct secret_store *secrets; /* borrowed */
	struct lists *lists;	      /* borrowed */
	struct conn *all;	      /* newest first */
	uint64_t turnover;	      /* counts changes that may free room */
	struct dial *dials;	      /* not decided by a connection yet */
	size_t uses[USES];	      /* kept by dial.c */
	struct timerq timers;
	struct table heard;	/* struct conn_heard by name, of peers
				 * in the list */
	struct ratelimit said;	/* logged about those not in the list */
	struct ratelimit lines; /* how much, of each name of theirs */
	struct monotime outsiders_until;
	unsigned int outsiders;	   /* lines about them until then */
	uint64_t tls_failed;	   /* connections that got no further */
	struct ratelimit unlisted; /* names that delivered lists */
	struct conn *news, **news_tail;
	struct table by_id;
	uint32_t last_id;
	uint64_t last_seq;
	size_t total; /* with those that are ENDING */
};

#define CONN_SAID 4 /* lines about a peer that are remembered */

/* A peer of the list, over all its connections. */
struct conn_heard {
	char peer[NODE_NAME_MAX + 1];
	unsigned int negotiating; /* connections that we dialled for that,
				   * which are not over */
	/* When it dialled us to negotiate: */
	uint64_t seq;	       /* number of the newest such connection */
	struct monotime since; /* asked so often since then */
	unsigned int asked;
	/* The lines that were logged about the peer: */
	unsigned int lines; /* different ones, in the hour that began then: */
	struct monotime lines_since;
	struct {
		uint64_t what;
		struct monotime at; /* MONO_NONE: free */
	} said[CONN_SAID];
};

/* The state of a negotiation until its end; wiped then. */
struct conn_pair {
	struct hello mine, theirs;
	uint8_t my_frame[FRAME_HEADER_LEN + FRAME_HELLO_MAX];
	uint8_t their_frame[FRAME_HEADER_LEN + FRAME_HELLO_MAX];
	size_t my_len, their_len;
	uint8_t th[SHA256_LEN];
	struct selection selection;
	struct negotiate_keys keys;
	bool ready_seen; /* the peer's READY came */
};

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

enum conns_timer { CONN_TIMER_CONN, CONN_TIMER_DIAL };

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
	struct cert_info mine;	/* our certificate in this connection */
	struct cert_info cert;	/* the peer's, once TLS is done */
	bool deliver_only;	/* the list does not admit it: it may
				 * deliver a newer one */
	struct conn_pair *pair; /* from the own HELLO to STORE's end */
	uint8_t pair_id[PAIR_ID_LEN];
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

/* --- conn.c: its life -------------------------------------------------- */

struct conn *conn_new(struct conns *ctx, uint32_t id, uint64_t seq);
void conn_free(struct conn *ch);
/* Queues ACTION_CONNECT for its remote endpoint. 0 or -1. */
int conn_connect(struct conn *ch);
void conn_timeout(struct conn *ch);
/* Ends an attempt that has had its time. */
void conn_give_up(struct conn *ch);
/* Ends an attempt that is not needed any more: it has not failed. */
void conn_withdraw(struct conn *ch);
/* Tells that the dial whose last attempt it was ended to make room. */
void conn_put_off(struct conn *ch);
/* Dialled for a negotiation that is not over. */
bool conn_is_negotiating(const struct conn *ch);
/* Takes note that its owner has closed it, or could not open it. */
void conn_gone(struct conn *ch, enum close_reason reason, const char *why);
/* Another list is in force: may it stay? */
void conn_review(struct conn *ch);
const char *conn_state_name(enum conn_state s);

void conn_set_state(struct conn *ch, enum conn_state s);
/* Sets the timer to the nearest deadline. */
void conn_rearm(struct conn *ch);
void conn_arm(struct conn *ch); /* FRAMES_READY */
void conn_tell(struct conn *ch, enum conn_news_bit bit);
/* Ends it; why NULL: nothing is wrong. _lose: by the other side's doing. */
void conn_end(struct conn *ch, const char *why);
void conn_lose(struct conn *ch, const char *why);
/* The same without another byte: its keys may count elsewhere as well. */
void conn_slept(struct conn *ch);
/* Remembers why something failed, unless something did before. */
void conn_set_reason(struct conn *ch, const char *why);
/* Tells the other side why, when it can hear it, logs it once, ends it. */
void conn_refuse(struct conn *ch, int code, const char *why);
/* Ends a dialled connection that has nothing left to do. */
void conn_end_if_done(struct conn *ch);

/* --- conns.c: all of them ---------------------------------------------- */

/* Makes one more, with an id; NULL when memory is out. */
struct conn *conns_add(struct conns *ctx);
/* Takes it out, and frees it once its news are told. */
void conns_drop(struct conn *ch);
/* conns_room.c: false: there is none for a connection from there.
 * *listed: the address is one of the list, or a node was reached there. */
bool conns_make_room(struct conns *ctx, const struct ipaddr *from,
		     bool *listed);
/* Whether a dial may try another address while one is under way. */
bool conns_may_race(const struct conns *ctx);

/* --- dial.c: the addresses of a peer ----------------------------------- */

/* Keeps the counters right: after every change of the connection's state,
 * purpose or dial. */
void dial_count_conn(struct conn *ch);
void dial_count(struct dial *d); /* the same of a dial */
/* Whether a negotiation of that purpose (CONN_*) may be dialled now. */
bool dial_has_room(const struct conns *ctx, unsigned int purpose);
/* How many connections are kept for first dials that are answered. */
size_t dial_reserve(const struct conns *ctx);
/* First attempts of first dials, which do not count as connections. */
size_t dial_pending(const struct conns *ctx);
/* Begins the first attempt. Returns its id; 0 when memory is out. */
uint32_t dial_start(struct conns *ctx, const char *peer,
		    const struct endpoint *to, size_t n, unsigned int purpose);
/* Tries the next address, when its time has come. */
void dial_timeout(struct dial *d);
/* Gives a peer to which TCP is connected some more time, before the next
 * address is tried. False: there is no connection to spare; it was closed, and
 * its peer is dialled again. */
bool dial_connected(struct conn *ch);
/* Lets this connection alone decide its dial: withdraws all other attempts. */
void dial_settle(struct conn *ch);
/* Takes a failed attempt out of its dial, and begins the next one. true: the
 * dial goes on. */
bool dial_goes_on(struct conn *ch);

/* Remembered of a peer in the list; made if there is nothing yet. NULL: it is
 * not in the list, or memory is out. */
struct conn_heard *conns_heard(struct conns *ctx, const char *peer);

/* --- conn_io.c: bytes -------------------------------------------------- */

/* TCP stands, dialled or accepted. */
void conn_opened(struct conn *ch);
void conn_in(struct conn *ch, const uint8_t *in, size_t len);
size_t conn_drain(struct conn *ch, uint8_t *out, size_t cap);
/* The HELLOs are exchanged: lists may be. */
void conn_open_lists(struct conn *ch, const struct hello *theirs);

/* --- conn_negotiation.c: HELLO and negotiation ------------------------- */

/* The certificate is verified and admitted. */
void conn_pair_start(struct conn *ch);
void conn_pair_hello(struct conn *ch);
void conn_pair_confirm(struct conn *ch);
void conn_pair_ready(struct conn *ch);
/* The disk has answered, for whatever it was that the state waits. */
void conn_pair_poke(struct conn *ch);
/* Forgets the state of a negotiation; failed unless it was completed. */
void conn_pair_end(struct conn *ch);
/* This node can negotiate: it has a list that is not stale and is in it. */
bool conn_can_negotiate(const struct conns *ctx);

/* --- conn_report.c: log lines ------------------------------------------ */

/* An event about the peer, or about an address that has shown no
 * certificate; the same one is not told again for an hour. */
void conn_say(struct conn *ch, enum event_kind kind, const char *text);
/* A peer with which all is well again: its next line is the first one. */
void conn_unsay(struct conn *ch);

/* --- conn_admission.c: the dialler that a listener answers ------------- */

/* The HELLO of the other side is one of a negotiation that can be. */
bool conn_negotiates(const struct conn *ch);
/* The peer has dialled as many others as one may. */
bool conn_has_too_many(const struct conn *ch);
/* False: it is refused, and told so. */
bool conn_admit(struct conn *ch);
/* Decides, on either side, whether a peer that the list does not admit may
 * deliver one. False: it is refused, and told so. */
bool conn_admit_delivery(struct conn *ch);

#endif
