/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is kept of a file that is about to be replaced. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../unit.h"
#include "sys/store.h"

static char dir[64];
static struct store s;

static int
set_up(void **state)
{
	struct err e;

	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/store_keep.XXXXXX");
	assert_non_null(mkdtemp(dir));
	assert_int_equal(store_open(&s, dir, true, &e), 0);
	return 0;
}

static int
tear_down(void **state)
{
	struct err e;
	char **names;
	size_t n;

	(void)state;
	assert_int_equal(store_list(&s, "", 100, &names, &n, &e), 0);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(store_remove(&s, names[i], &e), 0);
	store_names_free(names, n);
	store_close(&s);
	assert_int_equal(rmdir(dir), 0);
	return 0;
}

static void
write_file(const char *text)
{
	struct err e;

	assert_int_equal(store_write(&s, "list", text, strlen(text), &e), 0);
}

static void
test_kept(void **state)
{
	const struct walltime at = { 1796045225 };
	char kept[STORE_NAME_MAX], path[sizeof(dir) + STORE_NAME_MAX];
	struct stat st;
	uint8_t *data;
	struct err e;
	size_t len;

	(void)state;
	write_file("one");
	snprintf(path, sizeof(path), "%s/list", dir);
	assert_int_equal(chmod(path, 0640), 0);
	assert_int_equal(store_keep(&s, "list", at, 8, kept, &e), 0);
	assert_string_equal(kept, "list.lost-20261130T132705Z");
	write_file("two");
	assert_int_equal(store_read(&s, kept, 10, 0, &data, &len, &e), 0);
	assert_string_equal((char *)data, "one");
	free(data);
	snprintf(path, sizeof(path), "%s/%s", dir, kept);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	/* The same second again. */
	assert_int_equal(store_keep(&s, "list", at, 8, kept, &e), 0);
	assert_string_equal(kept, "list.lost-20261130T132705Z-1");
}

static void
test_bound(void **state)
{
	char kept[STORE_NAME_MAX];
	struct err e;
	char **names;
	size_t n;

	(void)state;
	write_file("x");
	assert_int_equal(store_write(&s, "other.lost-1", "y", 1, &e), 0);
	for (int i = 0; i < 5; i++)
		assert_int_equal(store_keep(&s, "list",
					    (struct walltime){ 1000 + i }, 3,
					    kept, &e),
				 0);
	assert_int_equal(
		store_list_prefix(&s, "list.lost-", 100, &names, &n, &e), 0);
	assert_int_equal(n, 3);
	assert_string_equal(names[0], "list.lost-19700101T001642Z");
	assert_string_equal(names[2], kept);
	store_names_free(names, n);
	/* That of another file is not touched. */
	assert_int_equal(store_list(&s, ".lost-1", 100, &names, &n, &e), 0);
	assert_int_equal(n, 1);
	store_names_free(names, n);
}

static void
test_none(void **state)
{
	char kept[STORE_NAME_MAX];
	struct err e;

	(void)state;
	assert_int_equal(
		store_keep(&s, "list", (struct walltime){ 1 }, 3, kept, &e),
		-1);
	assert_int_equal(e.code, ERR_NOTFOUND);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_kept, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_bound, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_none, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
