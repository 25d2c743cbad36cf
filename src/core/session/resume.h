/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * When a node sends INITs to a peer, and when it stops: a pure state machine,
 * without keys or datagrams.
 *
 *	                 want, renew: no pair held
 *	       IDLE ----------------------------------> BARE
 *	       ^ ||                                      | a pair
 *	       | |+--- the peer's handshake is ---> HELD <-+
 *	       | |     under way                     |
 *	       | | want, renew          due, agreed  |
 *	       | +------------> TRY <----------------+
 *	       | promoted,      | ^ |
 *	       | given up       | | | RESP
 *	       +----------------+ | v
 *	       +------------- CONFIRM
 *	         heard,           (renewed before it was heard: TRY)
 *	         promoted, after the last repeat
 *
 * A session that the peer started ends every state but CONFIRM of a session
 * that is to win; so does the end of the want.
 */
#ifndef CORE_SESSION_RESUME_H
#define CORE_SESSION_RESUME_H

#include <stdbool.h>

#include "base/monotime.h"
#include "core/env.h"

enum resume_state {
	RESUME_IDLE,	/* nothing is wanted */
	RESUME_BARE,	/* a session is wanted, but no pair is held */
	RESUME_HELD,	/* wanted; the peer's INIT was just answered,
			 * or is to come: the first pair is new */
	RESUME_TRY,	/* INITs are sent */
	RESUME_CONFIRM, /* RESP came, DATA did not yet */
	RESUME_STATES
};

enum resume_event {
	RESUME_WANT,	 /* traffic waits */
	RESUME_START,	 /* resume in the background */
	RESUME_RENEW,	 /* the session is old, or silent */
	RESUME_UNWANT,	 /* no traffic waits any more */
	RESUME_DUE,	 /* the timer */
	RESUME_ANSWERED, /* RESP: our session is current */
	RESUME_COOKIED,	 /* a cookie for an INIT that had none */
	RESUME_OFFERED,	 /* an INIT of the peer was answered */
	RESUME_PROMOTED, /* the peer's session is current */
	RESUME_HEARD,	 /* first DATA in the current session */
	RESUME_PAIRS,	 /* other pairs are held */
	RESUME_AGREED,	 /* the peer holds the new pair as well */
	RESUME_ENDED,	 /* the current session is over */
	RESUME_EVENTS
};

/* The steps to take now; several may be set. */
enum resume_do {
	RESUME_DO_INIT = 0x01,	   /* send one: number r->tries, from 1 */
	RESUME_DO_AGAIN = 0x02,	   /* the last one once more, with the cookie */
	RESUME_DO_EMPTY = 0x04,	   /* send an empty DATA */
	RESUME_DO_FORGET = 0x08,   /* wipe all INITs not answered */
	RESUME_DO_NEGOTIATE = 0x10 /* a new pair is needed */
};

struct resume { /* all zero: idle */
	enum resume_state state;
	unsigned int wants;	    /* users that want a session */
	struct monotime due;	    /* when to say RESUME_DUE; not IDLE */
	struct monotime began;	    /* this stretch of tries */
	unsigned int burst;	    /* tries in it */
	struct monotime unanswered; /* first INIT that nobody answered */
	unsigned int tries;	    /* INITs since then */
	bool doubted;		    /* NEGOTIATE was said for that */
	bool renewed;		    /* and other pairs came of it */
	struct monotime last;	    /* INIT */
	struct monotime answered;   /* RESP */
	unsigned int confirms;	    /* timers served since then */
};

struct resume_view {		 /* the machine's view of the association */
	unsigned int pairs;	 /* how many are held */
	struct monotime offered; /* when the tentative session was made;
				  * unset: none */
	bool sent;		 /* DATA went out in the current one */
};

/* The only one that changes *r. Returns RESUME_DO_* flags. */
unsigned int resume_step(struct resume *r, enum resume_event event,
			 const struct core_env *env,
			 const struct resume_view *v);

/* When the timer is due; MONO_NEVER: it is not set. */
static inline struct monotime
resume_deadline(const struct resume *r)
{
	return r->state == RESUME_IDLE ? MONO_NEVER : r->due;
}

/* RESP came so lately that the peer may not have our confirmation yet. */
static inline bool
resume_is_unsettled(const struct resume *r)
{
	return r->state == RESUME_CONFIRM && r->confirms <= 1;
}

#endif
