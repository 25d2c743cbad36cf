/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two clocks whose types cannot be confused, and spans of time. */
#ifndef BASE_MONOTIME_H
#define BASE_MONOTIME_H

#include <stdbool.h>
#include <stdint.h>

/* CLOCK_BOOTTIME: never steps back, counts suspend. A reading is never 0. */
struct monotime {
	int64_t ns;
};

/* Seconds since 1970-01-01T00:00:00Z by the wall clock. */
struct walltime {
	int64_t s;
};

/* The time that every call of the core gets. */
struct now {
	struct monotime mono;
	struct walltime wall;
};

#define MONO_NEVER ((struct monotime){ INT64_MAX })
#define MONO_NONE ((struct monotime){ 0 })
#define NS_PER_S INT64_C(1000000000)
#define NS_PER_MS INT64_C(1000000)

static inline struct monotime
mono_add_ms(struct monotime t, int64_t ms)
{
	return (struct monotime){ t.ns + ms * NS_PER_MS };
}

/* Milliseconds from a to b; negative when b is earlier. */
static inline int64_t
mono_ms(struct monotime a, struct monotime b)
{
	return (b.ns - a.ns) / NS_PER_MS;
}

static inline bool
mono_before(struct monotime a, struct monotime b)
{
	return a.ns < b.ns;
}

static inline bool
mono_reached(struct monotime deadline, struct monotime now)
{
	return deadline.ns <= now.ns;
}

static inline struct monotime
mono_min(struct monotime a, struct monotime b)
{
	return a.ns < b.ns ? a : b;
}

/* Seconds from a to b, saturating, since one of them may be a number that a
 * peer sent. Never returns INT64_MIN. */
static inline int64_t
wall_s(struct walltime a, struct walltime b)
{
	int64_t s;

	if (__builtin_sub_overflow(b.s, a.s, &s) || s == INT64_MIN)
		return b.s < a.s ? -INT64_MAX : INT64_MAX;
	return s;
}

static inline bool
mono_is_set(struct monotime t)
{
	return t.ns != 0;
}

#endif
