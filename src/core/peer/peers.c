/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All peers of a core: from one generation of the list to the next. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/core_impl.h"

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

/* Two lists side by side, in the order of names; either may be NULL. */
struct walk {
	const struct bnl *a, *b;
	uint32_t i, j;
};

/* The next name: its node in each list, NULL where there is none. Each step
 * is one comparison: to look up each of 65,536 names costs ten times as much. */
static bool
walk_next(struct walk *w, const struct bnl_node **a, const struct bnl_node **b)
{
	bool has_a = w->a != NULL && w->i < w->a->nnodes;
	bool has_b = w->b != NULL && w->j < w->b->nnodes;
	int d = 0;

	if (has_a && has_b)
		d = strcmp(w->a->nodes[w->i].name, w->b->nodes[w->j].name);
	*a = has_a && (!has_b || d <= 0) ? &w->a->nodes[w->i++] : NULL;
	*b = has_b && (!has_a || d >= 0) ? &w->b->nodes[w->j++] : NULL;
	return has_a || has_b;
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

/* A list that names us and is not below the mark puts its nodes in force. */
static const struct bnl *
effective_list(const struct core *c, const struct generation *g, bool stale)
{
	if (g == NULL || stale || bnl_find(g->bnl, c->self) == NULL)
		return NULL;
	return g->bnl;
}

/* Hooks for all in `have` that is not in `lack` (either may be NULL). */
static void
hooks_lists(struct core *c, const struct bnl *have, const struct bnl *lack,
	    bool up)
{
	struct walk w = { .a = have, .b = lack };
	const struct bnl_node *node, *other;

	while (walk_next(&w, &node, &other))
		if (node != NULL)
			hooks_difference(c, have, node, lack, other, up);
}

void
peers_hooks(struct core *c, bool up)
{
	hooks_lists(c, effective_list(c, c->gen, c->env.stale), NULL, up);
}

/* The places for n peers, made before anything changes. */
struct places {
	struct peer **peers, **by_node, **touched;
};

static int
places_alloc(struct places *s, size_t nodes)
{
	s->peers = calloc(nodes + 1, sizeof(*s->peers));
	s->by_node = calloc(nodes + 1, sizeof(*s->by_node));
	s->touched = calloc(nodes + 1, sizeof(*s->touched));
	if (s->peers != NULL && s->by_node != NULL && s->touched != NULL)
		return 0;
	free(s->peers);
	free(s->by_node);
	free(s->touched);
	return -1;
}

static struct peer *
peer_made(struct core *c, const char *name)
{
	struct peer *p;

	if (peer_new(&p, c, name) < 0)
		return NULL;
	if (table_put(&c->by_name, p->name, strlen(p->name), p) < 0) {
		peer_free(p);
		return NULL;
	}
	p->node = ROUTE_NONE; /* new: none of the old list */
	return p;
}

/* The peers of the new list: those that were there, and new ones. */
static int
peers_gather(struct core *c, const struct bnl *b, struct places *s, size_t *n)
{
	size_t at = 0; /* both are in the order of names */

	for (uint32_t i = 0; i < b->nnodes; i++) {
		const char *name = b->nodes[i].name;
		struct peer *p = NULL;
		int d = -1;

		if (strcmp(name, c->self) == 0)
			continue;
		while (at < c->npeers &&
		       (d = strcmp(c->peers[at]->name, name)) < 0)
			at++;
		p = at < c->npeers && d == 0 ? c->peers[at++] :
					       peer_made(c, name);
		if (p == NULL)
			return -1;
		s->peers[(*n)++] = p;
		s->by_node[i] = p;
	}
	return 0;
}

static void
peer_forget(struct core *c, struct peer *p)
{
	table_remove(&c->by_name, p->name, strlen(p->name));
	peer_free(p);
}

/* Undoes peers_gather(): peers that are not in force go. */
static void
peers_ungather(struct core *c, struct places *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (s->peers[i]->node == ROUTE_NONE)
			peer_forget(c, s->peers[i]);
	free(s->peers);
	free(s->by_node);
	free(s->touched);
}

/* kept: the n peers that stay, in the order of names. now: NULL when no list is
 * in force, or it does not name us. */
static void
remove_gone(struct core *c, struct peer *const *kept, size_t n,
	    const struct bnl *now)
{
	for (size_t i = 0, at = 0; i < c->npeers; i++) {
		struct peer *p = c->peers[i];

		while (at < n && kept[at]->node == ROUTE_NONE)
			at++;
		if (at < n && kept[at] == p) {
			at++;
			continue;
		}
		if (now != NULL)
			news_last(p, &now->version);
		if (p->up)
			peer_say_down(p, "gone from the list");
		peer_forget(c, p);
	}
}

static void
find_own(struct core *c, const struct bnl *b)
{
	c->self_node = ROUTE_NONE;
	c->env.hidden = false;
	c->own6.family = IP_NONE;
	for (uint32_t i = 0; b != NULL && i < b->nnodes; i++) {
		const struct bnl_node *node = &b->nodes[i];

		if (strcmp(node->name, c->self) != 0)
			continue;
		c->self_node = i;
		c->env.hidden = node->naddresses == 0;
		for (uint32_t j = 0; j < node->nsubnets; j++) {
			struct ipaddr a = prefix_first_host(&node->subnets[j]);

			if (a.family == IP_V6 && c->own6.family == IP_NONE)
				c->own6 = a;
		}
	}
}

static void
places_install(struct core *c, struct places *s, size_t n)
{
	free(c->peers);
	free(c->by_node);
	free(c->touched);
	c->peers = s->peers;
	c->by_node = s->by_node;
	c->touched = s->touched;
	c->npeers = n;
	c->ntouched = 0;
}

/* Tells of nodes that came and went, once the daemon runs. */
static void
tell_events(struct core *c, const struct bnl *have, const struct bnl *lack,
	    enum event_kind kind)
{
	struct walk w = { .a = have, .b = lack };
	const struct bnl_node *node, *other;

	while (walk_next(&w, &node, &other))
		if (node != NULL && other == NULL &&
		    strcmp(node->name, c->self) != 0)
			actions_event(
				&c->actions, EVENT_INFO, kind, node->name, "%s",
				kind == EVENT_NODE_NEW ? "new in the list" :
							 "gone from the list");
}

/* Notes nodes that left or came back, for an administrator who asks why. */
static void
note_changes(struct core *c, const struct bnl *was, const struct bnl *now)
{
	struct walk w = { .a = was, .b = c->env.bnl };
	const struct bnl_node *node, *other;

	while (was != NULL && walk_next(&w, &node, &other))
		if (node != NULL && other == NULL) {
			history_gone(c->env.history, c->env.now.wall,
				     node->name, &c->env.version);
			secret_store_forget(c->secrets, node->name);
		}
	for (uint32_t i = 0; now != NULL && i < now->nnodes; i++)
		history_listed(c->env.history, now->nodes[i].name);
}

/* Tells the world outside of the change. */
static void
announce_change(struct core *c, const struct bnl *was, const struct bnl *now)
{
	if (!c->started)
		return;
	hooks_lists(c, was, now, false);
	hooks_lists(c, now, was, true);
	tell_events(c, was, now, EVENT_NODE_GONE);
	tell_events(c, now, was, EVENT_NODE_NEW);
	if (now == NULL && was != NULL)
		actions_event(&c->actions, EVENT_ERROR, EVENT_LIST_SELF_GONE,
			      NULL,
			      "this node (%s) is not in the list: all sessions "
			      "are dropped until a newer list names it",
			      c->self);
}

void
peers_tell_begun(struct core *c)
{
	size_t up = 0;

	for (size_t i = 0; i < c->npeers; i++)
		up += c->peers[i]->up;
	actions_event(&c->actions, EVENT_INFO, EVENT_PEER_UP, NULL,
		      "%zu of %zu peers are up after the start", up, c->npeers);
}

void
peers_say_bye(struct core *c)
{
	for (size_t i = 0; i < c->npeers; i++)
		records_bye(c->peers[i]);
}

void
peers_keep_known(struct core *c)
{
	if (c->gen != NULL && !c->env.stale)
		addrcache_keep(c->env.addrcache, c->env.now.mono, c->gen->bnl);
}

static bool
same_prefixes(const struct bnl *a, const struct bnl *b)
{
	if (a == NULL || a->nprefixes != b->nprefixes)
		return false;
	for (uint32_t i = 0; i < a->nprefixes; i++)
		if (prefix_cmp(&a->prefixes[i], &b->prefixes[i]) != 0)
			return false;
	return true;
}

static bool
same_addresses(const struct bnl_node *a, const struct bnl_node *b)
{
	if (a->naddresses != b->naddresses)
		return false;
	for (uint32_t i = 0; i < a->naddresses; i++) {
		const struct bnl_address *x = &a->addresses[i];
		const struct bnl_address *y = &b->addresses[i];

		if (!endpoint_equal(&x->ep, &y->ep) ||
		    (x->host == NULL) != (y->host == NULL) ||
		    (x->host != NULL && strcmp(x->host, y->host) != 0))
			return false;
	}
	return true;
}

/* Gives each peer its place in the list, and new addresses where they, or the
 * prefixes inside, differ: to sort them takes longer than all the rest. */
static void
locate_all(struct core *c, const struct bnl *was, const struct bnl *now)
{
	bool same = same_prefixes(was, now);

	for (uint32_t i = 0; i < now->nnodes; i++) {
		struct peer *p = c->by_node[i];

		if (p == NULL)
			continue;
		p->touched = false;
		if (same && p->node != ROUTE_NONE &&
		    same_addresses(&was->nodes[p->node], &now->nodes[i]))
			p->node = i;
		else
			peer_locate(p, i);
		peer_retry(p);
	}
}

int
peers_apply(struct core *c, struct generation *g, struct generation **old)
{
	/* The list that replaces a stale one passed the mark. */
	bool stale = c->env.stale && c->gen == NULL;
	const struct bnl *was = effective_list(c, c->gen, c->env.stale);
	const struct bnl *now = effective_list(c, g, stale);
	struct places s;
	size_t n = 0;

	if (places_alloc(&s, now == NULL ? 0 : now->nnodes) < 0)
		return -1;
	if (now != NULL &&
	    (peers_gather(c, now, &s, &n) < 0 ||
	     timerq_reserve(&c->timers, n + c->npeers + CORE_TIMERS) < 0 ||
	     dialq_reserve(&c->dialq, n + c->npeers) < 0)) {
		peers_ungather(c, &s, n);
		return -1;
	}
	announce_change(c, was, now);
	remove_gone(c, s.peers, n, now);
	*old = c->gen;
	c->gen = g;
	c->env.stale = stale;
	c->env.bnl = g->bnl;
	c->env.listed = &g->listed;
	c->env.version = g->bnl->version;
	places_install(c, &s, n);
	note_changes(c, was, now);
	find_own(c, now);
	peers_keep_known(c);
	hosts_keep(c->hosts, g->bnl);
	if (now != NULL)
		locate_all(c, was, now);
	return 0;
}

void
peers_judge_links(struct core *c)
{
	const struct secret_store *ps = c->secrets;

	for (size_t i = 0; i < c->npeers; i++) {
		struct peer *p = c->peers[i];

		peer_flags(p, assoc_judge(p->assoc, &c->env), NULL);
		peer_flags(p,
			   assoc_set_pairs(p->assoc, &c->env,
					   secret_store_get(ps, p->name)),
			   NULL);
	}
}

void
peers_free(struct core *c)
{
	for (size_t i = 0; i < c->npeers; i++)
		peer_free(c->peers[i]);
	free(c->peers);
	free(c->by_node);
	free(c->touched);
	table_free(&c->by_name);
}

/* --- a machine that slept ------------------------------------------------------ */

void
peers_slept(struct core *c)
{
	for (size_t i = 0; i < c->npeers; i++) {
		struct peer *p = c->peers[i];
		bool was_up = p->up;

		p->up = false; /* the event tells it of all */
		peer_flags(p, assoc_slept(p->assoc, &c->env), NULL);
		if (was_up)
			peer_flags(p, assoc_resume(p->assoc, &c->env), NULL);
		peer_touch(p);
	}
}
