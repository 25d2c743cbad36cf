/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Delays between retries: the first one, then twice that, and so on up to a
 * maximum. The caller keeps the number of failures in a row, on which other
 * decisions may depend, and sets it to 0 when a try succeeds.
 */
#ifndef BASE_BACKOFF_H
#define BASE_BACKOFF_H

#include <stdint.h>

/* first_ms > 0 doubled for each failure, at most max_ms. Nothing overflows,
 * however large the arguments are. */
int64_t backoff_ms(int64_t first_ms, int64_t max_ms, unsigned int failures);
/* The delay after one more failure, which is counted: first_ms after the first
 * one. */
int64_t backoff_next(int64_t first_ms, int64_t max_ms, unsigned int *failures);

/* From ms to ms + spread_ms, so that no two nodes keep in step; random is a
 * number of 32 bits that the caller drew. */
int64_t jitter_ms(int64_t ms, int64_t spread_ms, uint32_t random);

#endif
