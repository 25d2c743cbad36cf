/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whether the compressed packets of one peer are still unpacked. A peer whose
 * packets fail to unpack, several within a second, sends them on purpose or
 * has a fault: its compressed packets are dropped unread for a while. Packets
 * that are not compressed pass all the time.
 */
#ifndef CORE_PEER_MUTE_H
#define CORE_PEER_MUTE_H

#include <stdbool.h>

#include "base/rate.h"
#include "core/timings.h"

#define MUTE_FAILURES 8 /* within MUTE_SPAN_MS: no more are unpacked */

struct mute { /* all zero: no packet has failed */
	struct rate failures;
	struct monotime began; /* the last mute */
};

bool mute_is_on(const struct mute *m, struct monotime now);
/* Counts a packet that did not unpack. true: the peer is mute from now on. */
bool mute_failed(struct mute *m, struct monotime now);
/* Whether an administrator should hear of the last mute. */
bool mute_is_recent(const struct mute *m, struct monotime now);

#endif
