/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The prefixes that a node's kernel routes to its device: as few as possible,
 * with each subnet of other nodes in them. No real address of a node is among
 * them: none lies inside a prefix of the list (bnl_is_inside()).
 */
#ifndef CORE_DEVROUTES_H
#define CORE_DEVROUTES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/ipaddr.h"
#include "core/route.h"
#include "format/bnl.h"

/* A wider subnet gets no route: the addresses of name servers and of nodes
 * whose addresses are not known yet may be anywhere. */
#define DEVROUTES_MIN4 8
#define DEVROUTES_MIN6 7 /* fc00::/7, RFC 4193 */
bool devroutes_too_wide(const struct prefix *p);

struct devroutes_in {
	const struct bnl *list;
	const struct route_entry *subnets; /* of the list, as in a generation */
	size_t nsubnets;
	uint32_t self; /* index of this node in the list */
	/* Own subnets of which the device has an address. */
	const struct prefix *own;
	size_t nown;
	/* Networks of this host's other interfaces, and own subnets behind
	 * them. */
	const struct prefix *local;
	size_t nlocal;
};

struct devroutes {
	struct prefix *v; /* sorted by prefix_cmp(), none inside another */
	size_t n;
	size_t ntoowide;	  /* subnets without a route */
	struct prefix toowide;	  /* the first of them */
	const char *toowide_node; /* node of toowide; owned by the list */
};

/*
 * A prefix of the list becomes one route, if a subnet of another node or one of
 * `own` is in it, and it overlaps nothing of local. Any other subnet of another
 * node has its own route. Subnets in such a prefix are not looked at one by
 * one: the worker has sorted them. 0, or -1 when memory is out.
 */
int devroutes_make(struct devroutes *out, const struct devroutes_in *in,
		   struct err *e);
void devroutes_free(struct devroutes *r);
/* The route that has the address; NULL: none. */
const struct prefix *devroutes_find(const struct devroutes *r,
				    const struct ipaddr *a);

#endif
