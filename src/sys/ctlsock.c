/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The control socket: one request line, one answer, one connection. */
#include "sys/ctlsock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "sys/clock.h"
#include "sys/dirs.h"

#define BACKLOG 16
#define REST_MS 1000 /* when descriptors have run out */

struct client {
	struct ctlsock *owner;
	uint64_t number;
	int fd; /* -1: the slot is free */
	struct loop_fd *place;
	struct loop_timer timer;
	struct ctlsock_peer peer;
	bool asked; /* the line is complete */
	bool ended; /* no more output follows */
	size_t inlen;
	char in[CTLSOCK_LINE_MAX];
	struct buf out;
};

struct ctlsock {
	struct loop *loop;
	int fd;
	struct loop_fd *place;
	struct loop_timer rest;
	char *path;
	ctlsock_fn fn;
	void *ctx;
	uint64_t last_number;
	int64_t request_ms, write_ms;
	struct client clients[CTLSOCK_CLIENTS_MAX];
};

static void
client_close(struct client *c)
{
	loop_timer_fini(&c->timer);
	loop_remove(c->place);
	close(c->fd);
	buf_free(&c->out);
	c->place = NULL;
	c->fd = -1;
	loop_interest(c->owner->place, LOOP_IN);
}

static void
client_late(void *ctx)
{
	client_close(ctx);
}

static void
client_limit(struct client *c, int64_t ms)
{
	loop_timer_set(&c->timer, mono_add_ms(clock_mono(), ms));
}

static void
client_write(struct client *c)
{
	bool progress = false;

	while (buf_len(&c->out) > 0) {
		ssize_t n = send(c->fd, buf_data(&c->out), buf_len(&c->out),
				 MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN) {
			loop_interest(c->place, LOOP_OUT);
			break;
		}
		if (n < 0) {
			client_close(c);
			return;
		}
		buf_consume(&c->out, (size_t)n);
		progress = true;
	}
	if (buf_len(&c->out) > 0) {
		if (progress || !timer_is_set(&c->timer.t))
			client_limit(c, c->owner->write_ms);
	} else if (c->ended) {
		client_close(c);
	} else {
		/* The owner may take its time to answer. */
		loop_timer_cancel(&c->timer);
		loop_interest(c->place, 0);
	}
}

/* Passes a complete line to the owner, once; ignores input after it. */
static void
client_line(struct client *c, char *end)
{
	*end = '\0';
	if (memchr(c->in, '\0', (size_t)(end - c->in)) != NULL) {
		client_close(c);
		return;
	}
	c->asked = true;
	loop_interest(c->place, 0);
	loop_timer_cancel(&c->timer);
	c->owner->fn(c->owner->ctx, c->number, &c->peer, c->in);
}

static void
client_read(struct client *c)
{
	ssize_t n = recv(c->fd, c->in + c->inlen, sizeof(c->in) - c->inlen,
			 MSG_DONTWAIT);
	char *end;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		client_close(c);
		return;
	}
	end = memchr(c->in + c->inlen, '\n', (size_t)n);
	c->inlen += (size_t)n;
	if (end != NULL)
		client_line(c, end);
	else if (c->inlen == sizeof(c->in))
		client_close(c);
}

static void
client_event(void *ctx, unsigned int events)
{
	struct client *c = ctx;

	if ((events & LOOP_HUP) && !(events & LOOP_IN)) {
		client_close(c);
		return;
	}
	if (!c->asked)
		client_read(c);
	else if (events & LOOP_OUT)
		client_write(c);
	else
		client_close(c);
}

static struct client *
free_place(struct ctlsock *s)
{
	for (size_t i = 0; i < CTLSOCK_CLIENTS_MAX; i++)
		if (s->clients[i].fd < 0)
			return &s->clients[i];
	return NULL;
}

static int
client_open(struct client *c, struct ctlsock *s, int fd)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);

	memset(c, 0, sizeof(*c));
	c->owner = s;
	c->fd = fd;
	c->number = ++s->last_number;
	buf_init(&c->out, CTLSOCK_REPLY_MAX);
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) < 0)
		return -1;
	c->peer = (struct ctlsock_peer){ cred.pid, cred.uid, cred.gid };
	if (loop_timer_init(&c->timer, s->loop, client_late, c, NULL) < 0)
		return -1;
	if (loop_add(&c->place, s->loop, fd, LOOP_IN, client_event, c, NULL) <
	    0) {
		loop_timer_fini(&c->timer);
		return -1;
	}
	client_limit(c, s->request_ms);
	return 0;
}

static void
on_rested(void *ctx)
{
	struct ctlsock *s = ctx;

	loop_interest(s->place, LOOP_IN);
}

/* Accepts a client; without a free slot the next client waits in the kernel. */
static void
on_client(void *ctx, unsigned int events)
{
	struct ctlsock *s = ctx;
	struct client *c = free_place(s);
	int fd;

	(void)events;
	if (c == NULL) {
		loop_interest(s->place, 0);
		return;
	}
	fd = accept4(s->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
		       errno == ENOMEM)) {
		/* The socket would be reported ready again at once. */
		loop_interest(s->place, 0);
		loop_timer_set(&s->rest, mono_add_ms(clock_mono(), REST_MS));
	}
	if (fd < 0)
		return;
	if (client_open(c, s, fd) < 0) {
		close(fd);
		c->fd = -1;
	}
}

/* Removes a socket that no process listens on any more. */
static int
remove_stale(const struct sockaddr_un *sun, struct err *e)
{
	struct stat st;
	int fd, rc;

	if (lstat(sun->sun_path, &st) < 0)
		return errno == ENOENT ?
			       0 :
			       err_errno(e, errno, "%s", sun->sun_path);
	if (!S_ISSOCK(st.st_mode))
		return err_set(e, ERR_PERM, "%s is there, and no socket",
			       sun->sun_path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return err_errno(e, errno, "socket");
	rc = connect(fd, (const struct sockaddr *)sun, sizeof(*sun)) < 0 ?
		     errno :
		     0;
	close(fd);
	/* EAGAIN: a listener exists and is busy. */
	if (rc == 0 || rc == EAGAIN)
		return err_set(e, ERR_EXISTS, "another daemon answers at %s",
			       sun->sun_path);
	if (rc != ECONNREFUSED)
		return err_errno(e, rc, "%s", sun->sun_path);
	if (unlink(sun->sun_path) < 0 && errno != ENOENT)
		return err_errno(e, errno, "%s", sun->sun_path);
	return 0;
}

/* Gives the socket's file to the group, through a descriptor: another user may
 * be able to put a link in its place. */
static int
change_group(const char *path, gid_t group)
{
	int fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;
	int rc = -1;

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode) &&
	    st.st_uid == geteuid())
		rc = fchownat(fd, "", (uid_t)-1, group, AT_EMPTY_PATH);
	else
		errno = EPERM;
	close(fd);
	return rc;
}

static int
bind_listen(int fd, const struct sockaddr_un *sun, mode_t mode, gid_t group,
	    struct err *e)
{
	mode_t old = umask(0);
	int rc, errnum;

	/* The file gets the mode of the socket when it is created: unix(7). */
	rc = fchmod(fd, mode) < 0 ?
		     -1 :
		     bind(fd, (const struct sockaddr *)sun, sizeof(*sun));
	errnum = errno;
	umask(old);
	if (rc < 0)
		return err_errno(e, errnum, "%s", sun->sun_path);
	if ((group != (gid_t)-1 && change_group(sun->sun_path, group) < 0) ||
	    listen(fd, BACKLOG) < 0) {
		err_errno(e, errno, "%s", sun->sun_path);
		(void)unlink(sun->sun_path);
		return -1;
	}
	return 0;
}

int
ctlsock_open(struct ctlsock **out, struct loop *l, const char *path,
	     mode_t mode, gid_t group, ctlsock_fn fn, void *ctx, struct err *e)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	struct ctlsock *s;

	if (strlen(path) >= sizeof(sun.sun_path))
		return err_set(e, ERR_LIMIT, "%s: longer than %zu bytes", path,
			       sizeof(sun.sun_path) - 1);
	memcpy(sun.sun_path, path, strlen(path) + 1);
	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return err_nomem(e);
	for (size_t i = 0; i < CTLSOCK_CLIENTS_MAX; i++)
		s->clients[i].fd = -1;
	s->loop = l;
	s->fn = fn;
	s->ctx = ctx;
	s->request_ms = CTLSOCK_REQUEST_MS;
	s->write_ms = CTLSOCK_WRITE_MS;
	s->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (s->fd < 0) {
		err_errno(e, errno, "socket");
		goto fail;
	}
	if (dirs_make_parent(path, 0755, e) < 0 || remove_stale(&sun, e) < 0 ||
	    bind_listen(s->fd, &sun, mode, group, e) < 0)
		goto fail;
	s->path = strdup(path); /* from here on, close removes the file */
	if (s->path == NULL) {
		(void)unlink(path);
		err_nomem(e);
		goto fail;
	}
	if (loop_timer_init(&s->rest, l, on_rested, s, e) < 0 ||
	    loop_add(&s->place, l, s->fd, LOOP_IN, on_client, s, e) < 0)
		goto fail;
	*out = s;
	return 0;
fail:
	ctlsock_close(s);
	return -1;
}

void
ctlsock_close(struct ctlsock *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < CTLSOCK_CLIENTS_MAX; i++)
		if (s->clients[i].fd >= 0)
			client_close(&s->clients[i]);
	loop_timer_fini(&s->rest);
	loop_remove(s->place);
	if (s->fd >= 0)
		close(s->fd);
	if (s->path != NULL)
		(void)unlink(s->path);
	free(s->path);
	free(s);
}

static struct client *
client_find(struct ctlsock *s, uint64_t number)
{
	for (size_t i = 0; i < CTLSOCK_CLIENTS_MAX; i++)
		if (s->clients[i].fd >= 0 && s->clients[i].number == number)
			return &s->clients[i];
	return NULL;
}

int
ctlsock_reply(struct ctlsock *s, uint64_t client, const void *data, size_t len,
	      bool end)
{
	struct client *c = client_find(s, client);

	if (c == NULL)
		return -1;
	if (buf_put(&c->out, data, len) < 0) {
		client_close(c);
		return -1;
	}
	c->ended = end;
	client_write(c);
	return 0;
}

size_t
ctlsock_unsent(struct ctlsock *s, uint64_t client)
{
	const struct client *c = client_find(s, client);

	return c == NULL ? 0 : buf_len(&c->out);
}

size_t
ctlsock_clients(const struct ctlsock *s)
{
	size_t n = 0;

	for (size_t i = 0; i < CTLSOCK_CLIENTS_MAX; i++)
		n += s->clients[i].fd >= 0;
	return n;
}

void
ctlsock_limits(struct ctlsock *s, int64_t request_ms, int64_t write_ms)
{
	s->request_ms = request_ms;
	s->write_ms = write_ms;
}
