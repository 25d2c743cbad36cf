/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "capture.h"

struct captured captured;

void
capture_begin(void)
{
	FILE *f;

	free(captured.text);
	captured.text = NULL;
	f = open_memstream(&captured.text, &captured.len);
	if (f == NULL)
		abort();
	captured.out = stdout;
	captured.err = stderr;
	stdout = stderr = f;
}

const char *
capture_end(void)
{
	FILE *f = stdout;

	stdout = captured.out;
	stderr = captured.err;
	fclose(f);
	return captured.text;
}

void
capture_free(void)
{
	free(captured.text);
	captured.text = NULL;
}
