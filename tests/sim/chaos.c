/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One stroke of bad luck after the other. */
#include "chaos.h"

#include <stdlib.h>

#include "ca.h"

static const struct weather storm = {
	.lat_min = MS,
	.lat_max = 60 * MS,
	.loss = 1000,
	.doubled = 300,
	.spoilt = 100,
	.late = 500,
	.tcp_loss = 1000,
};

struct mend { /* what ends again by itself */
	struct chaos *c;
	size_t a, b; /* b == a: cut from everybody */
};

static void
mend(struct world *w, void *arg)
{
	const struct mend *m = arg;

	if (m->c->ended)
		return;
	for (size_t i = 0; i < w->n; i++)
		if (i != m->a && (m->a == m->b || i == m->b))
			net_cut(w, m->a, i, false);
}

static void
cut(struct world *w, struct chaos *c, size_t a, size_t b)
{
	struct mend *m = malloc(sizeof(*m));

	assert_non_null(m);
	*m = (struct mend){ c, a, b };
	for (size_t i = 0; i < w->n; i++)
		if (i != a && (a == b || i == b))
			net_cut(w, a, i, true);
	queue_add(&w->queue, w->now + world_between(w, SEC, c->rest_max), mend,
		  m, free);
}

static void
jump(struct world *w, struct node *n)
{
	static const int64_t jumps[] = { 86400, -86400, 0, 3600, -SIM_WALL };

	n->wall_off = jumps[world_below(w, sizeof(jumps) / sizeof(jumps[0]))];
}

static void
stroke(struct world *w, void *arg)
{
	struct chaos *c = arg;
	size_t a = world_below(w, (uint32_t)w->n);
	size_t b = world_below(w, (uint32_t)w->n);
	struct node *n = &w->nodes[a];

	if (c->ended)
		return;
	switch (world_below(w, 10)) {
	case 0:
	case 1:
	case 2:
	case 3:
		c->cuts += a != b;
		if (a != b)
			cut(w, c, a, b);
		break;
	case 4:
		c->islands++;
		cut(w, c, a, a);
		break;
	case 5:
		if (c->clocks) {
			c->jumps++;
			jump(w, n);
		}
		break;
	case 6:
		c->stops += n->core != NULL;
		node_stop(n);
		node_start_at(n, w->now + world_between(w, 0, c->rest_max));
		break;
	default:
		c->crashes += n->core != NULL;
		node_crash(n);
		node_start_at(n, w->now + world_between(w, 0, c->rest_max));
		break;
	}
	queue_add(&w->queue, w->now + world_between(w, c->gap_min, c->gap_max),
		  stroke, c, NULL);
}

void
chaos_begin(struct world *w, struct chaos *c)
{
	w->net.weather = storm;
	c->ended = false;
	queue_add(&w->queue, w->now + world_between(w, c->gap_min, c->gap_max),
		  stroke, c, NULL);
}

void
chaos_end(struct world *w, struct chaos *c)
{
	c->ended = true;
	w->net.weather = (struct weather){ .lat_min = MS, .lat_max = MS };
	net_heal(w);
	for (size_t i = 0; i < w->n; i++) {
		w->nodes[i].wall_off = 0;
		w->nodes[i].disk.fails = 0;
		if (w->nodes[i].core == NULL)
			node_start(&w->nodes[i]);
	}
}
