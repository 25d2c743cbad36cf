/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A whole mesh starts at once. */
#include "mesh.h"

#define NODES 10
#define SEEDS 50

static void
start(size_t seeds, int64_t lat_min, int64_t lat_max, bool traffic,
      int64_t bound, const char *what)
{
	struct figures up = { 0 };

	for (size_t k = 0; k < sim_runs(seeds); k++) {
		struct world *w =
			world_new(&(struct world_opts){ .seed = sim_seed(k),
							.nodes = NODES,
							.lat_min = lat_min,
							.lat_max = lat_max });
		int64_t begin = w->now;
		bool done;

		for (size_t i = 0; i < NODES; i++)
			node_start(&w->nodes[i]);
		if (traffic)
			traffic_all(w);
		done = world_run_until(w, begin + bound, mesh_all_up, NULL);
		if (!done)
			world_fail(w, "not up within %.1f s",
				   (double)bound / 1e9);
		if (traffic && !world_run_until(w, begin + bound,
						traffic_all_arrived, NULL))
			world_fail(w, "first packets are missing");
		figures_add(&up, w->now - begin);
		world_free(w);
	}
	figures_tell(&up, what);
}

static void
test_near(void **state)
{
	(void)state;
	start(10, MS / 2, MS, false, SEC, "ten nodes, 1 ms a way, all up");
}

static void
test_near_with_traffic(void **state)
{
	(void)state;
	start(SEEDS, MS / 2, MS, true, SEC,
	      "ten nodes, 1 ms a way, all up and first packets there");
}

static void
test_far(void **state)
{
	(void)state;
	start(SEEDS, 40 * MS, 50 * MS, true, 3 * SEC,
	      "ten nodes, 50 ms a way, all up and first packets there");
}

/* Whoever starts later was dialled in vain, and is dialled again soon. */
static void
test_one_after_the_other(void **state)
{
	struct figures up = { 0 };

	(void)state;
	for (size_t k = 0; k < sim_runs(10); k++) {
		struct world *w = world_new(&(struct world_opts){
			.seed = sim_seed(k), .nodes = NODES });
		int64_t begin = w->now;

		mesh_start(w, 2 * SEC);
		world_assert(w, world_run_until(w, begin + 6 * SEC, mesh_all_up,
						NULL));
		figures_add(&up, w->now - begin);
		world_free(w);
	}
	figures_tell(&up, "ten nodes start within 2 s, no traffic, all up");
}

/* From their disks, without TCP; later it asks for lists alone. */
static void
test_again(void **state)
{
	struct figures up = { 0 };

	(void)state;
	for (size_t k = 0; k < sim_runs(5); k++) {
		struct world *w = world_new(
			&(struct world_opts){ .seed = sim_seed(k),
					      .nodes = NODES,
					      .conf = "pullinterval = 24h\n" });
		uint64_t connects, pairs;
		int64_t begin;

		mesh_start(w, 0);
		world_run(w, w->now + 5 * SEC);
		for (size_t i = 0; i < NODES; i++)
			node_crash(&w->nodes[i]);
		world_run(w, w->now + 10 * SEC);
		connects = mesh_connects(w);
		pairs = mesh_events(w, EVENT_PAIR_NEW);
		begin = w->now;
		mesh_start(w, 0);
		world_assert(
			w, world_run_until(w, begin + SEC, mesh_all_up, NULL));
		figures_add(&up, w->now - begin);
		world_assert(w, mesh_connects(w) == connects);
		world_run(w, w->now + 60 * SEC);
		world_assert(w, mesh_events(w, EVENT_PAIR_NEW) == pairs);
		world_free(w);
	}
	figures_tell(&up, "ten nodes, again from their disks, all up");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_near),
		cmocka_unit_test(test_near_with_traffic),
		cmocka_unit_test(test_far),
		cmocka_unit_test(test_one_after_the_other),
		cmocka_unit_test(test_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
