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

static bool
is_recent(const struct ratelimit_mark *m, struct monotime now,
	  int64_t period_ms)
{
	return mono_is_set(m->at) && mono_ms(m->at, now) < period_ms;
}

bool
ratelimit_mark(struct ratelimit_mark *marks, size_t n, uint64_t what,
	       struct monotime now, int64_t period_ms)
{
	size_t at = 0;

	for (size_t i = 0; i < n; i++) {
		if (marks[i].what == what && mono_is_set(marks[i].at)) {
			at = i;
			break;
		}
		if (mono_before(marks[i].at, marks[at].at))
			at = i;
	}
	if (marks[at].what == what && is_recent(&marks[at], now, period_ms))
		return false;
	marks[at] = (struct ratelimit_mark){ what, now };
	return true;
}

/* The mark of that key, and of *what unless what is NULL; otherwise the oldest
 * one, for that key from now on and free. */
static struct ratelimit_mark *
key_mark(struct ratelimit *r, const char *key, const uint64_t *what)
{
	size_t at = 0;

	for (size_t i = 0; i < RATELIMIT_MAX; i++) {
		if (strcmp(r->e[i].key, key) == 0 &&
		    (what == NULL || r->e[i].mark.what == *what))
			return &r->e[i].mark;
		if (mono_before(r->e[i].mark.at, r->e[at].mark.at))
			at = i;
	}
	memset(&r->e[at], 0, sizeof(r->e[at]));
	snprintf(r->e[at].key, sizeof(r->e[at].key), "%s", key);
	return &r->e[at].mark;
}

uint64_t
ratelimit_count(struct ratelimit *r, const char *key, struct monotime now,
		int64_t period_ms)
{
	struct ratelimit_mark *m = key_mark(r, key, NULL);

	if (!is_recent(m, now, period_ms))
		*m = (struct ratelimit_mark){ 0, now };
	return ++m->what;
}

bool
ratelimit_first(struct ratelimit *r, const char *key, uint64_t what,
		struct monotime now, int64_t period_ms)
{
	struct ratelimit_mark *m = key_mark(r, key, &what);

	if (is_recent(m, now, period_ms))
		return false;
	*m = (struct ratelimit_mark){ what, now };
	return true;
}

void
ratelimit_forget(struct ratelimit *r, const char *key)
{
	for (size_t i = 0; i < RATELIMIT_MAX; i++)
		if (strcmp(r->e[i].key, key) == 0)
			memset(&r->e[i], 0, sizeof(r->e[i]));
}
