/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What one node does to its connections is nothing to those of another; who
 * is no node, or breaks its word, has none that matter. */
#include "conn_world.h"

#define THREE "alpha beta gamma"

static struct host *a, *b, *g;

static struct host *
node(const char *name, int64_t at, const char *names)
{
	struct host *h = host_add(name, make_list(NULL, at, names, ""));

	host_start(h);
	return h;
}

static int
setup(void **state)
{
	(void)state;
	world_begin(3);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	world_end();
	return 0;
}

/* A HELLO ends what the same peer began before, and nobody else's. */
static void
negotiations_of_others_go_on(void **state)
{
	(void)state;
	a = node("alpha", WORLD_START - 100, THREE);
	b = node("beta", WORLD_START - 100, THREE);
	g = node("gamma", WORLD_START - 100, THREE);
	world_run();
	a->disk_stuck = true;
	assert_int_not_equal(dial(b, "alpha", CONN_PAIR), 0);
	world_run();
	assert_int_equal(a->negotiated + b->negotiated, 0);
	assert_int_not_equal(dial(g, "alpha", CONN_PAIR), 0);
	world_run();
	assert_int_equal(conns_count(a->cs), 2);
	a->disk_stuck = false;
	world_run();
	assert_int_equal(a->negotiated, 2);
	assert_int_equal(b->negotiated, 1);
	assert_int_equal(g->negotiated, 1);
	assert_int_equal(a->failed + b->failed + g->failed, 0);
	assert_non_null(held(a, b));
	assert_non_null(held(a, g));
}

/* It may offer its list and take a newer one; secrets it agrees on none. */
static void
who_is_not_in_its_own_list_agrees_on_nothing(void **state)
{
	(void)state;
	a = node("alpha", WORLD_START - 100, "beta");
	b = node("beta", WORLD_START - 200, "alpha beta");
	world_run();
	assert_int_equal(dial(a, "beta", CONN_PAIR), 0);
	assert_int_not_equal(dial(b, "alpha", CONN_PAIR), 0);
	world_run();
	assert_int_equal(a->negotiated + b->negotiated, 0);
	assert_int_equal(b->failed, 1);
	assert_null(held(a, b));
	assert_null(held(b, a));
}

static void
no_data(uint8_t *frame, size_t *len)
{
	if (frame[0] == FRAME_LIST_DATA)
		*len = 0;
}

/* A name outside the list that announced one and did not deliver it is not
 * listened to a minute later, nor within the hour. */
static void
a_stranger_that_broke_its_word(void **state)
{
	(void)state;
	a = node("alpha", WORLD_START - 100, "alpha beta");
	g = node("gamma", WORLD_START - 50, THREE);
	world_run();
	g->plain.tamper = no_data;
	assert_int_not_equal(dial(g, "alpha", CONN_LIST), 0);
	world_run();
	assert_int_equal(conns_count(a->cs), 1);
	world_pass(30000);
	assert_int_equal(conns_count(a->cs), 0);
	g->plain.tamper = NULL;
	world_pass(120000);
	assert_int_not_equal(dial(g, "alpha", CONN_LIST), 0);
	world_run();
	assert_int_equal(conns_count(a->cs), 0);
	assert_int_equal(a->bnl->version.timestamp.s, WORLD_START - 100);
	assert_non_null(strstr(g->text[EVENT_PEER_REFUSED], "not in the list"));
	world_pass(3600 * 1000);
	assert_int_not_equal(dial(g, "alpha", CONN_LIST), 0);
	world_run();
	assert_int_equal(a->bnl->version.timestamp.s, WORLD_START - 50);
}

/* Each negotiation writes to the disk: who asks without pause waits a minute,
 * others do not. */
static void
a_flood_of_negotiations(void **state)
{
	(void)state;
	a = node("alpha", WORLD_START - 100, THREE);
	b = node("beta", WORLD_START - 100, THREE);
	g = node("gamma", WORLD_START - 100, THREE);
	world_run();
	for (unsigned int i = 1; i <= 60; i++) {
		assert_int_not_equal(dial(b, "alpha", CONN_PAIR), 0);
		world_run();
		assert_int_equal(a->negotiated, i);
		assert_int_equal(b->negotiated, i);
		world_pass(900);
	}
	assert_int_not_equal(dial(b, "alpha", CONN_PAIR), 0);
	world_run();
	assert_int_equal(a->negotiated, 60);
	assert_int_equal(b->failed, 1);
	assert_non_null(strstr(b->text[EVENT_PEER_REFUSED],
			       "busy: too many negotiations"));
	assert_int_not_equal(dial(g, "alpha", CONN_PAIR), 0);
	world_run();
	assert_int_equal(g->negotiated, 1);
	world_pass(60000 - 60 * 900);
	assert_int_not_equal(dial(b, "alpha", CONN_PAIR), 0);
	world_run();
	assert_int_equal(b->negotiated, 61);
	assert_true(held(a, b) != NULL && held(b, a) != NULL);
}

/* Nodes that start at one time do not all pull at one time. */
static void
first_pulls_are_spread(void **state)
{
	static const char *const names[] = { "alpha", "beta",	 "gamma",
					     "delta", "epsilon", "zeta" };
	const size_t n = sizeof(names) / sizeof(names[0]);
	size_t apart = 0;

	(void)state;
	for (size_t i = 0; i < n; i++)
		node(names[i], WORLD_START - 100,
		     "alpha beta gamma delta epsilon zeta");
	for (size_t i = 0; i < n; i++) {
		struct monotime at = host_deadline(&w.h[i]);
		size_t same = 0;

		assert_in_range(mono_ms(w.now.mono, at), 1000, 3000);
		for (size_t j = 0; j < n; j++)
			same += host_deadline(&w.h[j]).ns == at.ns;
		apart += same == 1;
	}
	assert_in_range(apart, n - 2, n);
}

int
main(void)
{
#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(negotiations_of_others_go_on),
		TEST(who_is_not_in_its_own_list_agrees_on_nothing),
		TEST(a_stranger_that_broke_its_word),
		TEST(a_flood_of_negotiations),
		TEST(first_pulls_are_spread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
