/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cluevpnd(8) explains every event, every reason to drop a packet and every
 * reason to refuse a list. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "core/drop.h"
#include "core/event.h"
#include "core/refusal.h"

#define MAN "man/cluevpnd.8"
#define WORDS_MAX 64
#define WORD_MAX 32

struct words {
	char word[WORDS_MAX][WORD_MAX];
	size_t n;
};

/* The items between that section's head and the next one's, in order. */
static void
read_section(struct words *w, const char *section)
{
	char line[256], head[64];
	bool inside = false;
	FILE *f = fopen(MAN, "r");

	if (f == NULL)
		fail_msg(MAN ": cannot be opened");
	w->n = 0;
	snprintf(head, sizeof(head), ".Sh %s\n", section);
	while (fgets(line, sizeof(line), f) != NULL) {
		if (strncmp(line, ".Sh ", 4) == 0)
			inside = strcmp(line, head) == 0;
		if (!inside || strncmp(line, ".It Cm ", 7) != 0)
			continue;
		assert_true(w->n < WORDS_MAX);
		assert_int_equal(sscanf(line, ".It Cm %31s", w->word[w->n]), 1);
		w->n++;
	}
	fclose(f);
}

static void
test_events(void **state)
{
	struct words w;

	(void)state;
	read_section(&w, "EVENTS");
	for (int i = 0; i < EVENTS; i++) {
		assert_true((size_t)i < w.n);
		assert_string_equal(w.word[i], event_name((enum event_kind)i));
	}
	assert_int_equal(w.n, EVENTS);
}

static void
test_drops(void **state)
{
	struct words w;

	(void)state;
	read_section(&w, "DROPPED PACKETS");
	for (int i = DROP_NONE + 1; i < DROPS; i++) {
		assert_true((size_t)i <= w.n);
		assert_string_equal(w.word[i - 1], drop_name((enum drop)i));
	}
	assert_int_equal(w.n, DROPS - 1);
}

static void
test_refusals(void **state)
{
	struct words w;

	(void)state;
	read_section(&w, "REFUSED LISTS");
	for (int i = 0; i < REFUSALS; i++) {
		assert_true((size_t)i < w.n);
		assert_string_equal(w.word[i], refusal_name((enum refusal)i));
	}
	assert_int_equal(w.n, REFUSALS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_events),
		cmocka_unit_test(test_drops),
		cmocka_unit_test(test_refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
