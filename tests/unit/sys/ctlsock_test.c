/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The control socket: requests, long answers, clients that misbehave. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "../unit.h"
#include "sys/clock.h"
#include "sys/ctlsock.h"

#define LONG_ANSWER ((size_t)3000000)

struct fixture {
	char base[32];
	char path[64];
	struct loop *l;
	struct ctlsock *s;
	unsigned int asked;
	uint64_t client;
	struct ctlsock_peer peer;
	char line[CTLSOCK_LINE_MAX];
};

static uint8_t long_answer[LONG_ANSWER];

static void
on_request(void *ctx, uint64_t client, const struct ctlsock_peer *peer,
	   const char *line)
{
	struct fixture *x = ctx;

	x->asked++;
	x->client = client;
	x->peer = *peer;
	snprintf(x->line, sizeof(x->line), "%s", line);
	if (strcmp(line, "echo") == 0) {
		assert_int_equal(ctlsock_reply(x->s, client, "ec", 2, false),
				 0);
		assert_int_equal(ctlsock_reply(x->s, client, "ho\n", 3, true),
				 0);
	} else if (strcmp(line, "long") == 0) {
		assert_int_equal(ctlsock_reply(x->s, client, long_answer,
					       LONG_ANSWER, true),
				 0);
	}
}

static int
setup(void **state)
{
	static struct fixture x;

	x = (struct fixture){ .base = "/tmp/ctlsock_test.XXXXXX" };
	assert_non_null(mkdtemp(x.base));
	snprintf(x.path, sizeof(x.path), "%s/run/ctl", x.base);
	assert_int_equal(loop_new(&x.l, NULL), 0);
	assert_int_equal(ctlsock_open(&x.s, x.l, x.path, 0660, (gid_t)-1,
				      on_request, &x, NULL),
			 0);
	*state = &x;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *x = *state;
	char cmd[64];

	ctlsock_close(x->s);
	ctlsock_close(NULL);
	loop_free(x->l);
	snprintf(cmd, sizeof(cmd), "rm -rf %s", x->base);
	return system(cmd);
}

static void
turns(struct fixture *x, int n)
{
	while (n-- > 0)
		assert_int_equal(loop_turn(x->l, MONO_NONE, NULL), 0);
}

static int
dial(struct fixture *x)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", x->path);
	assert_int_equal(connect(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	return fd;
}

static int
ask(struct fixture *x, const char *text)
{
	int fd = dial(x);

	assert_int_equal(send(fd, text, strlen(text), 0), strlen(text));
	turns(x, 3);
	return fd;
}

/* Everything up to the end of the stream. */
static void
expect_answer(int fd, const char *text)
{
	char got[256];
	size_t len = 0;
	ssize_t n;

	while ((n = recv(fd, got + len, sizeof(got) - len, 0)) > 0)
		len += (size_t)n;
	assert_int_equal(n, 0);
	assert_int_equal(len, strlen(text));
	assert_memory_equal(got, text, len);
	close(fd);
}

/* Closed, with whatever errno, without a byte. */
static void
expect_closed(int fd)
{
	char c;

	assert_true(recv(fd, &c, 1, MSG_DONTWAIT) == 0 || errno == ECONNRESET);
	close(fd);
}

static void
expect_open(int fd)
{
	char c;

	assert_int_equal(recv(fd, &c, 1, MSG_DONTWAIT), -1);
	assert_int_equal(errno, EAGAIN);
}

static void
test_ask(void **state)
{
	struct fixture *x = *state;

	expect_answer(ask(x, "echo\n"), "echo\n");
	assert_int_equal(x->asked, 1);
	assert_string_equal(x->line, "echo");
	assert_int_equal(x->peer.pid, getpid());
	assert_int_equal(x->peer.uid, geteuid());
	assert_int_equal(x->peer.gid, getegid());
	assert_int_equal(ctlsock_clients(x->s), 0);
	/* What follows the line is of no interest. */
	expect_answer(ask(x, "echo\nmore\n"), "echo\n");
	assert_int_equal(x->asked, 2);
}

static void
test_line_in_pieces(void **state)
{
	struct fixture *x = *state;
	int fd = ask(x, "ec");

	assert_int_equal(x->asked, 0);
	assert_int_equal(send(fd, "ho", 2, 0), 2);
	turns(x, 2);
	assert_int_equal(send(fd, "\n", 1, 0), 1);
	shutdown(fd, SHUT_WR);
	turns(x, 2);
	expect_answer(fd, "echo\n");
	assert_int_equal(x->asked, 1);
}

static void
test_answer_later(void **state)
{
	struct fixture *x = *state;
	int fd;

	/* Nobody hurries the owner. */
	ctlsock_limits(x->s, 30, 30);
	fd = ask(x, "wait\n");
	assert_int_equal(loop_turn(x->l, mono_add_ms(clock_mono(), 80), NULL),
			 0);
	turns(x, 2);
	expect_open(fd);
	assert_int_equal(ctlsock_reply(x->s, x->client, "a", 1, false), 0);
	assert_int_equal(loop_turn(x->l, mono_add_ms(clock_mono(), 80), NULL),
			 0);
	turns(x, 2);
	assert_int_equal(ctlsock_reply(x->s, x->client, "b", 1, true), 0);
	expect_answer(fd, "ab");
	assert_int_equal(ctlsock_reply(x->s, x->client, "c", 1, true), -1);
}

static void
test_client_left(void **state)
{
	struct fixture *x = *state;
	int fd = ask(x, "wait\n");
	uint64_t first = x->client;

	close(fd);
	turns(x, 2);
	assert_int_equal(ctlsock_clients(x->s), 0);
	fd = ask(x, "wait\n"); /* takes the same place */
	assert_int_not_equal(x->client, first);
	assert_int_equal(ctlsock_reply(x->s, first, "secret", 6, true), -1);
	expect_open(fd);
	close(fd);
}

static void
test_long_answer(void **state)
{
	struct fixture *x = *state;
	static uint8_t got[LONG_ANSWER + 1];
	size_t len = 0;
	ssize_t n = 1;
	int fd;

	for (size_t i = 0; i < LONG_ANSWER; i++)
		long_answer[i] = (uint8_t)(i * 13 + i / 256);
	fd = ask(x, "long\n");
	while (n != 0) {
		n = recv(fd, got + len, sizeof(got) - len, MSG_DONTWAIT);
		if (n > 0)
			len += (size_t)n;
		else if (n < 0)
			turns(x, 1);
	}
	assert_int_equal(len, LONG_ANSWER);
	assert_memory_equal(got, long_answer, len);
	close(fd);
}

static void
test_too_long_an_answer(void **state)
{
	struct fixture *x = *state;
	int fd = ask(x, "wait\n");
	int rc = 0;

	for (int i = 0; rc == 0 && i < 100; i++)
		rc = ctlsock_reply(x->s, x->client, long_answer, LONG_ANSWER,
				   false);
	assert_int_equal(rc, -1);
	assert_int_equal(ctlsock_clients(x->s), 0);
	close(fd);
}

static void
test_bad_lines(void **state)
{
	struct fixture *x = *state;
	char line[CTLSOCK_LINE_MAX + 1];
	int fd;

	memset(line, 'x', sizeof(line));
	line[CTLSOCK_LINE_MAX] = '\0';
	expect_closed(ask(x, line)); /* no LF within the limit */
	line[CTLSOCK_LINE_MAX - 1] = '\n';
	assert_int_equal(x->asked, 0);
	fd = ask(x, line); /* the longest */
	assert_int_equal(x->asked, 1);
	assert_int_equal(strlen(x->line), CTLSOCK_LINE_MAX - 1);
	close(fd);

	fd = dial(x);
	assert_int_equal(send(fd, "ec\0ho\n", 6, 0), 6);
	turns(x, 3);
	expect_closed(fd);
	fd = dial(x); /* ends before the line does */
	assert_int_equal(send(fd, "echo", 4, 0), 4);
	shutdown(fd, SHUT_WR);
	turns(x, 3);
	expect_closed(fd);
	assert_int_equal(x->asked, 1);
	turns(x, 2);
	assert_int_equal(ctlsock_clients(x->s), 0);
}

static void
test_slow_clients(void **state)
{
	struct fixture *x = *state;
	int silent, drop_by_drop, never_reads;

	ctlsock_limits(x->s, 60, 60);
	silent = dial(x);
	drop_by_drop = ask(x, "e");
	never_reads = ask(x, "long\n");
	turns(x, 3);
	for (int i = 0; i < 5; i++) {
		/* The line has its limit, not each byte. */
		send(drop_by_drop, "c", 1, MSG_NOSIGNAL);
		assert_int_equal(
			loop_turn(x->l, mono_add_ms(clock_mono(), 20), NULL),
			0);
		usleep(20000);
	}
	turns(x, 2);
	assert_int_equal(ctlsock_clients(x->s), 0);
	expect_closed(silent);
	expect_closed(drop_by_drop);
	close(never_reads);
}

static void
test_more_than_there_are_places(void **state)
{
	struct fixture *x = *state;
	int fd[CTLSOCK_CLIENTS_MAX], last;

	for (int i = 0; i < CTLSOCK_CLIENTS_MAX; i++)
		fd[i] = ask(x, "wait\n");
	assert_int_equal(ctlsock_clients(x->s), CTLSOCK_CLIENTS_MAX);
	last = ask(x, "echo\n");
	assert_int_equal(x->asked, CTLSOCK_CLIENTS_MAX);
	/* No spinning while it waits. */
	assert_int_equal(loop_turn(x->l, mono_add_ms(clock_mono(), 5), NULL),
			 0);
	close(fd[3]);
	turns(x, 4);
	expect_answer(last, "echo\n");
	for (int i = 0; i < CTLSOCK_CLIENTS_MAX; i++)
		if (i != 3)
			close(fd[i]);
}

static void
test_no_descriptors_left(void **state)
{
	struct fixture *x = *state;
	struct rlimit old, low;
	struct monotime start;
	int fd = dial(x);

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	low = old;
	low.rlim_cur = (rlim_t)fd + 1;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
	turns(x, 1);
	start = clock_mono();
	assert_int_equal(loop_turn(x->l, mono_add_ms(start, 30), NULL), 0);
	assert_true(mono_ms(start, clock_mono()) >= 30); /* it slept */
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	assert_int_equal(send(fd, "echo\n", 5, 0), 5);
	while (x->asked == 0)
		assert_int_equal(loop_turn(x->l, MONO_NEVER, NULL), 0);
	expect_answer(fd, "echo\n");
}

static void
test_file(void **state)
{
	struct fixture *x = *state;
	struct ctlsock *other = NULL;
	char path[200];
	struct stat st;
	struct err e;

	assert_int_equal(stat(x->path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0660);
	/* One that answers stays. */
	assert_int_equal(ctlsock_open(&other, x->l, x->path, 0600, (gid_t)-1,
				      on_request, x, &e),
			 -1);
	assert_int_equal(e.code, ERR_EXISTS);
	expect_answer(ask(x, "echo\n"), "echo\n");
	ctlsock_close(x->s);
	assert_int_equal(stat(x->path, &st), -1);
	x->s = NULL;

	/* Anything else is not ours to remove. */
	snprintf(path, sizeof(path), "%s/run/file", x->base);
	close(open(path, O_CREAT | O_WRONLY, 0600));
	assert_int_equal(ctlsock_open(&other, x->l, path, 0600, (gid_t)-1,
				      on_request, x, &e),
			 -1);
	assert_int_equal(e.code, ERR_PERM);
	assert_int_equal(stat(path, &st), 0);
	memset(path, 'p', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(ctlsock_open(&other, x->l, path, 0600, (gid_t)-1,
				      on_request, x, &e),
			 -1);
	assert_int_equal(e.code, ERR_LIMIT);
	assert_null(other);
}

static void
test_stale(void **state)
{
	struct fixture *x = *state;
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	struct stat st;
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	gid_t group = getegid();

	ctlsock_close(x->s);
	x->s = NULL;
	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", x->path);
	assert_int_equal(bind(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	assert_int_equal(listen(fd, 1), 0);
	/* Another one, where we are root over more than one. */
	if (chown(x->path, (uid_t)-1, 12345) == 0)
		group = 12345;
	close(fd); /* as after a crash: the file is still there */
	assert_int_equal(stat(x->path, &st), 0);
	assert_int_equal(ctlsock_open(&x->s, x->l, x->path, 0620, group,
				      on_request, x, NULL),
			 0);
	assert_int_equal(stat(x->path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0620);
	assert_int_equal(st.st_gid, group);
	expect_answer(ask(x, "echo\n"), "echo\n");
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_ask),
		T(test_line_in_pieces),
		T(test_answer_later),
		T(test_client_left),
		T(test_long_answer),
		T(test_too_long_an_answer),
		T(test_bad_lines),
		T(test_slow_clients),
		T(test_more_than_there_are_places),
		T(test_no_descriptors_left),
		T(test_file),
		T(test_stale),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
