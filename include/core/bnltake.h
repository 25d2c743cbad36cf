/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How a list becomes the one in force, one at a time:
 *
 *	waiting -> built (ACTION_BUILD_LIST) -> checked against the one in
 *	force, the mark and the clock -> stored (ACTION_STORE_LIST) -> applied
 *	by the owner
 *
 * And the mark: the newest version ever taken, below which nothing is taken.
 */
#ifndef CORE_BNLTAKE_H
#define CORE_BNLTAKE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "core/env.h"

struct bnltake;

/* NULL when memory is out. A list in force above the mark raises it. */
struct bnltake *bnltake_new(struct core_env *env,
			    const struct bnl_version *mark);
void bnltake_free(struct bnltake *t); /* NULL is fine */

/* A list from the disk; raw is malloc'd and taken over. It replaces one that
 * still waits. */
void bnltake_local(struct bnltake *t, uint8_t *raw, size_t len);
/* A list from a peer, which said that it is this version. raw is malloc'd and
 * taken over, len bytes. */
struct bnltake_offer {
	uint8_t *raw;
	size_t len;
	const char *from;
	const struct bnl_version *announced;
	const struct bnl_version *base;	/* raw is the difference from that list;
					 * NULL: the list */
	size_t whole;			/* the length of the list */
};
void bnltake_offer(struct bnltake *t, const struct bnltake_offer *o);
/* Beyond so many waiting or in work from peers, none may be offered. */
#define BNLTAKE_MAX 2
size_t bnltake_count(const struct bnltake *t); /* lists that came from peers */
/* A list of at least that version is waiting or in work. */
bool bnltake_has(const struct bnltake *t, const struct bnl_version *v);
/* A list from the disk is waiting or in work. */
bool bnltake_local_busy(const struct bnltake *t);

/* As channels_list_ready(). */
bool bnltake_ready(struct bnltake *t, uint32_t ticket, const struct bnl *bnl,
		   const struct err *why);
enum bnltake_stored {
	BNLTAKE_PLAIN, /* nothing to be done */
	BNLTAKE_APPLY,
	BNLTAKE_DISCARD
};
enum bnltake_stored bnltake_stored(struct bnltake *t, uint32_t ticket, bool ok);
/* The owner has put the list into force. from: the peer that delivered it, ""
 * for the disk; false: it is not the one in force, or nothing was in work. */
bool bnltake_applied(struct bnltake *t, char from[NODE_NAME_MAX + 1]);

/* Pull: a peer whose list was dropped; false when there is none. */
enum bnltake_drop {
	BNLTAKE_NO_FAULT,	/* not newer any more, no memory, ... */
	BNLTAKE_BAD_DIFF,	/* the difference was of no use: ask for all */
	BNLTAKE_BAD		/* refused */
};
bool bnltake_next_dropped(struct bnltake *t, char from[NODE_NAME_MAX + 1],
			  enum bnltake_drop *why);

/* Whether a list of that version would be taken from a peer. */
bool bnltake_wants(const struct bnltake *t, const struct bnl_version *v);
/* peer said that it has that version: an alarm when that shows a fork. */
void bnltake_seen(struct bnltake *t, const char *peer,
		  const struct bnl_version *v);
const struct bnl_version *bnltake_mark(const struct bnltake *t);
void bnltake_mark_reset(struct bnltake *t);
/* The list in force is below the mark: it routes nothing. */
bool bnltake_stale(const struct bnltake *t);

/* Decides whether the list on disk may be the first one in force; tells why
 * not. Its network must be that of the configuration; one that is dated too
 * far ahead of a clock that can be believed would lock all others out. */
bool bnltake_may_begin(struct core_env *env, const struct bnl *b,
		       const struct bnl_version *mark);

#endif
