/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hooks, events and notes about the difference between two lists. */
#include "core/peer/announce.h"

#include <string.h>

#include "core/core_impl.h"

/* --- hooks ---------------------------------------------------------------- */

/* Whether there is anything to be done: of a list of 10,000 nodes 30,000 hooks
 * that run nothing would be most of the work. */
static bool
has_hook(const struct conf *conf, enum hook_kind kind)
{
	if (conf->changecmd != NULL)
		return true;
	switch (kind) {
	case HOOK_NODE_UP:
		return conf->nodeupcmd != NULL;
	case HOOK_NODE_DOWN:
		return conf->nodedowncmd != NULL;
	case HOOK_SUBNET_UP:
		return conf->subnetupcmd != NULL;
	case HOOK_SUBNET_DOWN:
		return conf->subnetdowncmd != NULL;
	case HOOK_MYSUBNET_UP:
		return conf->autoconf || conf->mysubnetupcmd != NULL;
	case HOOK_MYSUBNET_DOWN:
		return conf->autoconf || conf->mysubnetdowncmd != NULL;
	}
	return false;
}

static void
queue_hook(struct core *c, enum hook_kind kind, const struct bnl_node *node,
	   const struct prefix *subnet, uint8_t covering)
{
	struct action *a;

	if (!has_hook(c->env.conf, kind))
		return;
	a = actions_add(&c->actions, ACTION_RUN_HOOK);
	if (a == NULL)
		return;
	a->hook = kind;
	memcpy(a->peer, node->name, strlen(node->name) + 1);
	if (subnet != NULL)
		a->subnet = *subnet;
	a->covering = covering;
}

static bool
has_subnet(const struct bnl_node *node, const struct prefix *p)
{
	for (uint32_t i = 0; node != NULL && i < node->nsubnets; i++)
		if (prefix_cmp(&node->subnets[i], p) == 0)
			return true;
	return false;
}

/* Hooks for `node` of `have` and its subnets, unless its namesake `other` of
 * `lack` (both NULL: no list) has them. For a subnet of our own the network's
 * prefix around it counts as well: the device's address has its length. */
static void
hooks_difference(struct core *c, const struct bnl *have,
		 const struct bnl_node *node, const struct bnl *lack,
		 const struct bnl_node *other, bool up)
{
	bool own = strcmp(node->name, c->self) == 0;
	enum hook_kind subnet_hook =
		own ? (up ? HOOK_MYSUBNET_UP : HOOK_MYSUBNET_DOWN) :
		      (up ? HOOK_SUBNET_UP : HOOK_SUBNET_DOWN);

	if (up && other == NULL && !own)
		queue_hook(c, HOOK_NODE_UP, node, NULL, 0);
	for (uint32_t i = 0; i < node->nsubnets; i++) {
		const struct prefix *p = &node->subnets[i];
		uint8_t covering = own ? bnl_covering_len(have, p) : 0;

		if (!has_subnet(other, p) ||
		    (own && bnl_covering_len(lack, p) != covering))
			queue_hook(c, subnet_hook, node, p, covering);
	}
	if (!up && other == NULL && !own)
		queue_hook(c, HOOK_NODE_DOWN, node, NULL, 0);
}

void
announce_all(struct core *c, const struct bnl *b, bool up)
{
	for (uint32_t i = 0; b != NULL && i < b->nnodes; i++)
		hooks_difference(c, b, &b->nodes[i], NULL, NULL, up);
}

/* The prefix around a subnet of our own may be another one, though the node
 * itself is the same. */
static void
hooks_self(struct core *c, const struct list_changes *cs, bool up)
{
	const struct bnl *have = up ? cs->now : cs->was;
	const struct bnl *lack = up ? cs->was : cs->now;
	const struct bnl_node *node = bnl_find(have, c->self);
	const struct bnl_node *other = bnl_find(lack, c->self);

	if (node != NULL)
		hooks_difference(c, have, node, lack, other, up);
}

static void
hooks_changes(struct core *c, const struct list_changes *cs, bool up)
{
	bool self = !cs->prefixes || changes_all(cs);

	for (size_t i = 0; i < cs->n; i++) {
		const struct bnl_node *was = change_was(cs, i);
		const struct bnl_node *now = change_now(cs, i);
		const struct bnl_node *node = up ? now : was;

		if (node == NULL)
			continue;
		self = self || strcmp(node->name, c->self) == 0;
		hooks_difference(c, up ? cs->now : cs->was, node,
				 up ? cs->was : cs->now, up ? was : now, up);
	}
	if (!self)
		hooks_self(c, cs, up);
}

/* --- events, and all of it ------------------------------------------------ */

/* Tells of nodes that came or went. */
static void
tell_events(struct core *c, const struct list_changes *cs, bool came)
{
	enum event_kind kind = came ? EVENT_NODE_NEW : EVENT_NODE_GONE;

	for (size_t i = 0; i < cs->n; i++) {
		const struct bnl_node *was = change_was(cs, i);
		const struct bnl_node *now = change_now(cs, i);
		const struct bnl_node *node = came ? now : was;

		if ((came ? was : now) == NULL &&
		    strcmp(node->name, c->self) != 0)
			actions_event(&c->actions, EVENT_INFO, kind, node->name,
				      "%s",
				      came ? "new in the list" :
					     "gone from the list");
	}
}

void
announce_changes(struct core *c, const struct list_changes *cs)
{
	if (!c->started)
		return;
	hooks_changes(c, cs, false);
	hooks_changes(c, cs, true);
	tell_events(c, cs, false);
	tell_events(c, cs, true);
	if (cs->now == NULL && cs->was != NULL)
		actions_event(&c->actions, EVENT_ERROR, EVENT_LIST_SELF_GONE,
			      NULL,
			      "this node (%s) is not in the list: all sessions "
			      "are dropped until a newer list names it",
			      c->self);
}

void
announce_note(struct core *c, const struct list_changes *cs)
{
	for (size_t i = 0; i < cs->n; i++) {
		const struct bnl_node *was = change_was(cs, i);
		const struct bnl_node *now = change_now(cs, i);

		if (was == NULL)
			history_listed(c->env.history, now->name);
		/* A list without us names other nodes all the same. */
		if (now != NULL || bnl_find(c->env.bnl, was->name) != NULL)
			continue;
		history_gone(c->env.history, c->env.now.wall, was->name,
			     &c->env.version);
		secret_store_forget(c->secrets, was->name);
	}
}
