/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The differences in routing between two lists. */
#ifndef FORMAT_BNL_ROUTES_H
#define FORMAT_BNL_ROUTES_H

#include "format/bnl.h"
#include "format/bnl_draft.h"

struct bnl_route {
	struct prefix p;
	const struct bnl_node *from; /* owner in before; NULL: none */
	const struct bnl_node *to;   /* owner in after; NULL: none */
};

/*
 * Yields every part of the address space whose owner differs in name, that lost
 * its owner, or that got one, in order, as struct bnl_route. The caller frees
 * out->mem. 0, or -1 when memory is out.
 */
int bnl_routes(struct vec *out, const struct bnl *before,
	       const struct bnl *after);

#endif
