/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A list ready for use: verified, checked, with its routes built. */
#ifndef CORE_GENERATION_H
#define CORE_GENERATION_H

#include "base/err.h"
#include "core/changes.h"
#include "core/listed.h"
#include "core/route.h"
#include "crypto/key.h"
#include "format/bnl_receive.h"

/* The route of the broadcast addresses of the list's IPv4 prefixes and of
 * 255.255.255.255, which no node has. */
#define GENERATION_BROADCAST (ROUTE_NONE - 1)

struct generation {
	struct bnl *bnl;
	struct route_table routes; /* values: indices into bnl->nodes, or
				    * GENERATION_BROADCAST */
	/* Prefixes and values of routes, in the order of prefix_cmp(). */
	struct route_entry *subnets;
	size_t nsubnets;
	struct listed listed;
	struct list_changes changes; /* from the list before; made by the worker
				      * or when they are needed */
};

/* Verifies, parses, checks, builds. Pure and slow (10,000 nodes: tens of
 * milliseconds): made for a thread beside the loop. 0 or -1. */
int generation_receive(struct generation **out, const struct bnl_source *src,
		       const struct key *const *keys, size_t nkeys,
		       struct err *e);
/* The same for a whole list that follows upon none. */
int generation_build(struct generation **out, const void *raw, size_t len,
		     const struct key *const *keys, size_t nkeys,
		     struct err *e);
/* Frees all of it but the list, which the caller frees. */
struct bnl *generation_take_list(struct generation *g);
void generation_free(struct generation *g); /* NULL is fine */

#endif
