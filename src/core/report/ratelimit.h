/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Recent messages and deeds: bounded, so that outsiders cannot fill it. How
 * many of one thing may come in a time is base/rate.h; here each of many things
 * may come once.
 */
#ifndef CORE_REPORT_RATELIMIT_H
#define CORE_REPORT_RATELIMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/monotime.h"

#define RATELIMIT_MAX 128
#define RATELIMIT_KEY_MAX 80

struct ratelimit_mark {
	uint64_t what;
	struct monotime at; /* MONO_NONE: free */
};

struct ratelimit {
	struct {
		char key[RATELIMIT_KEY_MAX]; /* "": free */
		struct ratelimit_mark mark;
	} e[RATELIMIT_MAX];
};

/* true, and marked, when that was not marked within the last period_ms. When
 * all n places are taken the oldest mark is forgotten. */
bool ratelimit_mark(struct ratelimit_mark *marks, size_t n, uint64_t what,
		    struct monotime now, int64_t period_ms);

void ratelimit_init(struct ratelimit *r);
/* true, and noted, when (key, what) was not noted within the last period_ms.
 * When all places are taken the oldest is forgotten. */
bool ratelimit_first(struct ratelimit *r, const char *key, uint64_t what,
		     struct monotime now, int64_t period_ms);
/* How often key came within period_ms since it came first, this time included.
 * For a struct of its own. */
uint64_t ratelimit_count(struct ratelimit *r, const char *key,
			 struct monotime now, int64_t period_ms);
/* Forgets all of that key: the next is the first again. */
void ratelimit_forget(struct ratelimit *r, const char *key);

#endif
