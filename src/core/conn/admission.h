/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whether the holder of a verified certificate may talk to us, and for what.
 * Answers only: the owner of the connection refuses.
 */
#ifndef CORE_CONN_ADMISSION_H
#define CORE_CONN_ADMISSION_H

#include <stdbool.h>
#include <stdint.h>

#include "core/conn/conn_heard.h"
#include "core/env.h"
#include "core/report/ratelimit.h"
#include "format/proto.h"

#define ADMIT_YES 0
#define ADMIT_NO_CA 256 /* no code of the wire: no CA vouches for the peer */

/*
 * ADMIT_YES, ADMIT_NO_CA or an enum refuse_code. dialled: the name we wanted to
 * reach; NULL when they called. REFUSE_NOT_LISTED is given only when nothing
 * else is wrong: such a name may still deliver a newer list.
 */
int admission_check(const struct core_env *env, const struct cert_info *peer,
		    const char *dialled);
/* Whether a peer for which that is the answer may still deliver a newer list,
 * which may name it or pin its new key. Nothing else is done with it until that
 * list is in force. by_key: no CA vouches for it. lacking: as
 * lists_lacking(). */
bool admission_may_deliver(int code, bool by_key, bool dialled, bool lacking);
/*
 * Decides in the handshake about a peer for which no CA vouches: is it the node
 * whose key the list pins, by `admit pinned`? Or may a dialler, which has found
 * a key that it cannot verify at an address of its own list, take a list from
 * it and nothing else? Lists prove themselves; so a node can be away until all
 * certificates have ended and all keys are others. dialled: as above; at: its
 * address.
 */
bool admission_by_key(const struct core_env *env, const struct cert_info *peer,
		      const char *dialled, const struct endpoint *at);
/* This node can negotiate: it has a list that is not stale and is in it. */
bool admission_can_negotiate(const struct core_env *env);
/* The peer has dialled so many other connections: one more is too many. No
 * node, whatever is wrong with it, has all connections to itself. */
bool admission_is_crowd(unsigned int others);

/* A peer that has said HELLO. */
struct admission_case {
	struct monotime now;
	const char *peer;
	uint64_t seq; /* number of the connection */
	bool dialled;
	unsigned int others; /* connections that the peer dialled as well */
	bool negotiates;     /* asks for a negotiation that can be */
	/* A peer that the list does not admit: */
	int code; /* admission_check() now; */
	bool deliver_only;
	bool takes;	 /* a list of it would be taken */
	bool delivering; /* another such peer delivers a list already */
};

struct verdict {
	int code;	 /* ADMIT_YES or an enum refuse_code, */
	const char *why; /* and that */
	/* The negotiations that the peer began on older connections end; also
	 * when this one is refused. */
	bool newest;
};

/* Counts what it admits: heard is of the peer, NULL when it is not in the list;
 * unlisted remembers names that delivered lists. */
struct verdict admission_judge(const struct admission_case *c,
			       struct conn_heard *heard,
			       struct ratelimit *unlisted);

#endif
