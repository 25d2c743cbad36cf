/* SPDX-License-Identifier: GPL-3.0-or-later */
/* TCP connections of the core: descriptors, unsent bytes, and a close that lets
 * the last bytes arrive. */
#include "daemon/streams.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "daemon/daemon.h"
#include "daemon/device_impl.h"
#include "daemon/hostnet.h"
#include "sys/clock.h"

#define STREAM_PIECE 16384
#define FILES_KEPT 128	   /* descriptors that are not for dials */
#define SHARE_NS NS_PER_MS /* time for reading from all in a turn */
#define CLOSE_MS 10000	   /* time for the other side to take the rest */
#define LINGER_MS 2000	   /* time for the other side to close then */
#define LINGER_MAX 64	   /* at most so many: anybody can cause them */

struct stream {
	struct daemon *daemon;
	uint32_t id;	     /* 0: the core has closed it, and */
	struct stream *next; /* next in the list of lingering ones */
	int fd;
	struct loop_fd *place;
	struct loop_timer timer; /* limits the close */
	uint64_t round;		 /* in which it was last read */
	bool opened;
	bool closing;	   /* send the rest, then close */
	size_t start, end; /* unsent bytes in the buffer */
	uint8_t out[STREAM_PIECE];
};

static struct stream *
stream_find(struct daemon *d, uint32_t id)
{
	return table_get(&d->streams.conns, &id, sizeof(id));
}

static void
stream_free(struct stream *s)
{
	struct stream **at = &s->daemon->streams.lingering;

	if (s->id != 0) {
		table_remove(&s->daemon->streams.conns, &s->id, sizeof(s->id));
	} else {
		while (*at != s)
			at = &(*at)->next;
		*at = s->next;
	}
	loop_timer_fini(&s->timer);
	loop_remove(s->place);
	tcp_close(s->fd, false);
	giveback_freed(s->daemon, 1);
	free(s);
}

static enum close_reason
stream_reason(int errnum)
{
	switch (errnum) {
	case ECONNREFUSED:
		return CLOSE_REFUSED;
	case ETIMEDOUT:
		return CLOSE_TIMEOUT;
	case EHOSTDOWN:
	case EHOSTUNREACH:
	case ENETDOWN:
	case ENETUNREACH:
		return CLOSE_UNREACHABLE;
	default:
		return CLOSE_BROKEN;
	}
}

/* The connection is gone: tells the core, unless the core has closed it. why
 * NULL: an orderly end. */
static void
stream_end(struct stream *s, enum close_reason reason, const char *why)
{
	struct daemon *d = s->daemon;
	uint32_t id = s->id;

	stream_free(s);
	if (id == 0)
		return;
	core_stream_closed(d->core, clock_now(), id, reason, why);
}

static void
stream_failed(struct stream *s, int errnum)
{
	stream_end(s, stream_reason(errnum), strerror(errnum));
}

static void
stream_timed_out(void *ctx)
{
	stream_end(ctx, CLOSE_TIMEOUT, "it does not read the bytes sent to it");
}

/* Closes the oldest of too many lingering connections. */
static void
start_linger(struct stream *s)
{
	struct daemon *d = s->daemon;
	struct stream *oldest = s;
	unsigned int n = 1;

	table_remove(&d->streams.conns, &s->id, sizeof(s->id));
	s->id = 0;
	s->next = d->streams.lingering;
	d->streams.lingering = s;
	for (; oldest->next != NULL; n++)
		oldest = oldest->next;
	if (n > LINGER_MAX)
		stream_free(oldest);
	loop_timer_set(&s->timer, mono_add_ms(clock_mono(), LINGER_MS));
}

/* Everything is sent: shuts down the sending side, and waits briefly for the
 * other side, because closing with unread bytes would discard data in
 * flight. */
static void
stream_finish(struct stream *s)
{
	struct daemon *d = s->daemon;
	uint32_t id = s->id;

	tcp_finish(s->fd);
	loop_interest(s->place, LOOP_IN);
	start_linger(s);
	core_stream_closed(d->core, clock_now(), id, CLOSE_ORDERLY, NULL);
}

/* Writes until the socket is full or nothing is left. */
static void
stream_write(struct stream *s)
{
	struct daemon *d = s->daemon;

	for (;;) {
		size_t n;

		if (s->start == s->end) {
			s->start = 0;
			s->end = core_stream_drain(d->core, clock_now(), s->id,
						   s->out, sizeof(s->out));
			if (s->end == 0)
				break;
		}
		switch (tcp_write(s->fd, s->out + s->start, s->end - s->start,
				  &n)) {
		case TCP_OK:
			s->start += n;
			break;
		case TCP_AGAIN:
			/* Stops reading from a peer that does not read. */
			loop_interest(s->place, LOOP_OUT);
			return;
		case TCP_EOF:
		case TCP_ERROR:
			stream_failed(s, errno);
			return;
		}
	}
	loop_interest(s->place, LOOP_IN);
	if (s->closing)
		stream_finish(s);
}

/* Reads a piece; the next turn reads the next one. */
static void
stream_read(struct stream *s)
{
	uint8_t in[STREAM_PIECE];
	size_t n;

	switch (tcp_read(s->fd, in, sizeof(in), &n)) {
	case TCP_OK:
		/* A lingering stream's input is ignored. */
		if (s->id != 0)
			core_stream_in(s->daemon->core, clock_now(), s->id, in,
				       n);
		break;
	case TCP_AGAIN:
		break;
	case TCP_EOF:
		stream_end(s, CLOSE_ORDERLY, NULL);
		break;
	case TCP_ERROR:
		stream_failed(s, errno);
		break;
	}
}

/*
 * Input from one connection may cause half a millisecond of public-key work,
 * and packets wait meanwhile: after SHARE_NS in a turn the remaining
 * connections are left for the next turn. Then those that were not read in this
 * round come first.
 */
static void
stream_turn(struct stream *s)
{
	struct streams_share *share = &s->daemon->streams.share;
	struct daemon *d = s->daemon;
	struct monotime began;

	if (share->ns >= SHARE_NS)
		share->waits = share->waits || s->round != share->round;
	if (share->ns >= SHARE_NS || s->round == share->round)
		return;
	s->round = share->round;
	began = clock_mono();
	stream_read(s); /* may free the stream */
	d->streams.share.ns += clock_mono().ns - began.ns;
}

void
streams_next_turn(struct daemon *d)
{
	if (!d->streams.share.waits)
		d->streams.share.round++;
	d->streams.share.waits = false;
	d->streams.share.ns = 0;
}

static void
stream_connected(struct stream *s)
{
	struct daemon *d = s->daemon;
	int errnum = tcp_connect_result(s->fd);

	if (errnum != 0) {
		stream_failed(s, errnum);
		return;
	}
	s->opened = true;
	loop_interest(s->place, LOOP_IN);
	core_stream_opened(d->core, clock_now(), s->id);
}

static void
stream_event(void *ctx, unsigned int events)
{
	struct stream *s = ctx;
	struct daemon *d = s->daemon;
	uint32_t id = s->id;

	if (!s->opened) {
		stream_connected(s);
		return;
	}
	if ((events & LOOP_OUT) && id != 0) {
		stream_write(s);
		if (stream_find(d, id) != s)
			return;
	}
	if (events & (LOOP_IN | LOOP_HUP))
		stream_turn(s);
}

/* NULL: the descriptor is closed. */
static struct stream *
stream_new(struct daemon *d, int fd, uint32_t id, bool opened)
{
	struct stream *s = calloc(1, sizeof(*s));
	struct err e;

	if (s == NULL)
		goto close;
	s->daemon = d;
	s->id = id;
	s->fd = fd;
	s->opened = opened;
	/* New streams do not delay the next round. */
	s->round = d->streams.share.round;
	if (loop_timer_init(&s->timer, d->loop, stream_timed_out, s, &e) < 0)
		goto free;
	if (loop_add(&s->place, d->loop, fd, opened ? LOOP_IN : LOOP_OUT,
		     stream_event, s, &e) < 0)
		goto fini;
	if (table_put(&d->streams.conns, &s->id, sizeof(s->id), s) < 0)
		goto remove;
	return s;
remove:
	loop_remove(s->place);
fini:
	loop_timer_fini(&s->timer);
free:
	free(s);
close:
	tcp_close(fd, true);
	return NULL;
}

void
streams_accept(void *daemon, int fd, const struct endpoint *remote,
	       const struct endpoint *local)
{
	struct daemon *d = daemon;
	uint32_t id = core_stream_accepted(d->core, clock_now(), remote);

	(void)local;
	if (id == 0)
		tcp_close(fd, true);
	else if (stream_new(d, fd, id, true) == NULL)
		core_stream_closed(d->core, clock_now(), id, CLOSE_BROKEN,
				   "out of memory");
}

void
streams_connect(struct daemon *d, const struct action *a)
{
	struct err e;
	int fd = -1;

	errno = 0;
	if (hostnet_blocks(d, &a->to.addr))
		err_set(&e, ERR_IO,
			"the route of this host to it leads into "
			"%s, the device of the VPN itself",
			tun_name(d->tun));
	else if (d->streams.conns.count + FILES_KEPT >= d->streams.files)
		err_set(&e, ERR_LIMIT,
			"this process may have only %zu files open, see "
			"LimitNOFILE in systemd.exec(5)",
			d->streams.files);
	else
		fd = tcp_connect(&a->to, &a->local, &e);
	if (fd < 0)
		core_stream_closed(d->core, clock_now(), a->conn,
				   stream_reason(errno), e.text);
	else if (stream_new(d, fd, a->conn, false) == NULL)
		core_stream_closed(d->core, clock_now(), a->conn, CLOSE_BROKEN,
				   "out of memory");
}

void
streams_flush(struct daemon *d, uint32_t conn)
{
	struct stream *s = stream_find(d, conn);

	if (s != NULL && s->opened)
		stream_write(s);
}

void
streams_close(struct daemon *d, uint32_t conn)
{
	struct stream *s = stream_find(d, conn);

	if (s == NULL)
		return;
	/* A second close: the time for the first one is over. */
	if (!s->opened || s->closing) {
		stream_end(s, CLOSE_ORDERLY, NULL);
		return;
	}
	s->closing = true;
	loop_timer_set(&s->timer, mono_add_ms(clock_mono(), CLOSE_MS));
	stream_write(s);
}

void
streams_close_all(struct daemon *d)
{
	struct stream *s;
	size_t pos = 0;

	while ((s = table_next(&d->streams.conns, &pos)) != NULL) {
		stream_free(s);
		pos = 0;
	}
	table_free(&d->streams.conns);
	/* stream_free() removes it from the list. */
	while ((s = d->streams.lingering) != NULL)
		stream_free(s); /* NOLINT(clang-analyzer-unix.Malloc) */
}
