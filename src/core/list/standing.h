/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The memory that a node keeps of every other node about lists. */
#ifndef CORE_LIST_STANDING_H
#define CORE_LIST_STANDING_H

#include <stdbool.h>

#include "base/rate.h"
#include "base/text.h"
#include "base/timerq.h"
#include "core/env.h"
#include "format/bnl.h"

struct standing {
	struct entry *entry;	 /* whose part it is */
	struct bnl_version seen; /* the list it said it has */
	struct monotime told;	 /* when it said so */
	struct monotime muted_until;
	unsigned int strikes;
	unsigned int broke; /* transfers, with their connection */
	unsigned int conns; /* open connections */
	bool whole;	    /* a difference from it was of no use:
			     * it is asked for whole lists */
	/* fields of core/gossip */
	struct rate news;   /* pulls by its news */
	unsigned int round; /* of the list for which these are: */
	bool push;	    /* until it has our list */
	bool pull;	    /* in the queue of pulls by news: */
	struct standing *next_pull;
	bool news_open;	    /* told of a newer list while a
			     * connection was open */
	bool pass;	    /* wanted for passing on, likewise */
	unsigned int tries; /* pushes tried so far */
	struct timer retry;
	bool ready; /* in the queue of pushes: */
	struct standing *next;
};

struct standings { /* parts of the entries of env->names */
	struct core_env *env;
	size_t n, cap; /* cap: a power of two, never less */
};

void standings_init(struct standings *ps, struct core_env *env);
void standings_free(struct standings *ps);
struct standing *standing_find(const struct standings *ps, const char *name);
/* Makes one when there is none; NULL when memory is out. */
struct standing *standing_get(struct standings *ps, const char *name);
/* Forgets the node when it is not in the list in force, unless there is
 * something held against it or still to be done. true: it is forgotten; the
 * caller drops its entry. */
bool standing_purge(struct standings *ps, struct standing *p);

/* The peer announced a list and did not deliver it, or delivered one that is
 * refused: this node does not ask it for an hour, then two, ... */
void standing_strike(struct standing *p, struct monotime now);
/* The connection ended when a part of the list had come: it may be the path.
 * For a minute, then two, ... up to an hour. */
void standing_broke(struct standing *p, struct monotime now);
void standing_delivered(struct standing *p);
bool standing_muted(const struct standing *p, struct monotime now);
/* The same of a node by its name. */
bool standings_mute(const struct standings *ps, const char *name,
		    struct monotime now);

#endif
