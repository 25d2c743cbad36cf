/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Questions to the user at the terminal, and the user's editor. */
#include "prompt.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define CTRL_C 3

bool
prompt_possible(void)
{
	return isatty(STDIN_FILENO) == 1;
}

char
prompt_choice(const char *question, const char *letters)
{
	char *line = NULL;
	size_t cap = 0;
	char answer = 0;

	for (;;) {
		fprintf(stderr, "%s ", question);
		fflush(stderr);
		if (getline(&line, &cap, stdin) <= 0) {
			fputc('\n', stderr);
			break;
		}
		if (line[0] != '\0' && strchr(letters, line[0]) != NULL) {
			answer = line[0];
			break;
		}
	}
	free(line);
	return answer;
}

/* Reads byte by byte: no copy stays in a buffer of stdio, and input after the
 * line stays unread. */
static int
read_secret(char *out, size_t cap, struct err *e)
{
	size_t len = 0;
	ssize_t n;
	char c;

	for (;;) {
		n = read(STDIN_FILENO, &c, 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(e, errno, "standard input");
		if (n == 0 || c == '\n')
			break;
		if (c == CTRL_C)
			return err_set(e, ERR_USAGE, "interrupted");
		if (len + 1 >= cap)
			return err_set(e, ERR_LIMIT,
				       "standard input has a "
				       "line of more than %zu bytes",
				       cap - 1);
		out[len++] = c;
	}
	while (len > 0 && (out[len - 1] == ' ' || out[len - 1] == '\r'))
		len--;
	out[len] = '\0';
	return len > 0 ? 0 :
			 err_set(e, ERR_NOTFOUND, "standard input is empty");
}

int
prompt_secret(char *out, size_t cap, const char *question, struct err *e)
{
	struct termios before, hidden;
	bool person =
		prompt_possible() && tcgetattr(STDIN_FILENO, &before) == 0;
	int rc;

	if (person) {
		hidden = before;
		/* Ctrl-C ends the line instead of killing this process, which
		 * would leave the terminal without echo. */
		hidden.c_lflag &= ~(tcflag_t)(ECHO | ISIG);
		hidden.c_cc[VEOL] = CTRL_C;
		fprintf(stderr, "%s ", question);
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
	}
	rc = read_secret(out, cap, e);
	if (person) {
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
		fputc('\n', stderr);
	}
	return rc;
}

static const char *
find_editor(void)
{
	const char *name = getenv("VISUAL");

	if (name == NULL || name[0] == '\0')
		name = getenv("EDITOR");
	return name == NULL || name[0] == '\0' ? "vi" : name;
}

/* The shell splits the editor's command into words, but never the path. */
static pid_t
start_editor(const char *command, const char *path)
{
	pid_t pid = fork();

	if (pid == 0) {
		signal(SIGINT, SIG_DFL);
		signal(SIGQUIT, SIG_DFL);
		execl("/bin/sh", "sh", "-c", command, "sh", path, (char *)NULL);
		_exit(127);
	}
	return pid;
}

int
prompt_editor(const char *path, struct err *e)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN }, intr, quit;
	int status = 0, saved = 0;
	char *command;
	pid_t pid;

	if (asprintf(&command, "%s \"$1\"", find_editor()) < 0)
		return err_nomem(e);
	/* Interrupt keys are meant for the editor. */
	sigaction(SIGINT, &ignore, &intr);
	sigaction(SIGQUIT, &ignore, &quit);
	pid = start_editor(command, path);
	free(command);
	if (pid < 0)
		saved = errno;
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && saved == 0)
		if (errno != EINTR)
			saved = errno;
	sigaction(SIGINT, &intr, NULL);
	sigaction(SIGQUIT, &quit, NULL);
	if (saved != 0)
		return err_errno(e, saved, "the editor %s", find_editor());
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return err_set(e, ERR_IO, "the editor %s failed",
			       find_editor());
	return 0;
}
