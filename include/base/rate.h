/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A rate limit: so many events in a window of time. A window begins with the
 * first event after the last window's end. Half of a limit may so come at the
 * end of one window and all of it at the begin of the next, which every caller
 * can afford. Zeroed: no event has come.
 */
#ifndef BASE_RATE_H
#define BASE_RATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/monotime.h"

struct rate {
	struct monotime since; /* begin of the window */
	uint32_t count;	       /* of its events; stays at its maximum */
};

/* Counts an event. Returns how many the window has, this one included. */
uint32_t rate_count(struct rate *r, struct monotime now, int64_t window_ms);
/* Counts an event. true: it is one of the first max of its window. */
bool rate_allows(struct rate *r, struct monotime now, int64_t window_ms,
		 uint32_t max);
/* The window has max events already; counts nothing. */
bool rate_is_full(const struct rate *r, struct monotime now, int64_t window_ms,
		  uint32_t max);

#endif
