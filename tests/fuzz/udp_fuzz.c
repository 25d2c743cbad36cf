/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any datagrams at a node that shares a pair with one peer: made up, bent, or
 * true ones in any order. The input is a script of steps.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "base/bytes.h"
#include "core/action.h"
#include "core/session/handshake.h"
#include "core/session/assoc.h"

#define QUEUE 16
#define DGRAM_MAX 256

struct dgram {
	size_t len;
	uint8_t bytes[DGRAM_MAX];
};

struct node {
	struct core_env env;
	struct actions actions;
	struct rng_seeded seed;
	struct assocs *ls;
	struct assoc *l;
	struct endpoint at;
	struct pair_keys keys;	 /* of what it sends */
	struct dgram out[QUEUE]; /* to the other node */
	size_t count;
};

static struct conf conf;
static const char *const names[2] = { "alpha", "beta" };

static void
queue(struct node *n, const uint8_t *bytes, size_t len)
{
	struct dgram *d = &n->out[n->count % QUEUE];

	require(len <= DGRAM_MAX);
	n->count += n->count < QUEUE;
	d->len = len;
	memcpy(d->bytes, bytes, len);
}

/* Takes what it wants sent; returns the longest. */
static size_t
drain(struct node *n)
{
	struct action a;
	size_t longest = 0;

	while (actions_next(&n->actions, &a)) {
		require(a.kind == ACTION_SEND_UDP && a.to.port != 0);
		if (a.len > longest)
			longest = a.len;
		queue(n, a.data, a.len);
		action_done(&a);
	}
	return longest;
}

static void
serve(struct node *n)
{
	for (int i = 0; mono_reached(assoc_deadline(n->l), n->env.now.mono);
	     i++) {
		require(i < 10);
		assoc_tick(n->l, &n->env);
	}
	drain(n);
}

static enum drop
hand(struct node *n, const struct dgram *d, const struct endpoint *source)
{
	struct assoc_in res;
	uint8_t *copy = malloc(d->len > 0 ? d->len : 1);
	enum drop r;

	require(copy != NULL && drain(n) == 0);
	memcpy(copy, d->bytes, d->len);
	r = assocs_in(n->ls, &n->env, source, &n->at.addr, copy, d->len, &res);
	require(r < DROPS);
	if (r != DROP_NONE)
		require(res.flags == 0 && !res.is_data);
	if (res.is_data)
		require(res.data + res.len <= copy + d->len);
	free(copy);
	/* An INIT may follow a cookie, which proved itself. */
	require(drain(n) <=
		(d->len == DGRAM_COOKIE_LEN ? DGRAM_INIT_LEN : d->len));
	serve(n);
	return r;
}

static void
send_one(struct node *n, size_t len)
{
	static const uint8_t packet[64];
	uint8_t out[sizeof(packet) + DGRAM_DATA_OVERHEAD];

	len %= sizeof(packet) + 1;
	if (assoc_seal(n->l, &n->env, 0, packet, len, out) == DROP_NONE)
		queue(n, out, len + DGRAM_DATA_OVERHEAD);
	else
		assoc_want(n->l, &n->env);
	drain(n);
}

static bool
take(struct node *n, size_t which, struct dgram *out)
{
	if (n->count == 0)
		return false;
	which %= n->count;
	*out = n->out[which];
	n->out[which] = n->out[--n->count];
	return true;
}

/* What its sender could have sent itself, had it wanted to: mac1 is right. */
static void
make_mac(const struct node *from, struct dgram *d)
{
	size_t len = d->len - 2 * PROTO_MAC_LEN;
	struct bytes part = { d->bytes, len };
	uint8_t full[SHA256_LEN];

	hmac_sha256(full, from->keys.mac_out, SHA256_LEN, &part, 1);
	memcpy(d->bytes + len, full, PROTO_MAC_LEN);
}

/* The handshake inside is sealed: whatever is bent there is not taken. */
static void
bend_inside(struct node n[2], int to, struct script *s)
{
	struct dgram d;
	size_t at, noise;
	uint8_t v;

	if (!take(&n[1 - to], next(s), &d) ||
	    (d.len != DGRAM_INIT_LEN && d.len != DGRAM_RESP_LEN))
		return;
	at = next(s) % (d.len - 2 * PROTO_MAC_LEN);
	v = next(s);
	d.bytes[at] ^= v;
	make_mac(&n[1 - to], &d);
	noise = d.len - 2 * PROTO_MAC_LEN - DGRAM_NOISE_LEN;
	if (hand(&n[to], &d, &n[1 - to].at) == DROP_NONE)
		require(v == 0 || at < noise);
}

/* The peer answers an INIT, of now or of before, with any cookie. */
static void
give_cookie(struct node n[2], int to, struct script *s)
{
	uint8_t cookie[PROTO_MAC_LEN];
	struct dgram d, reply = { .len = DGRAM_COOKIE_LEN };
	struct node *peer = &n[1 - to];

	memset(cookie, next(s), sizeof(cookie));
	if (!take(&n[to], next(s), &d) || d.len != DGRAM_INIT_LEN)
		return;
	require(handshake_cookie_write(&peer->keys, &peer->env.rng, d.bytes,
				       cookie, reply.bytes) == 0);
	hand(&n[to], &reply, &peer->at);
}

/* What a node tells of itself in its handshakes. */
static void
change_news(struct node *n, struct script *s)
{
	uint8_t wire[BNL_VERSION_WIRE_LEN], wall[8];

	memset(wire, next(s), sizeof(wire));
	for (int i = 0; i < 8; i++)
		wall[i] = next(s);
	bnl_version_read(&n->env.version, wire);
	n->env.now.wall.s = (int64_t)get_be64(wall);
}

static void
step(struct node n[2], struct script *s)
{
	static const struct endpoint foreign = {
		.addr = { .family = IP_V4, .b = { 203, 0, 113, 1 } }, .port = 7
	};
	uint8_t op = next(s);
	int to = op >> 7;
	struct dgram d = { 0 };
	size_t at;
	uint8_t v;

	switch (op & 15) {
	case 0: /* made up */
		d.len = next(s);
		for (size_t i = 0; i < d.len; i++)
			d.bytes[i] = next(s);
		hand(&n[to], &d, &foreign);
		break;
	case 1: /* true */
	case 2:
		if (take(&n[1 - to], next(s), &d))
			hand(&n[to], &d, &n[1 - to].at);
		break;
	case 3: /* true, from elsewhere, and stays in the queue */
		if (n[1 - to].count > 0)
			hand(&n[to], &n[1 - to].out[0], &foreign);
		break;
	case 4: /* bent: never taken, but for mac2 of an INIT */
		if (!take(&n[1 - to], next(s), &d))
			break;
		at = next(s) % d.len;
		v = next(s);
		d.bytes[at] ^= v;
		if (hand(&n[to], &d, &foreign) == DROP_NONE)
			require(v == 0 ||
				(d.len == DGRAM_INIT_LEN &&
				 at >= DGRAM_INIT_LEN - PROTO_MAC_LEN));
		break;
	case 5: /* time */
		v = next(s);
		for (int i = 0; i < 2; i++) {
			n[i].env.now.mono = mono_add_ms(n[i].env.now.mono,
							(int64_t)v * v * 4);
			serve(&n[i]);
		}
		break;
	case 6:
		send_one(&n[to], next(s));
		break;
	case 7:
		assocs_set_load(n[to].ls, next(s) % 4);
		break;
	case 8:
	case 9:
		bend_inside(n, to, s);
		break;
	case 10:
		give_cookie(n, to, s);
		break;
	case 11:
		change_news(&n[to], s);
		break;
	default: /* ended by its peer, in order */
		assoc_bye(n[to].l, &n[to].env);
		serve(&n[to]);
		break;
	}
}

static void
start(struct node n[2])
{
	struct pair_record r = { .n = 1 };

	conf.timers = (struct conf_timers){ .rekey_after = 120000,
					    .rekey_after_responder = 150000,
					    .reject_after = 180000,
					    .init_retry = 1000,
					    .init_give_up = 300000,
					    .init_retry_slow = 30000,
					    .answer_after = 1000,
					    .silence_after = 3000,
					    .unanswered = 60000,
					    .cookie_rotate = 120000,
					    .rekey_packets = 50,
					    .reject_packets = 90 };
	memset(n, 0, 2 * sizeof(n[0]));
	for (int i = 0; i < 2; i++) {
		n[i].env.conf = &conf;
		n[i].env.self = names[i];
		n[i].env.actions = &n[i].actions;
		n[i].env.rng = rng_seeded(&n[i].seed, (uint64_t)i);
		n[i].env.now.mono.ns = NS_PER_S;
		n[i].at.addr.family = IP_V4;
		n[i].at.addr.b[3] = (uint8_t)(1 + i);
		n[i].at.port = 3406;
		x25519_keypair(n[i].env.static_secret, n[i].env.static_public,
			       &n[i].env.rng);
	}
	r.pairs[0].cipher = AEAD_CHACHA20_POLY1305;
	for (int i = 0; i < 2; i++) {
		memcpy(r.pairs[0].peer_static, n[1 - i].env.static_public,
		       X25519_LEN);
		memcpy(r.pairs[0].self_static, n[i].env.static_public,
		       X25519_LEN);
		require(assocs_new(&n[i].ls, &n[i].env) == 0);
		require(assoc_new(&n[i].l, n[i].ls, names[1 - i], NULL) == 0);
		require(assoc_set_endpoints(n[i].l, &n[1 - i].at, 1) == 0);
		pair_keys_derive(&n[i].keys, &r.pairs[0], names[i],
				 names[1 - i]);
		assoc_set_pairs(n[i].l, &n[i].env, &r);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct node n[2];
	struct script s = { data, len };

	start(n);
	while (s.left > 0)
		step(n, &s);
	for (int i = 0; i < 2; i++) {
		assoc_free(n[i].l);
		assocs_free(n[i].ls);
		actions_free(&n[i].actions);
	}
	return 0;
}
