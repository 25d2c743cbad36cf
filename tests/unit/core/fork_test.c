/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two people sign at once: one list everywhere, and an alarm that names both;
 * and none where only lists were missed. */
#include "list_world.h"

#define SIX "n0 n1 n2 n3 n4 n5"
#define MESH_NODES 6

static bool
names_both(const struct host *h, const struct bnl *x, const struct bnl *y)
{
	char one[BNL_VERSION_TEXT_MAX], two[BNL_VERSION_TEXT_MAX];
	const char *text = h->text[EVENT_LIST_FORK];

	return strstr(text, bnl_version_format(one, &x->version)) != NULL &&
	       strstr(text, bnl_version_format(two, &y->version)) != NULL;
}

static void
offer(struct host *h, const struct bnl *l, bool push)
{
	h->env.now = w.now;
	lists_offer(h->lists, l->raw, l->rawlen);
	if (push)
		lists_push(h->lists);
	collect(h);
}

/* --- two at once --------------------------------------------------------------- */

static void
all_converge_and_say_so(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 8; seed++) {
		struct bnl *x, *y;
		char name[8];

		world_begin(seed);
		v1 = make_list(NULL, T0, SIX, "");
		/* In one second, or one after the other. */
		x = make_list(v1, T0 + 10, SIX, "# x\n");
		y = make_list(v1, T0 + 10 + (int64_t)seed % 2, SIX, "# y\n");
		if (bnl_version_cmp(&x->version, &y->version) > 0) {
			struct bnl *t = x;

			x = y;
			y = t;
		}
		for (int i = 0; i < MESH_NODES; i++) {
			snprintf(name, sizeof(name), "n%d", i);
			host_add(name, copy_of(v1));
			host_start(&w.h[i]);
			w.h[i].follow_wants = true;
		}
		world_pass(20000);
		offer(&w.h[1], x, true);
		offer(&w.h[4], y, true);
		world_run();
		world_pass(60000);
		for (int i = 0; i < MESH_NODES; i++) {
			assert_true(has(&w.h[i], y));
			assert_in_range(w.h[i].events[EVENT_LIST_FORK], 0, 1);
			if (w.h[i].events[EVENT_LIST_FORK] > 0)
				assert_true(names_both(&w.h[i], x, y));
		}
		/* Both who signed have seen it. */
		assert_int_equal(w.h[1].events[EVENT_LIST_FORK], 1);
		assert_int_equal(w.h[4].events[EVENT_LIST_FORK], 1);
		bnl_free(x);
		bnl_free(y);
		bnl_free(v1);
		world_end();
	}
}

/* --- lists that were missed ------------------------------------------------------ */

static void
missed(unsigned int from, unsigned int to)
{
	struct bnl *l = NULL, *next;

	setup_sized(0);
	for (unsigned int i = 1; i <= to; i++) {
		next = make_list(l, T0 + 100 + i, BOTH, "");
		bnl_free(l);
		l = next;
		if (i == from)
			begin_with(b, l);
	}
	begin_with(a, l);
	assert_int_not_equal(dial(b, "alpha", CONN_LIST), 0);
	quiet_end();
	assert_true(has(b, l));
	assert_int_equal(a->events[EVENT_LIST_FORK], 0);
	assert_int_equal(b->events[EVENT_LIST_FORK], 0);
	bnl_free(l);
	teardown(NULL);
}

static void
no_alarm_for_missed_lists(void **state)
{
	(void)state;
	missed(3, 9);
	missed(1, 2);
	missed(3, BNL_HISTORY_MAX + 3); /* the last that is named */
	missed(3, BNL_HISTORY_MAX + 20);
}

/* A list of before that the history reaches back to, and does not name. */
static void
alarm_for_an_old_rival(void **state)
{
	struct bnl *v3, *v4, *rival;

	(void)state;
	setup_sized(0);
	v3 = make_list(v2, T0 + 30, BOTH, "");
	v4 = make_list(v3, T0 + 40, BOTH, "");
	rival = make_list(v1, T0 + 25, BOTH, "# rival\n");
	begin_with(a, v4);
	begin_with(b, rival);
	assert_int_not_equal(dial(b, "alpha", CONN_LIST), 0);
	quiet_end();
	assert_true(has(b, v4));
	assert_int_equal(a->events[EVENT_LIST_FORK], 1);
	assert_int_equal(b->events[EVENT_LIST_FORK], 1);
	assert_true(names_both(a, v4, rival));
	assert_true(names_both(b, v4, rival));
	bnl_free(v3);
	bnl_free(v4);
	bnl_free(rival);
	teardown(NULL);
}

/* --- by hearsay --------------------------------------------------------------------- */

static void
told_by_datagram(void **state)
{
	struct bnl *rival;

	(void)state;
	setup_sized(0);
	rival = make_list(v1, T0 + 5, BOTH, "# rival\n");
	for (int i = 0; i < 3; i++)
		lists_news(a->lists, "beta", &rival->version);
	lists_news(a->lists, "stranger", &rival->version);
	lists_news(a->lists, "beta", &v1->version);
	collect(a);
	assert_int_equal(a->events[EVENT_LIST_FORK], 1);
	assert_true(names_both(a, v2, rival));
	/* It goes on: said again after a while. */
	world_pass(HOUR_MS);
	a->env.now = w.now;
	lists_news(a->lists, "beta", &rival->version);
	collect(a);
	assert_int_equal(a->events[EVENT_LIST_FORK], 2);
	bnl_free(rival);
	teardown(NULL);
}

/* What was heard of before the one that wins came. */
static void
told_before_it_came(void **state)
{
	struct bnl *v3, *v4, *rival;

	(void)state;
	setup_sized(0);
	v3 = make_list(v2, T0 + 40, BOTH, "");
	rival = make_list(v2, T0 + 35, BOTH, "# rival\n");
	lists_news(a->lists, "beta", &rival->version);
	lists_news(a->lists, "beta", &v3->version);
	collect(a);
	assert_int_equal(a->events[EVENT_LIST_FORK], 0);
	offer(a, v3, false);
	world_run();
	assert_true(has(a, v3));
	assert_int_equal(a->events[EVENT_LIST_FORK], 1);
	assert_true(names_both(a, v3, rival));
	/* Said once, and not of every list that follows, nor after long. */
	v4 = make_list(v3, T0 + 50, BOTH, "");
	rival->version.timestamp.s = T0 + 45;
	lists_news(a->lists, "beta", &rival->version);
	world_pass(HOUR_MS);
	offer(a, v4, false);
	world_run();
	assert_true(has(a, v4));
	assert_int_equal(a->events[EVENT_LIST_FORK], 1);
	bnl_free(v4);
	bnl_free(v3);
	bnl_free(rival);
	teardown(NULL);
}

static void
made_up_versions(void **state)
{
	struct bnl_version v;

	(void)state;
	setup_sized(0);
	for (unsigned int i = 0; i < 1000; i++) {
		v = v1->version;
		put_be32(v.digest, i);
		lists_news(a->lists, "beta", &v);
	}
	v.timestamp.s = -1;
	lists_news(a->lists, "beta", &v);
	collect(a);
	assert_int_equal(a->events[EVENT_LIST_FORK], 16);
	teardown(NULL);
}

/* The list on the disk, and the mark of one that it does not descend from. */
static void
at_the_start(void **state)
{
	struct bnl *rival;

	(void)state;
	setup_sized(0);
	rival = make_list(v1, T0 + 5, BOTH, "# rival\n");
	host_stop(a);
	a->mark = rival->version;
	host_start(a);
	assert_int_equal(a->events[EVENT_LIST_FORK], 1);
	assert_true(names_both(a, v2, rival));
	host_stop(a);
	a->mark = v1->version;
	host_start(a);
	assert_int_equal(a->events[EVENT_LIST_FORK], 1);
	bnl_free(rival);
	teardown(NULL);
}

/* --- dated back on purpose ------------------------------------------------------------ */

/* A list that was dated ahead is in force everywhere; the one that replaces it
 * is put on each machine with a new mark, one after the other. */
static void
a_node_that_was_set_back_stays_so(void **state)
{
	struct bnl *ahead, *back, *next;

	(void)state;
	setup_sized(0);
	ahead = make_list(v2, WORLD_START + 36000, BOTH, "");
	back = make_list(ahead, WORLD_START, BOTH, "");
	next = make_list(back, WORLD_START + 10, BOTH, "");
	begin_with(a, ahead);
	begin_with(b, ahead);
	offer(a, back, false);
	world_run();
	assert_true(has(a, ahead));
	assert_int_equal(a->env.refused[REFUSAL_OLDER], 1);
	lists_mark_reset(a->lists);
	a->env.stale = false;
	offer(a, back, false);
	world_run();
	assert_true(has(a, back));
	/* beta's is dated later, and not taken, by whichever way. */
	assert_int_not_equal(dial(a, "beta", CONN_LIST), 0);
	quiet_end();
	assert_int_not_equal(dial(b, "alpha", CONN_LIST), 0);
	quiet_end();
	a->follow_wants = true;
	collect(a); /* a round that is due */
	quiet_end();
	a->dials = 0;
	lists_news(a->lists, "beta", &ahead->version);
	collect(a);
	assert_int_equal(a->dials, 0);
	a->follow_wants = false;
	offer(a, ahead, false);
	world_run();
	assert_true(has(a, back));
	assert_true(has(b, ahead));
	assert_int_equal(b->events[EVENT_LIST_NEW], 0);
	/* Then beta, and lists spread as before. */
	lists_mark_reset(b->lists);
	b->env.stale = false;
	offer(b, back, false);
	world_run();
	assert_true(has(b, back));
	offer(a, next, false);
	world_run();
	assert_int_not_equal(dial(b, "alpha", CONN_LIST), 0);
	quiet_end();
	assert_true(has(a, next));
	assert_true(has(b, next));
	assert_int_equal(a->events[EVENT_LIST_FORK], 0);
	assert_int_equal(b->events[EVENT_LIST_FORK], 0);
	bnl_free(ahead);
	bnl_free(back);
	bnl_free(next);
	teardown(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_converge_and_say_so),
		cmocka_unit_test(no_alarm_for_missed_lists),
		cmocka_unit_test(alarm_for_an_old_rival),
		cmocka_unit_test(told_by_datagram),
		cmocka_unit_test(told_before_it_came),
		cmocka_unit_test(made_up_versions),
		cmocka_unit_test(at_the_start),
		cmocka_unit_test(a_node_that_was_set_back_stays_so),
	};

	return cmocka_run_group_tests_name("fork", tests, NULL, NULL);
}
