/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A TLS connection as a sequence of frames. */
#ifndef CORE_CONN_FRAMES_H
#define CORE_CONN_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "crypto/tls.h"
#include "format/ctlmsg.h"

struct frames {
	const struct tls_ops *ops;
	struct tls *tls; /* NULL: not open */
	bool secure;	 /* the handshake is complete */
	bool taken;	 /* the frame in `in` was handed out */
	struct buf in;	 /* the frame that is coming in */
	struct frame_header head;
	bool has_head;
	char why[ERR_TEXT_MAX]; /* reason of FRAMES_BROKEN */
};

/* Zeroed memory is a closed stream. judge: as of tls_ops.open(). 0 or -1. */
int frames_open(struct frames *s, const struct tls_provider *tls, bool dialler,
		struct walltime now, const struct tls_judge *judge,
		struct err *e);
void frames_free(struct frames *s);

/* Bytes from the wire, at most this many a call; then frames_next() until
 * it returns anything but FRAMES_SECURE and FRAMES_FRAME. */
#define FRAMES_FEED_MAX 16384
void frames_feed(struct frames *s, const uint8_t *in, size_t len);

enum frames_event {
	FRAMES_NOTHING,	 /* more bytes are needed */
	FRAMES_SECURE,	 /* the handshake has just been completed */
	FRAMES_FRAME,	 /* a frame is there until the next call */
	FRAMES_CLOSED,	 /* the other side said so */
	FRAMES_BROKEN,	 /* TLS failed: why */
	FRAMES_MISFRAMED /* a frame that cannot be: why */
};

enum frames_event frames_next(struct frames *s);
/* The frame, and the same with its header. */
const uint8_t *frames_payload(const struct frames *s, size_t *len);
const uint8_t *frames_frame(const struct frames *s, size_t *len);

/* Queues a frame; requires secure. -1: TLS failed. */
int frames_send(struct frames *s, enum frame_type type, const void *payload,
		size_t len);
/* Bytes for the wire; 0: none. */
size_t frames_drain(struct frames *s, uint8_t *out, size_t cap);
/* Says goodbye. */
void frames_shutdown(struct frames *s);

#endif
