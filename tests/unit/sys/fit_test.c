/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether this host has what is asked for, without touching it. */
#include <stdio.h>
#include <string.h>

#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "../unit.h"
#include "sys/fit.h"
#include "sys/sockaddr.h"

#define NOBODY ((uid_t)-1)

static char home[64], path[128];

static const char *
at(const char *name)
{
	snprintf(path, sizeof(path), "%s/%s", home, name);
	return path;
}

static void
touch(const char *name)
{
	FILE *f = fopen(at(name), "w");

	assert_non_null(f);
	fclose(f);
}

static int
setup(void **state)
{
	(void)state;
	snprintf(home, sizeof(home), "/tmp/fit.XXXXXX");
	assert_non_null(mkdtemp(home));
	touch("file");
	assert_int_equal(mkdir(at("dir"), 0700), 0);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	(void)unlink(at("file"));
	(void)unlink(at("sock"));
	(void)rmdir(at("dir"));
	return rmdir(home);
}

static void
test_dirs(void **state)
{
	struct err e;

	(void)state;
	assert_int_equal(fit_dir(at("dir"), NOBODY, &e), 0);
	assert_int_equal(fit_dir(at("dir/"), NOBODY, &e), 0);
	assert_int_equal(fit_dir(at("none/at/all"), NOBODY, &e), 0);
	assert_int_equal(access(at("none"), F_OK), -1);
	assert_int_equal(fit_dir(".", NOBODY, NULL) == 0,
			 access(".", W_OK) == 0);
	assert_int_equal(fit_dir(at("file"), NOBODY, &e), -1);
	assert_int_equal(e.code, ERR_PERM);
	assert_int_equal(fit_dir(at("file/below"), NOBODY, &e), -1);
	assert_int_equal(fit_parent(at("file/below"), false, &e), -1);
	assert_int_equal(fit_parent(at("dir/new"), false, &e), 0);
	assert_int_equal(fit_dir("/proc/self/none", NOBODY, &e),
			 access("/proc/self", W_OK));
}

static void
test_logs(void **state)
{
	struct err e;

	(void)state;
	assert_int_equal(fit_log(at("file"), &e), 0);
	assert_int_equal(fit_log(at("dir/new"), &e), 0);
	assert_int_equal(access(at("dir/new"), F_OK), -1);
	assert_int_equal(fit_log(at("dir"), &e), -1);
	assert_int_equal(fit_log(at("none/new"), &e), -1);
	assert_int_equal(fit_log(at("file/new"), &e), -1);
}

static void
test_sockets(void **state)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	struct err e;

	(void)state;
	assert_int_equal(fit_socket(at("sock"), &e), 0);
	assert_false(fit_socket_answers(at("sock")));
	assert_true(strlen(at("sock")) < sizeof(sun.sun_path));
	memcpy(sun.sun_path, path, strlen(path) + 1);
	assert_int_equal(bind(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	assert_int_equal(fit_socket(at("sock"), &e), 0);
	assert_false(fit_socket_answers(at("sock")));
	assert_int_equal(listen(fd, 1), 0);
	assert_true(fit_socket_answers(at("sock")));
	close(fd);
	assert_int_equal(fit_socket(at("file"), &e), -1);
	assert_int_equal(e.code, ERR_PERM);
}

static void
test_addresses(void **state)
{
	struct ipaddr a;
	struct err e;

	(void)state;
	assert_int_equal(ipaddr_parse(&a, "127.0.0.1", 9), 0);
	assert_int_equal(fit_address(&a, &e), 0);
	assert_int_equal(ipaddr_parse(&a, "203.0.113.77", 12), 0);
	assert_int_equal(fit_address(&a, &e), -1);
	assert_int_equal(e.code, ERR_NOTFOUND);
	assert_string_equal(e.text, "203.0.113.77 is no address of this host");
}

/* A port that one of the two kinds of socket has. */
static void
port_taken(int type)
{
	struct endpoint local = { .port = 0 };
	int fd = socket(AF_INET, type, 0);
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	struct err e;

	assert_int_equal(ipaddr_parse(&local.addr, "127.0.0.1", 9), 0);
	assert_int_equal(
		bind(fd, (struct sockaddr *)&ss, sockaddr_put(&ss, &local)), 0);
	if (type == SOCK_STREAM)
		assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&ss, &len), 0);
	assert_int_equal(sockaddr_get(&local, &ss, len), 0);
	assert_int_equal(fit_port(&local, &e), -1);
	assert_int_equal(e.code, ERR_EXISTS);
	close(fd);
}

static void
test_ports(void **state)
{
	(void)state;
	port_taken(SOCK_DGRAM);
	port_taken(SOCK_STREAM);
}

static void
test_devices(void **state)
{
	struct err e;

	(void)state;
	if (access("/dev/net/tun", R_OK | W_OK) < 0) {
		assert_int_equal(fit_device("none0", &e), -1);
		return;
	}
	assert_int_equal(fit_device("none0", &e), 0);
	assert_int_equal(fit_device("lo", &e), -1);
	assert_int_equal(e.code, ERR_EXISTS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_dirs, setup, teardown),
		cmocka_unit_test_setup_teardown(test_logs, setup, teardown),
		cmocka_unit_test_setup_teardown(test_sockets, setup, teardown),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_ports),
		cmocka_unit_test(test_devices),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
