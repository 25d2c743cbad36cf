/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Shell commands, one after the other; the event loop never waits for them. */
#include "sys/hook.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sys/clock.h"
#include "sys/sigwatch.h"

#define EXEC_FAILED 127
#define LEFT_STEP_MS 50 /* between two checks for a late hook's processes */

/* A command that runs. */
struct running {
	pid_t pid;   /* shell's pid; 0: none, or the shell has ended */
	pid_t group; /* process group; 0: none */
	int pidfd;
	int out; /* read end of its output pipe */
	struct hook_result result;
};

struct entry { /* a waiting command */
	struct entry *next;
	char *command;
	char **env;
	hook_done_fn done;
	void *ctx;
};

struct hooks {
	struct loop *loop;
	int64_t limit_ms;
	struct entry *head, **tail; /* the head is running */
	size_t count;
	bool killing; /* SIGTERM was sent */
	struct monotime kill_at; /* time of SIGKILL */
	struct running now;
	struct loop_fd *out_place, *pid_place;
	struct loop_timer timer;
};

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

/* --- one command -------------------------------------------------------------
 */

/* Runs in the child; async-signal-safe calls only. */
static void __attribute__((noreturn))
child(const char *command, char *const *env, int out)
{
	static char sh[] = "sh", c[] = "-c", dash[] = "--";
	char *copy = (char *)(uintptr_t)command;
	char *const argv[] = {sh, c, dash, copy, NULL};
	int null = open("/dev/null", O_RDONLY);

	setpgid(0, 0);
	sigwatch_child_reset();
	if (null < 0 || dup2(null, STDIN_FILENO) < 0 ||
	    dup2(out, STDOUT_FILENO) < 0 || dup2(out, STDERR_FILENO) < 0 ||
	    chdir("/") < 0)
		_exit(EXEC_FAILED);
	(void)syscall(SYS_close_range, 3u, ~0u, 0u);
	execve("/bin/sh", argv, env);
	_exit(EXEC_FAILED);
}

/* Returns 0 or an errno. */
static int
running_start(struct running *r, const char *command, char *const *env)
{
	int out[2];

	memset(r, 0, sizeof(*r));
	r->result.exit_status = -1;
	if (pipe2(out, O_CLOEXEC) < 0)
		return errno;
	r->pid = fork();
	if (r->pid == 0)
		child(command, env, out[1]);
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

/* Keeps the beginning, counts the rest. false: the output has ended. */
static bool
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

static void
running_kill(const struct running *r, int signo)
{
	(void)kill(-r->group, signo);
}

/* True while the shell has left processes behind. Their process group exists
 * until the last of them is gone. In a container this process may be their new
 * parent. */
static bool
running_left(const struct running *r)
{
	while (waitpid(-r->group, NULL, WNOHANG) > 0)
		;
	return kill(-r->group, 0) == 0 || errno != ESRCH;
}

/* The shell has ended: takes its status and the rest of its output. */
static void
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

/* --- the queue ---------------------------------------------------------------
 */

static void
env_free(char **env)
{
	for (size_t i = 0; env != NULL && env[i] != NULL; i++)
		free(env[i]);
	free(env);
}

static char **
env_copy(const char *const *env)
{
	size_t n = 0;
	char **copy;

	while (env != NULL && env[n] != NULL)
		n++;
	copy = calloc(n + 1, sizeof(*copy));
	for (size_t i = 0; copy != NULL && i < n; i++) {
		copy[i] = strdup(env[i]);
		if (copy[i] == NULL) {
			env_free(copy);
			return NULL;
		}
	}
	return copy;
}

static void
entry_free(struct entry *en)
{
	free(en->command);
	env_free(en->env);
	free(en);
}

/* Starts the next command from the loop, so that a queue of commands that fail
 * to start does not become as many nested calls. */
static void
start_soon(struct hooks *h)
{
	if (h->head != NULL && h->now.group == 0)
		loop_timer_set(&h->timer, clock_mono());
}

static void
unwatch_output(struct hooks *h)
{
	loop_remove(h->out_place);
	loop_remove(h->pid_place);
	h->out_place = h->pid_place = NULL;
	loop_timer_cancel(&h->timer);
}

/* Finishes the first entry: calls done, and starts the next. */
static void
finish_first(struct hooks *h)
{
	struct entry *en = h->head;
	struct hook_result result = h->now.result;

	h->head = en->next;
	if (h->head == NULL)
		h->tail = &h->head;
	h->count--;
	h->now.group = 0;
	if (en->done != NULL)
		en->done(en->ctx, en->command, &result);
	entry_free(en);
	start_soon(h);
}

/* The shell of a hook that took too long has ended: the other processes of its
 * group have the rest of the grace period to end. */
static void
await_left(struct hooks *h)
{
	bool late = mono_reached(h->kill_at, clock_mono());

	if (late)
		running_kill(&h->now, SIGKILL);
	if (late || !running_left(&h->now))
		finish_first(h);
	else
		loop_timer_set(&h->timer, mono_add_ms(clock_mono(),
						      LEFT_STEP_MS));
}

static void
on_exit_of_shell(void *ctx, unsigned int events)
{
	struct hooks *h = ctx;

	(void)events;
	unwatch_output(h);
	running_reap(&h->now);
	if (h->killing)
		await_left(h);
	else
		finish_first(h);
}

static void
on_output(void *ctx, unsigned int events)
{
	struct hooks *h = ctx;

	(void)events;
	if (running_read(&h->now))
		return;
	loop_remove(h->out_place);
	h->out_place = NULL;
}

static int
watch_output(struct hooks *h)
{
	struct running *r = &h->now;

	if (r->pidfd < 0 ||
	    loop_add(&h->out_place, h->loop, r->out, LOOP_IN, on_output, h,
		     NULL) < 0 ||
	    loop_add(&h->pid_place, h->loop, r->pidfd, LOOP_IN,
		     on_exit_of_shell, h, NULL) < 0)
		return -1;
	h->killing = false;
	loop_timer_set(&h->timer, mono_add_ms(clock_mono(), h->limit_ms));
	return 0;
}

static void
start_next(struct hooks *h)
{
	int errnum = running_start(&h->now, h->head->command, h->head->env);

	if (errnum == 0 && watch_output(h) == 0)
		return;
	if (errnum == 0) {
		/* A command that cannot be watched must not run. */
		unwatch_output(h);
		running_kill(&h->now, SIGKILL);
		running_reap(&h->now);
		errnum = ENOMEM;
	}
	h->now.result.errnum = errnum;
	finish_first(h);
}

/* Starts the next command, or ends one that runs for too long. */
static void
on_timer(void *ctx)
{
	struct hooks *h = ctx;

	if (h->now.group == 0) {
		start_next(h);
		return;
	}
	if (h->now.pid == 0) {
		await_left(h);
		return;
	}
	h->now.result.timed_out = true;
	running_kill(&h->now, h->killing ? SIGKILL : SIGTERM);
	h->killing = true;
	h->kill_at = mono_add_ms(clock_mono(), HOOK_KILL_MS);
	loop_timer_set(&h->timer, h->kill_at);
}

int
hooks_open(struct hooks **out, struct loop *l, struct err *e)
{
	struct hooks *h = calloc(1, sizeof(*h));

	if (h == NULL)
		return err_nomem(e);
	h->loop = l;
	h->limit_ms = HOOK_LIMIT_MS;
	h->tail = &h->head;
	if (loop_timer_init(&h->timer, l, on_timer, h, e) < 0) {
		free(h);
		return -1;
	}
	*out = h;
	return 0;
}

void
hooks_close(struct hooks *h)
{
	if (h == NULL)
		return;
	unwatch_output(h);
	if (h->now.group != 0)
		running_kill(&h->now, SIGKILL);
	if (h->now.pid != 0)
		running_reap(&h->now);
	while (h->head != NULL) {
		struct entry *next = h->head->next;

		entry_free(h->head);
		h->head = next;
	}
	loop_timer_fini(&h->timer);
	free(h);
}

void
hooks_limit(struct hooks *h, int64_t limit_ms)
{
	h->limit_ms = limit_ms;
}

int
hooks_run(struct hooks *h, const char *command, const char *const *env,
	  hook_done_fn done, void *ctx, struct err *e)
{
	struct entry *en;

	if (h->count >= HOOK_QUEUE_MAX)
		return err_set(e, ERR_LIMIT, "more than %d hooks wait",
			       HOOK_QUEUE_MAX);
	en = calloc(1, sizeof(*en));
	if (en == NULL)
		return err_nomem(e);
	en->command = strdup(command);
	en->env = env_copy(env);
	if (en->command == NULL || en->env == NULL) {
		entry_free(en);
		return err_nomem(e);
	}
	en->done = done;
	en->ctx = ctx;
	*h->tail = en;
	h->tail = &en->next;
	h->count++;
	start_soon(h);
	return 0;
}

size_t
hooks_pending(const struct hooks *h)
{
	return h->count;
}

/* --- waited for
 * ---------------------------------------------------------------- */

int
hook_run_wait(const char *command, const char *const *env, int64_t limit_ms,
	      struct hook_result *res, struct err *e)
{
	struct monotime end = mono_add_ms(clock_mono(), limit_ms);
	char **copy = env_copy(env);
	struct running r;
	const struct timespec step = {.tv_nsec = LEFT_STEP_MS * 1000000L};
	bool killing = false;
	struct pollfd fds[2] = {{.events = POLLIN}, {.events = POLLIN}};
	int errnum;

	if (copy == NULL)
		return err_nomem(e);
	errnum = running_start(&r, command, copy);
	env_free(copy);
	if (errnum != 0)
		return err_errno(e, errnum, "cannot start");
	fds[0].fd = r.pidfd;
	fds[1].fd = r.out;
	for (;;) {
		int64_t left = mono_ms(clock_mono(), end);

		if (left <= 0) {
			r.result.timed_out = true;
			running_kill(&r, killing ? SIGKILL : SIGTERM);
			killing = true;
			end = mono_add_ms(clock_mono(), HOOK_KILL_MS);
			continue;
		}
		if (poll(fds, 2, (int)left + 1) < 0 && errno != EINTR)
			break;
		if (fds[0].revents != 0)
			break;
		if (fds[1].revents != 0 && !running_read(&r))
			fds[1].fd = -1; /* end of the output */
	}
	if (fds[0].revents == 0) /* poll itself failed */
		running_kill(&r, SIGKILL);
	running_reap(&r);
	while (killing && running_left(&r)) {
		if (mono_reached(end, clock_mono())) {
			running_kill(&r, SIGKILL);
			break;
		}
		nanosleep(&step, NULL);
	}
	*res = r.result;
	return 0;
}
