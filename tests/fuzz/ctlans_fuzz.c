/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any answers of a daemon, at every command of cluevpnctl that asks one. The
 * first byte says which command; a zero byte ends an answer, the next one
 * is for the next question.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "ctl/ctl.h"
#include "fuzz.h"

#define ANSWER_MAX 65536 /* what a socket takes at once */

static struct {
	const uint8_t *p;
	size_t left;
} answers;

/* In place of the library's, which has another type in its header. */
int said_already(int fd, const struct sockaddr *to,
		 socklen_t tolen) __asm__("connect");

/* In place of the daemon's socket: one that has said all already. The other
 * end of the last one hears the question, and nobody reads it. */
int
said_already(int fd, const struct sockaddr *to, socklen_t tolen)
{
	static int last = -1;
	const uint8_t *end =
		answers.left == 0 ? NULL : memchr(answers.p, 0, answers.left);
	size_t n = end == NULL ? answers.left : (size_t)(end - answers.p);
	int pair[2];

	(void)to;
	(void)tolen;
	if (n > ANSWER_MAX || socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
		return -1;
	if (n > 0 && write(pair[1], answers.p, n) != (ssize_t)n)
		abort();
	n += end != NULL;
	answers.p += n;
	answers.left -= n;
	shutdown(pair[1], SHUT_WR);
	if (dup2(pair[0], fd) < 0)
		abort();
	close(pair[0]);
	if (last >= 0)
		close(last);
	last = pair[1];
	return 0;
}

/* Nobody waits here. */
int
nanosleep(const struct timespec *t, struct timespec *rest)
{
	(void)t;
	(void)rest;
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const struct {
		enum ctl_exit (*run)(const struct ctl *c);
		const char *argv[2];
		int argc;
	} commands[] = {
		{ ctl_status, { NULL }, 0 },  { ctl_peers, { NULL }, 0 },
		{ ctl_peers, { "beta" }, 1 }, /* not with a filter */
		{ ctl_routes, { NULL }, 0 },  { ctl_why, { "beta" }, 1 },
		{ ctl_list, { NULL }, 0 },    { ctl_events, { NULL }, 0 },
		{ ctl_top, { "1", "2" }, 2 }, { ctl_graph, { NULL }, 0 },
		{ ctl_metrics, { NULL }, 0 }, { ctl_push, { NULL }, 0 },
		{ ctl_reload, { NULL }, 0 },  { ctl_negotiate, { "beta" }, 1 },
	};
	static const char *const orders[] = { "name", "state", "heard", "rtt",
					      "traffic" };
	struct ctl c = { .socket = "ctl" };
	size_t which;
	static FILE *none;

	if (none == NULL) {
		none = fopen("/dev/null", "w");
		stdout = stderr = none;
	}
	if (len < 1)
		return 0;
	which = (data[0] & 31) % (sizeof(commands) / sizeof(*commands));
	c.json = (data[0] & 32) != 0;
	c.wait = (data[0] & 64) != 0;
	c.each = c.wait;
	c.which = (data[0] & 128) != 0 ? "behind" : NULL;
	if (commands[which].argc == 0)
		c.sort = orders[data[0] % 5];
	c.argc = commands[which].argc;
	c.argv = (char **)(uintptr_t)commands[which].argv;
	answers.p = data + 1;
	answers.left = len - 1;
	(void)commands[which].run(&c);
	return 0;
}
