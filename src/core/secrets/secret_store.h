/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The pair secrets held with all peers, and their way to the disk. Secrets that
 * are shown here, listed in a HELLO and used for sessions are on the disk; the
 * rules of core/secret_set.h decide which are held.
 */
#ifndef CORE_SECRETS_SECRET_STORE_H
#define CORE_SECRETS_SECRET_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/env.h"
#include "format/ctlmsg.h"
#include "format/pair.h"

struct secret_store;

/* NULL when memory is out. env is borrowed. */
struct secret_store *secret_store_new(struct core_env *env);
void secret_store_free(struct secret_store *ps); /* NULL is fine; wipes */

/* A record read from the disk at start; nothing is written. 0, or -1 when
 * memory is out. */
int secret_store_load(struct secret_store *ps, const struct pair_record *r);
/*
 * The pairs held with peer now, newest first; NULL when none is. Borrowed, and
 * to be copied: the next call may change it. Its pairs are durable, all may be
 * tried for INIT and all are accepted.
 */
const struct pair_record *secret_store_get(const struct secret_store *ps,
					   const char *peer);
/* The same by the node's entry. */
const struct pair_record *secrets_held(const struct entry *e);
/* Told by the data path: a packet of peer was authenticated under
 * that pair. true when something changed. Cheap when it was proven before. */
bool secret_store_prove(struct secret_store *ps, const char *peer,
			const uint8_t id[PAIR_ID_LEN]);
/* Erases all that is held with peer, here and on the disk. */
void secret_store_erase(struct secret_store *ps, const char *peer,
			const char *why);
/* Erases pairs that may not be used any more, with EVENT_PAIR_GONE: see
 * secret_set_unfit(). A list of NULL is not looked at. */
void secret_store_check(struct secret_store *ps, const struct bnl *b);
/* The same for one peer. */
void secret_store_check_one(struct secret_store *ps, const struct bnl *b,
			    const char *peer);
/* The list does not name that node: also files of it go that were not read. */
void secret_store_forget(struct secret_store *ps, const char *peer);
/* Pull: a peer whose held pairs changed since this was last asked; false when
 * there is none. *unfit: one may not be used any more, not even by sessions
 * that were made under it. */
bool secret_store_next_changed(struct secret_store *ps,
			       char peer[NODE_NAME_MAX + 1], bool *unfit);

/* The answer to ACTION_STORE_PAIR. false: the ticket is not one of these. */
bool secret_store_stored(struct secret_store *ps, uint32_t ticket, bool ok);
/* A write that failed is tried again. */
struct monotime secret_store_deadline(const struct secret_store *ps);
void secret_store_tick(struct secret_store *ps);

/* --- for a negotiation ------------------------------------------------- */

/* True when the disk is known to hold exactly the shown pairs: no write is
 * under way or failed. */
bool secret_store_settled(const struct secret_store *ps, const char *peer);
/* The pairs that a HELLO lists; requires settled. */
void secret_store_list(struct secret_store *ps, const char *peer,
		       struct hello_held *held, uint8_t *n);
/* The peer's HELLO in a negotiation lists held. */
void secret_store_hello(struct secret_store *ps, const char *peer,
			bool lower_dialled, const struct hello_held *held,
			uint8_t n);
/* A new pair: written now, held once it is written. 0, or -1 when memory is
 * out. */
int secret_store_add(struct secret_store *ps, const char *peer,
		     const struct pair *pair);

enum pair_place { PAIR_ABSENT, PAIR_STORING, PAIR_HELD };
enum pair_place secret_store_place(const struct secret_store *ps,
				   const char *peer,
				   const uint8_t id[PAIR_ID_LEN]);

#endif
