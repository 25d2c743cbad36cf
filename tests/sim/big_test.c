/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Large meshes. TLS is the plain engine here: what is tried is numbers. */
#include <stdlib.h>

#include "spread.h"

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
	struct world *w = world_new(&(struct world_opts){ .seed = sim_seed(0),
							  .nodes = NODES,
							  .plain = true,
							  .lat_min = MS,
							  .lat_max = 10 * MS });
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

/* Dead nodes, loss, a signer that dies as soon as one has its list: all that
 * live get it, and the others when they come up. */
static void
spread(bool whole, size_t standard)
{
	struct figures all = { 0 }, back = { 0 };

	for (size_t k = 0; k < sim_runs(standard); k++) {
		struct spread s =
			spread_run(&(struct spread_opts){ .seed = sim_seed(k),
							  .nodes = 32,
							  .down = 30,
							  .killed = true,
							  .whole = whole });

		assert_int_equal(s.back, 32 * 30 / 100);
		assert_true(s.rounds >= 2 && s.rounds < 32);
		figures_add(&all, s.all);
		figures_add(&back, s.back_all);
	}
	figures_tell(&all, "32 nodes, 9 down, 5 % loss, dead signer: until all "
			   "others have it");
	figures_tell(&back, "and those who were down, after their start");
}

static void
test_spread(void **state)
{
	(void)state;
	spread(true, 2);
}

static void
test_spread_by_tcp_alone(void **state)
{
	(void)state;
	spread(false, 5);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hundred_nodes),
		cmocka_unit_test(test_spread),
		cmocka_unit_test(test_spread_by_tcp_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
