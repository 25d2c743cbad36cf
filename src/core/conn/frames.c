/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A TLS connection as a sequence of frames. */
#include "core/conn/frames.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"

int
frames_open(struct frames *s, const struct tls_provider *tls, bool dialler,
	    struct walltime now, const struct tls_judge *judge, struct err *e)
{
	assert(s->tls == NULL);
	memset(s, 0, sizeof(*s));
	buf_init(&s->in, FRAME_MAX);
	s->ops = tls->ops;
	s->tls = tls->ops->open(tls->ctx, dialler, now, judge, e);
	return s->tls == NULL ? -1 : 0;
}

void
frames_free(struct frames *s)
{
	if (s->tls != NULL)
		s->ops->close(s->tls);
	s->tls = NULL;
	buf_free(&s->in);
}

void
frames_feed(struct frames *s, const uint8_t *in, size_t len)
{
	assert(len <= FRAMES_FEED_MAX);
	/* A failure stays and is seen by frames_next(). */
	(void)s->ops->feed(s->tls, in, len);
}

static enum frames_event
end_broken(struct frames *s)
{
	snprintf(s->why, sizeof(s->why), "%s", s->ops->reason(s->tls));
	return FRAMES_BROKEN;
}

static enum frames_event
step_handshake(struct frames *s)
{
	switch (s->ops->handshake(s->tls)) {
	case TLS_OK:
		s->secure = true;
		return FRAMES_SECURE;
	case TLS_AGAIN:
		return FRAMES_NOTHING;
	default:
		return end_broken(s);
	}
}

/* Bytes that the frame still lacks, as far as it is known. */
static size_t
missing_bytes(const struct frames *s)
{
	size_t whole = FRAME_HEADER_LEN;

	if (s->has_head)
		whole += s->head.len;
	return whole - buf_len(&s->in);
}

static enum frames_event
end_misframed(struct frames *s, const struct err *e)
{
	snprintf(s->why, sizeof(s->why), "%s", e->text);
	return FRAMES_MISFRAMED;
}

enum frames_event
frames_next(struct frames *s)
{
	struct err e;

	if (!s->secure)
		return step_handshake(s);
	if (s->taken) {
		buf_clear(&s->in);
		s->taken = s->has_head = false;
	}
	for (;;) {
		size_t want = missing_bytes(s), n = 0;
		uint8_t *p;

		if (want == 0 && s->has_head) {
			s->taken = true;
			return FRAMES_FRAME;
		}
		if (want == 0) {
			if (frame_header_read(&s->head, buf_data(&s->in), &e) <
			    0)
				return end_misframed(s, &e);
			s->has_head = true;
			continue;
		}
		p = buf_reserve(&s->in, want);
		if (p == NULL) {
			(void)err_nomem(&e);
			return end_misframed(s, &e);
		}
		switch (s->ops->read(s->tls, p, want, &n)) {
		case TLS_OK:
			buf_commit(&s->in, n);
			break;
		case TLS_AGAIN:
			return FRAMES_NOTHING;
		case TLS_CLOSED:
			return FRAMES_CLOSED;
		case TLS_FAILED:
			return end_broken(s);
		}
	}
}

const uint8_t *
frames_frame(const struct frames *s, size_t *len)
{
	assert(s->taken);
	*len = buf_len(&s->in);
	return buf_data(&s->in);
}

const uint8_t *
frames_payload(const struct frames *s, size_t *len)
{
	const uint8_t *p = frames_frame(s, len);

	*len -= FRAME_HEADER_LEN;
	return p + FRAME_HEADER_LEN;
}

int
frames_send(struct frames *s, enum frame_type type, const void *payload,
	    size_t len)
{
	uint8_t frame[FRAME_MAX];
	enum tls_status st;

	assert(s->secure);
	frame_header_write(frame, type, len);
	if (len > 0)
		memcpy(frame + FRAME_HEADER_LEN, payload, len);
	st = s->ops->write(s->tls, frame, FRAME_HEADER_LEN + len);
	return st == TLS_OK ? 0 : -1;
}

size_t
frames_drain(struct frames *s, uint8_t *out, size_t cap)
{
	return s->tls == NULL ? 0 : s->ops->drain(s->tls, out, cap);
}

void
frames_shutdown(struct frames *s)
{
	if (s->secure)
		s->ops->shutdown(s->tls);
}
