/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads and writes wire bytes; an error is remembered until the end. */
#include "base/cursor.h"

#include <string.h>

#include "base/bytes.h"

void
rcur_init(struct rcur *c, const void *data, size_t len)
{
	/* Adding to the null pointer of an empty input would be undefined. */
	c->end = data != NULL ? (const uint8_t *)data + len : NULL;
	c->left = len;
	c->bad = false;
}

const uint8_t *
rcur_view(struct rcur *c, size_t len)
{
	const uint8_t *p;

	if (c->bad || len > c->left) {
		c->bad = true;
		return NULL;
	}
	if (c->end == NULL)
		return (const uint8_t *)"";
	p = c->end - c->left;
	c->left -= len;
	return p;
}

uint8_t
rcur_u8(struct rcur *c)
{
	const uint8_t *p = rcur_view(c, 1);

	return p != NULL ? *p : 0;
}

uint16_t
rcur_be16(struct rcur *c)
{
	const uint8_t *p = rcur_view(c, 2);

	return p != NULL ? get_be16(p) : 0;
}

uint32_t
rcur_be32(struct rcur *c)
{
	const uint8_t *p = rcur_view(c, 4);

	return p != NULL ? get_be32(p) : 0;
}

uint64_t
rcur_be64(struct rcur *c)
{
	const uint8_t *p = rcur_view(c, 8);

	return p != NULL ? get_be64(p) : 0;
}

void
rcur_bytes(struct rcur *c, void *out, size_t len)
{
	const uint8_t *p = rcur_view(c, len);

	if (len == 0)
		return;
	if (p != NULL)
		memcpy(out, p, len);
	else
		memset(out, 0, len);
}

bool
rcur_done(const struct rcur *c)
{
	return !c->bad && c->left == 0;
}

void
wcur_init(struct wcur *c, void *out, size_t cap)
{
	c->base = out;
	c->cap = cap;
	c->len = 0;
	c->bad = false;
}

static uint8_t *
take_room(struct wcur *c, size_t len)
{
	uint8_t *p;

	if (c->bad || len > c->cap - c->len) {
		c->bad = true;
		return NULL;
	}
	p = c->base + c->len;
	c->len += len;
	return p;
}

void
wcur_u8(struct wcur *c, uint8_t v)
{
	uint8_t *p = take_room(c, 1);

	if (p != NULL)
		*p = v;
}

void
wcur_be16(struct wcur *c, uint16_t v)
{
	uint8_t *p = take_room(c, 2);

	if (p != NULL)
		put_be16(p, v);
}

void
wcur_be32(struct wcur *c, uint32_t v)
{
	uint8_t *p = take_room(c, 4);

	if (p != NULL)
		put_be32(p, v);
}

void
wcur_be64(struct wcur *c, uint64_t v)
{
	uint8_t *p = take_room(c, 8);

	if (p != NULL)
		put_be64(p, v);
}

void
wcur_bytes(struct wcur *c, const void *in, size_t len)
{
	uint8_t *p = len != 0 ? take_room(c, len) : NULL;

	if (p != NULL)
		memcpy(p, in, len);
}
