/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Finds free subnets. The occupied prefixes are sorted by address; one sweep
 * moves the candidate behind each prefix that overlaps it. Of two overlapping
 * prefixes one is inside the other, so the next candidate begins behind the
 * larger of the two.
 */
#include "format/bnl_free.h"

#include <stdlib.h>

#include "format/bnl_draft.h"

int
bnl_hosts_len(uint64_t hosts)
{
	if (hosts == 0 || hosts > (UINT64_C(1) << 32) - 2)
		return -1;
	if (hosts <= 2)
		return hosts == 1 ? 32 : 31;
	for (int len = 29;; len--)
		if ((UINT64_C(1) << (32 - len)) - 2 >= hosts)
			return len;
}

/* Advances to the next address; false after the last one. */
static bool
next_address(struct ipaddr *a)
{
	for (unsigned int i = ipaddr_bits(a) / 8; i-- > 0;)
		if (++a->b[i] != 0)
			return true;
	return false;
}

static bool
find_gap(struct prefix *out, const struct prefix *within, unsigned int len,
	 const struct prefix *taken, size_t n)
{
	struct prefix p = prefix_mask(&within->addr, len);

	for (size_t i = 0; i < n; i++) {
		struct ipaddr last = prefix_last(&taken[i]);

		if (ipaddr_cmp(&last, &p.addr) < 0)
			continue;
		if (!prefix_overlaps(&taken[i], &p))
			break; /* the remaining prefixes lie behind p */
		if (taken[i].len > p.len)
			last = prefix_last(&p);
		if (!next_address(&last))
			return false;
		p = prefix_mask(&last, len);
		if (!prefix_covers(within, &p))
			return false;
	}
	*out = p;
	return true;
}

static int
by_address(const void *a, const void *b)
{
	return prefix_cmp(a, b);
}

static int
add_taken(struct vec *v, const struct prefix *p)
{
	struct prefix *item = vec_push(v, sizeof(*item));

	if (item == NULL)
		return -1;
	*item = *p;
	return 0;
}

static int
take_node(struct vec *v, const struct bnl_node *n, enum ip_family family)
{
	for (uint32_t i = 0; i < n->nsubnets; i++)
		if (n->subnets[i].addr.family == family &&
		    add_taken(v, &n->subnets[i]) != 0)
			return -1;
	for (uint32_t i = 0; i < n->naddresses; i++) {
		const struct ipaddr *a = &n->addresses[i].ep.addr;
		struct prefix p = prefix_mask(a, ipaddr_bits(a));

		if (a->family == family && add_taken(v, &p) != 0)
			return -1;
	}
	return 0;
}

/* Collects everything of that family that is not free, sorted. */
static int
take_all(struct vec *v, const struct bnl *b, const struct bnl_room *room)
{
	for (uint32_t i = 0; i < b->nnodes; i++)
		if (take_node(v, &b->nodes[i], room->family) != 0)
			return -1;
	for (size_t i = 0; i < room->ntaken; i++)
		if (room->taken[i].addr.family == room->family &&
		    add_taken(v, &room->taken[i]) != 0)
			return -1;
	if (v->n > 1)
		qsort(v->mem, v->n, sizeof(struct prefix), by_address);
	return 0;
}

static int
search_prefixes(struct prefix *out, const struct bnl *b,
		const struct bnl_room *room, const struct vec *v, struct err *e)
{
	char text[PREFIX_TEXT_MAX];
	bool any = false, inside = false;

	for (uint32_t i = 0; i < b->nprefixes; i++) {
		const struct prefix *p = &b->prefixes[i];

		if (p->addr.family != room->family)
			continue;
		any = true;
		if (room->within != NULL) {
			if (!prefix_covers(p, room->within))
				continue;
			p = room->within;
		}
		inside = true;
		if (p->len <= room->len &&
		    find_gap(out, p, room->len, v->mem, v->n))
			return 0;
	}
	if (!any)
		return err_set(e, ERR_NOTFOUND, "the list has no IPv%d prefix",
			       (int)room->family);
	if (!inside)
		return err_set(e, ERR_RANGE,
			       "%s lies outside every prefix of the list",
			       prefix_format(text, room->within));
	return err_set(e, ERR_NOTFOUND, "no subnet of length %u is free in %s",
		       room->len,
		       room->within != NULL ?
			       prefix_format(text, room->within) :
			       "any prefix of the list");
}

int
bnl_free_subnet(struct prefix *out, const struct bnl *b,
		const struct bnl_room *room, struct err *e)
{
	struct vec v = { 0 };
	int rc;

	if (take_all(&v, b, room) != 0)
		rc = err_nomem(e);
	else
		rc = search_prefixes(out, b, room, &v, e);
	free(v.mem);
	return rc;
}
