/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Heap of a core by number of peers, as the allocator counts it: with its list
 * alone, then with a stored pair of each peer, then with a session with each,
 * idle. The peers are no cores: they only answer the core's INITs.
 *
 * TSV: peers, and bytes a peer of: the list and its routes (which stand in the
 * next column, too), a peer without a pair, with one, with a session.
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/core/plain_tls.h"
#include "bench.h"
#include "core/core.h"
#include "core/session/handshake.h"
#include "list_text.h"

#define WALL INT64_C(1793000100)
#define START INT64_C(1000000000000) /* ns */
#define YEAR_S (365 * INT64_C(86400))
#define RUN_S 170 /* until then no session is at its end */
#define SELF "n00000"

struct peers { /* all of them have one static key */
	struct core_env env;
	uint8_t core_secret[X25519_LEN], core_public[X25519_LEN];
	struct pair pair; /* as the peers hold it, but for the id */
	struct rng rng;
	size_t n, sessions;
};

static size_t
heap(void)
{
	struct mallinfo2 m = mallinfo2();

	return m.uordblks + m.hblkhd;
}

static void
make_pair(const struct peers *ps, size_t i, struct pair *p)
{
	*p = ps->pair;
	memset(p->id, 0, sizeof(p->id));
	memcpy(p->id, &i, sizeof(i));
	memset(p->secret, 0x5e, sizeof(p->secret));
}

static void
load_pairs(struct core *c, const struct peers *ps)
{
	for (size_t i = 1; i <= ps->n; i++) {
		struct pair_record r = { .n = 1 };

		snprintf(r.peer, sizeof(r.peer), "n%05zu", i);
		make_pair(ps, i, &r.pairs[0]);
		memcpy(r.pairs[0].self_static, ps->core_public, X25519_LEN);
		memcpy(r.pairs[0].peer_static, ps->env.static_public,
		       X25519_LEN);
		core_load_pair(c, &r);
	}
}

/* The peer whose pair an INIT names answers it. */
static void
answer(struct core *c, struct peers *ps, struct now now, const struct action *a,
       struct core_out *out)
{
	struct udp_run run = { .remote = a->to,
			       .segsize = DGRAM_RESP_LEN,
			       .len = DGRAM_RESP_LEN };
	uint8_t resp[DGRAM_RESP_LEN];
	struct handshake_news news;
	struct session_seed seed;
	struct pair_keys keys;
	char name[NODE_NAME_MAX + 1];
	struct pair pair;
	size_t i;

	if (a->len != DGRAM_INIT_LEN || a->data[0] != DGRAM_INIT)
		return;
	memcpy(&i, handshake_init_pair_id(a->data), sizeof(i));
	snprintf(name, sizeof(name), "n%05zu", i);
	make_pair(ps, i, &pair);
	memcpy(pair.peer_static, ps->core_public, X25519_LEN);
	memcpy(pair.self_static, ps->env.static_public, X25519_LEN);
	pair_keys_derive(&keys, &pair, name, SELF);
	ps->env.now = now;
	ps->env.self = name;
	if (handshake_answer(&keys, &ps->env, SELF, (uint32_t)i, a->data, &seed,
			     &news, resp) != DROP_NONE)
		bench_die("an INIT that does not authenticate");
	ps->sessions++;
	run.data = resp;
	core_udp_in(c, now, &run, 1, out);
	core_out_reset(out);
}

static void
drain(struct core *c, struct peers *ps, struct now now, struct core_out *out)
{
	struct action a;

	while (core_next_action(c, &a)) {
		if (a.kind == ACTION_SEND_UDP)
			answer(c, ps, now, &a, out);
		action_done(&a);
	}
}

/* The background resumption of all peers. */
static void
bring_up(struct core *c, struct peers *ps, struct core_out *out)
{
	struct now now = { { START }, { WALL } };
	int64_t end = START + RUN_S * NS_PER_S;

	core_start(c, now);
	drain(c, ps, now, out);
	while (core_deadline(c).ns < end && ps->sessions < ps->n) {
		if (core_deadline(c).ns > now.mono.ns)
			now.mono = core_deadline(c);
		core_tick(c, now);
		drain(c, ps, now, out);
	}
	for (size_t i = 0; i < core_peer_count(c); i++) {
		struct peer_info p;

		core_peer_info(c, now, i, &p);
		if (p.state != PEER_UP)
			bench_die("a peer without a session");
	}
}

static void
init_peers(struct peers *ps, size_t n, struct rng rng, const struct conf *conf)
{
	memset(ps, 0, sizeof(*ps));
	ps->n = n;
	ps->rng = ps->env.rng = rng;
	ps->env.conf = conf;
	x25519_keypair(ps->core_secret, ps->core_public, &rng);
	x25519_keypair(ps->env.static_secret, ps->env.static_public, &rng);
	ps->pair = (struct pair){ .generation = 1,
				  .lower_dialled = true,
				  .proven = true,
				  .cipher = AEAD_AES_256_GCM,
				  .made = { WALL },
				  .cert_end = { WALL + YEAR_S },
				  .self_end = { WALL + YEAR_S },
				  .peer_end = { WALL + YEAR_S } };
}

static void
measure(size_t n)
{
	static struct rng_seeded state;
	struct rng rng = rng_seeded(&state, 1);
	struct cert_info cert = { .cn = SELF, .not_after = { WALL + YEAR_S } };
	struct plain_ctx plain = { .cert = cert, .rng = rng };
	struct key *key = list_key(KEY_ED25519);
	const struct key *trusted = key;
	struct now now = { { START }, { WALL } };
	struct errs es = { 0 };
	struct core_init in = { .cert = &cert, .rng = rng };
	struct core_out out = { .cap = CORE_OUT_MIN,
				.maxruns = 64,
				.maxframes = 64,
				.maxslices = 1024 };
	size_t len, begin, list, bare, paired;
	char *raw = list_text(n + 1, key, &len);
	struct conf *conf;
	struct peers ps;
	struct core *c;
	struct err e;

	if (conf_parse(&conf, "name = " SELF "\n", strlen("name = " SELF "\n"),
		       "/etc/cluevpn", &es) < 0)
		bench_die(es.e[0].text);
	init_peers(&ps, n, rng, conf);
	out.mem = bench_alloc(out.cap, 1);
	out.runs = bench_alloc(out.maxruns, sizeof(*out.runs));
	out.frames = bench_alloc(out.maxframes, sizeof(*out.frames));
	out.slices = bench_alloc(out.maxslices, sizeof(*out.slices));
	in.conf = conf;
	in.static_secret = ps.core_secret;
	in.tls = plain_tls_provider(&plain);
	begin = heap();
	if (generation_build(&in.list, raw, len, &trusted, 1, &e) < 0)
		bench_die(e.text);
	list = heap();
	if (core_new(&c, &in, now, &e) < 0)
		bench_die(e.text);
	bare = heap();
	load_pairs(c, &ps);
	core_tick(c, now);
	drain(c, &ps, now, &out);
	paired = heap();
	bring_up(c, &ps, &out);
	printf("%zu\t%zu\t%zu\t%zu\t%zu\n", n, (list - begin) / n,
	       (bare - begin) / n, (paired - begin) / n, (heap() - begin) / n);
	fflush(stdout);
	core_free(c);
	conf_free(conf);
	key_free(key);
	free(raw);
	free(out.mem);
	free(out.runs);
	free(out.frames);
	free(out.slices);
}

int
main(void)
{
	static const size_t sizes[] = { 100, 1000, 10000 };
	size_t most = bench_env("PEERS", 10000);

	printf("#peers\tlist\tbare\tpair\tsession\n");
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		if (sizes[i] <= most)
			measure(sizes[i]);
	return 0;
}
