/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Prints errors, JSON and wrapped text. */
#ifndef TOOLS_OUTPUT_H
#define TOOLS_OUTPUT_H

#include <jansson.h>
#include <stddef.h>

#include "base/err.h"

/* PROGRAM: FILE:LINE:COLUMN: text; file may be NULL. */
void output_err(const char *file, const struct err *e);
/* FILE:LINE:COLUMN: text, one line each, and the number of further errors. */
void output_errs(const char *file, const struct errs *es);
/* Prints o to standard output and releases it. 0 or -1. */
int output_json(json_t *o);

#define OUTPUT_WIDTH 80
/* Prints head, then the text from that column on, broken at blanks so that no
 * line has more than OUTPUT_WIDTH columns, unless a single word is longer. A
 * head that does not leave two blanks before it stands on a line of its own. */
void output_wrap(size_t column, const char *head, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
