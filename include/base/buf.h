/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A growable byte buffer with a consumed front. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct buf {
	uint8_t *mem; /* owned */
	size_t start; /* first byte not yet consumed */
	size_t end;   /* end of the bytes held, exclusive */
	size_t cap;
	size_t limit; /* never more than this many bytes held */
	bool nomem;   /* a call failed because memory was out */
};

/* No allocation until the first byte. limit: the most bytes ever held. */
void buf_init(struct buf *b, size_t limit);
/* Wipes and frees; the buffer can be used again as if just made. */
void buf_free(struct buf *b);
/* 0, or -1 when the limit or memory forbids: then nothing has changed. */
int buf_put(struct buf *b, const void *data, size_t len);
/* The error of a call that failed: ERR_NOMEM, or ERR_LIMIT with the text that
 * `what` would have more bytes than the limit. Returns -1. */
int buf_error(const struct buf *b, const char *what, struct err *e);
/* Makes room for len bytes; returns where to write them, or NULL. The bytes
 * become part of the buffer by buf_commit(). The pointer is valid until the
 * next call. */
uint8_t *buf_reserve(struct buf *b, size_t len);
void buf_commit(struct buf *b, size_t len);
void buf_consume(struct buf *b, size_t len);
void buf_clear(struct buf *b);

static inline const uint8_t *
buf_data(const struct buf *b)
{
	return b->mem == NULL ? (const uint8_t *)"" : b->mem + b->start;
}

static inline size_t
buf_len(const struct buf *b)
{
	return b->end - b->start;
}

#endif
