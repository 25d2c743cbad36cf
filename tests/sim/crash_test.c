/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A crash at every write of a negotiation, on either side, before and after:
 * the two always find together again, and never lose a common secret. */
#include "ca.h"
#include "mesh.h"

#define DAY INT64_C(86400)
/* Each may be left with a secret of which the other has no half: then only
 * a minute of silence tells that a new one is needed. */
#define BOUND (70 * SEC)

enum before { NOTHING, OLD_PAIR, ONE_SIDED };

static const char *const words[] = { "first", "renewed", "one side lost" };

/* Two nodes that are about to negotiate. */
static struct world *
about_to(enum before before, uint64_t seed)
{
	struct world *w = world_new(&(struct world_opts){
		.seed = seed, .nodes = 2, .lat_max = 20 * MS });

	if (before == NOTHING)
		return w;
	mesh_start(w, 0);
	traffic_every(w, SEC);
	world_assert(w,
		     world_run_until(w, w->now + 10 * SEC, mesh_all_up, NULL));
	world_run(w, w->now + 5 * SEC);
	traffic_stop(w);
	world_run(w, w->now + 40 * SEC);
	node_stop(&w->nodes[0]);
	node_stop(&w->nodes[1]);
	if (before == ONE_SIDED) {
		disk_erase_pairs(&w->nodes[0]);
		return w;
	}
	for (size_t i = 0; i < 2; i++)
		node_age(&w->nodes[i], DAY + DAY / 8);
	return w;
}

/* Starts them, and waits until data flows both ways; crashing: after that
 * one crashed and started again. Returns how long that took. */
static int64_t
negotiate(struct world *w, const struct disk *crashing)
{
	int64_t begin = w->now;

	mesh_start(w, SEC / 10);
	traffic_every(w, SEC);
	if (crashing != NULL) {
		while (crashing->restart == 0 && w->now < begin + BOUND)
			world_run(w, w->now + 100 * MS);
		if (crashing->restart == 0)
			world_fail(w, "there was no such write");
		begin = crashing->restart;
	}
	if (!world_run_until(w, begin + BOUND, mesh_all_heard, &begin))
		world_fail(w, "never together again");
	return w->now - begin;
}

static unsigned int
count_steps(enum before before, size_t side)
{
	struct world *w = about_to(before, sim_seed(0));
	unsigned int from = w->nodes[side].disk.steps, n;

	negotiate(w, NULL);
	world_run(w, w->now + 70 * SEC);
	n = w->nodes[side].disk.steps - from;
	world_assert(w, n >= 1);
	world_assert(w, secrets_common(w, 0, 1) != NULL);
	world_free(w);
	return n;
}

static void
crash_at(enum before before, size_t side, unsigned int step,
	 enum disk_crash when, int64_t rest, struct figures *f)
{
	struct world *w = about_to(before, sim_seed(0));
	struct disk *d = &w->nodes[side].disk;
	int64_t begin;

	d->crash_step = d->steps + step;
	d->crash = when;
	d->crash_rest = rest;
	figures_add(f, negotiate(w, d));
	/* And it stays so. */
	world_run(w, w->now + 2 * MINUTE);
	begin = w->now;
	world_assert(
		w, world_run_until(w, begin + 5 * SEC, mesh_all_heard, &begin));
	world_assert(w, secrets_common(w, 0, 1) != NULL);
	world_assert(w, mesh_events(w, EVENT_PAIR_GONE) == 0);
	world_free(w);
}

static void
test_every_write(void **state)
{
	static const int64_t rests[] = { 100 * MS, 20 * SEC };
	struct figures f = { 0 };

	(void)state;
	for (enum before b = NOTHING; b <= ONE_SIDED; b++)
		for (size_t side = 0; side < 2; side++) {
			unsigned int n = count_steps(b, side);

			print_message("# %s: %u writes on side %zu\n", words[b],
				      n, side);
			for (unsigned int step = 1; step <= n; step++)
				for (enum disk_crash c = CRASH_BEFORE;
				     c <= CRASH_ANSWERED; c++)
					for (size_t r = 0; r < 2; r++)
						crash_at(b, side, step, c,
							 rests[r], &f);
		}
	figures_tell(&f, "crash at a write, from the restart until data flows");
}

static void
sometimes_crash(struct world *w, void *arg)
{
	struct node *n = &w->nodes[world_below(w, 2)];
	struct disk *d = &n->disk;

	d->crash_step = d->steps + 1 + world_below(w, 3);
	d->crash = CRASH_BEFORE + world_below(w, 3);
	d->crash_rest = world_between(w, 10 * MS, 5 * SEC);
	queue_add(&w->queue, w->now + world_between(w, SEC, MINUTE),
		  sometimes_crash, arg, NULL);
}

static void
day_later(struct world *w, void *arg)
{
	for (size_t i = 0; i < 2; i++)
		node_age(&w->nodes[i], DAY + DAY / 8);
	queue_add(&w->queue, w->now + world_between(w, 35 * SEC, 90 * SEC),
		  day_later, arg, NULL);
}

/* Day after day renewed, with crashes at writes on both sides, bad weather
 * and lost answers of the disk. */
static void
test_many_days(void **state)
{
	(void)state;
	for (size_t k = 0; k < sim_runs(3); k++) {
		struct world *w = world_new(&(struct world_opts){
			.seed = sim_seed(k),
			.nodes = 2,
			.conf = "unanswered = 5s\nnegotiategap = 2s\n" });
		int64_t calm;

		w->net.weather.loss = 500;
		w->net.weather.tcp_loss = 500;
		mesh_start(w, SEC);
		traffic_every(w, SEC);
		sometimes_crash(w, NULL);
		day_later(w, NULL);
		world_run(w, w->now + 4 * HOUR);
		w->net.weather.loss = 0;
		queue_free(&w->queue);
		for (size_t i = 0; i < 2; i++) {
			w->nodes[i].disk.crash = CRASH_NEVER;
			node_crash(&w->nodes[i]);
			node_start(&w->nodes[i]);
		}
		traffic_every(w, SEC);
		calm = w->now;
		world_assert(w, world_run_until(w, calm + BOUND, mesh_all_heard,
						&calm));
		print_message("# seed %u: %u pairs made, %u starts, up to %u "
			      "secrets, law checked %u times\n",
			      (unsigned int)w->seed,
			      (unsigned int)mesh_events(w, EVENT_PAIR_NEW),
			      w->nodes[0].life + w->nodes[1].life,
			      w->secrets.most, (unsigned int)w->secrets.checks);
		world_assert(w, mesh_events(w, EVENT_PAIR_NEW) > 50);
		world_free(w);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_write),
		cmocka_unit_test(test_many_days),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
