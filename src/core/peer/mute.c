/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Counts the packets of a peer that fail to unpack. */
#include "core/peer/mute.h"

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
	if (!is_within(m->since, MUTE_SPAN_MS, now)) {
		m->since = now;
		m->failures = 0;
	}
	if (++m->failures < MUTE_FAILURES)
		return false;
	m->failures = 0;
	m->began = now;
	return true;
}

bool
mute_is_recent(const struct mute *m, struct monotime now)
{
	return is_within(m->began, MUTE_WARN_MS, now);
}
