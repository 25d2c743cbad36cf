/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core_rig.h"

#include "format/bnl_sign.h"

struct rig rig;

void
rig_clock(struct monotime at)
{
	rig.now.mono = at;
	rig.now.wall.s = RIG_START + at.ns / NS_PER_S - 1000;
}

void
rig_begin(void)
{
	struct err e;

	memset(&rig, 0, sizeof(rig));
	rig_clock((struct monotime){ 1000 * NS_PER_S });
	rig.rng = rng_seeded(&rig.seed, 7);
	assert_int_equal(
		key_read_private(&rig.key, PEM_ED_1, strlen(PEM_ED_1), &e), 0);
}

void
rig_end(void)
{
	key_free(rig.key);
}

char *
rig_sign(const char *body, int64_t at, size_t *len)
{
	struct errs *es = calloc(1, sizeof(*es));
	char text[8192], *out;
	struct bnl_sign_in in = { .text = text, .key = rig.key, .now.s = at };

	in.len = (size_t)snprintf(text, sizeof(text), "network example.org\n%s",
				  body);
	if (bnl_sign(&out, len, &in, es) < 0)
		fail_msg("%s", es->e[0].text);
	free(es);
	return out;
}

struct generation *
rig_receive(const struct bnl_source *src)
{
	const struct key *keys[1] = { rig.key };
	struct generation *g;
	struct err e;

	if (generation_receive(&g, src, keys, 1, &e) < 0)
		fail_msg("%s", e.text);
	return g;
}

struct generation *
rig_build(const void *raw, size_t len)
{
	struct bnl_source src = { .data = raw, .len = len };

	return rig_receive(&src);
}

struct generation *
rig_list(const char *body, int64_t at)
{
	struct generation *g;
	size_t len;
	char *raw = rig_sign(body, at, &len);

	g = rig_build(raw, len);
	free(raw);
	return g;
}

void
rig_act(struct rig_node *n, struct action *a)
{
	struct rig_dgram *d = &n->sent[n->nsent % RIG_KEPT];

	switch (a->kind) {
	case ACTION_CONNECT:
		n->to[n->connects++ % RIG_TO] = a->to;
		if (!n->silent)
			core_stream_closed(n->core, rig.now, a->conn,
					   CLOSE_REFUSED, "refused");
		break;
	case ACTION_SEND_UDP:
		assert_in_range(a->len, 1, sizeof(d->data));
		memcpy(d->data, a->data, a->len);
		d->len = a->len;
		n->nsent++;
		break;
	case ACTION_TUN_WRITE:
		assert_non_null(a->data);
		n->tun_writes++;
		break;
	case ACTION_BUILD_LIST:
		core_list_ready(n->core, rig.now, a->ticket,
				rig_receive(&a->source), NULL);
		break;
	case ACTION_STORE_PAIR:
	case ACTION_STORE_LIST:
	case ACTION_STORE_HELD:
		core_stored(n->core, rig.now, a->ticket, true);
		break;
	case ACTION_STORE_RUN:
		n->run_s = a->run_s;
		n->run_writes++;
		break;
	case ACTION_STORE_ADDRCACHE:
		free(n->known);
		n->known = a->data;
		n->knownlen = a->len;
		n->known_writes++;
		a->data = NULL;
		break;
	case ACTION_RUN_HOOK:
		if (n->nhooks++ >= RIG_HOOKS)
			break;
		n->hooks[n->nhooks - 1].kind = a->hook;
		n->hooks[n->nhooks - 1].covering = a->covering;
		memcpy(n->hooks[n->nhooks - 1].peer, a->peer, sizeof(a->peer));
		break;
	case ACTION_EVENT:
		n->events[a->event]++;
		n->logged[a->event] += a->level != EVENT_DEBUG;
		break;
	case ACTION_RESOLVE:
		snprintf(n->asked[n->nasked++ % RIG_ASKED], sizeof(n->asked[0]),
			 "%s", a->text);
		break;
	case ACTION_CLOSE:
		core_stream_closed(n->core, rig.now, a->conn, CLOSE_ORDERLY,
				   NULL);
		break;
	case ACTION_STREAM_READY:
	case ACTION_DISCARD: /* freed with the action */
		break;
	}
}

void
rig_drain(struct rig_node *n)
{
	struct action a;

	while (core_next_action(n->core, &a)) {
		rig_act(n, &a);
		action_done(&a);
	}
}

void
rig_node_init(struct rig_node *n, const char *name, const char *extra)
{
	static uint8_t last;
	struct errs *es = calloc(1, sizeof(*es));
	char text[1024];
	int len;

	memset(n, 0, sizeof(*n));
	snprintf(n->name, sizeof(n->name), "%s", name);
	len = snprintf(text, sizeof(text), RIG_COMMANDS "name = %s\n%s", name,
		       extra);
	if (conf_parse(&n->conf, text, (size_t)len, "/", es) < 0)
		fail_msg("%s", es->e[0].text);
	free(es);
	x25519_keypair(n->secret, n->public, &rig.rng);
	snprintf(n->plain.cert.cn, sizeof(n->plain.cert.cn), "%s", name);
	rng_fill(&rig.rng, n->plain.cert.fingerprint, FINGERPRINT_LEN);
	n->plain.cert.not_after.s = RIG_START + 365 * 86400;
	n->plain.rng = rig.rng;
	n->at = (struct endpoint){ .addr.family = IP_V4, .port = 3406 };
	put_be32(n->at.addr.b, 0xc0000201u + last++ % 200);
}

void
rig_new(struct rig_node *n, struct generation *list,
	const struct bnl_version *mark)
{
	struct core_init in = {
		.conf = n->conf,
		.tls = { &plain_ops, &n->plain },
		.cert = &n->plain.cert,
		.static_secret = n->secret,
		.rng = rng_seeded(&n->seed, n->secret[0]),
		.built = { RIG_START - 86400 },
		.run_s = RIG_RUN_S,
		.list = list,
		.mark = mark,
		.no_tcp_gro = n->no_gro,
		.no_udp_gro = n->no_gro,
		.no_csum = n->no_csum,
	};
	struct err e;

	assert_int_equal(core_new(&n->core, &in, rig.now, &e), 0);
}

void
rig_free(struct rig_node *n)
{
	core_free(n->core);
	conf_free(n->conf);
	free(n->known);
}

void
rig_start(struct rig_node *n)
{
	core_start(n->core, rig.now);
	rig_drain(n);
}

void
rig_tick(struct rig_node *n)
{
	core_tick(n->core, rig.now);
	rig_drain(n);
}

void
rig_pass(struct rig_node *n, int64_t ms)
{
	struct monotime end = mono_add_ms(rig.now.mono, ms);
	struct monotime at;

	while (at = core_deadline(n->core), mono_before(at, end)) {
		if (mono_before(rig.now.mono, at))
			rig_clock(at);
		rig_tick(n);
	}
	rig_clock(end);
}

void
rig_offer(struct rig_node *n, const char *body, int64_t at)
{
	size_t len;
	char *raw = rig_sign(body, at, &len);

	core_list_offer(n->core, rig.now, raw, len);
	free(raw);
	rig_drain(n);
}

struct pair
rig_pair(enum comp_alg comp, int64_t made)
{
	struct pair p = { .generation = 1,
			  .cipher = AEAD_AES_256_GCM,
			  .comp = comp,
			  .level = comp_level_min(comp),
			  .lower_dialled = true,
			  .proven = true,
			  .made.s = made,
			  .made_run_s = RIG_RUN_S + made - RIG_START,
			  .cert_end.s = RIG_START + 300 * 86400,
			  .self_end.s = RIG_START + 300 * 86400,
			  .peer_end.s = RIG_START + 300 * 86400 };

	rng_fill(&rig.rng, p.id, sizeof(p.id));
	rng_fill(&rig.rng, p.secret, sizeof(p.secret));
	return p;
}

void
rig_load(struct rig_node *n, const struct rig_node *peer,
	 const struct pair *pair)
{
	struct pair_record r = { .n = 1, .pairs[0] = *pair };

	memcpy(r.peer, peer->name, sizeof(r.peer));
	memcpy(r.pairs[0].self_static, n->public, X25519_LEN);
	memcpy(r.pairs[0].peer_static, peer->public, X25519_LEN);
	memcpy(r.pairs[0].peer_key, peer->plain.cert.fingerprint,
	       FINGERPRINT_LEN);
	core_load_pair(n->core, &r);
}

struct peer *
rig_peer(const struct rig_node *n, const char *name)
{
	return peer_named(n->core, name);
}

/* --- the data path -------------------------------------------------------- */

struct core_out *
rig_out(struct rig_out *out)
{
	out->o = (struct core_out){
		.mem = out->mem,
		.cap = sizeof(out->mem),
		.runs = out->runs,
		.maxruns = 64,
		.frames = out->frames,
		.maxframes = 64,
		.slices = out->slices,
		.maxslices = 4 * FRAME_IOV_MAX,
	};
	return &out->o;
}

void
rig_carry(struct rig_node *from, size_t first, struct rig_node *to,
	  struct core_out *out)
{
	for (size_t i = first; i < from->nsent; i++) {
		struct rig_dgram *d = &from->sent[i % RIG_KEPT];
		struct udp_run run = { .remote = from->at,
				       .local = to->at.addr,
				       .segsize = (uint16_t)d->len,
				       .data = d->data,
				       .len = d->len };

		assert_int_equal(core_udp_in(to->core, rig.now, &run, 1, out),
				 1);
		rig_drain(to);
	}
}

void
rig_talk(struct rig_node *a, struct rig_node *b, struct core_out *out)
{
	size_t at[2] = { a->nsent, b->nsent };

	for (int i = 0; i < 32; i++) {
		size_t end[2];

		rig_tick(a);
		rig_tick(b);
		end[0] = a->nsent;
		end[1] = b->nsent;
		if (end[0] == at[0] && end[1] == at[1])
			return;
		rig_carry(a, at[0], b, out);
		rig_carry(b, at[1], a, out);
		at[0] = end[0];
		at[1] = end[1];
		core_out_reset(out);
	}
	fail_msg("they never stop talking");
}

size_t
rig_packet(uint8_t *p, const uint8_t *payload, size_t len)
{
	struct made m = { .proto = 17,
			  .host = 1,
			  .ttl = 64,
			  .payload = payload,
			  .len = len };

	return make_packet(p, &m);
}

void
rig_tun_in(struct rig_node *n, struct tun_frame *f, struct core_out *out)
{
	assert_int_equal(core_tun_in(n->core, rig.now, f, 1, out), 1);
	rig_drain(n);
}

void
rig_send_hello(struct rig_node *n, struct core_out *out)
{
	uint8_t mem[FRAME_HEADROOM + 256];
	struct tun_frame f = { .data = mem + FRAME_HEADROOM };

	f.len = rig_packet(f.data, (const uint8_t *)"hello", 5);
	rig_tun_in(n, &f, out);
}

void
rig_meet(struct rig_node *a, struct rig_node *b, struct rig_out *out)
{
	struct pair p = rig_pair(COMP_NONE, RIG_START - 60);

	rig_load(a, b, &p);
	rig_load(b, a, &p);
	rig_start(a);
	rig_start(b);
	for (int i = 0;
	     i < 20 && !(rig_peer(a, "beta")->up && rig_peer(b, "alpha")->up);
	     i++) {
		rig_talk(a, b, rig_out(out));
		rig_clock(mono_add_ms(rig.now.mono, 500));
	}
	assert_true(rig_peer(a, "beta")->up);
	assert_true(rig_peer(b, "alpha")->up);
}
