/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Wall clocks that are wrong, or become it: traffic does not care. */
#include <stdlib.h>
#include <string.h>

#include "ca.h"
#include "mesh.h"

#define DAY INT64_C(86400)

static const int64_t jumps[] = { DAY, -DAY,	 3600,	    -SIM_WALL,
				 0,   400 * DAY, -400 * DAY };
#define JUMPS (sizeof(jumps) / sizeof(jumps[0]))

/* One node's clock jumps about; nothing is lost on a good network. */
static void
test_jumps(void **state)
{
	(void)state;
	for (size_t j = 0; j < JUMPS; j++) {
		struct world *w = world_new(&(struct world_opts){
			.seed = sim_seed(j), .nodes = 3 });
		int64_t late;

		mesh_start(w, 0);
		world_run(w, w->now + SEC);
		traffic_every(w, SEC);
		world_run(w, w->now + 30 * SEC);
		w->nodes[1].wall_off = jumps[j];
		world_run(w, w->now + 10 * MINUTE);
		w->nodes[1].wall_off = 0;
		world_run(w, w->now + 10 * MINUTE);
		traffic_stop(w);
		world_run(w, w->now + 10 * SEC);
		if (!traffic_all_arrived(w, NULL))
			world_fail(w, "packets lost when a clock went %lld s",
				   (long long)jumps[j]);
		late = w->traffic.worst;
		world_assert(w, late < 2 * SEC);
		world_free(w);
	}
}

/* Started with a dead battery: stored secrets work, lists stay, and nothing
 * is erased. */
static void
test_start_in_1970(void **state)
{
	struct world *w = world_new(
		&(struct world_opts){ .seed = sim_seed(0), .nodes = 3 });
	uint64_t pairs;

	(void)state;
	mesh_start(w, 0);
	world_run(w, w->now + 20 * SEC);
	node_stop(&w->nodes[2]);
	w->nodes[2].wall_off = -SIM_WALL;
	pairs = mesh_events(w, EVENT_PAIR_NEW);
	node_start(&w->nodes[2]);
	world_run(w, w->now + SEC);
	traffic_every(w, SEC);
	world_run(w, w->now + 10 * MINUTE);
	traffic_stop(w);
	world_run(w, w->now + 10 * SEC);
	world_assert(w, traffic_all_arrived(w, NULL));
	world_assert(w, mesh_events(w, EVENT_PAIR_NEW) == pairs);
	world_assert(w, mesh_events(w, EVENT_PAIR_GONE) == 0);
	world_assert(w, secrets_common(w, 0, 2) != NULL);
	world_free(w);
}

/* In 1970 no certificate is valid yet: no list comes through TLS. It comes as
 * soon as the clock is right, and traffic never stops. */
static void
test_lists_in_1970(void **state)
{
	struct world *w = world_new(
		&(struct world_opts){ .seed = sim_seed(0),
				      .nodes = 3,
				      .conf = "pullinterval = 60s\n" });
	size_t len;
	char *raw;

	(void)state;
	mesh_start(w, 0);
	world_run(w, w->now + 20 * SEC);
	traffic_every(w, SEC);
	w->nodes[1].wall_off = -SIM_WALL;
	raw = list_make(w, NULL, &len);
	list_install(&w->nodes[0], raw, len);
	free(raw);
	list_reload(&w->nodes[0], true);
	world_run(w, w->now + 10 * MINUTE);
	world_assert(w, list_in_force(&w->nodes[2], w->list));
	world_assert(w, !list_in_force(&w->nodes[1], w->list));
	w->nodes[1].wall_off = 0;
	world_assert(w, world_run_until(w, w->now + 3 * MINUTE, mesh_has_list,
					NULL));
	traffic_stop(w);
	world_run(w, w->now + 5 * SEC);
	world_assert(w, traffic_all_arrived(w, NULL));
	world_free(w);
}

/* A clock of 1970 is no reason to believe an old list on the disk. */
static void
test_old_disk_in_1970(void **state)
{
	struct world *w = world_new(
		&(struct world_opts){ .seed = sim_seed(0), .nodes = 3 });
	struct node *n = &w->nodes[1];
	size_t oldlen = n->disk.listlen, len;
	char *old = malloc(oldlen);
	char *raw;

	(void)state;
	assert_non_null(old);
	memcpy(old, n->disk.list, oldlen);
	mesh_start(w, 0);
	world_run(w, w->now + 20 * SEC);
	raw = list_make(w, NULL, &len);
	list_install(&w->nodes[0], raw, len);
	free(raw);
	list_reload(&w->nodes[0], true);
	world_assert(w,
		     world_run_until(w, w->now + MINUTE, mesh_has_list, NULL));
	world_run(w, w->now + 10 * SEC);
	node_stop(n);
	n->wall_off = -SIM_WALL;
	list_install(n, old, oldlen);
	free(old);
	node_start(n);
	world_assert(w, core_list_is_stale(n->core));
	traffic_every(w, SEC);
	world_run(w, w->now + 10 * MINUTE);
	world_assert(w, core_list_is_stale(n->core));
	world_assert(w, core_peer_count(n->core) == 0);
	n->wall_off = 0;
	world_assert(w,
		     world_run_until(w, w->now + MINUTE, mesh_has_list, NULL));
	world_assert(w, !core_list_is_stale(n->core));
	world_free(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_jumps),
		cmocka_unit_test(test_start_in_1970),
		cmocka_unit_test(test_lists_in_1970),
		cmocka_unit_test(test_old_disk_in_1970),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
