/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The addresses at which nodes were reached and proved their names. A dial
 * tries them after those of the list: a node that was away for long, with a
 * list in which no address is right any more, finds its way back by them.
 */
#ifndef CORE_KNOWN_H
#define CORE_KNOWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/monotime.h"
#include "format/bnl.h"
#include "format/known.h"

struct actions;
struct known;

struct known *known_new(void);	  /* NULL when memory is out */
void known_free(struct known *k); /* NULL is fine */

/* The stored addresses replace the present ones. 0, or -1: nothing has
 * changed. */
int known_load(struct known *k, const uint8_t *in, size_t len, struct err *e);

/* name was reached there. */
void known_put(struct known *k, struct monotime now, const char *name,
	       const struct endpoint *ep);
/* Forgets all that are no nodes of the list, and the addresses inside the VPN,
 * however they came there. */
void known_keep(struct known *k, struct monotime now, const struct bnl *b);

/* The node's addresses, the last one first. Returns how many. */
unsigned int known_get(const struct known *k, const char *name,
		       struct endpoint out[KNOWN_EACH]);
/* Whether any node was reached at that address, on any port; a change within
 * the last second may not count yet. */
bool known_has(struct known *k, struct monotime now, const struct ipaddr *a);
size_t known_count(const struct known *k);
/* The first name behind that one; NULL when there is none. */
const char *known_after(const struct known *k, const char *name);

/* When changes are due to be stored: at most once a minute. */
struct monotime known_deadline(const struct known *k);
/* Queues ACTION_STORE_KNOWN when it is due; now: also before. */
void known_tick(struct known *k, struct monotime now, struct actions *q);
void known_flush(struct known *k, struct monotime now, struct actions *q);

#endif
