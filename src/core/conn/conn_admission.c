/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which dialler a listener answers, once it has heard its HELLO. */
#include "core/conn/conn_admission.h"

#include <string.h>

#include "core/conn/admission.h"
#include "core/conn/conn_end.h"
#include "core/conn/conn_heard.h"

#define CONNECTIONS_A_PEER 4   /* dialled by that peer */
#define UNLISTED_GAP_MS 60000  /* between two deliveries of one such name */
#define NEGOTIATIONS_MS 60000  /* in this time */
#define NEGOTIATIONS_A_PEER 60 /* one peer may begin this many */

bool
conn_negotiates(const struct conn *ch)
{
	return ch->pair->theirs.negotiate && !ch->deliver_only &&
	       admission_can_negotiate(ch->ctx->env);
}

/* Each costs two writes that reach the disk. A node that is well asks once in
 * half a minute. */
static bool
asks_too_often(struct conn_heard *h, struct monotime now)
{
	if (h->asked == 0 || mono_ms(h->since, now) >= NEGOTIATIONS_MS) {
		h->asked = 0;
		h->since = now;
	}
	return ++h->asked > NEGOTIATIONS_A_PEER;
}

/*
 * A HELLO that was overtaken by one on a newer connection tells the sender's
 * older state: it is not taken. A newer HELLO ends the negotiations of the same
 * peer on older connections.
 */
static bool
is_newest(const struct conn *ch, struct conn_heard *h)
{
	if (ch->seq < h->seq)
		return false;
	h->seq = ch->seq;
	for (struct conn *c = ch->ctx->all; c != NULL; c = c->next)
		if (c != ch && !c->dialled && c->state >= CONN_ANSWER &&
		    c->state < CONN_OPEN && strcmp(c->peer, ch->peer) == 0)
			conn_end(c, "a newer connection takes its place");
	return true;
}

/* Peers that the list does not admit may deliver a newer one: one at a time
 * over all such names, and one a minute for each name until it is admitted. */
static bool
may_deliver(struct conn *ch)
{
	struct conns *ctx = ch->ctx;
	struct monotime now = ctx->env->now.mono;

	if (!lists_would_take(ctx->lists, ch->peer, &ch->pair->theirs.list))
		return false;
	for (const struct conn *c = ctx->all; c != NULL; c = c->next)
		if (c->list.open && c->deliver_only)
			return false;
	return ratelimit_first(&ctx->unlisted, ch->peer, 0, now,
			       UNLISTED_GAP_MS);
}

/* No node, whatever is wrong with it, has all connections to itself. */
bool
conn_has_too_many(const struct conn *ch)
{
	unsigned int n = 0;

	for (const struct conn *c = ch->ctx->all; c != NULL; c = c->next)
		n += c != ch && !c->dialled && c->state > CONN_TLS &&
		     c->state != CONN_ENDING && strcmp(c->peer, ch->peer) == 0;
	return n >= CONNECTIONS_A_PEER;
}

static bool
admit_negotiation(struct conn *ch)
{
	struct conn_heard *h =
		conn_heard_get(&ch->ctx->heard, ch->ctx->env, ch->peer);

	if (h == NULL || !is_newest(ch, h)) {
		conn_refuse(ch, REFUSE_BUSY, "a newer connection is there");
		return false;
	}
	if (asks_too_often(h, ch->ctx->env->now.mono)) {
		conn_refuse(ch, REFUSE_BUSY, "too many negotiations");
		return false;
	}
	return true;
}

bool
conn_admit_delivery(struct conn *ch)
{
	const char *dialled = ch->dialled ? ch->peer : NULL;
	int code;

	if (!ch->deliver_only || may_deliver(ch))
		return true;
	/* The list may have changed since the handshake. */
	code = admission_check(ch->ctx->env, &ch->cert, dialled);
	conn_refuse(ch, code == ADMIT_YES ? REFUSE_BUSY : code, "");
	return false;
}

bool
conn_admit(struct conn *ch)
{
	if (conn_has_too_many(ch)) {
		conn_refuse(ch, REFUSE_BUSY, "too many connections");
		return false;
	}
	if (!conn_admit_delivery(ch))
		return false;
	return !conn_negotiates(ch) || admit_negotiation(ch);
}
