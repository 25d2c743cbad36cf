/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Handshakes that cross on the wire: both nodes want a session at once, and
 * the datagrams arrive in any order, twice, or not at all.
 */
#include "assoc_world.h"

#define CHOICES_MAX 64

/* One run is named by the choices made in it: which datagram comes next. All
 * runs are visited by counting the choices up, the last one first. */
struct choices {
	size_t made, depth;
	size_t pick[CHOICES_MAX];
	size_t of[CHOICES_MAX];
};

static size_t
choose(struct choices *c, size_t n)
{
	assert_true(c->made < CHOICES_MAX);
	if (c->made == c->depth) {
		c->pick[c->depth] = 0;
		c->depth++;
	}
	c->of[c->made] = n;
	return c->pick[c->made++];
}

static bool
next_run(struct choices *c)
{
	while (c->depth > 0) {
		if (++c->pick[c->depth - 1] < c->of[c->depth - 1])
			break;
		c->depth--;
	}
	c->made = 0;
	return c->depth > 0;
}

static void
pass_ms(struct world *w, int64_t ms)
{
	for (int i = 0; i < 2; i++)
		w->n[i].env.now.mono = mono_add_ms(w->n[i].env.now.mono, ms);
}

static void
check_settled(struct world *w)
{
	assert_true(world_up(w, A) && world_up(w, B));
	assert_true(world_agree(w));
	assert_int_equal(w->n[A].waiting + w->n[B].waiting, 0);
	/* Nothing was tried twice: no timer had to help. */
	assert_in_range(w->n[A].l->counts.inits_sent, 0, 1);
	assert_in_range(w->n[B].l->counts.inits_sent, 0, 1);
	assert_int_equal(w->n[A].l->resume.state, RESUME_IDLE);
	assert_int_equal(w->n[B].l->resume.state, RESUME_IDLE);
	/* Each packet came, in both directions. */
	assert_int_equal(w->n[A].got - w->n[A].empties, 1);
	assert_int_equal(w->n[B].got - w->n[B].empties, 1);
}

/* Every order, the second node starting at every moment. */
static void
test_every_order(void **state)
{
	struct choices c = { 0 };
	size_t runs = 0, crossed = 0;

	(void)state;
	do {
		struct world w;
		bool b_wants = true;

		world_default(&w, 5);
		world_send(&w, A);
		while (w.count > 0 || b_wants) {
			size_t pick = choose(&c, w.count + b_wants);

			pass_ms(&w, 1);
			if (pick < w.count) {
				world_deliver(&w, pick);
			} else {
				b_wants = false;
				world_send(&w, B);
			}
		}
		check_settled(&w);
		crossed += w.n[A].l->counts.handshakes == 2;
		world_free(&w);
		runs++;
	} while (next_run(&c));
	print_message("# %zu orders, in %zu of them two sessions\n", runs,
		      crossed);
	assert_true(runs > 50 && crossed > 20);
}

static size_t
pick_fate(struct world *w, struct rng *rng, unsigned int loss,
	  unsigned int twice)
{
	size_t i = rng_below(rng, (uint32_t)w->count);

	if (rng_below(rng, 100) < loss) {
		world_take(w, i);
		return SIZE_MAX;
	}
	if (rng_below(rng, 100) < twice && w->count < WIRE_MAX / 2)
		w->wire[w->count++] = w->wire[i];
	return i;
}

/* Until nothing is on the wire; time passes from datagram to datagram. */
static void
scramble(struct world *w, struct rng *rng, unsigned int loss,
	 unsigned int twice)
{
	while (w->count > 0) {
		size_t i = pick_fate(w, rng, loss, twice);

		pass_ms(w, rng_below(rng, 30));
		if (i != SIZE_MAX)
			world_deliver(w, i);
		world_serve(w, A, 0);
		world_serve(w, B, 0);
	}
}

/* The same at a rekey, in random orders: the old session goes on meanwhile. */
static void
test_order_at_rekey(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 1000; seed++) {
		struct rng_seeded s;
		struct rng rng = rng_seeded(&s, seed);
		struct session *old;
		struct world w;

		world_default(&w, seed);
		world_connect(&w);
		old = world_current(&w, A);
		pass_ms(&w, 151000);
		world_send(&w, B); /* both find the session old */
		world_send(&w, A);
		world_serve(&w, A, 0);
		world_serve(&w, B, 0);
		assert_int_equal(w.count, 4);
		while (w.count > 0) {
			pass_ms(&w, 1);
			world_deliver(&w, rng_below(&rng, (uint32_t)w.count));
		}
		if (!world_agree(&w) || world_current(&w, A) == old)
			fail_msg("seed %d", (int)seed);
		/* No packet was lost on the way. */
		assert_int_equal(w.n[A].got - w.n[A].empties, 1);
		assert_int_equal(w.n[B].got - w.n[B].empties, 1);
		assert_in_range(w.n[A].l->counts.inits_sent, 1, 2);
		assert_in_range(w.n[B].l->counts.inits_sent, 0, 1);
		world_free(&w);
	}
}

/* Duplicates and any order, nothing lost: one round trip is enough. */
static void
test_twice(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 1000; seed++) {
		struct rng_seeded s;
		struct rng rng = rng_seeded(&s, seed);
		struct world w;

		world_default(&w, seed);
		world_send(&w, A);
		world_send(&w, B);
		while (w.count > 0) {
			size_t i = pick_fate(&w, &rng, 0, 30);

			pass_ms(&w, 1);
			world_deliver(&w, i);
		}
		if (!world_agree(&w) || w.n[A].waiting + w.n[B].waiting > 0)
			fail_msg("seed %d", (int)seed);
		assert_in_range(w.n[A].got - w.n[A].empties, 1, 1);
		assert_in_range(w.n[B].got - w.n[B].empties, 1, 1);
		world_free(&w);
	}
}

/* With losses too: both get there, and to the same session. */
static void
test_loss(void **state)
{
	int64_t worst = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= 1000; seed++) {
		struct rng_seeded s;
		struct rng rng = rng_seeded(&s, seed);
		struct monotime start;
		struct world w;
		int64_t took;

		world_default(&w, seed);
		start = w.n[A].env.now.mono;
		world_send(&w, A);
		world_send(&w, B);
		while (!(world_up(&w, A) && world_up(&w, B))) {
			scramble(&w, &rng, 20, 20);
			if (world_up(&w, A) && world_up(&w, B))
				break;
			pass_ms(&w, 50);
			world_serve(&w, A, 0);
			world_serve(&w, B, 0);
			took = mono_ms(start, w.n[A].env.now.mono);
			if (took > 60000)
				fail_msg("seed %d: no session", (int)seed);
		}
		took = mono_ms(start, w.n[A].env.now.mono);
		if (took > worst)
			worst = took;
		/* With traffic on a wire that loses nothing they agree. */
		world_settle(&w);
		for (int i = 0; i < 10; i++) {
			world_send(&w, A);
			world_send(&w, B);
			world_wait(&w, 1000, true);
		}
		if (!world_agree(&w))
			fail_msg("seed %d: two minds", (int)seed);
		world_free(&w);
	}
	print_message("# both up after at most %d ms\n", (int)worst);
}

/* On a slow wire a node that has waited for the peer's handshake sends an
 * INIT of its own, and its answer overtakes the peer's confirmation. */
static void
check_own_after_held(int first, int second)
{
	struct wired confirm;
	struct world w;

	world_default(&w, 8);
	world_send(&w, first);
	world_deliver(&w, 0);
	world_send(&w, second); /* waits for the other handshake */
	assert_int_equal(w.count, 1);
	world_deliver(&w, 0);
	confirm = world_take(&w, 0);
	pass_ms(&w, 250);
	world_serve(&w, second, 0);
	assert_int_equal(w.wire[0].bytes[0], DGRAM_INIT);
	world_deliver(&w, 0);
	world_deliver(&w, 0);
	assert_true(world_up(&w, first) && world_up(&w, second));
	assert_int_equal(world_hand(&w, second, &confirm, &confirm.source),
			 DROP_NONE);
	world_settle(&w);
	assert_true(world_agree(&w));
	assert_true(world_current(&w, A)->initiator);
	assert_int_equal(w.n[A].got - w.n[A].empties, 1);
	assert_int_equal(w.n[B].got - w.n[B].empties, 1);
	world_free(&w);
}

static void
test_own_after_held(void **state)
{
	(void)state;
	check_own_after_held(A, B);
	check_own_after_held(B, A);
}

/* A duplicate of our INIT makes the peer ask for a cookie before we have its
 * answer: the INIT that brings the cookie is answered too, and wins. */
static void
test_cookie_overtakes(void **state)
{
	struct world w;
	struct wired init, resp, cookie;

	(void)state;
	world_default(&w, 9);
	world_send(&w, A);
	init = w.wire[0];
	world_deliver(&w, 0);
	resp = world_take(&w, 0);
	pass_ms(&w, 250);
	w.n[A].flags |= assoc_tick(w.n[A].l, &w.n[A].env);
	world_drain(&w, A);
	assert_int_equal(w.count, 1);
	assert_int_equal(world_deliver(&w, 0), DROP_COOKIE);
	cookie = world_take(&w, 0);
	assert_int_equal(cookie.len, DGRAM_COOKIE_LEN);
	assert_int_equal(world_hand(&w, A, &cookie, &cookie.source), DROP_NONE);
	assert_int_equal(w.count, 1); /* the INIT with the cookie */
	/* The answer to the first is of no use any more. */
	pass_ms(&w, 1);
	assert_int_equal(world_hand(&w, B, &w.wire[0], &w.n[A].at), DROP_NONE);
	world_take(&w, 0);
	assert_int_equal(w.wire[0].len, DGRAM_RESP_LEN);
	assert_int_equal(world_hand(&w, A, &resp, &resp.source),
			 DROP_NO_SESSION);
	world_settle(&w);
	assert_true(world_agree(&w));
	assert_int_equal(w.n[B].got - w.n[B].empties, 1);
	assert_int_equal(world_hand(&w, B, &init, &init.source),
			 DROP_EPHEMERAL);
	world_free(&w);
}

/* The lower name's INIT crosses with the peer's and is lost: its session in use
 * is an older one, and gives way to the one of the peer's INIT. */
static void
test_older_session_gives_way(void **state)
{
	struct session *old;
	struct world w;

	(void)state;
	world_default(&w, 10);
	world_connect(&w);
	old = world_current(&w, A);
	assert_true(old->initiator);
	pass_ms(&w, 1000);
	assoc_step(w.n[A].l, &w.n[A].env, RESUME_RENEW);
	world_drain(&w, A);
	world_take(&w, 0);
	assoc_step(w.n[B].l, &w.n[B].env, RESUME_RENEW);
	world_drain(&w, B);
	assert_int_equal(w.count, 1);
	assert_int_equal(world_deliver(&w, 0), DROP_NONE);
	assert_int_equal(keyring_tentative(&w.n[A].l->keys)->rival, 2);
	world_settle(&w);
	assert_ptr_not_equal(world_current(&w, A), old);
	assert_false(world_current(&w, A)->initiator);
	assert_true(world_agree(&w));
	world_free(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_order),
		cmocka_unit_test(test_order_at_rekey),
		cmocka_unit_test(test_twice),
		cmocka_unit_test(test_loss),
		cmocka_unit_test(test_own_after_held),
		cmocka_unit_test(test_cookie_overtakes),
		cmocka_unit_test(test_older_session_gives_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
