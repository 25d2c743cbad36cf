/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The end of each call: news are passed on, timers moved, peers dialled. */
#include "core/core_impl.h"

static void
settle_pairs(struct core *c)
{
	struct secret_store *ps = c->secrets;
	char name[NODE_NAME_MAX + 1];
	struct peer *p;
	bool unfit;

	while (secret_store_next_changed(ps, name, &unfit)) {
		const struct entry *e = names_find(&c->env.names, name);
		const struct pair_record *r;

		p = e == NULL ? NULL : e->peer;
		if (p == NULL)
			continue;
		r = secrets_held(e);
		if (r == NULL || unfit)
			peer_reset(p);
		peer_flags(p, assoc_set_pairs(p->assoc, &c->env, r), NULL);
		peer_touch(p);
	}
}

/* A connection for lists: any node of the list, with or without a peer. A
 * session serves as well where the list is only to be announced. */
static void
settle_wants(struct core *c)
{
	char name[NODE_NAME_MAX + 1];
	enum gossip_want want;

	/* Nothing is counted in vain: this runs after every call. */
	while (!lists_idle(c->lists) &&
	       (want = lists_next(c->lists, conns_spare_for_lists(c->conns),
				  name)) != WANT_NONE) {
		struct endpoint eps[CONN_ENDPOINTS_MAX];
		size_t n;

		if (want != WANT_PULL &&
		    news_offer(c, name, want == WANT_PASS)) {
			lists_told(c->lists, name);
			continue;
		}
		peer_look_up(c, name);
		n = peer_endpoints(c, name, eps);
		if (n == 0 ||
		    conns_dial(c->conns, name, eps, n, CONN_LIST) == 0)
			lists_unreachable(c->lists, name);
	}
}

static void
settle_news(struct core *c)
{
	struct conn_news news;

	settle_pairs(c);
	while (conns_next_news(c->conns, &news)) {
		struct peer *p = peer_named(c, news.peer);

		if (p != NULL)
			peer_flags(p, peer_news(p, &news), NULL);
		settle_pairs(c);
	}
}

void
core_settle(struct core *c)
{
	/* A dial may end another one, which is news. */
	do {
		settle_news(c);
		settle_wants(c);
		while (c->ntouched > 0)
			peer_settle(c->touched[--c->ntouched]);
		peers_dial(c);
	} while (c->ntouched > 0);
}
