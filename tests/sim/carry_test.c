/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A small mesh on a good network: nothing is ever lost. */
#include "mesh.h"

#define SEEDS 10
#define QUEUED 128 /* what waits for a session at most */

static void
test_first_packets_wait(void **state)
{
	struct figures first = { 0 };

	(void)state;
	for (size_t k = 0; k < sim_runs(SEEDS); k++) {
		struct world *w = world_new(&(struct world_opts){
			.seed = sim_seed(k), .nodes = 3 });
		int64_t begin = w->now;

		mesh_start(w, 0);
		world_run(w, w->now);
		for (size_t i = 0; i < 3; i++) {
			traffic_send(w, i, (i + 1) % 3, QUEUED);
			traffic_send(w, i, (i + 2) % 3, QUEUED);
		}
		world_assert(w, w->traffic.got == 0);
		world_assert(w, world_run_until(w, begin + 2 * SEC,
						traffic_all_arrived, NULL));
		figures_add(&first, w->now - begin);
		for (size_t i = 0; i < 3; i++)
			world_assert(w, node_drops(&w->nodes[i],
						   DROP_QUEUE_FULL) == 0);
		world_free(w);
	}
	figures_tell(&first,
		     "three nodes, until 768 waiting packets are there");
}

/* More than may wait: the rest is dropped and counted, not more. */
static void
test_queue_is_bounded(void **state)
{
	struct world *w = world_new(
		&(struct world_opts){ .seed = sim_seed(0), .nodes = 2 });
	struct node *n = &w->nodes[0];

	(void)state;
	node_start(n);
	traffic_send(w, 0, 1, QUEUED + 20);
	world_assert(w, node_drops(n, DROP_QUEUE_FULL) == 20);
	world_run(w, w->now + 5 * SEC);
	node_start(&w->nodes[1]);
	world_run(w, w->now + 10 * SEC);
	world_assert(w, w->traffic.got == QUEUED);
	world_free(w);
}

/* Rekeys, of either side, under traffic in both directions and in one. */
static void
test_rekey_loses_nothing(void **state)
{
	(void)state;
	for (size_t k = 0; k < sim_runs(3); k++) {
		struct world *w =
			world_new(&(struct world_opts){ .seed = sim_seed(k),
							.nodes = 3,
							.lat_min = MS,
							.lat_max = 30 * MS });
		struct peer_info p;

		mesh_start(w, SEC);
		world_run(w, w->now + 2 * SEC);
		traffic_every(w, SEC / 4);
		world_run(w, w->now + 20 * MINUTE);
		traffic_stop(w);
		world_run(w, w->now + 10 * SEC);
		world_assert(w, traffic_all_arrived(w, NULL));
		/* No later than at 150 s: eight in twenty minutes. */
		world_assert(w, node_peer(&w->nodes[0], 1, &p));
		world_assert(w, p.handshakes >= 8 && p.handshakes <= 25);
		world_assert(w, w->traffic.worst < 2 * SEC);
		world_free(w);
	}
}

/* No traffic: the sessions end, and a first packet brings one back. */
static void
test_idle_then_busy(void **state)
{
	struct world *w = world_new(
		&(struct world_opts){ .seed = sim_seed(0), .nodes = 3 });
	uint64_t inits, data;
	int64_t begin;

	(void)state;
	mesh_start(w, 0);
	world_run(w, w->now + 10 * MINUTE);
	inits = w->nodes[0].sent[DGRAM_INIT];
	data = w->nodes[0].sent[DGRAM_DATA];
	world_run(w, w->now + 2 * HOUR);
	world_assert(w, w->nodes[0].sent[DGRAM_INIT] == inits);
	world_assert(w, w->nodes[0].sent[DGRAM_DATA] == data);
	begin = w->now;
	traffic_all(w);
	world_assert(
		w, world_run_until(w, begin + SEC, traffic_all_arrived, NULL));
	world_free(w);
}

/* Alike to everything above, with all compressors, over every cipher. */
static void
test_every_algorithm(void **state)
{
	static const char *const confs[] = {
		"cryptalgos = aes-256-gcm:9\ncompalgos = zlib:6:100 none:1\n",
		"cryptalgos = aes-128-gcm:9\ncompalgos = lzo:1:100 none:1\n",
		"cryptalgos = chacha20-poly1305:9\ncompalgos = none:1\n",
	};

	(void)state;
	for (size_t k = 0; k < sizeof(confs) / sizeof(confs[0]); k++) {
		struct world *w = world_new(&(struct world_opts){
			.seed = sim_seed(k), .nodes = 3, .conf = confs[k] });

		mesh_start(w, 0);
		world_run(w, w->now + SEC);
		for (int i = 0; i < 20; i++) {
			traffic_send(w, 0, 1, 100);
			traffic_send(w, 1, 2, 100);
			traffic_send(w, 2, 0, 100);
			world_run(w, w->now + SEC / 10);
		}
		world_assert(w, traffic_all_arrived(w, NULL));
		world_assert(w, w->traffic.coalesced > 0);
		world_free(w);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_packets_wait),
		cmocka_unit_test(test_queue_is_bounded),
		cmocka_unit_test(test_rekey_loses_nothing),
		cmocka_unit_test(test_idle_then_busy),
		cmocka_unit_test(test_every_algorithm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
