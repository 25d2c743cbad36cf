/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The list in force and those that may take its place: how they come from the
 * disk and from peers, which peer is asked when, and the newest version ever
 * taken (the mark). Owns all state of this folder; every call works at
 * env->now.
 *
 * How a list comes into force, wherever it comes from: ACTION_BUILD_LIST ->
 * lists_ready() -> checks of order, mark and time -> ACTION_STORE_LIST ->
 * lists_stored() -> the owner puts it into force -> lists_applied(). One list
 * at a time.
 */
#ifndef CORE_LIST_LISTS_H
#define CORE_LIST_LISTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "core/env.h"
#include "core/list/gossip.h"
#include "core/list/install.h"

struct lists;
struct transfer;

/* mark: the newest list version ever taken (zero: none); when the list in
 * force is above it, it is raised and stored. env is borrowed. NULL when
 * memory is out. */
struct lists *lists_new(struct core_env *env, const struct bnl_version *mark);
void lists_free(struct lists *l); /* NULL is fine */
/* The transfers, for the connections that they run over. */
struct transfer *lists_transfer(const struct lists *l);

/* raw: a list from the disk (reload); copied. Events tell its outcome. */
void lists_offer(struct lists *l, const char *raw, size_t len);
/* There is none on the disk that could be offered, and why. */
void lists_refuse(struct lists *l, const struct err *why);
/* The answer to ACTION_BUILD_LIST; bnl NULL: refused for why. true: keep the
 * built generation until lists_stored() tells whether to keep it; false:
 * discard it. */
bool lists_ready(struct lists *l, uint32_t ticket, const struct bnl *bnl,
		 const struct err *why);
/* The answer to ACTION_STORE_LIST. One with an empty view is of the mark
 * alone. */
enum install_stored lists_stored(struct lists *l, uint32_t ticket, bool ok);
/* env->bnl and env->version are the new ones now (or still the old ones, when
 * it could not be put into force); the old list may be freed after this call.
 * Must follow upon INSTALL_APPLY. Sends receipts and passes the list on. */
void lists_applied(struct lists *l);
/* Takes over a list of a later format: env->held. One at start is dropped
 * unless it may be held. */
void lists_hold(struct lists *l, struct bnl *b);
void lists_hold_first(struct lists *l, struct bnl *b);

/* Offers the list in force to every other node (SIGUSR1), and retries with
 * those that are down. One from the disk that is on its way into force takes
 * its place. */
/* As gossip_review(), some time after lists_applied(). */
void lists_review(struct lists *l, struct entry *e);
void lists_push(struct lists *l);
/* As transfer_is_own(). */
bool lists_is_own(const struct lists *l);
/* The configuration has changed: lists may have to be asked for sooner. */
void lists_reconf(struct lists *l);
/* A list from the disk is still on its way into force, or to its refusal. */
bool lists_busy(const struct lists *l);
/* No list in force names the nodes: there is none, or it is below the mark.
 * Lists are then taken from any peer that has a certificate. */
bool lists_lacking(const struct lists *l);
/* The newest version ever taken: nothing older is taken. */
const struct bnl_version *lists_mark(const struct lists *l);
/* For the administrator: forgets the mark, and lets the next list from the disk
 * be older than the one in force. */
void lists_mark_reset(struct lists *l);

/* --- lists of other nodes ------------------------------------------------- */

/* A peer said by datagram which list it has. */
void lists_news(struct lists *l, const char *peer,
		const struct bnl_version *version);
/* The same over a connection, in a refusal. */
void lists_seen(struct lists *l, const char *peer,
		const struct bnl_version *version);
/* As core_list_replaced(). */
void lists_replaced(struct lists *l, const struct bnl_version *version);
/* The list that it said last it has, by whatever way; NULL: it never did. */
const struct bnl_version *lists_of(const struct entry *e);
/* Whether a list of that version would be taken from that peer now. */
bool lists_would_take(const struct lists *l, const char *peer,
		      const struct bnl_version *version);

/* --- connections that are wanted for lists -------------------------------- */

/* There is nobody to connect to, whatever there is to spare. */
bool lists_idle(const struct lists *l);
/* The next node to connect to, with so many connections to spare: the owner
 * knows where it is and dials, now or later, or says lists_unreachable(). Or it
 * announces the list in a session and says lists_told(), unless it is
 * WANT_PULL. */
enum gossip_want lists_next(struct lists *l, size_t spare,
			    char peer[NODE_NAME_MAX + 1]);
void lists_told(struct lists *l, const char *peer);
/* A connection that was wanted did not come about. */
void lists_unreachable(struct lists *l, const char *peer);
struct monotime lists_deadline(const struct lists *l);
/* At the deadline. spare: connections there are now: a round asks as many. */
void lists_tick(struct lists *l, size_t spare);

#endif
