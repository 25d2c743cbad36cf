/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an outsider sends: forged, replayed, reflected, bent datagrams. */
#include "assoc_world.h"

#include "format/bnl_parse.h"
#include "core/timings.h"

static void
pass_ms(struct world *w, int64_t ms)
{
	for (int i = 0; i < 2; i++)
		w->n[i].env.now.mono = mono_add_ms(w->n[i].env.now.mono, ms);
}

/* What must stay as it was when a datagram is dropped. */
struct mark {
	struct keyring keys;
	uint64_t counter[KEYRING_PLACES], next[KEYRING_PLACES];
	struct resume resume;
	struct endpoint remote;
	struct monotime heard;
	struct handshake *pending[ASSOC_PENDING];
	uint64_t nseen;
	unsigned int npairs;
};

static struct mark
mark_of(const struct assoc *l)
{
	struct mark m;

	memset(&m, 0, sizeof(m));
	m.keys = l->keys;
	for (int i = 0; i < KEYRING_PLACES; i++) {
		if (l->keys.at[i] == NULL)
			continue;
		m.counter[i] = l->keys.at[i]->counter;
		m.next[i] = l->keys.at[i]->replay.next;
	}
	m.resume = l->resume;
	m.remote = l->remote;
	m.heard = l->heard;
	memcpy(m.pending, l->pending, sizeof(m.pending));
	m.nseen = l->nseen;
	m.npairs = l->npairs;
	return m;
}

static void
check_mark(const struct mark *m, const struct assoc *l)
{
	struct mark now = mark_of(l);

	assert_ptr_equal(keyring_current(&m->keys), keyring_current(&l->keys));
	assert_ptr_equal(keyring_tentative(&m->keys),
			 keyring_tentative(&l->keys));
	assert_memory_equal(m->counter, now.counter, sizeof(now.counter));
	assert_memory_equal(m->next, now.next, sizeof(now.next));
	assert_int_equal(m->resume.state, now.resume.state);
	assert_int_equal(m->resume.due.ns, now.resume.due.ns);
	assert_true(endpoint_equal(&m->remote, &now.remote) ||
		    m->remote.port + now.remote.port == 0);
	assert_int_equal(m->heard.ns, now.heard.ns);
	assert_memory_equal(m->pending, now.pending, sizeof(now.pending));
	assert_int_equal(m->nseen, now.nseen);
	assert_int_equal(m->npairs, now.npairs);
}

/* Dropped, without a word on the wire and without a trace. */
static enum drop
check_silent(struct world *w, int to, const struct wired *d,
	     const struct endpoint *source)
{
	struct mark m = mark_of(w->n[to].l);
	size_t count = w->count;
	enum drop r = world_hand(w, to, d, source);

	if (r == DROP_NONE)
		fail_msg("taken: type %d, length %d", d->bytes[0], (int)d->len);
	assert_int_equal(w->count, count);
	check_mark(&m, w->n[to].l);
	return r;
}

/* Every bit but those from `from` on, every length. */
static void
check_bent(struct world *w, int to, const struct wired *good, size_t from)
{
	struct wired d;

	for (size_t bit = 0; bit < 8 * from; bit++) {
		d = *good;
		d.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		check_silent(w, to, &d, &good->source);
	}
	for (size_t len = 0; len < good->len + 40 && len < DGRAM_MAX; len++) {
		d = *good;
		memset(d.bytes + good->len, 0, DGRAM_MAX - good->len);
		d.len = len;
		if (len != good->len)
			check_silent(w, to, &d, &good->source);
	}
}

static void
test_bent(void **state)
{
	struct world w;
	struct wired d;

	(void)state;
	world_default(&w, 1);
	world_send(&w, A);
	/* mac2 of an INIT is not looked at while no cookie is asked for. */
	check_bent(&w, B, &w.wire[0], DGRAM_INIT_LEN - PROTO_MAC_LEN);
	assert_int_equal(world_deliver(&w, 0), DROP_NONE);
	d = world_take(&w, 0);
	check_bent(&w, A, &d, d.len);
	assert_int_equal(world_hand(&w, A, &d, &d.source), DROP_NONE);
	d = world_take(&w, 0);
	assert_int_equal(d.bytes[0], DGRAM_DATA);
	check_bent(&w, B, &d, d.len);
	assert_int_equal(world_hand(&w, B, &d, &d.source), DROP_NONE);
	world_settle(&w);
	assert_true(world_agree(&w));
	world_free(&w);
}

static void
test_bent_cookie(void **state)
{
	struct world w;
	struct wired d;

	(void)state;
	world_default(&w, 2);
	assocs_set_load(w.n[B].ls, 0);
	world_send(&w, A);
	assert_int_equal(world_deliver(&w, 0), DROP_COOKIE);
	assert_null(keyring_tentative(&w.n[B].l->keys));
	d = world_take(&w, 0);
	assert_int_equal(d.len, DGRAM_COOKIE_LEN);
	check_bent(&w, A, &d, d.len);
	assert_int_equal(world_hand(&w, A, &d, &d.source), DROP_NONE);
	assert_int_equal(w.count, 1);
	assert_int_equal(w.wire[0].len, DGRAM_INIT_LEN);
	/* Once only, for the same INIT. */
	assert_int_equal(check_silent(&w, A, &d, &d.source), DROP_STATE);

	/* A bent cookie in the second INIT: asked for one again. */
	d = world_take(&w, 0);
	for (size_t i = HANDSHAKE_MAC2_AT; i < DGRAM_INIT_LEN; i++) {
		struct wired bad = d;

		bad.bytes[i] ^= 0x10;
		assert_int_equal(world_hand(&w, B, &bad, &d.source),
				 DROP_COOKIE);
		assert_int_equal(w.count, 1);
		assert_int_equal(world_take(&w, 0).len, DGRAM_COOKIE_LEN);
		assert_null(keyring_tentative(&w.n[B].l->keys));
	}
	assert_int_equal(world_hand(&w, B, &d, &d.source), DROP_NONE);
	world_settle(&w);
	assert_true(world_agree(&w));
	assert_int_equal(w.n[A].l->counts.inits_sent, 2);
	world_free(&w);
}

/* Cookies that are not for this INIT, this source, this time. */
static void
test_wrong_cookies(void **state)
{
	struct endpoint foreign = world_endpoint(77, 3406);
	struct world w;
	struct wired first, with, d;

	(void)state;
	world_default(&w, 3);
	assocs_set_load(w.n[B].ls, 0);
	world_send(&w, A);
	first = w.wire[0];
	world_deliver(&w, 0);
	world_deliver(&w, 0);
	with = world_take(&w, 0);
	assert_false(bytes_all_zero_ct(with.bytes + HANDSHAKE_MAC2_AT, 16));

	/* From elsewhere: only a cookie for that place is sent there. */
	assert_int_equal(world_hand(&w, B, &with, &foreign), DROP_COOKIE);
	d = world_take(&w, 0);
	assert_int_equal(d.len, DGRAM_COOKIE_LEN);
	assert_int_equal(d.to, -1);
	/* No cookie, and the cookie of another message. */
	d = with;
	memset(d.bytes + HANDSHAKE_MAC2_AT, 0, PROTO_MAC_LEN);
	assert_int_equal(world_hand(&w, B, &d, &with.source), DROP_COOKIE);
	world_take(&w, 0);
	d = first;
	memcpy(d.bytes + HANDSHAKE_MAC2_AT, with.bytes + HANDSHAKE_MAC2_AT,
	       PROTO_MAC_LEN);
	assert_int_equal(world_hand(&w, B, &d, &with.source), DROP_COOKIE);
	world_take(&w, 0);
	assert_int_equal(w.n[B].l->nseen, 0);

	/* Too old. */
	pass_ms(&w, 240000);
	assert_int_equal(world_hand(&w, B, &with, &with.source), DROP_COOKIE);
	assert_int_equal(w.n[B].l->nseen, 0);
	w.count = 0;
	world_free(&w);
}

/* A cookie that came for one INIT is none for another. */
static void
test_cookie_of_another(void **state)
{
	struct world w;
	struct wired first, second, cookie;

	(void)state;
	world_default(&w, 4);
	assocs_set_load(w.n[B].ls, 0);
	world_send(&w, A);
	first = world_take(&w, 0);
	pass_ms(&w, 300);
	world_serve(&w, A, 0);
	second = world_take(&w, 0);
	world_hand(&w, B, &first, &first.source);
	cookie = world_take(&w, 0);
	memcpy(cookie.bytes + 4, second.bytes + 4, 4);
	assert_int_equal(check_silent(&w, A, &cookie, &cookie.source),
			 DROP_COOKIE);
	memcpy(cookie.bytes + 4, first.bytes + 4, 4);
	assert_int_equal(world_hand(&w, A, &cookie, &cookie.source), DROP_NONE);
	w.count = 0;
	world_free(&w);
}

/* A cookie that is not believed is not asked for in a circle. */
static void
test_no_cookie_circle(void **state)
{
	struct world w;

	(void)state;
	world_default(&w, 5);
	assocs_set_load(w.n[B].ls, 0);
	world_send(&w, A);
	world_deliver(&w, 0);
	world_deliver(&w, 0);
	assert_int_equal(w.count, 1);
	/* The responder has lost its secret: it asks again, once a retry. */
	cookie_jar_wipe(&w.n[B].ls->jar);
	assert_int_equal(world_deliver(&w, 0), DROP_COOKIE);
	assert_int_equal(world_deliver(&w, 0), DROP_NONE);
	assert_int_equal(w.count, 0);
	world_wait(&w, 1000, true);
	assert_true(world_agree(&w));
	world_free(&w);
}

static void
test_unknown(void **state)
{
	struct world w;
	struct wired init, resp, d;

	(void)state;
	world_default(&w, 6);
	world_send(&w, A);
	init = w.wire[0];
	/* Sent back to its sender. */
	assert_int_equal(check_silent(&w, A, &init, &w.n[B].at), DROP_MAC);
	d = init;
	d.bytes[8] ^= 1;
	assert_int_equal(check_silent(&w, B, &d, &init.source), DROP_NO_PAIR);
	d = init;
	d.bytes[DGRAM_INIT_LEN - 2 * PROTO_MAC_LEN] ^= 1;
	assert_int_equal(check_silent(&w, B, &d, &init.source), DROP_MAC);
	world_deliver(&w, 0);
	resp = w.wire[0];
	assert_int_equal(check_silent(&w, B, &resp, &w.n[A].at),
			 DROP_NO_SESSION);
	world_settle(&w);
	/* Answered already. */
	assert_int_equal(check_silent(&w, A, &resp, &resp.source), DROP_STATE);
	/* DATA that goes back to who sent it, and to an index of nobody. */
	world_send(&w, A);
	assert_int_equal(check_silent(&w, A, &w.wire[0], &w.n[B].at),
			 DROP_NO_SESSION);
	d = w.wire[0];
	put_be32(d.bytes + 4, world_current(&w, A)->local_index);
	assert_int_equal(check_silent(&w, A, &d, &w.n[B].at), DROP_AUTH);
	for (int type = 0; type < 256; type++) {
		if (type >= DGRAM_INIT && type <= DGRAM_DATA)
			continue;
		d.bytes[0] = (uint8_t)type;
		assert_int_equal(check_silent(&w, B, &d, &d.source), DROP_TYPE);
	}
	w.count = 0;
	world_free(&w);
}

/* What the pair binds: keys, names, algorithms. */
static void
test_binding(void **state)
{
	static const struct {
		int what;
		enum drop drop;
	} cases[] = { { 0, DROP_HANDSHAKE }, { 1, DROP_HANDSHAKE },
		      { 2, DROP_HANDSHAKE }, { 3, DROP_MAC },
		      { 4, DROP_MAC },	     { 5, DROP_HANDSHAKE } };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct pair *p;
		struct world w;

		world_init(&w, 7);
		world_add_pair(&w, 1, AEAD_AES_256_GCM);
		p = &w.n[B].pairs.pairs[0];
		if (cases[i].what == 0)
			p->peer_static[0] ^= 1;
		if (cases[i].what == 1)
			p->level++;
		if (cases[i].what == 2)
			p->cipher = AEAD_AES_128_GCM;
		if (cases[i].what == 3)
			p->secret[31] ^= 1;
		if (cases[i].what == 4)
			w.n[B].env.self = "gamma";
		if (cases[i].what == 5)
			w.n[A].env.static_secret[5] ^= 1;
		world_start(&w, A);
		world_start(&w, B);
		world_send(&w, A);
		assert_int_equal(check_silent(&w, B, &w.wire[0], &w.n[A].at),
				 cases[i].drop);
		world_free(&w);
	}
}

/* Between RESP and the confirmation: the INIT again, from its source and
 * from elsewhere, and another one of the peer that was held back. */
static void
test_replayed_init(void **state)
{
	struct endpoint foreign = world_endpoint(66, 999);
	struct world w;
	struct wired first, second, confirm;
	struct mark m;

	(void)state;
	world_default(&w, 8);
	world_send(&w, A);
	first = world_take(&w, 0);
	pass_ms(&w, 300);
	world_serve(&w, A, 0);
	second = world_take(&w, 0);
	assert_int_equal(second.bytes[0], DGRAM_INIT);
	world_hand(&w, B, &first, &first.source);
	world_deliver(&w, 0);
	confirm = world_take(&w, 0);
	assert_int_equal(confirm.bytes[0], DGRAM_DATA);
	pass_ms(&w, 100);
	for (int i = 0; i < 100; i++) {
		assert_int_equal(check_silent(&w, B, &first, &first.source),
				 DROP_EPHEMERAL);
		assert_int_equal(check_silent(&w, B, &first, &foreign),
				 DROP_EPHEMERAL);
		m = mark_of(w.n[B].l);
		assert_int_equal(world_hand(&w, B, &second, &foreign),
				 DROP_COOKIE);
		check_mark(&m, w.n[B].l);
		assert_int_equal(w.count, 1);
		assert_int_equal(world_take(&w, 0).len, DGRAM_COOKIE_LEN);
	}
	assert_int_equal(world_hand(&w, B, &confirm, &confirm.source),
			 DROP_NONE);
	world_settle(&w);
	assert_true(world_agree(&w));
	assert_true(endpoint_equal(assoc_remote(w.n[B].l), &w.n[A].at));
	assert_int_equal(w.n[B].got, 1);

	/* With a session, and no load: a held-back INIT makes a tentative one at most. */
	pass_ms(&w, 900);
	assert_int_equal(world_hand(&w, B, &second, &foreign), DROP_NONE);
	assert_int_equal(w.n[B].last.flags, ASSOC_VERSION);
	assert_int_equal(world_take(&w, 0).to, -1);
	assert_true(world_agree(&w));
	assert_true(endpoint_equal(assoc_remote(w.n[B].l), &w.n[A].at));
	assert_int_equal(check_silent(&w, B, &first, &first.source),
			 DROP_EPHEMERAL);
	world_send(&w, A);
	world_send(&w, B);
	world_settle(&w);
	assert_int_equal(w.n[A].got - w.n[A].empties, 1);
	assert_int_equal(w.n[B].got - w.n[B].empties, 2);
	/* And does not stop the next rekey, which needs one round more. */
	pass_ms(&w, 125000);
	world_send(&w, A);
	world_serve(&w, A, 0);
	world_settle(&w);
	assert_true(world_agree(&w));
	assert_int_equal(world_current(&w, A)->made.ns, w.n[A].env.now.mono.ns);
	world_free(&w);
}

/* The last 64 that were taken are never taken again. */
static void
test_memory_of_64(void **state)
{
	struct wired inits[ASSOC_SEEN + 1];
	struct world w;

	(void)state;
	world_default(&w, 9);
	for (int i = 0; i <= ASSOC_SEEN; i++) {
		pass_ms(&w, 1000);
		assoc_step(w.n[A].l, &w.n[A].env, RESUME_RENEW);
		world_drain(&w, A);
		inits[i] = w.wire[0];
		assert_int_equal(inits[i].bytes[0], DGRAM_INIT);
		world_settle(&w);
		assert_true(world_agree(&w));
	}
	for (int i = 1; i <= ASSOC_SEEN; i++)
		assert_int_equal(
			check_silent(&w, B, &inits[i], &inits[i].source),
			DROP_EPHEMERAL);
	/* An older one can be taken, and does no more than above. */
	pass_ms(&w, 100);
	assert_int_equal(world_hand(&w, B, &inits[0], &inits[0].source),
			 DROP_NONE);
	assert_true(world_agree(&w));
	w.count = 0;
	world_free(&w);
}

static void
test_rate(void **state)
{
	struct world w;
	struct wired first, second;

	(void)state;
	world_default(&w, 10);
	world_send(&w, A);
	first = world_take(&w, 0);
	pass_ms(&w, 300);
	world_serve(&w, A, 0);
	second = world_take(&w, 0);
	world_hand(&w, B, &first, &first.source);
	world_settle(&w);
	assert_null(keyring_tentative(&w.n[B].l->keys));
	pass_ms(&w, ASSOC_INIT_GAP_MS - 1);
	assert_int_equal(check_silent(&w, B, &second, &second.source),
			 DROP_RATE);
	pass_ms(&w, 1);
	assert_int_equal(world_hand(&w, B, &second, &second.source), DROP_NONE);
	w.count = 0;
	world_free(&w);
}

/* So many INITs in a second are taken as they come, then with cookies. */
static void
test_load(void **state)
{
	struct world w;

	(void)state;
	world_default(&w, 11);
	assocs_set_load(w.n[B].ls, 3);
	for (int i = 0; i < 5; i++) {
		assoc_step(w.n[A].l, &w.n[A].env, RESUME_RENEW);
		world_drain(&w, A);
		assert_int_equal(world_deliver(&w, 0),
				 i < 3 ? DROP_NONE : DROP_COOKIE);
		world_settle(&w);
		assert_true(world_agree(&w));
		/* The cookie that came is kept for the next ones. */
		if (i == 3)
			break;
		pass_ms(&w, 300);
	}
	assert_int_equal(w.n[B].l->counts.cookies_sent, 1);
	pass_ms(&w, 250);
	assoc_step(w.n[A].l, &w.n[A].env, RESUME_RENEW);
	world_drain(&w, A);
	assert_false(bytes_all_zero_ct(w.wire[0].bytes + HANDSHAKE_MAC2_AT,
				       PROTO_MAC_LEN));
	world_settle(&w);
	assert_true(world_agree(&w));
	world_free(&w);
}

/* The address follows the highest counter of the current session, no more. */
static void
test_endpoint(void **state)
{
	struct endpoint moved = world_endpoint(50, 1000);
	struct endpoint moved2 = world_endpoint(51, 1000);
	struct ipaddr local2 = { .family = IP_V4, .b = { 198, 51, 100, 1 } };
	struct world w;
	struct wired d[4];
	struct assoc_in res;

	(void)state;
	world_default(&w, 12);
	world_connect(&w);
	for (int i = 0; i < 4; i++) {
		world_send(&w, A);
		d[i] = world_take(&w, 0);
	}
	assert_int_equal(world_hand(&w, B, &d[1], &d[1].source), DROP_NONE);
	assert_int_equal(w.n[B].last.flags, 0);
	/* A late one from elsewhere is taken and moves nothing. */
	assert_int_equal(world_hand(&w, B, &d[0], &moved), DROP_NONE);
	assert_int_equal(w.n[B].last.flags, 0);
	assert_true(endpoint_equal(assoc_remote(w.n[B].l), &w.n[A].at));
	assert_int_equal(check_silent(&w, B, &d[1], &moved), DROP_REPLAY);
	d[2].bytes[20] ^= 1;
	assert_int_equal(check_silent(&w, B, &d[2], &moved), DROP_AUTH);
	d[2].bytes[20] ^= 1;
	assert_int_equal(world_hand(&w, B, &d[2], &moved), DROP_NONE);
	assert_int_equal(w.n[B].last.flags, ASSOC_MOVED);
	assert_true(endpoint_equal(assoc_remote(w.n[B].l), &moved));
	/* The address that was addressed is the one to answer from. */
	assert_int_equal(assocs_in(w.n[B].ls, &w.n[B].env, &moved, &local2,
				   d[3].bytes, d[3].len, &res),
			 DROP_NONE);
	assert_int_equal(res.flags, 0);
	assert_true(ipaddr_equal(assoc_local(w.n[B].l), &local2));

	/* An old session's does not move the address, however high. */
	world_send(&w, A);
	d[0] = world_take(&w, 0);
	pass_ms(&w, 1000);
	assoc_step(w.n[A].l, &w.n[A].env, RESUME_RENEW);
	world_drain(&w, A);
	world_settle(&w);
	assert_true(world_agree(&w));
	assert_true(endpoint_equal(assoc_remote(w.n[B].l), &w.n[A].at));
	assert_int_equal(world_hand(&w, B, &d[0], &moved2), DROP_NONE);
	assert_true(endpoint_equal(assoc_remote(w.n[B].l), &w.n[A].at));

	/* At the initiator: a right RESP. */
	pass_ms(&w, 1000);
	assoc_step(w.n[A].l, &w.n[A].env, RESUME_RENEW);
	world_drain(&w, A);
	world_deliver(&w, 0);
	d[0] = world_take(&w, 0);
	assert_int_equal(world_hand(&w, A, &d[0], &moved2), DROP_NONE);
	assert_int_equal(w.n[A].last.flags, ASSOC_VERSION | ASSOC_MOVED);
	assert_true(endpoint_equal(assoc_remote(w.n[A].l), &moved2));
	w.count = 0;
	world_free(&w);
}

/* Removed, revoked, pinned anew: nothing is left to be reached. */
static void
test_reset(void **state)
{
	struct world w;
	struct wired init, data;

	(void)state;
	world_default(&w, 13);
	world_connect(&w);
	world_send(&w, A);
	data = world_take(&w, 0);
	pass_ms(&w, 1000);
	assoc_step(w.n[A].l, &w.n[A].env, RESUME_RENEW);
	world_drain(&w, A);
	init = world_take(&w, 0);
	assoc_reset(w.n[B].l);
	assoc_reset(w.n[A].l);
	for (int i = 0; i < 2; i++) {
		struct assoc *l = w.n[i].l;
		struct assoc_status st;

		assert_int_equal(w.n[i].ls->index.count, 0);
		assert_int_equal(w.n[i].ls->pairs.count, 0);
		assert_false(world_up(&w, i));
		assert_int_equal(assoc_deadline(l).ns, MONO_NEVER.ns);
		assert_int_equal(assoc_remote(l)->port, 0);
		assert_null(assoc_algos(l));
		assert_true(bytes_all_zero_ct(&l->cookie, sizeof(l->cookie)));
		assoc_status(l, w.n[i].env.now.mono, &st);
		assert_false(st.up || st.trying);
		assert_int_equal(st.sessions, 0);
		assert_int_equal(st.heard_ms, -1);
		for (int k = 0; k < PAIR_HELD_MAX; k++)
			assert_null(l->pairs[k]);
	}
	assert_int_equal(check_silent(&w, B, &data, &data.source),
			 DROP_NO_SESSION);
	assert_int_equal(check_silent(&w, B, &init, &init.source),
			 DROP_NO_PAIR);
	assert_int_equal(assoc_want(w.n[A].l, &w.n[A].env), ASSOC_NEGOTIATE);
	assert_int_equal(w.count, 0);
	/* And it can be used again. */
	world_set_pairs(&w, A);
	world_set_pairs(&w, B);
	world_drain(&w, A);
	world_wait(&w, 1000, true); /* under a first pair not at once */
	assert_true(world_agree(&w));
	world_free(&w);
}

/* A peer whose datagrams come out of the VPN is not answered there. */
static void
test_inside(void **state)
{
	static const char list[] = "network a\nprefix 10.156.0.0/16\n";
	struct endpoint inside = { .addr = { .family = IP_V4,
					     .b = { 10, 156, 2, 1 } },
				   .port = 3406 };
	struct errs es = { 0 };
	struct wired d[2];
	struct world w;
	struct bnl *b;

	(void)state;
	assert_int_equal(bnl_parse(&b, list, strlen(list), &es), 0);
	world_default(&w, 16);
	w.n[A].env.bnl = w.n[B].env.bnl = b;
	world_send(&w, A);
	d[0] = world_take(&w, 0);
	assert_int_equal(check_silent(&w, B, &d[0], &inside), DROP_INSIDE);
	assert_int_equal(world_hand(&w, B, &d[0], &d[0].source), DROP_NONE);
	d[1] = world_take(&w, 0);
	assert_int_equal(check_silent(&w, A, &d[1], &inside), DROP_INSIDE);
	assert_int_equal(world_hand(&w, A, &d[1], &d[1].source), DROP_NONE);
	world_settle(&w);
	assert_true(world_agree(&w));
	/* Its data is taken, and moves nothing. */
	world_send(&w, A);
	d[0] = world_take(&w, 0);
	assert_int_equal(world_hand(&w, B, &d[0], &inside), DROP_NONE);
	assert_int_equal(w.n[B].last.flags, 0);
	assert_true(endpoint_equal(assoc_remote(w.n[B].l), &w.n[A].at));
	w.count = 0;
	w.n[A].env.bnl = w.n[B].env.bnl = NULL;
	world_free(&w);
	bnl_free(b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bent),
		cmocka_unit_test(test_bent_cookie),
		cmocka_unit_test(test_wrong_cookies),
		cmocka_unit_test(test_cookie_of_another),
		cmocka_unit_test(test_no_cookie_circle),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_binding),
		cmocka_unit_test(test_replayed_init),
		cmocka_unit_test(test_memory_of_64),
		cmocka_unit_test(test_rate),
		cmocka_unit_test(test_load),
		cmocka_unit_test(test_endpoint),
		cmocka_unit_test(test_inside),
		cmocka_unit_test(test_reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
