/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Recent messages and deeds. */
#include "core/report/ratelimit.h"

#include <stdio.h>
#include <string.h>

void
ratelimit_init(struct ratelimit *r)
{
	memset(r, 0, sizeof(*r));
}

uint64_t
ratelimit_count(struct ratelimit *r, const char *key, struct monotime now,
		int64_t period_ms)
{
	size_t at = 0;

	for (size_t i = 0; i < RATELIMIT_MAX; i++) {
		if (strcmp(r->e[i].key, key) == 0) {
			if (mono_ms(r->e[i].at, now) < period_ms)
				return ++r->e[i].what;
			at = i;
			break;
		}
		if (mono_before(r->e[i].at, r->e[at].at))
			at = i;
	}
	snprintf(r->e[at].key, sizeof(r->e[at].key), "%s", key);
	r->e[at].what = 1;
	r->e[at].at = now;
	return 1;
}

bool
ratelimit_first(struct ratelimit *r, const char *key, uint64_t what,
		struct monotime now, int64_t period_ms)
{
	size_t at = 0;

	for (size_t i = 0; i < RATELIMIT_MAX; i++) {
		if (r->e[i].what == what && strcmp(r->e[i].key, key) == 0) {
			if (mono_ms(r->e[i].at, now) < period_ms)
				return false;
			at = i;
			break;
		}
		if (mono_before(r->e[i].at, r->e[at].at))
			at = i;
	}
	snprintf(r->e[at].key, sizeof(r->e[at].key), "%s", key);
	r->e[at].what = what;
	r->e[at].at = now;
	return true;
}

void
ratelimit_forget(struct ratelimit *r, const char *key)
{
	for (size_t i = 0; i < RATELIMIT_MAX; i++)
		if (strcmp(r->e[i].key, key) == 0)
			memset(&r->e[i], 0, sizeof(r->e[i]));
}
