/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All peers of a core: from one generation of the list to the next. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core_impl.h"

struct peer *
peer_named(const struct core *c, const char *name)
{
	return table_get(&c->by_name, name, strlen(name));
}

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
hook(struct core *c, enum hook_kind kind, const struct bnl_node *node,
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

/* Hooks for what `node` of `have` has, and its namesake of `lack` (NULL:
 * nothing) has not. Of a subnet of our own the network's prefix around it
 * counts as well: the device's address has its length. */
static void
hooks_difference(struct core *c, const struct bnl *have,
		 const struct bnl_node *node, const struct bnl *lack, bool up)
{
	const struct bnl_node *other =
		lack == NULL ? NULL : bnl_find(lack, node->name);
	bool own = strcmp(node->name, c->self) == 0;
	enum hook_kind subnet_hook =
		own ? (up ? HOOK_MYSUBNET_UP : HOOK_MYSUBNET_DOWN) :
		      (up ? HOOK_SUBNET_UP : HOOK_SUBNET_DOWN);

	if (up && other == NULL && !own)
		hook(c, HOOK_NODE_UP, node, NULL, 0);
	for (uint32_t i = 0; i < node->nsubnets; i++) {
		const struct prefix *p = &node->subnets[i];
		uint8_t covering = own ? bnl_covering_len(have, p) : 0;

		if (!has_subnet(other, p) ||
		    (own && bnl_covering_len(lack, p) != covering))
			hook(c, subnet_hook, node, p, covering);
	}
	if (!up && other == NULL && !own)
		hook(c, HOOK_NODE_DOWN, node, NULL, 0);
}

/* A list that names us and is not below the mark puts its nodes in force. */
static const struct bnl *
effective(const struct core *c, const struct generation *g, bool stale)
{
	if (g == NULL || stale || bnl_find(g->bnl, c->self) == NULL)
		return NULL;
	return g->bnl;
}

/* Hooks for what stands in `have` and not in `lack` (either may be NULL). */
static void
hooks_lists(struct core *c, const struct bnl *have, const struct bnl *lack,
	    bool up)
{
	if (have == NULL)
		return;
	for (uint32_t i = 0; i < have->nnodes; i++)
		hooks_difference(c, have, &have->nodes[i], lack, up);
}

void
peers_hooks(struct core *c, bool up)
{
	hooks_lists(c, effective(c, c->gen, c->stale), NULL, up);
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

/* The peers of the new list: those that were there, and new ones. */
static int
peers_gather(struct core *c, const struct bnl *b, struct places *s, size_t *n)
{
	for (uint32_t i = 0; i < b->nnodes; i++) {
		const char *name = b->nodes[i].name;
		struct peer *p;

		if (strcmp(name, c->self) == 0)
			continue;
		p = peer_named(c, name);
		if (p == NULL) {
			if (peer_new(&p, c, name) < 0)
				return -1;
			if (table_put(&c->by_name, p->name, strlen(p->name),
				      p) < 0) {
				peer_free(p);
				return -1;
			}
			p->node = ROUTE_NONE;	/* new: none of the old list */
		}
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

/* Undoes peers_gather(): what is not among the peers in force goes. */
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

/* now: NULL when no list is in force, or it does not name us. */
static void
remove_gone(struct core *c, const struct bnl *now)
{
	for (size_t i = 0; i < c->npeers; i++) {
		struct peer *p = c->peers[i];

		if (now != NULL && bnl_find(now, p->name) != NULL)
			continue;
		if (now != NULL)
			core_news_last(p, &now->version);
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
events(struct core *c, const struct bnl *have, const struct bnl *lack,
       enum event_kind kind)
{
	for (uint32_t i = 0; have != NULL && i < have->nnodes; i++) {
		const char *name = have->nodes[i].name;

		if (strcmp(name, c->self) == 0 ||
		    (lack != NULL && bnl_find(lack, name) != NULL))
			continue;
		actions_event(&c->actions, EVENT_INFO, kind, name, "%s",
			      kind == EVENT_NODE_NEW ? "new in the list" :
						       "gone from the list");
	}
}

/* Who left and who is back, for those who ask why. */
static void
note_changes(struct core *c, const struct bnl *was, const struct bnl *now)
{
	for (uint32_t i = 0; was != NULL && i < was->nnodes; i++)
		if (bnl_find(c->env.bnl, was->nodes[i].name) == NULL) {
			notes_gone(c->env.notes, c->env.now.wall,
				   was->nodes[i].name, &c->env.version);
			pairsets_forget(channels_pairs(c->channels),
					was->nodes[i].name);
		}
	for (uint32_t i = 0; now != NULL && i < now->nnodes; i++)
		notes_listed(c->env.notes, now->nodes[i].name);
}

/* What the world outside has to know of the change. */
static void
announce(struct core *c, const struct bnl *was, const struct bnl *now)
{
	if (!c->started)
		return;
	hooks_lists(c, was, now, false);
	hooks_lists(c, now, was, true);
	events(c, was, now, EVENT_NODE_GONE);
	events(c, now, was, EVENT_NODE_NEW);
	if (now == NULL && was != NULL)
		actions_event(&c->actions, EVENT_ERROR, EVENT_LIST_SELF_GONE,
			      NULL,
			      "this node (%s) is not in the list: all sessions "
			      "are dropped until a newer list names it",
			      c->self);
}

void
peers_say_bye(struct core *c)
{
	for (size_t i = 0; i < c->npeers; i++)
		control_bye(c->peers[i]);
}

void
peers_keep_known(struct core *c)
{
	if (c->gen != NULL && !c->stale)
		known_keep(c->env.known, c->env.now.mono, c->gen->bnl);
}

int
peers_apply(struct core *c, struct generation *g, struct generation **old)
{
	/* What replaces a stale list passed the mark. */
	bool stale = c->stale && c->gen == NULL;
	const struct bnl *was = effective(c, c->gen, c->stale);
	const struct bnl *now = effective(c, g, stale);
	struct places s;
	size_t n = 0;

	if (places_alloc(&s, now == NULL ? 0 : now->nnodes) < 0)
		return -1;
	if (now != NULL && (peers_gather(c, now, &s, &n) < 0 ||
			    timerq_reserve(&c->timers, n + c->npeers + 1) < 0 ||
			    dialq_reserve(&c->dialq, n + c->npeers) < 0)) {
		peers_ungather(c, &s, n);
		return -1;
	}
	announce(c, was, now);
	remove_gone(c, now);
	*old = c->gen;
	c->gen = g;
	c->stale = stale;
	c->env.bnl = g->bnl;
	c->env.listed = &g->listed;
	c->env.version = g->bnl->version;
	places_install(c, &s, n);
	note_changes(c, was, now);
	find_own(c, now);
	peers_keep_known(c);
	hosts_keep(c->hosts, g->bnl);
	for (uint32_t i = 0; now != NULL && i < now->nnodes; i++) {
		struct peer *p = c->by_node[i];

		if (p == NULL)
			continue;
		p->touched = false;
		peer_locate(p, i);
		peer_retry(p);
	}
	return 0;
}

void
peers_judge_links(struct core *c)
{
	const struct pairsets *ps = channels_pairs(c->channels);

	for (size_t i = 0; i < c->npeers; i++) {
		struct peer *p = c->peers[i];

		peer_flags(p, link_judge(p->link, &c->env), NULL);
		peer_flags(p, link_set_pairs(p->link, &c->env,
					     pairsets_get(ps, p->name)),
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
core_slept(struct core *c, struct now now, const char *why)
{
	c->env.now = now;
	actions_event(&c->actions, EVENT_INFO, EVENT_SLEPT, NULL,
		      "%s: all sessions are made anew", why);
	channels_slept(c->channels);
	for (size_t i = 0; i < c->npeers; i++) {
		struct peer *p = c->peers[i];
		bool was_up = p->up;

		p->up = false;	/* the event tells it of all */
		peer_flags(p, link_slept(p->link, &c->env), NULL);
		if (was_up)
			peer_flags(p, link_resume(p->link, &c->env), NULL);
		peer_touch(p);
	}
	core_settle(c);
}
