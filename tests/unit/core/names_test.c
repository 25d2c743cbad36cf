/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The one table of names: an entry lives as long as any part of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "core/history.h"
#include "core/list/standing.h"

static struct core_env env;
static struct bnl_version version;

static void
an_entry_is_made_once(void **state)
{
	struct entry *e = names_get(&env.names, "alpha");

	(void)state;
	assert_non_null(e);
	assert_string_equal(e->name, "alpha");
	assert_ptr_equal(names_get(&env.names, "alpha"), e);
	assert_ptr_equal(names_find(&env.names, "alpha"), e);
	assert_null(names_find(&env.names, "beta"));
	assert_true(names_drop(&env.names, e));
	assert_null(names_find(&env.names, "alpha"));
	assert_null(env.names.table.slots);
}

static void
what_is_no_name_gets_none(void **state)
{
	char name[NODE_NAME_MAX + 2];

	(void)state;
	memset(name, 'n', sizeof(name));
	name[NODE_NAME_MAX + 1] = '\0';
	assert_null(names_get(&env.names, ""));
	assert_null(names_get(&env.names, name));
	name[NODE_NAME_MAX] = '\0';
	assert_true(names_drop(&env.names, names_get(&env.names, name)));
}

/* Each part keeps it; the last one to go frees it. */
static void
parts_keep_an_entry(void **state)
{
	struct walltime at = { 5 };
	struct standings ps;
	struct history *h = history_new(&env.names);
	struct entry *e;

	(void)state;
	assert_non_null(h);
	standings_init(&ps, &env);
	assert_non_null(standing_get(&ps, "alpha"));
	history_gone(h, at, "alpha", &version);
	e = names_find(&env.names, "alpha");
	assert_non_null(e->standing);
	assert_ptr_equal(e->history, history_get(h, "alpha"));
	assert_false(names_drop(&env.names, e));
	assert_true(standing_purge(&ps, e->standing));
	assert_false(names_drop(&env.names, e));
	assert_ptr_equal(names_find(&env.names, "alpha"), e);
	assert_null(e->standing);
	history_listed(h, "alpha");
	assert_null(names_find(&env.names, "alpha"));
	standings_free(&ps);
	history_free(h);
}

/* Of nodes that left the list the last thousand are known, whatever their
 * order by name. */
static void
few_that_left_are_known(void **state)
{
	struct history *h = history_new(&env.names);
	struct walltime at = { 5 };
	char name[16];

	(void)state;
	for (int i = 0; i < HISTORY_GONE_MAX + 10; i++) {
		snprintf(name, sizeof(name), "n%d", i * 7919 % 5000);
		history_gone(h, at, name, &version);
		if (i == 20) { /* this one is back */
			assert_non_null(history_get(h, name));
			history_listed(h, name);
			assert_null(history_get(h, name));
		}
	}
	assert_int_equal(env.names.table.count, HISTORY_GONE_MAX);
	assert_null(history_get(h, "n0"));
	snprintf(name, sizeof(name), "n%d", 8 * 7919 % 5000);
	assert_null(history_get(h, name));
	snprintf(name, sizeof(name), "n%d", 9 * 7919 % 5000);
	assert_non_null(history_get(h, name));
	history_free(h);
	assert_int_equal(env.names.table.count, 0);
}

/* All entries are seen once, though each is dropped meanwhile. */
static void
a_walk_may_drop_what_it_sees(void **state)
{
	struct entry *e;
	size_t pos = 0;
	char name[16];
	int n = 0;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "n%d", i);
		assert_non_null(names_get(&env.names, name));
	}
	while ((e = names_next(&env.names, &pos)) != NULL) {
		n++;
		if (names_drop(&env.names, e))
			pos--;
	}
	assert_int_equal(n, 1000);
	assert_int_equal(env.names.table.count, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_entry_is_made_once),
		cmocka_unit_test(what_is_no_name_gets_none),
		cmocka_unit_test(parts_keep_an_entry),
		cmocka_unit_test(few_that_left_are_known),
		cmocka_unit_test(a_walk_may_drop_what_it_sees),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
