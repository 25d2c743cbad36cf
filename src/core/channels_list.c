/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The list, as far as the owner of all connections has to do with it. */
#include <stdlib.h>
#include <string.h>

#include "core/action.h"
#include "core/channel.h"

/* A list was decided about: a channel that waited for that has nothing left to
 * do, perhaps. */
static void
settle_lists(struct channels *cs)
{
	bnlsync_settle(cs->sync);
	for (struct channel *ch = cs->all; ch != NULL; ch = ch->next)
		channel_end_if_done(ch);
}

void
channels_list_refuse(struct channels *cs, const struct err *why)
{
	refusal_tell(cs->env, refusal_of(why->code), NULL,
		     "list on disk refused: %s", why->text);
}

void
channels_list_offer(struct channels *cs, const char *raw, size_t len)
{
	uint8_t *copy = NULL;
	struct err e;

	if (len == 0 || len > BNL_BYTES_MAX) {
		(void)err_set(&e, ERR_LIMIT, "its size is %zu bytes", len);
		channels_list_refuse(cs, &e);
		return;
	}
	copy = malloc(len);
	if (copy == NULL) {
		(void)err_nomem(&e);
		channels_list_refuse(cs, &e);
		return;
	}
	memcpy(copy, raw, len);
	bnltake_local(bnlsync_take(cs->sync), copy, len);
}

bool
channels_list_ready(struct channels *cs, uint32_t ticket, const struct bnl *bnl,
		    const struct err *why)
{
	if (bnltake_ready(bnlsync_take(cs->sync), ticket, bnl, why))
		return true;
	settle_lists(cs);
	return false;
}

enum channels_stored
channels_stored(struct channels *cs, uint32_t ticket, bool ok)
{
	if (pairsets_stored(cs->pairs, ticket, ok)) {
		for (struct channel *ch = cs->all; ch != NULL; ch = ch->next)
			channel_pair_poke(ch);
		return STORED_PLAIN;
	}
	switch (bnltake_stored(bnlsync_take(cs->sync), ticket, ok)) {
	case BNLTAKE_APPLY:
		return STORED_LIST_APPLY;
	case BNLTAKE_DISCARD:
		settle_lists(cs);
		return STORED_LIST_DISCARD;
	case BNLTAKE_PLAIN:
		break;
	}
	return STORED_PLAIN;
}

struct channel_heard *
channels_heard(struct channels *cs, const char *peer)
{
	size_t len = strlen(peer);
	struct channel_heard *h = table_get(&cs->heard, peer, len);

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
forget_heard(struct channels *cs)
{
	struct channel_heard *h;
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
channels_list_applied(struct channels *cs)
{
	cs->turnover++;
	bnlsync_applied(cs->sync);
	for (struct channel *ch = cs->all; ch != NULL; ch = ch->next)
		channel_review(ch);
	channels_check_pairs(cs);
	forget_heard(cs);
}

bool
channels_list_untold(const struct channels *cs)
{
	return bnlsync_untold(cs->sync);
}

void
channels_reconf(struct channels *cs)
{
	cs->turnover++;
	bnlround_reconf(bnlsync_round(cs->sync));
}

void
channels_push(struct channels *cs)
{
	bnlsync_push(cs->sync);
}

void
channels_list_news(struct channels *cs, const char *peer,
		   const struct bnl_version *version)
{
	struct bnltake *t = bnlsync_take(cs->sync);

	if (cs->env->bnl == NULL || bnl_find(cs->env->bnl, peer) == NULL)
		return;
	bnlround_news(bnlsync_round(cs->sync), peer, version,
		      bnltake_wants(t, version));
	bnltake_seen(t, peer, version);
}

void
channels_list_replaced(struct channels *cs, const struct bnl_version *version)
{
	bnltake_seen(bnlsync_take(cs->sync), "", version);
}

const struct bnl_version *
channels_list_seen(const struct channels *cs, const char *peer)
{
	const struct bnlpeer *p = bnlpeer_find(bnlsync_peers(cs->sync), peer);

	return p == NULL ? NULL : &p->seen;
}

bool
channels_lack_list(const struct channels *cs)
{
	return cs->env->bnl == NULL || bnltake_stale(bnlsync_take(cs->sync));
}

bool
channels_list_busy(const struct channels *cs)
{
	return bnltake_local_busy(bnlsync_take(cs->sync));
}

const struct bnl_version *
channels_mark(const struct channels *cs)
{
	return bnltake_mark(bnlsync_take(cs->sync));
}

void
channels_mark_reset(struct channels *cs)
{
	struct bnltake *t = bnlsync_take(cs->sync);

	bnltake_mark_reset(t);
	bnlround_hurry(bnlsync_round(cs->sync), bnltake_stale(t));
}
