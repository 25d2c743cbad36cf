/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A mesh with dead nodes, 5 % loss and a signer that dies. */
#include "spread.h"

#include <stdlib.h>

#define PERCENT 100 /* of 10,000 */
#define LOSS (5 * PERCENT)
#define SETTLING \
	MINUTE /* the first pulls are over, and the
		* connections for them closed */
#define UP_MAX (5 * MINUTE)
#define SPREAD_MAX (10 * MINUTE)

struct state {
	struct world *w;
	const struct spread_opts *o;
	bool *down;
	size_t signer;
};

/* Chooses who is down, and cuts off every other of them. */
static void
choose_down(struct state *s)
{
	struct world *w = s->w;
	size_t left = w->n * s->o->down / 100;

	s->signer = world_below(w, (uint32_t)w->n);
	while (left > 0) {
		size_t i = world_below(w, (uint32_t)w->n);

		if (i == s->signer || s->down[i])
			continue;
		s->down[i] = true;
		left--;
		for (size_t j = 0; left % 2 == 0 && j < w->n; j++)
			if (j != i)
				net_cut(w, i, j, true);
	}
}

static bool
have_pairs(const struct state *s)
{
	struct peer_info p;

	for (size_t i = 0; i < s->w->n; i++)
		for (size_t j = 0; j < i; j++)
			if (!s->down[i] && !s->down[j] &&
			    (!node_peer(&s->w->nodes[i], j, &p) || !p.has_pair))
				return false;
	return true;
}

static void
bring_up(struct state *s)
{
	struct world *w = s->w;

	for (size_t i = 0; i < w->n; i++) {
		if (s->down[i])
			continue;
		if (s->o->whole)
			node_start(&w->nodes[i]);
		else
			node_start_calm(&w->nodes[i]);
		world_run(w, w->now + world_between(w, 0, 10 * MS));
	}
	for (int64_t end = w->now + UP_MAX; s->o->whole && !have_pairs(s);) {
		if (w->now >= end)
			world_fail(w, "not all pairs were made");
		world_run(w, w->now + SEC);
	}
	world_run(w, w->now + SETTLING);
}

/* Of those that are down or not. */
static bool
have_it(const struct state *s, bool down)
{
	for (size_t i = 0; i < s->w->n; i++)
		if (s->down[i] == down && (i != s->signer || !s->o->killed) &&
		    !list_in_force(&s->w->nodes[i], s->w->list))
			return false;
	return true;
}

static bool
has_left_signer(struct world *w, void *arg)
{
	return w->takes >= *(uint64_t *)arg + 2;
}

static void
wait_for(struct state *s, bool down)
{
	struct world *w = s->w;
	int64_t end = w->now + SPREAD_MAX;

	while (!have_it(s, down)) {
		if (w->now >= end)
			world_fail(w, "not all nodes got the list");
		world_run(w, w->now + 10 * MS);
	}
}

static void
push(struct state *s, struct spread *out)
{
	struct world *w = s->w;
	struct node *signer = &w->nodes[s->signer];
	uint64_t takes = w->takes, bytes = w->net.tcp_bytes;
	uint64_t connects = mesh_connects(w);
	int64_t begin = w->now;
	size_t len;
	char *raw = list_make(w, NULL, &len);

	list_install(signer, raw, len);
	free(raw);
	list_reload(signer, true);
	if (s->o->killed) {
		if (!world_run_until(w, begin + SPREAD_MAX, has_left_signer,
				     &takes))
			world_fail(w, "the list does not leave the signer");
		node_crash(signer);
	}
	wait_for(s, false);
	for (size_t i = 0; i < w->n; i++) {
		const struct node *n = &w->nodes[i];

		if (s->down[i])
			continue;
		if (n->taken - begin > out->all)
			out->all = n->taken - begin;
		if (n->hops > out->rounds)
			out->rounds = n->hops;
	}
	out->connects = mesh_connects(w) - connects;
	out->bytes = w->net.tcp_bytes - bytes;
}

/* Those who were down start as daemons do, within a second. */
static void
come_back(struct state *s, struct spread *out)
{
	struct world *w = s->w;
	int64_t *started = calloc(w->n, sizeof(*started));
	size_t count = w->n * s->o->down / 100;

	assert_non_null(started);
	net_heal(w);
	for (size_t i = 0; i < w->n; i++) {
		if (!s->down[i])
			continue;
		started[i] = w->now;
		node_start(&w->nodes[i]);
		out->back++;
		world_run(w, w->now + SEC / (int64_t)count);
	}
	wait_for(s, true);
	for (size_t i = 0; i < w->n; i++)
		if (s->down[i] &&
		    w->nodes[i].taken - started[i] > out->back_all)
			out->back_all = w->nodes[i].taken - started[i];
	free(started);
}

struct spread
spread_run(const struct spread_opts *o)
{
	struct state s = { .o = o };
	struct spread out = { 0 };

	s.w = world_new(&(struct world_opts){ .seed = o->seed,
					      .nodes = o->nodes,
					      .plain = true,
					      .pad = o->pad,
					      .lat_min = 5 * MS,
					      .lat_max = 50 * MS });
	s.down = calloc(o->nodes, sizeof(*s.down));
	assert_non_null(s.down);
	s.w->net.weather.loss = LOSS;
	s.w->net.weather.tcp_loss = LOSS;
	choose_down(&s);
	bring_up(&s);
	push(&s, &out);
	if (o->down > 0)
		come_back(&s, &out);
	free(s.down);
	world_free(s.w);
	return out;
}
