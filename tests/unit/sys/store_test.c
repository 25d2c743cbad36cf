/* SPDX-License-Identifier: GPL-3.0-or-later */
/* State files: what a crash at each step leaves, and who is trusted. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../unit.h"
#include "sys/store.h"

struct fixture {
	char base[32];
	char dir[64];
	struct store s;
	int stop_at; /* step; -1: none */
	int steps;
};

static int
on_step(void *ctx, int step)
{
	struct fixture *x = ctx;

	assert_int_equal(step, x->steps);
	x->steps++;
	return step == x->stop_at;
}

static int
setup(void **state)
{
	static struct fixture x;

	x = (struct fixture){ .base = "/tmp/store_test.XXXXXX", .stop_at = -1 };
	assert_non_null(mkdtemp(x.base));
	snprintf(x.dir, sizeof(x.dir), "%s/lib/pairs", x.base);
	assert_int_equal(store_open(&x.s, x.dir, true, NULL), 0);
	*state = &x;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *x = *state;
	char cmd[64];

	store_close(&x->s);
	store_close(&x->s);
	snprintf(cmd, sizeof(cmd), "rm -rf %s", x->base);
	return system(cmd);
}

/* A path inside the directory; good until the next call. */
static const char *
in_dir(const struct fixture *x, const char *name)
{
	static char path[512];

	snprintf(path, sizeof(path), "%s/%s", x->dir, name);
	return path;
}

static void
put(struct fixture *x, const char *name, const char *text)
{
	struct err e = { 0 };

	if (store_write(&x->s, name, text, strlen(text), &e) < 0)
		fail_msg("%s", e.text);
}

static void
expect(struct fixture *x, const char *name, const char *text)
{
	struct err e = { 0 };
	uint8_t *data;
	size_t len;

	if (store_read(&x->s, name, 1000, STORE_PRIVATE, &data, &len, &e) < 0)
		fail_msg("%s", e.text);
	assert_string_equal((char *)data, text);
	assert_int_equal(len, strlen(text));
	free(data);
}

static void
expect_error(struct fixture *x, const char *name, unsigned int flags,
	     enum err_code code, const char *word)
{
	uint8_t *data = NULL;
	struct err e = { 0 };
	size_t len = 77;

	assert_int_equal(store_read(&x->s, name, 1000, flags, &data, &len, &e),
			 -1);
	assert_int_equal(e.code, code);
	if (strstr(e.text, word) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", e.text, word);
	assert_null(data);
	assert_int_equal(len, 77);
}

static mode_t
mode_of(const char *path)
{
	struct stat st;

	assert_int_equal(lstat(path, &st), 0);
	return st.st_mode & 07777;
}

static void
test_write_read(void **state)
{
	struct fixture *x = *state;
	char parent[64];

	assert_int_equal(mode_of(x->dir), 0700);
	snprintf(parent, sizeof(parent), "%s/lib", x->base);
	assert_int_equal(mode_of(parent), 0700);
	put(x, "alpha.pair", "one");
	assert_int_equal(mode_of(in_dir(x, "alpha.pair")), 0600);
	expect(x, "alpha.pair", "one");
	put(x, "alpha.pair", "two and more");
	expect(x, "alpha.pair", "two and more");
	put(x, "alpha.pair", "");
	expect(x, "alpha.pair", "");
	assert_int_equal(access(in_dir(x, ".tmp"), F_OK), -1);
	assert_int_equal(store_remove(&x->s, "alpha.pair", NULL), 0);
	assert_int_equal(store_remove(&x->s, "alpha.pair", NULL), 0);
	expect_error(x, "alpha.pair", 0, ERR_NOTFOUND, "alpha.pair");
}

/* Whatever the step: the old content or the new one, never a mixture; and
 * the next write goes through. */
static void
test_crash_at_each_step(void **state)
{
	struct fixture *x = *state;
	struct err e;

	x->s.fault = on_step;
	x->s.fault_ctx = x;
	for (int step = 0; step < STORE_STEPS; step++) {
		x->stop_at = -1;
		x->steps = 0;
		put(x, "list", "the old list");
		assert_int_equal(x->steps, STORE_STEPS);
		x->stop_at = step;
		x->steps = 0;
		assert_int_equal(
			store_write(&x->s, "list", "a newer list", 12, &e), -1);
		assert_int_equal(x->steps, step + 1);
		expect(x, "list",
		       step < STORE_STEP_SYNC_DIR ? "the old list" :
						    "a newer list");
		/* A visitor leaves alone what was left... */
		store_close(&x->s);
		assert_int_equal(store_open(&x->s, x->dir, false, NULL), 0);
		assert_int_equal(access(in_dir(x, ".tmp"), F_OK),
				 step > STORE_STEP_CREATE &&
						 step < STORE_STEP_SYNC_DIR ?
					 0 :
					 -1);
		/* ...and as after the restart, it is gone. */
		store_close(&x->s);
		assert_int_equal(store_open(&x->s, x->dir, true, NULL), 0);
		assert_int_equal(access(in_dir(x, ".tmp"), F_OK), -1);
		x->s.fault = on_step;
		x->s.fault_ctx = x;
	}
}

static void
test_no_room(void **state)
{
	struct fixture *x = *state;
	struct err e;

	/* A directory in the place of the file: the rename fails. */
	assert_int_equal(mkdir(in_dir(x, "taken"), 0700), 0);
	assert_int_equal(store_write(&x->s, "taken", "x", 1, &e), -1);
	assert_non_null(strstr(e.text, "taken"));
	assert_int_equal(access(in_dir(x, ".tmp"), F_OK), -1);
}

static void
test_names(void **state)
{
	static const char *const bad[] = { "",	  ".",	"..",	".tmp",
					   "a/b", "/a", "../a", ".hidden" };
	struct fixture *x = *state;
	char longest[STORE_NAME_MAX + 2];
	struct err e;
	size_t len;
	uint8_t *p;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(store_write(&x->s, bad[i], "x", 1, &e), -1);
		assert_int_equal(e.code, ERR_USAGE);
		assert_int_equal(store_read(&x->s, bad[i], 1, 0, &p, &len, &e),
				 -1);
		assert_int_equal(e.code, ERR_USAGE);
		assert_int_equal(store_remove(&x->s, bad[i], &e), -1);
		assert_int_equal(store_set_aside(&x->s, bad[i], &e), -1);
	}
	memset(longest, 'n', sizeof(longest));
	longest[STORE_NAME_MAX + 1] = '\0';
	assert_int_equal(store_write(&x->s, longest, "x", 1, &e), -1);
	longest[STORE_NAME_MAX] = '\0';
	put(x, longest, "x");
	assert_int_equal(store_set_aside(&x->s, longest, NULL), 0);
}

static void
test_who_is_trusted(void **state)
{
	struct fixture *x = *state;
	char target[512];

	put(x, "key", "secret");
	assert_int_equal(chmod(in_dir(x, "key"), 0640), 0);
	expect_error(x, "key", STORE_PRIVATE, ERR_PERM, "chmod 600");
	assert_int_equal(chmod(in_dir(x, "key"), 0604), 0);
	expect_error(x, "key", STORE_PRIVATE, ERR_PERM, "chmod 600");
	assert_int_equal(chmod(in_dir(x, "key"), 0620), 0);
	expect_error(x, "key", 0, ERR_PERM, "chmod go-w");
	assert_int_equal(chmod(in_dir(x, "key"), 0602), 0);
	expect_error(x, "key", 0, ERR_PERM, "chmod go-w");
	assert_int_equal(chmod(in_dir(x, "key"), 0600), 0);
	expect(x, "key", "secret");

	snprintf(target, sizeof(target), "%s/key", x->dir);
	assert_int_equal(symlink(target, in_dir(x, "link")), 0);
	expect_error(x, "link", 0, ERR_PERM, "link");
	assert_int_equal(mkfifo(in_dir(x, "fifo"), 0600), 0);
	expect_error(x, "fifo", 0, ERR_PERM, "regular");
	assert_int_equal(mkdir(in_dir(x, "folder"), 0700), 0);
	expect_error(x, "folder", 0, ERR_PERM, "regular");
	if (geteuid() == 0 && chown(in_dir(x, "key"), 12345, 0) == 0)
		expect_error(x, "key", 0, ERR_PERM, "12345");
}

static void
test_size_limit(void **state)
{
	struct fixture *x = *state;
	uint8_t *big = calloc(1, 50000), *data;
	struct err e;
	size_t len;

	assert_non_null(big);
	memset(big, 'x', 50000);
	assert_int_equal(store_write(&x->s, "big", big, 50000, NULL), 0);
	assert_int_equal(store_read(&x->s, "big", 49999, 0, &data, &len, &e),
			 -1);
	assert_int_equal(e.code, ERR_LIMIT);
	assert_int_equal(store_read(&x->s, "big", 50000, 0, &data, &len, &e),
			 0);
	assert_int_equal(len, 50000);
	assert_memory_equal(big, data, len);
	assert_int_equal(data[len], 0);
	free(data);
	free(big);
}

static void
test_paths(void **state)
{
	struct fixture *x = *state;
	char link[512], path[512];
	uint8_t *data;
	struct err e;
	size_t len;

	put(x, "node.key", "key");
	snprintf(path, sizeof(path), "%s/node.key", x->dir);
	snprintf(link, sizeof(link), "%s/current.key", x->dir);
	assert_int_equal(symlink(path, link), 0);
	assert_int_equal(
		store_read_path(link, 0, 100, STORE_PRIVATE, &data, &len, &e),
		0);
	assert_string_equal((char *)data, "key");
	free(data);
	assert_int_equal(chmod(path, 0644), 0);
	assert_int_equal(
		store_read_path(link, 0, 100, STORE_PRIVATE, &data, &len, &e),
		-1);
	assert_int_equal(e.code, ERR_PERM);
	assert_int_equal(store_read_path(link, 0, 100, 0, &data, &len, &e), 0);
	free(data);
	if (geteuid() == 0 && chown(path, 12345, 0) == 0) {
		assert_int_equal(
			store_read_path(link, 0, 100, 0, &data, &len, &e), -1);
		assert_int_equal(e.code, ERR_PERM);
		assert_int_equal(
			store_read_path(link, 12346, 100, 0, &data, &len, &e),
			-1);
		assert_int_equal(
			store_read_path(link, 12345, 100, 0, &data, &len, &e),
			0);
		free(data);
	}
	assert_int_equal(
		store_read_path("/nonexistent/x", 0, 100, 0, &data, &len, &e),
		-1);
	assert_int_equal(e.code, ERR_NOTFOUND);
}

/* One that somebody else has opened is looked at as closely. */
static void
test_opened(void **state)
{
	struct fixture *x = *state;
	char path[512];
	uint8_t *data;
	struct err e;
	size_t len;
	int fd;

	put(x, "node.key", "key");
	snprintf(path, sizeof(path), "%s/node.key", x->dir);
	fd = open(path, O_RDONLY);
	assert_int_equal(store_read_fd(fd, "its path", 0, 100, STORE_PRIVATE,
				       &data, &len, &e),
			 0);
	assert_string_equal((char *)data, "key");
	free(data);
	assert_int_equal(fcntl(fd, F_GETFD), -1); /* it was closed */
	assert_int_equal(chmod(path, 0644), 0);
	assert_int_equal(store_read_fd(open(path, O_RDONLY), "its path", 0, 100,
				       STORE_PRIVATE, &data, &len, &e),
			 -1);
	assert_int_equal(e.code, ERR_PERM);
	assert_non_null(strstr(e.text, "its path"));
}

static void
test_aside_and_list(void **state)
{
	struct fixture *x = *state;
	struct err e;
	char **names;
	size_t n;

	put(x, "gamma.pair", "3");
	put(x, "alpha.pair", "1");
	put(x, "beta.pair", "2");
	put(x, "beta.pair.bad", "older");
	put(x, "mark", "m");
	close(open(in_dir(x, ".pair"), O_CREAT | O_WRONLY, 0600));
	assert_int_equal(store_list(&x->s, ".pair", 10, &names, &n, &e), 0);
	assert_int_equal(n, 3);
	assert_string_equal(names[0], "alpha.pair");
	assert_string_equal(names[1], "beta.pair");
	assert_string_equal(names[2], "gamma.pair");
	store_names_free(names, n);
	assert_int_equal(store_list(&x->s, ".pair", 2, &names, &n, &e), -1);
	assert_int_equal(e.code, ERR_LIMIT);

	assert_int_equal(store_set_aside(&x->s, "beta.pair", &e), 0);
	expect(x, "beta.pair.bad", "2");
	assert_int_equal(store_set_aside(&x->s, "beta.pair", &e), -1);
	assert_int_equal(e.code, ERR_NOTFOUND);
	assert_int_equal(store_list(&x->s, ".none", 10, &names, &n, &e), 0);
	assert_int_equal(n, 0);
	store_names_free(names, n);
}

/* All bytes of the file that is open are zeros, as many as it had. */
static void
expect_wiped(int fd, size_t len)
{
	char got[64], zero[64] = { 0 };

	assert_int_equal(pread(fd, got, sizeof(got), 0), (ssize_t)len);
	assert_memory_equal(got, zero, len);
	close(fd);
}

static int
held_open(struct fixture *x, const char *name)
{
	int fd = open(in_dir(x, name), O_RDONLY);

	assert_true(fd >= 0);
	return fd;
}

static bool
exists(struct fixture *x, const char *name)
{
	return faccessat(x->s.dirfd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Where the store is one of secrets, nothing of an old one stays: what is
 * replaced, removed, set aside before, or left of a write. */
static void
test_secrets_are_wiped(void **state)
{
	struct fixture *x = *state;
	struct store again;
	struct err e;
	int fd, bad;

	x->s.secret = true;
	put(x, "a.pair", "secret");
	fd = held_open(x, "a.pair");
	put(x, "a.pair", "newer!");
	expect_wiped(fd, 6);
	expect(x, "a.pair", "newer!");
	fd = held_open(x, "a.pair");
	assert_int_equal(store_set_aside(&x->s, "a.pair", &e), 0);
	expect(x, "a.pair.bad", "newer!");
	put(x, "a.pair", "newest");
	expect_wiped(fd, 6);
	assert_false(exists(x, "a.pair.bad"));
	put(x, "a.pair.bad", "bad");
	fd = held_open(x, "a.pair");
	bad = held_open(x, "a.pair.bad");
	assert_int_equal(store_remove(&x->s, "a.pair", &e), 0);
	expect_wiped(fd, 6);
	expect_wiped(bad, 3);
	assert_false(exists(x, "a.pair"));
	assert_false(exists(x, "a.pair.bad"));
	/* Also where there is nothing but what was set aside. */
	put(x, "a.pair.bad", "bad");
	assert_int_equal(store_remove(&x->s, "a.pair", &e), 0);
	assert_false(exists(x, "a.pair.bad"));
	put(x, "b", "secret");
	assert_int_equal(renameat(x->s.dirfd, "b", x->s.dirfd, ".tmp"), 0);
	fd = held_open(x, ".tmp");
	assert_int_equal(store_open(&again, x->dir, true, &e), 0);
	store_close(&again);
	expect_wiped(fd, 6);
}

/* A file that has another name, and one behind a link, are left as they are. */
static void
test_wipes_nothing_else(void **state)
{
	struct fixture *x = *state;
	struct err e;

	put(x, "kept", "kept");
	x->s.secret = true;
	assert_int_equal(linkat(x->s.dirfd, "kept", x->s.dirfd, "a", 0), 0);
	put(x, "a", "new");
	expect(x, "kept", "kept");
	assert_int_equal(linkat(x->s.dirfd, "kept", x->s.dirfd, "b", 0), 0);
	assert_int_equal(store_remove(&x->s, "b", &e), 0);
	expect(x, "kept", "kept");
	assert_int_equal(symlinkat("kept", x->s.dirfd, "c"), 0);
	assert_int_equal(store_remove(&x->s, "c", &e), 0);
	assert_int_equal(symlinkat("kept", x->s.dirfd, "d"), 0);
	put(x, "d", "new");
	expect(x, "kept", "kept");
	/* A store of other things keeps what was set aside. */
	x->s.secret = false;
	put(x, "list.bad", "older");
	put(x, "list", "new");
	expect(x, "list.bad", "older");
}

static void
test_lock_nests_and_excludes(void **state)
{
	struct fixture *x = *state;
	int fd = open(x->dir, O_RDONLY | O_DIRECTORY);

	assert_int_equal(store_lock(&x->s, NULL), 0);
	put(x, "a", "b"); /* locks and unlocks inside */
	assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), -1);
	assert_int_equal(errno, EWOULDBLOCK);
	store_unlock(&x->s);
	assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
	close(fd);
}

/* A write under way elsewhere is not disturbed by one who opens. */
static void
test_open_beside_a_writer(void **state)
{
	struct fixture *x = *state;
	struct store other;

	assert_int_equal(store_lock(&x->s, NULL), 0);
	close(open(in_dir(x, ".tmp"), O_CREAT | O_WRONLY, 0600));
	assert_int_equal(store_open(&other, x->dir, false, NULL), 0);
	assert_int_equal(access(in_dir(x, ".tmp"), F_OK), 0);
	store_close(&other);
	store_unlock(&x->s);
}

static void
test_owner_follows_directory(void **state)
{
	struct fixture *x = *state;
	struct stat st;

	if (geteuid() != 0 || chown(x->dir, 12345, 12346) < 0) {
		print_message("skipped: not root over other users\n");
		skip();
	}
	put(x, "network.bnl", "list");
	assert_int_equal(stat(in_dir(x, "network.bnl"), &st), 0);
	assert_int_equal(st.st_uid, 12345);
	assert_int_equal(st.st_gid, 12346);
	expect(x, "network.bnl", "list");
}

static void
test_give(void **state)
{
	struct fixture *x = *state;
	struct stat st;

	if (geteuid() != 0) {
		assert_int_equal(store_give(&x->s, 12345, 12346, NULL), 0);
		skip();
	}
	/* Root's own; then it is somebody's already. */
	for (uid_t u = 12345; u < 12347; u++) {
		assert_int_equal(store_give(&x->s, u, 12346, NULL), 0);
		assert_int_equal(stat(x->dir, &st), 0);
		assert_int_equal(st.st_uid, 12345);
		assert_int_equal(st.st_gid, 12346);
	}
}

static uid_t
owner(const struct fixture *x, const char *name)
{
	struct stat st;

	assert_int_equal(fstatat(x->s.dirfd, name, &st, AT_SYMLINK_NOFOLLOW),
			 0);
	return st.st_uid;
}

static void
test_give_file(void **state)
{
	static const char *const names[] = { "plain", "none", "link", "twin" };
	struct fixture *x = *state;

	if (geteuid() != 0)
		skip();
	put(x, "plain", "x");
	put(x, "target", "x");
	put(x, "twin", "x");
	assert_int_equal(symlinkat("target", x->s.dirfd, "link"), 0);
	assert_int_equal(linkat(x->s.dirfd, "twin", x->s.dirfd, "other", 0), 0);
	for (uid_t u = 12345; u < 12347; u++)
		for (size_t i = 0; i < 4; i++)
			assert_int_equal(store_give_file(&x->s, names[i], u,
							 12346, NULL),
					 0);
	assert_int_equal(owner(x, "plain"), 12345);
	assert_int_equal(owner(x, "target"), 0);
	assert_int_equal(owner(x, "link"), 0);
	assert_int_equal(owner(x, "twin"), 0);
}

static void
test_open_in(void **state)
{
	struct fixture *x = *state;
	struct store s;
	struct stat st;
	struct err e;

	assert_int_equal(store_open_in(&s, &x->s, "sub", true, &e), 0);
	assert_non_null(strstr(s.dir, "/sub"));
	assert_int_equal(store_write(&s, "a", "x", 1, &e), 0);
	store_close(&s);
	assert_int_equal(fstatat(x->s.dirfd, "sub", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	/* Once more, with what was left of a write. */
	assert_int_equal(renameat(x->s.dirfd, "sub/a", x->s.dirfd, "sub/.tmp"),
			 0);
	assert_int_equal(store_open_in(&s, &x->s, "sub", true, &e), 0);
	store_close(&s);
	assert_int_equal(fstatat(x->s.dirfd, "sub/.tmp", &st, 0), -1);
	/* A link and a file are no directory. */
	assert_int_equal(symlinkat("sub", x->s.dirfd, "other"), 0);
	put(x, "file", "x");
	assert_int_equal(store_open_in(&s, &x->s, "other", true, &e), -1);
	assert_non_null(strstr(e.text, "/other (a directory, no link to one)"));
	assert_int_equal(store_open_in(&s, &x->s, "file", true, &e), -1);
	assert_int_equal(s.dirfd, -1);
	assert_int_equal(unlinkat(x->s.dirfd, "sub", AT_REMOVEDIR), 0);
}

static void
test_open_refused(void **state)
{
	struct fixture *x = *state;
	struct store s;
	struct err e;
	char path[128];

	snprintf(path, sizeof(path), "%s/none", x->base);
	assert_int_equal(store_open(&s, path, false, &e), -1);
	assert_int_equal(e.code, ERR_NOTFOUND);
	assert_int_equal(s.dirfd, -1);
	put(x, "file", "x");
	snprintf(path, sizeof(path), "%s/file", x->dir);
	assert_int_equal(store_open(&s, path, true, &e), -1);
	snprintf(path, sizeof(path), "%s/file/below", x->dir);
	assert_int_equal(store_open(&s, path, true, &e), -1);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_write_read),
		T(test_crash_at_each_step),
		T(test_no_room),
		T(test_names),
		T(test_who_is_trusted),
		T(test_size_limit),
		T(test_paths),
		T(test_opened),
		T(test_aside_and_list),
		T(test_secrets_are_wiped),
		T(test_wipes_nothing_else),
		T(test_lock_nests_and_excludes),
		T(test_open_beside_a_writer),
		T(test_owner_follows_directory),
		T(test_give),
		T(test_give_file),
		T(test_open_in),
		T(test_open_refused),
	};

	umask(0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
