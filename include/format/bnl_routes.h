/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where packets go other ways under another list. */
#ifndef FORMAT_BNL_ROUTES_H
#define FORMAT_BNL_ROUTES_H

#include "format/bnl.h"
#include "format/bnl_draft.h"

struct bnl_route {
	struct prefix p;
	const struct bnl_node *from;	/* of before; NULL: of no node */
	const struct bnl_node *to;	/* of after; NULL: of no node */
};

/*
 * Every part of the address space that belongs to a node of another name
 * than before, or to none, or did not belong to any, in order, as struct
 * bnl_route. The caller frees out->mem. 0, or -1 when memory is out.
 */
int bnl_routes(struct vec *out, const struct bnl *before,
	       const struct bnl *after);

#endif
