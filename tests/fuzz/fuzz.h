/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What several fuzz targets need: the input as a script of steps. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

struct script {
	const uint8_t *p;
	size_t left;
};

/* Zeros at its end. */
static inline uint8_t
next(struct script *s)
{
	if (s->left == 0)
		return 0;
	s->left--;
	return *s->p++;
}

/* Without this nothing can be tried at all. */
static inline void
require(int cond)
{
	if (!cond)
		abort();
}

#endif
