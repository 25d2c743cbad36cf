/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lists of any number of nodes with two subnets each, and keys that sign
 * them. */
#ifndef LIST_TEXT_H
#define LIST_TEXT_H

#include <stddef.h>

#include "crypto/key.h"

/* One of the keys that are published for tests. */
struct key *list_key(enum key_type type);
/* A signed list of n nodes, at most 65,536; malloc'd. */
char *list_text(size_t n, const struct key *key, size_t *len);
/* The same, signed so many seconds later. */
char *list_text_later(size_t n, const struct key *key, int64_t later_s,
		      size_t *len);

#endif
