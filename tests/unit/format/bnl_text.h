/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writes lists as an administrator's script would: the head, then as many
 * nodes as are wanted, each with two subnets that no other one has. */
#ifndef TESTS_BNL_TEXT_H
#define TESTS_BNL_TEXT_H

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"

#define BNL_TEXT_SUBNETS 2 /* of a node */

/* Ends the program when b takes no more: half a list is none. */
static inline void bnl_text_add(struct buf *b, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static inline void
bnl_text_add(struct buf *b, const char *fmt, ...)
{
	char line[256];
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (len < 0 || (size_t)len >= sizeof(line) ||
	    buf_put(b, line, (size_t)len) < 0) {
		fprintf(stderr, "no room in a list for: %s\n", line);
		abort();
	}
}

static inline void
bnl_text_head(struct buf *b, const char *network)
{
	bnl_text_add(b,
		     "network %s\nprefix 10.0.0.0/8\n"
		     "prefix fd00:c1::/32\n",
		     network);
}

/* Those of node i: 10.x.y.0/24, where x begins at ten, and an IPv6 one. */
static inline void
bnl_text_subnets(struct buf *b, size_t ten, size_t i)
{
	bnl_text_add(b, "  subnet 10.%zu.%zu.0/24\n", ten + (i >> 8), i & 255);
	bnl_text_add(b, "  subnet fd00:c1:%zx::/48\n", i);
}

/* Node i of at most 65,536. RFC 2544: addresses for tests of networks. */
static inline void
bnl_text_node(struct buf *b, size_t i)
{
	bnl_text_add(b, "node n%05zu\n  address 198.18.%zu.%zu\n", i, i >> 8,
		     i & 255);
	bnl_text_subnets(b, 0, i);
}

#endif
