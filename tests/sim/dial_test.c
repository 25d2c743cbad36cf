/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Both ends dial each other at once, a thousand times over. */
#include <string.h>

#include "mesh.h"

#define RUNS 1000

static bool
both_heard(struct world *w, void *arg)
{
	(void)arg;
	return traffic_flow(w, 0, 1)->got > 0 && traffic_flow(w, 1, 0)->got > 0;
}

static void
test_both_dial(void **state)
{
	struct figures first = { 0 };
	size_t crossed = 0;

	(void)state;
	for (size_t k = 0; k < sim_runs(RUNS); k++) {
		struct world *w = world_new(&(struct world_opts){
			.seed = sim_seed(k), .nodes = 2 });
		int64_t ms = 1 << world_below(w, 7);
		const struct pair *a, *b;
		int64_t begin;

		w->net.weather.lat_min = ms * MS / 2;
		w->net.weather.lat_max = ms * MS;
		node_start(&w->nodes[0]);
		node_start(&w->nodes[1]);
		begin = w->now;
		traffic_send(w, 0, 1, 1);
		world_run(w, w->now + world_between(w, 0, 3 * ms * MS));
		traffic_send(w, 1, 0, 1);
		if (!world_run_until(w, begin + 5 * SEC, both_heard, NULL))
			world_fail(w, "no data");
		figures_add(&first, w->now - begin);
		crossed += w->nodes[0].connects > 0 && w->nodes[1].connects > 0;
		world_run(w, w->now + 5 * SEC);
		world_assert(w, traffic_all_arrived(w, NULL));
		a = secrets_newest(w, 0, 1);
		b = secrets_newest(w, 1, 0);
		world_assert(w, a != NULL && b != NULL);
		world_assert(w, memcmp(a->id, b->id, PAIR_ID_LEN) == 0 &&
					memcmp(a->secret, b->secret,
					       PAIR_SECRET_LEN) == 0);
		world_assert(w, a->cipher == b->cipher && a->comp == b->comp &&
					a->level == b->level);
		world_free(w);
	}
	print_message("# both had dialled in %zu runs\n", crossed);
	assert_true(crossed * 2 > sim_runs(RUNS));
	figures_tell(&first, "both dial (1 to 64 ms a way), until data flows "
			     "both ways");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_both_dial),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
