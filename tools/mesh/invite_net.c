/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cluevpnctl invite: the network process, which has the connections. A
 * successful attack on it would yield no key of the network or of a guest, no
 * file and no right; the attacker could only forward or delay messages.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/bytes.h"
#include "invite.h"
#include "invite_serve.h"
#include "lib/file.h"
#include "sys/clock.h"
#include "sys/confine.h"
#include "sys/fdpass.h"
#include "sys/privs.h"

#define SETUP_MAX (FILE_PEM_MAX * (2 + CONF_MANY_MAX))
#define END_MS 5000
#define END_STEP_MS 10

/* Waits for the first message; false: the monitor has ended without it. */
static bool
wait_for_setup(const struct server *s, struct invitemsg *m, int *fd)
{
	struct pollfd p = { .fd = s->fd, .events = POLLIN };
	uint8_t in[INVITEMSG_MAX];
	ssize_t n;

	while (poll(&p, 1, -1) < 0)
		if (errno != EINTR)
			return false;
	n = fdpass_recv(s->fd, in, sizeof(in), fd);
	return n > 0 && invitemsg_decode(m, in, (size_t)n, NULL) == 0 &&
	       m->kind == INVITE_SETUP && *fd >= 0;
}

/* Reads three texts, each with its NUL. */
static int
read_setup(struct server *s, int fd, struct err *e)
{
	off_t len = lseek(fd, 0, SEEK_END);
	char *all = len <= 0 || (size_t)len > SETUP_MAX ?
			    NULL :
			    fdpass_file_read(fd, (size_t)len);
	struct pem pem[3];
	const char *p = all;
	int rc;

	if (all == NULL)
		return err_set(e, ERR_IO, "its certificate did not arrive");
	for (int i = 0; i < 3; i++) {
		size_t left = (size_t)len - (size_t)(p - all);

		pem[i] = (struct pem){ p, strnlen(p, left) };
		p += pem[i].len + (pem[i].len < left);
	}
	rc = tls_ctx_new_host(&s->tls, pem[0], pem[1], &pem[2], 1, e);
	bytes_wipe(all, (size_t)len);
	free(all);
	return rc;
}

static int
listen_all(struct server *s, uint16_t port, struct err *e)
{
	static const uint8_t families[] = { IP_V4, IP_V6 };
	unsigned int n = 0;

	for (size_t i = 0; i < 2; i++) {
		struct endpoint any = { .addr = { .family = families[i] },
					.port = port };

		/* A single address family is enough: a host may lack the
		 * other. */
		if (tcp_listen(&s->listeners[i], s->loop, &any, invite_accept,
			       s, e) == 0)
			n++;
	}
	return n > 0 ? 0 : -1;
}

/* True when this process can open nothing any more: by the seccomp filter, or
 * as a user without rights, in an empty folder. */
static bool
give_up_rights(void)
{
	struct err e;
	bool isolated = geteuid() == 0 && privs_isolate(&e) == 0;
	bool hardened = privs_harden(&e) == 0;

	return (hardened && confine_opened(&e) == 0) || (hardened && isolated);
}

static int
serve_guests(struct server *s, uint16_t port, int setup, struct err *e)
{
	struct invitemsg ready = { .kind = INVITE_READY };

	if (read_setup(s, setup, e) != 0 || loop_new(&s->loop, e) != 0)
		return -1;
	close(setup);
	if (listen_all(s, port, e) != 0 ||
	    loop_add(&s->place, s->loop, s->fd, LOOP_IN, invite_verdicts, s,
		     e) != 0)
		return -1;
	ready.number = give_up_rights();
	if (!invite_report(s, &ready, -1))
		return err_set(e, ERR_IO, "the other process has ended");
	return loop_run(s->loop, e);
}

/* Must not run the exit handlers of the parent process. */
static _Noreturn void
net_main(int fd)
{
	struct server s = { .fd = -1 };
	struct invitemsg m, failed = { .kind = INVITE_FAILED };
	int setup = -1;
	struct err e;

	(void)prctl(PR_SET_NAME, "cluevpn-invite", 0, 0, 0);
	if (fdpass_only(fd, &s.fd) != 0 || !wait_for_setup(&s, &m, &setup))
		_exit(EXIT_FAILURE);
	if (serve_guests(&s, (uint16_t)m.number, setup, &e) != 0) {
		failed.text = (struct span){ e.text, strlen(e.text) };
		(void)invite_report(&s, &failed, -1);
	}
	_exit(EXIT_SUCCESS);
}

int
invite_net_start(struct invite_net *n, struct err *e)
{
	int fds[2];

	if (fdpass_pair(fds, e) != 0)
		return -1;
	fflush(NULL);
	n->pid = fork();
	if (n->pid == 0)
		net_main(fds[1]);
	close(fds[1]);
	n->fd = fds[0];
	if (n->pid > 0)
		return 0;
	n->pid = 0;
	close(n->fd);
	return err_errno(e, errno, "fork");
}

void
invite_net_end(struct invite_net *n)
{
	const struct timespec step = { .tv_nsec = END_STEP_MS * 1000000L };
	struct monotime end = mono_add_ms(clock_mono(), END_MS);
	pid_t rc;

	if (n->pid == 0)
		return;
	close(n->fd);
	while ((rc = waitpid(n->pid, NULL, WNOHANG)) == 0 &&
	       mono_before(clock_mono(), end))
		nanosleep(&step, NULL);
	if (rc == 0) {
		kill(n->pid, SIGKILL);
		while (waitpid(n->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	n->pid = 0;
}
