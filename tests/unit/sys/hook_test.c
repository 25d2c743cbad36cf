/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Shell commands: order, surroundings, limits. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../unit.h"
#include "sys/clock.h"
#include "sys/hook.h"
#include "sys/sigwatch.h"

#define LIMIT_MS 1000 /* enough for a shell to say its number first */

static const char *const path_only[] = { "PATH=/usr/bin:/bin", NULL };

struct fixture {
	struct loop *l;
	struct hook_queue *h;
	unsigned int done;
	char order[64];
	struct hook_result last;
	const char *then; /* queued by the next done */
};

static void
note(void *ctx, const char *command, const struct hook_result *r)
{
	struct fixture *x = ctx;
	const char *then = x->then;
	size_t len = strlen(x->order);

	x->done++;
	x->last = *r;
	snprintf(x->order + len, sizeof(x->order) - len, "%.4s|", command);
	x->then = NULL;
	if (then != NULL)
		assert_int_equal(
			hook_queue_run(x->h, then, path_only, note, x, NULL),
			0);
}

static int
setup(void **state)
{
	static struct fixture x;

	x = (struct fixture){ .done = 0 };
	assert_int_equal(loop_new(&x.l, NULL), 0);
	assert_int_equal(hook_queue_open(&x.h, x.l, NULL), 0);
	*state = &x;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *x = *state;

	hook_queue_close(x->h);
	hook_queue_close(NULL);
	loop_free(x->l);
	return 0;
}

static void
queue(struct fixture *x, const char *command)
{
	assert_int_equal(
		hook_queue_run(x->h, command, path_only, note, x, NULL), 0);
}

static void
settle(struct fixture *x)
{
	struct monotime limit = mono_add_ms(clock_mono(), 20000);

	while (hook_queue_pending(x->h) > 0) {
		assert_true(mono_before(clock_mono(), limit));
		assert_int_equal(loop_turn(x->l, limit, NULL), 0);
	}
}

static void
expect_output(struct fixture *x, const char *command, const char *output)
{
	queue(x, command);
	settle(x);
	assert_true(hook_ok(&x->last));
	assert_string_equal(x->last.output, output);
	assert_int_equal(x->last.len, strlen(output));
}

static void
test_one_after_the_other(void **state)
{
	struct fixture *x = *state;

	x->then = ": 4";
	queue(x, ": 1; sleep 0.1");
	queue(x, ": 2");
	queue(x, ": 3");
	assert_int_equal(hook_queue_pending(x->h), 3);
	assert_int_equal(x->done, 0);
	settle(x);
	assert_int_equal(x->done, 4);
	assert_string_equal(x->order, ": 1;|: 2|: 3|: 4|");
}

static void
test_never_waits(void **state)
{
	struct fixture *x = *state;
	struct monotime start = clock_mono();

	queue(x, "sleep 1");
	for (int i = 0; i < 5; i++)
		assert_int_equal(loop_turn(x->l, MONO_NONE, NULL), 0);
	assert_true(mono_ms(start, clock_mono()) < 900);
	assert_int_equal(x->done, 0);
}

static void
test_environment(void **state)
{
	static const char *const env[] = { "PATH=/usr/bin:/bin",
					   "TUNDEV=cluevpn0",
					   "NODE=a b;$(id)\n'", NULL };
	struct fixture *x = *state;

	setenv("LEAKED", "yes", 1);
	assert_int_equal(
		hook_queue_run(x->h,
			       "printf %s,%s,%s \"$TUNDEV\" \"$NODE\" $LEAKED",
			       env, note, x, NULL),
		0);
	settle(x);
	assert_string_equal(x->last.output, "cluevpn0,a b;$(id)\n',");
	assert_int_equal(
		hook_queue_run(x->h, "/usr/bin/env", env, note, x, NULL), 0);
	settle(x);
	assert_null(strstr(x->last.output, "LEAKED"));
	assert_non_null(strstr(x->last.output, "TUNDEV=cluevpn0\n"));
}

static void
test_surroundings(void **state)
{
	struct fixture *x = *state;
	int leak = open("/dev/zero", O_RDONLY); /* not close-on-exec */

	assert_true(leak > 2);
	expect_output(x, "echo out; echo err >&2", "out\nerr\n");
	expect_output(x, "pwd; cat", "/\n");
	/* 0, 1, 2, and the one that ls reads them with. */
	expect_output(x, "ls /proc/self/fd | wc -l", "4\n");
	/* A process group of its own, led by the shell. */
	expect_output(x, "test $(cut -d' ' -f5 /proc/$$/stat) = $$ && echo own",
		      "own\n");
	close(leak);
}

static void
test_how_it_ended(void **state)
{
	struct fixture *x = *state;
	char text[HOOK_TEXT_MAX];

	queue(x, "exit 3");
	settle(x);
	assert_false(hook_ok(&x->last));
	assert_int_equal(x->last.exit_status, 3);
	assert_int_equal(x->last.signal, 0);
	assert_string_equal(hook_result_text(text, &x->last), "exit status 3");

	/* Blocked here, at its default there. */
	queue(x, "kill -USR1 $$; sleep 5");
	settle(x);
	assert_false(hook_ok(&x->last));
	assert_int_equal(x->last.exit_status, -1);
	assert_int_equal(x->last.signal, SIGUSR1);
	assert_string_equal(hook_result_text(text, &x->last),
			    "killed by signal 10");

	queue(x, "no-such-command-at-all");
	settle(x);
	assert_int_equal(x->last.exit_status, 127);
	assert_non_null(strstr(x->last.output, "no-such-command-at-all"));
}

static void
test_output_is_bounded(void **state)
{
	struct fixture *x = *state;

	queue(x, "head -c 300000 /dev/zero | tr '\\0' x");
	settle(x);
	assert_true(hook_ok(&x->last));
	assert_int_equal(x->last.len, HOOK_OUTPUT_MAX);
	assert_int_equal(x->last.discarded, 300000 - HOOK_OUTPUT_MAX);
	assert_int_equal(x->last.output[HOOK_OUTPUT_MAX], '\0');
}

/* A daemon that opens many files does not hand its limit on. */
static void
test_limit_of_files(void **state)
{
	struct fixture *x = *state;
	struct rlimit before, raised;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	raised = before;
	raised.rlim_cur = before.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &raised), 0);
	queue(x, "ulimit -Sn");
	settle(x);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_true(hook_ok(&x->last));
	assert_in_range(strtol(x->last.output, NULL, 10), 1, 1024);
}

/* The number a command printed first. */
static pid_t
printed(const struct hook_result *r)
{
	return (pid_t)strtol(r->output, NULL, 10);
}

static void
expect_gone(pid_t group)
{
	const struct timespec nap = { .tv_nsec = 10000000 };

	assert_true(group > 1);
	for (int i = 0; kill(-group, 0) == 0; i++) {
		assert_true(i < 500);
		waitpid(-group, NULL, WNOHANG);
		nanosleep(&nap, NULL);
	}
	assert_int_equal(errno, ESRCH);
}

static struct monotime timer_at; /* the latest */

void __real_loop_timer_set(struct loop_timer *t, struct monotime at);
void __wrap_loop_timer_set(struct loop_timer *t, struct monotime at);

void
__wrap_loop_timer_set(struct loop_timer *t, struct monotime at)
{
	if (mono_before(timer_at, at) && mono_before(at, MONO_NEVER))
		timer_at = at;
	__real_loop_timer_set(t, at);
}

/* cluevpnd(8) promises 30 seconds. */
static void
test_limit_of_the_page(void **state)
{
	struct fixture *x = *state;
	struct monotime before = clock_mono();

	timer_at = before;
	queue(x, ":");
	settle(x);
	assert_in_range(mono_ms(before, timer_at), 30000,
			30000 + mono_ms(before, clock_mono()));
	assert_int_equal(HOOK_LIMIT_MS, 30000);
}

static void
test_limit(void **state)
{
	struct fixture *x = *state;
	struct monotime start = clock_mono();
	char text[HOOK_TEXT_MAX];

	hook_queue_limit(x->h, LIMIT_MS);
	queue(x, "echo $$; sleep 100 & sleep 100");
	queue(x, ": next");
	while (x->done == 0)
		assert_int_equal(loop_turn(x->l, MONO_NEVER, NULL), 0);
	assert_true(mono_ms(start, clock_mono()) < LIMIT_MS + HOOK_KILL_MS);
	assert_true(x->last.timed_out);
	assert_false(hook_ok(&x->last));
	assert_int_equal(x->last.signal, SIGTERM);
	assert_string_equal(hook_result_text(text, &x->last),
			    "killed by signal 15, because it took too long");
	expect_gone(printed(&x->last));
	settle(x);
	assert_int_equal(x->done, 2);
	assert_true(hook_ok(&x->last));
}

static void
test_limit_of_the_deaf(void **state)
{
	struct fixture *x = *state;

	hook_queue_limit(x->h, LIMIT_MS);
	queue(x, "trap '' TERM; echo $$; sleep 100");
	settle(x);
	assert_int_equal(x->last.signal, SIGKILL);
	assert_true(x->last.timed_out);
	expect_gone(printed(&x->last));
}

#define DEAF_CHILD \
	"echo $$; sh -c 'trap \"\" TERM; while :; do sleep 100; done' & sleep 100"

/* The shell obeys and its child does not: the next hook waits for the end of
 * both. */
static void
test_limit_of_a_deaf_child(void **state)
{
	struct fixture *x = *state;

	hook_queue_limit(x->h, LIMIT_MS);
	queue(x, DEAF_CHILD);
	queue(x, ": next");
	while (x->done == 0) {
		queue(x, ": later");
		assert_int_equal(loop_turn(x->l, MONO_NEVER, NULL), 0);
	}
	assert_int_equal(x->last.signal, SIGTERM);
	assert_true(x->last.timed_out);
	expect_gone(printed(&x->last));
	settle(x);
	assert_memory_equal(x->order, "echo|: ne|: la|", 15);
}

/* The end does not wait for the grace period. */
static void
test_close_kills_deaf_child(void **state)
{
	struct fixture *x = *state;
	char file[] = "/tmp/hook_test.XXXXXX", command[256], text[32];
	struct monotime start;
	int fd = mkstemp(file);

	snprintf(command, sizeof(command), "exec >%s; " DEAF_CHILD, file);
	hook_queue_limit(x->h, LIMIT_MS);
	queue(x, command);
	start = clock_mono();
	while (mono_ms(start, clock_mono()) < LIMIT_MS + 500)
		assert_int_equal(
			loop_turn(x->l, mono_add_ms(clock_mono(), 100), NULL),
			0);
	assert_int_equal(x->done, 0);
	hook_queue_close(x->h);
	x->h = NULL;
	memset(text, 0, sizeof(text));
	assert_true(read(fd, text, sizeof(text) - 1) > 0);
	expect_gone((pid_t)strtol(text, NULL, 10));
	close(fd);
	unlink(file);
}

static void
test_background_goes_on(void **state)
{
	const struct timespec nap = { .tv_nsec = 10000000 };
	struct fixture *x = *state;
	char file[] = "/tmp/hook_test.XXXXXX", command[128];
	int fd = mkstemp(file);
	char c;

	assert_true(fd >= 0);
	snprintf(command, sizeof(command),
		 "(sleep 0.2; echo x >%s) & echo started", file);
	expect_output(x, command, "started\n");
	for (int i = 0; read(fd, &c, 1) == 0; i++) {
		assert_true(i < 500);
		nanosleep(&nap, NULL);
	}
	close(fd);
	unlink(file);
}

static void
test_cannot_be_started(void **state)
{
	struct fixture *x = *state;
	struct rlimit old, low;
	char text[HOOK_TEXT_MAX];

	for (int i = 0; i < 20000; i++)
		assert_int_equal(
			hook_queue_run(x->h, ":", path_only, note, x, NULL), 0);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	low = old;
	low.rlim_cur = 3;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
	settle(x);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	assert_int_equal(x->done, 20000);
	assert_false(hook_ok(&x->last));
	assert_int_equal(x->last.errnum, EMFILE);
	assert_non_null(
		strstr(hook_result_text(text, &x->last), "cannot be started"));
}

static void
test_queue_is_bounded(void **state)
{
	struct fixture *x = *state;
	struct err e;

	for (int i = 0; i < HOOK_QUEUE_MAX; i++)
		hook_queue_run(x->h, ":", NULL, NULL, NULL, NULL);
	assert_int_equal(hook_queue_pending(x->h), HOOK_QUEUE_MAX);
	assert_int_equal(hook_queue_run(x->h, ":", NULL, NULL, NULL, &e), -1);
	assert_int_equal(e.code, ERR_LIMIT);
}

static void
test_close_kills(void **state)
{
	struct fixture *x = *state;
	char file[] = "/tmp/hook_test.XXXXXX", command[128], text[32] = "";
	int fd = mkstemp(file);

	snprintf(command, sizeof(command), "echo $$ >%s; sleep 100", file);
	queue(x, command);
	queue(x, ": never");
	while (pread(fd, text, sizeof(text) - 1, 0) <= 0)
		loop_turn(x->l, mono_add_ms(clock_mono(), 10), NULL);
	hook_queue_close(x->h);
	x->h = NULL;
	expect_gone((pid_t)strtol(text, NULL, 10));
	assert_int_equal(x->done, 0);
	close(fd);
	unlink(file);
}

static void
test_waited_for(void **state)
{
	struct hook_result r;
	struct err e;

	(void)state;
	assert_int_equal(hook_run_wait("echo up", path_only, 10000, &r, &e), 0);
	assert_true(hook_ok(&r));
	assert_string_equal(r.output, "up\n");
	assert_int_equal(
		hook_run_wait("echo no >&2; exit 9", path_only, 10000, &r, &e),
		0);
	assert_int_equal(r.exit_status, 9);
	assert_string_equal(r.output, "no\n");
	/* More than a pipe holds; closes its output, then goes on. */
	assert_int_equal(hook_run_wait("head -c 200000 /dev/zero; "
				       "exec >&- 2>&-; sleep 0.1",
				       path_only, 10000, &r, &e),
			 0);
	assert_true(hook_ok(&r));
	assert_int_equal(r.len + r.discarded, 200000);
	assert_int_equal(hook_run_wait("echo $$; sleep 100 & sleep 100",
				       path_only, LIMIT_MS, &r, &e),
			 0);
	assert_true(r.timed_out);
	assert_int_equal(r.signal, SIGTERM);
	expect_gone(printed(&r));
	assert_int_equal(hook_run_wait(DEAF_CHILD, path_only, LIMIT_MS, &r, &e),
			 0);
	assert_int_equal(r.signal, SIGTERM);
	expect_gone(printed(&r));
}

/* The bytes are its own, whole, and nobody waits for their being read. */
static void
test_input(void **state)
{
	const struct span text = SPAN("a 1\nb 2\n");
	static char much[300000];
	struct fixture *x = *state;

	assert_int_equal(hook_queue_run_input(x->h,
					      "while read -r w n; do echo "
					      "\"$n$w\"; done",
					      path_only, text, note, x, NULL),
			 0);
	settle(x);
	assert_string_equal(x->last.output, "1a\n2b\n");
	memset(much, 'x', sizeof(much));
	assert_int_equal(
		hook_queue_run_input(x->h, "wc -c", path_only,
				     (struct span){ much, sizeof(much) }, note,
				     x, NULL),
		0);
	assert_int_equal(
		hook_queue_run_input(x->h, "echo unread", path_only,
				     (struct span){ much, sizeof(much) }, note,
				     x, NULL),
		0);
	/* The next one has none of it. */
	queue(x, "cat");
	memset(much, 'y', sizeof(much));
	while (x->done < 2)
		assert_int_equal(loop_turn(x->l, MONO_NEVER, NULL), 0);
	assert_string_equal(x->last.output, "300000\n");
	settle(x);
	assert_true(hook_ok(&x->last));
	assert_string_equal(x->last.output, "");
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_one_after_the_other),
		T(test_never_waits),
		T(test_environment),
		T(test_surroundings),
		T(test_how_it_ended),
		T(test_output_is_bounded),
		T(test_limit_of_files),
		T(test_limit_of_the_page),
		T(test_limit),
		T(test_limit_of_the_deaf),
		T(test_limit_of_a_deaf_child),
		T(test_close_kills_deaf_child),
		T(test_background_goes_on),
		T(test_cannot_be_started),
		T(test_queue_is_bounded),
		T(test_close_kills),
		T(test_waited_for),
		T(test_input),
	};

	/* Orphans come here to be waited for, in case that process 1 does not
	 * care: in containers it often does not. */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	sigwatch_block();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
