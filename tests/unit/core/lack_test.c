/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Nodes that lack a proper list, and who helps them. */
#include "list_world.h"

static struct host *g;

static bool
knows(const struct host *h, const char *peer)
{
	struct endpoint got[ADDRCACHE_EACH],
		want = host_address(host_index(peer));

	return addrcache_get(h->env.addrcache, peer, got) == 1 &&
	       endpoint_equal(&got[0], &want);
}

static void
remember(struct host *h, const char *peer)
{
	struct endpoint ep = host_address(host_index(peer));

	addrcache_put(h->env.addrcache, w.now.mono, peer, &ep);
}

/* --- what is remembered ------------------------------------------------------- */

static void
a_dial_is_remembered(void **state)
{
	(void)state;
	assert_int_not_equal(dial(b, "alpha", CONN_LIST), 0);
	quiet_end();
	assert_true(knows(b, "alpha"));
	/* Where beta listens is not seen from its call. */
	assert_false(knows(a, "beta"));
}

static void
who_is_not_reached_is_not(void **state)
{
	(void)state;
	a->down = true;
	assert_int_not_equal(dial(b, "alpha", CONN_LIST), 0);
	quiet_end();
	assert_int_equal(addrcache_count(b->env.addrcache), 0);
	/* Another one answers in its place. */
	a->down = false;
	snprintf(a->plain.cert.cn, sizeof(a->plain.cert.cn), "mallory");
	assert_int_not_equal(dial(b, "alpha", CONN_LIST), 0);
	quiet_end();
	assert_int_equal(addrcache_count(b->env.addrcache), 0);
}

/* --- a list below the mark ------------------------------------------------------ */

/* The stale list names nobody who is there any more. */
static int
setup_stale(void **state)
{
	(void)state;
	world_begin(3);
	v1 = make_list(NULL, T0, BOTH, "");
	v2 = make_list(v1, T0 + 10, "beta gamma", "");
	a = host_add("alpha", NULL);
	a->down = true;
	b = host_add("beta", copy_of(v1));
	b->mark = v2->version;
	g = host_add("gamma", copy_of(v2));
	host_start(b);
	host_start(g);
	world_run();
	return 0;
}

static void
a_node_of_a_later_list_is_asked(void **state)
{
	(void)state;
	remember(b, "gamma");
	b->follow_wants = true;
	world_pass(30000);
	assert_true(has(b, v2));
	assert_true(knows(b, "gamma"));
	/* From then on it is a node like all others. */
	assert_int_not_equal(dial(b, "gamma", CONN_PAIR), 0);
	world_run();
	assert_int_equal(b->negotiated, 1);
}

static void
only_for_lists(void **state)
{
	(void)state;
	assert_int_equal(dial(b, "gamma", CONN_PAIR), 0);
	assert_int_equal(dial(b, "beta", CONN_LIST), 0);
	assert_int_not_equal(dial(b, "gamma", CONN_LIST), 0);
	world_run();
	assert_true(has(b, v2));
	/* With a proper list there are its nodes and nobody else. */
	assert_int_equal(dial(b, "alpha", CONN_LIST), 0);
}

/* It may deliver, and gets nothing. */
static void
who_has_an_older_one_gets_nothing(void **state)
{
	struct bnl *v0;

	(void)state;
	v0 = make_list(NULL, T0 - 100, "beta gamma", "");
	begin_with(g, v0);
	assert_int_not_equal(dial(b, "gamma", CONN_LIST), 0);
	quiet_end();
	assert_true(has(g, v0));
	assert_true(has(b, v1));
	assert_int_equal(b->negotiated + g->negotiated, 0);
	bnl_free(v0);
}

static void
a_revoked_one_is_not_asked(void **state)
{
	char body[128], fp[FINGERPRINT_TEXT_MAX];
	struct bnl *stale;

	(void)state;
	snprintf(body, sizeof(body), "revoke %s\n",
		 fingerprint_format(fp, g->env.cert.fingerprint));
	stale = make_list(NULL, T0, BOTH, body);
	host_stop(b);
	give(b, stale);
	host_start(b);
	assert_int_not_equal(dial(b, "gamma", CONN_LIST), 0);
	quiet_end();
	assert_true(has(b, stale));
	assert_int_equal(b->events[EVENT_PEER_REFUSED], 1);
	bnl_free(stale);
}

static void
without_any_list_all_are_asked(void **state)
{
	(void)state;
	host_stop(b);
	bnl_free(b->bnl);
	b->bnl = NULL;
	b->env.bnl = NULL;
	memset(&b->mark, 0, sizeof(b->mark));
	remember(b, "gamma");
	remember(b, "alpha");
	host_start(b);
	b->follow_wants = true;
	world_pass(30000);
	assert_true(has(b, v2));
}

/* --- a member with an old list is served ------------------------------------------ */

static void
however_old(void **state)
{
	struct bnl *l = NULL, *next;

	(void)state;
	for (unsigned int i = 1; i <= BNL_HISTORY_MAX + 20; i++) {
		next = make_list(l, T0 + 100 + i, BOTH, "");
		bnl_free(l);
		l = next;
	}
	begin_with(a, l);
	a->plain.cert.not_after.s += 86400 * 100;
	b->plain.cert.not_after.s += 86400 * 100;
	world_pass(400 * INT64_C(86400000));
	assert_int_not_equal(dial(b, "alpha", CONN_LIST), 0);
	quiet_end();
	assert_true(has(b, l));
	bnl_free(l);
}

static void
keep_back(uint8_t *frame, size_t *len)
{
	if (frame[0] == FRAME_LIST_DATA)
		*len = 0;
}

/* Also one that is not asked any more for what it announces. */
static void
whatever_it_did(void **state)
{
	struct bnl *v3 = make_list(v2, T0 + 30, BOTH, "");

	(void)state;
	begin_with(b, v3);
	b->plain.tamper = keep_back;
	assert_int_not_equal(dial(a, "beta", CONN_LIST), 0);
	world_run();
	world_pass(120000);
	assert_int_equal(a->env.refused[REFUSAL_UNDELIVERED], 1);
	begin_with(b, v1);
	assert_int_not_equal(dial(b, "alpha", CONN_LIST), 0);
	quiet_end();
	assert_true(has(b, v2));
	bnl_free(v3);
}

#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
#define STALE(t) cmocka_unit_test_setup_teardown(t, setup_stale, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_dial_is_remembered),
		TEST(who_is_not_reached_is_not),
		STALE(a_node_of_a_later_list_is_asked),
		STALE(only_for_lists),
		STALE(who_has_an_older_one_gets_nothing),
		STALE(a_revoked_one_is_not_asked),
		STALE(without_any_list_all_are_asked),
		TEST(however_old),
		TEST(whatever_it_did),
	};

	return cmocka_run_group_tests_name("lack", tests, NULL, NULL);
}
