/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the parts of bnl_edit share: the text's lines, and splices of it. */
#ifndef BNL_EDIT_IMPL_H
#define BNL_EDIT_IMPL_H

#include "format/bnl_edit.h"

struct bnl_edit {
	const char *text;	/* borrowed */
	struct bnl *list;
	struct vec lines;	/* size_t: where each begins; then the end */
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
/* Lines count from 0; a node's `line` is that of the one behind it. */
size_t edit_lines(const struct bnl_edit *ed);
struct span edit_line(const struct bnl_edit *ed, size_t line);	/* no LF */
enum line_kind edit_kind(const struct bnl_edit *ed, size_t line);
/* The line behind the node's last one, and behind the head's. */
size_t edit_node_end(const struct bnl_edit *ed, const struct bnl_node *n);
size_t edit_head_end(const struct bnl_edit *ed);

int edit_cut(struct bnl_edit *ed, size_t from, size_t to, struct err *e);
/* Takes what is in b. */
int edit_insert(struct bnl_edit *ed, size_t line, struct buf *b,
		struct err *e);
int edit_put(struct buf *b, const char *text, size_t len);

#endif
