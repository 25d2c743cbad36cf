/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The addresses at which nodes were reached, in order of the names. */
#include "core/directory/addrcache.h"

#include <stdlib.h>
#include <string.h>

#include "core/action.h"
#include "core/listed.h"
#include "core/timings.h"

struct addrcache {
	struct addrcache_node **v; /* sorted */
	size_t n, cap;
	struct monotime due; /* MONO_NEVER: all is stored */
	struct monotime stored;
	struct listed index; /* all addresses, of a moment ago at most */
	struct monotime indexed;
	bool moved; /* there are others than in the index */
};

struct addrcache *
addrcache_new(void)
{
	struct addrcache *k = calloc(1, sizeof(*k));

	if (k != NULL)
		k->due = MONO_NEVER;
	return k;
}

static void
forget_all(struct addrcache *k)
{
	for (size_t i = 0; i < k->n; i++)
		free(k->v[i]);
	free(k->v);
	k->v = NULL;
	k->n = k->cap = 0;
}

void
addrcache_free(struct addrcache *k)
{
	if (k == NULL)
		return;
	forget_all(k);
	listed_free(&k->index);
	free(k);
}

/* The first place whose name is not before that one. */
static size_t
place_of(const struct addrcache *k, const char *name)
{
	size_t lo = 0, hi = k->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (strcmp(k->v[mid]->name, name) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static struct addrcache_node *
find_node(const struct addrcache *k, const char *name)
{
	size_t i = place_of(k, name);

	return i < k->n && strcmp(k->v[i]->name, name) == 0 ? k->v[i] : NULL;
}

static int
insert_node(struct addrcache *k, size_t at, const struct addrcache_node *from)
{
	struct addrcache_node *node;

	if (k->n == BNL_NODES_MAX)
		return -1;
	if (k->n == k->cap) {
		size_t cap = k->cap == 0 ? 16 : 2 * k->cap;
		struct addrcache_node **v =
			realloc(k->v, cap * sizeof(struct addrcache_node *));

		if (v == NULL)
			return -1;
		k->v = v;
		k->cap = cap;
	}
	node = malloc(sizeof(*node));
	if (node == NULL)
		return -1;
	*node = *from;
	memmove(k->v + at + 1, k->v + at, (k->n - at) * sizeof(*k->v));
	k->v[at] = node;
	k->n++;
	return 0;
}

int
addrcache_load(struct addrcache *k, const uint8_t *in, size_t len,
	       struct err *e)
{
	struct addrcache new = { .due = MONO_NEVER };
	struct addrcache_node node;
	const char *last = NULL;
	struct rcur r;
	int rc;

	if (addrcache_file_open(&r, in, len, e) < 0)
		return -1;
	while ((rc = addrcache_file_next(&r, &node, last, e)) > 0) {
		if (insert_node(&new, new.n, &node) < 0) {
			rc = err_nomem(e);
			break;
		}
		last = new.v[new.n - 1]->name;
	}
	if (rc < 0) {
		forget_all(&new);
		return -1;
	}
	forget_all(k);
	k->v = new.v;
	k->n = new.n;
	k->cap = new.cap;
	k->moved = true;
	return 0;
}

static void
mark_changed(struct addrcache *k, struct monotime now)
{
	struct monotime due = mono_add_ms(now, ADDRCACHE_GATHER_MS);

	k->moved = true;
	if (k->due.ns != MONO_NEVER.ns)
		return;
	if (mono_is_set(k->stored) &&
	    mono_before(due, mono_add_ms(k->stored, ADDRCACHE_GAP_MS)))
		due = mono_add_ms(k->stored, ADDRCACHE_GAP_MS);
	k->due = due;
}

/* To the front; the one that was used longest ago goes. true: it is new. */
static bool
note_endpoint(struct addrcache_node *node, const struct endpoint *ep)
{
	unsigned int i = 0;
	bool is_new;

	while (i < node->n && !endpoint_equal(&node->at[i], ep))
		i++;
	is_new = i == node->n;
	if (is_new && node->n < ADDRCACHE_EACH)
		node->n++;
	if (is_new)
		i = node->n - 1;
	memmove(node->at + 1, node->at, i * sizeof(node->at[0]));
	node->at[0] = *ep;
	return is_new;
}

void
addrcache_put(struct addrcache *k, struct monotime now, const char *name,
	      const struct endpoint *ep)
{
	struct addrcache_node *node, first = { .n = 1, .at[0] = *ep };

	if (!addrcache_is_usable(ep))
		return;
	node = find_node(k, name);
	if (node != NULL) {
		/* The order alone is not worth a write. */
		if (note_endpoint(node, ep))
			mark_changed(k, now);
		return;
	}
	memcpy(first.name, name, strlen(name) + 1);
	if (insert_node(k, place_of(k, name), &first) == 0)
		mark_changed(k, now);
}

/* Forgets those inside the VPN. true: there were some. */
static bool
keep_outside(struct addrcache_node *node, const struct bnl *b)
{
	unsigned int left = 0, was = node->n;

	for (unsigned int i = 0; i < was; i++)
		if (!bnl_is_inside(b, &node->at[i].addr))
			node->at[left++] = node->at[i];
	node->n = left;
	return left < was;
}

/* false: nothing is left of it, and it was freed. */
static bool
keep_node(struct addrcache_node *node, const struct bnl *b, bool *others)
{
	if (bnl_find(b, node->name) == NULL)
		node->n = 0;
	else if (!keep_outside(node, b))
		return true;
	*others = true;
	if (node->n > 0)
		return true;
	free(node);
	return false;
}

bool
addrcache_keep_some(struct addrcache *k, struct monotime now,
		    const struct bnl *b, size_t *at, size_t n)
{
	size_t end = *at + n < k->n ? *at + n : k->n, left = *at;
	bool others = false;

	for (size_t i = *at; i < end; i++)
		if (keep_node(k->v[i], b, &others))
			k->v[left++] = k->v[i];
	*at = left;
	if (others)
		mark_changed(k, now);
	if (left == end)
		return end == k->n;
	memmove(k->v + left, k->v + end, (k->n - end) * sizeof(*k->v));
	k->n -= end - left;
	return left == k->n;
}

void
addrcache_keep(struct addrcache *k, struct monotime now, const struct bnl *b)
{
	size_t at = 0;

	(void)addrcache_keep_some(k, now, b, &at, k->n);
}

unsigned int
addrcache_get(const struct addrcache *k, const char *name,
	      struct endpoint out[ADDRCACHE_EACH])
{
	const struct addrcache_node *node = find_node(k, name);

	if (node == NULL)
		return 0;
	memcpy(out, node->at, node->n * sizeof(node->at[0]));
	return node->n;
}

/* Without memory the index of before stays. */
static void
index_addresses(struct addrcache *k, struct monotime now)
{
	struct ipaddr *all = calloc(k->n * ADDRCACHE_EACH + 1, sizeof(*all));
	size_t n = 0;

	k->indexed = now;
	if (all == NULL)
		return;
	for (size_t i = 0; i < k->n; i++)
		for (unsigned int j = 0; j < k->v[i]->n; j++)
			all[n++] = k->v[i]->at[j].addr;
	listed_free(&k->index);
	listed_take(&k->index, all, n);
	k->moved = false;
}

bool
addrcache_has(struct addrcache *k, struct monotime now, const struct ipaddr *a)
{
	if (k->moved && (!mono_is_set(k->indexed) ||
			 mono_ms(k->indexed, now) >= ADDRCACHE_INDEX_MS))
		index_addresses(k, now);
	return listed_has(&k->index, a);
}

size_t
addrcache_count(const struct addrcache *k)
{
	return k->n;
}

const char *
addrcache_after(const struct addrcache *k, const char *name)
{
	size_t i = place_of(k, name);

	if (i < k->n && strcmp(k->v[i]->name, name) == 0)
		i++;
	return i < k->n ? k->v[i]->name : NULL;
}

/* --- the disk ------------------------------------------------------------- */

struct monotime
addrcache_deadline(const struct addrcache *k)
{
	return k->due;
}

static int
encode_known(const struct addrcache *k, struct buf *b)
{
	if (addrcache_file_begin(b) < 0)
		return -1;
	for (size_t i = 0; i < k->n; i++)
		if (addrcache_file_add(b, k->v[i]) < 0)
			return -1;
	return addrcache_file_end(b);
}

void
addrcache_flush(struct addrcache *k, struct monotime now, struct actions *q)
{
	struct action *a;
	struct buf b;

	if (k->due.ns == MONO_NEVER.ns)
		return;
	k->due = MONO_NEVER;
	k->stored = now;
	buf_init(&b, ADDRCACHE_BYTES_MAX);
	a = encode_known(k, &b) < 0 ? NULL :
				      actions_add(q, ACTION_STORE_ADDRCACHE);
	if (a == NULL) {
		buf_free(&b);
		mark_changed(k, now); /* memory may come back */
		return;
	}
	/* The memory itself moves on: nothing was consumed from it. */
	a->data = b.mem;
	a->len = buf_len(&b);
}

void
addrcache_tick(struct addrcache *k, struct monotime now, struct actions *q)
{
	if (mono_reached(k->due, now))
		addrcache_flush(k, now, q);
}
