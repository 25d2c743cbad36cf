/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Frames on the TLS connection: headers, refusals and list messages. */
#include "format/ctlmsg.h"

#include <assert.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cursor.h"

static const struct {
	const char *name;
	uint16_t min, max; /* bytes of payload */
} frames[FRAME_TYPES] = {
	[FRAME_HELLO] = { "hello", 2, FRAME_HELLO_MAX },
	[FRAME_CONFIRM] = { "confirm", PROTO_CONFIRM_LEN, PROTO_CONFIRM_LEN },
	[FRAME_READY] = { "ready", 0, 0 },
	[FRAME_REFUSE] = { "refuse", 2 + BNL_VERSION_WIRE_LEN,
			   FRAME_REFUSE_MAX },
	[FRAME_LIST_QUERY] = { "list-query", LIST_ASK_LEN, LIST_ASK_LEN },
	[FRAME_LIST_HAVE] = { "list-have", LIST_HAVE_LEN, LIST_HAVE_LEN },
	[FRAME_LIST_GET] = { "list-get", LIST_GET_LEN, LIST_GET_LEN },
	[FRAME_LIST_DATA] = { "list-data", 1, FRAME_LIST_DATA_MAX },
	[FRAME_LIST_DIFF] = { "list-diff", LIST_DIFF_LEN, LIST_DIFF_LEN },
};

int
frame_header_read(struct frame_header *out, const uint8_t in[FRAME_HEADER_LEN],
		  struct err *e)
{
	uint8_t type = in[0];
	uint16_t len = get_be16(in + 2);

	if (type == 0 || type >= FRAME_TYPES)
		return err_set(e, ERR_PROTO, "unknown frame type %u", type);
	if (in[1] != 0)
		return err_set(e, ERR_PROTO, "a frame header is not clean");
	if (len < frames[type].min || len > frames[type].max)
		return err_set(e, ERR_PROTO, "a %s frame of %u bytes",
			       frames[type].name, len);
	out->type = (enum frame_type)type;
	out->len = len;
	return 0;
}

void
frame_header_write(uint8_t out[FRAME_HEADER_LEN], enum frame_type type,
		   size_t len)
{
	assert(len >= frames[type].min && len <= frames[type].max);
	out[0] = (uint8_t)type;
	out[1] = 0;
	put_be16(out + 2, (uint16_t)len);
}

const char *
frame_name(enum frame_type type)
{
	assert(type > 0 && type < FRAME_TYPES);
	return frames[type].name;
}

size_t
refuse_encode(uint8_t out[FRAME_REFUSE_MAX], const struct refuse *r)
{
	uint8_t version[BNL_VERSION_WIRE_LEN];
	size_t len = strlen(r->text);
	struct wcur w;

	bnl_version_write(version, &r->list);
	wcur_init(&w, out, FRAME_REFUSE_MAX);
	wcur_u8(&w, r->code);
	wcur_bytes(&w, version, sizeof(version));
	wcur_u8(&w, (uint8_t)len);
	wcur_bytes(&w, r->text, len);
	assert(!w.bad);
	return w.len;
}

int
refuse_decode(struct refuse *out, const uint8_t *in, size_t len, struct err *e)
{
	struct refuse r = { .code = 0 };
	uint8_t version[BNL_VERSION_WIRE_LEN];
	const uint8_t *text;
	size_t textlen;
	struct rcur c;

	rcur_init(&c, in, len);
	r.code = rcur_u8(&c);
	rcur_bytes(&c, version, sizeof(version));
	textlen = rcur_u8(&c);
	text = rcur_view(&c, textlen);
	if (!rcur_done(&c) || text == NULL)
		return err_set(e, ERR_PROTO, "a refusal of a wrong length");
	if (textlen >= sizeof(r.text) ||
	    !text_is_utf8((const char *)text, textlen))
		return err_set(e, ERR_PROTO, "a refusal whose text is none");
	memcpy(r.text, text, textlen);
	bnl_version_read(&r.list, version);
	*out = r;
	return 0;
}

const char *
refuse_name(uint8_t code)
{
	switch (code) {
	case REFUSE_VERSION:
		return "other protocol version";
	case REFUSE_NOT_LISTED:
		return "not in the list";
	case REFUSE_REVOKED:
		return "revoked key";
	case REFUSE_PIN:
		return "the list pins another key";
	case REFUSE_OU:
		return "wrong organisational unit";
	case REFUSE_WRONG_NAME:
		return "wrong name";
	case REFUSE_NOTHING_IN_COMMON:
		return "no algorithm in common";
	case REFUSE_BUSY:
		return "busy";
	case REFUSE_PROTOCOL:
		return "protocol broken";
	default:
		return "unknown reason";
	}
}

void
list_have_encode(uint8_t out[LIST_HAVE_LEN], const struct list_have *h)
{
	bnl_version_write(out, &h->version);
	put_be32(out + BNL_VERSION_WIRE_LEN, h->len);
}

void
list_have_decode(struct list_have *out, const uint8_t in[LIST_HAVE_LEN])
{
	bnl_version_read(&out->version, in);
	out->len = get_be32(in + BNL_VERSION_WIRE_LEN);
}
