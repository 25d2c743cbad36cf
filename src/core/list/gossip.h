/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which node to connect to for lists, and when: pull rounds, pushes with
 * retries, the passing on of a list just taken.
 */
#ifndef CORE_LIST_GOSSIP_H
#define CORE_LIST_GOSSIP_H

#include <stdbool.h>
#include <stddef.h>

#include "core/list/diffs.h"
#include "core/list/standing.h"
#include "core/env.h"

struct gossip;

/* All are borrowed. NULL when memory is out. The first pull round comes some
 * seconds after. */
struct gossip *gossip_new(struct core_env *env, struct standings *peers,
			  const struct diffs *diffs);
void gossip_free(struct gossip *r); /* NULL is fine */

/* The node said which list it has. */
void gossip_seen(struct gossip *r, const char *name,
		 const struct bnl_version *v);
/* The same by a datagram; wanted: that version would be taken, so it is to be
 * pulled. */
void gossip_news(struct gossip *r, const char *name,
		 const struct bnl_version *v, bool wanted);
/* A connection with the node is closed: the last one may have ended before it
 * brought the list that the node told of meanwhile. */
void gossip_closed(struct gossip *r, struct standing *p);
/* A connection that was wanted did not come about. */
void gossip_failed(struct gossip *r, const char *name);

/* Offer the list in force to every other node, first to those that were heard
 * of late, in a session or over TLS; and retry. */
void gossip_push(struct gossip *r);
/* A list just taken: to the next node by name and some others. */
void gossip_pass_on(struct gossip *r);
/* Another list is in force: the push of the old one is out of date. */
void gossip_applied(struct gossip *r);
/* Forgets a node that is not in it. The caller drops its entry. */
void gossip_review(struct gossip *r, struct standing *p);

enum gossip_want {
	WANT_NONE,
	WANT_PULL, /* the node is to be asked: only a connection serves */
	WANT_PASS, /* the list is to be announced to it, at once */
	WANT_PUSH  /* the same, to one of all nodes */
};

/* There is nobody to connect to, whatever there is to spare. */
bool gossip_idle(const struct gossip *r);
/* The next node to connect to, with so many connections to spare. */
enum gossip_want gossip_next(struct gossip *r, size_t spare,
			     char name[NODE_NAME_MAX + 1]);
/* The list was announced to that node in its session instead of a connection:
 * a push looks again soon whether the node has it. */
void gossip_told(struct gossip *r, const char *name);
struct monotime gossip_deadline(const struct gossip *r);
/* spare: connections there are now: a round asks as many nodes. */
void gossip_tick(struct gossip *r, size_t spare);
/* The configuration has changed: the next pull may have to come sooner. */
void gossip_reconf(struct gossip *r);
/* The list in force is below the mark: look for another more often. */
void gossip_hurry(struct gossip *r, bool on);

#endif
