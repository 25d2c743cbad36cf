/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Signals as events; the clean slate for children. */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../unit.h"
#include "sys/sigwatch.h"

static void
note(void *ctx, int signo)
{
	unsigned int *seen = ctx;

	seen[signo]++;
}

static void
test_signals_arrive(void **state)
{
	static const int all[] = { SIGHUP, SIGUSR1, SIGUSR2, SIGTERM,
				   SIGINT, SIGCHLD, SIGXCPU };
	unsigned int seen[NSIG] = { 0 };
	struct sigwatch *s;
	struct loop *l;

	(void)state;
	sigwatch_block();
	raise(SIGUSR1); /* before anybody watches: not lost */
	assert_int_equal(loop_new(&l, NULL), 0);
	assert_int_equal(sigwatch_open(&s, l, note, seen, NULL), 0);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		raise(all[i]);
	assert_int_equal(loop_turn(l, MONO_NONE, NULL), 0);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		assert_int_equal(seen[all[i]], 1);
	sigwatch_close(s);
	sigwatch_close(NULL);
	loop_free(l);
}

static void
test_sigpipe_ignored(void **state)
{
	int p[2];

	(void)state;
	sigwatch_block();
	assert_int_equal(pipe(p), 0);
	close(p[0]);
	assert_int_equal(write(p[1], "x", 1), -1);
	assert_int_equal(errno, EPIPE);
	close(p[1]);
}

static int
child(void)
{
	struct sigaction sa;
	sigset_t mask;

	sigwatch_child_reset();
	sigprocmask(SIG_BLOCK, NULL, &mask);
	for (int i = 1; i < NSIG; i++) {
		if (sigismember(&mask, i) == 1)
			return 1;
		if (i != SIGKILL && i != SIGSTOP &&
		    sigaction(i, NULL, &sa) == 0 && sa.sa_handler != SIG_DFL)
			return 2;
	}
	return 0;
}

static void
test_child_reset(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	sigwatch_block();
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(child());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_signals_arrive),
		cmocka_unit_test(test_sigpipe_ignored),
		cmocka_unit_test(test_child_reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
