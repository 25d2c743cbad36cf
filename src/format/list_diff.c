/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Differences between texts: read, applied, written, joined. */
#include "list_diff_op.h"

#include <string.h>

#include "base/bytes.h"

bool
diff_op_read(struct diff_op *out, struct rcur *c)
{
	if (c->left == 0)
		return false;
	out->copy = rcur_be32(c);
	out->skip = rcur_be32(c);
	out->insert = rcur_be32(c);
	out->bytes = rcur_view(c, out->insert);
	if (out->copy == 0 && out->skip == 0 && out->insert == 0)
		c->bad = true;
	return out->bytes != NULL && !c->bad;
}

int
list_diff_apply(uint8_t *out, size_t outlen, const uint8_t *base,
		size_t baselen, const uint8_t *diff, size_t len)
{
	struct diff_op op;
	struct rcur c;

	rcur_init(&c, diff, len);
	while (diff_op_read(&op, &c)) {
		if (op.copy > baselen || op.skip > baselen - op.copy ||
		    op.copy > outlen || op.insert > outlen - op.copy)
			return -1;
		memcpy(out, base, op.copy);
		memcpy(out + op.copy, op.bytes, op.insert);
		base += op.copy + op.skip;
		baselen -= op.copy + op.skip;
		out += op.copy + op.insert;
		outlen -= op.copy + op.insert;
	}
	return rcur_done(&c) && baselen == 0 && outlen == 0 ? 0 : -1;
}

/* --- writing -------------------------------------------------------------- */

void
diff_writer_init(struct diff_writer *d, uint8_t *out, size_t cap)
{
	memset(d, 0, sizeof(*d));
	wcur_init(&d->w, out, cap);
	d->at = SIZE_MAX;
}

static void
flush_op(struct diff_writer *d)
{
	if (d->at == SIZE_MAX || d->w.bad)
		return;
	put_be32(d->w.base + d->at, (uint32_t)d->copy);
	put_be32(d->w.base + d->at + 4, (uint32_t)d->skip);
	put_be32(d->w.base + d->at + 8, (uint32_t)d->insert);
	d->at = SIZE_MAX;
}

static void
begin_op(struct diff_writer *d)
{
	static const uint8_t none[LIST_DIFF_OP_LEN];

	if (d->at != SIZE_MAX)
		return;
	d->at = d->w.len;
	d->copy = d->skip = d->insert = 0;
	wcur_bytes(&d->w, none, sizeof(none));
}

void
diff_copy(struct diff_writer *d, size_t n)
{
	if (n == 0)
		return;
	if (d->at != SIZE_MAX && (d->skip > 0 || d->insert > 0))
		flush_op(d);
	begin_op(d);
	d->copy += n;
}

void
diff_skip(struct diff_writer *d, size_t n)
{
	if (n == 0)
		return;
	begin_op(d);
	d->skip += n;
}

void
diff_insert(struct diff_writer *d, const uint8_t *bytes, size_t n)
{
	if (n == 0)
		return;
	begin_op(d);
	d->insert += n;
	wcur_bytes(&d->w, bytes, n);
}

size_t
diff_writer_end(struct diff_writer *d)
{
	flush_op(d);
	return d->w.bad ? 0 : d->w.len;
}

/* --- two steps in one ----------------------------------------------------- */

/* The text in between, as the first step makes it: copies and insertions. */
struct between {
	struct rcur c;
	struct diff_op op; /* the part of it that is left */
	bool open;
};

/* Goes on by n bytes of the text in between, at most, which the second step
 * copies or leaves out. Returns the bytes that it went on, 0 at the end. */
static size_t
pass_part(struct diff_writer *d, struct between *b, size_t n, bool keep)
{
	struct diff_op *op = &b->op;

	if (op->copy > 0) {
		n = n < op->copy ? n : op->copy;
		op->copy -= n;
		(keep ? diff_copy : diff_skip)(d, n);
		return n;
	}
	diff_skip(d, op->skip);
	op->skip = 0;
	n = n < op->insert ? n : op->insert;
	if (keep)
		diff_insert(d, op->bytes, n);
	op->bytes += n;
	op->insert -= n;
	return n;
}

/* false: the text in between ends before. */
static bool
pass(struct diff_writer *d, struct between *b, size_t n, bool keep)
{
	while (n > 0) {
		if (!b->open && !diff_op_read(&b->op, &b->c))
			return false;
		b->open = true;
		n -= pass_part(d, b, n, keep);
		b->open = b->op.copy > 0 || b->op.skip > 0 || b->op.insert > 0;
	}
	return true;
}

size_t
list_diff_join(uint8_t *out, size_t cap, const uint8_t *first, size_t firstlen,
	       const uint8_t *second, size_t secondlen)
{
	struct between b = { .open = false };
	struct diff_writer d;
	struct diff_op op;
	struct rcur c;

	diff_writer_init(&d, out, cap);
	rcur_init(&b.c, first, firstlen);
	rcur_init(&c, second, secondlen);
	while (diff_op_read(&op, &c)) {
		if (!pass(&d, &b, op.copy, true) ||
		    !pass(&d, &b, op.skip, false))
			return 0;
		diff_insert(&d, op.bytes, op.insert);
	}
	/* The second step knows nothing of the rest. */
	(void)pass(&d, &b, SIZE_MAX, false);
	return rcur_done(&c) && rcur_done(&b.c) ? diff_writer_end(&d) : 0;
}
