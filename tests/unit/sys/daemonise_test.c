/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Into the background: what the parent says, what the child is. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../unit.h"
#include "sys/daemonise.h"

/* What the daemon does after the fork. report: a pipe to the test. */
typedef void (*daemon_fn)(struct daemonise *d, int report);

/* Runs a whole "command": returns its exit status. What the daemon wrote into
 * the pipe up to its end is in out. */
static int
run_command(daemon_fn fn, char *out, size_t cap)
{
	enum daemonise_role role;
	struct daemonise d;
	int report[2], status;
	size_t len = 0;
	ssize_t n;
	pid_t pid;

	assert_int_equal(pipe(report), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		close(report[0]);
		if (daemonise_fork(&d, &role, &status, NULL) < 0)
			_exit(99);
		if (role == DAEMONISE_PARENT)
			_exit(status);
		fn(&d, report[1]);
		_exit(0);
	}
	close(report[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	while ((n = read(report[0], out + len, cap - 1 - len)) > 0)
		len += (size_t)n;
	out[len] = '\0';
	close(report[0]);
	return WEXITSTATUS(status);
}

static char
is_null(int fd)
{
	struct stat a, b;

	if (fstat(fd, &a) < 0 || stat("/dev/null", &b) < 0)
		return 'E';
	return S_ISCHR(a.st_mode) && a.st_rdev == b.st_rdev ? 'n' : 'o';
}

static void
good_start(struct daemonise *d, int report)
{
	char text[256], cwd[64] = "";
	int n;

	if (getcwd(cwd, sizeof(cwd)) == NULL)
		cwd[0] = '?';
	n = snprintf(text, sizeof(text), "leader %d cwd %s err %c",
		     getsid(0) == getpid(), cwd, is_null(2));
	daemonise_done(d, 0);
	daemonise_done(d, 7); /* said already */
	n += snprintf(text + n, sizeof(text) - (size_t)n, " then %c%c%c",
		      is_null(0), is_null(1), is_null(2));
	if (write(report, text, (size_t)n) != n)
		_exit(1);
}

static void
bad_start(struct daemonise *d, int report)
{
	(void)report;
	daemonise_done(d, 3);
}

static void
exits_early(struct daemonise *d, int report)
{
	(void)d;
	(void)report;
	_exit(5);
}

static void
exits_as_if_well(struct daemonise *d, int report)
{
	(void)d;
	(void)report;
	_exit(0);
}

static void
is_killed(struct daemonise *d, int report)
{
	(void)d;
	(void)report;
	raise(SIGKILL);
}

static void
test_good_start(void **state)
{
	char out[256], expected[256];

	(void)state;
	assert_int_equal(run_command(good_start, out, sizeof(out)), 0);
	snprintf(expected, sizeof(expected), "leader 1 cwd / err %c then nnn",
		 is_null(2));
	assert_string_equal(out, expected);
}

static void
test_bad_start(void **state)
{
	char out[16];

	(void)state;
	assert_int_equal(run_command(bad_start, out, sizeof(out)), 3);
	assert_int_equal(run_command(exits_early, out, sizeof(out)), 5);
	/* Gone before it said that it was ready: no success. */
	assert_int_equal(run_command(exits_as_if_well, out, sizeof(out)), 1);
	assert_int_equal(run_command(is_killed, out, sizeof(out)), 1);
}

static void
test_foreground(void **state)
{
	struct daemonise d = { .ready_fd = -1 };
	char before = is_null(2);

	(void)state;
	daemonise_done(&d, 0);
	assert_int_equal(is_null(2), before);
}

static void
test_fill_std(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	pid = fork();
	if (pid == 0) {
		int next;

		close(0);
		close(2);
		if (daemonise_fill_std(NULL) < 0)
			_exit(1);
		if (is_null(0) != 'n' || is_null(2) != 'n')
			_exit(2);
		next = open("/dev/zero", O_RDONLY);
		_exit(next > 2 ? 0 : 3);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good_start),
		cmocka_unit_test(test_bad_start),
		cmocka_unit_test(test_foreground),
		cmocka_unit_test(test_fill_std),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
