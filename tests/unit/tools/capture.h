/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keeps the text that the code under test prints. */
#ifndef TEST_CAPTURE_H
#define TEST_CAPTURE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The streams as they were, and all that was printed to them since. */
struct captured {
	FILE *out, *err;
	char *text;
	size_t len;
};

extern struct captured captured;

void capture_begin(void);

/* Returns the text; valid until the next capture_begin(). */
const char *capture_end(void);
void capture_free(void);

#endif
