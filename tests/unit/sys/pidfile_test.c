/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The pid file: one owner at a time, a stale one is no obstacle. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../unit.h"
#include "sys/pidfile.h"

static char base[32];
static char path[64];

static int
setup(void **state)
{
	(void)state;
	strcpy(base, "/tmp/pidfile_test.XXXXXX");
	assert_non_null(mkdtemp(base));
	snprintf(path, sizeof(path), "%s/run/x/pid", base);
	return 0;
}

static int
teardown(void **state)
{
	char cmd[64];

	(void)state;
	snprintf(cmd, sizeof(cmd), "rm -rf %s", base);
	return system(cmd);
}

static void
write_file(const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static long
number_in_file(void)
{
	char text[64] = "";
	FILE *f = fopen(path, "r");
	char *end;
	long n;

	assert_non_null(f);
	assert_non_null(fgets(text, sizeof(text), f));
	fclose(f);
	n = strtol(text, &end, 10);
	assert_string_equal(end, "\n");
	return n;
}

/* A child that holds the file until its standard pipe is closed. */
static pid_t
start_holder(int *release)
{
	struct pidfile p;
	int go[2], held[2];
	char c;
	pid_t pid;

	assert_int_equal(pipe(go), 0);
	assert_int_equal(pipe(held), 0);
	pid = fork();
	if (pid == 0) {
		close(go[1]);
		close(held[0]);
		if (pidfile_open(&p, path, NULL) < 0)
			_exit(1);
		if (write(held[1], "x", 1) != 1 || read(go[0], &c, 1) != 0)
			_exit(2);
		_exit(0); /* without closing: as if killed */
	}
	close(go[0]);
	close(held[1]);
	assert_int_equal(read(held[0], &c, 1), 1);
	close(held[0]);
	*release = go[1];
	return pid;
}

static void
test_own(void **state)
{
	struct pidfile p;
	pid_t who = 77;

	(void)state;
	assert_int_equal(pidfile_read(path, &who, NULL), 0);
	assert_int_equal(who, 0);
	assert_int_equal(pidfile_open(&p, path, NULL), 0);
	assert_int_equal(number_in_file(), getpid());
	pidfile_close(&p);
	pidfile_close(&p);
	assert_int_equal(access(path, F_OK), -1);
}

static void
test_held_then_stale(void **state)
{
	struct pidfile p = { .fd = 99 };
	struct err e = { 0 };
	char text[32];
	int release, status;
	pid_t pid, who = 0;

	(void)state;
	pid = start_holder(&release);
	assert_int_equal(pidfile_read(path, &who, NULL), 0);
	assert_int_equal(who, pid);
	assert_int_equal(pidfile_open(&p, path, &e), -1);
	assert_int_equal(e.code, ERR_EXISTS);
	snprintf(text, sizeof(text), "%d", (int)pid);
	assert_non_null(strstr(e.text, text));
	assert_int_equal(number_in_file(), pid);
	pidfile_close(&p);

	close(release);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(access(path, F_OK), 0);
	assert_int_equal(pidfile_read(path, &who, NULL), 0);
	assert_int_equal(who, 0);
	assert_int_equal(pidfile_open(&p, path, NULL), 0);
	assert_int_equal(number_in_file(), getpid());
	pidfile_close(&p);
}

static void
test_longer_rubbish(void **state)
{
	struct pidfile p;

	(void)state;
	assert_int_equal(pidfile_open(&p, path, NULL), 0);
	pidfile_close(&p);
	write_file("1234567890\nand more that was here before\n");
	assert_int_equal(pidfile_open(&p, path, NULL), 0);
	assert_int_equal(number_in_file(), getpid());
	pidfile_close(&p);
}

/* What somebody put there meanwhile is not ours to remove. */
static void
test_replaced(void **state)
{
	struct pidfile p;

	(void)state;
	assert_int_equal(pidfile_open(&p, path, NULL), 0);
	assert_int_equal(unlink(path), 0);
	write_file("1\n");
	pidfile_close(&p);
	assert_int_equal(number_in_file(), 1);
}

static void
test_refused(void **state)
{
	struct pidfile p;
	struct err e;
	char target[80];

	(void)state;
	assert_int_equal(pidfile_open(&p, path, NULL), 0);
	pidfile_close(&p);
	snprintf(target, sizeof(target), "%s/target", base);
	assert_int_equal(symlink(target, path), 0);
	assert_int_equal(pidfile_open(&p, path, &e), -1);
	assert_int_equal(p.fd, -1);
	assert_int_equal(access(target, F_OK), -1);
	/* Nor is a file emptied that has another name elsewhere. */
	assert_int_equal(unlink(path), 0);
	write_file("1\n");
	assert_int_equal(link(path, target), 0);
	assert_int_equal(pidfile_open(&p, path, &e), -1);
	assert_non_null(strstr(e.text, "single name"));
	assert_int_equal(number_in_file(), 1);
	assert_int_equal(pidfile_open(&p, "/proc/none/pid", &e), -1);
	assert_non_null(strstr(e.text, "/proc/none"));
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = { T(test_own),
					    T(test_held_then_stale),
					    T(test_longer_rubbish),
					    T(test_replaced), T(test_refused) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
