/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wiped.h"

struct wiped wiped_notes[WIPED_MAX];
size_t wiped_count;
static bool wiped_noting;

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

void
wiped_begin(void)
{
	wiped_count = 0;
	wiped_noting = true;
}

void
wiped_end(void)
{
	wiped_noting = false;
}

unsigned int
wiped_times(const void *secret, size_t len)
{
	unsigned int n = 0;

	assert_true(len <= WIPED_LEN);
	for (size_t i = 0; i < wiped_count; i++)
		n += wiped_notes[i].len == len &&
		     memcmp(wiped_notes[i].was, secret, len) == 0;
	return n;
}
