/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A TLS connection of an invitation, for both sides; never blocks. */
#ifndef TOOLS_WIRE_H
#define TOOLS_WIRE_H

#include <poll.h>
#include <stdbool.h>

#include "base/buf.h"
#include "crypto/tls.h"
#include "format/invite.h"

struct wire {
	int fd; /* non-blocking; owned */
	const struct tls_ops *ops;
	struct tls *tls;
	struct buf in;	/* received, decrypted */
	struct buf out; /* to be sent, encrypted */
	bool up;	/* the handshake is complete */
	bool ended;	/* the other side has closed */
};

/* Takes over fd, also on failure. limit: the longest message accepted. */
int wire_open(struct wire *w, int fd, struct tls_provider tls, bool dialler,
	      size_t limit, struct err *e);
void wire_close(struct wire *w); /* zeroed is fine */
/* Reads and handles input. -1: the connection has failed; an alert for the
 * other side may wait to be written. */
int wire_read(struct wire *w, struct err *e);
/* Writes as much as possible. */
int wire_write(struct wire *w, struct err *e);
static inline bool
wire_waits(const struct wire *w)
{
	return buf_len(&w->out) > 0;
}
/* Events for poll(2). Reads nothing while output waits, since the other side
 * does not read it. */
static inline short
wire_events(const struct wire *w)
{
	return wire_waits(w) ? POLLOUT : POLLIN;
}
/* Queues a message with its header. */
int wire_send(struct wire *w, const struct buf *message, struct err *e);
/* Queues close_notify. */
void wire_finish(struct wire *w);
/* 1 and the next message, whose payload is in w->in after the header until
 * wire_next(); 0 when it is incomplete; -1. */
int wire_message(const struct wire *w, struct join_header *h, struct err *e);
void wire_next(struct wire *w, const struct join_header *h);
static inline const uint8_t *
wire_payload(const struct wire *w)
{
	return buf_data(&w->in) + JOIN_HEADER_LEN;
}
/* Exports 32 bytes that only the two sides of this connection know. */
int wire_export(struct wire *w, uint8_t out[32],
		const uint8_t id[TOKEN_ID_LEN]);

#endif
