/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A core in a network of which no other node answers: what it does when nothing
 * happens, and how soon one more node is dialled when a packet comes for it.
 * The clock is turned by hand.
 *
 * TSV: silent nodes; turns of the loop, dials and microseconds of processor
 * time a second, timers, after 15 minutes without traffic; seconds until a
 * node is dialled: the last one of all that got their first packet at once, one
 * in their middle, the 100th, and one more after 20 seconds of a packet a second for each.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/core_impl.h"
#include "../unit/core/plain_tls.h"
#include "base/bytes.h"
#include "bench.h"
#include "core/conn/conn.h"
#include "format/bnl_sign.h"
#include "list_text.h"

#define WALL INT64_C(1793000100)
#define START INT64_C(1000000000000) /* ns */
#define SELF "n00000"
#define SETTLE_S 900
#define IDLE_S 60
#define FOREVER_S 600
#define EARLY 100 /* behind those that were dialled at once */
#define LEN 29

struct bench {
	struct core *c;
	struct conf *conf;
	struct now now;
	struct core_out out;
	struct cert_info cert;
	struct plain_ctx plain;
	struct rng_seeded state;
	uint8_t secret[X25519_LEN];
	size_t n, dials;
	size_t awaited; /* number of a node */
	bool dialled;	/* it was */
};

static void
drain(struct bench *b)
{
	struct action a;

	while (core_next_action(b->c, &a)) {
		if (a.kind == ACTION_CONNECT) {
			uint32_t to = get_be32(a.to.addr.b);

			b->dials++;
			b->dialled =
				b->dialled || to == 0xc6120000u + b->awaited;
		} else if (a.kind == ACTION_CLOSE) {
			core_stream_closed(b->c, b->now, a.conn, CLOSE_ORDERLY,
					   NULL);
		}
		action_done(&a);
	}
}

/* Returns the number of turns. */
static size_t
pass(struct bench *b, int64_t ms)
{
	struct monotime end = mono_add_ms(b->now.mono, ms);
	size_t turns = 0;

	while (mono_before(core_deadline(b->c), end)) {
		b->now.mono = core_deadline(b->c).ns > b->now.mono.ns ?
				      core_deadline(b->c) :
				      b->now.mono;
		core_tick(b->c, b->now);
		drain(b);
		turns++;
	}
	b->now.mono = end;
	return turns;
}

static void
packet_to(struct bench *b, size_t i)
{
	static const uint8_t head[LEN] = { 0x45, 0,  0, LEN, 0,	 0, 0x40, 0,
					   64,	 17, 0, 0,   10, 0, 0,	  1,
					   10,	 0,  0, 1,   0,	 9, 0,	  9,
					   0,	 9,  0, 0,   'x' };
	uint8_t mem[FRAME_HEADROOM + LEN];
	struct tun_frame f = { .data = mem + FRAME_HEADROOM, .len = LEN };
	uint32_t sum = 0;

	memcpy(f.data, head, LEN);
	f.data[17] = (uint8_t)(i >> 8);
	f.data[18] = (uint8_t)i;
	for (size_t k = 0; k < 20; k += 2)
		sum += get_be16(f.data + k);
	put_be16(f.data + 10, (uint16_t) ~(sum + (sum >> 16)));
	core_tun_in(b->c, b->now, &f, 1, &b->out);
	core_out_reset(&b->out);
	drain(b);
}

static void
begin(struct bench *b, size_t n)
{
	struct key *key = list_key(KEY_ED25519);
	const struct key *trusted = key;
	struct errs es = { 0 };
	struct core_init in = { 0 };
	struct err e;
	size_t len;
	char *raw = list_text(n + 1, key, &len);

	memset(b, 0, sizeof(*b));
	b->n = n;
	b->now = (struct now){ { START }, { WALL } };
	in.rng = rng_seeded(&b->state, bench_env("SEED", 1));
	b->cert.not_after.s = WALL + INT64_C(86400) * 365;
	memcpy(b->cert.cn, SELF, sizeof(SELF));
	b->plain = (struct plain_ctx){ .cert = b->cert, .rng = in.rng };
	if (conf_parse(&b->conf, "name = " SELF "\n",
		       strlen("name = " SELF "\n"), "/etc/cluevpn", &es) < 0)
		bench_die(es.e[0].text);
	b->out = (struct core_out){ .cap = CORE_OUT_MIN,
				    .maxruns = 64,
				    .maxframes = 64,
				    .maxslices = 1024 };
	b->out.mem = bench_alloc(b->out.cap, 1);
	b->out.runs = bench_alloc(b->out.maxruns, sizeof(*b->out.runs));
	b->out.frames = bench_alloc(b->out.maxframes, sizeof(*b->out.frames));
	b->out.slices = bench_alloc(b->out.maxslices, sizeof(*b->out.slices));
	in.conf = b->conf;
	in.cert = &b->cert;
	in.static_secret = b->secret;
	in.tls = plain_tls_provider(&b->plain);
	if (generation_build(&in.list, raw, len, &trusted, 1, &e) < 0 ||
	    core_new(&b->c, &in, b->now, &e) < 0)
		bench_die(e.text);
	key_free(key);
	free(raw);
}

static void
end(struct bench *b)
{
	core_free(b->c);
	conf_free(b->conf);
	free(b->out.mem);
	free(b->out.runs);
	free(b->out.frames);
	free(b->out.slices);
}

static void
idle(size_t n)
{
	struct bench b;
	size_t turns;
	int64_t cpu;

	begin(&b, n);
	core_start(b.c, b.now);
	drain(&b);
	pass(&b, SETTLE_S * 1000);
	b.dials = 0;
	cpu = bench_cpu();
	turns = pass(&b, IDLE_S * 1000);
	cpu = bench_cpu() - cpu;
	printf("%zu\t%.1f\t%.1f\t%.0f\t%zu", n, (double)turns / IDLE_S,
	       (double)b.dials / IDLE_S, (double)cpu / 1000 / IDLE_S,
	       b.c->timers.count + b.c->dialq.resting.count +
		       b.c->conns->timers.count);
	end(&b);
}

/* Seconds from its packet, which comes after those of `seconds`. */
static double
wait_of(size_t n, size_t awaited, size_t last, int seconds)
{
	struct monotime since;
	struct bench b;

	begin(&b, n);
	b.awaited = awaited;
	for (int s = 0; s < seconds; s++) {
		for (size_t i = 1; i <= n; i++)
			if (i != awaited)
				packet_to(&b, i);
		pass(&b, 1000);
	}
	b.dialled = false;
	since = b.now.mono;
	for (size_t i = seconds > 0 ? awaited : 1; i <= last; i++)
		packet_to(&b, i);
	while (!b.dialled && mono_ms(since, b.now.mono) < FOREVER_S * 1000)
		pass(&b, 10);
	end(&b);
	return (double)mono_ms(since, b.now.mono) / 1000;
}

int
main(void)
{
	static const size_t sizes[] = { 40, 300, 1000, 10000, 65000 };
	size_t most = bench_env("NODES", 65000);

	printf("#silent\tturns\tdials\tcpu_us\ttimers\tlast_s\tmiddle_s\t"
	       "early_s\tlater_s\n");
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		size_t n = sizes[i];

		if (n > most)
			continue;
		idle(n);
		printf("\t%.2f\t%.2f\t%.2f\t%.2f\n", wait_of(n, n, n, 0),
		       wait_of(n, n / 2, n, 0),
		       wait_of(n, n < EARLY ? n : EARLY, n, 0),
		       wait_of(n, n, n, 20));
		fflush(stdout);
	}
	return 0;
}
