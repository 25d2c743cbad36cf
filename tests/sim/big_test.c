/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A hundred nodes. TLS is the plain engine here: what is tried is numbers. */
#include <stdlib.h>

#include "mesh.h"

#define NODES 100

static int64_t
until(struct world *w, int64_t bound, bool (*done)(struct world *w, void *arg))
{
	int64_t begin = w->now;

	while (!done(w, NULL) && w->now < begin + bound)
		world_run(w, w->now + 10 * MS);
	if (!done(w, NULL))
		world_fail(w, "not within %.0f s", (double)bound / 1e9);
	return w->now - begin;
}

static void
test_hundred_nodes(void **state)
{
	struct world *w = world_new(&(struct world_opts){
		.seed = sim_seed(0), .nodes = NODES, .plain = true,
		.lat_min = MS, .lat_max = 10 * MS });
	int64_t up, spread;
	size_t len;
	char *raw;

	(void)state;
	mesh_start(w, SEC);
	up = until(w, 2 * MINUTE, mesh_all_up);
	traffic_all(w);
	world_run(w, w->now + 2 * SEC);
	world_assert(w, traffic_all_arrived(w, NULL));
	world_run(w, w->now + 20 * SEC);
	raw = list_make(w, NULL, &len);
	list_install(&w->nodes[7], raw, len);
	free(raw);
	list_reload(&w->nodes[7], true);
	spread = until(w, 30 * SEC, mesh_has_list);
	print_message("# 100 nodes (plain TLS): all %d pairs up after %.2f s, "
		      "%u TCP connections; a push was everywhere after "
		      "%.2f s\n",
		      NODES * (NODES - 1) / 2, (double)up / 1e9,
		      (unsigned int)mesh_connects(w), (double)spread / 1e9);
	world_free(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hundred_nodes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
