/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A power cut: what store_write() has put there is on the disk when it has its
 * name, and so is the name when it returns. */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../unit.h"
#include "sys/store.h"

static char dir[] = "/tmp/store_sync.XXXXXX";
static struct store store;
static char done[32]; /* w(rite), s(ync), r(ename), S: of the directory */
static char fails;    /* the one of them that does */

ssize_t __real_write(int fd, const void *p, size_t n);
int __real_fsync(int fd);
int __real_renameat(int from_dir, const char *from, int to_dir, const char *to);
ssize_t __wrap_write(int fd, const void *p, size_t n);
int __wrap_fsync(int fd);
int __wrap_renameat(int from_dir, const char *from, int to_dir, const char *to);

static bool
does(char what)
{
	size_t n = strlen(done);

	if (n + 1 < sizeof(done)) {
		done[n] = what;
		done[n + 1] = '\0';
	}
	errno = EIO;
	return what != fails;
}

ssize_t
__wrap_write(int fd, const void *p, size_t n)
{
	struct stat st;

	/* Not what cmocka says. */
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return __real_write(fd, p, n);
	return does('w') ? __real_write(fd, p, n) : -1;
}

int
__wrap_fsync(int fd)
{
	struct stat st;

	assert_int_equal(fstat(fd, &st), 0);
	return does(S_ISDIR(st.st_mode) ? 'S' : 's') ? __real_fsync(fd) : -1;
}

int
__wrap_renameat(int from_dir, const char *from, int to_dir, const char *to)
{
	return does('r') ? __real_renameat(from_dir, from, to_dir, to) : -1;
}

static int
setup(void **state)
{
	struct err e;

	(void)state;
	return mkdtemp(dir) == NULL || store_open(&store, dir, false, &e) < 0 ?
		       -1 :
		       0;
}

static int
teardown(void **state)
{
	struct err e;

	(void)state;
	fails = '\0';
	store_remove(&store, "file", &e);
	store_close(&store);
	return rmdir(dir);
}

static int
write_it(const char *text)
{
	struct err e;

	done[0] = '\0';
	return store_write(&store, "file", text, strlen(text), &e);
}

static void
assert_is(const char *text)
{
	uint8_t *mem;
	struct err e;
	size_t len;

	assert_int_equal(store_read(&store, "file", 100, 0, &mem, &len, &e), 0);
	assert_string_equal((char *)mem, text);
	free(mem);
}

static void
each_step_before_the_next(void **state)
{
	(void)state;
	assert_int_equal(write_it("old"), 0);
	assert_string_equal(done, "wsrS");
	assert_is("old");
}

/* What fails is told, and nothing is named that is not on the disk. */
static void
a_step_that_fails(void **state)
{
	static const char *const until[] = { "w", "ws", "wsr" };

	(void)state;
	for (size_t i = 0; i < sizeof(until) / sizeof(until[0]); i++) {
		fails = until[i][strlen(until[i]) - 1];
		assert_int_equal(write_it("new"), -1);
		assert_string_equal(done, until[i]);
		assert_is("old");
	}
	fails = 'S';
	assert_int_equal(write_it("new"), -1);
	assert_string_equal(done, "wsrS");
}

/* A file that is removed, or put aside, is gone for good on return. */
static void
a_removal_is_on_the_disk(void **state)
{
	struct err e;

	(void)state;
	fails = '\0';
	assert_int_equal(write_it("old"), 0);
	done[0] = '\0';
	assert_int_equal(store_remove(&store, "file", &e), 0);
	assert_string_equal(done, "S");
	assert_int_equal(write_it("old"), 0);
	fails = 'S';
	assert_int_equal(store_remove(&store, "file", &e), -1);
	fails = '\0';
	assert_int_equal(write_it("old"), 0);
	done[0] = '\0';
	assert_int_equal(store_set_aside(&store, "file", &e), 0);
	assert_string_equal(done, "rS");
	assert_int_equal(unlinkat(store.dirfd, "file.bad", 0), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_step_before_the_next),
		cmocka_unit_test(a_step_that_fails),
		cmocka_unit_test(a_removal_is_on_the_disk),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
