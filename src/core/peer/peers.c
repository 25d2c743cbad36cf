/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All peers of a core: from one generation of the list to the next. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/core_impl.h"
#include "core/peer/announce.h"

/* A list that names us and is not below the mark puts its nodes in force. */
static const struct bnl *
effective_list(const struct core *c, const struct generation *g, bool stale)
{
	if (g == NULL || stale || bnl_find(g->bnl, c->self) == NULL)
		return NULL;
	return g->bnl;
}

void
peers_hooks(struct core *c, bool up)
{
	announce_all(c, effective_list(c, c->gen, c->env.stale), up);
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

/* --- the peers of the next list ------------------------------------------- */

static struct peer *
peer_made(struct core *c, const char *name)
{
	struct entry *e = names_get(&c->env.names, name);
	struct peer *p;

	if (e == NULL)
		return NULL;
	if (peer_new(&p, c, e) == 0)
		return p;
	names_drop(&c->env.names, e);
	return NULL;
}

/* Room for n peers. The memory grows by more than that, and is used again. */
static int
reserve_places(struct core *c, size_t n)
{
	size_t cap = n + n / 8;
	struct peer **peers, **touched;

	if (n <= c->peers_cap)
		return 0;
	peers = realloc(c->peers, cap * sizeof(*peers));
	if (peers == NULL)
		return -1;
	c->peers = peers;
	touched = realloc(c->touched, cap * sizeof(*touched));
	if (touched == NULL)
		return -1;
	c->touched = touched;
	if (timerq_reserve(&c->timers, cap + CORE_TIMERS) < 0 ||
	    dialq_reserve(&c->dialq, cap) < 0)
		return -1;
	c->peers_cap = cap;
	return 0;
}

/* Makes the peers of new nodes: *out has a place for each change. */
static int
make_fresh(struct core *c, const struct list_changes *cs, struct peer ***out)
{
	struct peer **fresh = calloc(cs->n + 1, sizeof(*fresh));
	size_t n = 0;

	*out = fresh;
	for (size_t i = 0; fresh != NULL && i < cs->n; i++) {
		const struct bnl_node *now = change_now(cs, i);

		if (now == NULL || change_was(cs, i) != NULL ||
		    strcmp(now->name, c->self) == 0)
			continue;
		fresh[i] = peer_made(c, now->name);
		if (fresh[i] == NULL)
			return -1;
		n++;
	}
	/* Peers that leave keep their timers until they are gone. */
	return fresh == NULL ? -1 : reserve_places(c, c->npeers + n);
}

static void
peer_forget(struct core *c, struct peer *p)
{
	struct entry *e = p->entry;

	peer_free(p);
	e->peer = NULL;
	names_drop(&c->env.names, e);
}

static void
drop_fresh(struct core *c, const struct list_changes *cs, struct peer **fresh)
{
	for (size_t i = 0; fresh != NULL && i < cs->n; i++)
		if (fresh[i] != NULL)
			peer_forget(c, fresh[i]);
	free(fresh);
}

static void
move_peers(struct core *c, size_t to, size_t from, size_t n)
{
	if (n > 0 && to != from)
		memmove(c->peers + to, c->peers + from, n * sizeof(*c->peers));
}

/* Takes out those that left: not one by one, since most nodes of a large list
 * are the same ones as before. */
static void
close_gaps(struct core *c, const struct list_changes *cs)
{
	size_t to = 0, from = 0;

	for (size_t i = 0; i < cs->n; i++) {
		size_t at;

		if (cs->v[i].now != CHANGE_NO_NODE ||
		    cs->v[i].was == c->self_node)
			continue;
		at = peers_before(c, cs->v[i].was);
		move_peers(c, to, from, at - from);
		to += at - from;
		from = at + 1;
	}
	move_peers(c, to, from, c->npeers - from);
	c->npeers -= from - to;
}

/* Puts the new ones between those that stayed, from the end on. self_node is
 * that of the new list. */
static void
fill_in(struct core *c, const struct list_changes *cs,
	struct peer *const *fresh)
{
	size_t from = c->npeers, to = from;

	for (size_t i = 0; i < cs->n; i++)
		to += fresh[i] != NULL;
	c->npeers = to;
	for (size_t i = cs->n; i-- > 0;) {
		size_t at, n;

		if (fresh[i] == NULL)
			continue;
		at = peers_before(c, cs->v[i].now);
		n = to - (at + 1);
		from -= n;
		move_peers(c, at + 1, from, n);
		c->peers[at] = fresh[i];
		to = at;
	}
	assert(from == to);
}

/* The sessions of nodes that left end in the turn in which the list comes into
 * force, however many they are: nobody routes by a list of before. */
static void
remove_gone(struct core *c, const struct list_changes *cs)
{
	for (size_t i = 0; i < cs->n; i++) {
		struct peer *p;

		if (cs->v[i].now != CHANGE_NO_NODE)
			continue;
		p = peer_at_node(c, cs->v[i].was);
		if (p == NULL)
			continue;
		if (cs->now != NULL)
			news_last(p, &cs->now->version);
		if (p->up)
			peer_say_down(p, "gone from the list");
		peer_forget(c, p);
	}
}

static void
find_own(struct core *c, const struct bnl *b)
{
	const struct bnl_node *node = b == NULL ? NULL : bnl_find(b, c->self);

	c->self_node = node == NULL ? ROUTE_NONE : (uint32_t)(node - b->nodes);
	c->env.hidden = node != NULL && node->naddresses == 0;
	c->own6.family = IP_NONE;
	for (uint32_t j = 0; node != NULL && j < node->nsubnets; j++) {
		struct ipaddr a = prefix_first_host(&node->subnets[j]);

		if (a.family == IP_V6 && c->own6.family == IP_NONE)
			c->own6 = a;
	}
}

/* Calls f for each peer that is new or not the same as before. */
static void
each_changed(struct core *c, const struct list_changes *cs,
	     void (*f)(struct peer *p, const struct list_change *x))
{
	for (size_t i = 0; i < cs->n; i++) {
		struct peer *p = cs->v[i].now == CHANGE_NO_NODE ?
					 NULL :
					 peer_at_node(c, cs->v[i].now);

		if (p != NULL)
			f(p, &cs->v[i]);
	}
}

static void
locate_changed(struct peer *p, const struct list_change *x)
{
	if (x->was == CHANGE_NO_NODE || (x->what & CHANGE_ADDRESSES))
		peer_locate(p);
	peer_retry(p);
}

/* Most often the worker has compared them already. */
static int
have_changes(struct generation *g, const struct bnl *was, const struct bnl *now)
{
	if (changes_fit(&g->changes, was, now))
		return 0;
	changes_free(&g->changes);
	return changes_make(&g->changes, was, now);
}

int
peers_apply(struct core *c, struct generation *g, struct generation **old)
{
	/* The list that replaces a stale one passed the mark. */
	bool stale = c->env.stale && c->gen == NULL;
	const struct bnl *was = effective_list(c, c->gen, c->env.stale);
	const struct bnl *now = effective_list(c, g, stale);
	const struct list_changes *cs = &g->changes;
	struct peer **fresh;

	if (have_changes(g, was, now) < 0)
		return -1;
	if (make_fresh(c, cs, &fresh) < 0) {
		drop_fresh(c, cs, fresh);
		return -1;
	}
	announce_changes(c, cs);
	remove_gone(c, cs);
	close_gaps(c, cs);
	*old = c->gen;
	c->gen = g;
	c->env.stale = stale;
	c->env.bnl = g->bnl;
	c->env.listed = &g->listed;
	c->env.version = g->bnl->version;
	find_own(c, now);
	fill_in(c, cs, fresh);
	free(fresh);
	announce_note(c, cs);
	each_changed(c, cs, locate_changed);
	return 0;
}

/* --- sessions and secrets under the next list ----------------------------- */

/* A pair may have been there before its peer: read at the start, when there was
 * no list in force or one without us. */
static void
judge_peer(struct peer *p)
{
	struct core *c = p->core;

	peer_flags(p, assoc_judge(p->assoc, &c->env), NULL);
	peer_flags(p,
		   assoc_set_pairs(p->assoc, &c->env, secrets_held(p->entry)),
		   NULL);
}

static void
judge_changed(struct peer *p, const struct list_change *x)
{
	(void)x;
	judge_peer(p);
}

void
peers_judge(struct core *c, const struct list_changes *cs)
{
	if (!cs->revokes && !cs->prefixes) {
		each_changed(c, cs, judge_changed);
		return;
	}
	for (size_t i = 0; i < c->npeers; i++)
		judge_peer(c->peers[i]);
}

void
peers_check_secrets(struct core *c, const struct list_changes *cs)
{
	/* A list below the mark does not tell which names are nodes. */
	const struct bnl *b = c->env.stale ? NULL : c->env.bnl;

	if (cs->revokes || changes_all(cs)) {
		secret_store_check(c->secrets, b);
		return;
	}
	for (size_t i = 0; i < cs->n; i++) {
		const struct bnl_node *node = change_now(cs, i);

		if (node == NULL)
			node = change_was(cs, i);
		secret_store_check_one(c->secrets, b, node->name);
	}
}

/* --- host names ----------------------------------------------------------- */

static bool
has_host(const struct bnl_node *node, const char *host)
{
	for (uint32_t i = 0; i < node->naddresses; i++)
		if (node->addresses[i].host != NULL &&
		    strcmp(node->addresses[i].host, host) == 0)
			return true;
	return false;
}

void
peers_found(struct core *c, const char *host)
{
	for (uint32_t i = 0; i < c->gen->bnl->nnodes; i++) {
		struct peer *p = has_host(&c->gen->bnl->nodes[i], host) ?
					 peer_at_node(c, i) :
					 NULL;

		if (p != NULL)
			peer_flags(p, peer_found(p), NULL);
	}
}

void
peers_free(struct core *c)
{
	for (size_t i = 0; i < c->npeers; i++)
		peer_forget(c, c->peers[i]);
	free(c->peers);
	free(c->touched);
}

/* --- a machine that slept ------------------------------------------------- */

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
