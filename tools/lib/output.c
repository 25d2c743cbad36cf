/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Prints errors and JSON. */
#include "output.h"

#include <errno.h>
#include <stdio.h>

void
output_err(const char *file, const struct err *e)
{
	char text[2 * ERR_TEXT_MAX];

	fprintf(stderr, "%s: %s\n", program_invocation_short_name,
		err_format(text, sizeof(text), file, e));
}

void
output_errs(const char *file, const struct errs *es)
{
	unsigned int shown = es->count < ERRS_MAX ? es->count : ERRS_MAX;
	char text[2 * ERR_TEXT_MAX];

	for (unsigned int i = 0; i < shown; i++)
		fprintf(stderr, "%s\n",
			err_format(text, sizeof(text), file, &es->e[i]));
	if (es->count > shown)
		fprintf(stderr, "%s: and %u more errors\n", file,
			es->count - shown);
}

int
output_json(json_t *o)
{
	int rc = o == NULL ? -1 : json_dumpf(o, stdout, JSON_INDENT(2));

	putchar('\n');
	json_decref(o);
	return rc;
}
