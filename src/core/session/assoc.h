/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The UDP side of a peer: handshakes (INIT, RESP, COOKIE) that make sessions
 * from a stored pair secret, and the sealed DATA datagrams inside a session.
 *
 * `struct associations` is one of a core: it finds the association that a
 * datagram is for. `struct association` is one of a peer. Neither calls back:
 * each call returns ASSOC_* flags for its owner. Handshake answers go to
 * env->actions.
 *
 * Deadlines: a call may bring a association's deadline forward. After a batch,
 * ask assoc_deadline() of each association that was touched, and move the timer
 * when it is earlier than the one set. A timer that fires early does no harm.
 * assoc_deadline() may also be in the past: then assoc_tick() is due at once,
 * but after packets that waited were sealed (they serve as the answer that the
 * association would otherwise send as an empty DATA).
 */
#ifndef CORE_SESSION_ASSOC_H
#define CORE_SESSION_ASSOC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ipaddr.h"
#include "base/monotime.h"
#include "core/drop.h"
#include "core/env.h"
#include "core/session/session.h"
#include "format/compress.h"
#include "format/pair.h"
#include "format/proto.h"

struct assocs;
struct assoc;

/* The effects of a call; several may be set. */
enum assoc_flag {
	ASSOC_UP = 0x01,      /* can send now and could not before, or is
			       * heard again: seal what waits. May be set
			       * for a association that is up already */
	ASSOC_DOWN = 0x02,    /* the last session ended, or the peer has not
			       * answered for a long time */
	ASSOC_PROVED = 0x04,  /* the peer showed that it holds a pair that was
			       * not marked proven: assoc_in.pair_id */
	ASSOC_MOVED = 0x08,   /* assoc_remote() was known and is another now */
	ASSOC_VERSION = 0x10, /* the peer's list version: assoc_in.version */
	ASSOC_KEEPALIVE = 0x80,	 /* nothing was sent for so long that DATA with
				  * content is due, which the peer answers */
	ASSOC_UNANSWERED = 0x40, /* INIT after INIT is not answered: its
				  * addresses may be out of date */
	ASSOC_NEGOTIATE = 0x20	 /* a session is wanted and there is no pair, or
				  * none that the peer answers; said again with
				  * every further try */
};

/* --- of a core ----------------------------------------------------------- */

/* 0, or -1 when memory is out. */
int assocs_new(struct assocs **out, const struct core_env *env);
/* The associations must have been freed: asserts. NULL is fine. */
void assocs_free(struct assocs *ls);
/* Beyond so many INITs in a second that carry a right MAC, each needs a
 * cookie; LINKS_LOAD at first. */
#define LINKS_LOAD 200
void assocs_set_load(struct assocs *ls, uint32_t inits_per_second);

/* The result of a datagram. */
struct assoc_in {
	struct assoc *assoc; /* whose it is; also set for most drops after
			      * the header; NULL: not known */
	unsigned int flags;  /* ASSOC_* */
	bool is_data;	     /* a DATA that authenticates: */
	bool is_current;     /* ... in the session that sends */
	uint8_t data_flags;  /* DATA_* */
	uint8_t *data;	     /* plaintext, inside dgram */
	size_t len;	     /* 0: nothing but a sign of life */
	enum comp_alg comp;  /* meaning of DATA_COMPRESSED in it */
	uint8_t pair_id[PAIR_ID_LEN]; /* ASSOC_PROVED */
	struct bnl_version version;   /* ASSOC_VERSION: the peer's list */
	struct walltime wall;	      /* ASSOC_VERSION: the peer's clock */
	int64_t rtt_us;		      /* ASSOC_VERSION: of the handshake; 0:
				       * the version told may be old */
};

/*
 * Takes one datagram of any type from remote, addressed to local; DATA is
 * decrypted in place. *res is always set. DROP_NONE: it was taken. Else there
 * is nothing to do but to count it.
 * A version told in an INIT may be an old one of that peer (a replay).
 */
enum drop assocs_in(struct assocs *ls, struct core_env *env,
		    const struct endpoint *remote, const struct ipaddr *local,
		    uint8_t *dgram, size_t len, struct assoc_in *res);

/* --- of a peer ----------------------------------------------------------- */

/* peer, its name, is borrowed until assoc_free(). 0, or -1: no memory. */
int assoc_new(struct assoc **out, struct assocs *ls, const char *peer,
	      void *owner);
/* Wipes and forgets everything; NULL is fine. */
void assoc_free(struct assoc *l);
void *assoc_owner(const struct assoc *l);

/*
 * The pairs that are held and durable (NULL or none: none). Those made with
 * another static key than env->static_public are passed over. A try under a
 * secret that is no longer there is given up; a session made under it lives
 * on to its own end. Returns flags (a new pair starts a wanted session).
 * Out of memory: the pair is not used.
 */
unsigned int assoc_set_pairs(struct assoc *l, struct core_env *env,
			     const struct pair_record *durable);
/* The peer's possible endpoints, in order of preference; copied. A learned
 * address is kept. 0, or -1: no memory, the old ones stay. */
int assoc_set_endpoints(struct assoc *l, const struct endpoint *eps, size_t n);
/* Whether these are the ones that were set, in any order. */
bool assoc_has_endpoints(const struct assoc *l, const struct endpoint *eps,
			 size_t n);
/* The peer was removed, revoked or pinned to another key: sessions, tries,
 * pairs, keys, cookies and the learned address go at once. Not the endpoints
 * set. No flags: the association is down. */
void assoc_reset(struct assoc *l);

/* Traffic waits: resume until there is a session, or assoc_unwant(). Returns
 * flags (ASSOC_NEGOTIATE: no pair is held). Cheap when wanted already. */
unsigned int assoc_want(struct assoc *l, struct core_env *env);
void assoc_unwant(struct assoc *l, struct core_env *env);
/* The peer said that it ends the session that sends: all sessions go, pairs
 * and addresses stay. Returns flags. */
unsigned int assoc_bye(struct assoc *l, struct core_env *env);
/* Another list is in force: sessions go that were made with a key of the peer
 * that it does not allow, those of pairs that are not held any more as well.
 * An address that it has inside the VPN goes with all sessions, which had no
 * other one. Returns flags. */
unsigned int assoc_judge(struct assoc *l, struct core_env *env);
/* A copy of this memory must be of no use to an attacker: sessions and INITs
 * go, pairs and addresses stay. Returns flags. */
unsigned int assoc_slept(struct assoc *l, struct core_env *env);
/* Resume in the background, a few tries only. No-op with a session. */
unsigned int assoc_resume(struct assoc *l, struct core_env *env);
/* The peer is known to hold the newest pair: a session under another one is
 * followed by one under that; without any, as assoc_resume(), but at once. */
unsigned int assoc_agreed(struct assoc *l, struct core_env *env);

/* A DATA can be sealed now. */
bool assoc_can_send(const struct assoc *l, struct monotime now);
/* Writes len + DGRAM_DATA_OVERHEAD bytes for assoc_remote(). flags: DATA_*.
 * in == out + DGRAM_DATA_HEADER_LEN is allowed, any other overlap is not.
 * DROP_NO_SESSION: keep the packet and call assoc_want(). */
enum drop assoc_seal(struct assoc *l, const struct core_env *env, uint8_t flags,
		     const uint8_t *in, size_t len, uint8_t *out);
/* The destination; port 0: not known (and then there is no session). */
const struct endpoint *assoc_remote(const struct assoc *l);
/* From which local address; family IP_NONE: any. */
const struct ipaddr *assoc_local(const struct assoc *l);

/* The sending session's; NULL when there is none. */
const struct session_algos *assoc_algos(const struct assoc *l);

struct monotime assoc_deadline(const struct assoc *l); /* or MONO_NEVER */
unsigned int assoc_tick(struct assoc *l, struct core_env *env);

/* --- state for readers --------------------------------------------------- */

struct assoc_status {
	bool up;		/* a session sends, and the peer answers */
	bool trying;		/* INITs are being sent */
	unsigned int tries;	/* INITs in a row without an answer */
	bool initiator;		/* the sending session's */
	int64_t session_age_ms; /* the sending session's; -1: none */
	int64_t heard_ms;	/* since authenticated data; -1: never */
	uint8_t pair_id[PAIR_ID_LEN]; /* the sending session's */
	unsigned int sessions;	      /* number that can receive */
	uint64_t inits_sent, inits_taken;
	unsigned int unheard; /* peer's INITs since it was last heard: our
			       * answers may not reach it */
	int64_t taken_ms;     /* since the last one; -1: none */
	uint64_t handshakes;  /* sessions made, of either role */
	uint64_t cookies_sent, cookies_taken;
};

void assoc_status(const struct assoc *l, struct monotime now,
		  struct assoc_status *out);

#endif
