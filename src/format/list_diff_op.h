/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The operations of a difference, read and written. */
#ifndef FORMAT_LIST_DIFF_OP_H
#define FORMAT_LIST_DIFF_OP_H

#include "base/cursor.h"
#include "format/list_diff.h"

struct diff_op {
	size_t copy, skip, insert; /* bytes */
	const uint8_t *bytes;	   /* those inserted */
};

/* Reads the next one; false when there is none, or none of that form. An
 * operation that does nothing has no such form. */
bool diff_op_read(struct diff_op *out, struct rcur *c);

/* Operations are merged where they can be: after an insertion or an omission
 * only a copy begins another one. */
struct diff_writer {
	struct wcur w;
	size_t at; /* of the operation that grows; SIZE_MAX: none */
	size_t copy, skip, insert;
};

void diff_writer_init(struct diff_writer *d, uint8_t *out, size_t cap);
void diff_copy(struct diff_writer *d, size_t n);
void diff_skip(struct diff_writer *d, size_t n);
void diff_insert(struct diff_writer *d, const uint8_t *bytes, size_t n);
/* The length of all; 0: it did not fit. */
size_t diff_writer_end(struct diff_writer *d);

#endif
