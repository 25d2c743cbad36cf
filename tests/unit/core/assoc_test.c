/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Handshakes, data and timers of a association between two nodes. */
#include "assoc_world.h"

/* --- a session ------------------------------------------------------------ */

static void
check_first_packet(enum aead_alg cipher)
{
	struct world w;
	struct assoc_status st;

	world_init(&w, 1);
	world_add_pair(&w, 1, cipher);
	world_start(&w, A);
	world_start(&w, B);
	world_send(&w, A);
	assert_int_equal(w.n[A].waiting, 1);
	assert_int_equal(w.count, 1);
	assert_int_equal(w.wire[0].len, DGRAM_INIT_LEN);
	assert_int_equal(world_deliver(&w, 0), DROP_NONE);
	assert_int_equal(w.n[B].flags, ASSOC_VERSION);
	assert_int_equal(w.n[B].last.version.timestamp.s, 1790000000);
	assert_int_equal(w.n[B].last.version.digest[31], 0xa0);
	assert_int_equal(w.n[B].last.wall.s, 1800000000);
	assert_ptr_equal(w.n[B].last.assoc, w.n[B].l);
	assert_ptr_equal(assoc_owner(w.n[B].last.assoc), &w.n[B]);
	assert_false(world_up(&w, B));
	assert_int_equal(assoc_remote(w.n[B].l)->port, 0);

	assert_int_equal(w.count, 1);
	assert_int_equal(w.wire[0].len, DGRAM_RESP_LEN);
	assert_int_equal(world_deliver(&w, 0), DROP_NONE);
	assert_int_equal(w.n[A].flags, ASSOC_VERSION | ASSOC_UP);
	assert_int_equal(w.n[A].last.version.timestamp.s, 1790000001);
	assert_true(world_up(&w, A));

	/* The packet that waited confirms; no empty one goes with it. */
	assert_int_equal(w.count, 1);
	assert_int_equal(w.wire[0].len, 16 + DGRAM_DATA_OVERHEAD);
	assert_int_equal(world_deliver(&w, 0), DROP_NONE);
	assert_int_equal(w.n[B].flags, ASSOC_VERSION | ASSOC_UP | ASSOC_PROVED);
	assert_int_equal(w.n[B].got, 1);
	assert_int_equal(w.n[B].last.comp, COMP_ZLIB);
	assert_true(world_up(&w, B));
	assert_true(endpoint_equal(assoc_remote(w.n[B].l), &w.n[A].at));
	assert_true(ipaddr_equal(assoc_local(w.n[B].l), &w.n[B].at.addr));

	/* The confirmation is answered at once. */
	assert_int_equal(w.count, 1);
	assert_int_equal(w.wire[0].len, DGRAM_DATA_OVERHEAD);
	assert_int_equal(world_deliver(&w, 0), DROP_NONE);
	assert_int_equal(w.n[A].flags, ASSOC_VERSION | ASSOC_UP | ASSOC_PROVED);
	assert_int_equal(w.count, 0);
	assert_true(world_agree(&w));
	assert_int_equal(assoc_algos(w.n[A].l)->cipher, cipher);
	assert_int_equal(assoc_algos(w.n[B].l)->level, 6);

	assoc_status(w.n[A].l, w.n[A].env.now.mono, &st);
	assert_true(st.up && st.initiator && !st.trying);
	assert_int_equal(st.sessions, 1);
	assert_int_equal(st.handshakes, 1);
	assert_int_equal(st.inits_sent, 1);
	assert_int_equal(st.pair_id[0], 1);
	assert_int_equal(st.session_age_ms, 0);
	assoc_status(w.n[B].l, w.n[B].env.now.mono, &st);
	assert_true(st.up && !st.initiator);
	assert_int_equal(st.inits_taken, 1);
	world_free(&w);
}

static void
test_first_packet(void **state)
{
	(void)state;
	check_first_packet(AEAD_CHACHA20_POLY1305);
	check_first_packet(AEAD_AES_128_GCM);
	check_first_packet(AEAD_AES_256_GCM);
}

static void
test_background(void **state)
{
	struct world w;

	(void)state;
	world_default(&w, 2);
	w.n[A].flags |= assoc_resume(w.n[A].l, &w.n[A].env);
	world_drain(&w, A);
	world_settle(&w);
	assert_true(world_agree(&w));
	/* Nothing waited: an empty one confirmed. */
	assert_int_equal(w.n[B].empties, 1);
	assert_int_equal(w.n[A].empties, 1);
	/* Quiet from now on. */
	w.sent = 0;
	world_wait(&w, 100000, true);
	assert_int_equal(w.sent, 0);
	world_free(&w);
}

static void
adopt(struct world *w)
{
	w->n[A].flags |= assoc_agreed(w->n[A].l, &w->n[A].env);
	world_drain(w, A);
	world_settle(w);
}

/* A session goes on, and one under the newer pair follows at once. */
static void
test_newer_pair(void **state)
{
	struct assoc_status st;
	struct world w;

	(void)state;
	world_default(&w, 2);
	adopt(&w); /* none yet: as assoc_resume() */
	assert_true(world_agree(&w));
	w.sent = 0;
	adopt(&w); /* nothing newer */
	assert_int_equal(w.sent, 0);
	world_add_pair(&w, 9, AEAD_AES_128_GCM);
	world_set_pairs(&w, B);
	world_set_pairs(&w, A);
	world_wait(&w, 5000, true);
	assoc_status(w.n[A].l, w.n[A].env.now.mono, &st);
	assert_true(st.up && st.pair_id[0] != 9);
	adopt(&w);
	assert_true(world_agree(&w));
	assoc_status(w.n[A].l, w.n[A].env.now.mono, &st);
	assert_int_equal(st.pair_id[0], 9);
	assert_int_equal(w.n[A].flags & ASSOC_DOWN, 0);
	assert_int_equal(w.n[B].flags & ASSOC_DOWN, 0);
	world_free(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_packet),
		cmocka_unit_test(test_background),
		cmocka_unit_test(test_newer_pair),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
