/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a association does by the clock, and which pair and address it tries. */
#include "assoc_world.h"

/* Waits without a wire; returns how many datagrams of that type were sent by
 * the node, the last one in *last. */
struct tally {
	int by;
	int count[DGRAM_DATA + 1];
	int64_t at[DGRAM_DATA + 1]; /* ms, of the last one */
	struct wired last[DGRAM_DATA + 1];
	struct monotime start;
};

static void
count_sent(struct world *w, int from, const struct wired *d)
{
	struct tally *t = w->ctx;
	int type = d->bytes[0];

	if (from != t->by)
		return;
	t->count[type]++;
	t->at[type] = mono_ms(t->start, w->n[from].env.now.mono);
	t->last[type] = *d;
}

static void
watch(struct world *w, struct tally *t, int by)
{
	memset(t, 0, sizeof(*t));
	t->by = by;
	t->start = w->n[A].env.now.mono;
	w->on_send = count_sent;
	w->ctx = t;
}

static unsigned int
flags_of(struct world *w, int i)
{
	unsigned int flags = w->n[i].flags;

	w->n[i].flags = 0;
	return flags;
}

static void
test_answer(void **state)
{
	struct tally t;
	struct world w;

	(void)state;
	world_default(&w, 1);
	world_connect(&w);
	world_wait(&w, 10000, true);
	/* Data and nothing to say: an empty one after a second. */
	watch(&w, &t, B);
	world_send(&w, A);
	world_settle(&w);
	world_wait(&w, 999, true);
	assert_int_equal(t.count[DGRAM_DATA], 0);
	world_wait(&w, 1, true);
	assert_int_equal(t.count[DGRAM_DATA], 1);
	assert_int_equal(t.last[DGRAM_DATA].len, DGRAM_DATA_OVERHEAD);
	assert_int_equal(t.last[DGRAM_DATA].bytes[1], 0);
	/* That one is not answered, and nobody is worried. */
	watch(&w, &t, A);
	world_wait(&w, 50000, true);
	assert_int_equal(t.count[DGRAM_DATA] + t.count[DGRAM_INIT], 0);
	/* Data in time is the answer. */
	watch(&w, &t, B);
	world_send(&w, A);
	world_settle(&w);
	world_wait(&w, 500, true);
	world_send(&w, B);
	world_settle(&w);
	world_wait(&w, 5000, true);
	assert_int_equal(t.count[DGRAM_DATA], 1);
	world_free(&w);
}

static void
test_silence(void **state)
{
	struct tally t;
	struct world w;

	(void)state;
	world_default(&w, 2);
	world_connect(&w);
	world_wait(&w, 10000, true);
	watch(&w, &t, A);
	world_send(&w, A);
	w.count = 0;
	world_wait(&w, 1000, false);
	world_send(&w, A);
	w.count = 0;
	world_wait(&w, 1999, false);
	assert_int_equal(t.count[DGRAM_INIT], 0);
	world_wait(&w, 1, false);
	assert_int_equal(t.count[DGRAM_INIT], 1);
	assert_true(world_up(&w, A));
	assert_int_equal(flags_of(&w, A), 0);
	/* Nobody answers: a new pair may be needed, and after a minute without
	 * a word it is down. */
	world_wait(&w, 1500, false);
	assert_int_equal(flags_of(&w, A), ASSOC_NEGOTIATE | ASSOC_UNANSWERED);
	world_wait(&w, 56500, false);
	assert_int_equal(flags_of(&w, A), ASSOC_NEGOTIATE | ASSOC_UNANSWERED);
	world_wait(&w, 10000, false);
	assert_int_equal(flags_of(&w, A),
			 ASSOC_DOWN | ASSOC_NEGOTIATE | ASSOC_UNANSWERED);
	assert_in_range(t.count[DGRAM_INIT], 30, 40);
	/* Heard again in the old session: up. */
	world_send(&w, B);
	world_settle(&w);
	assert_int_equal(flags_of(&w, A) & (ASSOC_UP | ASSOC_DOWN), ASSOC_UP);
	world_wait(&w, 3000, true);
	assert_true(world_agree(&w));
	assert_int_equal(w.n[A].l->resume.state, RESUME_IDLE);
	world_free(&w);
}

/* One who hears the peer in another session than its own one is not content. */
static void
test_silence_is_of_the_session(void **state)
{
	struct session *s;
	struct world w;

	(void)state;
	world_default(&w, 3);
	world_connect(&w);
	/* B has lost its newer session, and does not know. */
	world_wait(&w, 1000, true);
	assoc_step(w.n[A].l, &w.n[A].env, RESUME_RENEW);
	world_drain(&w, A);
	world_settle(&w);
	s = world_current(&w, B);
	w.n[B].l->keys.at[KEYRING_CURRENT] = w.n[B].l->keys.at[KEYRING_OLD];
	w.n[B].l->keys.at[KEYRING_OLD] = NULL;
	assoc_drop_session(w.n[B].l, s);
	assert_false(world_agree(&w));
	for (int i = 0; i < 40; i++) {
		world_send(&w, A);
		world_send(&w, B);
		world_wait(&w, 100, true);
	}
	assert_true(world_agree(&w));
	world_free(&w);
}

static void
test_rekey_by_age(void **state)
{
	struct session *first;
	struct tally t;
	struct world w;

	(void)state;
	world_default(&w, 4);
	world_connect(&w);
	first = world_current(&w, A);
	watch(&w, &t, A);
	for (int i = 0; i < 119; i++) {
		world_send(&w, B);
		world_wait(&w, 1000, true);
	}
	assert_int_equal(t.count[DGRAM_INIT], 0);
	assert_ptr_equal(world_current(&w, A), first);
	/* Traffic that only comes counts too. */
	world_wait(&w, 1000, true);
	world_send(&w, B);
	world_settle(&w);
	assert_int_equal(t.count[DGRAM_INIT], 1);
	assert_ptr_not_equal(world_current(&w, A), first);
	assert_true(world_agree(&w));
	assert_int_equal(flags_of(&w, A) & (ASSOC_UP | ASSOC_DOWN), 0);
	world_free(&w);
}

static void
test_rekey_by_responder(void **state)
{
	struct tally t;
	struct world w;

	(void)state;
	world_default(&w, 5);
	w.n[A].conf.timers.rekey_after = 1000000;
	world_connect(&w);
	watch(&w, &t, B);
	world_wait(&w, 149999, true);
	world_send(&w, B);
	world_settle(&w);
	assert_int_equal(t.count[DGRAM_INIT], 0);
	world_wait(&w, 1, true);
	world_send(&w, B);
	assert_int_equal(t.count[DGRAM_DATA], 2);
	world_serve(&w, B, 0);
	assert_int_equal(t.count[DGRAM_INIT], 1);
	world_settle(&w);
	assert_true(world_agree(&w));
	assert_true(world_current(&w, B)->initiator);
	world_free(&w);
}

static void
test_quiet_session_ends(void **state)
{
	struct assoc_status st;
	struct tally t;
	struct world w;

	(void)state;
	world_default(&w, 6);
	world_connect(&w);
	watch(&w, &t, A);
	world_wait(&w, 179999, true);
	assert_true(world_up(&w, A));
	world_wait(&w, 1, true);
	assert_false(world_up(&w, A) || world_up(&w, B));
	assert_int_equal(flags_of(&w, A), ASSOC_DOWN);
	assert_int_equal(flags_of(&w, B), ASSOC_DOWN);
	assert_int_equal(t.count[DGRAM_INIT] + t.count[DGRAM_DATA], 0);
	assert_int_equal(assoc_deadline(w.n[A].l).ns, MONO_NEVER.ns);
	assoc_status(w.n[A].l, w.n[A].env.now.mono, &st);
	assert_int_equal(st.sessions, 0);
	assert_int_equal(st.session_age_ms, -1);
	assert_false(st.up);
	assert_int_equal(w.n[A].ls->index.count, 0);
	/* The next packet makes a new one, where the peer last was. */
	world_send(&w, B);
	world_settle(&w);
	assert_true(world_agree(&w));
	assert_int_equal(w.n[A].got - w.n[A].empties, 1);
	world_free(&w);
}

/* Past the hard limits packets wait; none is sealed. */
static void
check_hard_stop(bool by_age)
{
	struct world w;
	uint8_t out[DGRAM_DATA_OVERHEAD];

	world_default(&w, 7);
	for (int i = 0; i < 2; i++) {
		w.n[i].conf.timers.rekey_packets = 20;
		w.n[i].conf.timers.reject_packets = 50;
	}
	world_connect(&w);
	if (by_age) {
		world_wait(&w, 179000, true);
		w.n[A].env.now.mono = mono_add_ms(w.n[A].env.now.mono, 1000);
		w.n[B].env.now.mono = w.n[A].env.now.mono;
	} else {
		/* INITs are lost, the rest arrives. */
		for (int i = 0; i < 100 && world_up(&w, A); i++) {
			world_send(&w, A);
			world_deliver(&w, 0);
			w.count = 0;
		}
		assert_int_equal(world_current(&w, A)->counter, 50);
	}
	assert_int_equal(assoc_seal(w.n[A].l, &w.n[A].env, 0, NULL, 0, out),
			 DROP_NO_SESSION);
	w.n[A].flags = 0;
	w.n[B].got = w.n[B].empties = 0;
	world_send(&w, A);
	world_send(&w, A);
	assert_int_equal(w.n[A].waiting, 2);
	world_wait(&w, 2500, true);
	assert_true(w.n[A].flags & ASSOC_UP);
	assert_int_equal(w.n[A].waiting, 0);
	assert_int_equal(w.n[B].got - w.n[B].empties, 2);
	assert_true(world_agree(&w));
	world_free(&w);
}

static void
test_hard_stop(void **state)
{
	(void)state;
	check_hard_stop(true);
	check_hard_stop(false);
}

static void
test_rekey_by_packets(void **state)
{
	struct tally t;
	struct world w;

	(void)state;
	world_default(&w, 8);
	w.n[A].conf.timers.rekey_packets = 10;
	world_connect(&w);
	watch(&w, &t, A);
	/* Those of the responder count as well. */
	while (world_current(&w, B)->counter < 9) {
		world_send(&w, B);
		world_settle(&w);
	}
	assert_int_equal(t.count[DGRAM_INIT], 0);
	world_wait(&w, 300, true);
	world_send(&w, B);
	world_settle(&w);
	assert_int_equal(t.count[DGRAM_INIT], 1);
	assert_true(world_current(&w, B)->counter <= 1);
	/* And its own. */
	world_wait(&w, 300, true);
	for (int i = 0; i < 12; i++) {
		world_send(&w, A);
		world_serve(&w, A, 0);
		world_settle(&w);
	}
	assert_int_equal(t.count[DGRAM_INIT], 2);
	world_free(&w);
}

static void
test_keepalive(void **state)
{
	struct tally t;
	struct world w;

	(void)state;
	world_init(&w, 9);
	world_add_pair(&w, 1, AEAD_AES_128_GCM);
	w.n[A].conf.keepalive = 25;
	world_start(&w, A); /* which asks for a session at once */
	world_start(&w, B);
	world_drain(&w, A);
	world_settle(&w);
	assert_true(world_agree(&w));
	watch(&w, &t, A);
	world_wait(&w, 24999, true);
	assert_int_equal(t.count[DGRAM_DATA], 0);
	world_wait(&w, 1, true);
	assert_int_equal(t.count[DGRAM_DATA], 1);
	assert_true(t.last[DGRAM_DATA].len > DGRAM_DATA_OVERHEAD);
	/* It is a session for ever: rekeyed, and made again when lost. */
	world_wait(&w, 3600 * 1000, true);
	assert_true(world_agree(&w));
	assert_in_range(t.count[DGRAM_INIT], 3600 / 151, 3600 / 120);
	assert_int_equal(flags_of(&w, A) & ASSOC_DOWN, 0);
	world_wait(&w, 2 * 3600 * 1000, false);
	assert_false(world_up(&w, A));
	world_wait(&w, 40 * 1000, true);
	assert_true(world_agree(&w));
	world_free(&w);
}

/* 0, 1, 2, 4 s after RESP, until the peer is heard; which answers each. */
static void
test_confirm(void **state)
{
	static const int64_t when[] = { 0, 1000, 2000, 4000 };
	struct wired resp;
	struct tally t;
	struct world w;

	(void)state;
	world_default(&w, 10);
	assoc_resume(w.n[A].l, &w.n[A].env);
	world_drain(&w, A);
	world_deliver(&w, 0);
	resp = world_take(&w, 0);
	watch(&w, &t, A);
	assert_int_equal(world_hand(&w, A, &resp, &resp.source), DROP_NONE);
	for (int i = 0; i < 4; i++) {
		world_wait(&w, when[i] - t.at[DGRAM_DATA], false);
		assert_int_equal(t.count[DGRAM_DATA], i + 1);
		assert_int_equal(t.at[DGRAM_DATA], when[i]);
	}
	world_wait(&w, 20000, false);
	assert_int_equal(t.count[DGRAM_DATA], 4);
	assert_int_equal(w.n[A].l->resume.state, RESUME_IDLE);
	/* The last one was not lost after all. */
	assert_int_equal(world_hand(&w, B, &t.last[DGRAM_DATA],
				    &t.last[DGRAM_DATA].source),
			 DROP_NONE);
	world_settle(&w);
	assert_true(world_agree(&w));
	world_free(&w);
}

static void
test_confirm_answered_again(void **state)
{
	struct tally t;
	struct world w;

	(void)state;
	world_default(&w, 11);
	assoc_resume(w.n[A].l, &w.n[A].env);
	world_drain(&w, A);
	world_deliver(&w, 0);
	world_deliver(&w, 0);
	watch(&w, &t, B);
	world_deliver(&w, 0);
	assert_int_equal(t.count[DGRAM_DATA], 1);
	w.count = 0; /* the answer is lost */
	world_wait(&w, 1000, true);
	assert_int_equal(t.count[DGRAM_DATA], 2);
	assert_int_equal(w.n[A].l->resume.state, RESUME_IDLE);
	/* Which does not go on. */
	world_wait(&w, 20000, true);
	assert_int_equal(t.count[DGRAM_DATA], 2);
	world_free(&w);
}

/* Two nodes of different minds, each responder of what the other sends in. */
static void
test_no_ping_pong(void **state)
{
	struct world w;
	struct session *s;
	struct keyring *k;

	(void)state;
	world_default(&w, 18);
	world_connect(&w);
	world_wait(&w, 100, true);
	assoc_step(w.n[B].l, &w.n[B].env, RESUME_RENEW);
	world_drain(&w, B);
	world_settle(&w);
	k = &w.n[A].l->keys;
	s = k->at[KEYRING_OLD];
	k->at[KEYRING_OLD] = k->at[KEYRING_CURRENT];
	k->at[KEYRING_CURRENT] = s;
	assert_true(s->initiator && world_current(&w, B)->initiator);
	w.sent = 0;
	world_send(&w, A);
	world_send(&w, B);
	world_wait(&w, 2000, true);
	assert_in_range(w.sent, 2, 6);
	world_free(&w);
}

/* --- pairs and addresses -------------------------------------------------- */

static void
test_pairs_in_turn(void **state)
{
	struct endpoint eps[2] = { world_endpoint(90, 1),
				   world_endpoint(91, 2) };
	/* Pair and last byte of the address of what each try sends. The second
	 * one also sends the first INIT to the other address; then both get
	 * all, and which one is first changes. */
	static const uint8_t sent[][7] = {
		{ 3, 90 },	  { 3, 91, 2, 90, 2, 91 }, { 1, 90, 1, 91 },
		{ 3, 91, 3, 90 }, { 2, 91, 2, 90 },	   { 1, 91, 1, 90 },
		{ 3, 90, 3, 91 },
	};
	struct world w;

	(void)state;
	world_init(&w, 12);
	for (uint8_t i = 1; i <= 3; i++)
		world_add_pair(&w, i, AEAD_AES_256_GCM);
	world_start(&w, A);
	world_start(&w, B);
	assert_int_equal(assoc_set_endpoints(w.n[A].l, eps, 2), 0);
	w.n[A].flags = assoc_want(w.n[A].l, &w.n[A].env);
	for (size_t i = 0; i < sizeof(sent) / sizeof(sent[0]); i++) {
		struct action a;

		w.n[A].env.now.mono = assoc_deadline(w.n[A].l);
		if (i > 0)
			assoc_tick(w.n[A].l, &w.n[A].env);
		for (int k = 0; sent[i][k] != 0; k += 2) {
			assert_true(actions_next(&w.n[A].actions, &a));
			assert_int_equal(a.data[8], sent[i][k]);
			assert_int_equal(a.to.addr.b[3], sent[i][k + 1]);
			assert_int_equal(a.local.family, IP_NONE);
			action_done(&a);
		}
		assert_false(actions_next(&w.n[A].actions, &a));
	}
	world_free(&w);
}

/* The peer has lost the newer ones: the old one does it, and is proven. */
static void
test_common_pair(void **state)
{
	struct world w;

	(void)state;
	world_init(&w, 13);
	for (uint8_t i = 1; i <= 3; i++)
		world_add_pair(&w, i, AEAD_AES_256_GCM);
	w.n[B].pairs.pairs[0] = w.n[B].pairs.pairs[2];
	w.n[B].pairs.n = 1;
	world_start(&w, A);
	world_start(&w, B);
	world_send(&w, A);
	world_wait(&w, 1500, true);
	assert_true(world_agree(&w));
	assert_true(w.n[A].flags & ASSOC_PROVED);
	assert_true(w.n[A].pairs.pairs[2].proven);
	assert_false(w.n[A].pairs.pairs[0].proven);
	assert_true(w.n[B].pairs.pairs[0].proven);
	/* Told once. */
	w.n[A].flags = 0;
	world_send(&w, B);
	world_settle(&w);
	assert_int_equal(w.n[A].flags & ASSOC_PROVED, 0);
	world_wait(&w, 125000, true);
	world_send(&w, A);
	world_wait(&w, 2500, true);
	assert_int_equal(w.n[A].flags & ASSOC_PROVED, 0);
	world_free(&w);
}

struct move {
	struct endpoint old;
	struct monotime at;
};

/* For a while after the move the peer is seen where it was. */
static void
seen_at_old(struct world *w, int from, const struct wired *d)
{
	const struct move *m = w->ctx;

	(void)d;
	if (from == B && mono_ms(m->at, w->n[B].env.now.mono) < 1500)
		w->wire[w->count].source = m->old;
}

/*
 * The path is lost at once, and the peer answers at another address, the last
 * one of four: back within five seconds, whenever packets are sent, also where
 * the answer to the last one that arrived comes a second later.
 */
static void
test_lost_path(void **state)
{
	struct endpoint eps[3] = { world_endpoint(90, 1), world_endpoint(91, 2),
				   world_endpoint(92, 3) };

	(void)state;
	for (int64_t gap = 50; gap <= 1000; gap += 50) {
		struct session *s;
		struct world w;
		struct move m;

		world_default(&w, 31);
		world_connect(&w);
		world_wait(&w, 10000, true);
		assert_int_equal(assoc_set_endpoints(w.n[A].l, eps, 3), 0);
		world_send(&w, A);
		world_settle(&w);
		/* What A sends goes nowhere; B's empty DATA arrives. */
		m.old = w.n[B].at;
		m.at = w.n[A].env.now.mono;
		w.n[B].at = eps[2];
		w.on_send = seen_at_old;
		w.ctx = &m;
		s = world_current(&w, A);
		while (world_current(&w, A) == s &&
		       mono_ms(m.at, w.n[A].env.now.mono) < 20000) {
			world_send(&w, A);
			world_wait(&w, gap, true);
		}
		assert_true(world_agree(&w));
		assert_in_range(mono_ms(m.at, w.n[A].env.now.mono), 0, 5000);
		assert_true(endpoint_equal(assoc_remote(w.n[A].l), &eps[2]));
		world_free(&w);
	}
}

static struct ipaddr
answered_from(struct world *w, uint8_t type)
{
	struct ipaddr from = { .family = IP_NONE };
	struct action a;

	assert_true(actions_next(&w->n[B].actions, &a));
	assert_int_equal(a.data[0], type);
	from = a.local;
	action_done(&a);
	return from;
}

/*
 * Answers leave from the address that was addressed; after two that were not
 * followed by anything, two follow the route: one may be a cookie.
 */
static void
test_answers_follow_the_route(void **state)
{
	static const uint8_t types[] = { DGRAM_RESP,   DGRAM_COOKIE,
					 DGRAM_COOKIE, DGRAM_COOKIE,
					 DGRAM_COOKIE, DGRAM_COOKIE,
					 DGRAM_COOKIE };
	struct world w;

	(void)state;
	world_default(&w, 32);
	world_connect(&w);
	world_wait(&w, 1000, true);
	assoc_step(w.n[A].l, &w.n[A].env, RESUME_RENEW);
	for (unsigned int i = 0; i < sizeof(types); i++) {
		struct action a;

		/* What A sends arrives all the while. */
		w.n[B].env.now = w.n[A].env.now;
		w.count = 0;
		world_send(&w, A);
		world_deliver(&w, 0);
		while (!actions_next(&w.n[A].actions, &a)) {
			w.n[A].env.now.mono = assoc_deadline(w.n[A].l);
			assoc_tick(w.n[A].l, &w.n[A].env);
		}
		assert_int_equal(a.data[0], DGRAM_INIT);
		(void)assocs_in(w.n[B].ls, &w.n[B].env, &w.n[A].at,
				&w.n[B].at.addr, a.data, a.len, &w.n[B].last);
		action_done(&a);
		assert_int_equal(answered_from(&w, types[i]).family,
				 i / 2 % 2 == 0 ? IP_V4 : IP_NONE);
	}
	world_free(&w);
}

/* After one that was learned, the local address is let go in time. */
static void
test_learned_address(void **state)
{
	struct world w;
	struct action a;

	(void)state;
	world_default(&w, 14);
	assoc_set_endpoints(w.n[A].l, NULL, 0);
	assoc_set_endpoints(w.n[B].l, NULL, 0);
	world_send(&w, A); /* nowhere to send to */
	assert_int_equal(w.count, 0);
	assoc_set_endpoints(w.n[A].l, &w.n[B].at, 1);
	world_wait(&w, 300, true);
	assert_true(world_agree(&w));
	/* B was told no address and has learned one. */
	world_wait(&w, 200000, true);
	assert_false(world_up(&w, B));
	assoc_want(w.n[B].l, &w.n[B].env);
	for (int i = 0; i < 3; i++) {
		assert_true(actions_next(&w.n[B].actions, &a));
		assert_true(endpoint_equal(&a.to, &w.n[A].at));
		assert_int_equal(a.local.family, i == 0 ? IP_V4 : IP_NONE);
		action_done(&a);
		w.n[B].env.now.mono = assoc_deadline(w.n[B].l);
		assoc_tick(w.n[B].l, &w.n[B].env);
	}
	world_free(&w);
}

static void
test_pairs_change(void **state)
{
	struct world w;
	struct wired init;

	(void)state;
	world_default(&w, 15);
	/* A try under a pair that goes is given up. */
	world_send(&w, A);
	init = world_take(&w, 0);
	flags_of(&w, A);
	assert_int_equal(assoc_set_pairs(w.n[A].l, &w.n[A].env, NULL),
			 ASSOC_NEGOTIATE);
	assert_int_equal(w.n[A].ls->index.count, 0);
	assert_int_equal(w.n[A].ls->pairs.count, 0);
	world_hand(&w, B, &init, &init.source);
	assert_int_equal(world_deliver(&w, 0), DROP_NO_SESSION);
	/* Wanted still: asked for until there is a pair. */
	world_wait(&w, 5000, false);
	assert_true(flags_of(&w, A) & ASSOC_NEGOTIATE);
	world_set_pairs(&w, A);
	/* Both have it. */
	assert_false(assoc_agreed(w.n[A].l, &w.n[A].env) & ASSOC_NEGOTIATE);
	world_drain(&w, A);
	world_settle(&w);
	assert_true(world_agree(&w));
	assert_int_equal(w.n[A].waiting, 0);
	/* A session lives on without its pair, to its own end. */
	assert_int_equal(assoc_set_pairs(w.n[A].l, &w.n[A].env, NULL), 0);
	assert_int_equal(assoc_set_pairs(w.n[B].l, &w.n[B].env, NULL), 0);
	world_send(&w, A);
	world_settle(&w);
	assert_true(world_agree(&w));
	flags_of(&w, A);
	for (int i = 0; i < 175; i++) {
		world_send(&w, A);
		world_wait(&w, 1000, true);
	}
	assert_true(world_agree(&w));
	assert_int_equal(flags_of(&w, A), ASSOC_NEGOTIATE);
	world_wait(&w, 5000, true);
	assert_false(world_up(&w, A));
	world_free(&w);
}

static void
test_other_static_key(void **state)
{
	struct world w;

	(void)state;
	world_init(&w, 16);
	world_add_pair(&w, 1, AEAD_AES_256_GCM);
	world_add_pair(&w, 2, AEAD_AES_256_GCM);
	w.n[A].pairs.pairs[0].self_static[3] ^= 1;
	world_start(&w, A);
	world_start(&w, B);
	assert_int_equal(w.n[A].l->npairs, 1);
	world_send(&w, A);
	assert_int_equal(w.wire[0].bytes[8], 1);
	world_settle(&w);
	assert_true(world_agree(&w));
	world_free(&w);
}

static void
test_want(void **state)
{
	struct tally t;
	struct world w;

	(void)state;
	world_default(&w, 17);
	watch(&w, &t, A);
	/* Wanted no more: no further INIT, and its answer is nothing. */
	world_send(&w, A);
	assoc_unwant(w.n[A].l, &w.n[A].env);
	w.n[A].waiting = 0;
	assert_int_equal(assoc_deadline(w.n[A].l).ns, MONO_NEVER.ns);
	world_deliver(&w, 0);
	assert_int_equal(world_deliver(&w, 0), DROP_NO_SESSION);
	world_wait(&w, 100000, false);
	assert_int_equal(t.count[DGRAM_INIT], 1);
	/* Nothing to want with a session, nothing to resume without a pair. */
	world_connect(&w);
	assert_int_equal(assoc_want(w.n[A].l, &w.n[A].env), 0);
	assert_int_equal(assoc_resume(w.n[A].l, &w.n[A].env), 0);
	assert_int_equal(w.n[A].l->resume.state, RESUME_IDLE);
	assoc_reset(w.n[A].l);
	assert_int_equal(assoc_resume(w.n[A].l, &w.n[A].env), 0);
	assert_int_equal(w.n[A].l->resume.state, RESUME_IDLE);
	world_free(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answer),
		cmocka_unit_test(test_silence),
		cmocka_unit_test(test_silence_is_of_the_session),
		cmocka_unit_test(test_rekey_by_age),
		cmocka_unit_test(test_rekey_by_responder),
		cmocka_unit_test(test_quiet_session_ends),
		cmocka_unit_test(test_hard_stop),
		cmocka_unit_test(test_rekey_by_packets),
		cmocka_unit_test(test_keepalive),
		cmocka_unit_test(test_confirm),
		cmocka_unit_test(test_confirm_answered_again),
		cmocka_unit_test(test_no_ping_pong),
		cmocka_unit_test(test_pairs_in_turn),
		cmocka_unit_test(test_common_pair),
		cmocka_unit_test(test_lost_path),
		cmocka_unit_test(test_answers_follow_the_route),
		cmocka_unit_test(test_learned_address),
		cmocka_unit_test(test_pairs_change),
		cmocka_unit_test(test_other_static_key),
		cmocka_unit_test(test_want),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
