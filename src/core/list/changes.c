/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Walks over two lists side by side, in the order of names. */
#include "core/changes.h"

#include <stdlib.h>
#include <string.h>

#define CHANGES_FIRST 16

static bool
same_subnets(const struct bnl_node *a, const struct bnl_node *b)
{
	if (a->nsubnets != b->nsubnets)
		return false;
	for (uint32_t i = 0; i < a->nsubnets; i++)
		if (prefix_cmp(&a->subnets[i], &b->subnets[i]) != 0)
			return false;
	return true;
}

static bool
same_addresses(const struct bnl_node *a, const struct bnl_node *b)
{
	if (a->naddresses != b->naddresses)
		return false;
	for (uint32_t i = 0; i < a->naddresses; i++) {
		const struct bnl_address *x = &a->addresses[i];
		const struct bnl_address *y = &b->addresses[i];

		if (!endpoint_equal(&x->ep, &y->ep) ||
		    (x->host == NULL) != (y->host == NULL) ||
		    (x->host != NULL && strcmp(x->host, y->host) != 0))
			return false;
	}
	return true;
}

static bool
same_pin(const struct bnl_node *a, const struct bnl_node *b)
{
	return a->pinned == b->pinned &&
	       (!a->pinned || memcmp(a->pin, b->pin, FINGERPRINT_LEN) == 0);
}

static unsigned int
compare_nodes(const struct bnl_node *a, const struct bnl_node *b)
{
	return (same_subnets(a, b) ? 0 : CHANGE_SUBNETS) |
	       (same_addresses(a, b) ? 0 : CHANGE_ADDRESSES) |
	       (same_pin(a, b) ? 0 : CHANGE_KEY);
}

static bool
same_prefixes(const struct bnl *a, const struct bnl *b)
{
	if (a == NULL || b == NULL || a->nprefixes != b->nprefixes)
		return false;
	for (uint32_t i = 0; i < a->nprefixes; i++)
		if (prefix_cmp(&a->prefixes[i], &b->prefixes[i]) != 0)
			return false;
	return true;
}

/* Both are sorted. */
static bool
revokes_more(const struct bnl *was, const struct bnl *now)
{
	uint32_t at = 0;

	for (uint32_t i = 0; i < now->nrevoked; i++) {
		int d = -1;

		while (was != NULL && at < was->nrevoked &&
		       (d = memcmp(was->revoked[at], now->revoked[i],
				   FINGERPRINT_LEN)) < 0)
			at++;
		if (was == NULL || at == was->nrevoked || d != 0)
			return true;
	}
	return false;
}

static int
add_change(struct list_changes *cs, const struct list_change *c)
{
	if (cs->n == cs->cap) {
		size_t cap = cs->cap == 0 ? CHANGES_FIRST : 2 * cs->cap;
		struct list_change *v = realloc(cs->v, cap * sizeof(*v));

		if (v == NULL)
			return -1;
		cs->v = v;
		cs->cap = cap;
	}
	cs->v[cs->n++] = *c;
	return 0;
}

/* Each step is one comparison: to look up each of 65,536 names costs ten times
 * as much. */
static int
compare_all(struct list_changes *cs, const struct bnl *was,
	    const struct bnl *now)
{
	uint32_t nwas = was == NULL ? 0 : was->nnodes;
	uint32_t nnow = now == NULL ? 0 : now->nnodes;

	for (uint32_t i = 0, j = 0; i < nwas || j < nnow;) {
		struct list_change c = { CHANGE_NO_NODE, CHANGE_NO_NODE, 0 };
		int d = i == nwas ? 1 : -1;

		if (i < nwas && j < nnow)
			d = strcmp(was->nodes[i].name, now->nodes[j].name);
		if (d <= 0)
			c.was = i++;
		if (d >= 0)
			c.now = j++;
		if (d == 0)
			c.what = compare_nodes(&was->nodes[c.was],
					       &now->nodes[c.now]);
		if ((d != 0 || c.what != 0) && add_change(cs, &c) < 0)
			return -1;
	}
	return 0;
}

int
changes_make(struct list_changes *out, const struct bnl *was,
	     const struct bnl *now)
{
	struct list_changes cs = { .made = true, .was = was, .now = now };

	if (was != NULL)
		cs.from = was->version;
	cs.prefixes = !same_prefixes(was, now);
	cs.revokes = now != NULL && revokes_more(was, now);
	if (compare_all(&cs, was, now) < 0) {
		changes_free(&cs);
		return -1;
	}
	*out = cs;
	return 0;
}

bool
changes_fit(const struct list_changes *cs, const struct bnl *was,
	    const struct bnl *now)
{
	/* Another list may have been allocated at the same address. */
	return cs->made && cs->was == was && cs->now == now &&
	       (was == NULL || bnl_version_cmp(&cs->from, &was->version) == 0);
}

bool
changes_all(const struct list_changes *cs)
{
	return cs->was == NULL || cs->now == NULL;
}

const struct bnl_node *
change_was(const struct list_changes *cs, size_t i)
{
	return cs->v[i].was == CHANGE_NO_NODE ? NULL :
						&cs->was->nodes[cs->v[i].was];
}

const struct bnl_node *
change_now(const struct list_changes *cs, size_t i)
{
	return cs->v[i].now == CHANGE_NO_NODE ? NULL :
						&cs->now->nodes[cs->v[i].now];
}

void
changes_free(struct list_changes *cs)
{
	free(cs->v);
	memset(cs, 0, sizeof(*cs));
}
