/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A shell command in a process group of its own. */
#include "running.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sys/sigwatch.h"

#define EXEC_FAILED 127
#define FILES_SOFT 1024 /* select(2) takes no more */

bool
hook_ok(const struct hook_result *r)
{
	return r->exit_status == 0 && r->signal == 0 && r->errnum == 0 &&
	       !r->timed_out;
}

char *
hook_result_text(char out[HOOK_TEXT_MAX], const struct hook_result *r)
{
	const char *late = r->timed_out ? ", because it took too long" : "";

	if (r->errnum != 0)
		snprintf(out, HOOK_TEXT_MAX, "cannot be started: %s",
			 strerror(r->errnum));
	else if (r->signal != 0)
		snprintf(out, HOOK_TEXT_MAX, "killed by signal %d%s", r->signal,
			 late);
	else
		snprintf(out, HOOK_TEXT_MAX, "exit status %d%s", r->exit_status,
			 late);
	return out;
}

/* The daemon may have raised its own limit, see tcp_allow(). */
static void
lower_files(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) < 0 || r.rlim_cur <= FILES_SOFT)
		return;
	r.rlim_cur = FILES_SOFT;
	(void)setrlimit(RLIMIT_NOFILE, &r);
}

/* Runs in the child; async-signal-safe calls only. */
static void __attribute__((noreturn))
child(const char *command, char *const *env, int in, int out)
{
	static char sh[] = "sh", c[] = "-c", dash[] = "--";
	char *copy = (char *)(uintptr_t)command;
	char *const argv[] = { sh, c, dash, copy, NULL };

	if (in < 0)
		in = open("/dev/null", O_RDONLY);
	setpgid(0, 0);
	sigwatch_child_reset();
	if (in < 0 || dup2(in, STDIN_FILENO) < 0 ||
	    dup2(out, STDOUT_FILENO) < 0 || dup2(out, STDERR_FILENO) < 0 ||
	    chdir("/") < 0)
		_exit(EXEC_FAILED);
	(void)syscall(SYS_close_range, 3u, ~0u, 0u);
	lower_files();
	execve("/bin/sh", argv, env);
	_exit(EXEC_FAILED);
}

int
running_start(struct running *r, const char *command, char *const *env, int in)
{
	int out[2];

	memset(r, 0, sizeof(*r));
	r->result.exit_status = -1;
	if (pipe2(out, O_CLOEXEC) < 0)
		return errno;
	r->pid = fork();
	if (r->pid == 0)
		child(command, env, in, out[1]);
	close(out[1]);
	if (r->pid < 0) {
		int errnum = errno;

		close(out[0]);
		r->pid = 0;
		return errnum;
	}
	setpgid(r->pid, r->pid); /* parent and child both set it */
	r->group = r->pid;
	r->out = out[0];
	(void)fcntl(r->out, F_SETFL, O_NONBLOCK);
	r->pidfd = (int)syscall(SYS_pidfd_open, r->pid, 0u);
	return 0;
}

bool
running_read(struct running *r)
{
	char piece[HOOK_OUTPUT_MAX];
	struct hook_result *res = &r->result;
	ssize_t n = read(r->out, piece, sizeof(piece));
	size_t keep;

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	if (n == 0)
		return false;
	keep = HOOK_OUTPUT_MAX - res->len;
	if (keep > (size_t)n)
		keep = (size_t)n;
	memcpy(res->output + res->len, piece, keep);
	res->len += keep;
	res->discarded += (size_t)n - keep;
	return true;
}

void
running_kill(const struct running *r, int signo)
{
	(void)kill(-r->group, signo);
}

bool
running_left(const struct running *r)
{
	while (waitpid(-r->group, NULL, WNOHANG) > 0)
		;
	return kill(-r->group, 0) == 0 || errno != ESRCH;
}

void
running_reap(struct running *r)
{
	struct hook_result *res = &r->result;
	int status = 0;

	while (waitpid(r->pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFEXITED(status))
		res->exit_status = WEXITSTATUS(status);
	else if (WIFSIGNALED(status))
		res->signal = WTERMSIG(status);
	for (int i = 0; i < 64; i++) {
		size_t before = res->len + res->discarded;

		if (!running_read(r) || res->len + res->discarded == before)
			break;
	}
	res->output[res->len] = '\0';
	close(r->out);
	if (r->pidfd >= 0)
		close(r->pidfd);
	r->pid = 0;
}
