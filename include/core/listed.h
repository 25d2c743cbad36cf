/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The addresses and host names that stand in a list, of all its nodes: a caller
 * from one of the addresses is more likely to be a node than others, and
 * nothing more than that.
 */
#ifndef CORE_LISTED_H
#define CORE_LISTED_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/ipaddr.h"
#include "format/bnl.h"

struct listed {
	struct ipaddr *addr; /* sorted */
	size_t n;
	const char **host; /* sorted; the list's */
	size_t nhosts;
};

/* Host names stand apart, and live as long as b. 0, or -1 when memory is
 * out. */
int listed_build(struct listed *out, const struct bnl *b, struct err *e);
/* n addresses alone, in any order; they are taken over, malloc'd. */
void listed_take(struct listed *out, struct ipaddr *all, size_t n);
void listed_free(struct listed *l);
/* l may be NULL: there is no list. */
bool listed_has(const struct listed *l, const struct ipaddr *a);
bool listed_has_host(const struct listed *l, const char *name);

#endif
