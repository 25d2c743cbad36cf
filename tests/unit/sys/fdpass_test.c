/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A descriptor goes one way, and none the other. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../unit.h"
#include "sys/fdpass.h"

static int pair[2];

static int
setup(void **state)
{
	(void)state;
	return fdpass_pair(pair, NULL);
}

static int
teardown(void **state)
{
	(void)state;
	close(pair[0]);
	if (pair[1] >= 0)
		close(pair[1]);
	return 0;
}

/* True when nobody holds the other end of the pipe any more. */
static bool
ended(int fd)
{
	struct pollfd p = { .fd = fd };

	return poll(&p, 1, 0) == 1 && (p.revents & POLLHUP);
}

static void
test_plain(void **state)
{
	char got[8];
	int fd = 99;

	(void)state;
	assert_int_equal(fdpass_recv(pair[1], got, sizeof(got), &fd), -1);
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(fdpass_send(pair[0], "one", 3, -1), 0);
	assert_int_equal(fdpass_send(pair[0], "two", 3, -1), 0);
	assert_int_equal(fdpass_recv(pair[1], got, sizeof(got), &fd), 3);
	assert_memory_equal(got, "one", 3);
	assert_int_equal(fd, -1);
	assert_int_equal(fdpass_recv(pair[1], got, sizeof(got), NULL), 3);
	close(pair[1]);
	pair[1] = -1;
	assert_int_equal(fdpass_recv(pair[0], got, sizeof(got), &fd), 0);
	assert_int_equal(fdpass_send(pair[0], "one", 3, -1), EPIPE);
}

static void
test_descriptor(void **state)
{
	char got[8];
	int p[2], fd = -1;

	(void)state;
	assert_int_equal(pipe(p), 0);
	assert_int_equal(fdpass_send(pair[0], "x", 1, p[1]), 0);
	close(p[1]);
	assert_int_equal(fdpass_recv(pair[1], got, sizeof(got), &fd), 1);
	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_false(ended(p[0]));
	assert_int_equal(write(fd, "y", 1), 1);
	close(fd);
	assert_int_equal(read(p[0], got, sizeof(got)), 1);
	assert_true(ended(p[0]));
	close(p[0]);
}

static void
test_not_wanted(void **state)
{
	char got[8];
	int p[2];

	(void)state;
	assert_int_equal(pipe(p), 0);
	assert_int_equal(fdpass_send(pair[0], "x", 1, p[1]), 0);
	close(p[1]);
	assert_int_equal(fdpass_recv(pair[1], got, sizeof(got), NULL), 1);
	assert_true(ended(p[0]));
	close(p[0]);
}

static void
send_two(const char *data, size_t len, const int fds[2])
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(2 * sizeof(int))];
	} room = { .bytes = { 0 } };
	struct iovec iov = { .iov_base = (void *)(uintptr_t)data,
			     .iov_len = len };
	struct msghdr m = { .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = room.bytes,
			    .msg_controllen = sizeof(room.bytes) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(2 * sizeof(int));
	memcpy(CMSG_DATA(c), fds, 2 * sizeof(int));
	assert_int_equal(sendmsg(pair[0], &m, 0), (ssize_t)len);
}

static void
test_more_than_one(void **state)
{
	char got[8];
	int p[2], q[2], fd = -1;

	(void)state;
	assert_int_equal(pipe(p), 0);
	assert_int_equal(pipe(q), 0);
	send_two("x", 1, (const int[]){ p[1], q[1] });
	close(p[1]);
	close(q[1]);
	assert_int_equal(fdpass_recv(pair[1], got, sizeof(got), &fd), 1);
	assert_true(fd >= 0);
	assert_false(ended(p[0]));
	assert_true(ended(q[0]));
	close(fd);
	assert_true(ended(p[0]));
	close(p[0]);
	close(q[0]);
}

static void
test_too_long(void **state)
{
	char got[4];
	int p[2], fd = -1;

	(void)state;
	assert_int_equal(pipe(p), 0);
	assert_int_equal(fdpass_send(pair[0], "12345", 5, p[1]), 0);
	close(p[1]);
	assert_int_equal(fdpass_recv(pair[1], got, sizeof(got), &fd), -1);
	assert_int_equal(errno, EMSGSIZE);
	assert_int_equal(fd, -1);
	assert_true(ended(p[0]));
	close(p[0]);
}

static void
test_file(void **state)
{
	const struct span parts[] = { { "one", 4 }, { NULL, 0 }, { "two", 4 } };
	int fd = fdpass_file(parts, 3, NULL);
	char *p;

	(void)state;
	assert_true(fd >= 0);
	p = fdpass_file_read(fd, 8);
	assert_non_null(p);
	assert_memory_equal(p, "one\0two\0", 9);
	free(p);
	assert_null(fdpass_file_read(fd, 9));
	close(fd);
	assert_null(fdpass_file_read(fd, 1));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_plain, setup, teardown),
		cmocka_unit_test_setup_teardown(test_descriptor, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_not_wanted, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_more_than_one, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_too_long, setup, teardown),
		cmocka_unit_test(test_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
