/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How a list becomes the one in force, one at a time:
 *
 *	waiting -> built (ACTION_BUILD_LIST) -> checked against the one in
 *	force, the mark and the clock -> stored (ACTION_STORE_LIST) -> applied
 *	by the owner
 *
 * A list of a later format goes the same way, is stored by ACTION_STORE_HELD,
 * and held by the owner instead; the mark stays.
 *
 * And the mark: the newest version ever taken, below which nothing is taken.
 */
#ifndef CORE_LIST_INSTALL_H
#define CORE_LIST_INSTALL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "core/env.h"

struct install;

/* NULL when memory is out. A list in force above the mark raises it. */
struct install *install_new(struct core_env *env,
			    const struct bnl_version *mark);
void install_free(struct install *t); /* NULL is fine */

/* A list from the disk; raw is malloc'd and taken over. It replaces one that
 * still waits. */
void install_local(struct install *t, uint8_t *raw, size_t len);
/* A list from a peer, which said that it is this version. raw is malloc'd and
 * taken over, len bytes. */
struct install_offer {
	uint8_t *raw;
	size_t len;
	const char *from;
	const struct bnl_version *announced;
	const struct bnl_version *base; /* raw is the difference from that list;
					 * NULL: the list */
	size_t whole;			/* the length of the list */
};
void install_offer(struct install *t, const struct install_offer *o);
/* Beyond so many waiting or in work from peers, none may be offered. */
#define INSTALL_MAX 2
size_t install_count(const struct install *t); /* lists that came from peers */
/* A list of at least that version is waiting or in work. */
bool install_has(const struct install *t, const struct bnl_version *v);
/* A list from the disk is waiting or in work. */
bool install_local_busy(const struct install *t);

/* As lists_ready(). */
bool install_ready(struct install *t, uint32_t ticket, const struct bnl *bnl,
		   const struct err *why);
enum install_stored {
	INSTALL_PLAIN, /* nothing to be done */
	INSTALL_APPLY,
	INSTALL_DISCARD
};
enum install_stored install_stored(struct install *t, uint32_t ticket, bool ok);
/* The owner has put the list into force. from: the peer that delivered it, ""
 * for the disk; false: it is not the one in force, or nothing was in work. */
bool install_applied(struct install *t, char from[NODE_NAME_MAX + 1]);

/* Pull: a peer whose list was dropped; false when there is none. */
enum install_drop {
	INSTALL_NO_FAULT, /* not newer any more, no memory, ... */
	INSTALL_BAD_DIFF, /* the difference was of no use: ask for all */
	INSTALL_BAD	  /* refused */
};
bool install_next_dropped(struct install *t, char from[NODE_NAME_MAX + 1],
			  enum install_drop *why);

/* Whether a list of that version would be taken from a peer. */
bool install_wants(const struct install *t, const struct bnl_version *v);
/* peer said that it has that version: an alarm when that shows a fork. */
void install_seen(struct install *t, const char *peer,
		  const struct bnl_version *v);
const struct bnl_version *install_mark(const struct install *t);
void install_mark_reset(struct install *t);

/* Decides whether the list on disk may be the first one in force; tells why
 * not. Its network must be that of the configuration; one that is dated too
 * far ahead of a clock that can be believed would lock all others out. */
bool install_may_begin(struct core_env *env, const struct bnl *b,
		       const struct bnl_version *mark);

/* Whether a list of a later format that was stored may be the one held. */
bool install_may_hold(const struct core_env *env, const struct bnl *b,
		      const struct bnl_version *mark);

#endif
