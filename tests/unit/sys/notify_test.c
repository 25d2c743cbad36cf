/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the service manager hears. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "../unit.h"
#include "sys/notify.h"

/* A manager that listens at a path, or at "@" and an abstract name. */
static int
manager(const char *name)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	size_t len = strlen(name);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	memcpy(sun.sun_path, name, len);
	if (name[0] == '@')
		sun.sun_path[0] = '\0';
	assert_int_equal(
		bind(fd, (struct sockaddr *)&sun,
		     (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)),
		0);
	return fd;
}

static const char *
heard(int fd)
{
	static char text[512];
	ssize_t n = recv(fd, text, sizeof(text) - 1, 0);

	text[n < 0 ? 0 : n] = '\0';
	return text;
}

static void
conversation(const char *name)
{
	struct timespec before, after;
	struct notify n;
	int64_t usec;
	int fd = manager(name);

	setenv("NOTIFY_SOCKET", name, 1);
	assert_int_equal(notify_open(&n, NULL), 0);
	assert_null(getenv("NOTIFY_SOCKET"));
	assert_int_equal(n.watchdog_ms, 0);
	notify_ready(&n);
	assert_string_equal(heard(fd), "READY=1");
	notify_status(&n, "3 of 4 nodes reachable");
	assert_string_equal(heard(fd), "STATUS=3 of 4 nodes reachable");
	clock_gettime(CLOCK_MONOTONIC, &before);
	notify_reloading(&n);
	clock_gettime(CLOCK_MONOTONIC, &after);
	assert_int_equal(sscanf(heard(fd),
				"RELOADING=1\nMONOTONIC_USEC=%" SCNd64, &usec),
			 1);
	assert_in_range(
		usec, (int64_t)before.tv_sec * 1000000 + before.tv_nsec / 1000,
		(int64_t)after.tv_sec * 1000000 + after.tv_nsec / 1000);
	notify_alive(&n);
	assert_string_equal(heard(fd), "WATCHDOG=1");
	notify_stopping(&n);
	assert_string_equal(heard(fd), "STOPPING=1");
	/* A manager that does not read is no reason to stop. */
	for (int i = 0; i < 5000; i++)
		notify_alive(&n);
	close(fd);
	notify_alive(&n);
	notify_close(&n);
	notify_close(&n);
	notify_alive(&n);
}

static void
test_conversation(void **state)
{
	char dir[] = "/tmp/notify_test.XXXXXX", path[64], name[64];

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/notify", dir);
	conversation(path);
	unlink(path);
	rmdir(dir);
	snprintf(name, sizeof(name), "@notify_test/%d", (int)getpid());
	conversation(name);
}

static void
test_nobody_asks(void **state)
{
	struct notify n;

	(void)state;
	unsetenv("NOTIFY_SOCKET");
	setenv("WATCHDOG_USEC", "1000000", 1);
	assert_int_equal(notify_open(&n, NULL), 0);
	assert_int_equal(n.fd, -1);
	assert_int_equal(n.watchdog_ms, 0);
	notify_ready(&n);
	notify_close(&n);
}

static int64_t
watchdog(const char *usec, const char *pid)
{
	char name[64];
	struct notify n;
	int fd;

	snprintf(name, sizeof(name), "@notify_test/w%d", (int)getpid());
	fd = manager(name);
	setenv("NOTIFY_SOCKET", name, 1);
	setenv("WATCHDOG_USEC", usec, 1);
	if (pid != NULL)
		setenv("WATCHDOG_PID", pid, 1);
	assert_int_equal(notify_open(&n, NULL), 0);
	assert_null(getenv("WATCHDOG_USEC"));
	assert_null(getenv("WATCHDOG_PID"));
	notify_close(&n);
	close(fd);
	return n.watchdog_ms;
}

static void
test_watchdog(void **state)
{
	char me[32];

	(void)state;
	snprintf(me, sizeof(me), "%d", (int)getpid());
	assert_int_equal(watchdog("30000000", NULL), 15000);
	assert_int_equal(watchdog("30000000", me), 15000);
	assert_int_equal(watchdog("30000000", "1"), 0);
	assert_int_equal(watchdog("nonsense", NULL), 0);
	assert_int_equal(watchdog("-30000000", NULL), 0);
	assert_int_equal(watchdog("30000000x", NULL), 0);
}

static void
test_refused(void **state)
{
	static const char *const bad[] = { "relative", "@", "/",
					   "/nonexistent/socket" };
	struct notify n;
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		setenv("NOTIFY_SOCKET", bad[i], 1);
		assert_int_equal(notify_open(&n, &e), -1);
		assert_int_equal(n.fd, -1);
	}
	unsetenv("NOTIFY_SOCKET");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_conversation),
		cmocka_unit_test(test_nobody_asks),
		cmocka_unit_test(test_watchdog),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
