/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a mesh does when nobody sends anything: an hour of fake time on the
 * simulated network, from the moment all sessions are up. Sessions without
 * traffic end; with keepalive they do not.
 *
 * TSV: nodes, keepalive in seconds (0: off), datagrams a second that a node
 * sends, of which handshakes; TCP connections a second that it dials, and
 * bytes a second in them (plain engine instead of TLS).
 */
#include <stdio.h>

#include "../sim/mesh.h"
#include "bench.h"

#define UP_MAX (5 * MINUTE)

struct count {
	uint64_t datagrams, handshakes, connects, bytes;
};

static struct count
count(const struct world *w)
{
	struct count c = { .connects = mesh_connects(w),
			   .bytes = w->net.tcp_bytes };

	for (size_t i = 0; i < w->n; i++)
		for (unsigned int type = 0; type <= DGRAM_DATA; type++) {
			c.datagrams += w->nodes[i].sent[type];
			if (type != DGRAM_DATA)
				c.handshakes += w->nodes[i].sent[type];
		}
	return c;
}

static void
bring_up(struct world *w)
{
	mesh_start(w, SEC);
	for (int64_t end = w->now + UP_MAX; !mesh_all_up(w, NULL);) {
		if (w->now >= end)
			world_fail(w, "the mesh does not come up");
		world_run(w, w->now + SEC);
	}
}

static void
measure(size_t nodes, unsigned int keepalive)
{
	struct count before, after;
	double per = (double)nodes * HOUR / SEC;
	struct world *w;
	char conf[64];

	snprintf(conf, sizeof(conf), "keepalive = %us\n", keepalive);
	w = world_new(&(struct world_opts){ .seed = bench_env("SEED", 1),
					    .nodes = nodes,
					    .plain = true,
					    .conf = keepalive > 0 ? conf : NULL,
					    .lat_min = 5 * MS,
					    .lat_max = 50 * MS });
	bring_up(w);
	before = count(w);
	world_run(w, w->now + HOUR);
	after = count(w);
	printf("%zu\t%u\t%.4f\t%.4f\t%.4f\t%.0f\n", nodes, keepalive,
	       (double)(after.datagrams - before.datagrams) / per,
	       (double)(after.handshakes - before.handshakes) / per,
	       (double)(after.connects - before.connects) / per,
	       (double)(after.bytes - before.bytes) / per);
	fflush(stdout);
	world_free(w);
}

int
main(void)
{
	static const size_t sizes[] = { 10, 32, 100 };
	size_t most = bench_env("NODES", 1000);

	printf("#nodes\tkeepalive_s\tdatagrams\thandshakes\tconnects\t"
	       "TCP_bytes\n");
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		if (sizes[i] <= most)
			measure(sizes[i], 0);
	if (most >= 32)
		measure(32, 25);
	return 0;
}
