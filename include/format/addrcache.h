/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The file of the addresses at which nodes were reached. */
#ifndef FORMAT_KNOWN_H
#define FORMAT_KNOWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/cursor.h"
#include "base/err.h"
#include "base/ipaddr.h"
#include "base/text.h"
#include "format/proto.h"

#define ADDRCACHE_EACH 4 /* addresses of a node */

struct addrcache_node {
	char name[NODE_NAME_MAX + 1];
	struct endpoint at[ADDRCACHE_EACH]; /* most recent one first */
	unsigned int n;			    /* at least 1 */
};

#define ADDRCACHE_NODE_MAX \
	(1 + NODE_NAME_MAX + 1 + ADDRCACHE_EACH * (1 + 16 + 2))
#define ADDRCACHE_BYTES_MAX (64 + BNL_NODES_MAX * ADDRCACHE_NODE_MAX)

/* magic, version, nodes in ascending order of name, SHA-256 of all before it.
 * 0, or -1: no memory. */
int addrcache_file_begin(struct buf *b);
int addrcache_file_add(struct buf *b, const struct addrcache_node *k);
int addrcache_file_end(struct buf *b);

/* Checks everything but the nodes; r is then at the first node. 0 or -1. */
int addrcache_file_open(struct rcur *r, const uint8_t *in, size_t len,
			struct err *e);
/* Reads the next node; NULL for last: the first. 1, or 0 at the end, or -1. */
int addrcache_file_next(struct rcur *r, struct addrcache_node *out,
			const char *last, struct err *e);

/* True for an address worth remembering: a single host's, and not
 * link-local. */
bool addrcache_is_usable(const struct endpoint *ep);

#endif
