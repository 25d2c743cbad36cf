/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The reading half of the cursor as the decoders may know it: any call may find
 * the input at its end, and bytes that are there have any content. That the
 * real one keeps to it is what target cursor shows. Each view is the end of an
 * array of its own, so that reading beyond it is seen.
 */
#include <string.h>

#include "prove.h"
#include "base/cursor.h"

#define VIEW_MAX 256
/* Bytes up to this one are told apart. */
#ifndef EACH_MAX
#define EACH_MAX UINT8_MAX
#endif

static uint8_t view[VIEW_MAX];
/* The byte that was read last, until something else is: perhaps the length of
 * what follows. States that differ in it are looked at one by one. */
uint8_t last_byte;

void
rcur_init(struct rcur *c, const void *data, size_t len)
{
	c->end = data;
	c->left = len;
	c->bad = false;
}

/* Of a longer view only so many bytes are shown. */
const uint8_t *
rcur_view(struct rcur *c, size_t len)
{
	if (c->bad || len > c->left) {
		c->bad = true;
		return NULL;
	}
	c->left = ANY(0, c->left);
	if (len == 0)
		return (const uint8_t *)"";
	FILL(view);
	return len > VIEW_MAX ? view : LAST(view, len);
}

static uint64_t
number(struct rcur *c, size_t len, uint64_t max)
{
	last_byte = 0;
	return rcur_view(c, len) != NULL ? ANY(0, max) : 0;
}

uint8_t
rcur_u8(struct rcur *c)
{
	uint8_t byte = (uint8_t)number(c, 1, UINT8_MAX);

	if (byte > EACH_MAX) {
		last_byte = UINT8_MAX;
		return byte;
	}
	last_byte = byte;
	return last_byte;
}

uint16_t
rcur_be16(struct rcur *c)
{
	return (uint16_t)number(c, 2, UINT16_MAX);
}

uint32_t
rcur_be32(struct rcur *c)
{
	return (uint32_t)number(c, 4, UINT32_MAX);
}

uint64_t
rcur_be64(struct rcur *c)
{
	return number(c, 8, UINT64_MAX);
}

void
rcur_bytes(struct rcur *c, void *out, size_t len)
{
	last_byte = 0;
	(void)rcur_view(c, len);
	if (len != 0)
		Frama_C_make_unknown(out, len);
}

bool
rcur_done(const struct rcur *c)
{
	return !c->bad && c->left == 0;
}
