/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The UDP side of a peer: handshakes (INIT, RESP, COOKIE) that make sessions
 * from a stored pair secret, and the sealed DATA datagrams inside a session.
 *
 * `struct links` is one of a core: it finds the link that a datagram is for.
 * `struct link` is one of a peer. Neither calls back: each call returns
 * LINK_* flags for its owner. Handshake answers go to env->actions.
 *
 * Deadlines: a call may bring a link's deadline forward. After a batch, ask
 * link_deadline() of each link that was touched, and move the timer when it
 * is earlier than the one set. A timer that fires early does no harm.
 * link_deadline() may also be in the past: then link_tick() is due at once,
 * but after packets that waited were sealed (they serve as the answer that
 * the link would otherwise send as an empty DATA).
 */
#ifndef CORE_LINK_H
#define CORE_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ipaddr.h"
#include "base/monotime.h"
#include "core/drop.h"
#include "core/env.h"
#include "core/session.h"
#include "format/compress.h"
#include "format/pair.h"
#include "format/proto.h"

struct links;
struct link;

/* The effects of a call; several may be set. */
enum link_flag {
	LINK_UP = 0x01,		/* can send now and could not before, or is
				 * heard again: seal what waits. May be set
				 * for a link that is up already */
	LINK_DOWN = 0x02,	/* the last session ended, or the peer has not
				 * answered for a long time */
	LINK_PROVED = 0x04,	/* the peer showed that it holds a pair that was
				 * not marked proven: link_in.pair_id */
	LINK_MOVED = 0x08,	/* link_remote() was known and is another now */
	LINK_VERSION = 0x10,	/* the peer's list version: link_in.version */
	LINK_KEEPALIVE = 0x80,	/* nothing was sent for so long that DATA with
				 * content is due, which the peer answers */
	LINK_UNANSWERED = 0x40,	/* INIT after INIT is not answered: its
				 * addresses may be out of date */
	LINK_NEGOTIATE = 0x20	/* a session is wanted and there is no pair, or
				 * none that the peer answers; said again with
				 * every further try */
};

/* --- of a core ----------------------------------------------------------- */

/* 0, or -1 when memory is out. */
int links_new(struct links **out, const struct core_env *env);
/* The links must have been freed: asserts. NULL is fine. */
void links_free(struct links *ls);
/* Beyond so many INITs in a second that carry a right MAC, each needs a
 * cookie; LINKS_LOAD at first. */
#define LINKS_LOAD 200
void links_set_load(struct links *ls, uint32_t inits_per_second);

/* The result of a datagram. */
struct link_in {
	struct link *link;	/* whose it is; also set for most drops after
				 * the header; NULL: not known */
	unsigned int flags;	/* LINK_* */
	bool is_data;		/* a DATA that authenticates: */
	bool is_current;	/* ... in the session that sends */
	uint8_t data_flags;	/* DATA_* */
	uint8_t *data;		/* plaintext, inside dgram */
	size_t len;		/* 0: nothing but a sign of life */
	enum comp_alg comp;	/* meaning of DATA_COMPRESSED in it */
	uint8_t pair_id[PAIR_ID_LEN];	/* LINK_PROVED */
	struct bnl_version version;	/* LINK_VERSION: the peer's list */
	struct walltime wall;		/* LINK_VERSION: the peer's clock */
	int64_t rtt_us;			/* LINK_VERSION: of the handshake; 0:
					 * the version told may be old */
};

/*
 * Takes one datagram of any type from remote, addressed to local; DATA is
 * decrypted in place. *res is always set. DROP_NONE: it was taken. Else there
 * is nothing to do but to count it.
 * A version told in an INIT may be an old one of that peer (a replay).
 */
enum drop links_in(struct links *ls, struct core_env *env,
		   const struct endpoint *remote, const struct ipaddr *local,
		   uint8_t *dgram, size_t len, struct link_in *res);

/* --- of a peer ----------------------------------------------------------- */

/* peer, its name, is borrowed until link_free(). 0, or -1: no memory. */
int link_new(struct link **out, struct links *ls, const char *peer,
	     void *owner);
/* Wipes and forgets everything; NULL is fine. */
void link_free(struct link *l);
void *link_owner(const struct link *l);

/*
 * The pairs that are held and durable (NULL or none: none). Those made with
 * another static key than env->static_public are passed over. A try under a
 * secret that is no longer there is given up; a session made under it lives
 * on to its own end. Returns flags (a new pair starts a wanted session).
 * Out of memory: the pair is not used.
 */
unsigned int link_set_pairs(struct link *l, struct core_env *env,
			    const struct pair_record *durable);
/* The peer's possible endpoints, in order of preference; copied. A learned
 * address is kept. 0, or -1: no memory, the old ones stay. */
int link_set_endpoints(struct link *l, const struct endpoint *eps, size_t n);
/* Whether these are the ones that were set, in any order. */
bool link_has_endpoints(const struct link *l, const struct endpoint *eps,
			size_t n);
/* The peer was removed, revoked or pinned to another key: sessions, tries,
 * pairs, keys, cookies and the learned address go at once. Not the endpoints
 * set. No flags: the link is down. */
void link_reset(struct link *l);

/* Traffic waits: resume until there is a session, or link_unwant(). Returns
 * flags (LINK_NEGOTIATE: no pair is held). Cheap when wanted already. */
unsigned int link_want(struct link *l, struct core_env *env);
void link_unwant(struct link *l, struct core_env *env);
/* The peer said that it ends the session that sends: all sessions go, pairs
 * and addresses stay. Returns flags. */
unsigned int link_bye(struct link *l, struct core_env *env);
/* Another list is in force: sessions go that were made with a key of the peer
 * that it does not allow, those of pairs that are not held any more as well.
 * An address that it has inside the VPN goes with all sessions, which had no
 * other one. Returns flags. */
unsigned int link_judge(struct link *l, struct core_env *env);
/* A copy of this memory must be of no use to an attacker: sessions and INITs
 * go, pairs and addresses stay. Returns flags. */
unsigned int link_slept(struct link *l, struct core_env *env);
/* Resume in the background, a few tries only. No-op with a session. */
unsigned int link_resume(struct link *l, struct core_env *env);
/* The peer is known to hold the newest pair: a session under another one is
 * followed by one under that; without any, as link_resume(), but at once. */
unsigned int link_agreed(struct link *l, struct core_env *env);

/* A DATA can be sealed now. */
bool link_can_send(const struct link *l, struct monotime now);
/* Writes len + DGRAM_DATA_OVERHEAD bytes for link_remote(). flags: DATA_*.
 * in == out + DGRAM_DATA_HEADER_LEN is allowed, any other overlap is not.
 * DROP_NO_SESSION: keep the packet and call link_want(). */
enum drop link_seal(struct link *l, const struct core_env *env, uint8_t flags,
		    const uint8_t *in, size_t len, uint8_t *out);
/* The destination; port 0: not known (and then there is no session). */
const struct endpoint *link_remote(const struct link *l);
/* From which local address; family IP_NONE: any. */
const struct ipaddr *link_local(const struct link *l);

/* The sending session's; NULL when there is none. */
const struct session_algos *link_algos(const struct link *l);

struct monotime link_deadline(const struct link *l);	/* or MONO_NEVER */
unsigned int link_tick(struct link *l, struct core_env *env);

/* --- state for readers --------------------------------------------------- */

struct link_status {
	bool up;		/* a session sends, and the peer answers */
	bool trying;		/* INITs are being sent */
	unsigned int tries;	/* INITs in a row without an answer */
	bool initiator;		/* the sending session's */
	int64_t session_age_ms;	/* the sending session's; -1: none */
	int64_t heard_ms;	/* since authenticated data; -1: never */
	uint8_t pair_id[PAIR_ID_LEN];	/* the sending session's */
	unsigned int sessions;	/* number that can receive */
	uint64_t inits_sent, inits_taken;
	unsigned int unheard;	/* peer's INITs since it was last heard: our
				 * answers may not reach it */
	int64_t taken_ms;	/* since the last one; -1: none */
	uint64_t handshakes;	/* sessions made, of either role */
	uint64_t cookies_sent, cookies_taken;
};

void link_status(const struct link *l, struct monotime now,
		 struct link_status *out);

#endif
