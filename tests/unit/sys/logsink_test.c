/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where log lines go. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "../unit.h"
#include "sys/logsink.h"

static char dir[32];
static char path[64], rotated[64];

static int
setup(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/logsink_test.XXXXXX");
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/log", dir);
	snprintf(rotated, sizeof(rotated), "%s/log.1", dir);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	unlink(path);
	unlink(rotated);
	return rmdir(dir);
}

static const char *
content(const char *file)
{
	static char text[65536];
	int fd = open(file, O_RDONLY);
	ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);

	text[n < 0 ? 0 : n] = '\0';
	if (fd >= 0)
		close(fd);
	return text;
}

/* The file, once the thread has written all. */
static const char *
written(struct logsink *s, const char *file)
{
	assert_true(logsink_flush(s, 10000));
	return content(file);
}

/* "2026-11-22T06:25:00.123Z " in front; returns what follows. */
static const char *
after_stamp(const char *line)
{
	static const char form[] = "dddd-dd-ddTdd:dd:dd.dddZ ";

	for (size_t i = 0; i < sizeof(form) - 1; i++) {
		if (form[i] == 'd')
			assert_in_range(line[i], '0', '9');
		else
			assert_int_equal(line[i], form[i]);
	}
	return line + sizeof(form) - 1;
}

static void
test_file_and_rotation(void **state)
{
	struct logsink *s;
	struct stat st;
	mode_t old = umask(0);

	(void)state;
	assert_int_equal(logsink_open(&s, LOGSINK_FILE, path, NULL), 0);
	umask(old);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	log_set_sink(logsink_write, s);
	errno = EDOM;
	log_warn("first %d%%", 100);
	assert_int_equal(errno, EDOM);
	assert_string_equal(after_stamp(written(s, path)),
			    "warn: first 100%\n");
	assert_int_equal(rename(path, rotated), 0);
	log_info("second");
	assert_non_null(strstr(written(s, rotated), "info: second\n"));
	logsink_reopen(s, NULL);
	log_error("third");
	assert_string_equal(after_stamp(written(s, path)), "error: third\n");
	assert_null(strstr(content(rotated), "third"));
	log_set_sink(NULL, NULL);
	logsink_close(s);

	/* What is there is kept. */
	assert_int_equal(logsink_open(&s, LOGSINK_FILE, path, NULL), 0);
	assert_true(logsink_is_file(s));
	logsink_write(s, LOG_LVL_INFO, "fourth");
	assert_non_null(strstr(written(s, path), "third\n"));
	assert_non_null(strstr(content(path), "fourth\n"));
	logsink_close(s);
}

/* The new file comes from somebody else. */
static void
test_replace(void **state)
{
	struct logsink *s;

	(void)state;
	assert_int_equal(logsink_open(&s, LOGSINK_FILE, path, NULL), 0);
	logsink_write(s, LOG_LVL_INFO, "before");
	assert_true(logsink_flush(s, 10000));
	logsink_replace(s, open(rotated, O_WRONLY | O_CREAT | O_APPEND, 0600));
	logsink_write(s, LOG_LVL_INFO, "after");
	assert_non_null(strstr(written(s, rotated), "info: after\n"));
	assert_null(strstr(content(path), "after"));
	logsink_close(s);
	assert_int_equal(logsink_open(&s, LOGSINK_STDERR, NULL, NULL), 0);
	assert_false(logsink_is_file(s));
	logsink_close(s);
}

static void
test_reopen_fails(void **state)
{
	struct logsink *s;
	struct err e;

	(void)state;
	assert_int_equal(logsink_open(&s, LOGSINK_FILE, path, NULL), 0);
	assert_int_equal(rename(path, rotated), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	logsink_reopen(s, "and a hint");
	logsink_write(s, LOG_LVL_INFO, "still here");
	assert_non_null(strstr(written(s, rotated), "still here\n"));
	assert_non_null(strstr(content(rotated), "error: log file "));
	assert_non_null(strstr(content(rotated), "error: and a hint\n"));
	logsink_close(s);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(logsink_open(&s, LOGSINK_FILE, "/nonexistent/log", &e),
			 -1);
	assert_non_null(strstr(e.text, "/nonexistent/log"));
}

/* Standard error into the file for one line. */
static void
write_to_stderr(void)
{
	struct logsink *s;
	int saved = dup(2);
	int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);

	dup2(fd, 2);
	close(fd);
	assert_int_equal(logsink_open(&s, LOGSINK_STDERR, NULL, NULL), 0);
	logsink_write(s, LOG_LVL_DEBUG, "a line");
	logsink_reopen(s, NULL);
	logsink_close(s);
	dup2(saved, 2);
	close(saved);
}

static void
test_stderr(void **state)
{
	char stream[64];
	struct stat st;

	(void)state;
	unsetenv("JOURNAL_STREAM");
	write_to_stderr();
	assert_string_equal(after_stamp(content(path)), "debug: a line\n");
	/* Inherited, but our standard error is something else. */
	setenv("JOURNAL_STREAM", "1:2", 1);
	write_to_stderr();
	assert_string_equal(after_stamp(content(path)), "debug: a line\n");
	setenv("JOURNAL_STREAM", "nonsense", 1);
	write_to_stderr();
	assert_string_equal(after_stamp(content(path)), "debug: a line\n");
	assert_int_equal(stat(path, &st), 0);
	snprintf(stream, sizeof(stream), "%ju:%ju", (uintmax_t)st.st_dev,
		 (uintmax_t)st.st_ino);
	setenv("JOURNAL_STREAM", stream, 1);
	write_to_stderr();
	assert_string_equal(content(path), "<7>a line\n");
	unsetenv("JOURNAL_STREAM");
}

static void
test_syslog(void **state)
{
	struct logsink *s;

	(void)state;
	/* Nobody need listen: it must only not fail, nor take a format. */
	assert_int_equal(logsink_open(&s, LOGSINK_SYSLOG, NULL, NULL), 0);
	logsink_write(s, LOG_LVL_INFO, "%s%n test");
	logsink_reopen(s, NULL);
	logsink_close(s);
	logsink_close(NULL);
}

static void *
write_many(void *ctx)
{
	for (int i = 0; i < 200; i++)
		logsink_write(ctx, LOG_LVL_INFO, "0123456789abcdef");
	return NULL;
}

/* Lines of several threads, while the file is opened anew, stay whole. */
static void
test_threads(void **state)
{
	struct logsink *s;
	pthread_t thread[2];
	const char *p;
	int lines = 0;

	(void)state;
	assert_int_equal(logsink_open(&s, LOGSINK_FILE, path, NULL), 0);
	for (int i = 0; i < 2; i++)
		assert_int_equal(
			pthread_create(&thread[i], NULL, write_many, s), 0);
	for (int i = 0; i < 50; i++)
		logsink_reopen(s, NULL);
	for (int i = 0; i < 2; i++)
		pthread_join(thread[i], NULL);
	logsink_close(s);
	for (p = content(path); *p != '\0'; lines++) {
		p = after_stamp(p);
		assert_memory_equal(p, "info: 0123456789abcdef\n", 23);
		p += 23;
	}
	assert_int_equal(lines, 400);
}

/* --- readers that do not read ----------------------------------------------- */

#define FLOOD 20000

static void
flood(struct logsink *s)
{
	logsink_limit(s, 256 * 1024);
	for (int i = 0; i < FLOOD; i++)
		logsink_write(s, LOG_LVL_INFO, "0123456789abcdef");
}

/* How often what stands in the text, and the sum of the numbers before it. */
static size_t
count(const char *text, const char *what, size_t *sum)
{
	size_t n = 0;

	for (const char *p = text; (p = strstr(p, what)) != NULL; p++, n++) {
		const char *digits = p;

		while (digits > text && digits[-1] >= '0' && digits[-1] <= '9')
			digits--;
		*sum += strtoul(digits, NULL, 10);
	}
	return n;
}

/* Reads until the lines and the numbers of those that are told as lost make
 * up all that were written. */
static void
read_loss(int fd)
{
	static char all[4 << 20];
	size_t len = 0, lines, lost, none;

	do {
		ssize_t n = read(fd, all + len, sizeof(all) - 2 - len);

		assert_true(n > 0);
		len += (size_t)n;
		if (all[len - 1] != '\n') /* a datagram */
			all[len++] = '\n';
		all[len] = '\0';
		lost = none = 0;
		count(all, " log lines were lost: the reader", &lost);
		lines = lost == 0 ? 0 : count(all, "0123456789abcdef", &none);
		assert_true(lines + lost <= FLOOD);
	} while (lines + lost < FLOOD);
	assert_true(lost > 0);
}

static void
test_pipe_that_nobody_reads(void **state)
{
	struct logsink *s;
	char why[256];
	int fds[2], saved = dup(2);

	(void)state;
	assert_int_equal(pipe(fds), 0);
	dup2(fds[1], 2);
	close(fds[1]);
	assert_int_equal(logsink_open(&s, LOGSINK_STDERR, NULL, NULL), 0);
	assert_int_equal(logsink_start(s, NULL), 0);
	assert_false(logsink_trouble(s, why, sizeof(why)));
	flood(s);
	assert_false(logsink_flush(s, 50));
	assert_true(logsink_trouble(s, why, sizeof(why)));
	assert_non_null(strstr(why, "standard error"));
	assert_int_equal(fcntl(2, F_GETFL) & O_NONBLOCK, 0);
	read_loss(fds[0]);
	assert_true(logsink_flush(s, 10000));
	assert_false(logsink_trouble(s, why, sizeof(why)));
	logsink_close(s);
	dup2(saved, 2);
	close(saved);
	close(fds[0]);
}

static int
syslogd(int type)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, type, 0);

	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", path);
	unlink(path);
	assert_int_equal(bind(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	if (type == SOCK_STREAM)
		assert_int_equal(listen(fd, 5), 0);
	return fd;
}

/* "<30>Nov 30 12:56:01 cluevpnd[123]: text" */
static void
expect_syslog(int fd, const char *text)
{
	char got[256], form[64];
	ssize_t n = recv(fd, got, sizeof(got) - 1, 0);

	assert_true(n > 0);
	got[n] = '\0';
	snprintf(form, sizeof(form), " cluevpnd[%d]: %s", (int)getpid(), text);
	assert_memory_equal(got, "<30>", 4);
	assert_string_equal(got + 4 + strlen("Nov 30 12:56:01"), form);
}

/* Hangs, is killed, and comes again: what was written meanwhile arrives. */
static void
test_syslogd_that_hangs(void **state)
{
	struct logsink *s;
	int fd = syslogd(SOCK_DGRAM);

	(void)state;
	assert_int_equal(logsink_open(&s, LOGSINK_SYSLOG, path, NULL), 0);
	assert_int_equal(logsink_start(s, NULL), 0);
	logsink_write(s, LOG_LVL_INFO, "%s%n first");
	expect_syslog(fd, "%s%n first");
	flood(s);
	assert_false(logsink_flush(s, 50));
	read_loss(fd);
	assert_true(logsink_flush(s, 10000));
	close(fd);
	logsink_write(s, LOG_LVL_INFO, "while it is away");
	assert_false(logsink_flush(s, 50));
	fd = syslogd(SOCK_DGRAM);
	expect_syslog(fd, "while it is away");
	close(fd);
	fd = syslogd(SOCK_STREAM);
	logsink_write(s, LOG_LVL_INFO, "to a stream");
	assert_true(logsink_flush(s, 10000));
	{
		int one = accept(fd, NULL, NULL);

		expect_syslog(one, "to a stream");
		close(one);
	}
	close(fd);
	logsink_close(s);
}

/* What a full disk does not take is counted, and told with the reason. */
static void
test_full_disk(void **state)
{
	struct logsink *s;
	char why[256];

	(void)state;
	assert_int_equal(logsink_open(&s, LOGSINK_FILE, "/dev/full", NULL), 0);
	logsink_write(s, LOG_LVL_INFO, "one");
	logsink_write(s, LOG_LVL_INFO, "two");
	assert_true(logsink_flush(s, 10000));
	assert_true(logsink_trouble(s, why, sizeof(why)));
	assert_non_null(strstr(why, "/dev/full"));
	assert_non_null(strstr(why, "No space left on device; 2 lines"));
	logsink_replace(s, open(path, O_WRONLY | O_CREAT | O_APPEND, 0600));
	logsink_write(s, LOG_LVL_INFO, "three");
	assert_non_null(strstr(written(s, path),
			       "2 log lines were lost: No space left"));
	assert_non_null(strstr(content(path), "three\n"));
	assert_false(logsink_trouble(s, why, sizeof(why)));
	logsink_close(s);
}

/* In a folder that another user may write to no link, pipe or second name of a
 * file leads elsewhere; where nobody else may, links are the administrator's. */
static void
test_folder_of_others(void **state)
{
	struct logsink *s;
	struct err e;
	int fd;

	(void)state;
	fd = open(rotated, O_WRONLY | O_CREAT, 0600);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(symlink(rotated, path), 0);
	assert_int_equal(logsink_open(&s, LOGSINK_FILE, path, &e), 0);
	logsink_close(s);
	assert_int_equal(chmod(dir, 0777), 0);
	assert_int_equal(logsink_open(&s, LOGSINK_FILE, path, &e), -1);
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(logsink_open(&s, LOGSINK_FILE, path, &e), -1);
	fd = open(path, O_RDONLY | O_NONBLOCK);
	assert_int_equal(logsink_open(&s, LOGSINK_FILE, path, &e), -1);
	assert_int_equal(e.code, ERR_PERM);
	close(fd);
	unlink(path);
	assert_int_equal(link(rotated, path), 0);
	assert_int_equal(logsink_open(&s, LOGSINK_FILE, path, &e), -1);
	assert_int_equal(e.code, ERR_PERM);
	unlink(path);
	assert_int_equal(logsink_open(&s, LOGSINK_FILE, path, &e), 0);
	logsink_close(s);
	assert_string_equal(content(rotated), "");
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_file_and_rotation),
		T(test_replace),
		T(test_reopen_fails),
		T(test_stderr),
		T(test_syslog),
		T(test_pipe_that_nobody_reads),
		T(test_syslogd_that_hangs),
		T(test_full_disk),
		T(test_threads),
		T(test_folder_of_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
