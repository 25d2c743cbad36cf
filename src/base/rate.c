/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Events counted in windows of time. */
#include "base/rate.h"

static bool
is_over(const struct rate *r, struct monotime now, int64_t window_ms)
{
	return !mono_is_set(r->since) || mono_ms(r->since, now) >= window_ms;
}

uint32_t
rate_count(struct rate *r, struct monotime now, int64_t window_ms)
{
	if (is_over(r, now, window_ms))
		*r = (struct rate){ .since = now };
	if (r->count < UINT32_MAX)
		r->count++;
	return r->count;
}

bool
rate_allows(struct rate *r, struct monotime now, int64_t window_ms,
	    uint32_t max)
{
	return rate_count(r, now, window_ms) <= max;
}

bool
rate_is_full(const struct rate *r, struct monotime now, int64_t window_ms,
	     uint32_t max)
{
	return max == 0 || (!is_over(r, now, window_ms) && r->count >= max);
}
