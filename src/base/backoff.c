/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Delays between retries. */
#include "base/backoff.h"

#include <limits.h>

int64_t
backoff_ms(int64_t first_ms, int64_t max_ms, unsigned int failures)
{
	int64_t ms = first_ms;

	while (failures-- > 0) {
		if (ms > max_ms / 2)
			return max_ms;
		ms *= 2;
	}
	return ms < max_ms ? ms : max_ms;
}

int64_t
backoff_next(int64_t first_ms, int64_t max_ms, unsigned int *failures)
{
	int64_t ms = backoff_ms(first_ms, max_ms, *failures);

	if (*failures < UINT_MAX)
		++*failures;
	return ms;
}

/* A fraction of the spread, rounded down; in two halves, whose products fit. */
int64_t
jitter_ms(int64_t ms, int64_t spread_ms, uint32_t random)
{
	uint64_t n = (uint64_t)spread_ms + 1;
	uint64_t high = (n >> 32) * random;
	uint64_t low = (n & UINT32_MAX) * random >> 32;

	return ms + (int64_t)(high + low);
}
