/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Splits a line of a list's text, for the programs that edit lists. */
#ifndef FORMAT_BNL_LINE_H
#define FORMAT_BNL_LINE_H

#include "base/text.h"

/* The line's statement without its comment; empty when there is none. */
struct span bnl_line_words(struct span line);
/* The first word of the statement; empty when there is none. */
struct span bnl_line_statement(struct span line);
/* The comment behind '#', trimmed; empty when there is none. */
struct span bnl_line_comment(struct span line);

#endif
