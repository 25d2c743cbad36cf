/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A TLS connection of an invitation, for both sides. */
#include "wire.h"

#include <errno.h>
#include <string.h>

#include "sys/clock.h"
#include "sys/tcp.h"

#define PIECE 16384
#define OUT_MAX ((size_t)JOIN_GIVE_MAX + JOIN_GIVE_MAX / 8)
#define SLACK ((size_t)JOIN_REFUSE_MAX) /* bytes that may follow a message */

int
wire_open(struct wire *w, int fd, struct tls_provider tls, bool dialler,
	  size_t limit, struct err *e)
{
	memset(w, 0, sizeof(*w));
	buf_init(&w->in, limit + JOIN_HEADER_LEN + SLACK);
	buf_init(&w->out, OUT_MAX);
	w->fd = fd;
	w->ops = tls.ops;
	w->tls = w->ops->open(tls.ctx, dialler, clock_wall(), NULL, e);
	if (w->tls != NULL)
		return 0;
	wire_close(w);
	return -1;
}

void
wire_close(struct wire *w)
{
	if (w->ops == NULL)
		return;
	w->ops->close(w->tls);
	tcp_close(w->fd, false);
	buf_free(&w->in);
	buf_free(&w->out);
	memset(w, 0, sizeof(*w));
}

/* Moves the engine's output to the socket buffer. */
static int
drain_engine(struct wire *w, struct err *e)
{
	uint8_t piece[PIECE];
	size_t n;

	while ((n = w->ops->drain(w->tls, piece, sizeof(piece))) > 0)
		if (buf_put(&w->out, piece, n) != 0)
			return err_nomem(e);
	return 0;
}

static int
tls_failed(struct wire *w, struct err *e)
{
	return err_set(e, ERR_PROTO, "%s", w->ops->reason(w->tls));
}

/* Advances the engine as far as possible. */
static int
go_on(struct wire *w, struct err *e)
{
	uint8_t piece[PIECE];
	enum tls_status st;
	size_t n;

	if (!w->up) {
		st = w->ops->handshake(w->tls);
		if (st == TLS_AGAIN)
			return 0;
		if (st != TLS_OK)
			return tls_failed(w, e);
		w->up = true;
	}
	while ((st = w->ops->read(w->tls, piece, sizeof(piece), &n)) == TLS_OK)
		if (buf_put(&w->in, piece, n) != 0)
			return err_set(e, ERR_LIMIT,
				       "it sends more than was asked for");
	if (st == TLS_CLOSED)
		w->ended = true;
	return st == TLS_FAILED ? tls_failed(w, e) : 0;
}

int
wire_read(struct wire *w, struct err *e)
{
	uint8_t piece[PIECE];
	size_t n = 0;
	int rc = 0;

	switch (tcp_read(w->fd, piece, sizeof(piece), &n)) {
	case TCP_OK:
		if (w->ops->feed(w->tls, piece, n) != TLS_OK)
			rc = tls_failed(w, e);
		break;
	case TCP_AGAIN:
		break;
	case TCP_EOF:
		if (!w->ended)
			rc = err_set(e, ERR_PROTO,
				     "the other side closed the connection");
		return rc;
	default:
		return err_errno(e, errno, "the connection");
	}
	if (rc == 0)
		rc = go_on(w, e);
	return drain_engine(w, rc == 0 ? e : NULL) != 0 ? -1 : rc;
}

int
wire_write(struct wire *w, struct err *e)
{
	size_t n;

	if (!w->up && w->tls != NULL && !wire_waits(w) &&
	    (go_on(w, e) != 0 || drain_engine(w, e) != 0))
		return -1;
	while (wire_waits(w)) {
		switch (tcp_write(w->fd, buf_data(&w->out), buf_len(&w->out),
				  &n)) {
		case TCP_OK:
			buf_consume(&w->out, n);
			break;
		case TCP_AGAIN:
			return 0;
		default:
			return err_errno(e, errno, "the connection");
		}
	}
	return 0;
}

int
wire_send(struct wire *w, const struct buf *message, struct err *e)
{
	if (w->ops->write(w->tls, buf_data(message), buf_len(message)) !=
	    TLS_OK)
		return tls_failed(w, e);
	return drain_engine(w, e);
}

void
wire_finish(struct wire *w)
{
	w->ops->shutdown(w->tls);
	(void)drain_engine(w, NULL);
}

int
wire_message(const struct wire *w, struct join_header *h, struct err *e)
{
	if (buf_len(&w->in) < JOIN_HEADER_LEN)
		return 0;
	if (join_header_read(h, buf_data(&w->in), e) != 0)
		return -1;
	if (h->len + JOIN_HEADER_LEN + SLACK > w->in.limit)
		return err_set(e, ERR_LIMIT, "a message of %zu bytes", h->len);
	return buf_len(&w->in) >= JOIN_HEADER_LEN + h->len;
}

void
wire_next(struct wire *w, const struct join_header *h)
{
	buf_consume(&w->in, JOIN_HEADER_LEN + h->len);
}

int
wire_export(struct wire *w, uint8_t out[32], const uint8_t id[TOKEN_ID_LEN])
{
	return w->ops->export_key(w->tls, LABEL_JOIN_EXPORT, id, TOKEN_ID_LEN,
				  out, 32);
}
