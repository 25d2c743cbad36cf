/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bnl_text.h"

void
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

void
bnl_text_head(struct buf *b, const char *network)
{
	bnl_text_add(b,
		     "network %s\nprefix 10.0.0.0/8\n"
		     "prefix fd00:c1::/32\n",
		     network);
}

void
bnl_text_subnets(struct buf *b, size_t ten, size_t i)
{
	bnl_text_add(b, "  subnet 10.%zu.%zu.0/24\n", ten + (i >> 8), i & 255);
	bnl_text_add(b, "  subnet fd00:c1:%zx::/48\n", i);
}

void
bnl_text_node(struct buf *b, size_t i)
{
	bnl_text_add(b, "node n%05zu\n  address 198.18.%zu.%zu\n", i, i >> 8,
		     i & 255);
	bnl_text_subnets(b, 0, i);
}
