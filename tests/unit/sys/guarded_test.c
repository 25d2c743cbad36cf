/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files that a user cannot swap for others. The user here is one that owns
 * nothing, with the test's own group, or the test's own user. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../unit.h"
#include "sys/guarded.h"

#define PATH_ROOM 512

static char dir[] = "/tmp/guarded.XXXXXX";
static struct privs_ids stranger, mate, self;

static const char *
at(const char *name)
{
	static char path[4][PATH_ROOM];
	static int turn;

	turn = (turn + 1) % 4;
	snprintf(path[turn], PATH_ROOM, "%s/%s", dir, name);
	return path[turn];
}

static void
put(const char *name, mode_t mode)
{
	int fd = open(at(name), O_WRONLY | O_CREAT | O_EXCL, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, "text", 4), 4);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static int
setup(void **state)
{
	(void)state;
	strcpy(dir + strlen(dir) - 6, "XXXXXX");
	assert_non_null(mkdtemp(dir));
	assert_int_equal(chmod(dir, 0755), 0);
	self = (struct privs_ids){ .uid = geteuid(), .gid = getegid() };
	mate = (struct privs_ids){ .uid = 54321, .gid = getegid() };
	stranger = (struct privs_ids){ .uid = 54321, .gid = 54321 };
	put("file", 0600);
	assert_int_equal(mkdir(at("sub"), 0755), 0);
	put("sub/file", 0644);
	return 0;
}

static int
teardown(void **state)
{
	char command[PATH_ROOM];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	return system(command); /* NOLINT(cert-env33-c): our own */
}

static void
expect_open(const char *path, const struct privs_ids *user)
{
	struct err e;
	char got[8];
	int fd = guarded_open(path, user, &e);

	if (fd < 0)
		fail_msg("%s", e.text);
	assert_int_equal(read(fd, got, sizeof(got)), 4);
	close(fd);
}

static void
expect_refused(const char *path, const struct privs_ids *user,
	       enum err_code code)
{
	struct err e = { .code = ERR_NONE };

	assert_int_equal(guarded_open(path, user, &e), -1);
	assert_int_equal(e.code, code);
	assert_non_null(strstr(e.text, path));
}

static void
test_plain(void **state)
{
	(void)state;
	expect_open(at("file"), &stranger);
	expect_open(at("file"), &mate);
	expect_open(at("sub/file"), &stranger);
	expect_open(at("./sub//../sub/./file"), &stranger);
	expect_refused(at("none"), &stranger, ERR_NOTFOUND);
	expect_refused(at("none/file"), &stranger, ERR_NOTFOUND);
	expect_refused(at("sub"), &stranger, ERR_PERM);
	expect_refused("sub/file", &stranger, ERR_USAGE);
	assert_int_equal(guarded_open("/", &stranger, NULL), -1);
	assert_int_equal(guarded_open("", &stranger, NULL), -1);
}

static void
test_own(void **state)
{
	(void)state;
	expect_refused(at("file"), &self, ERR_PERM);
	expect_refused(at("sub/file"), &self, ERR_PERM);
}

static void
test_writable(void **state)
{
	(void)state;
	assert_int_equal(chmod(at("file"), 0660), 0);
	expect_open(at("file"), &stranger);
	expect_refused(at("file"), &mate, ERR_PERM);
	assert_int_equal(chmod(at("file"), 0602), 0);
	expect_refused(at("file"), &stranger, ERR_PERM);
	assert_int_equal(chmod(at("sub"), 0775), 0);
	expect_open(at("sub/file"), &stranger);
	expect_refused(at("sub/file"), &mate, ERR_PERM);
	assert_int_equal(chmod(at("sub"), 0757), 0);
	expect_refused(at("sub/file"), &stranger, ERR_PERM);
	/* As in /tmp: the user cannot take away what is another's. */
	assert_int_equal(chmod(at("sub"), 01777), 0);
	expect_open(at("sub/file"), &stranger);
}

static void
test_links(void **state)
{
	char loop[PATH_ROOM];

	(void)state;
	assert_int_equal(symlink("file", at("rel")), 0);
	assert_int_equal(symlink(at("sub"), at("abs")), 0);
	assert_int_equal(symlink("../rel", at("sub/up")), 0);
	assert_int_equal(symlink("self", at("self")), 0);
	expect_open(at("rel"), &stranger);
	expect_open(at("abs/file"), &stranger);
	expect_open(at("abs/up"), &stranger);
	expect_refused(at("self"), &stranger, ERR_IO);
	/* A way through a folder that others can write to leads anywhere. */
	assert_int_equal(chmod(at("sub"), 0757), 0);
	expect_refused(at("abs/up"), &stranger, ERR_PERM);
	expect_refused(at("sub/../file"), &stranger, ERR_PERM);
	snprintf(loop, sizeof(loop), "%s", at("loop"));
	assert_int_equal(symlink(loop, loop), 0);
	expect_refused(loop, &stranger, ERR_IO);
}

/* In a folder such as /tmp that user's links stay that user's. */
static void
test_link_of_user(void **state)
{
	(void)state;
	if (geteuid() != 0 || symlink("file", at("theirs")) < 0 ||
	    lchown(at("theirs"), stranger.uid, stranger.gid) < 0) {
		print_message("skipped: not root over other users\n");
		skip();
	}
	expect_refused(at("theirs"), &stranger, ERR_PERM);
	assert_int_equal(chown(at("sub"), stranger.uid, 0), 0);
	expect_refused(at("sub/file"), &stranger, ERR_PERM);
	assert_int_equal(chown(at("sub"), 0, 0), 0);
	assert_int_equal(chown(at("sub/file"), stranger.uid, 0), 0);
	expect_refused(at("sub/file"), &stranger, ERR_PERM);
}

static void
test_kinds(void **state)
{
	(void)state;
	assert_int_equal(mkfifo(at("fifo"), 0600), 0);
	expect_refused(at("fifo"), &stranger, ERR_PERM);
	expect_refused("/dev/null", &stranger, ERR_PERM);
}

static void
test_append(void **state)
{
	struct stat st;
	struct err e;
	mode_t mask = umask(0);
	int fd = guarded_append(at("sub/log"), &stranger, &e);

	(void)state;
	umask(mask);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "1", 1), 1);
	close(fd);
	fd = guarded_append(at("sub/log"), &stranger, &e);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "2", 1), 1);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_size, 2);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_true(fcntl(fd, F_GETFL) & O_APPEND);
	close(fd);
	/* No link, and no other name of another file. */
	assert_int_equal(symlink("file", at("sub/link")), 0);
	assert_int_equal(guarded_append(at("sub/link"), &stranger, &e), -1);
	assert_int_equal(link(at("file"), at("sub/other")), 0);
	assert_int_equal(guarded_append(at("sub/other"), &stranger, &e), -1);
	assert_int_equal(e.code, ERR_PERM);
	assert_int_equal(guarded_append(at("sub"), &stranger, &e), -1);
	assert_int_equal(guarded_append(at("no/log"), &stranger, &e), -1);
	assert_int_equal(e.code, ERR_NOTFOUND);
	assert_int_equal(chmod(at("sub"), 0757), 0);
	assert_int_equal(guarded_append(at("sub/log"), &stranger, &e), -1);
	assert_int_equal(e.code, ERR_PERM);
	assert_int_equal(guarded_append(at("sub/new"), &stranger, &e), -1);
	assert_int_equal(access(at("sub/new"), F_OK), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_plain, setup, teardown),
		cmocka_unit_test_setup_teardown(test_own, setup, teardown),
		cmocka_unit_test_setup_teardown(test_writable, setup, teardown),
		cmocka_unit_test_setup_teardown(test_links, setup, teardown),
		cmocka_unit_test_setup_teardown(test_link_of_user, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_kinds, setup, teardown),
		cmocka_unit_test_setup_teardown(test_append, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
