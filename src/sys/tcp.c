/* SPDX-License-Identifier: GPL-3.0-or-later */
/* TCP sockets: listening, connecting, moving bytes. */
#include "sys/tcp.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sys/sockaddr.h"

#define BACKLOG 128
#define ACCEPTS_A_TURN 16

struct tcp_listener {
	int fd;
	int spare;	/* given up for a moment when descriptors run out */
	struct loop_fd *place;
	struct endpoint local;
	tcp_accept_fn fn;
	void *ctx;
	uint64_t shed;
};

static void
no_delay(int fd)
{
	const int one = 1;

	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
}

static int
open_spare(void)
{
	return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

/* A connection that cannot be taken would make the listener ready for ever:
 * the spare descriptor lets it be taken and closed. */
static bool
shed_one(struct tcp_listener *t)
{
	int fd;

	if (t->spare < 0)
		return false;
	close(t->spare);
	fd = accept4(t->fd, NULL, NULL, SOCK_CLOEXEC);
	if (fd >= 0) {
		tcp_close(fd, true);
		t->shed++;
	}
	t->spare = open_spare();
	return fd >= 0;
}

static bool
accept_one(struct tcp_listener *t)
{
	struct sockaddr_storage from, to;
	socklen_t fromlen = sizeof(from), tolen = sizeof(to);
	struct endpoint remote, local = t->local;
	int fd = accept4(t->fd, (struct sockaddr *)&from, &fromlen,
			 SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0 && (errno == EMFILE || errno == ENFILE))
		return shed_one(t);
	if (fd < 0)
		/* One that was gone before it was taken: the next one. */
		return errno == ECONNABORTED || errno == EINTR ||
		       errno == EPROTO;
	if (sockaddr_get(&remote, &from, fromlen) < 0) {
		tcp_close(fd, true);
		return true;
	}
	if (getsockname(fd, (struct sockaddr *)&to, &tolen) == 0)
		(void)sockaddr_get(&local, &to, tolen);
	no_delay(fd);
	t->fn(t->ctx, fd, &remote, &local);
	return true;
}

static void
on_ready(void *ctx, unsigned int events)
{
	struct tcp_listener *t = ctx;

	(void)events;
	for (int i = 0; i < ACCEPTS_A_TURN; i++)
		if (!accept_one(t))
			break;
}

static int
open_listener(const struct endpoint *local, struct endpoint *bound,
	      struct err *e)
{
	struct sockaddr_storage ss;
	socklen_t len = sockaddr_put(&ss, local);
	const int one = 1;
	int fd = socket(ss.ss_family, SOCK_STREAM | SOCK_CLOEXEC |
					      SOCK_NONBLOCK, 0);

	if (fd < 0)
		return err_errno(e, errno, "socket");
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (local->addr.family == IP_V6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one,
				 sizeof(one));
	if (bind(fd, (const struct sockaddr *)&ss, len) < 0 ||
	    listen(fd, BACKLOG) < 0) {
		err_errno(e, errno, "cannot listen");
		close(fd);
		return -1;
	}
	len = sizeof(ss);
	if (getsockname(fd, (struct sockaddr *)&ss, &len) < 0 ||
	    sockaddr_get(bound, &ss, len) < 0)
		*bound = *local;
	return fd;
}

int
tcp_listen(struct tcp_listener **out, struct loop *l,
	   const struct endpoint *local, tcp_accept_fn fn, void *ctx,
	   struct err *e)
{
	struct tcp_listener *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return err_nomem(e);
	t->fn = fn;
	t->ctx = ctx;
	t->spare = open_spare();
	t->fd = open_listener(local, &t->local, e);
	if (t->fd < 0 || loop_add(&t->place, l, t->fd, LOOP_IN, on_ready, t,
				  e) < 0) {
		tcp_listener_close(t);
		return -1;
	}
	*out = t;
	return 0;
}

void
tcp_listener_close(struct tcp_listener *t)
{
	if (t == NULL)
		return;
	loop_remove(t->place);
	if (t->fd >= 0)
		close(t->fd);
	if (t->spare >= 0)
		close(t->spare);
	free(t);
}

struct endpoint
tcp_listener_local(const struct tcp_listener *t)
{
	return t->local;
}

void
tcp_listener_pause(struct tcp_listener *t, bool pause)
{
	loop_interest(t->place, pause ? 0 : LOOP_IN);
}

uint64_t
tcp_listener_shed(const struct tcp_listener *t)
{
	return t->shed;
}

int
tcp_connect(const struct endpoint *remote, const struct ipaddr *source,
	    struct err *e)
{
	struct sockaddr_storage to, from;
	socklen_t tolen = sockaddr_put(&to, remote);
	int fd = socket(to.ss_family, SOCK_STREAM | SOCK_CLOEXEC |
					      SOCK_NONBLOCK, 0);

	if (fd < 0)
		return err_errno(e, errno, "socket");
	no_delay(fd);
	if (source != NULL && source->family != IP_NONE) {
		struct endpoint src = { .addr = *source };
		socklen_t fromlen = sockaddr_put(&from, &src);

		if (bind(fd, (const struct sockaddr *)&from, fromlen) < 0)
			goto fail;
	}
	if (connect(fd, (const struct sockaddr *)&to, tolen) == 0 ||
	    errno == EINPROGRESS)
		return fd;
fail:
	err_errno(e, errno, "connect");
	close(fd);
	return -1;
}

int
tcp_connect_result(int fd)
{
	int errnum = 0;
	socklen_t len = sizeof(errnum);

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &errnum, &len) < 0)
		return errno;
	return errnum;
}

enum tcp_io
tcp_read(int fd, void *out, size_t cap, size_t *n)
{
	ssize_t got;

	do
		got = recv(fd, out, cap, 0);
	while (got < 0 && errno == EINTR);
	if (got > 0) {
		*n = (size_t)got;
		return TCP_OK;
	}
	if (got == 0)
		return TCP_EOF;
	return errno == EAGAIN || errno == EWOULDBLOCK ? TCP_AGAIN : TCP_ERROR;
}

enum tcp_io
tcp_write(int fd, const void *data, size_t len, size_t *n)
{
	ssize_t put;

	do
		put = send(fd, data, len, MSG_NOSIGNAL);
	while (put < 0 && errno == EINTR);
	if (put > 0) {
		*n = (size_t)put;
		return TCP_OK;
	}
	return put < 0 && (errno == EAGAIN || errno == EWOULDBLOCK) ?
		       TCP_AGAIN : TCP_ERROR;
}

void
tcp_finish(int fd)
{
	(void)shutdown(fd, SHUT_WR);
}

void
tcp_close(int fd, bool reset)
{
	const struct linger now = { .l_onoff = 1, .l_linger = 0 };

	if (reset)
		(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(fd);
}
