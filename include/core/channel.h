/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A TLS connection: the peer's name, the two HELLOs, a negotiation when it is
 * wanted, lists, the end. core/channels owns them all.
 *
 *	dialler   CONNECT > TLS > SETTLE > HELLO > CONFIRM > STORE > READY > OPEN
 *	listener            TLS > HELLO > ANSWER > CONFIRM > STORE >         OPEN
 *
 * SETTLE and ANSWER wait for the disk before the own HELLO. Without a
 * negotiation OPEN follows upon the HELLOs. Every state goes to ENDING, from
 * where only the owner's word that the connection is gone leads on.
 */
#ifndef CORE_CHANNEL_H
#define CORE_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/table.h"
#include "base/timerq.h"
#include "core/bnlsync.h"
#include "core/channels.h"
#include "core/env.h"
#include "core/event.h"
#include "core/negotiate.h"
#include "core/notes.h"
#include "core/pairsets.h"
#include "core/recent.h"
#include "core/stream.h"

enum channel_state {
	CHANNEL_CONNECT,	/* TCP is being opened */
	CHANNEL_TLS,		/* the handshake runs */
	CHANNEL_SETTLE,		/* dialler: the own HELLO waits for the disk */
	CHANNEL_HELLO,		/* the other one's HELLO is awaited */
	CHANNEL_ANSWER,		/* listener: the own HELLO waits for the disk */
	CHANNEL_CONFIRM,	/* the other one's CONFIRM is awaited */
	CHANNEL_STORE,		/* the new pair is on its way to the disk */
	CHANNEL_READY,		/* dialler: the other one's READY is awaited */
	CHANNEL_OPEN,		/* lists only */
	CHANNEL_ENDING		/* to be closed by the owner */
};

/* All connections of a core, and the state that they share. */
struct channels {
	struct core_env *env;
	struct pairsets *pairs;
	struct bnlsync *sync;
	struct channel *all;		/* newest first */
	uint64_t turnover;		/* counts changes that may free room */
	struct dial *dials;		/* not decided by a connection yet */
	struct timerq timers;
	struct table heard;		/* struct channel_heard by name, of peers
					 * in the list */
	struct recent said;		/* logged about those not in the list */
	struct recent lines;		/* how much, of each name of theirs */
	struct monotime outsiders_until;
	unsigned int outsiders;		/* lines about them until then */
	uint64_t tls_failed;		/* connections that got no further */
	struct recent unlisted;		/* names that delivered lists */
	struct channel *news, **news_tail;
	struct table by_id;
	uint32_t last_id;
	uint64_t last_seq;
	size_t total;			/* with those that are ENDING */
	struct monotime next_check;	/* time to check the ages of pairs */
};

#define CHANNEL_SAID 4		/* lines about a peer that are remembered */

/* A peer of the list, over all its connections. */
struct channel_heard {
	char peer[NODE_NAME_MAX + 1];
	/* When it dialled us to negotiate: */
	uint64_t seq;		/* number of the newest such connection */
	struct monotime since;	/* asked so often since then */
	unsigned int asked;
	/* The lines that were logged about the peer: */
	unsigned int lines;	/* different ones, in the hour that began then: */
	struct monotime lines_since;
	struct {
		uint64_t what;
		struct monotime at;	/* MONO_NONE: free */
	} said[CHANNEL_SAID];
};

/* The state of a negotiation until its end; wiped then. */
struct channel_pair {
	struct hello mine, theirs;
	uint8_t my_frame[FRAME_HEADER_LEN + FRAME_HELLO_MAX];
	uint8_t their_frame[FRAME_HEADER_LEN + FRAME_HELLO_MAX];
	size_t my_len, their_len;
	uint8_t th[SHA256_LEN];
	struct selection selection;
	struct negotiate_keys keys;
	bool ready_seen;		/* the peer's READY came */
};

/* A peer that is being dialled: its addresses, and how many connections to them
 * are under way. */
struct dial {
	struct dial *next;
	struct channels *ctx;
	char peer[NODE_NAME_MAX + 1];
	unsigned int purpose;
	struct endpoint to[CHANNEL_ENDPOINTS_MAX];
	size_t nto, begun;		/* the first so many were begun */
	unsigned int running;		/* and have not failed */
	bool unreached;			/* at one of those that failed nobody
					 * answered */
	bool connected;			/* TCP was, at one of them */
	bool beside;			/* lost its place of a first dial */
	struct monotime since;
	struct monotime place_until;	/* MONO_NEVER: it has none */
	struct monotime next_at;	/* the next one begins, or the end comes */
	struct timer timer;		/* at the earlier one of these */
};

enum channels_timer { CHANNELS_TIMER_CHANNEL, CHANNELS_TIMER_DIAL };

enum channel_news_bit {
	NEWS_SEEN = 1,
	NEWS_NEGOTIATED = 2,
	NEWS_FAILED = 4
};

struct channel {
	struct channels *ctx;
	struct channel *next;
	uint32_t id;
	uint64_t seq;			/* counts connections, never wraps */
	enum channel_state state;
	bool dialled;
	unsigned int purpose;		/* CHANNEL_*; 0: they dialled */
	char peer[NODE_NAME_MAX + 1];	/* "" until it is known */
	struct dial *dial;		/* NULL: it was decided */
	struct endpoint remote;
	bool listed;			/* the peer dialled, from an address
					 * in the list or a known one */
	struct stream stream;
	struct cert_info mine;		/* our certificate in this connection */
	struct cert_info cert;		/* the peer's, once TLS is done */
	bool deliver_only;		/* the list does not admit it: it may
					 * deliver a newer one */
	struct channel_pair *pair;	/* from the own HELLO to STORE's end */
	uint8_t pair_id[PAIR_ID_LEN];
	struct bnlsync_conn list;
	struct bnl_version told;	/* version last told as news */
	bool armed;			/* STREAM_READY is queued */
	struct monotime since;
	struct monotime deadline;	/* end of the state, or idle */
	struct timer timer;
	bool negotiated, failed;	/* how the negotiation ended */
	bool reached;			/* TCP stood, and was not just closed
					 * without a HELLO */
	bool nothing_in_common, behind;
	bool put_off;			/* ended to make room for others */
	unsigned int news;		/* NEWS_* not yet told */
	bool queued;			/* among ctx->news */
	bool gone;			/* freed once the news are told */
	struct channel *next_news;
	char reason[CHANNEL_REASON_MAX];	/* why it failed; "": it did not */
	enum note_kind fault;		/* the kind of the failure */
	bool said;			/* and it was logged */
};

/* --- core/channel: its life ---------------------------------------------- */

struct channel *channel_new(struct channels *ctx, uint32_t id,
			    uint64_t seq);
void channel_free(struct channel *ch);
/* Queues ACTION_CONNECT for its remote endpoint. 0 or -1. */
int channel_connect(struct channel *ch);
void channel_timeout(struct channel *ch);
/* Ends an attempt that has had its time. */
void channel_give_up(struct channel *ch);
/* Ends an attempt that is not needed any more: it has not failed. */
void channel_withdraw(struct channel *ch);
/* Tells that the dial whose last attempt it was ended to make room. */
void channel_put_off(struct channel *ch);
/* Dialled for a negotiation that is not over. */
bool channel_is_negotiating(const struct channel *ch);
/* Takes note that its owner has closed it, or could not open it. */
void channel_gone(struct channel *ch, enum close_reason reason,
		  const char *why);
/* Another list is in force: may it stay? */
void channel_review(struct channel *ch);
const char *channel_state_name(enum channel_state s);

void channel_set_state(struct channel *ch, enum channel_state s);
/* Sets the timer to the nearest deadline. */
void channel_rearm(struct channel *ch);
void channel_arm(struct channel *ch);		/* STREAM_READY */
void channel_tell(struct channel *ch, enum channel_news_bit bit);
/* Ends it; why NULL: nothing is wrong. _lose: by the other side's doing. */
void channel_end(struct channel *ch, const char *why);
void channel_lose(struct channel *ch, const char *why);
/* The same without another byte: its keys may count elsewhere as well. */
void channel_slept(struct channel *ch);
/* Remembers why something failed, unless something did before. */
void channel_set_reason(struct channel *ch, const char *why);
/* Tells the other side why, when it can hear it, logs it once, ends it. */
void channel_refuse(struct channel *ch, int code, const char *why);
/* Ends a dialled connection that has nothing left to do. */
void channel_end_if_done(struct channel *ch);

/* --- core/channels: all of them -------------------------------------------- */

/* Makes one more, with an id; NULL when memory is out. */
struct channel *channels_add(struct channels *ctx);
/* Takes it out, and frees it once its news are told. */
void channels_drop(struct channel *ch);
/* core/channels_room: false: there is none for a connection from there.
 * *listed: the address is one of the list, or a node was reached there. */
bool channels_make_room(struct channels *ctx, const struct ipaddr *from,
			bool *listed);
/* Whether a dial may try another address while one is under way. */
bool channels_may_race(const struct channels *ctx);

/* --- core/dial: the addresses of a peer ------------------------------------ */

/* Whether a negotiation of that purpose (CHANNEL_*) may be dialled now. */
bool dial_has_room(const struct channels *ctx, unsigned int purpose);
/* How many connections are kept for first dials that are answered. */
size_t dial_reserve(const struct channels *ctx);
/* First attempts of first dials, which do not count as connections. */
size_t dial_pending(const struct channels *ctx);
/* Begins the first attempt. Returns its id; 0 when memory is out. */
uint32_t dial_start(struct channels *ctx, const char *peer,
		    const struct endpoint *to, size_t n, unsigned int purpose);
/* Tries the next address, when its time has come. */
void dial_timeout(struct dial *d);
/* Gives a peer to which TCP is connected some more time, before the next
 * address is tried. False: there is no connection to spare; it was closed, and
 * its peer is dialled again. */
bool dial_connected(struct channel *ch);
/* Lets this connection alone decide its dial: withdraws all other attempts. */
void dial_settle(struct channel *ch);
/* Takes a failed attempt out of its dial, and begins the next one. true: the
 * dial goes on. */
bool dial_goes_on(struct channel *ch);

/* Remembered of a peer in the list; made if there is nothing yet. NULL: it is
 * not in the list, or memory is out. */
struct channel_heard *channels_heard(struct channels *ctx, const char *peer);

/* --- core/channels_list: the list ------------------------------------------ */

/* There is no list that names the nodes: none, or one below the mark. Lists are
 * then taken from any peer that has a certificate. */
bool channels_lack_list(const struct channels *ctx);

/* --- core/channel_io: bytes ---------------------------------------------- */

/* TCP stands, dialled or accepted. */
void channel_opened(struct channel *ch);
void channel_in(struct channel *ch, const uint8_t *in, size_t len);
size_t channel_drain(struct channel *ch, uint8_t *out, size_t cap);
/* The HELLOs are exchanged: lists may be. */
void channel_open_lists(struct channel *ch, const struct hello *theirs);

/* --- core/channel_pair: HELLO and negotiation ---------------------------- */

/* The certificate is verified and admitted. */
void channel_pair_start(struct channel *ch);
void channel_pair_hello(struct channel *ch);
void channel_pair_confirm(struct channel *ch);
void channel_pair_ready(struct channel *ch);
/* The disk has answered, for whatever it was that the state waits. */
void channel_pair_poke(struct channel *ch);
/* Forgets the state of a negotiation; failed unless it was completed. */
void channel_pair_end(struct channel *ch);
/* This node can negotiate: it has a list that is not stale and is in it. */
bool channel_can_negotiate(const struct channels *ctx);

/* --- core/channel_say: log lines ------------------------------------------- */

/* An event about the peer, or about an address that has shown no
 * certificate; the same one is not told again for an hour. */
void channel_say(struct channel *ch, enum event_kind kind, const char *text);
/* A peer with which all is well again: its next line is the first one. */
void channel_unsay(struct channel *ch);

/* --- core/channel_admit: the dialler that a listener answers ------------- */

/* The HELLO of the other side is one of a negotiation that can be. */
bool channel_negotiates(const struct channel *ch);
/* The peer has dialled as many others as one may. */
bool channel_has_too_many(const struct channel *ch);
/* False: it is refused, and told so. */
bool channel_admit(struct channel *ch);
/* Decides, on either side, whether a peer that the list does not admit may
 * deliver one. False: it is refused, and told so. */
bool channel_admit_delivery(struct channel *ch);

#endif
