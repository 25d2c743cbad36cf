/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The difference between a text and a later one, which travels instead of the
 * later text to a peer that has the earlier one, the base. A sequence of
 *
 *	copy 4, skip 4, insert 4 and so many bytes
 *
 * each of which copies bytes of the base, then leaves bytes of it out, then
 * adds its own. The base is read once, from front to back, and to its end. So
 * the work and the memory for a difference are those of the base and of the
 * difference's own bytes, whatever it says.
 */
#ifndef FORMAT_LIST_DIFF_H
#define FORMAT_LIST_DIFF_H

#include <stddef.h>
#include <stdint.h>

#include "format/proto.h"

#define LIST_DIFF_OP_LEN 12 /* without the bytes that it adds */

/* Writes the later text, which must have outlen bytes, to out. 0, or -1: the
 * difference does not lead from a base of that length to a text of that length,
 * or it has another form. Any difference may be given. */
int list_diff_apply(uint8_t *out, size_t outlen, const uint8_t *base,
		    size_t baselen, const uint8_t *diff, size_t len);

/* Writes the difference between two texts of lines to out. Returns its length,
 * or 0: it is longer than cap, a text has more than 524288 lines, or memory is
 * out. Slow (2 x 6 MB: tens of milliseconds): made for a thread beside the
 * loop. */
size_t list_diff_make(uint8_t *out, size_t cap, const uint8_t *base,
		      size_t baselen, const uint8_t *text, size_t textlen);

/* Writes the difference of two steps in one: first leads from the base to some
 * text, second from the beginning of that text, of any length, to another one.
 * Returns its length, or 0: it is longer than cap, or one of the two has no
 * such form. */
size_t list_diff_join(uint8_t *out, size_t cap, const uint8_t *first,
		      size_t firstlen, const uint8_t *second, size_t secondlen);

#endif
