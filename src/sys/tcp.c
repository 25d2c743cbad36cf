/* SPDX-License-Identifier: GPL-3.0-or-later */
/* TCP: listeners in the loop, connecting, reading, writing. */
#include "sys/tcp.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sys/clock.h"
#include "sys/sockaddr.h"

#define ACCEPTS_A_TURN 16
#define STARVED_MS 1000
#define FILES_MOST 65536
#define FILES_LEAST 1024 /* the usual soft limit */
/* The default segment sizes of RFC 9293, section 3.7.1: they pass on every
 * path, also one whose routers drop packets and send no ICMP error. */
#define SEGMENT4 536
#define SEGMENT6 1220

struct tcp_listener {
	int fd;
	struct loop_fd *lfd;
	struct loop_timer rest; /* ends the pause after descriptors ran out */
	struct endpoint local;
	tcp_accept_fn fn;
	void *ctx;
	bool paused;
	bool resting;
	bool accepting; /* inside on_connection(), which frees the listener
			 * if fn closes it */
	uint64_t starved;
};

static void
update_interest(struct tcp_listener *t)
{
	loop_interest(t->lfd, t->paused || t->resting ? 0 : LOOP_IN);
}

static void
on_rested(void *ctx)
{
	struct tcp_listener *t = ctx;

	t->resting = false;
	update_interest(t);
}

/* Descriptors ran out: pauses, or the waiting connection would wake the loop
 * for ever. */
static void
pause_starved(struct tcp_listener *t)
{
	t->starved++;
	t->resting = true;
	loop_timer_set(&t->rest, mono_add_ms(clock_mono(), STARVED_MS));
	update_interest(t);
}

static void
no_delay(int fd)
{
	const int on = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

/* Must precede the SYN, so that it limits the other side's segments as well. */
static void
limit_segments(int fd, enum ip_family family)
{
	const int size = family == IP_V6 ? SEGMENT6 : SEGMENT4;

	setsockopt(fd, IPPROTO_TCP, TCP_MAXSEG, &size, sizeof(size));
}

static void
hand_over(struct tcp_listener *t, int fd, const struct sockaddr_storage *ss,
	  socklen_t len)
{
	struct endpoint remote, local;
	struct sockaddr_storage own;
	socklen_t own_len = sizeof(own);

	if (sockaddr_get(&remote, ss, len) < 0 ||
	    getsockname(fd, (struct sockaddr *)&own, &own_len) < 0 ||
	    sockaddr_get(&local, &own, own_len) < 0) {
		close(fd);
		return;
	}
	no_delay(fd);
	t->fn(t->ctx, fd, &remote, &local);
}

static void
on_connection(void *ctx, unsigned int events)
{
	struct tcp_listener *t = ctx;
	struct sockaddr_storage ss;
	socklen_t len;
	int fd;

	(void)events;
	t->accepting = true;
	for (int i = 0; i < ACCEPTS_A_TURN && t->fd >= 0 && !t->paused; i++) {
		len = sizeof(ss);
		fd = accept4(t->fd, (struct sockaddr *)&ss, &len,
			     SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd >= 0) {
			hand_over(t, fd, &ss, len);
			continue;
		}
		if (errno == EAGAIN)
			break;
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
		    errno == ENOMEM) {
			pause_starved(t);
			break;
		}
		/* The connection died in the queue: accept(2) reports its
		 * error. */
	}
	t->accepting = false;
	if (t->fd < 0)
		free(t);
}

static int
listen_on(struct tcp_listener *t, const struct endpoint *local, struct err *e)
{
	struct sockaddr_storage ss;
	char text[ENDPOINT_TEXT_MAX];
	const int on = 1;
	socklen_t len;

	endpoint_format(text, local);
	t->fd = socket(sockaddr_family(&local->addr),
		       SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (t->fd < 0)
		return err_errno(e, errno, "TCP socket for %s", text);
	setsockopt(t->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (local->addr.family == IP_V6)
		setsockopt(t->fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	limit_segments(t->fd, local->addr.family);
	if (sockaddr_bind(t->fd, local) < 0 || listen(t->fd, SOMAXCONN) < 0)
		return err_errno(e, errno, "TCP %s", text);
	len = sizeof(ss);
	if (getsockname(t->fd, (struct sockaddr *)&ss, &len) < 0 ||
	    sockaddr_get(&t->local, &ss, len) < 0)
		return err_set(e, ERR_IO, "TCP %s: no local address", text);
	return 0;
}

int
tcp_listen(struct tcp_listener **out, struct loop *l,
	   const struct endpoint *local, tcp_accept_fn fn, void *ctx,
	   struct err *e)
{
	struct tcp_listener *t;

	if (sockaddr_family(&local->addr) == AF_UNSPEC)
		return err_set(e, ERR_USAGE, "TCP: address without a family");
	t = calloc(1, sizeof(*t));
	if (t == NULL)
		return err_nomem(e);
	t->fd = -1;
	t->fn = fn;
	t->ctx = ctx;
	if (listen_on(t, local, e) < 0 ||
	    loop_timer_init(&t->rest, l, on_rested, t, e) < 0 ||
	    loop_add(&t->lfd, l, t->fd, LOOP_IN, on_connection, t, e) < 0) {
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
	loop_timer_fini(&t->rest);
	loop_remove(t->lfd);
	if (t->fd >= 0)
		close(t->fd);
	t->fd = -1;
	if (!t->accepting)
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
	t->paused = pause;
	update_interest(t);
}

uint64_t
tcp_listener_starved(const struct tcp_listener *t)
{
	return t->starved;
}

static int
bind_source(int fd, const struct ipaddr *source)
{
	struct endpoint from = { .addr = *source };
	struct sockaddr_storage ss;
	const int on = 1;
	socklen_t len = sockaddr_put(&ss, &from);

	/* The kernel chooses the port when the remote is known, so that more
	 * are free. */
	setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
	return bind(fd, (struct sockaddr *)&ss, len);
}

size_t
tcp_allow(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) < 0)
		return FILES_LEAST;
	if (r.rlim_cur < r.rlim_max && r.rlim_cur < FILES_MOST) {
		r.rlim_cur = r.rlim_max < FILES_MOST ? r.rlim_max : FILES_MOST;
		(void)setrlimit(RLIMIT_NOFILE, &r);
		(void)getrlimit(RLIMIT_NOFILE, &r);
	}
	return r.rlim_cur < FILES_MOST ? (size_t)r.rlim_cur : FILES_MOST;
}

int
tcp_connect(const struct endpoint *remote, const struct ipaddr *source,
	    struct err *e)
{
	struct sockaddr_storage ss;
	char text[ENDPOINT_TEXT_MAX];
	socklen_t len = sockaddr_put(&ss, remote);
	int errnum, fd = socket(sockaddr_family(&remote->addr),
				SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		goto fail;
	no_delay(fd);
	limit_segments(fd, remote->addr.family);
	if (source != NULL && source->family != IP_NONE &&
	    bind_source(fd, source) < 0)
		goto fail;
	if (connect(fd, (struct sockaddr *)&ss, len) < 0 &&
	    errno != EINPROGRESS)
		goto fail;
	return fd;
fail:
	errnum = errno;
	if (fd >= 0)
		close(fd);
	(void)err_errno(e, errnum, "TCP %s", endpoint_format(text, remote));
	errno = errnum;
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
	*n = 0;
	if (got == 0)
		return TCP_EOF;
	return errno == EAGAIN ? TCP_AGAIN : TCP_ERROR;
}

enum tcp_io
tcp_write(int fd, const void *data, size_t len, size_t *n)
{
	ssize_t put;

	do
		put = send(fd, data, len, MSG_NOSIGNAL);
	while (put < 0 && errno == EINTR);
	if (put >= 0) {
		*n = (size_t)put;
		return TCP_OK;
	}
	*n = 0;
	return errno == EAGAIN ? TCP_AGAIN : TCP_ERROR;
}

void
tcp_finish(int fd)
{
	shutdown(fd, SHUT_WR);
}

void
tcp_close(int fd, bool reset)
{
	const struct linger now = { .l_onoff = 1, .l_linger = 0 };

	if (reset)
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(fd);
}
