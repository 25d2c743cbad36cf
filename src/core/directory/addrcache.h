/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The addresses at which nodes were reached and proved their names. A dial
 * tries them after those of the list: a node that was away for long, with a
 * list in which no address is right any more, finds its way back by them.
 */
#ifndef CORE_DIRECTORY_ADDRCACHE_H
#define CORE_DIRECTORY_ADDRCACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/monotime.h"
#include "format/bnl.h"
#include "format/addrcache.h"

struct actions;
struct addrcache;

struct addrcache *addrcache_new(void);	  /* NULL when memory is out */
void addrcache_free(struct addrcache *k); /* NULL is fine */

/* The stored addresses replace the present ones. 0, or -1: nothing has
 * changed. */
int addrcache_load(struct addrcache *k, const uint8_t *in, size_t len,
		   struct err *e);

/* name was reached there. */
void addrcache_put(struct addrcache *k, struct monotime now, const char *name,
		   const struct endpoint *ep);
/* Forgets all that are no nodes of the list, and the addresses inside the VPN,
 * however they came there. */
void addrcache_keep(struct addrcache *k, struct monotime now,
		    const struct bnl *b);
/* The same for some names, the next n in their order from *at on, which begins
 * at 0. true: that were the last ones. */
bool addrcache_keep_some(struct addrcache *k, struct monotime now,
			 const struct bnl *b, size_t *at, size_t n);

/* The node's addresses, the last one first. Returns how many. */
unsigned int addrcache_get(const struct addrcache *k, const char *name,
			   struct endpoint out[ADDRCACHE_EACH]);
/* Whether any node was reached at that address, on any port; a change within
 * the last second may not count yet. */
bool addrcache_has(struct addrcache *k, struct monotime now,
		   const struct ipaddr *a);
size_t addrcache_count(const struct addrcache *k);
/* The first name behind that one; NULL when there is none. */
const char *addrcache_after(const struct addrcache *k, const char *name);

/* When changes are due to be stored: at most once a minute. */
struct monotime addrcache_deadline(const struct addrcache *k);
/* Queues ACTION_STORE_ADDRCACHE when it is due; now: also before. */
void addrcache_tick(struct addrcache *k, struct monotime now,
		    struct actions *q);
void addrcache_flush(struct addrcache *k, struct monotime now,
		     struct actions *q);

#endif
