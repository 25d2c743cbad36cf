/* SPDX-License-Identifier: GPL-3.0-or-later */
/* For calls that fail only when the library or the kernel is broken. */
#ifndef CRYPTO_MUST_H
#define CRYPTO_MUST_H

#include <stdbool.h>
#include <stdlib.h>

/*
 * Ends the process unless ok. Key material that was not made as requested must
 * never be used: without memory for a hash, or without the kernel's randomness,
 * the program cannot continue. No input can cause such a failure.
 */
static inline void
must(bool ok)
{
	if (!ok)
		abort();
}

#endif
