/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The list, as far as the owner of all connections has to do with it. */
#include <stdlib.h>
#include <string.h>

#include "core/action.h"
#include "core/conn/conn.h"

/* A list was decided about: a connection that waited for that has nothing left to
 * do, perhaps. */
static void
settle_lists(struct conns *cs)
{
	transfer_settle(cs->sync);
	for (struct conn *ch = cs->all; ch != NULL; ch = ch->next)
		conn_end_if_done(ch);
}

void
conns_list_refuse(struct conns *cs, const struct err *why)
{
	refusal_tell(cs->env, refusal_of(why->code), NULL,
		     "list on disk refused: %s", why->text);
}

void
conns_list_offer(struct conns *cs, const char *raw, size_t len)
{
	uint8_t *copy = NULL;
	struct err e;

	if (len == 0 || len > BNL_BYTES_MAX) {
		(void)err_set(&e, ERR_LIMIT, "its size is %zu bytes", len);
		conns_list_refuse(cs, &e);
		return;
	}
	copy = malloc(len);
	if (copy == NULL) {
		(void)err_nomem(&e);
		conns_list_refuse(cs, &e);
		return;
	}
	memcpy(copy, raw, len);
	install_local(transfer_take(cs->sync), copy, len);
}

bool
conns_list_ready(struct conns *cs, uint32_t ticket, const struct bnl *bnl,
		    const struct err *why)
{
	if (install_ready(transfer_take(cs->sync), ticket, bnl, why))
		return true;
	settle_lists(cs);
	return false;
}

enum conns_stored
conns_stored(struct conns *cs, uint32_t ticket, bool ok)
{
	if (secret_store_stored(cs->pairs, ticket, ok)) {
		for (struct conn *ch = cs->all; ch != NULL; ch = ch->next)
			conn_pair_poke(ch);
		return STORED_PLAIN;
	}
	switch (install_stored(transfer_take(cs->sync), ticket, ok)) {
	case INSTALL_APPLY:
		return STORED_LIST_APPLY;
	case INSTALL_DISCARD:
		settle_lists(cs);
		return STORED_LIST_DISCARD;
	case INSTALL_PLAIN:
		break;
	}
	return STORED_PLAIN;
}

struct conn_heard *
conns_heard(struct conns *cs, const char *peer)
{
	size_t len = strlen(peer);
	struct conn_heard *h = table_get(&cs->heard, peer, len);

	if (h != NULL)
		return h;
	if (cs->env->bnl == NULL || bnl_find(cs->env->bnl, peer) == NULL)
		return NULL;
	h = calloc(1, sizeof(*h));
	if (h == NULL)
		return NULL;
	memcpy(h->peer, peer, len);
	if (table_put(&cs->heard, h->peer, len, h) < 0) {
		free(h);
		return NULL;
	}
	return h;
}

/* Names that are no nodes any more are not remembered. */
static void
forget_heard(struct conns *cs)
{
	struct conn_heard *h;
	size_t pos = 0;

	while ((h = table_next(&cs->heard, &pos)) != NULL) {
		if (bnl_find(cs->env->bnl, h->peer) != NULL)
			continue;
		table_remove(&cs->heard, h->peer, strlen(h->peer));
		free(h);
		pos--; /* the one behind may have moved here */
	}
}

void
conns_list_applied(struct conns *cs)
{
	cs->turnover++;
	transfer_applied(cs->sync);
	for (struct conn *ch = cs->all; ch != NULL; ch = ch->next)
		conn_review(ch);
	conns_check_pairs(cs);
	forget_heard(cs);
}

bool
conns_list_untold(const struct conns *cs)
{
	return transfer_untold(cs->sync);
}

void
conns_reconf(struct conns *cs)
{
	cs->turnover++;
	gossip_reconf(transfer_round(cs->sync));
}

void
conns_push(struct conns *cs)
{
	transfer_push(cs->sync);
}

void
conns_list_news(struct conns *cs, const char *peer,
		   const struct bnl_version *version)
{
	struct install *t = transfer_take(cs->sync);

	if (cs->env->bnl == NULL || bnl_find(cs->env->bnl, peer) == NULL)
		return;
	gossip_news(transfer_round(cs->sync), peer, version,
		      install_wants(t, version));
	install_seen(t, peer, version);
}

void
conns_list_replaced(struct conns *cs, const struct bnl_version *version)
{
	install_seen(transfer_take(cs->sync), "", version);
}

const struct bnl_version *
conns_list_seen(const struct conns *cs, const char *peer)
{
	const struct standing *p = standing_find(transfer_peers(cs->sync), peer);

	return p == NULL ? NULL : &p->seen;
}

bool
conns_lack_list(const struct conns *cs)
{
	return cs->env->bnl == NULL || install_stale(transfer_take(cs->sync));
}

bool
conns_list_busy(const struct conns *cs)
{
	return install_local_busy(transfer_take(cs->sync));
}

const struct bnl_version *
conns_mark(const struct conns *cs)
{
	return install_mark(transfer_take(cs->sync));
}

void
conns_mark_reset(struct conns *cs)
{
	struct install *t = transfer_take(cs->sync);

	install_mark_reset(t);
	gossip_hurry(transfer_round(cs->sync), install_stale(t));
}
