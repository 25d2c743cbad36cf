/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Notes about each peer of the list, over all its connections. */
#ifndef CORE_CONN_CONN_HEARD_H
#define CORE_CONN_CONN_HEARD_H

#include <stdint.h>

#include "base/rate.h"
#include "core/env.h"
#include "core/report/ratelimit.h"
#include "format/proto.h"

#define CONN_SAID 4 /* lines about a peer that are remembered */

/* A peer of the list, over all its connections. */
struct conn_heard {
	struct entry *entry;	  /* whose part it is */
	unsigned int negotiating; /* connections that we dialled for that,
				   * which are not over */
	/* When it dialled us to negotiate: */
	uint64_t seq;	   /* number of the newest such connection */
	struct rate asked; /* so often */
	/* The lines that were logged about the peer: */
	struct rate lines; /* different ones */
	struct ratelimit_mark said[CONN_SAID];
};

/* Made if there is nothing yet. NULL: the peer is not in the list, or memory is
 * out. */
struct conn_heard *conn_heard_get(struct core_env *env, const char *peer);
/* Fewer of the connections that we dialled are under way. */
void conn_heard_done(struct core_env *env, struct conn_heard *h);
/* Forgets it, if the list does not name the peer, unless such a connection is
 * under way. The caller drops the entry. */
void conn_heard_review(struct core_env *env, struct entry *e);
void conn_heard_free(struct core_env *env);

#endif
