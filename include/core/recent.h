/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Recent messages and deeds: bounded, so that outsiders cannot fill it. */
#ifndef CORE_RECENT_H
#define CORE_RECENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/monotime.h"

#define RECENT_MAX 128
#define RECENT_KEY_MAX 80

struct recent {
	struct {
		char key[RECENT_KEY_MAX];	/* "": free */
		uint64_t what;
		struct monotime at;
	} e[RECENT_MAX];
};

void recent_init(struct recent *r);
/* true, and noted, when (key, what) was not noted within the last period_ms.
 * When all places are taken the oldest is forgotten. */
bool recent_first(struct recent *r, const char *key, uint64_t what,
		  struct monotime now, int64_t period_ms);
/* How often key came within period_ms since it came first, this time included.
 * For a struct of its own. */
uint64_t recent_count(struct recent *r, const char *key, struct monotime now,
		      int64_t period_ms);
/* Forgets all of that key: the next is the first again. */
void recent_forget(struct recent *r, const char *key);

#endif
