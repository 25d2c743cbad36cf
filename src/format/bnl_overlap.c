/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A route of this host compared with the networks of a list. */
#include "format/bnl_overlap.h"

#include <stdio.h>
#include <string.h>

static const struct prefix *
find_overlapping(const struct prefix *v, uint32_t n, const struct prefix *p)
{
	for (uint32_t i = 0; i < n; i++)
		if (prefix_overlaps(&v[i], p))
			return &v[i];
	return NULL;
}

bool
bnl_overlap_find(struct bnl_overlap *out, const struct bnl *b, const char *self,
		 const struct prefix *route)
{
	const struct bnl_node *own = bnl_find(b, self);
	const struct prefix *with =
		find_overlapping(b->prefixes, b->nprefixes, route);

	/* All subnets lie inside the prefixes: most routes are done here. */
	if (with == NULL ||
	    (own != NULL &&
	     find_overlapping(own->subnets, own->nsubnets, route) != NULL))
		return false;
	*out = (struct bnl_overlap){ NULL, with };
	for (uint32_t i = 0; i < b->nnodes; i++) {
		const struct bnl_node *n = &b->nodes[i];

		with = find_overlapping(n->subnets, n->nsubnets, route);
		if (with != NULL) {
			*out = (struct bnl_overlap){ n, with };
			break;
		}
	}
	return true;
}

char *
bnl_overlap_text(char out[BNL_OVERLAP_TEXT_MAX], const struct bnl_overlap *o,
		 const struct prefix *route, const char *device)
{
	char r[PREFIX_TEXT_MAX], w[PREFIX_TEXT_MAX];
	const char *by = device[0] != '\0' ? " by " : "";

	prefix_format(r, route);
	prefix_format(w, o->with);
	if (o->node != NULL)
		snprintf(out, BNL_OVERLAP_TEXT_MAX,
			 "this host has a route to %s%s%s, which overlaps the "
			 "subnet %s of %s: some packets take the wrong one of "
			 "the two ways",
			 r, by, device, w, o->node->name);
	else
		snprintf(
			out, BNL_OVERLAP_TEXT_MAX,
			"this host has a route to %s%s%s, which overlaps the "
			"prefix %s of the VPN: no node must get a subnet there",
			r, by, device, w);
	return out;
}
