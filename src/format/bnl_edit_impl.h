/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Declarations shared by the files of bnl_edit: the text's lines, and
 * splices. */
#ifndef BNL_EDIT_IMPL_H
#define BNL_EDIT_IMPL_H

#include "format/bnl_edit.h"

struct bnl_edit {
	const char *text; /* borrowed */
	struct bnl *list;
	struct vec lines; /* size_t: start of each line; then the end */
	struct vec splices;
	struct arena arena;
};

enum line_kind {
	LINE_BLANK,
	LINE_COMMENT,
	LINE_HEAD,
	LINE_NODE,
	LINE_OWN,
	LINE_REVOKE,
	LINE_EXTRA
};

/* 0, or -1: memory is out. */
int edit_index(struct bnl_edit *ed, size_t len);
/* Lines count from 0; `line` of a node counts from 1, so it is the index of the
 * line after its first. */
size_t edit_lines(const struct bnl_edit *ed);
struct span edit_line(const struct bnl_edit *ed, size_t line); /* no LF */
enum line_kind edit_kind(const struct bnl_edit *ed, size_t line);
/* The line after the node's last one, and the line after the header. */
size_t edit_node_end(const struct bnl_edit *ed, const struct bnl_node *n);
size_t edit_head_end(const struct bnl_edit *ed);

int edit_cut(struct bnl_edit *ed, size_t from, size_t to, struct err *e);
/* Takes over the contents of b. */
int edit_insert(struct bnl_edit *ed, size_t line, struct buf *b, struct err *e);
int edit_put(struct buf *b, const char *text, size_t len);

#endif
