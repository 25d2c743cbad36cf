/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An edit is a set of splices: at one byte offset, so many bytes are removed
 * and others inserted. Splices are collected in any order and applied in one
 * pass, so that the positions of the parsed list are valid for all of them.
 */
#include <stdlib.h>
#include <string.h>

#include "bnl_edit_impl.h"
#include "format/bnl_line.h"
#include "format/bnl_own.h"

struct splice {
	size_t at;
	size_t cut;
	const char *text; /* in the arena */
	size_t len;
	size_t order;
};

/* --- lines --------------------------------------------------------------- */

size_t
edit_lines(const struct bnl_edit *ed)
{
	return ed->lines.n - 1;
}

static size_t
start_of(const struct bnl_edit *ed, size_t line)
{
	return ((const size_t *)ed->lines.mem)[line];
}

/* Includes the LF. */
static struct span
whole_line(const struct bnl_edit *ed, size_t line)
{
	size_t at = start_of(ed, line);

	return (struct span){ ed->text + at, start_of(ed, line + 1) - at };
}

struct span
edit_line(const struct bnl_edit *ed, size_t line)
{
	struct span s = whole_line(ed, line);

	if (s.len > 0 && s.p[s.len - 1] == '\n')
		s.len--;
	return s;
}

enum line_kind
edit_kind(const struct bnl_edit *ed, size_t line)
{
	struct span s = edit_line(ed, line), word = bnl_line_statement(s);

	if (word.len == 0)
		return span_trim(s).len == 0 ? LINE_BLANK : LINE_COMMENT;
	if (span_is(word, "node"))
		return LINE_NODE;
	if (span_is(word, "revoke"))
		return LINE_REVOKE;
	if (bnl_own_of(word) != BNL_OWNS)
		return LINE_OWN;
	return word.p[0] == 'x' ? LINE_EXTRA : LINE_HEAD;
}

static bool
is_indented(const struct bnl_edit *ed, size_t line)
{
	struct span s = edit_line(ed, line);

	return s.len > 0 && (s.p[0] == ' ' || s.p[0] == '\t');
}

int
edit_index(struct bnl_edit *ed, size_t len)
{
	struct span rest = { ed->text, len }, line;
	size_t *item;

	for (;;) {
		item = vec_push(&ed->lines, sizeof(*item));
		if (item == NULL)
			return -1;
		*item = len - rest.len;
		if (!span_line(&rest, &line))
			return 0;
	}
}

/* The line after the node's last one. */
size_t
edit_node_end(const struct bnl_edit *ed, const struct bnl_node *n)
{
	size_t end = n->line;

	for (size_t i = n->line; i < edit_lines(ed); i++) {
		enum line_kind k = edit_kind(ed, i);

		if (k == LINE_NODE || k == LINE_REVOKE)
			break;
		if (k == LINE_OWN)
			end = i + 1;
	}
	while (end < edit_lines(ed) && is_indented(ed, end) &&
	       (edit_kind(ed, end) == LINE_COMMENT ||
		edit_kind(ed, end) == LINE_EXTRA))
		end++;
	return end;
}

size_t
edit_head_end(const struct bnl_edit *ed)
{
	size_t end = 0;

	for (size_t i = 0; i < edit_lines(ed) && edit_kind(ed, i) != LINE_NODE;
	     i++)
		if (edit_kind(ed, i) == LINE_HEAD)
			end = i + 1;
	return end;
}

/* --- splices ------------------------------------------------------------- */

static int
add_splice(struct bnl_edit *ed, size_t at, size_t cut, struct span text,
	   struct err *e)
{
	struct splice *s = vec_push(&ed->splices, sizeof(*s));

	if (s == NULL)
		return err_nomem(e);
	s->at = at;
	s->cut = cut;
	s->text = text.p;
	s->len = text.len;
	s->order = ed->splices.n;
	return 0;
}

int
edit_cut(struct bnl_edit *ed, size_t from, size_t to, struct err *e)
{
	size_t at = start_of(ed, from);

	return add_splice(ed, at, start_of(ed, to) - at, (struct span){ "", 0 },
			  e);
}

/* Takes over the contents of b. */
int
edit_insert(struct bnl_edit *ed, size_t line, struct buf *b, struct err *e)
{
	size_t len = buf_len(b);
	const char *text =
		arena_strndup(&ed->arena, (const char *)buf_data(b), len);

	buf_free(b);
	if (text == NULL)
		return err_nomem(e);
	return add_splice(ed, start_of(ed, line), 0, (struct span){ text, len },
			  e);
}

int
edit_put(struct buf *b, const char *text, size_t len)
{
	return len == 0 ? 0 : buf_put(b, text, len);
}

/* --- the new text --------------------------------------------------------- */

static int
in_order(const void *va, const void *vb)
{
	const struct splice *a = va, *b = vb;

	if (a->at != b->at)
		return a->at < b->at ? -1 : 1;
	return a->order < b->order ? -1 : a->order > b->order;
}

/* Completes a last line without LF first. */
static int
put_lines(struct buf *b, const char *text, size_t len)
{
	size_t n = buf_len(b);

	if (len > 0 && n > 0 && buf_data(b)[n - 1] != '\n' &&
	    edit_put(b, "\n", 1) != 0)
		return -1;
	return edit_put(b, text, len);
}

int
bnl_edit_write(const struct bnl_edit *ed, struct buf *out, struct err *e)
{
	size_t n = ed->splices.n, pos = 0, end = start_of(ed, edit_lines(ed));
	struct splice *s = calloc(n + 1, sizeof(*s));
	int rc = 0;

	if (s == NULL)
		return err_nomem(e);
	if (n > 0) {
		memcpy(s, ed->splices.mem, n * sizeof(*s));
		qsort(s, n, sizeof(*s), in_order);
	}
	for (size_t i = 0; i < n && rc == 0; i++) {
		if (s[i].at < pos)
			continue; /* the node was removed twice */
		rc = edit_put(out, ed->text + pos, s[i].at - pos) != 0 ||
				     put_lines(out, s[i].text, s[i].len) != 0 ?
			     -1 :
			     0;
		pos = s[i].at + s[i].cut;
	}
	free(s);
	if (rc != 0 || edit_put(out, ed->text + pos, end - pos) != 0)
		return buf_error(out, "the list", e);
	return 0;
}
