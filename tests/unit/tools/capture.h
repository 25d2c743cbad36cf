/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keeps the text that the code under test prints. */
#ifndef TEST_CAPTURE_H
#define TEST_CAPTURE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The streams as they were, and all that was printed to them since. */
static struct {
	FILE *out, *err;
	char *text;
	size_t len;
} captured;

static inline void
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

/* Returns the text; valid until the next capture_begin(). */
static inline const char *
capture_end(void)
{
	FILE *f = stdout;

	stdout = captured.out;
	stderr = captured.err;
	fclose(f);
	return captured.text;
}

static inline void
capture_free(void)
{
	free(captured.text);
	captured.text = NULL;
}

#endif
