/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A TLS connection as a sequence of frames. */
#ifndef CORE_STREAM_H
#define CORE_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "crypto/tls.h"
#include "format/ctlmsg.h"

struct stream {
	const struct tls_ops *ops;
	struct tls *tls;		/* NULL: not open */
	bool secure;			/* the handshake is complete */
	bool taken;			/* the frame in `in` was handed out */
	struct buf in;			/* the frame that is coming in */
	struct frame_header head;
	bool has_head;
	char why[ERR_TEXT_MAX];		/* reason of STREAM_BROKEN */
};

/* Zeroed memory is a closed stream. 0 or -1. */
int stream_open(struct stream *s, const struct tls_provider *tls,
		bool dialler, struct walltime now, struct err *e);
void stream_free(struct stream *s);

/* Bytes from the wire, at most this many a call; then stream_next() until
 * it returns anything but STREAM_SECURE and STREAM_FRAME. */
#define STREAM_FEED_MAX 16384
void stream_feed(struct stream *s, const uint8_t *in, size_t len);

enum stream_event {
	STREAM_NOTHING,		/* more bytes are needed */
	STREAM_SECURE,		/* the handshake has just been completed */
	STREAM_FRAME,		/* a frame is there until the next call */
	STREAM_CLOSED,		/* the other side said so */
	STREAM_BROKEN,		/* TLS failed: why */
	STREAM_MISFRAMED	/* a frame that cannot be: why */
};

enum stream_event stream_next(struct stream *s);
/* The frame, and the same with its header. */
const uint8_t *stream_payload(const struct stream *s, size_t *len);
const uint8_t *stream_frame(const struct stream *s, size_t *len);

/* Queues a frame; requires secure. -1: TLS failed. */
int stream_send(struct stream *s, enum frame_type type, const void *payload,
		size_t len);
/* Bytes for the wire; 0: none. */
size_t stream_drain(struct stream *s, uint8_t *out, size_t cap);
/* Says goodbye. */
void stream_shutdown(struct stream *s);

#endif
