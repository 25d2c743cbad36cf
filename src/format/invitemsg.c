/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The messages between the two processes of "cluevpnctl invite". */
#include "format/invitemsg.h"

#include <assert.h>

#include "base/cursor.h"

size_t
invitemsg_encode(uint8_t out[INVITEMSG_MAX], const struct invitemsg *m)
{
	struct wcur w;

	wcur_init(&w, out, INVITEMSG_MAX);
	wcur_u8(&w, (uint8_t)m->kind);
	wcur_be32(&w, m->conn);
	wcur_be32(&w, m->number);
	wcur_bytes(&w, m->id, sizeof(m->id));
	wcur_bytes(&w, m->hash, sizeof(m->hash));
	wcur_bytes(&w, m->text.p,
		   m->text.len < JOIN_ASK_MAX ? m->text.len : JOIN_ASK_MAX);
	assert(!w.bad);
	return w.len;
}

int
invitemsg_decode(struct invitemsg *out, const void *in, size_t len,
		 struct err *e)
{
	struct invitemsg m = { .kind = INVITE_KINDS };
	struct rcur r;

	rcur_init(&r, in, len);
	m.kind = (enum invitemsg_kind)rcur_u8(&r);
	m.conn = rcur_be32(&r);
	m.number = rcur_be32(&r);
	rcur_bytes(&r, m.id, sizeof(m.id));
	rcur_bytes(&r, m.hash, sizeof(m.hash));
	m.text.len = r.left;
	m.text.p = (const char *)rcur_view(&r, m.text.len);
	if (!rcur_done(&r) || m.kind < INVITE_SETUP || m.kind >= INVITE_KINDS ||
	    m.text.len > JOIN_ASK_MAX)
		return err_set(e, ERR_PROTO, "a message of no known form");
	*out = m;
	return 0;
}
