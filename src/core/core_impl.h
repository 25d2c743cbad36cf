/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The declarations that the files of the core share. */
#ifndef CORE_CORE_IMPL_H
#define CORE_CORE_IMPL_H

#include <string.h>

#include "base/rate.h"
#include "base/table.h"
#include "base/timerq.h"
#include "core/conn/conns.h"
#include "core/core.h"
#include "core/conn/dialq.h"
#include "core/env.h"
#include "core/data/gro.h"
#include "core/directory/hosts.h"
#include "core/data/icmp_limit.h"
#include "core/directory/addrcache.h"
#include "core/session/assoc.h"
#include "core/peer/mute.h"
#include "core/history.h"
#include "core/list/lists.h"
#include "core/secrets/secret_store.h"
#include "core/peer/pmtu.h"
#include "core/comp_adapt.h"
#include "core/peer/waitq.h"

#define PATH_TAG_LEN 6
#define PEER_LISTED_MAX (CONN_ENDPOINTS_MAX - ADDRCACHE_EACH)

struct peer {
	struct core *core;
	struct entry *entry; /* place in the table of names */
	const char *name;    /* borrowed of it */
	struct assoc *assoc;
	struct timer timer;
	struct waitq wait;
	bool touched;		       /* in core->touched: settle it */
	bool up;		       /* as last told by the association */
	struct dialq_entry turn;       /* waits: a negotiation is due */
	bool asked;		       /* ... by the administrator */
	bool gives_way;		       /* rests for a peer that may dial
					* first: no packet waits for that */
	bool resumed;		       /* the old pair was tried by UDP
					* since the peer was up */
	bool behind;		       /* must first get our list */
	struct bnl_version told_list;  /* the version that it said last */
	struct bnl_version told_news;  /* list version last told to the peer */
	struct monotime news_at;       /* ... in its session, then */
	bool renew;		       /* pairs were agreed with an
					* earlier certificate of ours */
	unsigned int vain;	       /* dials in a row that the peer answered
					* and no session came of */
	struct adapt adapt;	       /* packets sent to it */
	struct mute mute;	       /* packets from it */
	struct adapt_budget unpacking; /* the time that it may take */
	uint64_t tx_packets, tx_bytes, rx_packets, rx_bytes;
	uint64_t drops[DROPS];
	uint8_t ping[RECORD_TAG_LEN];	/* tag of the PING under way */
	struct monotime pinged, ponged; /* the last one, its answer */
	struct monotime made;		/* since the start; MONO_NONE: before */
	struct monotime probed;		/* a dial that only looks */
	bool probe_due;			/* a probe came too early, and is due */
	struct rate told;		/* questions of it that were answered */
	int64_t rtt_us;			/* by PING, or at the handshake */
	bool has_clock;			/* ... with the peer's clock: */
	int64_t clock_s;		/* that far ahead of ours */
	uint32_t warned;		/* 1 << enum event_kind, as was told */
	struct pmtu pmtu;
	uint8_t probe[PATH_TAG_LEN]; /* tag of probes under way; 0: none */
	struct monotime big_told;    /* last ICMP error for a cut packet */
};

/* The answers of others about a node: one question at a time. */
struct ask {
	char name[NODE_NAME_MAX + 1]; /* "": nothing was asked */
	uint8_t tag[RECORD_TAG_LEN];
	struct monotime at;
	unsigned int asked, up, down;
};

#define REVIEW_NAMES 3

struct core {
	struct core_env env;
	struct actions actions;
	char self[NODE_NAME_MAX + 1];
	struct assocs *assocs;
	struct secret_store *secrets;
	struct monotime secrets_check; /* of the ages of pairs */
	struct lists *lists;
	struct conns *conns; /* borrows these two */
	struct comp *comp;
	uint8_t *scratch;	     /* a packet while it is packed */
	struct adapt_budget packing; /* the time that it may take */

	struct hosts *hosts;
	struct generation *gen;	    /* in force; NULL: none */
	struct generation *pending; /* built, being stored */
	bool started;
	uint32_t self_node; /* our index in it; ROUTE_NONE: gone */
	struct ipaddr own6; /* source of our ICMPv6 errors */

	struct peer **peers; /* in the order of the list; without ourselves */
	size_t npeers, peers_cap;
	struct timerq timers;
	struct dialq dialq;	/* peers that are to be dialled */
	uint64_t dial_turnover; /* the connections' turnover when they
				 * had no room for any peer */
	struct peer **touched;	/* room for all of them */
	size_t ntouched;

	struct timer sweep; /* the background look at every peer */
	size_t sweep_at;
	unsigned int sweep_pass;
	bool swept; /* the first pass is over but for its
		     * summary */

	struct timer news; /* peers are told of the list in force */
	size_t news_at, news_left;
	bool news_first; /* the round tells those that are told at once: */
	unsigned int news_waiting, news_some; /* so many more of them */
	struct bnl_version rival; /* to be told of as well; zero: none */

	struct timer review; /* of all peers, under another list */
	size_t review_at, review_left;
	size_t review_names[REVIEW_NAMES]; /* places in tables of names */
	unsigned int review_todo;

	struct monotime run_stored;   /* the running time was, last */
	bool clock_wrong;	      /* as was told */
	uint32_t warned;	      /* 1 << enum event_kind, as was told */
	struct monotime warned_since; /* start of the day they count for */
	size_t clocks, clocks_off;    /* peers' clocks: told, differing */
	struct core_traffic traffic;  /* with all peers since the start */

	struct ask ask;
	size_t wait_budget;
	struct icmp_limit icmp_limit;
	uint16_t ip_id; /* IPv4 id of the next packet cut anew */
	struct gro gro;
	bool gro_tcp, gro_udp; /* offloads of the device */
	bool no_csum;	       /* whole checksums only */
	uint64_t drops[DROPS];
};

enum core_timer { TIMER_PEER, TIMER_SWEEP, TIMER_NEWS, TIMER_REVIEW };
#define CORE_TIMERS 3 /* beside those of peers */

/* --- settle.c ----------------------------------------------------------- */
/* Passes on the news of connections and pair secrets, moves the timers of
 * touched peers, dials those whose turn it is. At the end of every call that is
 * not a getter. */
void core_settle(struct core *c);

/* --- warnings.c ----------------------------------------------------------- */
/* Warns of faults that an administrator should mend: of this node, and of peer
 * i; now and then. */
void warnings_own(struct core *c);
void warnings_peer(struct core *c, size_t i);
/* The text of the warning while it is, or was a while ago, muted. */
void peer_mute_text(const struct peer *p, char *out, size_t cap);
/* A node that refuses this one by a list that is newer and has removed it, as
 * that node says; NULL: none does. */
const struct history_entry *warnings_removal(const struct core *c);
/* The peer is heard, and does not hear our answers. */
bool peer_is_one_way(const struct peer *p, const struct assoc_status *ls);

/* --- news.c -------------------------------------------------------- */
/* Another list has taken the place of old, or of none. */
void news_applied(struct core *c, const struct bnl *old);
/* Announces the list in force once more to all that lack it. */
void news_again(struct core *c);
/* Announces it to a node in its session, now or in the round that runs. False:
 * there is no session, or the node is silent, or could not fetch the list. */
bool news_offer(struct core *c, const char *name, bool now);
/* The next step of a round. */
void news_tick(struct core *c);
/* Tells the peer once that this node has the same list, if it has. */
void news_receipt(struct peer *p);
/* To a peer that list v does not name any more, while there is a session. */
void news_last(struct peer *p, const struct bnl_version *v);

/* --- peer.c ------------------------------------------------------------- */
/* Takes its place in the entry. */
int peer_new(struct peer **out, struct core *c, struct entry *e);
void peer_free(struct peer *p);
void peer_settle(struct peer *p);
/* Tells that it is down, why, and where it was. */
void peer_say_down(struct peer *p, const char *why);
/* Handles the flags that the association's calls returned; in: the version and
 * pair id, NULL when no packet came. */
void peer_flags(struct peer *p, unsigned int flags, const struct assoc_in *in);
/* A packet for the peer has no session: it waits. */
void peer_wait(struct peer *p, uint8_t flags, const uint8_t *data, size_t len);
void peer_tick(struct peer *p);
/* Nothing that was agreed with it holds any more: its sessions end. */
void peer_reset(struct peer *p);

/* NULL: it has no session here: not in force, or ourselves. */
static inline struct peer *
peer_named(const struct core *c, const char *name)
{
	const struct entry *e = names_find(&c->env.names, name);

	return e == NULL ? NULL : e->peer;
}

/* How many peers stand before that node of the list in force. */
static inline size_t
peers_before(const struct core *c, size_t node)
{
	return node - (node > c->self_node);
}

/* The peer of a node by its index in the list in force, or by whatever
 * route_lookup() returned; NULL: ourselves, or there is none. */
static inline struct peer *
peer_at_node(const struct core *c, uint32_t node)
{
	size_t i = peers_before(c, node);

	return node == c->self_node || i >= c->npeers ? NULL : c->peers[i];
}

/* Keeps its timer right at the next core_settle(). */
static inline void
peer_touch(struct peer *p)
{
	struct core *c = p->core;

	if (p->touched)
		return;
	p->touched = true;
	c->touched[c->ntouched++] = p;
}

static inline void
peer_drop(struct peer *p, enum drop d)
{
	p->drops[d]++;
	p->core->drops[d]++;
}

#define SWEEP_START 0  /* the first pass after the start */
#define SWEEP_AGAIN 1  /* any later one */
#define BEGIN_PEERS 30 /* up to so many are told one by one */

/* True while the sessions of a large network are resumed after a start: the
 * peers that are up are told in one line at the end. */
static inline bool
peers_begin(const struct core *c)
{
	return c->sweep_pass == SWEEP_START && c->npeers > BEGIN_PEERS;
}

/* Count an inner packet of so many bytes, for the peer and for all. */
static inline void
peer_count_sent(struct peer *p, size_t len)
{
	struct core_traffic *all = &p->core->traffic;

	p->tx_packets++;
	p->tx_bytes += len;
	all->tx_packets++;
	all->tx_bytes += len;
}

static inline void
peer_count_received(struct peer *p, size_t len)
{
	struct core_traffic *all = &p->core->traffic;

	p->rx_packets++;
	p->rx_bytes += len;
	all->rx_packets++;
	all->rx_bytes += len;
}

/* --- peer_dial.c -------------------------------------------------------- */
/* Functions here that return flags leave it to their caller to hand these to
 * peer_flags(). */

/* A negotiation is wanted: now, or as soon as it may be. */
void peer_negotiate(struct peer *p);
/* The same for a person: at once, whatever happened before. */
void peer_ask(struct peer *p);
/* The first packet waits for it: it rests no longer where nobody was found. */
void peer_hurry(struct peer *p);
unsigned int peer_news(struct peer *p, const struct conn_news *n);
/* Our certificate is another one: pairs agreed under the former one stay in
 * use, and are agreed anew in the background. */
void peer_renew(struct peer *p);
/* Ends its wait after a refusal: another list, key or certificate is in use. */
void peer_retry(struct peer *p);
/* True when peer_retry() changes something. */
bool peer_rests(const struct peer *p);
/* The background look: finds out whether this peer lacks a session or pair. */
unsigned int peer_sweep(struct peer *p, unsigned int pass);
/* Dials those whose turn it is, while there is room. */
void peers_dial(struct core *c);
/* The peer's host names stand for other addresses now: it may be there. */
unsigned int peer_found(struct peer *p);

/* --- addresses.c ---------------------------------------------------------- */
/* Addresses of a node, in the order they are to be tried: the list's, then
 * those where it was reached before; those that worked last go to the front for
 * ten minutes, those that failed to the end. Returns how many, at most
 * CONN_ENDPOINTS_MAX. */
size_t peer_endpoints(const struct core *c, const char *name,
		      struct endpoint *out);
/* How many of them the list gives, host names by the addresses they stand
 * for. */
size_t peer_listed_count(const struct peer *p);
/* The answer of a look-up, as core_resolved(). true: the host's addresses are
 * others than before. */
bool peers_resolved(struct core *c, const char *host,
		    const struct ipaddr *found, size_t n, bool more,
		    const char *why);
/* The host names among a node's addresses are looked up, if it is time: before
 * others while packets wait for the node. */
void peer_look_up(struct core *c, const char *name);
/* Finds out its addresses anew, since the list, the configuration or a look-up
 * may have changed them. */
void peer_locate(struct peer *p);
/* Sets the order of its addresses, after one has worked or has not. true: there
 * are others than before. */
bool peer_order(struct peer *p);

/* --- pmtu_probe.c --------------------------------------------------------- */
bool pmtu_probe_is_narrow(const struct peer *p);
/* As core_too_big(). */
void pmtu_probe_refused(struct core *c, const struct endpoint *to);
/* Writes the state of the path. */
void pmtu_probe_text(const struct peer *p, char *out, size_t cap);
/* A packet of PMTU_BASE or more is about to be sent. */
void pmtu_probe_large(struct peer *p);
void pmtu_probe_tick(struct peer *p);
/* true: it was the tag of a probe. */
bool pmtu_probe_answered(struct peer *p, const uint8_t tag[RECORD_TAG_LEN]);
/* The peer is elsewhere; the configuration is another. */
void pmtu_probe_moved(struct peer *p);
void pmtu_probe_reconf(struct peer *p);
/* An ICMP error for a packet that went all the same: not too often. */
bool pmtu_probe_may_tell(struct peer *p);

/* --- records.c ---------------------------------------------------------- */
/* Whether there was a session to tell the records in. */
bool records_send(struct peer *p, const uint8_t *records, size_t len);
/* Sends a PING, if there is a session. */
void records_ping(struct peer *p);
/* A PING whose answer shows that the peer is alive, and which list it has. */
void records_keepalive(struct peer *p);
/* A PING in a DATA as long as an inner packet of size. */
void records_probe(struct peer *p, const uint8_t tag[RECORD_TAG_LEN],
		   size_t size);
void records_bye(struct peer *p);
/* Asks some of those that are up whether they reach the node of that name. */
void records_ask(struct core *c, const char *name);

/* For records_in.c and news.c: writes the head of a record, with the length of
 * its value; sends a PING or its PONG. */
struct wcur;
void record_put_head(struct wcur *w, enum record_type type, size_t len);
bool record_send_ping(struct peer *p, enum record_type type,
		      const uint8_t tag[RECORD_TAG_LEN]);

/* --- records_in.c ------------------------------------------------------- */
/* Takes the records of a control packet. DROP_NONE or DROP_CONTROL. */
enum drop records_in(struct peer *p, const struct assoc_in *in);

/* --- diagnose.c --------------------------------------------------------- */
/* As core_probe() and core_why(). */
void diagnose_probe(struct peer *p, bool by_tcp);
void diagnose_why(const struct core *c, const char *name, struct why *out,
		  bool *done);

/* --- clock.c ------------------------------------------------------------ */
/* How many seconds the peer's clock is ahead of ours; that it is not known. */
void peer_clock_take(struct peer *p, int64_t ahead_s);
void peer_clock_forget(struct peer *p);
bool peer_clock_is_off(const struct peer *p);

/* --- data/outbound.c, data/inbound.c -------------------------------------- */
/* As core_tun_in() and core_udp_in(). */
size_t outbound(struct core *c, struct tun_frame *frames, size_t n,
		struct core_out *out);
size_t inbound(struct core *c, struct udp_run *runs, size_t n,
	       struct core_out *out);

/* --- review.c ----------------------------------------------------------- */
/* Begins a round over all peers, and makes its first step. A round that runs
 * takes over what is to be done, and covers all peers once more. */
#define REVIEW_LIST 1	 /* another list is in force */
#define REVIEW_SECRETS 2 /* secrets age, also by the date of the list */
#define REVIEW_LOCATE 4	 /* addresses count as others than before */
#define REVIEW_CONF 8
#define REVIEW_RENEW 16 /* our certificate is another one */
void review_begin(struct core *c, unsigned int todo);
/* The next step. */
void review_tick(struct core *c);

/* --- peers.c ------------------------------------------------------------ */
/* Puts the generation into force: peers come and go, hooks are queued. *old is
 * the generation that was in force, for the caller to free. What changed is in
 * g->changes until then. */
int peers_apply(struct core *c, struct generation *g, struct generation **old);
/* Drops all sessions: copies of their keys may exist. */
void peers_slept(struct core *c);
void peers_tell_begun(struct core *c);
/* Tells all that are up that we stop in order. */
void peers_say_bye(struct core *c);
/* Hooks of everything that is there, up or down. */
void peers_hooks(struct core *c, bool up);
/* Another list is in force. Secrets and sessions that it does not allow end in
 * this turn: of the nodes that changed, or of all when it revokes further keys
 * or has other prefixes. */
void peers_check_secrets(struct core *c, const struct list_changes *cs);
void peers_judge(struct core *c, const struct list_changes *cs);
/* Other addresses stand for that name: peers that have it may be there. */
void peers_found(struct core *c, const char *host);
void peers_free(struct core *c);

#endif
