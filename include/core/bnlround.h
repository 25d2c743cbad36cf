/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which node to connect to for lists, and when: pull rounds, pushes with
 * retries, the passing on of a list just taken.
 */
#ifndef CORE_BNLROUND_H
#define CORE_BNLROUND_H

#include <stdbool.h>
#include <stddef.h>

#include "core/bnlpeer.h"
#include "core/env.h"

struct bnlround;

/* Both are borrowed. NULL when memory is out. The first pull round comes some
 * seconds after. */
struct bnlround *bnlround_new(struct core_env *env, struct bnlpeers *peers);
void bnlround_free(struct bnlround *r); /* NULL is fine */

/* The node said which list it has. */
void bnlround_seen(struct bnlround *r, const char *name,
		   const struct bnl_version *v);
/* The same by a datagram; wanted: that version would be taken, so it is to be
 * pulled. */
void bnlround_news(struct bnlround *r, const char *name,
		   const struct bnl_version *v, bool wanted);
/* A connection that was wanted did not come about. */
void bnlround_failed(struct bnlround *r, const char *name);

/* Offer the list in force to every other node, first to those that were heard
 * of late, in a session or over TLS; and retry. */
void bnlround_push(struct bnlround *r);
/* A list just taken: to the next node by name and some others. */
void bnlround_pass_on(struct bnlround *r);
/* Another list is in force: the push of the old one is out of date. */
void bnlround_applied(struct bnlround *r);

/* There is nobody to connect to, whatever there is to spare. */
bool bnlround_idle(const struct bnlround *r);
/* The next node to connect to, with so many connections to spare; false when
 * there is none for now. */
bool bnlround_next(struct bnlround *r, size_t spare,
		   char name[NODE_NAME_MAX + 1]);
struct monotime bnlround_deadline(const struct bnlround *r);
/* spare: connections there are now: a round asks as many nodes. */
void bnlround_tick(struct bnlround *r, size_t spare);
/* The configuration has changed: the next pull may have to come sooner. */
void bnlround_reconf(struct bnlround *r);
/* The list in force is below the mark: look for another more often. */
void bnlround_hurry(struct bnlround *r, bool on);

#endif
