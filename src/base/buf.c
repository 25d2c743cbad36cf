/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A growable byte buffer with a consumed front. */
#include "base/buf.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

#define BUF_CAP_MIN 256

void
buf_init(struct buf *b, size_t limit)
{
	*b = (struct buf){ .limit = limit };
}

void
buf_free(struct buf *b)
{
	if (b->mem != NULL)
		bytes_wipe(b->mem, b->cap);
	free(b->mem);
	buf_init(b, b->limit);
}

/* Doubles the capacity, so that many small writes stay cheap; never beyond
 * limit. */
static size_t
next_cap(const struct buf *b, size_t need)
{
	size_t cap = b->cap <= b->limit / 2 ? b->cap * 2 : b->limit;

	if (cap < BUF_CAP_MIN)
		cap = BUF_CAP_MIN;
	if (cap > b->limit)
		cap = b->limit;
	return cap < need ? need : cap;
}

/* realloc() would leave a copy of secrets behind, so this copies and wipes. */
static int
grow_buf(struct buf *b, size_t need)
{
	size_t len = buf_len(b);
	size_t cap = next_cap(b, need);
	uint8_t *mem = malloc(cap);

	if (mem == NULL) {
		b->nomem = true;
		return -1;
	}
	if (b->mem != NULL) {
		memcpy(mem, b->mem + b->start, len);
		bytes_wipe(b->mem, b->cap);
		free(b->mem);
	}
	b->mem = mem;
	b->cap = cap;
	b->start = 0;
	b->end = len;
	return 0;
}

uint8_t *
buf_reserve(struct buf *b, size_t len)
{
	size_t held = buf_len(b);

	if (len > b->limit - held)
		return NULL;
	if (b->mem != NULL && b->cap - b->end >= len)
		return b->mem + b->end;
	/* Moving the data down pays when at least as much was consumed. */
	if (b->mem != NULL && b->cap - held >= len &&
	    (b->start >= held || b->cap >= b->limit)) {
		memmove(b->mem, b->mem + b->start, held);
		b->start = 0;
		b->end = held;
	} else if (grow_buf(b, held + len > 0 ? held + len : 1) < 0) {
		return NULL;
	}
	return b->mem + b->end;
}

void
buf_commit(struct buf *b, size_t len)
{
	assert(len <= b->cap - b->end);
	b->end += len;
}

int
buf_put(struct buf *b, const void *data, size_t len)
{
	uint8_t *to;

	if (len == 0)
		return 0;
	to = buf_reserve(b, len);
	if (to == NULL)
		return -1;
	memcpy(to, data, len);
	buf_commit(b, len);
	return 0;
}

void
buf_consume(struct buf *b, size_t len)
{
	assert(len <= buf_len(b));
	b->start += len;
	if (b->start == b->end)
		buf_clear(b);
}

void
buf_clear(struct buf *b)
{
	b->start = 0;
	b->end = 0;
}

int
buf_error(const struct buf *b, const char *what, struct err *e)
{
	if (b->nomem)
		return err_nomem(e);
	return err_set(e, ERR_LIMIT, "%s would have more than %zu bytes", what,
		       b->limit);
}
