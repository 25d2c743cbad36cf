/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Prints errors, JSON and wrapped text. */
#include "output.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

/* Prints one word of a wrapped text at column *at. */
static void
wrap_word(size_t *at, size_t column, const char *word, size_t len)
{
	bool first = *at == column;

	if (!first && *at + 1 + len <= OUTPUT_WIDTH) {
		putchar(' ');
		++*at;
	} else if (!first || column + len > OUTPUT_WIDTH) {
		/* A long word, such as a fingerprint, starts further left. */
		size_t left = column + len <= OUTPUT_WIDTH ? column : 2;

		printf("\n%*s", (int)left, "");
		*at = left;
	}
	printf("%.*s", (int)len, word);
	*at += len;
}

void
output_wrap(size_t column, const char *head, const char *fmt, ...)
{
	char *text = NULL;
	size_t at = column;
	const char *word;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	/* Two blanks at least, by which completion knows where the head
	 * ends. */
	if (column > 0 && strlen(head) + 2 > column)
		printf("%s\n%*s", head, (int)column, "");
	else
		printf("%-*s", (int)column, head);
	for (word = text; *word != '\0'; word += strspn(word, " ")) {
		size_t len = strcspn(word, " ");

		wrap_word(&at, column, word, len);
		word += len;
	}
	putchar('\n');
	free(text);
}
