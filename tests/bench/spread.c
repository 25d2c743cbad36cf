/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How a pushed list spreads among real cores on the simulated network, in
 * fake time: plain engine instead of TLS, 5 to 50 ms one way, 5 % of the
 * datagrams lost and of the pieces of streams late by 200 to 600 ms.
 *
 * TSV: setting, nodes, percent down, signer, runs, first seed; median and
 * worst of: seconds until the last live node had it, rounds, TCP connections,
 * megabytes in them, seconds that a node that was down took from its start.
 * Settings: "whole": all sessions were up. "calm": no pair and no session
 * was, so that news came by TCP alone.
 *
 * NODES, LEAST: no size above or below. RUNS: of each setting, for its tail,
 * up to 100, with the seeds from SEED on. DOWN (0, 10, 30): this share alone,
 * where the signer dies. PAD: bytes of comments in the list; above 262144 some
 * nodes take it as a difference, and others would take long.
 */
#include <stdio.h>
#include <stdlib.h>

#include "../sim/spread.h"
#include "bench.h"

#define RUNS_MAX 100
#define ALL_DOWN 100  /* no such share: all of them are measured */
#define WHOLE_MAX 100 /* nodes; with more it takes too long */

struct columns {
	double all[RUNS_MAX], rounds[RUNS_MAX], connects[RUNS_MAX];
	double mbytes[RUNS_MAX], back[RUNS_MAX];
};

static void
column(double *v, size_t n, int digits)
{
	double median = bench_median(v, n);

	printf("\t%.*f\t%.*f", digits, median, digits, v[n - 1]);
}

static void
measure(struct spread_opts o, size_t runs, uint64_t seed)
{
	static struct columns c;

	if (runs > RUNS_MAX)
		runs = RUNS_MAX;
	for (size_t k = 0; k < runs; k++) {
		struct spread s;

		o.seed = seed + k;
		s = spread_run(&o);
		c.all[k] = (double)s.all / 1e9;
		c.rounds[k] = s.rounds;
		c.connects[k] = (double)s.connects;
		c.mbytes[k] = (double)s.bytes / 1e6;
		c.back[k] = (double)s.back_all / 1e9;
	}
	printf("%s\t%zu\t%u\t%s\t%zu\t%llu", o.whole ? "whole" : "calm",
	       o.nodes, o.down, o.killed ? "dies" : "lives", runs,
	       (unsigned long long)seed);
	column(c.all, runs, 2);
	column(c.rounds, runs, 0);
	column(c.connects, runs, 0);
	column(c.mbytes, runs, 2);
	column(c.back, runs, 2);
	putchar('\n');
	fflush(stdout);
}

int
main(void)
{
	static const size_t sizes[] = { 10, 32, 100, 316, 1000 };
	static const size_t runs[] = { 10, 10, 5, 5, 2 };
	static const unsigned int down[] = { 0, 10, 30 };
	size_t most = bench_env("NODES", 1000), least = bench_env("LEAST", 0);
	size_t all_runs = bench_env("RUNS", 0);
	size_t share = bench_env("DOWN", ALL_DOWN);
	size_t pad = bench_env("PAD", 0);
	uint64_t seed = bench_env("SEED", 1);

	printf("#setting\tnodes\tdown_%%\tsigner\truns\tseed\tall_s\tworst\t"
	       "rounds\tworst\tconnects\tworst\tMB\tworst\tback_s\tworst\n");
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct spread_opts o = { .nodes = sizes[i], .pad = pad };
		size_t n = all_runs > 0 ? all_runs : runs[i];

		if (sizes[i] < least || sizes[i] > most)
			continue;
		if (share == ALL_DOWN)
			measure(o, n, seed);
		o.killed = true;
		for (size_t j = 0; j < sizeof(down) / sizeof(down[0]); j++) {
			if (share != ALL_DOWN && share != down[j])
				continue;
			o.down = down[j];
			o.whole = false;
			measure(o, n, seed);
			o.whole = true;
			if (sizes[i] <= WHOLE_MAX && all_runs == 0)
				measure(o, sizes[i] < WHOLE_MAX ? n : 1, seed);
		}
	}
	return 0;
}
