/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whose list is fetched, when some deliver theirs slowly or not at all. */
#include "list_world.h"

#define ALL "alpha beta gamma delta eps"

static struct bnl *lists[2];
static struct host *two[2];

static unsigned int gets;

static void
count_gets(uint8_t *frame, size_t *len)
{
	(void)len;
	gets += frame[0] == FRAME_LIST_GET;
}

static void
no_data(uint8_t *frame, size_t *len)
{
	if (frame[0] == FRAME_LIST_DATA)
		*len = 0;
}

/* Gamma and delta announce lists that are newer than alpha's. beta has v1. */
static void
begin(void)
{
	static const char *const names[2] = { "gamma", "delta" };
	struct bnl *first = make_list(v1, T0 + 5, ALL, "");

	bnl_free(v2);
	v2 = make_list(first, T0 + 10, ALL, "");
	begin_with(a, v2);
	begin_with(b, first);
	for (int i = 0; i < 2; i++) {
		lists[i] = make_list(v2, T0 + 20 + i, ALL, "");
		two[i] = host_add(names[i], copy_of(lists[i]));
		host_start(two[i]);
		two[i]->plain.tamper = no_data;
	}
	bnl_free(first);
	/* They are never idle; only their turn ends. */
	for (int i = 0; i < w.n; i++)
		w.h[i].conf.timers.channel_idle = 600000;
}

static void
end(void)
{
	for (int i = 0; i < 2; i++)
		bnl_free(lists[i]);
}

static void
two_begin(void)
{
	for (int i = 0; i < 2; i++) {
		assert_int_not_equal(dial(b, two[i]->name, CONN_LIST), 0);
		world_run();
	}
}

/* Two stolen identities: alpha's list comes all the same. */
static void
who_holds_a_place_gives_way(void **state)
{
	(void)state;
	begin();
	two_begin();
	assert_int_not_equal(dial(b, "alpha", CONN_LIST), 0);
	world_run();
	world_pass(4000);
	assert_false(has(b, v2));
	world_pass(3500);
	assert_true(has(b, v2));
	/* One of them is told of, and not asked at once again. */
	assert_int_equal(b->events[EVENT_LIST_REFUSED], 1);
	assert_non_null(strstr(b->text[EVENT_LIST_REFUSED], "others wait"));
	end();
}

/* Where nobody waits, all the time of a transfer is theirs. */
static void
nobody_waits(void **state)
{
	(void)state;
	begin();
	two_begin();
	world_pass(59000);
	assert_int_equal(b->events[EVENT_LIST_REFUSED], 0);
	world_pass(1001);
	assert_int_equal(b->events[EVENT_LIST_REFUSED], 2);
	assert_non_null(strstr(b->text[EVENT_LIST_REFUSED], "in time"));
	end();
}

/* Each time that one gives way the next ones have more time: over a slow path
 * a list comes through, though others wait. */
static void
the_next_ones_have_longer(void **state)
{
	struct host *eps = host_add("eps", NULL);
	struct bnl *newer;

	(void)state;
	begin();
	newer = make_list(v2, T0 + 30, ALL, "");
	eps->bnl = copy_of(newer);
	eps->env.bnl = eps->bnl;
	eps->env.version = newer->version;
	host_start(eps);
	eps->plain.tamper = no_data;
	eps->conf.timers.channel_idle = 600000;
	two_begin();
	assert_int_not_equal(dial(b, "eps", CONN_LIST), 0);
	world_run();
	/* One of the two gives way to eps after 5 s; 10 s is what they have
	 * then, and alpha waits for that. */
	world_pass(7100);
	assert_int_equal(b->events[EVENT_LIST_REFUSED], 1);
	assert_int_not_equal(dial(b, "alpha", CONN_LIST), 0);
	world_run();
	world_pass(2000);
	assert_false(has(b, v2));
	assert_int_equal(b->events[EVENT_LIST_REFUSED], 1);
	world_pass(4000);
	assert_true(has(b, v2));
	assert_int_equal(b->events[EVENT_LIST_REFUSED], 2);
	bnl_free(newer);
	end();
}

/* The one that delivers more a second keeps its place. */
static void
the_slower_one_goes(void **state)
{
	struct wire *x = w.wires;

	(void)state;
	begin();
	two[1]->plain.tamper = NULL;
	b->plain.tamper = count_gets;
	gets = 0;
	w.chunk = 400;
	assert_int_not_equal(dial(b, "gamma", CONN_LIST), 0);
	world_run();
	assert_int_not_equal(dial(b, "delta", CONN_LIST), 0);
	/* Some of its bytes come, then the wire stands still. */
	while (!x->used || x->s[0].gone || &w.h[x->s[1].host] != two[1])
		assert_true(++x < w.wires + w.nwires);
	while (gets < 2 || buf_len(&x->s[1].out) < 300)
		assert_true(world_step());
	x->held = true;
	assert_int_not_equal(dial(b, "alpha", CONN_LIST), 0);
	world_run();
	for (int i = 0; i < 7; i++) {
		world_pass(1000);
		deliver(x, 1, 30);
	}
	assert_true(has(b, v2));
	assert_int_equal(b->events[EVENT_LIST_REFUSED], 1);
	x->held = false;
	world_run();
	assert_true(has(b, lists[1]));
	end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(who_holds_a_place_gives_way,
						setup, teardown),
		cmocka_unit_test_setup_teardown(nobody_waits, setup, teardown),
		cmocka_unit_test_setup_teardown(the_next_ones_have_longer,
						setup, teardown),
		cmocka_unit_test_setup_teardown(the_slower_one_goes, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
