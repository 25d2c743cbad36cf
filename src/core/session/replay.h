/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The replay window of a session (after RFC 6479): each counter once. */
#ifndef CORE_SESSION_REPLAY_H
#define CORE_SESSION_REPLAY_H

#include <stdbool.h>
#include <stdint.h>

#include "format/proto.h"

/* There is one word more than the window, so that a word can be cleared whole
 * as it is entered. */
#define REPLAY_WORDS (REPLAY_WINDOW / 64 + 1)

struct replay {	       /* all zero: nothing seen */
	uint64_t next; /* 1 + the highest counter seen */
	uint64_t words[REPLAY_WORDS];
};

/* True when the counter was not seen and is not behind the window: one of
 * the REPLAY_WINDOW up to the highest, or above. UINT64_MAX never is. */
bool replay_is_fresh(const struct replay *r, uint64_t counter);
/* Counts it as seen: fresh ones only, and only after authentication.
 * True when it is higher than all before it. */
bool replay_mark(struct replay *r, uint64_t counter);

#endif
