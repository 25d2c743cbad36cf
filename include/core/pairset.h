/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which pair secrets are held with every peer, and their way to the disk.
 *
 * The pairs of one peer are ordered by (generation, dialled by the lower
 * name). What is shown here, listed in a HELLO and used for sessions is on
 * the disk. The rules, which keep a secret that both sides hold alive through
 * any loss, crash and order of events:
 *
 * 1. Proof that the peer holds Y (a packet that only a holder of Y could make
 *    now, or Y in the peer's authenticated HELLO) marks Y proven and erases
 *    every lesser pair.
 * 2. A HELLO of a negotiation erases the unproven pairs of the same dialler
 *    that the peer does not list. It is sent only when all older negotiations
 *    of that dialler are over here and the disk has answered, so what it does
 *    not list the sender does not hold and never will.
 * 3. So a new pair finds the unproven place of its dialler empty. Three pairs
 *    are held at most: the proven one and one unproven of each dialler, all
 *    of these greater than the proven one.
 *
 * Erasing by rule 1 needs evidence that the other side holds a greater one,
 * by rule 2 that the other side does not hold it: the greatest secret that
 * both ever held is never erased by either.
 */
#ifndef CORE_PAIRSET_H
#define CORE_PAIRSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/env.h"
#include "format/ctlmsg.h"
#include "format/pair.h"

struct pairsets;

/* NULL when memory is out. env is borrowed. */
struct pairsets *pairsets_new(struct core_env *env);
void pairsets_free(struct pairsets *ps);	/* NULL is fine; wipes */

/* A record read from the disk at start; nothing is written. 0, or -1 when
 * memory is out. */
int pairsets_load(struct pairsets *ps, const struct pair_record *r);
/*
 * What is held with peer now, newest first; NULL when nothing is. Borrowed,
 * and to be copied: the next call may change it. Its pairs are durable, all
 * may be tried for INIT and all are accepted.
 */
const struct pair_record *pairsets_get(const struct pairsets *ps,
				       const char *peer);
/* Rule 1, told by the data path: a packet of peer was authenticated under
 * that pair. true when something changed. Cheap when it was proven before. */
bool pairsets_prove(struct pairsets *ps, const char *peer,
		    const uint8_t id[PAIR_ID_LEN]);
/* Erases all that is held with peer, here and on the disk. */
void pairsets_erase(struct pairsets *ps, const char *peer, const char *why);
/*
 * Erases what may not be used any more, with EVENT_PAIR_GONE: the peer is not
 * in the list in force, its key is revoked or not the pinned one, our static
 * key is another one now; and while sane (the wall clock is believable) what
 * is beyond its hard age or a certificate's end. With no list in force
 * nothing is erased for not being in it.
 */
void pairsets_check(struct pairsets *ps, bool sane);
/* Pull: a peer whose held pairs changed since this was last asked; false when
 * there is none. */
bool pairsets_next_changed(struct pairsets *ps, char peer[NODE_NAME_MAX + 1]);

/* The answer to ACTION_STORE_PAIR. false: the ticket is not one of these. */
bool pairsets_stored(struct pairsets *ps, uint32_t ticket, bool ok);
/* A write that failed is tried again. */
struct monotime pairsets_deadline(const struct pairsets *ps);
void pairsets_tick(struct pairsets *ps);

/* --- what a negotiation asks ------------------------------------------- */

/* True when the disk is known to hold exactly what is shown: no write is
 * under way or failed. */
bool pairsets_settled(const struct pairsets *ps, const char *peer);
/* What a HELLO lists; requires settled. */
void pairsets_list(struct pairsets *ps, const char *peer,
		   struct hello_held *held, uint8_t *n);
/* Rules 1 and 2: the peer's HELLO in a negotiation lists held. */
void pairsets_hello(struct pairsets *ps, const char *peer, bool lower_dialled,
		    const struct hello_held *held, uint8_t n);
/* A new pair: written now, held once it is written. 0, or -1 when memory is
 * out. */
int pairsets_add(struct pairsets *ps, const char *peer,
		 const struct pair *pair);

enum pair_place { PAIR_ABSENT, PAIR_STORING, PAIR_HELD };
enum pair_place pairsets_place(const struct pairsets *ps, const char *peer,
			       const uint8_t id[PAIR_ID_LEN]);

#endif
