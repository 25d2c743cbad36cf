/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Datagrams to the service manager's socket. */
#include "sys/notify.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"

#define TEXT_MAX 256

static int
dial_manager(const char *path, struct err *e)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	size_t len = strlen(path);
	socklen_t sunlen;
	int fd;

	if (len < 2 || len >= sizeof(sun.sun_path) ||
	    (path[0] != '/' && path[0] != '@'))
		return err_set(e, ERR_SYNTAX,
			       "NOTIFY_SOCKET is neither a path nor an "
			       "abstract name");
	memcpy(sun.sun_path, path, len);
	if (path[0] == '@')
		sun.sun_path[0] = '\0';
	sunlen = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return err_errno(e, errno, "NOTIFY_SOCKET");
	if (connect(fd, (const struct sockaddr *)&sun, sunlen) < 0) {
		err_errno(e, errno, "NOTIFY_SOCKET %s", path);
		close(fd);
		return -1;
	}
	return fd;
}

/* Reads a number from the environment; 0 when there is none. */
static uint64_t
env_number(const char *name)
{
	const char *text = getenv(name);
	uint64_t v;

	if (text == NULL ||
	    text_u64(&v, (struct span){ text, strlen(text) }, 1, INT64_MAX) < 0)
		return 0;
	return v;
}

static int64_t
watchdog_ms(void)
{
	if (getenv("WATCHDOG_PID") != NULL &&
	    env_number("WATCHDOG_PID") != (uint64_t)getpid())
		return 0;
	/* Half of the manager's timeout, as sd_watchdog_enabled(3) advises. */
	return (int64_t)(env_number("WATCHDOG_USEC") / 1000 / 2);
}

int
notify_open(struct notify *n, struct err *e)
{
	const char *path = getenv("NOTIFY_SOCKET");

	n->fd = -1;
	n->watchdog_ms = 0;
	if (path != NULL && path[0] != '\0') {
		n->fd = dial_manager(path, e);
		if (n->fd < 0)
			return -1;
		n->watchdog_ms = watchdog_ms();
	}
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
	return 0;
}

void
notify_close(struct notify *n)
{
	if (n->fd >= 0)
		close(n->fd);
	n->fd = -1;
}

/* A failure is ignored: the daemon does not need the manager. */
static void
send_text(const struct notify *n, const char *text)
{
	if (n->fd >= 0)
		(void)send(n->fd, text, strlen(text),
			   MSG_NOSIGNAL | MSG_DONTWAIT);
}

void
notify_ready(struct notify *n)
{
	send_text(n, "READY=1");
}

void
notify_reloading(struct notify *n)
{
	char text[TEXT_MAX];
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%" PRId64,
		 (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000);
	send_text(n, text);
}

void
notify_stopping(struct notify *n)
{
	send_text(n, "STOPPING=1");
}

void
notify_alive(struct notify *n)
{
	send_text(n, "WATCHDOG=1");
}

void
notify_status(struct notify *n, const char *text)
{
	char line[TEXT_MAX];

	snprintf(line, sizeof(line), "STATUS=%s", text);
	send_text(n, line);
}
