/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The declarations that the files of the link module share. */
#ifndef CORE_LINK_LOCAL_H
#define CORE_LINK_LOCAL_H

#include "base/table.h"
#include "core/cookie.h"
#include "core/handshake.h"
#include "core/keyring.h"
#include "core/link.h"
#include "core/resume.h"
#include "core/rxindex.h"

#define LINK_PENDING 2	/* INITs of one link that may still be answered: a
			 * retry does not make a slow answer useless */
#define LINK_SEEN 64	/* ephemeral keys that are remembered */
#define LINK_INIT_GAP_MS 20	/* INITs of one peer are taken no faster */

struct link_pair {
	struct link *link;
	struct pair_keys keys;
};

struct links {
	struct rxindex index;
	struct table pairs;		/* pair id -> struct link_pair */
	struct cookie_jar jar;
	struct monotime load_since;	/* start of the counted second */
	uint32_t load, load_max;	/* INITs */
	size_t count;			/* number of links */
};

struct link_cookie {			/* a cookie from the peer */
	struct monotime until;		/* unset: none */
	uint8_t pair_id[PAIR_ID_LEN];
	struct endpoint to;
	uint8_t value[PROTO_MAC_LEN];
};

struct link {
	struct links *all;
	const char *peer;		/* borrowed */
	void *owner;
	struct keyring keys;
	struct endpoint remote;		/* learned from authenticated bytes */
	struct ipaddr local;
	/* Timers; unset: not running. */
	struct monotime answer_at;	/* data came, nothing was sent */
	struct monotime silence_at;	/* data was sent, nothing came */
	struct monotime sent, heard;
	struct monotime deadline;	/* never later than the first timer */
	bool renew;			/* a packet passed in an old session */
	bool lost;			/* nothing came for silence_after: it
					 * may be the path */
	unsigned int vain;		/* INITs of the peer since a session was
					 * made, of either one's INIT */
	bool up;			/* as was told */
	bool doubted;			/* held pairs led to LINK_NEGOTIATE:
					 * LINK_UP follows an answer */
	struct resume resume;
	struct link_pair *pairs[PAIR_HELD_MAX];	/* owned, newest first */
	unsigned int npairs;
	struct handshake *pending[LINK_PENDING];	/* owned, newest first */
	uint64_t serial;		/* number of the last INIT */
	struct monotime taken;		/* the last INIT of the peer */
	struct monotime called;		/* the same, answered or not */
	uint64_t *seen;			/* LINK_SEEN ephemeral keys; or NULL */
	uint64_t nseen;
	struct link_cookie cookie;
	struct endpoint *eps;		/* possible endpoints; owned */
	size_t neps;
	struct link_status counts;	/* only its counters are used */
};

/* --- link.c --------------------------------------------------------------- */

void link_drop_session(struct link *l, struct session *s);	/* or NULL */
/* Wipes the INITs with a serial up to last. */
void link_forget(struct link *l, uint64_t last);
/* The peer may be at that address. */
bool link_knows(const struct link *l, const struct endpoint *ep);
/* Follows the peer to where authenticated bytes came from, unless that is
 * inside the VPN. LINK_MOVED or 0. */
unsigned int link_follow(struct link *l, const struct core_env *env,
			 const struct endpoint *remote,
			 const struct ipaddr *local);

/* --- link_run.c ----------------------------------------------------------- */

/* Tells the machine and does the steps that it asks for. LINK_* flags. */
unsigned int link_step(struct link *l, struct core_env *env,
		       enum resume_event event);
/* Computes the deadline anew; at the end of all that is not a data packet. */
void link_rearm(struct link *l, const struct core_env *env);

#endif
