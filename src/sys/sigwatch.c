/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Signals as events of the loop, through signalfd(2). */
#include "sys/sigwatch.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

struct sigwatch {
	struct loop_fd *lfd;
	int fd;
	void (*fn)(void *ctx, int signo);
	void *ctx;
};

static void
watched_set(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGHUP);
	sigaddset(set, SIGUSR1);
	sigaddset(set, SIGUSR2);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGCHLD);
	sigaddset(set, SIGXCPU);
}

void
sigwatch_block(void)
{
	const struct sigaction ignore = { .sa_handler = SIG_IGN };
	sigset_t set;

	watched_set(&set);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	sigaction(SIGPIPE, &ignore, NULL);
}

static void
on_signal(void *ctx, unsigned int events)
{
	struct sigwatch *s = ctx;
	struct signalfd_siginfo si;

	(void)events;
	while (read(s->fd, &si, sizeof(si)) == (ssize_t)sizeof(si))
		s->fn(s->ctx, (int)si.ssi_signo);
}

int
sigwatch_open(struct sigwatch **out, struct loop *l,
	      void (*fn)(void *ctx, int signo), void *ctx, struct err *e)
{
	struct sigwatch *s = calloc(1, sizeof(*s));
	sigset_t set;

	if (s == NULL)
		return err_nomem(e);
	sigwatch_block();
	watched_set(&set);
	s->fn = fn;
	s->ctx = ctx;
	s->fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (s->fd < 0) {
		err_errno(e, errno, "signalfd");
		goto fail;
	}
	if (loop_add(&s->lfd, l, s->fd, LOOP_IN, on_signal, s, e) < 0)
		goto fail;
	*out = s;
	return 0;
fail:
	sigwatch_close(s);
	return -1;
}

void
sigwatch_close(struct sigwatch *s)
{
	if (s == NULL)
		return;
	loop_remove(s->lfd);
	if (s->fd >= 0)
		close(s->fd);
	free(s);
}

void
sigwatch_child_reset(void)
{
	const struct sigaction dfl = { .sa_handler = SIG_DFL };
	sigset_t none;

	for (int i = 1; i < NSIG; i++)
		if (i != SIGKILL && i != SIGSTOP)
			sigaction(i, &dfl, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}
