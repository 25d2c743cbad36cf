/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tables that fit a terminal. */
#include "ctl.h"

#include <stdio.h>
#include <string.h>

#include "lib/output.h"

#define COLUMNS_MAX 12
#define NARROWEST 6 /* columns are not cut below this width */

static const char *
cell_text(const json_t *row, size_t i)
{
	const char *text = json_string_value(json_array_get(row, i));

	return text == NULL ? "-" : text;
}

/* Makes each column as wide as its widest text, then narrows the widest
 * ones. */
static void
measure_columns(size_t *width, const char *const *heads, size_t n,
		const json_t *rows)
{
	size_t total = n - 1, i;
	const json_t *row;

	for (size_t k = 0; k < n; k++) {
		width[k] = strlen(heads[k]);
		json_array_foreach(rows, i, row) if (strlen(cell_text(row, k)) >
						     width[k]) width[k] =
			strlen(cell_text(row, k));
		total += width[k];
	}
	while (total > OUTPUT_WIDTH) {
		size_t widest = 0;

		for (size_t k = 1; k < n; k++)
			if (width[k] > width[widest])
				widest = k;
		if (width[widest] <= NARROWEST)
			break;
		width[widest]--;
		total--;
	}
}

static void
print_cell(const char *text, size_t width, bool last)
{
	size_t len = strlen(text);

	if (len > width)
		printf("%.*s~", (int)width - 1, text);
	else if (last)
		printf("%s", text);
	else
		printf("%-*s", (int)width, text);
	if (!last)
		putchar(' ');
}

void
ctl_table(const char *const *heads, size_t n, const json_t *rows)
{
	size_t width[COLUMNS_MAX], i;
	const json_t *row;

	measure_columns(width, heads, n, rows);
	for (size_t k = 0; k < n; k++)
		print_cell(heads[k], width[k], k == n - 1);
	putchar('\n');
	json_array_foreach(rows, i, row)
	{
		for (size_t k = 0; k < n; k++)
			print_cell(cell_text(row, k), width[k], k == n - 1);
		putchar('\n');
	}
}

void
ctl_columns(const struct ctl_column *columns, size_t n, const json_t *rows)
{
	const char *heads[COLUMNS_MAX];
	json_t *table = json_array(), *line;
	char text[64];
	size_t i;
	const json_t *row;

	for (size_t k = 0; k < n; k++)
		heads[k] = columns[k].head;
	json_array_foreach(rows, i, row)
	{
		line = json_array();
		for (size_t k = 0; k < n; k++)
			json_array_append_new(
				line,
				json_string(
					columns[k].text == NULL ?
						ctl_text(row, columns[k].key) :
						columns[k].text(text, row)));
		json_array_append_new(table, line);
	}
	ctl_table(heads, n, table);
	json_decref(table);
}
