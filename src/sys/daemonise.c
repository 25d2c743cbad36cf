/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fork, setsid, and a pipe by which the child reports the result of its
 * start. */
#include "sys/daemonise.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

/* Reads the child's report; signo: the signal that killed the child, or 0. */
static int
wait_for(int fd, pid_t child, int *signo)
{
	unsigned char said;
	ssize_t n;
	int status;

	do
		n = read(fd, &said, 1);
	while (n < 0 && errno == EINTR);
	if (n == 1)
		return said;
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return 1;
	*signo = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	return WIFEXITED(status) && WEXITSTATUS(status) != 0 ?
		       WEXITSTATUS(status) :
		       1;
}

int
daemonise_fork(struct daemonise *d, enum daemonise_role *role, int *status,
	       struct err *e)
{
	int pipefd[2];
	pid_t child;

	d->ready_fd = -1;
	d->signal = 0;
	if (pipe2(pipefd, O_CLOEXEC) < 0)
		return err_errno(e, errno, "pipe");
	child = fork();
	if (child < 0) {
		err_errno(e, errno, "fork");
		close(pipefd[0]);
		close(pipefd[1]);
		return -1;
	}
	if (child > 0) {
		close(pipefd[1]);
		*role = DAEMONISE_PARENT;
		*status = wait_for(pipefd[0], child, &d->signal);
		close(pipefd[0]);
		return 0;
	}
	close(pipefd[0]);
	*role = DAEMONISE_CHILD;
	d->ready_fd = pipefd[1];
	if (setsid() < 0 || chdir("/") < 0)
		return err_errno(e, errno, "cannot leave the terminal");
	return 0;
}

void
daemonise_done(struct daemonise *d, int status)
{
	unsigned char said = (unsigned char)status;
	int null;

	if (d->ready_fd < 0)
		return;
	if (status == 0) {
		null = open("/dev/null", O_RDWR | O_CLOEXEC);
		if (null >= 0) {
			(void)dup2(null, STDIN_FILENO);
			(void)dup2(null, STDOUT_FILENO);
			(void)dup2(null, STDERR_FILENO);
			if (null > STDERR_FILENO)
				close(null);
		}
	}
	while (write(d->ready_fd, &said, 1) < 0 && errno == EINTR)
		;
	close(d->ready_fd);
	d->ready_fd = -1;
}

int
daemonise_fill_std(struct err *e)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd < 0)
		return err_errno(e, errno, "/dev/null");
	close(fd);
	return 0;
}
