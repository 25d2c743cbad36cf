/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "assoc_world.h"

static const char *const world_names[2] = { "alpha", "beta" };

struct endpoint
world_endpoint(uint8_t host, uint16_t port)
{
	struct endpoint e = { .addr = { .family = IP_V4,
					.b = { 192, 0, 2, host } },
			      .port = port };

	return e;
}

static void
world_timers(struct conf_timers *t)
{
	memset(t, 0, sizeof(*t));
	t->rekey_after = 120000;
	t->rekey_after_responder = 150000;
	t->reject_after = 180000;
	t->init_retry = 1000;
	t->init_give_up = 300000;
	t->init_retry_slow = 30000;
	t->answer_after = 1000;
	t->silence_after = 3000;
	t->unanswered = 60000;
	t->cookie_rotate = 120000;
	t->rekey_packets = UINT64_C(1) << 26;
	t->reject_packets = UINT64_C(1) << 28;
}

void
world_add_pair(struct world *w, uint8_t number, enum aead_alg cipher)
{
	for (int i = 0; i < 2; i++) {
		struct node *n = &w->n[i];
		struct pair *p = &n->pairs.pairs[0];

		memmove(p + 1, p, n->pairs.n * sizeof(*p));
		memset(p, 0, sizeof(*p));
		n->pairs.n++;
		memset(p->id, number, sizeof(p->id));
		memset(p->secret, 0x40 + number, sizeof(p->secret));
		p->generation = number;
		p->cipher = cipher;
		p->comp = COMP_ZLIB;
		p->level = 6;
		memcpy(p->peer_static, w->n[1 - i].env.static_public,
		       X25519_LEN);
		memcpy(p->self_static, n->env.static_public, X25519_LEN);
	}
}

void
world_set_pairs(struct world *w, int i)
{
	struct node *n = &w->n[i];

	n->flags |= assoc_set_pairs(n->l, &n->env, &n->pairs);
}

void
world_start(struct world *w, int i)
{
	struct node *n = &w->n[i];

	assert_int_equal(assocs_new(&n->ls, &n->env), 0);
	assert_int_equal(assoc_new(&n->l, n->ls, world_names[1 - i], n), 0);
	assert_int_equal(assoc_set_endpoints(n->l, &w->n[1 - i].at, 1), 0);
	world_set_pairs(w, i);
}

void
world_stop(struct world *w, int i)
{
	struct node *n = &w->n[i];

	assoc_free(n->l);
	assocs_free(n->ls);
	actions_free(&n->actions);
	n->waiting = 0;
}

void
world_init(struct world *w, uint64_t seed)
{
	memset(w, 0, sizeof(*w));
	for (int i = 0; i < 2; i++) {
		struct node *n = &w->n[i];

		world_timers(&n->conf.timers);
		n->env.conf = &n->conf;
		n->env.self = world_names[i];
		n->env.actions = &n->actions;
		n->env.rng = rng_seeded(&n->seed, seed * 2 + (uint64_t)i);
		n->env.now.mono.ns = 1000 * NS_PER_S;
		n->env.now.wall.s = 1800000000 + i;
		n->env.version.timestamp.s = 1790000000 + i;
		memset(n->env.version.digest, 0xa0 + i, SHA256_LEN);
		n->at = world_endpoint((uint8_t)(1 + i), 3406);
		x25519_keypair(n->env.static_secret, n->env.static_public,
			       &n->env.rng);
	}
}

void
world_default(struct world *w, uint64_t seed)
{
	world_init(w, seed);
	world_add_pair(w, 1, AEAD_CHACHA20_POLY1305);
	world_start(w, A);
	world_start(w, B);
}

void
world_free(struct world *w)
{
	world_stop(w, A);
	world_stop(w, B);
	memset(w, 0, sizeof(*w));
}

static void
world_put(struct world *w, int from, const struct endpoint *to,
	  const uint8_t *bytes, size_t len)
{
	struct wired *d = &w->wire[w->count];

	assert_true(w->count < WIRE_MAX);
	assert_true(len <= DGRAM_MAX);
	w->sent++;
	d->to = endpoint_equal(to, &w->n[1 - from].at) ? 1 - from : -1;
	d->source = w->n[from].at;
	d->len = len;
	memcpy(d->bytes, bytes, len);
	if (w->on_send != NULL)
		w->on_send(w, from, d);
	w->count++;
}

void
world_drain(struct world *w, int i)
{
	struct action a;

	while (actions_next(&w->n[i].actions, &a)) {
		assert_int_equal(a.kind, ACTION_SEND_UDP);
		world_put(w, i, &a.to, a.data, a.len);
		action_done(&a);
	}
}

void
world_send(struct world *w, int i)
{
	static const uint8_t packet[16];
	struct node *n = &w->n[i];
	uint8_t out[sizeof(packet) + DGRAM_DATA_OVERHEAD];
	enum drop d = assoc_seal(n->l, &n->env, 0, packet, sizeof(packet), out);

	if (d == DROP_NONE) {
		world_put(w, i, assoc_remote(n->l), out, sizeof(out));
		return;
	}
	assert_int_equal(d, DROP_NO_SESSION);
	n->waiting++;
	n->flags |= assoc_want(n->l, &n->env);
	world_drain(w, i);
}

void
world_serve(struct world *w, int i, unsigned int flags)
{
	struct node *n = &w->n[i];

	n->flags |= flags;
	if (flags & ASSOC_PROVED) {
		for (unsigned int p = 0; p < n->pairs.n; p++)
			if (memcmp(n->pairs.pairs[p].id, n->last.pair_id,
				   PAIR_ID_LEN) == 0)
				n->pairs.pairs[p].proven = true;
		world_set_pairs(w, i);
	}
	if (flags & ASSOC_UP) {
		unsigned int k = n->waiting;

		n->waiting = 0;
		while (k-- > 0)
			world_send(w, i);
	}
	while (mono_reached(assoc_deadline(n->l), n->env.now.mono)) {
		struct monotime before = assoc_deadline(n->l);

		flags = assoc_tick(n->l, &n->env);
		n->flags |= flags;
		if (flags & ASSOC_KEEPALIVE)
			world_send(w, i);
		world_drain(w, i);
		/* No timer that stays due. */
		assert_true(mono_before(before, assoc_deadline(n->l)) ||
			    mono_reached(before, n->env.now.mono));
	}
	world_drain(w, i);
}

enum drop
world_hand(struct world *w, int to, const struct wired *d,
	   const struct endpoint *source)
{
	struct node *n = &w->n[to];
	uint8_t *copy = malloc(d->len); /* exact: to be seen by ASan */
	enum drop r;

	assert_non_null(copy);
	memcpy(copy, d->bytes, d->len);
	r = assocs_in(n->ls, &n->env, source, &n->at.addr, copy, d->len,
		      &n->last);
	if (r == DROP_NONE && n->last.is_data) {
		n->got++;
		n->empties += n->last.len == 0;
		if (w->on_data != NULL)
			w->on_data(w, to, d);
	}
	if (r != DROP_NONE)
		assert_int_equal(n->last.flags, 0);
	n->last.data = NULL;
	free(copy);
	world_serve(w, to, n->last.flags);
	return r;
}

struct wired
world_take(struct world *w, size_t i)
{
	struct wired d = w->wire[i];

	assert_true(i < w->count);
	memmove(&w->wire[i], &w->wire[i + 1],
		(--w->count - i) * sizeof(w->wire[0]));
	return d;
}

enum drop
world_deliver(struct world *w, size_t i)
{
	struct wired d = world_take(w, i);

	if (d.to < 0)
		return DROP_NONE;
	return world_hand(w, d.to, &d, &d.source);
}

void
world_settle(struct world *w)
{
	for (int i = 0; i < 1000 && w->count > 0; i++)
		world_deliver(w, 0);
	assert_int_equal(w->count, 0);
}

void
world_wait(struct world *w, int64_t ms, bool deliver)
{
	struct monotime end = mono_add_ms(w->n[A].env.now.mono, ms);

	if (deliver)
		world_settle(w);
	for (;;) {
		struct monotime next = mono_min(assoc_deadline(w->n[A].l),
						assoc_deadline(w->n[B].l));

		if (mono_before(end, next))
			next = end;
		if (mono_before(w->n[A].env.now.mono, next))
			w->n[A].env.now.mono = w->n[B].env.now.mono = next;
		for (int i = 0; i < 2; i++) {
			world_serve(w, i, 0);
			if (deliver)
				world_settle(w);
			else
				w->count = 0;
		}
		if (mono_reached(end, next))
			return;
	}
}

struct session *
world_current(struct world *w, int i)
{
	return keyring_current(&w->n[i].l->keys);
}

bool
world_up(struct world *w, int i)
{
	return assoc_can_send(w->n[i].l, w->n[i].env.now.mono);
}

bool
world_agree(struct world *w)
{
	const struct session *a = world_current(w, A);
	const struct session *b = world_current(w, B);

	return a != NULL && b != NULL && a->local_index == b->remote_index &&
	       a->remote_index == b->local_index;
}

void
world_connect(struct world *w)
{
	world_send(w, A);
	world_settle(w);
	assert_true(world_up(w, A) && world_up(w, B) && world_agree(w));
	w->n[A].flags = w->n[B].flags = 0;
	w->n[A].got = w->n[B].got = 0;
	w->n[A].empties = w->n[B].empties = 0;
}
