/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Counts the packets of a peer that fail to unpack. */
#include "core/peer/mute.h"
#include "core/timings.h"

static bool
is_within(struct monotime at, int64_t ms, struct monotime now)
{
	return mono_is_set(at) && mono_ms(at, now) < ms;
}

bool
mute_is_on(const struct mute *m, struct monotime now)
{
	return is_within(m->began, MUTE_HOLD_MS, now);
}

bool
mute_failed(struct mute *m, struct monotime now)
{
	if (rate_count(&m->failures, now, MUTE_SPAN_MS) < MUTE_FAILURES)
		return false;
	*m = (struct mute){ .began = now };
	return true;
}

bool
mute_is_recent(const struct mute *m, struct monotime now)
{
	return is_within(m->began, MUTE_WARN_MS, now);
}
