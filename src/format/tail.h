/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The tail of a message or a record, where later versions put more: entries
 * {u16 type, u16 length, bytes}, in ascending order of the types, each type
 * once. Entries of unknown types are skipped below TAIL_REFUSED, and refused
 * from there on. A known entry may be longer than it is known here.
 */
#ifndef FORMAT_TAIL_H
#define FORMAT_TAIL_H

#include <stddef.h>
#include <stdint.h>

#include "base/cursor.h"
#include "base/err.h"

struct tail {
	struct rcur rest;
	unsigned int last; /* type of the entry read last */
};

void tail_init(struct tail *t, const uint8_t *bytes, size_t len);
/* 1: the next entry; 0: there is none; -1: the tail is malformed
 * (ERR_SYNTAX). */
int tail_next(struct tail *t, unsigned int *type, struct rcur *value,
	      struct err *e);
/* For an entry of a type that the caller does not know: 0, or -1
 * (ERR_RANGE). */
int tail_unknown(unsigned int type, struct err *e);
/* Reads a tail none of whose types is known. 0 or -1. */
int tail_skip(const uint8_t *bytes, size_t len, struct err *e);
/* The head of an entry; the bytes follow. */
void tail_put(struct wcur *w, unsigned int type, size_t len);

#endif
