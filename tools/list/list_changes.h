/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Differences between two lists, for people. */
#ifndef TOOLS_LIST_CHANGES_H
#define TOOLS_LIST_CHANGES_H

#include <stdio.h>

#include "format/bnl.h"

struct list_changes {
	unsigned int added; /* nodes */
	unsigned int removed;
	unsigned int changed;
	unsigned int header; /* lines: network, prefixes, revoked keys */
	unsigned int lost;   /* removed nodes and subnets */
};

/*
 * Writes additions (+), removals (-) and changes (~), then the two versions and
 * the number of nodes concerned. before: NULL when there was no list. 0, or -1
 * when memory is out.
 */
int list_changes_print(FILE *f, const struct bnl *before,
		       const struct bnl *after, struct list_changes *sum);

/* 1 when the two differ in a node's statements, 0 when not; -1 when memory is
 * out. */
int list_changes_node(const struct bnl_node *a, const struct bnl_node *b);

#endif
