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
void bnl_text_add(struct buf *b, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void bnl_text_add(struct buf *b, const char *fmt, ...);
void bnl_text_head(struct buf *b, const char *network);

/* Those of node i: 10.x.y.0/24, where x begins at ten, and an IPv6 one. */
void bnl_text_subnets(struct buf *b, size_t ten, size_t i);

/* Node i of at most 65,536. RFC 2544: addresses for tests of networks. */
void bnl_text_node(struct buf *b, size_t i);

#endif
