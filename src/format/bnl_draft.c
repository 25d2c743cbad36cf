/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Gathers the statements of a list and builds the finished list. */
#include "format/bnl_draft.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *
vec_push(struct vec *v, size_t size)
{
	if (v->n == v->cap) {
		size_t cap = v->cap == 0 ? 16 : v->cap * 2;
		void *mem = realloc(v->mem, cap * size);

		if (mem == NULL)
			return NULL;
		v->mem = mem;
		v->cap = cap;
	}
	void *item = (char *)v->mem + v->n++ * size;

	memset(item, 0, size);
	return item;
}

int
bnl_draft_init(struct bnl_draft *d, struct errs *es)
{
	memset(d, 0, sizeof(*d));
	d->es = es;
	d->list = calloc(1, sizeof(*d->list));
	if (d->list == NULL)
		return -1;
	arena_init(&d->list->arena);
	d->list->format = BNL_FORMAT_FIRST;
	return 0;
}

void
bnl_draft_free(struct bnl_draft *d)
{
	bnl_free(d->list);
	free(d->prefixes.mem);
	free(d->nodes.mem);
	free(d->subnets.mem);
	free(d->addresses.mem);
	free(d->revoked.mem);
}

void
bnl_draft_error(struct bnl_draft *d, struct place at, enum err_code code,
		const char *fmt, ...)
{
	struct err e = { 0 };
	char text[ERR_TEXT_MAX];
	va_list ap;

	/* Errors beyond ERRS_MAX are counted, without a text. */
	if (d->es->count < ERRS_MAX) {
		va_start(ap, fmt);
		vsnprintf(text, sizeof(text), fmt, ap);
		va_end(ap);
		err_at(&e, code, at.line, at.column, "%s", text);
	}
	errs_add(d->es, &e);
}

/* Allocates an array in the list's arena; count 0 is fine. */
static void *
list_array(struct bnl_draft *d, size_t count, size_t size)
{
	return arena_array(&d->list->arena, count == 0 ? 1 : count, size);
}

static int
by_fingerprint(const void *a, const void *b)
{
	return memcmp(a, b, FINGERPRINT_LEN);
}

static int
take_header(struct bnl_draft *d)
{
	const struct draft_prefix *prefix = d->prefixes.mem;
	const struct draft_key *key = d->revoked.mem;
	struct bnl *b = d->list;

	b->prefixes = list_array(d, d->prefixes.n, sizeof(*b->prefixes));
	b->revoked = list_array(d, d->revoked.n, sizeof(*b->revoked));
	if (b->prefixes == NULL || b->revoked == NULL)
		return -1;
	for (size_t i = 0; i < d->prefixes.n; i++)
		b->prefixes[i] = prefix[i].p;
	for (size_t i = 0; i < d->revoked.n; i++)
		memcpy(b->revoked[i], key[i].fp, FINGERPRINT_LEN);
	if (d->revoked.n > 1)
		qsort(b->revoked, d->revoked.n, sizeof(*b->revoked),
		      by_fingerprint);
	b->nprefixes = (uint32_t)d->prefixes.n;
	b->nrevoked = (uint32_t)d->revoked.n;
	return 0;
}

static int
take_nodes(struct bnl_draft *d)
{
	const struct draft_node *node = d->nodes.mem;
	const struct draft_prefix *subnet = d->subnets.mem;
	const struct draft_address *address = d->addresses.mem;
	struct bnl *b = d->list;
	struct prefix *s = list_array(d, d->subnets.n, sizeof(*s));
	struct bnl_address *a = list_array(d, d->addresses.n, sizeof(*a));

	b->nodes = list_array(d, d->nodes.n, sizeof(*b->nodes));
	if (s == NULL || a == NULL || b->nodes == NULL)
		return -1;
	for (size_t i = 0; i < d->subnets.n; i++)
		s[i] = subnet[i].p;
	for (size_t i = 0; i < d->addresses.n; i++)
		a[i] = address[i].a;
	for (size_t i = 0; i < d->nodes.n; i++) {
		struct bnl_node *n = &b->nodes[i];

		n->name = node[i].name;
		n->line = node[i].at.line;
		n->subnets = s + node[i].subnet0;
		n->nsubnets = (uint32_t)node[i].nsubnets;
		n->addresses = a + node[i].address0;
		n->naddresses = (uint32_t)node[i].naddresses;
		n->pinned = node[i].pinned;
		memcpy(n->pin, node[i].pin.fp, FINGERPRINT_LEN);
	}
	b->nnodes = (uint32_t)d->nodes.n;
	return 0;
}

struct bnl *
bnl_draft_take(struct bnl_draft *d)
{
	struct bnl *b = d->list;

	if (take_header(d) != 0 || take_nodes(d) != 0)
		return NULL;
	d->list = NULL;
	return b;
}
