/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What was read from a file, perhaps a key, is wiped before its memory goes
 * back to the heap: where the buffer grows, and where the file is refused. */
#include <malloc.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../unit.h"
#include "sys/store.h"

#define MARK 0xa7 /* all that the file has */
#define FILE_LEN 20000
#define MARKS_MIN 8 /* so many in a row are no accident */

/* A compiler knows that free() looks at none of these. */
static volatile bool watching;
static volatile unsigned int given_back, unwiped;

void __real_free(void *p);
void *__real_realloc(void *p, size_t size);
void __wrap_free(void *p);
void *__wrap_realloc(void *p, size_t size);

static void
look(const void *mem)
{
	const uint8_t *p = mem;
	size_t len = malloc_usable_size((void *)(uintptr_t)mem), row = 0;

	given_back++;
	for (size_t i = 0; i < len && row < MARKS_MIN; i++)
		row = p[i] == MARK ? row + 1 : 0;
	unwiped += row == MARKS_MIN;
}

void
__wrap_free(void *p)
{
	if (watching && p != NULL)
		look(p);
	__real_free(p);
}

/* It may move, and then leaves behind what was there. */
void *
__wrap_realloc(void *p, size_t size)
{
	if (watching && p != NULL)
		look(p);
	return __real_realloc(p, size);
}

static char path[] = "/tmp/store_wipe.XXXXXX";

static int
setup(void **state)
{
	static uint8_t text[FILE_LEN];
	int fd = mkstemp(path);

	(void)state;
	memset(text, MARK, sizeof(text));
	if (fd < 0 || write(fd, text, sizeof(text)) != (ssize_t)sizeof(text))
		return -1;
	return close(fd);
}

static int
teardown(void **state)
{
	(void)state;
	return unlink(path);
}

static int
read_it(uint8_t **out, size_t max, struct err *e)
{
	size_t len;
	int rc;

	given_back = unwiped = 0;
	watching = true;
	rc = store_read_path(path, getuid(), max, 0, out, &len, e);
	watching = false;
	if (rc == 0)
		assert_int_equal(len, FILE_LEN);
	return rc;
}

static void
growing_leaves_nothing(void **state)
{
	uint8_t *out;
	struct err e;

	(void)state;
	assert_int_equal(read_it(&out, 2 * FILE_LEN, &e), 0);
	for (size_t i = 0; i < FILE_LEN; i++)
		assert_int_equal(out[i], MARK);
	assert_int_equal(out[FILE_LEN], 0);
	assert_true(given_back > 0);
	assert_int_equal(unwiped, 0);
	/* What is not wiped is seen. */
	watching = true;
	free(out);
	watching = false;
	assert_int_equal(unwiped, 1);
}

static void
refusing_leaves_nothing(void **state)
{
	uint8_t *out;
	struct err e;

	(void)state;
	assert_int_equal(read_it(&out, FILE_LEN - 1, &e), -1);
	assert_int_equal(e.code, ERR_LIMIT);
	assert_true(given_back > 0);
	assert_int_equal(unwiped, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refusing_leaves_nothing),
		/* The last one: it leaves something. */
		cmocka_unit_test(growing_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
