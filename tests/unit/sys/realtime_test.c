/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Running ahead of others, in children: limits stay with a process. */
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../unit.h"
#include "sys/clock.h"
#include "sys/realtime.h"

#define OTHER_USER 12345
#define SPIN_MS 60000 /* generous: the processor may not be ours alone */

static volatile sig_atomic_t signals;

static void
on_xcpu(int signo)
{
	(void)signo;
	signals++;
}

/* What fn says in a child. */
static int
in_child(int (*fn)(void))
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(fn());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int
policy(void)
{
	return sched_getscheduler(0) & ~SCHED_RESET_ON_FORK;
}

static int
may(void)
{
	realtime_allow();
	return realtime_on(NULL) == 0;
}

static int
may_allow(void)
{
	struct rlimit r;

	realtime_allow();
	return getrlimit(RLIMIT_RTPRIO, &r) == 0 && r.rlim_cur > 0;
}

static int
on_and_off(void)
{
	if (realtime_on(NULL) < 0 || policy() != SCHED_RR)
		return 1;
	realtime_off();
	if (policy() != SCHED_OTHER)
		return 2;
	return realtime_on(NULL) < 0 || policy() != SCHED_RR ? 3 : 0;
}

static int
child_is_ordinary(void)
{
	return realtime_on(NULL) == 0 && in_child(policy) == SCHED_OTHER ? 0 :
									   1;
}

/* Spins until the signal comes. */
static int
is_told(void)
{
	const struct sigaction act = { .sa_handler = on_xcpu };
	struct monotime end = mono_add_ms(clock_mono(), SPIN_MS);

	sigaction(SIGXCPU, &act, NULL);
	if (realtime_on(NULL) < 0)
		return 1;
	while (signals == 0)
		if (!mono_before(clock_mono(), end))
			return 2;
	realtime_off();
	return 0;
}

static int
other_user_allowed(void)
{
	realtime_allow();
	if (setgid(OTHER_USER) < 0 || setuid(OTHER_USER) < 0)
		return 1;
	return on_and_off() == 0 ? 0 : 2;
}

static int
other_user_not_allowed(void)
{
	const struct rlimit none = { 0, 0 };
	struct err e = { .code = ERR_NONE };

	setrlimit(RLIMIT_RTPRIO, &none);
	if (setgid(OTHER_USER) < 0 || setuid(OTHER_USER) < 0)
		return 1;
	return realtime_on(&e) < 0 && e.code == ERR_PERM &&
			       policy() == SCHED_OTHER ?
		       0 :
		       2;
}

/* Where the kernel would kill, nothing is tried. */
static int
hard_limit(void)
{
	const struct rlimit r = { 1000, 1000 };
	struct err e = { .code = ERR_NONE };

	setrlimit(RLIMIT_RTTIME, &r);
	return realtime_on(&e) < 0 && policy() == SCHED_OTHER ? 0 : 1;
}

static void
needs_permission(void)
{
	if (geteuid() != 0 || !in_child(may)) {
		print_message("realtime is not allowed here\n");
		skip();
	}
}

static void
test_on_off(void **state)
{
	(void)state;
	needs_permission();
	assert_int_equal(in_child(on_and_off), 0);
}

static void
test_child_is_ordinary(void **state)
{
	(void)state;
	needs_permission();
	assert_int_equal(in_child(child_is_ordinary), 0);
}

static void
test_told_when_busy(void **state)
{
	(void)state;
	needs_permission();
	assert_int_equal(in_child(is_told), 0);
}

static void
test_other_user(void **state)
{
	(void)state;
	needs_permission();
	assert_int_equal(in_child(other_user_not_allowed), 0);
	if (!in_child(may_allow)) {
		print_message("limits cannot be raised here\n");
		skip();
	}
	assert_int_equal(in_child(other_user_allowed), 0);
}

static void
test_hard_limit(void **state)
{
	(void)state;
	assert_int_equal(in_child(hard_limit), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_on_off),
		cmocka_unit_test(test_child_is_ordinary),
		cmocka_unit_test(test_told_when_busy),
		cmocka_unit_test(test_other_user),
		cmocka_unit_test(test_hard_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
