/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The LIST_* frames that a connection sends, made when the wire takes them. */
#include "core/list/transfer_impl.h"

#include <string.h>

#include "base/bytes.h"

size_t
transfer_make_have(const struct transfer *s, uint8_t payload[LIST_HAVE_LEN])
{
	const struct bnl *b = core_env_served(s->env);
	struct list_have h = { .version = *core_env_serves(s->env) };

	if (b != NULL)
		h.len = (uint32_t)b->rawlen;
	list_have_encode(payload, &h);
	return LIST_HAVE_LEN;
}

/* The version wanted, and the list in force as the base of a difference. */
static size_t
make_get(const struct transfer *s, struct transfer_conn *c, uint8_t *payload)
{
	static const struct bnl_version none;
	const struct standing *p = standing_find(s->peers, c->peer);
	bool whole = s->env->bnl == NULL || (p != NULL && p->whole);

	c->base = whole ? none : s->env->bnl->version;
	bnl_version_write(payload, &c->have.version);
	bnl_version_write(payload + BNL_VERSION_WIRE_LEN, &c->base);
	return LIST_GET_LEN;
}

static size_t
make_data(const struct transfer *s, struct transfer_conn *c, uint8_t *payload)
{
	const struct bnl *b = core_env_served(s->env);
	const uint8_t *all =
		c->diff != NULL ? c->diff->bytes : (const uint8_t *)b->raw;
	size_t len = c->diff != NULL ? c->diff->len : b->rawlen;
	size_t n = len - c->sent;

	if (n > FRAME_LIST_DATA_MAX)
		n = FRAME_LIST_DATA_MAX;
	memcpy(payload, all + c->sent, n);
	c->sent += n;
	if (c->sent == len)
		c->sending = false;
	return n;
}

bool
transfer_next_frame(struct transfer *s, struct transfer_conn *c,
		    enum frame_type *type, uint8_t payload[FRAME_PAYLOAD_MAX],
		    size_t *len)
{
	c->armed = false;
	if (!c->open)
		return false;
	if (c->say_have) {
		c->say_have = false;
		*type = FRAME_LIST_HAVE;
		*len = transfer_make_have(s, payload);
	} else if (c->say_query) {
		c->say_query = false;
		*type = FRAME_LIST_QUERY;
		bnl_version_write(payload, core_env_serves(s->env));
		*len = LIST_ASK_LEN;
	} else if (c->say_get) {
		c->say_get = false;
		*type = FRAME_LIST_GET;
		*len = make_get(s, c, payload);
	} else if (c->sending && c->say_diff) {
		c->say_diff = false;
		*type = FRAME_LIST_DIFF;
		put_be32(payload, (uint32_t)c->diff->len);
		*len = LIST_DIFF_LEN;
	} else if (c->sending) {
		*type = FRAME_LIST_DATA;
		*len = make_data(s, c, payload);
	} else {
		return false;
	}
	return true;
}
