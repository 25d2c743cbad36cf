/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Compares lists as sorted lines of text: each statement of a node or of the
 * header in one canonical line.
 */
#include "list_changes.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct lines {
	char **v; /* owned, sorted */
	size_t n;
	size_t cap;
};

static void
lines_free(struct lines *l)
{
	while (l->n > 0)
		free(l->v[--l->n]);
	free(l->v);
}

static int
lines_add(struct lines *l, const char *word, const char *value)
{
	if (l->n == l->cap) {
		size_t cap = l->cap == 0 ? 16 : l->cap * 2;
		char **v = realloc(l->v, cap * sizeof(*v));

		if (v == NULL)
			return -1;
		l->v = v;
		l->cap = cap;
	}
	if (asprintf(&l->v[l->n], "%-7s %s", word, value) < 0)
		return -1;
	l->n++;
	return 0;
}

static int
two_lines(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void
lines_sort(struct lines *l)
{
	if (l->n > 1)
		qsort(l->v, l->n, sizeof(*l->v), two_lines);
}

static int
add_address(struct lines *l, const struct bnl_address *a)
{
	char text[ENDPOINT_TEXT_MAX], *host;
	int rc;

	if (a->host == NULL)
		return lines_add(l, "address", endpoint_format(text, &a->ep));
	if (asprintf(&host, "%s:%u", a->host, a->ep.port) < 0)
		return -1;
	rc = lines_add(l, "address", host);
	free(host);
	return rc;
}

static int
node_lines(struct lines *l, const struct bnl_node *n)
{
	char text[PREFIX_TEXT_MAX], key[FINGERPRINT_TEXT_MAX];

	memset(l, 0, sizeof(*l));
	for (uint32_t i = 0; i < n->naddresses; i++)
		if (add_address(l, &n->addresses[i]) != 0)
			return -1;
	for (uint32_t i = 0; i < n->nsubnets; i++)
		if (lines_add(l, "subnet",
			      prefix_format(text, &n->subnets[i])) != 0)
			return -1;
	if (n->pinned &&
	    lines_add(l, "key", fingerprint_format(key, n->pin)) != 0)
		return -1;
	lines_sort(l);
	return 0;
}

static int
head_lines(struct lines *l, const struct bnl *b)
{
	char text[PREFIX_TEXT_MAX], key[FINGERPRINT_TEXT_MAX];

	memset(l, 0, sizeof(*l));
	if (lines_add(l, "network", b->network) != 0)
		return -1;
	for (uint32_t i = 0; i < b->nprefixes; i++)
		if (lines_add(l, "prefix",
			      prefix_format(text, &b->prefixes[i])) != 0)
			return -1;
	if (b->admit_pinned && lines_add(l, "admit", "pinned") != 0)
		return -1;
	for (uint32_t i = 0; i < b->nrevoked; i++)
		if (lines_add(l, "revoke",
			      fingerprint_format(key, b->revoked[i])) != 0)
			return -1;
	lines_sort(l);
	return 0;
}

/* Prints the lines that only one of the two has; returns their number. f NULL:
 * only counts. *lost: subnets removed. */
static unsigned int
diff_lines(FILE *f, const char *indent, const struct lines *a,
	   const struct lines *b, unsigned int *lost)
{
	unsigned int count = 0;

	for (size_t i = 0, j = 0; i < a->n || j < b->n;) {
		int c = i == a->n ? 1 :
			j == b->n ? -1 :
				    strcmp(a->v[i], b->v[j]);
		const char *line = c < 0 ? a->v[i] : j < b->n ? b->v[j] : "";

		if (c <= 0)
			i++;
		if (c >= 0)
			j++;
		if (c == 0)
			continue;
		count++;
		if (c < 0 && strncmp(line, "subnet", 6) == 0)
			++*lost;
		if (f != NULL)
			fprintf(f, "%c %s%s\n", c < 0 ? '-' : '+', indent,
				line);
	}
	return count;
}

static bool
same_address_order(const struct bnl_node *a, const struct bnl_node *b)
{
	if (a->naddresses != b->naddresses)
		return false;
	for (uint32_t i = 0; i < a->naddresses; i++) {
		const struct bnl_address *x = &a->addresses[i];
		const struct bnl_address *y = &b->addresses[i];

		if ((x->host == NULL) != (y->host == NULL) ||
		    x->ep.port != y->ep.port ||
		    (x->host != NULL ? strcmp(x->host, y->host) != 0 :
				       !ipaddr_equal(&x->ep.addr, &y->ep.addr)))
			return false;
	}
	return true;
}

int
list_changes_node(const struct bnl_node *a, const struct bnl_node *b)
{
	struct lines la = { 0 }, lb = { 0 };
	unsigned int lost = 0;
	int rc = -1;

	if (node_lines(&la, a) == 0 && node_lines(&lb, b) == 0)
		rc = diff_lines(NULL, "", &la, &lb, &lost) > 0 ||
		     !same_address_order(a, b);
	lines_free(&la);
	lines_free(&lb);
	return rc;
}

/* a or b is NULL when the node was added or removed. */
static int
diff_node(FILE *f, const struct bnl_node *a, const struct bnl_node *b,
	  struct list_changes *sum)
{
	struct lines la = { 0 }, lb = { 0 };
	bool order = a != NULL && b != NULL && !same_address_order(a, b);
	unsigned int lost = 0, n;
	int rc = -1;

	assert(a != NULL || b != NULL);
	if ((a != NULL && node_lines(&la, a) != 0) ||
	    (b != NULL && node_lines(&lb, b) != 0))
		goto out;
	rc = 0;
	n = diff_lines(NULL, "", &la, &lb, &lost);
	if (a != NULL && b != NULL && n == 0 && !order)
		goto out;
	fprintf(f, "%c node %s\n",
		a == NULL ? '+' :
		b == NULL ? '-' :
			    '~',
		a == NULL ? b->name : a->name);
	diff_lines(f, "  ", &la, &lb, &sum->lost);
	if (n == 0 && order)
		fprintf(f, "~   address order\n");
	if (a == NULL)
		sum->added++;
	else if (b == NULL)
		sum->removed++;
	else
		sum->changed++;
	if (b == NULL)
		sum->lost++;
out:
	lines_free(&la);
	lines_free(&lb);
	return rc;
}

static int
diff_head(FILE *f, const struct bnl *before, const struct bnl *after,
	  struct list_changes *sum)
{
	struct lines a = { 0 }, b = { 0 };
	unsigned int none = 0;
	int rc = -1;

	if ((before == NULL || head_lines(&a, before) == 0) &&
	    head_lines(&b, after) == 0) {
		sum->header = diff_lines(f, "", &a, &b, &none);
		rc = 0;
	}
	lines_free(&a);
	lines_free(&b);
	return rc;
}

int
list_changes_print(FILE *f, const struct bnl *before, const struct bnl *after,
		   struct list_changes *sum)
{
	uint32_t na = before != NULL ? before->nnodes : 0, nb = after->nnodes;
	char va[BNL_VERSION_TEXT_MAX], vb[BNL_VERSION_TEXT_MAX];

	memset(sum, 0, sizeof(*sum));
	if (diff_head(f, before, after, sum) != 0)
		return -1;
	for (uint32_t i = 0, j = 0; i < na || j < nb;) {
		int c = i == na ? 1 :
			j == nb ? -1 :
				  strcmp(before->nodes[i].name,
					 after->nodes[j].name);
		const struct bnl_node *a = c <= 0 ? &before->nodes[i++] : NULL;
		const struct bnl_node *b = c >= 0 ? &after->nodes[j++] : NULL;

		if (diff_node(f, a, b, sum) != 0)
			return -1;
	}
	fprintf(f, "%s -> %s: %u added, %u removed, %u changed, %u nodes\n",
		before != NULL ? bnl_version_format(va, &before->version) :
				 "(none)",
		bnl_version_format(vb, &after->version), sum->added,
		sum->removed, sum->changed, nb);
	return 0;
}
