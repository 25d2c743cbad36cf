/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Time from a list's bytes to a generation that routes, by number of nodes:
 * generation_build(), as the daemon's worker calls it. Twice as many nodes
 * that take twice as long are the straight line of slope 1 in a log-log plot.
 *
 * TSV: key, nodes, bytes, ms of processor time in all, of which ms to verify,
 * parse and check, us a node; the best of five.
 */
#include <stdio.h>
#include <stdlib.h>

#include "bench.h"
#include "core/generation.h"
#include "format/bnl_sign.h"
#include "list_text.h"

#define PASSES 5

static void
measure(enum key_type type, size_t n)
{
	struct key *key = list_key(type);
	const struct key *trusted = key;
	double all[PASSES], open[PASSES], ms;
	size_t len;
	char *raw = list_text(n, key, &len);
	struct err e;

	for (int i = 0; i < PASSES; i++) {
		struct generation *g;
		struct bnl *b;
		int64_t begin = bench_cpu();

		if (generation_build(&g, raw, len, &trusted, 1, &e) < 0)
			bench_die(e.text);
		all[i] = (double)(bench_cpu() - begin) / 1e6;
		if (g->bnl->nnodes != n || g->routes.n4 < n)
			bench_die("a list of fewer nodes than were written");
		generation_free(g);
		begin = bench_cpu();
		if (bnl_open(&b, raw, len, &trusted, 1, &e) < 0)
			bench_die(e.text);
		open[i] = (double)(bench_cpu() - begin) / 1e6;
		bnl_free(b);
	}
	ms = bench_least(all, PASSES);
	printf("%s\t%zu\t%zu\t%.3f\t%.3f\t%.3f\n", key_type_name(type), n, len,
	       ms, bench_least(open, PASSES), ms * 1000 / (double)n);
	fflush(stdout);
	free(raw);
	key_free(key);
}

int
main(void)
{
	static const size_t sizes[] = { 100,   316,   1000, 3162,
					10000, 31623, 65536 };
	size_t most = bench_env("NODES", 65536);

	printf("#key\tnodes\tbytes\tms\tms_open\tus_a_node\n");
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		if (sizes[i] <= most) {
			measure(KEY_DSA, sizes[i]);
			measure(KEY_ED25519, sizes[i]);
		}
	return 0;
}
