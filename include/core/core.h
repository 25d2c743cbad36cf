/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One node of the mesh as a pure machine: bytes and the time in; bytes,
 * actions and the next deadline out. It makes no system call, so that many
 * of them run in one process on a fake network and a fake clock.
 *
 * After every call but the getters, drain core_next_action(), then ask
 * core_deadline() and call core_tick() when it is reached.
 */
#ifndef CORE_CORE_H
#define CORE_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/frame.h"
#include "base/monotime.h"
#include "core/action.h"
#include "core/drop.h"
#include "core/generation.h"
#include "core/history.h"
#include "core/batch.h"
#include "core/refusal.h"
#include "core/comp_adapt.h"
#include "core/warning.h"
#include "core/why.h"
#include "crypto/rng.h"
#include "crypto/tls.h"
#include "format/conf.h"
#include "format/pair.h"

struct core;

struct core_init {
	const struct conf *conf;      /* borrowed until core_free or _reconf */
	struct tls_provider tls;      /* borrowed likewise */
	const struct cert_info *cert; /* our own; copied */
	const uint8_t *static_secret; /* X25519_LEN bytes; copied */
	struct rng rng;
	struct monotime (*clock)(void); /* by which packing and unpacking are
					 * charged; NULL: they are not */
	struct walltime built;		/* a clock before this is wrong */
	int64_t run_s;		 /* seconds that the node has been running
				  * before: ACTION_STORE_RUN wrote it */
	struct generation *list; /* taken over; NULL: none on disk */
	struct bnl *held; /* taken over; a stored list of a later format, or
			   * NULL */
	const struct bnl_version *mark; /* newest list ever taken; NULL: none */
	bool no_tcp_gro, no_udp_gro;	/* the device takes no such frames */
	bool no_csum;			/* nor partial checksums */
};

/*
 * 0 or -1. On failure list and held stay the caller's. A list below the mark is
 * used to find a newer one, and for nothing else; one dated too far ahead is
 * not used at all.
 */
int core_new(struct core **out, const struct core_init *in, struct now now,
	     struct err *e);
void core_free(struct core *c); /* NULL is fine; wipes */
/* A stored record, read at start before core_start(). An action erases a record
 * that no longer fits the list. The caller wipes its copy. */
void core_load_pair(struct core *c, const struct pair_record *r);
/* The bytes that ACTION_STORE_ADDRCACHE wrote, before core_start(). 0, or -1:
 * they are damaged, and nothing is taken from them. */
int core_load_addrcache(struct core *c, const uint8_t *data, size_t len,
			struct err *e);
/* Queues hooks for all that is set up; resumes peers with stored pairs. */
void core_start(struct core *c, struct now now);
/* Queues hooks for all that is taken down, and none after that; the last
 * writes. Answers to actions may still be given; then _free. */
void core_stop(struct core *c, struct now now);
/* A changed configuration, own certificate or CAs: sessions live on. */
void core_reconf(struct core *c, struct now now, const struct conf *conf,
		 struct tls_provider tls, const struct cert_info *cert);

/* --- data path: allocates nothing for a packet that has a session ------- */

/*
 * Frames from the TUN device become runs in out. Returns how many frames were
 * used up: fewer than n when out is full; send its content, reset it and call
 * again with the rest. An out that holds nothing must have room for
 * CORE_OUT_MIN bytes, 64 runs, 64 frames and 4 * FRAME_IOV_MAX slices at least;
 * packets of a super-packet that needs more room are dropped.
 */
#define CORE_OUT_MIN (128 * 1024)
size_t core_tun_in(struct core *c, struct now now, struct tun_frame *frames,
		   size_t n, struct core_out *out);
/*
 * Runs from the UDP socket become frames in out, which point into the runs'
 * memory (decrypted in place) and into out: write them before reusing either.
 * Returns how many runs were used up; one that was used in part has its data
 * and len moved on, for the next call.
 */
size_t core_udp_in(struct core *c, struct now now, struct udp_run *runs,
		   size_t n, struct core_out *out);

/* A datagram to that address was larger than a device takes. */
void core_too_big(struct core *c, struct now now, const struct endpoint *to);

/* Whether the device takes TCP and UDP super-packets: it has turned out. */
void core_device_takes(struct core *c, bool tcp, bool udp);

/* The machine has slept, or is the copy of another one: why. The keys of all
 * sessions go; those that were up are made anew. */
void core_slept(struct core *c, struct now now, const char *why);

/* --- TCP streams --------------------------------------------------------- */

/* An accepted connection: its id, or 0: refuse it. */
uint32_t core_stream_accepted(struct core *c, struct now now,
			      const struct endpoint *remote);
/* A connection asked for by ACTION_CONNECT is there. */
void core_stream_opened(struct core *c, struct now now, uint32_t conn);
void core_stream_in(struct core *c, struct now now, uint32_t conn,
		    const uint8_t *bytes, size_t len);
/* Bytes for the wire: how many were written to out; 0: none for now. */
size_t core_stream_drain(struct core *c, struct now now, uint32_t conn,
			 uint8_t *out, size_t cap);
/* The stream ended or could not be opened. why: for people; NULL for an orderly
 * end. */
void core_stream_closed(struct core *c, struct now now, uint32_t conn,
			enum close_reason reason, const char *why);

/* --- answers to actions -------------------------------------------------- */

/* STORE_PAIR and STORE_LIST: on disk, or not. */
void core_stored(struct core *c, struct now now, uint32_t ticket, bool ok);
/* Before core_stored() of a list from a peer: in its place on the disk was a
 * signed one of that version, which it does not descend from, and which nobody
 * had pushed. */
void core_list_replaced(struct core *c, struct now now,
			const struct bnl_version *version);
/* BUILD_LIST: the generation (taken over), or NULL and why not. */
void core_list_ready(struct core *c, struct now now, uint32_t ticket,
		     struct generation *g, const struct err *why);

/* RESOLVE: the addresses found; n == 0: none, and why. more: a part of the
 * addresses; another answer follows, with all of them. */
void core_resolved(struct core *c, struct now now, const char *host,
		   const struct ipaddr *found, size_t n, bool more,
		   const char *why);

/* --- the administrator --------------------------------------------------- */

/* A list read from disk: taken when it is newer; copied. Events tell its
 * outcome. */
void core_list_offer(struct core *c, struct now now, const void *raw,
		     size_t len);
/* There is none on disk that could be offered, and why: for the event. */
void core_list_refuse(struct core *c, struct now now, const struct err *why);
/* Offers the list in force to every other node; one from the disk that is on
 * its way into force takes its place. */
void core_push(struct core *c, struct now now);

/* A negotiation with that node now. 0, or -1: it is none, or is ourselves. */
int core_negotiate(struct core *c, struct now now, const char *name);
/* Finds out whether that node answers, for core_why(): by PING where there is
 * a session. Where there is none, or with dial, by TCP as well, and others
 * are asked whether they reach it. */
void core_probe(struct core *c, struct now now, const char *name, bool dial);
/* Lists where a node may be tried, at most CORE_ENDPOINTS_MAX. Returns how
 * many; 0 for a name that is no peer. */
#define CORE_ENDPOINTS_MAX 12
size_t core_endpoints(const struct core *c, const char *name,
		      struct endpoint out[CORE_ENDPOINTS_MAX]);
/* The reasons known why that node can be reached or not; done: the probe that
 * core_probe() began has ended. Names in *out live until the next call that is
 * no getter. */
void core_why(struct core *c, struct now now, const char *name, struct why *out,
	      bool *done);

/* Forgets the newest version ever taken, so that an older list can be put
 * back: a list that was stale is in force at once, and the next one from the
 * disk may be older than the one in force. */
void core_mark_reset(struct core *c, struct now now);

bool core_next_action(struct core *c, struct action *out);
struct monotime core_deadline(const struct core *c);
void core_tick(struct core *c, struct now now);

/* --- state for readers -------------------------------------------------- */

const struct bnl *core_list(const struct core *c); /* in force, or NULL */
const struct generation *core_generation(const struct core *c); /* its routes */
/* The list that is held, newer than that one and of a later format than this
 * program applies, or NULL; and that in words. */
const struct bnl *core_list_held(const struct core *c);
#define CORE_HELD_TEXT_MAX 256
char *core_list_held_text(const struct core *c, char out[CORE_HELD_TEXT_MAX]);
bool
core_list_is_stale(const struct core *c); /* below the mark: routes nothing */
/* A list from the disk is on its way into force, or to its refusal. */
bool core_list_is_pending(const struct core *c);
uint64_t core_drops(const struct core *c, enum drop d);
/* Lists that were refused for that, since the start. */
uint64_t core_refused(const struct core *c, enum refusal r);
/* Connections that ended before their TLS handshake was done. */
uint64_t core_tls_failed(const struct core *c);
/* Why the list that was last read from the disk was refused; NULL: it was not,
 * or it has been replaced since. */
const char *core_disk_refused(const struct core *c);

/* The warnings that hold now, of this node itself, and of peer i below
 * core_peer_count(). Walks: *pos starts at 0; false at the end. */
bool core_own_warning(struct core *c, struct now now, size_t *pos,
		      struct warning *out);
bool core_peer_warning(struct core *c, struct now now, size_t i, size_t *pos,
		       struct warning *out);

struct core_traffic { /* inner packets, with all peers together, */
	uint64_t tx_packets, tx_bytes, rx_packets, rx_bytes;
}; /* also with those that have left */

const struct core_traffic *core_traffic(const struct core *c);

enum peer_state {
	PEER_IDLE,	  /* nothing wanted, nothing there */
	PEER_NEGOTIATING, /* over TCP */
	PEER_RESUMING,	  /* INIT sent */
	PEER_UP		  /* a session is there */
};

const char *peer_state_name(enum peer_state s);

/* Whether a peer is well, from the last contact with it; nothing is tried. */
enum peer_health {
	HEALTH_UP,	/* there is a session */
	HEALTH_IDLE,	/* no session; the last contact was good */
	HEALTH_UNTRIED, /* no session, and no contact yet */
	HEALTH_FAILING, /* the last try failed, or has no answer */
	HEALTH_STOPPED	/* the peer said goodbye */
};

/* Stable word: "up", "idle", "untried", "failing", "stopped". */
const char *peer_health_name(enum peer_health h);

struct peer_info { /* all pointers live until the next call */
	const char *name;
	enum peer_state state;
	enum peer_health health;
	struct endpoint endpoint; /* port 0: not known */
	bool has_pair;
	enum aead_alg cipher;
	enum comp_alg comp;
	uint8_t level;
	int64_t pair_age_s;
	int64_t session_age_ms;	       /* -1: no session */
	int64_t heard_ms;	       /* since authenticated data; -1: never */
	uint64_t tx_packets, tx_bytes; /* inner packets */
	uint64_t rx_packets, rx_bytes;
	struct adapt_stats shrink;  /* sent packets; in 0: not packed */
	uint64_t queued;	    /* packets that wait for a session */
	uint64_t handshakes;	    /* sessions made since the start */
	const uint64_t *drops;	    /* DROPS counters of this peer */
	struct bnl_version version; /* the list it was last known to run */
	int64_t rtt_us;		    /* 0: not known */
	bool has_clock;		    /* the peer told its clock: */
	int64_t clock_s;	    /* that far ahead of ours */
	bool one_way;		    /* heard, and does not hear us */
	size_t mtu;		    /* path's, for inner packets */
	uint64_t inits_sent, inits_taken;
	bool initiator;		  /* the session's initiator */
	struct walltime cert_end; /* the pair's: earlier one of the two */
	const uint8_t *key;	  /* FINGERPRINT_LEN; NULL: no pair */
	const struct history_entry *note; /* addresses tried; NULL: nothing */
};

size_t core_peer_count(const struct core *c);
/* i below core_peer_count(), in order of name; ourselves are not among them. */
void core_peer_info(const struct core *c, struct now now, size_t i,
		    struct peer_info *out);
/* The place of name, or core_peer_count() when no node has that name. */
size_t core_peer_find(const struct core *c, const char *name);
/* The place of the first one whose name comes after that one. */
size_t core_peer_after(const struct core *c, const char *name);

#endif
