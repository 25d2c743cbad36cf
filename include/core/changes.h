/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The nodes that differ between two lists. The worker finds them with the list
 * that it builds, so that the loop need not look at all nodes when that list
 * comes into force.
 */
#ifndef CORE_CHANGES_H
#define CORE_CHANGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "format/bnl.h"

#define CHANGE_NO_NODE UINT32_MAX

/* Differences of a node that stands in both. */
#define CHANGE_SUBNETS 1
#define CHANGE_ADDRESSES 2
#define CHANGE_KEY 4

struct list_change {
	uint32_t was, now; /* index in each list, or CHANGE_NO_NODE */
	unsigned int what;
};

struct list_changes {
	bool made;
	const struct bnl *was, *now; /* borrowed; NULL: none */
	struct bnl_version from;     /* version of was */
	struct list_change *v;	     /* in the order of names */
	size_t n, cap;
	bool prefixes; /* the network has others */
	bool revokes;  /* a key is revoked that was not */
};

/* Compares two lists, either of which may be NULL, in one walk over both. 0, or
 * -1 when memory is out. */
int changes_make(struct list_changes *out, const struct bnl *was,
		 const struct bnl *now);
/* True when they lead from the one list to the other. */
bool changes_fit(const struct list_changes *cs, const struct bnl *was,
		 const struct bnl *now);
/* True when either list is missing: all nodes of the other one changed. */
bool changes_all(const struct list_changes *cs);
/* A node in each list; NULL: it is not there. */
const struct bnl_node *change_was(const struct list_changes *cs, size_t i);
const struct bnl_node *change_now(const struct list_changes *cs, size_t i);
void changes_free(struct list_changes *cs);

#endif
