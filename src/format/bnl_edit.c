/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Adds, changes and removes nodes in a list's text. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bnl_edit_impl.h"
#include "format/bnl_line.h"
#include "format/bnl_own.h"
#include "format/bnl_parse.h"

int
bnl_edit_new(struct bnl_edit **out, const char *text, size_t len,
	     struct errs *es)
{
	struct bnl_edit *ed = calloc(1, sizeof(*ed));
	struct err e;

	if (ed == NULL) {
		err_nomem(&e);
		errs_add(es, &e);
		return -1;
	}
	ed->text = text;
	arena_init(&ed->arena);
	if (bnl_parse(&ed->list, text, len, es) != 0)
		goto fail;
	if (bnl_check_whole(ed->list, &e) != 0) {
		errs_add(es, &e);
		goto fail;
	}
	if (edit_index(ed, len) != 0) {
		err_nomem(&e);
		errs_add(es, &e);
		goto fail;
	}
	*out = ed;
	return 0;
fail:
	bnl_edit_free(ed);
	return -1;
}

void
bnl_edit_free(struct bnl_edit *ed)
{
	if (ed == NULL)
		return;
	bnl_free(ed->list);
	free(ed->lines.mem);
	free(ed->splices.mem);
	arena_free(&ed->arena);
	free(ed);
}

const struct bnl *
bnl_edit_list(const struct bnl_edit *ed)
{
	return ed->list;
}

static int
unknown_node(const struct bnl *b, const char *node, struct err *e)
{
	const char **names = calloc((size_t)b->nnodes + 1, sizeof(*names));
	struct span word = { node, strlen(node) };
	char q[BNL_QUOTED_MAX];
	const char *near;

	if (names == NULL)
		return err_nomem(e);
	for (uint32_t i = 0; i < b->nnodes; i++)
		names[i] = b->nodes[i].name;
	near = text_nearest(word, names);
	free(names);
	bnl_quote(q, word);
	if (near == NULL)
		return err_set(e, ERR_NOTFOUND,
			       "there is no node \"%s\" in the list", q);
	return err_set(e, ERR_NOTFOUND,
		       "there is no node \"%s\" in the list, did you mean "
		       "\"%s\"?",
		       q, near);
}

static const struct bnl_node *
need_node(const struct bnl_edit *ed, const char *node, struct err *e)
{
	const struct bnl_node *n = bnl_find(ed->list, node);

	if (n == NULL)
		unknown_node(ed->list, node, e);
	return n;
}

static bool
is_blank(const struct bnl_edit *ed, size_t line)
{
	return edit_kind(ed, line) == LINE_BLANK;
}

static int
put_statement(struct buf *b, enum bnl_own own, const char *value)
{
	char line[BNL_VALUE_MAX + 16];
	int n = snprintf(line, sizeof(line), "  %-7s %s\n", bnl_own_word(own),
			 value);

	return edit_put(b, line, (size_t)n);
}

/* --- add ------------------------------------------------------------------ */

static int
may_add(const struct bnl_edit *ed, const char *node, const struct bnl_change *c,
	struct err *e)
{
	const struct bnl_node *n;
	struct span name;
	size_t line = 0;

	if (bnl_name_check(node, e) != 0)
		return -1;
	n = bnl_find(ed->list, node);
	if (n != NULL)
		return err_set(e, ERR_EXISTS,
			       "node %s is in the list already (line %u)", node,
			       n->line);
	while (c->v[BNL_KEY].n == 0 && ed->list->nrevoked > 0 &&
	       bnl_edit_revoked(ed, &line, &name))
		if (span_is(name, node))
			return err_set(e, ERR_CONFLICT,
				       "a key of %s was revoked (line %zu): "
				       "it may come back with the fingerprint "
				       "of its new one only (--key)",
				       node, line);
	return 0;
}

/* Returns the node after which a new node goes: if the names are in order, its
 * predecessor; else the last node. NULL: the new node goes first. */
static const struct bnl_node *
place_for(const struct bnl_edit *ed, const char *node)
{
	const struct bnl_node *nodes = ed->list->nodes, *last, *before = NULL;
	bool ordered = true;

	last = ed->list->nnodes > 0 ? &nodes[0] : NULL;
	for (uint32_t i = 0; i < ed->list->nnodes; i++) {
		if (nodes[i].line < last->line)
			ordered = false;
		else
			last = &nodes[i];
		if (strcmp(nodes[i].name, node) < 0)
			before = &nodes[i];
	}
	return ordered ? before : last;
}

/* Nodes are separated by blank lines, unless the list does it otherwise. */
static bool
wants_blank(const struct bnl_edit *ed)
{
	uint32_t last = 0;

	for (uint32_t i = 0; i < ed->list->nnodes; i++)
		if (ed->list->nodes[i].line > last)
			last = ed->list->nodes[i].line;
	return last < 2 || is_blank(ed, last - 2);
}

int
bnl_edit_add(struct bnl_edit *ed, const char *node, const struct bnl_change *c,
	     struct err *e)
{
	const struct bnl_node *before;
	struct buf b;
	int rc = 0;

	if (may_add(ed, node, c, e) != 0)
		return -1;
	before = place_for(ed, node);
	buf_init(&b, BNL_BYTES_MAX);
	if (before == NULL || wants_blank(ed))
		rc = edit_put(&b, "\n", 1);
	rc |= edit_put(&b, "node ", 5);
	rc |= edit_put(&b, node, strlen(node));
	rc |= edit_put(&b, "\n", 1);
	for (int own = 0; own < BNL_OWNS; own++) {
		const struct bnl_value *v = c->v[own].mem;

		for (size_t i = 0; i < c->v[own].n; i++)
			rc |= put_statement(&b, (enum bnl_own)own, v[i].text);
	}
	if (rc != 0) {
		buf_free(&b);
		return err_nomem(e);
	}
	return edit_insert(ed,
			   before != NULL ? edit_node_end(ed, before) :
					    edit_head_end(ed),
			   &b, e);
}

static int
add_parsed(struct bnl_edit *ed, const struct bnl_node *n, struct err *e)
{
	struct bnl_change c = { 0 };
	struct bnl_value *v;
	int rc = 0;

	for (int own = 0; own < BNL_OWNS && rc == 0; own++)
		for (uint32_t i = 0;
		     i < bnl_own_count(n, (enum bnl_own)own) && rc == 0; i++) {
			v = vec_push(&c.v[own], sizeof(*v));
			if (v == NULL)
				rc = err_nomem(e);
			else
				bnl_own_value(v, n, (enum bnl_own)own, i);
		}
	if (rc == 0)
		rc = bnl_edit_add(ed, n->name, &c, e);
	if (rc != 0)
		e->line = n->line;
	bnl_change_free(&c);
	return rc;
}

int
bnl_edit_add_all(struct bnl_edit *ed, const struct bnl *nodes, struct errs *es)
{
	unsigned int before = es->count;
	struct err e;

	for (uint32_t i = 0; i < nodes->nnodes; i++)
		if (add_parsed(ed, &nodes->nodes[i], &e) != 0)
			errs_add(es, &e);
	return es->count == before ? 0 : -1;
}

/* --- set ------------------------------------------------------------------ */

/* The statements of one kind of one node. */
struct run {
	const struct bnl_node *n;
	enum bnl_own own;
	size_t *lines; /* their lines; bnl_own_count() of them */
	size_t at;     /* the line before which new ones are inserted */
};

static int
find_run(struct run *r, const struct bnl_edit *ed, struct err *e)
{
	size_t end = edit_node_end(ed, r->n), found = 0;
	bool first = true;

	r->lines = calloc((size_t)bnl_own_count(r->n, r->own) + 1,
			  sizeof(*r->lines));
	if (r->lines == NULL)
		return err_nomem(e);
	r->at = r->n->line;
	for (size_t i = r->n->line; i < end; i++) {
		enum bnl_own own =
			bnl_own_of(bnl_line_statement(edit_line(ed, i)));

		if (own == r->own) {
			r->lines[found++] = i;
			if (first)
				r->at = i;
			first = false;
		} else if (own < r->own && first) {
			r->at = i + 1;
		}
	}
	assert(found == bnl_own_count(r->n, r->own));
	return 0;
}

static bool
has_all(const struct run *r, const struct vec *v)
{
	const struct bnl_value *new = v->mem;
	struct bnl_value old;

	if (v->n != bnl_own_count(r->n, r->own))
		return false;
	for (uint32_t i = 0; i < v->n; i++) {
		bnl_own_value(&old, r->n, r->own, i);
		if (strcmp(old.text, new[i].text) != 0)
			return false;
	}
	return true;
}

/* A value that does not change keeps its line as written, with its comment. */
static int
put_value(struct buf *b, const struct bnl_edit *ed, const struct run *r,
	  const char *text)
{
	struct bnl_value old;
	struct span line;

	for (uint32_t i = 0; i < bnl_own_count(r->n, r->own); i++) {
		bnl_own_value(&old, r->n, r->own, i);
		if (strcmp(old.text, text) != 0)
			continue;
		line = edit_line(ed, r->lines[i]);
		return edit_put(b, line.p, line.len) != 0 ?
			       -1 :
			       edit_put(b, "\n", 1);
	}
	return put_statement(b, r->own, text);
}

static int
set_own(struct bnl_edit *ed, const struct bnl_node *n, enum bnl_own own,
	const struct vec *v, struct err *e)
{
	const struct bnl_value *values = v->mem;
	struct run r = { .n = n, .own = own };
	struct buf b;
	int rc;

	if (find_run(&r, ed, e) != 0)
		return -1;
	buf_init(&b, BNL_BYTES_MAX);
	rc = 0;
	if (has_all(&r, v))
		goto out;
	for (size_t i = 0; i < v->n && rc == 0; i++)
		rc = put_value(&b, ed, &r, values[i].text);
	if (rc != 0)
		err_nomem(e);
	else if (buf_len(&b) > 0)
		rc = edit_insert(ed, r.at, &b, e);
	for (uint32_t i = 0; i < bnl_own_count(n, own) && rc == 0; i++)
		rc = edit_cut(ed, r.lines[i], r.lines[i] + 1, e);
out:
	buf_free(&b);
	free(r.lines);
	return rc;
}

int
bnl_edit_set(struct bnl_edit *ed, const char *node, const struct bnl_change *c,
	     struct err *e)
{
	const struct bnl_node *n = need_node(ed, node, e);

	if (n == NULL)
		return -1;
	for (int own = 0; own < BNL_OWNS; own++)
		if (c->given[own] &&
		    set_own(ed, n, (enum bnl_own)own, &c->v[own], e) != 0)
			return -1;
	return 0;
}

/* --- remove --------------------------------------------------------------- */

int
bnl_edit_remove(struct bnl_edit *ed, const char *node, struct err *e)
{
	const struct bnl_node *n = need_node(ed, node, e);
	size_t from, to;

	if (n == NULL)
		return -1;
	from = n->line - 1;
	to = edit_node_end(ed, n);
	/* Removes the blank line that separated the node as well. */
	if (from > 0 && is_blank(ed, from - 1) &&
	    (to == edit_lines(ed) || is_blank(ed, to)))
		from--;
	return edit_cut(ed, from, to, e);
}
