/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hours of bad luck, then calm: every pair recovers within a bound, and on
 * the way no law is broken (the harness looks at every step). */
#include "chaos.h"
#include "mesh.h"

#define NODES 10

static const char quick_timers[] =
	"rekey = 20s\nrekeyresponder = 25s\nreject = 30s\n"
	"unanswered = 5s\nnegotiategap = 3s\ninitgiveup = 20s\n"
	"initretryslow = 4s\n";

struct plan {
	const char *conf;
	struct chaos chaos;
	int64_t hours;
	int64_t bound; /* on recovery */
	const char *what;
};

static void
tell(const struct world *w, const struct chaos *c)
{
	print_message("# seed %u: %u of %u packets, %u negotiated, %u cuts, "
		      "%u crashes, %u stops, %u jumps of clocks, up to %u "
		      "secrets, %u of them ended by age\n",
		      (unsigned int)w->seed, (unsigned int)w->traffic.got,
		      (unsigned int)w->traffic.sent,
		      (unsigned int)mesh_events(w, EVENT_PAIR_NEW),
		      (unsigned int)(c->cuts + c->islands),
		      (unsigned int)c->crashes, (unsigned int)c->stops,
		      (unsigned int)c->jumps, w->secrets.most,
		      (unsigned int)mesh_events(w, EVENT_PAIR_GONE));
}

static void
run(const struct plan *plan, size_t seeds)
{
	struct figures recovery = { 0 };

	for (size_t k = 0; k < sim_runs(seeds); k++) {
		struct world *w =
			world_new(&(struct world_opts){ .seed = sim_seed(k),
							.nodes = NODES,
							.conf = plan->conf });
		struct chaos c = plan->chaos;
		int64_t calm;

		for (size_t i = 0; i < NODES; i++)
			w->nodes[i].disk.fails = 200;
		mesh_start(w, SEC);
		chaos_begin(w, &c);
		traffic_every(w, 5 * SEC);
		world_run(w, w->now + sim_span(plan->hours * HOUR));
		traffic_stop(w);
		chaos_end(w, &c);
		calm = w->now;
		traffic_every(w, SEC);
		if (!world_run_until(w, calm + plan->bound, mesh_all_heard,
				     &calm))
			world_fail(w, "no recovery");
		figures_add(&recovery, w->now - calm);
		tell(w, &c);
		world_assert(w, w->secrets.most <= PAIR_HELD_MAX);
		world_assert(w,
			     c.clocks || mesh_events(w, EVENT_PAIR_GONE) == 0);
		world_free(w);
	}
	figures_tell(&recovery, plan->what);
}

static void
test_standard_timers(void **state)
{
	(void)state;
	run(&(struct plan){ .chaos = { .gap_min = SEC,
				       .gap_max = 60 * SEC,
				       .rest_max = 3 * MINUTE },
			    .hours = 2,
			    .bound = 90 * SEC,
			    .what = "recovery, standard timers" },
	    1);
}

static void
test_quick_timers(void **state)
{
	(void)state;
	run(&(struct plan){ .conf = quick_timers,
			    .chaos = { .gap_min = SEC / 10,
				       .gap_max = 10 * SEC,
				       .rest_max = 30 * SEC,
				       .clocks = true },
			    .hours = 1,
			    .bound = 30 * SEC,
			    .what = "recovery, quick timers and wrong clocks" },
	    1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_standard_timers),
		cmocka_unit_test(test_quick_timers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
