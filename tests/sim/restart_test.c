/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A node that comes back: with all it knew, or without some of it. */
#include "mesh.h"

static struct world *
three_talking(uint64_t seed)
{
	struct world *w = world_new(&(struct world_opts){
		.seed = seed, .nodes = 3, .conf = "pullinterval = 24h\n" });

	mesh_start(w, 0);
	world_assert(w,
		     world_run_until(w, w->now + 5 * SEC, mesh_all_up, NULL));
	traffic_every(w, SEC);
	world_run(w, w->now + 30 * SEC);
	return w;
}

/* Until there is data both ways again with both others. */
static int64_t
together_again(struct world *w, int64_t bound)
{
	int64_t begin = w->now;

	if (!world_run_until(w, begin + bound, mesh_all_heard, &begin))
		world_fail(w, "not together again");
	return w->now - begin;
}

static void
test_with_its_state(void **state)
{
	struct figures f = { 0 };

	(void)state;
	for (size_t k = 0; k < sim_runs(20); k++) {
		struct world *w = three_talking(sim_seed(k));
		uint64_t pairs = mesh_events(w, EVENT_PAIR_NEW);
		uint64_t connects;

		if (k % 2 == 0)
			node_stop(&w->nodes[1]);
		else
			node_crash(&w->nodes[1]);
		/* Shorter than others take to look for a new pair. */
		world_run(w, w->now + world_between(w, 0, 50 * SEC));
		connects = w->nodes[1].connects;
		node_start(&w->nodes[1]);
		world_assert(w, world_run_until(w, w->now + 10 * MS,
						mesh_all_up, NULL));
		world_assert(w, w->nodes[1].connects == connects);
		figures_add(&f, together_again(w, 3 * SEC));
		world_run(w, w->now + 60 * SEC);
		world_assert(w, mesh_events(w, EVENT_PAIR_NEW) == pairs);
		world_free(w);
	}
	figures_tell(&f, "restart with state, a packet a second, until data "
			 "flows everywhere");
}

/* Away for so long that the others dial for a new pair: when it is back, and
 * they talk under the old one, they do not. */
static void
test_after_a_long_time(void **state)
{
	(void)state;
	for (size_t k = 0; k < sim_runs(10); k++) {
		struct world *w = three_talking(sim_seed(k));
		uint64_t pairs = mesh_events(w, EVENT_PAIR_NEW);

		node_crash(&w->nodes[1]);
		world_run(w, w->now + world_between(w, 2 * MINUTE, 5 * MINUTE));
		node_start(&w->nodes[1]);
		together_again(w, 3 * SEC);
		world_run(w, w->now + 2 * MINUTE);
		if (mesh_events(w, EVENT_PAIR_NEW) != pairs)
			world_fail(w, "a pair was negotiated for nothing");
		world_free(w);
	}
}

static bool
last_is_up_with_all(struct world *w, void *arg)
{
	(void)arg;
	for (size_t i = 0; i < w->n - 1; i++)
		if (!node_is_up_with(&w->nodes[w->n - 1], i))
			return false;
	return true;
}

/* Dialled for minutes in vain, ever more seldom; it asks for lists as soon as
 * it is there, so the others know. */
static void
test_first_start_minutes_later(void **state)
{
	struct figures f = { 0 };

	(void)state;
	for (size_t k = 0; k < sim_runs(10); k++) {
		struct world *w = world_new(&(struct world_opts){
			.seed = sim_seed(k), .nodes = 4 });
		int64_t begin;

		for (size_t i = 0; i < 3; i++)
			node_start(&w->nodes[i]);
		world_run(w, w->now + world_between(w, 3 * MINUTE, 6 * MINUTE));
		begin = w->now;
		node_start(&w->nodes[3]);
		world_assert(w, world_run_until(w, begin + 6 * SEC,
						last_is_up_with_all, NULL));
		figures_add(&f, w->now - begin);
		world_free(w);
	}
	figures_tell(&f, "a node first starts minutes later, all up");
}

static void
test_without_pairs(void **state)
{
	struct figures f = { 0 };

	(void)state;
	for (size_t k = 0; k < sim_runs(10); k++) {
		struct world *w = three_talking(sim_seed(k));
		uint64_t new_pairs = w->nodes[1].events[EVENT_PAIR_NEW];

		node_crash(&w->nodes[1]);
		disk_erase_pairs(&w->nodes[1]);
		world_run(w, w->now + world_between(w, 0, 2 * MINUTE));
		node_start(&w->nodes[1]);
		figures_add(&f, together_again(w, 5 * SEC));
		world_assert(w, w->nodes[1].events[EVENT_PAIR_NEW] ==
					new_pairs + 2);
		world_free(w);
	}
	figures_tell(&f, "restart with all pairs lost, until data flows "
			 "everywhere");
}

/* Another static key: what was negotiated with the old one is of no use. */
static void
test_with_another_static_key(void **state)
{
	(void)state;
	for (size_t k = 0; k < sim_runs(5); k++) {
		struct world *w = three_talking(sim_seed(k));

		node_crash(&w->nodes[1]);
		w->nodes[1].disk.static_key[5] ^= 0x10;
		secrets_forget(w, 1, 0);
		secrets_forget(w, 1, 2);
		node_start(&w->nodes[1]);
		together_again(w, 5 * SEC);
		world_free(w);
	}
}

/* The disk of last week: pairs that the others gave up long ago. */
static void
test_with_an_old_disk(void **state)
{
	(void)state;
	for (size_t k = 0; k < sim_runs(5); k++) {
		struct world *w = three_talking(sim_seed(k));
		struct disk *d = &w->nodes[1].disk;
		struct pair_record old[3];

		for (size_t i = 0; i < 3; i++)
			old[i] = d->pairs[i].record;
		for (int day = 0; day < 3; day++) {
			for (size_t i = 0; i < 3; i++)
				node_age(&w->nodes[i], 90000);
			world_run(w, w->now + 2 * MINUTE);
		}
		node_crash(&w->nodes[1]);
		for (size_t i = 0; i < 3; i++) {
			d->pairs[i].record = old[i];
			secrets_forget(w, 1, i);
		}
		node_start(&w->nodes[1]);
		together_again(w, 100 * SEC);
		world_free(w);
	}
}

/* A node without an address in the list calls the others. */
static void
test_hidden_node(void **state)
{
	struct world *w = world_new(&(struct world_opts){
		.seed = sim_seed(0), .nodes = 4, .hide_last = true });
	int64_t begin = w->now;

	(void)state;
	mesh_start(w, 0);
	traffic_every(w, SEC);
	world_assert(w, world_run_until(w, begin + 40 * SEC, mesh_all_heard,
					&begin));
	node_crash(&w->nodes[3]);
	world_run(w, w->now + 10 * SEC);
	node_start(&w->nodes[3]);
	begin = w->now;
	world_assert(
		w, world_run_until(w, begin + 5 * SEC, mesh_all_heard, &begin));
	world_free(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_with_its_state),
		cmocka_unit_test(test_after_a_long_time),
		cmocka_unit_test(test_first_start_minutes_later),
		cmocka_unit_test(test_without_pairs),
		cmocka_unit_test(test_with_another_static_key),
		cmocka_unit_test(test_with_an_old_disk),
		cmocka_unit_test(test_hidden_node),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
