/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which pair secrets are held with one peer.
 *
 * The pairs of one peer are ordered by (generation, dialled by the lower
 * name). These rules keep a secret that both sides hold alive through any
 * loss, crash and order of events:
 *
 * 1. Proof that the peer holds Y (a packet that authenticates under Y, or Y
 *    in the peer's authenticated HELLO) marks Y proven and erases every
 *    lesser pair.
 * 2. A HELLO of a negotiation erases the unproven pairs of the same dialler
 *    that the peer does not list. It is sent only when all older negotiations
 *    of that dialler are over at the sender and its disk has answered, so
 *    the sender does not hold, and never will, a pair that this HELLO omits.
 * 3. So a new pair finds the unproven place of its dialler empty. Three pairs
 *    are held at most: the proven one and one unproven of each dialler, both
 *    greater than the proven one.
 *
 * Rule 1 erases on evidence that the other side holds a greater one, rule 2
 * on evidence that the other side does not hold it: so neither side ever
 * erases the greatest secret that both held at one time.
 */
#ifndef CORE_SECRETS_SECRET_SET_H
#define CORE_SECRETS_SECRET_SET_H

#include <stdbool.h>
#include <stdint.h>

#include "core/env.h"
#include "format/ctlmsg.h"
#include "format/pair.h"

/* All of them keep the record sorted, greatest first. */

bool pair_less(const struct pair *a, const struct pair *b);
/* The index of a pair; -1 when it is not held. */
int secret_set_find(const struct pair_record *r, const uint8_t id[PAIR_ID_LEN]);
/* Rule 1 for the pair at index i. true when something changed. */
bool secret_set_prove(struct pair_record *r, unsigned int i);
/* Rules 1 and 2: the peer's HELLO lists held. true when something changed. */
bool secret_set_hello(struct pair_record *r, bool lower_dialled,
		      const struct hello_held *held, uint8_t n);
/* Rule 3. false: not put in, because it is less than the proven one or than
 * the unproven one of its dialler. */
bool secret_set_insert(struct pair_record *r, const struct pair *p);
void secret_set_remove(struct pair_record *r, unsigned int i);
/* Seconds for which this node has been running since the pair was made. */
int64_t pair_age_s(const struct core_env *env, const struct pair *p,
		   struct monotime now);
/*
 * The earlier end of both certificates, of which those do not count whose node
 * the list admits by its key: if neither counts, when the pair is too old. A
 * list of NULL says nothing: then it is as when the pair was made.
 */
struct walltime pair_end(const struct core_env *env, const struct bnl *b,
			 const char *peer, const struct pair *p);
/*
 * Why a pair may not be used with that list (NULL: any), our static key and
 * its age; NULL when it may. The wall clock has no say in it: age is counted
 * by the time that this node was running; and a list that was signed later
 * than the pair, and is dated later than its end, shows as much.
 */
const char *secret_set_unfit(const struct core_env *env, const struct bnl *b,
			     const char *peer, const struct pair *p);

#endif
