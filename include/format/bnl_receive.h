/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A list as it came: whole, or as the difference from one that is here. */
#ifndef FORMAT_BNL_RECEIVE_H
#define FORMAT_BNL_RECEIVE_H

#include "base/err.h"
#include "crypto/key.h"
#include "format/bnl.h"

struct bnl_source {
	const uint8_t *data;
	size_t len;
	const struct bnl *base; /* in force; NULL: none */
	size_t whole;		/* data is a difference from the text of base
				 * to a list of so many bytes; 0: data is the
				 * list */
};

/*
 * As bnl_open_any(), for the text that came or was rebuilt: a difference is
 * believed as little as a list. A list of more than one LIST_DATA has its own
 * difference from base afterwards, unless that is longer than LIST_DIFF_MAX.
 * Slow: made for a thread beside the loop.
 */
int bnl_receive(struct bnl **out, const struct bnl_source *src,
		const struct key *const *keys, size_t nkeys, struct err *e);

#endif
