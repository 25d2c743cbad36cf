/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Notes what bytes_wipe() is given: for tests that are linked with
 * --wrap=bytes_wipe, after <cmocka.h>. */
#ifndef TESTS_UNIT_WIPED_H
#define TESTS_UNIT_WIPED_H

#include <stdbool.h>
#include <string.h>

#include "base/bytes.h"

#define WIPED_MAX 1024
#define WIPED_LEN 96

static struct wiped {
	size_t len;
	uint8_t was[WIPED_LEN]; /* its first bytes */
} wiped_notes[WIPED_MAX];
static size_t wiped_count;
static bool wiped_noting;

void __real_bytes_wipe(void *p, size_t len);
void __wrap_bytes_wipe(void *p, size_t len);

void
__wrap_bytes_wipe(void *p, size_t len)
{
	if (wiped_noting) {
		struct wiped *w = &wiped_notes[wiped_count++];

		assert_true(wiped_count < WIPED_MAX);
		w->len = len;
		memcpy(w->was, p, len < WIPED_LEN ? len : WIPED_LEN);
	}
	__real_bytes_wipe(p, len);
}

static inline void
wiped_begin(void)
{
	wiped_count = 0;
	wiped_noting = true;
}

static inline void
wiped_end(void)
{
	wiped_noting = false;
}

/* How often exactly these bytes were wiped. */
static inline unsigned int
wiped_times(const void *secret, size_t len)
{
	unsigned int n = 0;

	assert_true(len <= WIPED_LEN);
	for (size_t i = 0; i < wiped_count; i++)
		n += wiped_notes[i].len == len &&
		     memcmp(wiped_notes[i].was, secret, len) == 0;
	return n;
}

#endif
