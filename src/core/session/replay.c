/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A ring of words: moving on clears whole words instead of shifting bits. */
#include "core/session/replay.h"

#include <assert.h>
#include <string.h>

#define WORD_BITS 64

static uint64_t *
word_of(struct replay *r, uint64_t counter)
{
	return &r->words[counter / WORD_BITS % REPLAY_WORDS];
}

static uint64_t
bit_of(uint64_t counter)
{
	return UINT64_C(1) << counter % WORD_BITS;
}

bool
replay_is_fresh(const struct replay *r, uint64_t counter)
{
	if (counter >= r->next)
		return counter != UINT64_MAX;
	if (r->next - counter > REPLAY_WINDOW)
		return false;
	return (r->words[counter / WORD_BITS % REPLAY_WORDS] &
		bit_of(counter)) == 0;
}

/* Clears the words between the highest one so far and that of counter. */
static void
enter_counter(struct replay *r, uint64_t counter)
{
	uint64_t from = r->next == 0 ? 0 : (r->next - 1) / WORD_BITS;
	uint64_t to = counter / WORD_BITS;

	if (to - from >= REPLAY_WORDS) {
		memset(r->words, 0, sizeof(r->words));
		return;
	}
	while (from < to)
		r->words[++from % REPLAY_WORDS] = 0;
}

bool
replay_mark(struct replay *r, uint64_t counter)
{
	bool highest = counter >= r->next;

	assert(counter != UINT64_MAX);
	if (highest) {
		enter_counter(r, counter);
		r->next = counter + 1;
	}
	*word_of(r, counter) |= bit_of(counter);
	return highest;
}
