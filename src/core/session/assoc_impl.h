/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The declarations that the files of the association module share. */
#ifndef CORE_SESSION_ASSOC_IMPL_H
#define CORE_SESSION_ASSOC_IMPL_H

#include "base/rate.h"
#include "base/table.h"
#include "core/session/cookie.h"
#include "core/session/handshake.h"
#include "core/session/keyring.h"
#include "core/session/assoc.h"
#include "core/session/resume.h"
#include "core/session/rxindex.h"

#define ASSOC_PENDING \
	2	      /* INITs of one association that may still be answered: a
		       * retry does not make a slow answer useless */
#define ASSOC_SEEN 64 /* ephemeral keys that are remembered */

struct assoc_pair {
	struct assoc *assoc;
	struct pair_keys keys;
};

struct assocs {
	struct rxindex index;
	struct table pairs; /* pair id -> struct assoc_pair */
	struct cookie_jar jar;
	struct rate load;  /* INITs in a second, */
	uint32_t load_max; /* ... without cookies */
	size_t count;	   /* number of associations */
};

struct assoc_cookie {	       /* a cookie from the peer */
	struct monotime until; /* unset: none */
	uint8_t pair_id[PAIR_ID_LEN];
	struct endpoint to;
	uint8_t value[PROTO_MAC_LEN];
};

struct assoc {
	struct assocs *all;
	const char *peer; /* borrowed */
	void *owner;
	struct keyring keys;
	struct endpoint remote; /* learned from authenticated bytes */
	struct ipaddr local;
	/* Timers; unset: not running. */
	struct monotime answer_at;  /* data came, nothing was sent */
	struct monotime silence_at; /* data was sent, nothing came */
	struct monotime sent, heard;
	struct monotime deadline; /* never later than the first timer */
	bool renew;		  /* a packet passed in an old session */
	bool lost;		  /* nothing came for silence_after: it
				   * may be the path */
	unsigned int vain;	  /* INITs of the peer since a session was
				   * made, of either one's INIT */
	bool up;		  /* as was told */
	bool doubted;		  /* held pairs led to ASSOC_NEGOTIATE:
				   * ASSOC_UP follows an answer */
	struct resume resume;
	struct assoc_pair *pairs[PAIR_HELD_MAX]; /* owned, newest first */
	unsigned int npairs;
	struct handshake *pending[ASSOC_PENDING]; /* owned, newest first */
	uint64_t serial;			  /* number of the last INIT */
	struct monotime taken;	/* the last INIT of the peer */
	struct monotime called; /* the same, answered or not */
	uint64_t *seen;		/* ASSOC_SEEN ephemeral keys; or NULL */
	uint64_t nseen;
	struct assoc_cookie cookie;
	struct endpoint *eps; /* possible endpoints; owned */
	size_t neps;
	struct assoc_status counts; /* only its counters are used */
};

/* --- assoc.c -------------------------------------------------------------- */

void assoc_drop_session(struct assoc *l, struct session *s); /* or NULL */
/* Holds exactly the pairs of the record, NULL: none, that fit this node's key.
 * true: they are others than before. */
bool assoc_replace_pairs(struct assoc *l, const struct core_env *env,
			 const struct pair_record *durable);
/* Wipes the INITs with a serial up to last. */
void assoc_forget(struct assoc *l, uint64_t last);
/* The peer may be at that address. */
bool assoc_knows(const struct assoc *l, const struct endpoint *ep);
/* Follows the peer to where authenticated bytes came from, unless that is
 * inside the VPN. ASSOC_MOVED or 0. */
unsigned int assoc_follow(struct assoc *l, const struct core_env *env,
			  const struct endpoint *remote,
			  const struct ipaddr *local);

/* --- assoc_run.c ---------------------------------------------------------- */

/* Tells the machine and does the steps that it asks for. ASSOC_* flags. */
unsigned int assoc_step(struct assoc *l, struct core_env *env,
			enum resume_event event);
/* Computes the deadline anew; at the end of all that is not a data packet. */
void assoc_rearm(struct assoc *l, const struct core_env *env);

#endif
