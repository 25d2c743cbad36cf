/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A route of this host compared with the networks of a list. */
#ifndef FORMAT_BNL_OVERLAP_H
#define FORMAT_BNL_OVERLAP_H

#include "format/bnl.h"

struct bnl_overlap {
	const struct bnl_node *node; /* the subnet's owner; NULL: a prefix */
	const struct prefix *with;   /* the subnet or prefix */
};

/* Finds a subnet of another node than self that overlaps the route, else a
 * prefix. false: there is no overlap, or the route is to a LAN behind self. */
bool bnl_overlap_find(struct bnl_overlap *out, const struct bnl *b,
		      const char *self, const struct prefix *route);
/* Describes the overlap. device: the name of the interface of the route, or
 * "". */
#define BNL_OVERLAP_TEXT_MAX 320
char *bnl_overlap_text(char out[BNL_OVERLAP_TEXT_MAX],
		       const struct bnl_overlap *o, const struct prefix *route,
		       const char *device);

#endif
