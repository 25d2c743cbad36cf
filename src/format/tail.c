/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tails of messages and records. */
#include "format/tail.h"

#include "format/proto.h"

void
tail_init(struct tail *t, const uint8_t *bytes, size_t len)
{
	rcur_init(&t->rest, bytes, len);
	t->last = 0;
}

int
tail_next(struct tail *t, unsigned int *type, struct rcur *value, struct err *e)
{
	const uint8_t *bytes;
	size_t len;

	if (t->rest.left == 0)
		return 0;
	*type = rcur_be16(&t->rest);
	len = rcur_be16(&t->rest);
	bytes = rcur_view(&t->rest, len);
	if (bytes == NULL)
		return err_set(e, ERR_SYNTAX, "an entry is too long");
	if (*type <= t->last)
		return err_set(e, ERR_SYNTAX, "entry %u is out of order",
			       *type);
	t->last = *type;
	rcur_init(value, bytes, len);
	return 1;
}

int
tail_unknown(unsigned int type, struct err *e)
{
	if (type < TAIL_REFUSED)
		return 0;
	return err_set(e, ERR_RANGE, "unknown entry 0x%04x", type);
}

int
tail_skip(const uint8_t *bytes, size_t len, struct err *e)
{
	struct tail t;
	struct rcur value;
	unsigned int type;
	int rc;

	tail_init(&t, bytes, len);
	while ((rc = tail_next(&t, &type, &value, e)) == 1)
		if (tail_unknown(type, e) != 0)
			return -1;
	return rc;
}

void
tail_put(struct wcur *w, unsigned int type, size_t len)
{
	wcur_be16(w, (uint16_t)type);
	wcur_be16(w, (uint16_t)len);
}
