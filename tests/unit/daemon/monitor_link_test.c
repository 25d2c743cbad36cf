/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The daemon's end, with the real process at the other. */
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../unit.h"
#include "base/log.h"
#include "daemon/monitor.h"
#include "daemon/monitor_link.h"
#include "sys/clock.h"
#include "sys/sigwatch.h"

#define PATH_ROOM 512
#define TEXT_ROOM 1024

static char dir[] = "/tmp/monitor_link.XXXXXX";
static char path[PATH_ROOM];
static char said[TEXT_ROOM]; /* what the hooks have said */
static char told[TEXT_ROOM]; /* the log */
static int fails;
static struct monitor_link *w;
static struct conf *conf;
static struct loop *l;

static void
sink(void *ctx, enum log_level level, const char *line)
{
	size_t len = strlen(told);

	(void)ctx;
	(void)level;
	snprintf(told + len, sizeof(told) - len, "%s\n", line);
}

static struct conf *
conf_of(const char *lines)
{
	char text[TEXT_ROOM];
	struct errs es = { .count = 0 };
	struct conf *c;
	FILE *f = fopen(path, "w");

	snprintf(text, sizeof(text), "name = alpha\n%s", lines);
	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, 0600), 0);
	if (conf_parse(&c, text, strlen(text), dir, &es) < 0)
		fail_msg("%s", es.e[0].text);
	return c;
}

static void
serve(void *ctx, int fd)
{
	struct monitor_setup *s = ctx;

	s->fd = fd;
	monitor_serve(s);
}

static void
begin(const char *lines)
{
	struct monitor_setup s = { .path = path,
				   .user = { .uid = 54321, .gid = 54321 } };

	conf = conf_of(lines);
	s.conf = conf;
	assert_int_equal(monitor_link_start(&w, conf, serve, &s, NULL), 0);
	assert_int_equal(monitor_link_watch(w, l, NULL), 0);
	assert_true(monitor_link_lives(w));
}

static int
setup(void **state)
{
	(void)state;
	strcpy(dir + strlen(dir) - 6, "XXXXXX");
	assert_non_null(mkdtemp(dir));
	assert_int_equal(chmod(dir, 0755), 0);
	snprintf(path, sizeof(path), "%s/conf", dir);
	said[0] = told[0] = '\0';
	fails = 0;
	w = NULL;
	log_set_sink(sink, NULL);
	return loop_new(&l, NULL);
}

static int
teardown(void **state)
{
	char command[PATH_ROOM];

	(void)state;
	monitor_link_close(w);
	conf_free(conf);
	loop_free(l);
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	return system(command); /* NOLINT(cert-env33-c): our own */
}

static void
done(void *ctx, const char *command, const struct hook_result *r)
{
	size_t len = strlen(said);

	assert_ptr_equal(ctx, dir);
	assert_non_null(command);
	snprintf(said + len, sizeof(said) - len, "%.64s", r->output);
	if (!hook_ok(r))
		fails++;
}

static void
queue(enum monitor_hook hook, const char *node)
{
	assert_int_equal(monitor_link_run(w, hook, node, NULL, done, dir, NULL),
			 0);
}

/* The name that the interface has, and never that of another one. */
static void
test_device(void **state)
{
	(void)state;
	begin("devname = vpn9\nnodeupcmd = echo $TUNDEV\n");
	queue(MONITOR_NODE_UP, "beta");
	monitor_link_wait(w);
	assert_int_equal(monitor_link_device(w, if_nametoindex("lo"), NULL), 0);
	assert_int_equal(monitor_link_device(w, 2, NULL), 0);
	queue(MONITOR_NODE_UP, "beta");
	monitor_link_wait(w);
	assert_string_equal(said, "vpn9\nlo\n");
}

static void
test_in_order(void **state)
{
	(void)state;
	begin("upcmd = echo up\nnodeupcmd = sleep 0.01; echo $NODE\n"
	      "nodedowncmd = exit 1\ndowncmd = echo down\n");
	queue(MONITOR_UP, NULL);
	queue(MONITOR_NODE_UP, "a");
	queue(MONITOR_NODE_UP, "b");
	queue(MONITOR_NODE_DOWN, "b");
	queue(MONITOR_NODE_UP, "c");
	queue(MONITOR_DOWN, NULL);
	assert_int_equal(monitor_link_pending(w), 6);
	monitor_link_wait(w);
	assert_int_equal(monitor_link_pending(w), 0);
	assert_string_equal(said, "up\na\nb\nc\ndown\n");
	assert_int_equal(fails, 1);
}

static void
test_by_the_loop(void **state)
{
	struct monotime end = mono_add_ms(clock_mono(), 20000);

	(void)state;
	begin("nodeupcmd = echo $NODE\n");
	queue(MONITOR_NODE_UP, "a");
	queue(MONITOR_NODE_UP, "b");
	while (monitor_link_pending(w) > 0) {
		assert_true(mono_before(clock_mono(), end));
		assert_int_equal(loop_turn(l, end, NULL), 0);
	}
	assert_string_equal(said, "a\nb\n");
}

static void
change(const char *node)
{
	static const struct prefix none;
	struct buf b;

	buf_init(&b, MONITOR_CHANGES_MAX);
	assert_int_equal(monitor_change_put(&b, MONITOR_NODE_UP, node, &none),
			 0);
	assert_int_equal(
		monitor_link_changes(w, buf_data(&b), buf_len(&b), NULL), 0);
	buf_free(&b);
}

/* In pieces, between other hooks, and one whose key is gone by its turn. */
static void
test_changes(void **state)
{
	struct conf *next;
	uint32_t number;

	(void)state;
	begin("nodeupcmd = sleep 0.05; echo $NODE\nchangecmd = cat\n");
	queue(MONITOR_NODE_UP, "a");
	change("b");
	change("c");
	queue(MONITOR_CHANGE, NULL);
	queue(MONITOR_NODE_UP, "d");
	monitor_link_wait(w);
	assert_string_equal(said, "a\nnodeup b\nnodeup c\nd\n");
	said[0] = '\0';
	queue(MONITOR_NODE_UP, "a");
	change("b");
	queue(MONITOR_CHANGE, NULL);
	next = conf_of("nodeupcmd = echo $NODE\n");
	close(monitor_link_reread(w, &number, NULL));
	monitor_link_use(w, number, next);
	monitor_link_wait(w);
	assert_string_equal(said, "a\n");
	conf_free(conf);
	conf = next;
	next = conf_of("changecmd = cat\n");
	close(monitor_link_reread(w, &number, NULL));
	monitor_link_use(w, number, next);
	change("e");
	queue(MONITOR_CHANGE, NULL);
	monitor_link_wait(w);
	assert_string_equal(said, "a\nnodeup e\n");
	assert_int_equal(fails, 0);
	conf_free(conf);
	conf = next;
}

/* What waits runs as it is configured when its turn comes. */
static void
test_another_configuration(void **state)
{
	struct conf *next;
	uint32_t number;
	int fd;

	(void)state;
	begin("nodeupcmd = sleep 0.2; echo old\nnodedowncmd = echo gone\n");
	queue(MONITOR_NODE_UP, "a");
	queue(MONITOR_NODE_DOWN, "a");
	queue(MONITOR_NODE_UP, "b");
	next = conf_of("nodeupcmd = echo new\n");
	fd = monitor_link_reread(w, &number, NULL);
	assert_true(fd >= 0);
	assert_int_equal(number, 2);
	close(fd);
	monitor_link_use(w, number, next);
	monitor_link_wait(w);
	assert_string_equal(said, "old\nnew\n");
	assert_int_equal(fails, 0);
	conf_free(conf);
	conf = next;
}

static void
test_last(void **state)
{
	(void)state;
	begin("nodeupcmd = sleep 1000\ndowncmd = echo down\n");
	queue(MONITOR_NODE_UP, "a");
	queue(MONITOR_NODE_UP, "b");
	monitor_link_drop(w);
	assert_int_equal(monitor_link_pending(w), 0);
	queue(MONITOR_DOWN, NULL);
	monitor_link_wait(w);
	assert_string_equal(said, "down\n");
	assert_int_equal(fails, 0);
}

static void
test_files(void **state)
{
	struct err e;
	char got[4];
	int fd;

	(void)state;
	begin("cacert = conf\n");
	fd = monitor_link_open(w, 1, MONITOR_CA, 0, &e);
	assert_true(fd >= 0);
	assert_int_equal(read(fd, got, sizeof(got)), 4);
	assert_memory_equal(got, "name", 4);
	close(fd);
	assert_int_equal(monitor_link_open(w, 1, MONITOR_CERT, 0, &e), -1);
	assert_int_equal(e.code, ERR_NOTFOUND);
	assert_non_null(strstr(e.text, "node.pem"));
	assert_int_equal(chmod(dir, 0757), 0);
	assert_int_equal(monitor_link_open(w, 1, MONITOR_CA, 0, &e), -1);
	assert_int_equal(e.code, ERR_PERM);
	assert_non_null(strstr(e.text, "may change"));
	assert_true(monitor_link_lives(w));
	assert_string_equal(told, "");
}

/* A file that is asked for while a hook runs and ends. */
static void
test_file_and_hooks(void **state)
{
	struct err e;

	(void)state;
	begin("nodeupcmd = echo $NODE\n");
	for (int i = 0; i < 50; i++) {
		queue(MONITOR_NODE_UP, "a");
		assert_int_equal(monitor_link_open(w, 1, MONITOR_CERT, 0, &e),
				 -1);
		assert_int_equal(e.code, ERR_NOTFOUND);
	}
	monitor_link_wait(w);
	assert_int_equal(strlen(said), 100);
}

/* Its end is told once; what is asked for then fails. */
static void
test_gone(void **state)
{
	char lines[TEXT_ROOM];
	struct err e;

	(void)state;
	/* The shell's parent is that process. */
	snprintf(lines, sizeof(lines), "nodeupcmd = kill -KILL $PPID\n");
	begin(lines);
	assert_false(monitor_link_lives(NULL));
	queue(MONITOR_NODE_UP, "a");
	queue(MONITOR_NODE_UP, "b");
	monitor_link_wait(w);
	assert_false(monitor_link_lives(w));
	assert_int_equal(monitor_link_pending(w), 0);
	assert_non_null(strstr(told, "has ended"));
	told[0] = '\0';
	assert_int_equal(
		monitor_link_run(w, MONITOR_NODE_UP, "c", NULL, done, dir, &e),
		-1);
	assert_int_equal(e.code, ERR_IO);
	assert_int_equal(monitor_link_open(w, 1, MONITOR_CERT, 0, &e), -1);
	assert_int_equal(e.code, ERR_IO);
	assert_string_equal(told, "");
	assert_string_equal(said, "");
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = { T(test_in_order),
					    T(test_by_the_loop),
					    T(test_changes),
					    T(test_another_configuration),
					    T(test_last),
					    T(test_files),
					    T(test_file_and_hooks),
					    T(test_device),
					    T(test_gone) };

	sigwatch_block(); /* as main() does */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
