/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Questions to a whole mesh. */
#include "mesh.h"

#include <stdlib.h>

void
mesh_start(struct world *w, int64_t spread)
{
	for (size_t i = 0; i < w->n; i++)
		node_start_at(&w->nodes[i],
			      w->now + world_between(w, 0, spread));
}

bool
mesh_all_up(struct world *w, void *arg)
{
	(void)arg;
	for (size_t i = 0; i < w->n; i++) {
		struct node *n = &w->nodes[i];

		if (n->core == NULL || core_peer_count(n->core) != w->n - 1)
			return false;
		for (size_t k = 0; k < w->n - 1; k++) {
			struct peer_info p;

			core_peer_info(n->core, node_now(n), k, &p);
			if (p.state != PEER_UP)
				return false;
		}
	}
	return true;
}

bool
mesh_all_heard(struct world *w, void *arg)
{
	const int64_t *since = arg;

	for (size_t i = 0; i < w->n; i++)
		for (size_t j = 0; j < w->n; j++)
			if (i != j && traffic_flow(w, i, j)->last_got < *since)
				return false;
	return true;
}

bool
mesh_has_list(struct world *w, void *arg)
{
	(void)arg;
	for (size_t i = 0; i < w->n; i++)
		if (!list_in_force(&w->nodes[i], w->list))
			return false;
	return true;
}

uint64_t
mesh_connects(const struct world *w)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < w->n; i++)
		sum += w->nodes[i].connects;
	return sum;
}

uint64_t
mesh_events(const struct world *w, enum event_kind k)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < w->n; i++)
		sum += w->nodes[i].events[k];
	return sum;
}

/* --- figures ---------------------------------------------------------------- */

void
figures_add(struct figures *f, int64_t ns)
{
	if (f->n == f->cap) {
		f->cap = f->cap == 0 ? 64 : 2 * f->cap;
		f->v = realloc(f->v, f->cap * sizeof(*f->v));
		assert_non_null(f->v);
	}
	f->v[f->n++] = ns;
}

static int
by_value(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static double
ms_at(const struct figures *f, size_t percent)
{
	size_t i = f->n * percent / 100;

	return (double)f->v[i] / 1e6;
}

void
figures_tell(struct figures *f, const char *what)
{
	assert_true(f->n > 0);
	qsort(f->v, f->n, sizeof(*f->v), by_value);
	print_message("# %s: %zu runs, median %.1f ms, 90%% %.1f, 99%% %.1f, "
		      "worst %.1f\n",
		      what, f->n, ms_at(f, 50), ms_at(f, 90), ms_at(f, 99),
		      (double)f->v[f->n - 1] / 1e6);
	free(f->v);
	*f = (struct figures){ 0 };
}
