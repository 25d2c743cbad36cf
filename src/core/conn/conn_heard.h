/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Notes about each peer of the list, over all its connections. */
#ifndef CORE_CONN_CONN_HEARD_H
#define CORE_CONN_CONN_HEARD_H

#include <stdint.h>

#include "base/rate.h"
#include "base/table.h"
#include "core/env.h"
#include "core/report/ratelimit.h"
#include "format/proto.h"

#define CONN_SAID 4 /* lines about a peer that are remembered */

/* A peer of the list, over all its connections. */
struct conn_heard {
	char peer[NODE_NAME_MAX + 1];
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
struct conn_heard *conn_heard_get(struct table *heard,
				  const struct core_env *env, const char *peer);
/* Forgets names that the list does not contain, of the next n from *at on, which
 * begins at 0. true: those were the last ones. */
bool conn_heard_tidy(struct table *heard, const struct bnl *bnl, size_t *at,
		     size_t n);
void conn_heard_free(struct table *heard);

#endif
