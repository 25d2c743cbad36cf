/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A node without an address in the list: new lists reach it by its sessions. */
#include <stdlib.h>

#include "mesh.h"

#define NODES 6
#define MANY 80
#define HIDDEN (NODES - 1)
#define BAR SEC /* from a push to its receipts */

static struct world *
mesh_with_hidden(uint64_t seed)
{
	struct world *w =
		world_new(&(struct world_opts){ .seed = seed,
						.nodes = NODES,
						.hide_last = true,
						.conf = "pullinterval = 24h\n",
						.lat_max = 20 * MS });

	mesh_start(w, SEC / 10);
	world_assert(w,
		     world_run_until(w, w->now + 10 * SEC, mesh_all_up, NULL));
	/* Sessions between the others end without traffic. */
	world_run(w, w->now + world_between(w, SEC, 10 * MINUTE));
	return w;
}

static void
push(struct node *n)
{
	size_t len;
	char *raw = list_make(n->w, NULL, &len);

	list_install(n, raw, len);
	free(raw);
	list_reload(n, true);
}

/* The signer knows of each other node that it has the list. */
static bool
has_receipts(struct world *w, void *arg)
{
	const struct node *signer = arg;

	for (size_t i = 0; i < w->n; i++) {
		struct peer_info p;

		if (i != signer->i &&
		    (!node_peer(signer, i, &p) ||
		     bnl_version_cmp(&p.version, &w->list->version) != 0))
			return false;
	}
	return mesh_has_list(w, NULL);
}

static void
test_push(void **state)
{
	struct figures f = { 0 };

	(void)state;
	for (size_t k = 0; k < sim_runs(30); k++) {
		struct world *w = mesh_with_hidden(sim_seed(k));
		struct node *signer = &w->nodes[k % NODES];

		/* The second one right after the first. */
		for (int i = 0; i < 3; i++) {
			int64_t begin = w->now;

			push(signer);
			if (!world_run_until(w, begin + BAR, has_receipts,
					     signer))
				world_fail(w, "push %d: no receipt", i);
			figures_add(&f, w->now - begin);
		}
		world_free(w);
	}
	figures_tell(&f, "push to six nodes, one of them not listed, until "
			 "receipts of all are there");
}

/* Its own list, which is read from its disk and not pushed, leaves it all the
 * same, though nobody can fetch the list from there. */
static void
test_reload_there(void **state)
{
	(void)state;
	for (size_t k = 0; k < sim_runs(20); k++) {
		struct world *w = mesh_with_hidden(sim_seed(k));
		struct node *signer = &w->nodes[HIDDEN];
		size_t len;
		char *raw = list_make(w, NULL, &len);

		list_install(signer, raw, len);
		free(raw);
		list_reload(signer, false);
		if (!world_run_until(w, w->now + 5 * SEC, mesh_has_list, NULL))
			world_fail(w, "the list stays where it was signed");
		world_free(w);
	}
}

/* Most nodes of a larger network take the list from others than the signer. */
static void
test_push_to_many(void **state)
{
	struct figures f = { 0 };

	(void)state;
	for (size_t k = 0; k < sim_runs(1); k++) {
		struct world *w = world_new(
			&(struct world_opts){ .seed = sim_seed(k),
					      .nodes = MANY,
					      .plain = true,
					      .hide_last = true,
					      .conf = "pullinterval = 24h\n",
					      .lat_max = 20 * MS });

		mesh_start(w, SEC / 10);
		world_assert(w, world_run_until(w, w->now + MINUTE, mesh_all_up,
						NULL));
		world_run(w, w->now + 15 * SEC);
		for (int i = 0; i < 2; i++) {
			int64_t begin = w->now;

			push(&w->nodes[k]);
			if (!world_run_until(w, begin + BAR, has_receipts,
					     &w->nodes[k]))
				world_fail(w, "push %d: no receipts", i);
			figures_add(&f, w->now - begin);
		}
		world_free(w);
	}
	figures_tell(&f, "push to 80 nodes, until receipts of all are there");
}

/* Nobody tells what all know; and nobody answers an answer. */
static void
test_little_is_said(void **state)
{
	struct world *w = mesh_with_hidden(sim_seed(0));
	uint64_t before[NODES];

	(void)state;
	for (size_t i = 0; i < NODES; i++)
		before[i] = w->nodes[i].sent[DGRAM_DATA];
	push(&w->nodes[0]);
	world_run(w, w->now + 2 * SEC);
	for (size_t i = 0; i < NODES; i++)
		world_assert(w, w->nodes[i].sent[DGRAM_DATA] - before[i] <=
					4 * NODES);
	world_free(w);
}

static bool
is_up_with_hidden(struct world *w, void *arg)
{
	(void)arg;
	for (size_t i = 0; i < HIDDEN; i++)
		if (!node_is_up_with(&w->nodes[i], HIDDEN))
			return false;
	return true;
}

/* It has joined: it alone has the list that names it, beside the signer. */
static void
test_new_node(void **state)
{
	struct figures f = { 0 };
	bool in[NODES];

	(void)state;
	for (size_t i = 0; i < NODES; i++)
		in[i] = i != HIDDEN;
	for (size_t k = 0; k < sim_runs(20); k++) {
		struct world *w = world_new(
			&(struct world_opts){ .seed = sim_seed(k),
					      .nodes = NODES,
					      .hide_last = true,
					      .conf = "pullinterval = 24h\n" });
		size_t len;
		char *raw = list_make(w, in, &len);
		int64_t begin;

		for (size_t i = 0; i < HIDDEN; i++) {
			list_install(&w->nodes[i], raw, len);
			node_start(&w->nodes[i]);
		}
		free(raw);
		world_run(w, w->now + 10 * SEC);
		begin = w->now;
		raw = list_make(w, NULL, &len);
		list_install(&w->nodes[0], raw, len);
		list_install(&w->nodes[HIDDEN], raw, len);
		free(raw);
		list_reload(&w->nodes[0], true);
		node_start(&w->nodes[HIDDEN]);
		if (!world_run_until(w, begin + 2 * SEC, is_up_with_hidden,
				     NULL))
			world_fail(w, "it does not reach all others");
		figures_add(&f, w->now - begin);
		world_free(w);
	}
	figures_tell(&f, "a new node that is not listed with an address, until "
			 "all others reach it");
}

/* A node that is new in the list cannot dial it. */
static void
test_new_peer(void **state)
{
	bool in[NODES];

	(void)state;
	for (size_t i = 0; i < NODES; i++)
		in[i] = i != 1;
	for (size_t k = 0; k < sim_runs(10); k++) {
		struct world *w = world_new(
			&(struct world_opts){ .seed = sim_seed(k),
					      .nodes = NODES,
					      .hide_last = true,
					      .conf = "pullinterval = 24h\n" });
		size_t len;
		char *raw = list_make(w, in, &len);
		int64_t begin;

		for (size_t i = 0; i < NODES; i++)
			list_install(&w->nodes[i], raw, len);
		free(raw);
		for (size_t i = 0; i < NODES; i++)
			if (i != 1)
				node_start(&w->nodes[i]);
		world_run(w, w->now + 10 * SEC);
		begin = w->now;
		raw = list_make(w, NULL, &len);
		list_install(&w->nodes[1], raw, len);
		list_install(&w->nodes[0], raw, len);
		free(raw);
		list_reload(&w->nodes[0], true);
		node_start(&w->nodes[1]);
		while (!node_is_up_with(&w->nodes[HIDDEN], 1)) {
			if (w->now > begin + 3 * SEC)
				world_fail(w, "it is not called");
			world_run(w, w->now + 10 * MS);
		}
		world_free(w);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_push),
		cmocka_unit_test(test_reload_there),
		cmocka_unit_test(test_push_to_many),
		cmocka_unit_test(test_little_is_said),
		cmocka_unit_test(test_new_node),
		cmocka_unit_test(test_new_peer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
