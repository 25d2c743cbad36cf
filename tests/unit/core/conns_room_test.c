/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which connections have room before they have said who they are. */
#include "conn_world.h"

#include "core/directory/addrcache.h"

#define BOTH "alpha beta"
#define PLACES 8 /* for strangers, of 16 connections */

static struct host *a, *b;

static int
setup(void **state)
{
	(void)state;
	world_begin(1);
	a = host_add("alpha", make_list(NULL, WORLD_START - 100, BOTH, ""));
	b = host_add("beta", make_list(NULL, WORLD_START - 100, BOTH, ""));
	host_start(a);
	host_start(b);
	world_run();
	b->conf.maxconnections = 2 * PLACES;
	b->env.now = w.now;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	world_end();
	return 0;
}

/* 2001:db8:0:SITE::HOST */
static struct endpoint
at6(uint8_t site, uint8_t host)
{
	struct endpoint ep = { .addr = { .family = IP_V6,
					 .b = { 0x20, 1, 0xd, 0xb8 } },
			       .port = 1 };

	ep.addr.b[7] = site;
	ep.addr.b[15] = host;
	return ep;
}

static struct endpoint
at4(uint8_t host)
{
	return (struct endpoint){ .addr = { .family = IP_V4,
					    .b = { 198, 51, 100, host } },
				  .port = 1 };
}

static uint32_t
arrive(struct endpoint from)
{
	uint32_t id = conns_accepted(b->cs, &from);

	collect(b);
	return id;
}

static void
time_passes(int64_t ms)
{
	w.now.mono = mono_add_ms(w.now.mono, ms);
	b->env.now = w.now;
}

static bool
stands(uint32_t id)
{
	struct conn_info info;
	size_t pos = 0;

	while (conns_info(b->cs, &pos, &info))
		if (info.id == id)
			return strcmp(info.state, "ending") != 0;
	return false;
}

static unsigned int
count_standing(const uint32_t *ids, size_t n)
{
	unsigned int count = 0;

	for (size_t i = 0; i < n; i++)
		count += ids[i] != 0 && stands(ids[i]);
	return count;
}

/* Whoever has one address of a /64 has all of them. */
static void
a_64_is_one_place(void **state)
{
	uint32_t ids[64], other;

	(void)state;
	for (uint8_t i = 0; i < 64; i++) {
		ids[i] = arrive(at6(1, i));
		assert_int_equal(ids[i] != 0, i < 8);
	}
	/* A longer prefix than that is another place. */
	b->conf.maxconnections = 32;
	other = arrive(at6(2, 1));
	assert_int_not_equal(other, 0);
	assert_int_equal(count_standing(ids, 64), 8);
	for (uint8_t i = 0; i < 64; i++)
		assert_int_equal(arrive(at6(1, i)), 0);
	assert_true(stands(other));
}

/* Those who say nothing give way to others of their place, but not at once. */
static void
others_of_a_place_have_their_turn(void **state)
{
	uint32_t ids[8], last;

	(void)state;
	for (uint8_t i = 0; i < 8; i++)
		ids[i] = arrive(at4(1));
	assert_int_equal(count_standing(ids, 8), 8);
	time_passes(249);
	assert_int_equal(arrive(at4(1)), 0);
	time_passes(1);
	last = arrive(at4(1));
	assert_int_not_equal(last, 0);
	assert_int_equal(count_standing(ids, 8), 7);
	/* Seven more; then all are new. */
	for (int i = 0; i < 7; i++)
		assert_int_not_equal(arrive(at4(1)), 0);
	assert_int_equal(count_standing(ids, 8), 0);
	assert_true(stands(last));
	assert_int_equal(arrive(at4(1)), 0);
}

/* Not the oldest one: it would be the honest one that takes its time. */
static void
a_random_stranger_goes(void **state)
{
	unsigned int gone[PLACES] = { 0 }, places = 0;

	(void)state;
	for (int round = 0; round < 100; round++) {
		uint32_t ids[PLACES];

		for (uint8_t i = 0; i < PLACES; i++)
			ids[i] = arrive(at4((uint8_t)(10 + i)));
		assert_int_equal(count_standing(ids, PLACES), PLACES);
		assert_int_not_equal(arrive(at4(30)), 0);
		assert_int_equal(count_standing(ids, PLACES), PLACES - 1);
		for (int i = 0; i < PLACES; i++)
			gone[i] += !stands(ids[i]);
		conns_slept(b->cs);
		collect(b);
		assert_int_equal(conns_count(b->cs), 0);
	}
	for (int i = 0; i < PLACES; i++)
		places += gone[i] > 0;
	assert_int_equal(places, PLACES);
}

/* Where a node was reached before, it may be again: as good as listed. */
static void
a_known_address_has_room(void **state)
{
	struct endpoint from = at4(99), neighbour = at6(1, 200);
	uint32_t ids[64], id, near;

	(void)state;
	for (uint8_t i = 0; i < 64; i++)
		ids[i] = arrive(at4(i));
	assert_int_equal(count_standing(ids, 64), PLACES);
	id = arrive(from);
	assert_int_equal(count_standing(ids, 64), PLACES - 1);
	from.port = 3406;
	addrcache_put(b->env.addrcache, b->env.now.mono, "alpha", &from);
	addrcache_put(b->env.addrcache, b->env.now.mono, "alpha", &neighbour);
	time_passes(1000);
	from.port = 40000;
	id = arrive(from);
	assert_int_not_equal(id, 0);
	assert_int_equal(conns_count(b->cs), PLACES + 1);
	/* Strangers of its /64 do not take its place, nor their crowd its. */
	near = arrive(neighbour);
	for (uint8_t i = 0; i < 64; i++)
		(void)arrive(at6(1, i));
	assert_int_equal(conns_count(b->cs), PLACES + 2);
	assert_true(stands(id));
	assert_true(stands(near));
}

static bool swallowing;

static void
swallow_hello(uint8_t *frame, size_t *len)
{
	if (swallowing &&
	    (frame[0] == FRAME_HELLO || frame[0] == FRAME_LIST_HAVE))
		*len = 0;
}

/* A key that the list admits is worth more than an address. */
static void
a_shown_key_has_room(void **state)
{
	struct conn_info info;
	uint32_t id = 0;
	size_t pos = 0;

	(void)state;
	swallowing = true;
	a->plain.tamper = swallow_hello;
	assert_int_not_equal(dial(a, "beta", CONN_LIST), 0);
	world_run();
	while (conns_info(b->cs, &pos, &info))
		if (strcmp(info.peer, "alpha") == 0)
			id = info.id;
	assert_true(stands(id));
	time_passes(1000);
	for (uint8_t i = 0; i < 64; i++)
		(void)arrive(at4(i));
	assert_true(stands(id));
	/* For one name there is no more than its share. */
	for (int i = 0; i < 6; i++) {
		assert_int_not_equal(dial(a, "beta", CONN_LIST), 0);
		world_run();
	}
	id = 0;
	for (pos = 0; conns_info(b->cs, &pos, &info);)
		id += strcmp(info.peer, "alpha") == 0 &&
		      strcmp(info.state, "ending") != 0;
	assert_int_equal(id, 4);
	assert_non_null(strstr(a->text[EVENT_PEER_REFUSED],
			       "busy: too many connections"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_64_is_one_place, setup,
						teardown),
		cmocka_unit_test_setup_teardown(
			others_of_a_place_have_their_turn, setup, teardown),
		cmocka_unit_test_setup_teardown(a_random_stranger_goes, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_known_address_has_room, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_shown_key_has_room, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
