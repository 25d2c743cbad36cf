/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Prints errors and JSON. */
#ifndef TOOLS_OUTPUT_H
#define TOOLS_OUTPUT_H

#include <jansson.h>

#include "base/err.h"

/* PROGRAM: FILE:LINE:COLUMN: text; file may be NULL. */
void output_err(const char *file, const struct err *e);
/* FILE:LINE:COLUMN: text, one line each, and the number of further errors. */
void output_errs(const char *file, const struct errs *es);
/* Prints o to standard output and releases it. 0 or -1. */
int output_json(json_t *o);

#endif
