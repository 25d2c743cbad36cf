/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The sessions of one peer. All of them receive; one sends.
 *
 *	own INIT answered ------------------> CURRENT ---> OLD ---> OLDER
 *	                                       ^            ^
 *	peer's INIT taken ---> TENTATIVE ------+------------+
 *	                          (its first DATA: becomes current, or old when
 *	                           a session of ours that crossed it is to win)
 *
 * Two old sessions are kept, so that datagrams on their way are received even
 * when two handshakes crossed at a rekey.
 */
#ifndef CORE_SESSION_KEYRING_H
#define CORE_SESSION_KEYRING_H

#include <stdbool.h>

#include "core/session/session.h"

enum keyring_place {
	KEYRING_CURRENT,   /* sends */
	KEYRING_TENTATIVE, /* not yet confirmed by its initiator */
	KEYRING_OLD,
	KEYRING_OLDER,
	KEYRING_PLACES
};

struct keyring {
	struct session *at[KEYRING_PLACES]; /* owned; NULL: none */
};

static inline struct session *
keyring_current(const struct keyring *k)
{
	return k->at[KEYRING_CURRENT];
}

static inline struct session *
keyring_tentative(const struct keyring *k)
{
	return k->at[KEYRING_TENTATIVE];
}

/* Each returns the session that fell out, for the caller to forget and free;
 * NULL: none. */
struct session *keyring_install(struct keyring *k, struct session *made);
struct session *keyring_offer(struct keyring *k, struct session *tentative);
/* The tentative one was confirmed. yield: it goes behind the current one. */
struct session *keyring_promote(struct keyring *k, bool yield);
/* Takes out one that is past its hard age; call until NULL. MONO_NEVER takes
 * out any. */
struct session *keyring_take_ended(struct keyring *k, struct monotime now);
/* When the first of them ends; MONO_NEVER: there is none. */
struct monotime keyring_deadline(const struct keyring *k);
unsigned int keyring_count(const struct keyring *k);

#endif
