/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A cookie that a node was given: which INITs carry it. */
#include "assoc_world.h"

static void
pass_ms(struct world *w, int64_t ms)
{
	for (int i = 0; i < 2; i++)
		w->n[i].env.now.mono = mono_add_ms(w->n[i].env.now.mono, ms);
}

/* alpha has a session with beta, and had to show a cookie for it. */
static void
begin_with_cookie(struct world *w)
{
	world_default(w, 1);
	assocs_set_load(w->n[B].ls, 0);
	world_send(w, A);
	world_settle(w);
	assert_true(world_agree(w));
	assert_int_equal(w->n[A].l->counts.cookies_taken, 1);
	pass_ms(w, 300);
}

/* Whether alpha's next INIT has a cookie. Ends the world. */
static bool
next_has_cookie(struct world *w)
{
	struct wired init;

	assoc_step(w->n[A].l, &w->n[A].env, RESUME_RENEW);
	world_drain(w, A);
	assert_int_equal(w->count, 1);
	init = world_take(w, 0);
	assert_int_equal(init.len, DGRAM_INIT_LEN);
	world_free(w);
	return !bytes_all_zero_ct(init.bytes + HANDSHAKE_MAC2_AT,
				  PROTO_MAC_LEN);
}

static void
test_time(void **state)
{
	struct world w;

	(void)state;
	begin_with_cookie(&w);
	pass_ms(&w, w.n[A].conf.timers.cookie_rotate - 301);
	assert_true(next_has_cookie(&w));
	begin_with_cookie(&w);
	pass_ms(&w, w.n[A].conf.timers.cookie_rotate - 300);
	assert_false(next_has_cookie(&w));
}

static void
test_another_pair(void **state)
{
	struct world w;

	(void)state;
	begin_with_cookie(&w);
	world_add_pair(&w, 2, AEAD_CHACHA20_POLY1305);
	world_set_pairs(&w, A);
	assert_false(next_has_cookie(&w));
}

static void
test_another_address(void **state)
{
	struct endpoint other = world_endpoint(77, 3406);
	struct world w;

	(void)state;
	begin_with_cookie(&w);
	assert_int_equal(
		assoc_follow(w.n[A].l, &w.n[A].env, &other, &w.n[A].at.addr),
		ASSOC_MOVED);
	assert_false(next_has_cookie(&w));
}

/* Of two INITs without a cookie each gets one: one INIT follows. */
static void
test_two_cookies(void **state)
{
	struct wired inits[2], cookies[2];
	struct world w;

	(void)state;
	world_default(&w, 2);
	assocs_set_load(w.n[B].ls, 0);
	world_send(&w, A);
	inits[0] = world_take(&w, 0);
	pass_ms(&w, 300);
	world_serve(&w, A, 0);
	inits[1] = world_take(&w, 0);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(world_hand(&w, B, &inits[i], &inits[i].source),
				 DROP_COOKIE);
		cookies[i] = world_take(&w, 0);
	}
	for (int i = 0; i < 2; i++) {
		assert_int_equal(
			world_hand(&w, A, &cookies[i], &cookies[i].source),
			DROP_NONE);
		assert_int_equal(w.count, 1);
		assert_int_equal(w.n[A].l->counts.inits_sent, 3);
	}
	world_settle(&w);
	assert_true(world_agree(&w));
	world_free(&w);
}

/* alpha's first INIT goes to the best of two addresses and is lost, as is the
 * one that follows a cookie. The datagrams of alpha's second try. */
static size_t
second_try(bool cookie)
{
	struct endpoint two[2];
	struct world w;
	size_t n;

	world_default(&w, 3);
	world_add_pair(&w, 2, AEAD_CHACHA20_POLY1305);
	world_set_pairs(&w, A);
	world_set_pairs(&w, B);
	two[0] = w.n[B].at;
	two[1] = world_endpoint(77, 3406);
	assert_int_equal(assoc_set_endpoints(w.n[A].l, two, 2), 0);
	assocs_set_load(w.n[B].ls, 0);
	world_send(&w, A);
	if (cookie) {
		assert_int_equal(world_deliver(&w, 0), DROP_COOKIE);
		assert_int_equal(world_deliver(&w, 0), DROP_NONE);
	}
	assert_int_equal(w.count, 1);
	assert_int_equal(world_take(&w, 0).len, DGRAM_INIT_LEN);
	w.n[A].env.now.mono = assoc_deadline(w.n[A].l);
	world_serve(&w, A, 0);
	n = w.count;
	world_free(&w);
	return n;
}

/* The second try goes to both addresses. The INIT of the first one goes to the
 * other address as well, but a cookie is for one address. */
static void
test_copies(void **state)
{
	(void)state;
	assert_int_equal(second_try(false), 3);
	assert_int_equal(second_try(true), 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_time),
		cmocka_unit_test(test_another_pair),
		cmocka_unit_test(test_another_address),
		cmocka_unit_test(test_two_cookies),
		cmocka_unit_test(test_copies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
