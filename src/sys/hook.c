/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A queue of shell commands; the event loop never waits for them. */
#include "sys/hook.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "running.h"
#include "sys/clock.h"
#include "sys/fdpass.h"

#define LEFT_STEP_MS 50 /* between two checks for a late hook's processes */

struct entry { /* a waiting command */
	struct entry *next;
	char *command;
	char **env;
	int input; /* standard input; -1: null */
	hook_done_fn done;
	void *ctx;
};

struct hook_queue {
	struct loop *loop;
	int64_t limit_ms;
	struct entry *head, **tail; /* the head is running */
	size_t count;
	bool killing;		 /* SIGTERM was sent */
	struct monotime kill_at; /* time of SIGKILL */
	struct running now;
	struct loop_fd *out_place, *pid_place;
	struct loop_timer timer;
};

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
	if (en->input >= 0)
		close(en->input);
	free(en->command);
	env_free(en->env);
	free(en);
}

/* Starts the next command from the loop, so that a queue of commands that fail
 * to start does not become as many nested calls. */
static void
start_soon(struct hook_queue *h)
{
	if (h->head != NULL && h->now.group == 0)
		loop_timer_set(&h->timer, clock_mono());
}

static void
unwatch_output(struct hook_queue *h)
{
	loop_remove(h->out_place);
	loop_remove(h->pid_place);
	h->out_place = h->pid_place = NULL;
	loop_timer_cancel(&h->timer);
}

/* Finishes the first entry: calls done, and starts the next. */
static void
finish_first(struct hook_queue *h)
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
await_left(struct hook_queue *h)
{
	bool late = mono_reached(h->kill_at, clock_mono());

	if (late)
		running_kill(&h->now, SIGKILL);
	if (late || !running_left(&h->now))
		finish_first(h);
	else
		loop_timer_set(&h->timer,
			       mono_add_ms(clock_mono(), LEFT_STEP_MS));
}

static void
on_exit_of_shell(void *ctx, unsigned int events)
{
	struct hook_queue *h = ctx;

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
	struct hook_queue *h = ctx;

	(void)events;
	if (running_read(&h->now))
		return;
	loop_remove(h->out_place);
	h->out_place = NULL;
}

static int
watch_output(struct hook_queue *h)
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
start_next(struct hook_queue *h)
{
	int errnum = running_start(&h->now, h->head->command, h->head->env,
				   h->head->input);

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
	struct hook_queue *h = ctx;

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
hook_queue_open(struct hook_queue **out, struct loop *l, struct err *e)
{
	struct hook_queue *h = calloc(1, sizeof(*h));

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
hook_queue_close(struct hook_queue *h)
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
hook_queue_limit(struct hook_queue *h, int64_t limit_ms)
{
	h->limit_ms = limit_ms;
}

/* Puts the input into a file: a hook that does not read it blocks nothing. */
static int
entry_input(struct entry *en, struct span input, struct err *e)
{
	en->input = fdpass_file(&input, 1, e);
	return en->input >= 0 && lseek(en->input, 0, SEEK_SET) == 0 ? 0 : -1;
}

static int
queue_command(struct hook_queue *h, const char *command, const char *const *env,
	      const struct span *input, hook_done_fn done, void *ctx,
	      struct err *e)
{
	struct entry *en;

	if (h->count >= HOOK_QUEUE_MAX)
		return err_set(e, ERR_LIMIT, "more than %d hooks wait",
			       HOOK_QUEUE_MAX);
	en = calloc(1, sizeof(*en));
	if (en == NULL)
		return err_nomem(e);
	en->input = -1;
	en->command = strdup(command);
	en->env = env_copy(env);
	if (en->command == NULL || en->env == NULL) {
		entry_free(en);
		return err_nomem(e);
	}
	if (input != NULL && entry_input(en, *input, e) < 0) {
		entry_free(en);
		return -1;
	}
	en->done = done;
	en->ctx = ctx;
	*h->tail = en;
	h->tail = &en->next;
	h->count++;
	start_soon(h);
	return 0;
}

int
hook_queue_run(struct hook_queue *h, const char *command,
	       const char *const *env, hook_done_fn done, void *ctx,
	       struct err *e)
{
	return queue_command(h, command, env, NULL, done, ctx, e);
}

int
hook_queue_run_input(struct hook_queue *h, const char *command,
		     const char *const *env, struct span input,
		     hook_done_fn done, void *ctx, struct err *e)
{
	return queue_command(h, command, env, &input, done, ctx, e);
}

size_t
hook_queue_pending(const struct hook_queue *h)
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
	const struct timespec step = { .tv_nsec = LEFT_STEP_MS * 1000000L };
	bool killing = false;
	struct pollfd fds[2] = { { .events = POLLIN }, { .events = POLLIN } };
	int errnum;

	if (copy == NULL)
		return err_nomem(e);
	errnum = running_start(&r, command, copy, -1);
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
