/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The list in force: the face of its parts. */
#include "core/list/lists.h"

#include <stdlib.h>
#include <string.h>

#include "core/action.h"
#include "core/list/diffs.h"
#include "core/list/gossip.h"
#include "core/list/standing.h"
#include "core/list/transfer.h"

struct lists {
	struct core_env *env;
	struct standings peers;
	struct diffs diffs;
	struct gossip *gossip;
	struct install *install;
	struct transfer *transfer;
	struct bnl *held; /* env->held */
};

struct lists *
lists_new(struct core_env *env, const struct bnl_version *mark)
{
	struct lists *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return NULL;
	l->env = env;
	standings_init(&l->peers, env);
	diffs_init(&l->diffs, &env->version);
	l->gossip = gossip_new(env, &l->peers, &l->diffs);
	l->install = install_new(env, mark);
	if (l->gossip == NULL || l->install == NULL)
		goto nomem;
	l->transfer =
		transfer_new(env, &l->peers, &l->diffs, l->gossip, l->install);
	if (l->transfer == NULL)
		goto nomem;
	gossip_hurry(l->gossip, env->stale);
	return l;
nomem:
	lists_free(l);
	return NULL;
}

void
lists_free(struct lists *l)
{
	if (l == NULL)
		return;
	transfer_free(l->transfer);
	gossip_free(l->gossip);
	install_free(l->install);
	diffs_free(&l->diffs);
	standings_free(&l->peers);
	l->env->held = NULL;
	bnl_free(l->held);
	free(l);
}

struct transfer *
lists_transfer(const struct lists *l)
{
	return l->transfer;
}

void
lists_refuse(struct lists *l, const struct err *why)
{
	refusal_tell(l->env, refusal_of(why->code), NULL,
		     "list on disk refused: %s", why->text);
}

void
lists_offer(struct lists *l, const char *raw, size_t len)
{
	uint8_t *copy = NULL;
	struct err e;

	if (len == 0 || len > BNL_BYTES_MAX) {
		(void)err_set(&e, ERR_LIMIT, "its size is %zu bytes", len);
		lists_refuse(l, &e);
		return;
	}
	copy = malloc(len);
	if (copy == NULL) {
		(void)err_nomem(&e);
		lists_refuse(l, &e);
		return;
	}
	memcpy(copy, raw, len);
	install_local(l->install, copy, len);
}

bool
lists_ready(struct lists *l, uint32_t ticket, const struct bnl *bnl,
	    const struct err *why)
{
	if (install_ready(l->install, ticket, bnl, why))
		return true;
	transfer_settle(l->transfer);
	return false;
}

enum install_stored
lists_stored(struct lists *l, uint32_t ticket, bool ok)
{
	enum install_stored s = install_stored(l->install, ticket, ok);

	if (s == INSTALL_DISCARD)
		transfer_settle(l->transfer);
	return s;
}

static void
set_held(struct lists *l, struct bnl *b)
{
	bnl_free(l->held);
	l->held = b;
	l->env->held = b;
}

/* Forgets the held list, also on the disk. */
static void
drop_held(struct lists *l)
{
	if (l->held == NULL)
		return;
	set_held(l, NULL);
	(void)actions_add(l->env->actions, ACTION_STORE_HELD);
}

void
lists_applied(struct lists *l)
{
	if (l->held != NULL &&
	    bnl_version_cmp(&l->held->version, &l->env->version) <= 0)
		drop_held(l);
	transfer_applied(l->transfer);
}

void
lists_review(struct lists *l, struct entry *e)
{
	if (e->standing != NULL)
		gossip_review(l->gossip, e->standing);
}

void
lists_hold(struct lists *l, struct bnl *b)
{
	set_held(l, b);
	transfer_applied(l->transfer);
}

void
lists_hold_first(struct lists *l, struct bnl *b)
{
	if (install_may_hold(l->env, b, lists_mark(l)))
		set_held(l, b);
	else
		bnl_free(b);
}

void
lists_push(struct lists *l)
{
	transfer_push(l->transfer);
}

bool
lists_is_own(const struct lists *l)
{
	return transfer_is_own(l->transfer);
}

void
lists_reconf(struct lists *l)
{
	gossip_reconf(l->gossip);
}

bool
lists_busy(const struct lists *l)
{
	return install_local_busy(l->install);
}

bool
lists_lacking(const struct lists *l)
{
	return l->env->bnl == NULL || l->env->stale;
}

const struct bnl_version *
lists_mark(const struct lists *l)
{
	return install_mark(l->install);
}

void
lists_mark_reset(struct lists *l)
{
	install_mark_reset(l->install);
	if (l->held != NULL) {
		drop_held(l);
		transfer_applied(l->transfer);
	}
	gossip_hurry(l->gossip, false);
}

/* --- lists of other nodes ------------------------------------------------- */

void
lists_news(struct lists *l, const char *peer, const struct bnl_version *version)
{
	if (l->env->bnl == NULL || bnl_find(l->env->bnl, peer) == NULL)
		return;
	gossip_news(l->gossip, peer, version,
		    install_wants(l->install, version));
	install_seen(l->install, peer, version);
}

void
lists_seen(struct lists *l, const char *peer, const struct bnl_version *version)
{
	gossip_seen(l->gossip, peer, version);
}

void
lists_replaced(struct lists *l, const struct bnl_version *version)
{
	install_seen(l->install, "", version);
}

const struct bnl_version *
lists_of(const struct entry *e)
{
	return e->standing == NULL ? NULL : &e->standing->seen;
}

bool
lists_would_take(const struct lists *l, const char *peer,
		 const struct bnl_version *version)
{
	return install_wants(l->install, version) &&
	       !standings_mute(&l->peers, peer, l->env->now.mono);
}

/* --- connections that are wanted for lists -------------------------------- */

bool
lists_idle(const struct lists *l)
{
	return gossip_idle(l->gossip);
}

enum gossip_want
lists_next(struct lists *l, size_t spare, char peer[NODE_NAME_MAX + 1])
{
	return gossip_next(l->gossip, spare, peer);
}

void
lists_unreachable(struct lists *l, const char *peer)
{
	gossip_failed(l->gossip, peer);
}

void
lists_told(struct lists *l, const char *peer)
{
	gossip_told(l->gossip, peer);
}

struct monotime
lists_deadline(const struct lists *l)
{
	return gossip_deadline(l->gossip);
}

void
lists_tick(struct lists *l, size_t spare)
{
	gossip_tick(l->gossip, spare);
}
