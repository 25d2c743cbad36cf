/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One TLS connection of an invitation, from either side; never blocks. */
#ifndef TOOL_WIRE_H
#define TOOL_WIRE_H

#include <poll.h>
#include <stdbool.h>

#include "base/buf.h"
#include "crypto/tls.h"
#include "format/invite.h"

struct tool_wire {
	int fd;				/* non-blocking; owned */
	const struct tls_ops *ops;
	struct tls *tls;
	struct buf in;			/* what was read, decrypted */
	struct buf out;			/* what is to be written, encrypted */
	bool up;			/* the handshake is complete */
	bool ended;			/* the other side says no more */
};

/* Takes fd, also on failure. limit: the longest message that is taken. */
int tool_wire_open(struct tool_wire *w, int fd, struct tls_provider tls,
		   bool dialler, size_t limit, struct err *e);
void tool_wire_close(struct tool_wire *w);	/* zeroed is fine */
/* Reads and handles what is there. -1: it is over; an alert for the other
 * side may wait to be written. */
int tool_wire_read(struct tool_wire *w, struct err *e);
/* Writes what can be written. */
int tool_wire_write(struct tool_wire *w, struct err *e);
static inline bool
tool_wire_waits(const struct tool_wire *w)
{
	return buf_len(&w->out) > 0;
}
/* For poll(2). Nothing is read while output waits: the other side does not
 * read it. */
static inline short
tool_wire_events(const struct tool_wire *w)
{
	return tool_wire_waits(w) ? POLLOUT : POLLIN;
}
/* Queues a message, header and all. */
int tool_wire_send(struct tool_wire *w, const struct buf *message,
		   struct err *e);
/* Queues the good-bye. */
void tool_wire_finish(struct tool_wire *w);
/* 1 and the next message, whose payload is in w->in behind the header until
 * tool_wire_next(); 0 when it is not there yet; -1. */
int tool_wire_message(const struct tool_wire *w, struct join_header *h,
		      struct err *e);
void tool_wire_next(struct tool_wire *w, const struct join_header *h);
static inline const uint8_t *
tool_wire_payload(const struct tool_wire *w)
{
	return buf_data(&w->in) + JOIN_HEADER_LEN;
}
/* 32 bytes that both sides of this connection have, and nobody else. */
int tool_wire_export(struct tool_wire *w, uint8_t out[32],
		     const uint8_t id[TOKEN_ID_LEN]);

#endif
