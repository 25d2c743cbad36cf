/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which secrets are held, and when they are on the disk. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/action.h"
#include "core/secrets/secret_set.h"
#include "core/secrets/secret_store.h"
#include "format/bnl_parse.h"

#define PEER "beta"

#define MADE 1800000000 /* wall clock as the pairs are made */
#define RAN 5000	/* running time of the node then */

struct fixture {
	struct core_env env;
	struct rng_seeded seed;
	struct actions actions;
	struct secret_store *ps;
	struct bnl *bnl;
	uint32_t ticket;	    /* of the last write asked for */
	struct pair_record written; /* what it would put on the disk */
	unsigned int writes, gone, failed;
	char why[128];
};

static struct fixture f;

static int
setup(void **state)
{
	(void)state;
	memset(&f, 0, sizeof(f));
	actions_init(&f.actions);
	f.env.actions = &f.actions;
	f.env.rng = rng_seeded(&f.seed, 1);
	f.env.now.mono.ns = NS_PER_S;
	f.env.run_since = f.env.now.mono;
	f.env.run_s = RAN;
	f.env.now.wall.s = MADE;
	memset(f.env.static_public, 0x51, X25519_LEN);
	f.ps = secret_store_new(&f.env);
	return f.ps == NULL ? -1 : 0;
}

static int
teardown(void **state)
{
	(void)state;
	actions_free(&f.actions);
	secret_store_free(f.ps);
	bnl_free(f.bnl);
	return 0;
}

static void
collect(void)
{
	struct action a;
	struct err e;

	while (actions_next(&f.actions, &a)) {
		if (a.kind == ACTION_STORE_PAIR) {
			assert_string_equal(a.peer, PEER);
			f.ticket = a.ticket;
			f.writes++;
			memset(&f.written, 0, sizeof(f.written));
			if (a.len > 0)
				assert_int_equal(pair_record_decode(&f.written,
								    a.data,
								    a.len, &e),
						 0);
		} else if (a.event == EVENT_PAIR_GONE) {
			f.gone++;
			snprintf(f.why, sizeof(f.why), "%s", a.text);
		} else if (a.event == EVENT_STORE_FAILED) {
			f.failed++;
		}
		action_done(&a);
	}
}

static struct pair
pair(uint32_t generation, bool lower, bool proven)
{
	struct pair p = { .generation = generation,
			  .lower_dialled = lower,
			  .proven = proven,
			  .cipher = AEAD_AES_256_GCM,
			  .made.s = MADE,
			  .made_run_s = RAN,
			  .cert_end.s = 1900000000,
			  .self_end.s = 1900000000,
			  .peer_end.s = 1900000000 };

	p.id[0] = (uint8_t)(generation * 2 + lower);
	memset(p.self_static, 0x51, sizeof(p.self_static));
	memset(p.peer_key, 0x61, sizeof(p.peer_key));
	memset(p.secret, 0x71, sizeof(p.secret));
	return p;
}

static const uint8_t *
id_of(uint32_t generation, bool lower)
{
	static struct pair p;

	p = pair(generation, lower, false);
	return p.id;
}

static void
load(unsigned int n, const struct pair *pairs)
{
	struct pair_record r = { .peer = PEER, .n = n };

	memcpy(r.pairs, pairs, n * sizeof(*pairs));
	assert_int_equal(secret_store_load(f.ps, &r), 0);
}

static unsigned int
count(void)
{
	const struct pair_record *r = secret_store_get(f.ps, PEER);

	return r == NULL ? 0 : r->n;
}

static void
answer(bool ok)
{
	uint32_t t = f.ticket;

	collect();
	if (t == 0)
		t = f.ticket;
	f.ticket = 0;
	assert_true(secret_store_stored(f.ps, t, ok));
	collect();
}

/* --- the rules on one record --------------------------------------------- */

static void
order_of_pairs(void **state)
{
	struct pair a = pair(1, true, false), b = pair(1, false, false),
		    c = pair(2, false, false);

	(void)state;
	assert_true(pair_less(&b, &a));
	assert_false(pair_less(&a, &b));
	assert_true(pair_less(&a, &c));
	assert_false(pair_less(&a, &a));
}

static void
proof_erases_lesser_ones_only(void **state)
{
	struct pair_record r = { .n = 3 };

	(void)state;
	r.pairs[0] = pair(3, true, false);
	r.pairs[1] = pair(2, false, false);
	r.pairs[2] = pair(1, true, true);
	assert_true(secret_set_prove(&r, 1));
	assert_int_equal(r.n, 2);
	assert_false(r.pairs[0].proven);
	assert_true(r.pairs[1].proven);
	assert_int_equal(r.pairs[2].secret[0], 0); /* wiped */
	assert_false(secret_set_prove(&r, 1));
	assert_true(secret_set_prove(&r, 0));
	assert_int_equal(r.n, 1);
}

static void
hello_proves_and_clears_its_direction(void **state)
{
	struct pair_record r = { .n = 3 }, was;
	struct hello_held held[1] = { { .generation = 1 } };

	(void)state;
	r.pairs[0] = pair(3, true, false);
	r.pairs[1] = pair(2, false, false);
	r.pairs[2] = pair(1, true, true);
	was = r;
	memcpy(held[0].id, id_of(1, true), PAIR_ID_LEN);
	assert_true(secret_set_hello(&r, true, held, 1));
	assert_int_equal(r.n, 2);
	assert_int_equal(r.pairs[0].generation, 2);
	r = was;
	assert_true(secret_set_hello(&r, false, held, 1));
	assert_int_equal(r.n, 2);
	assert_int_equal(r.pairs[0].generation, 3);
	assert_false(secret_set_hello(&r, false, held, 1));
	/* A proven one stays, even if the peer has lost everything. */
	assert_true(secret_set_hello(&r, true, held, 0));
	assert_int_equal(r.n, 1);
	assert_true(r.pairs[0].proven);
	/* Listed means proven, in either direction. */
	r = was;
	memcpy(held[0].id, id_of(2, false), PAIR_ID_LEN);
	assert_true(secret_set_hello(&r, true, held, 1));
	assert_int_equal(r.n, 1);
	assert_int_equal(r.pairs[0].generation, 2);
	assert_true(r.pairs[0].proven);
}

static void
insert_takes_its_place(void **state)
{
	struct pair_record r = { .n = 0 };
	struct pair p = pair(2, true, true);

	(void)state;
	assert_true(secret_set_insert(&r, &p));
	p = pair(1, true, false);
	assert_false(secret_set_insert(&r, &p));
	p = pair(3, false, false);
	assert_true(secret_set_insert(&r, &p));
	p = pair(3, true, false);
	assert_true(secret_set_insert(&r, &p));
	assert_int_equal(r.n, 3);
	assert_true(r.pairs[0].lower_dialled);
	assert_false(r.pairs[1].lower_dialled);
	assert_true(r.pairs[2].proven);
	p = pair(2, false, false);
	assert_false(secret_set_insert(&r, &p));
	p = pair(4, false, false);
	assert_true(secret_set_insert(&r, &p));
	assert_int_equal(r.n, 3);
	assert_int_equal(secret_set_find(&r, id_of(4, false)), 0);
	assert_int_equal(secret_set_find(&r, id_of(3, false)), -1);
}

static void
load_mends_a_record(void **state)
{
	const struct pair odd[3] = { pair(1, true, false), pair(3, true, false),
				     pair(2, true, true) };
	const struct pair_record *r;
	char peer[NODE_NAME_MAX + 1];
	bool unfit;

	(void)state;
	load(3, odd);
	r = secret_store_get(f.ps, PEER);
	assert_non_null(r);
	assert_int_equal(r->n, 2);
	assert_int_equal(r->pairs[0].generation, 3);
	assert_int_equal(r->pairs[1].generation, 2);
	assert_true(secret_store_next_changed(f.ps, peer, &unfit));
	assert_string_equal(peer, PEER);
	assert_false(unfit);
	assert_false(secret_store_next_changed(f.ps, peer, &unfit));
}

/* --- the disk ------------------------------------------------------------ */

static void
durable_before_visible(void **state)
{
	struct pair p = pair(1, true, false);
	char peer[NODE_NAME_MAX + 1];
	bool unfit;

	(void)state;
	assert_true(secret_store_settled(f.ps, PEER));
	assert_int_equal(secret_store_add(f.ps, PEER, &p), 0);
	collect();
	assert_int_equal(f.writes, 1);
	assert_int_equal(f.written.n, 1);
	assert_int_equal(count(), 0);
	assert_false(secret_store_settled(f.ps, PEER));
	assert_int_equal(secret_store_place(f.ps, PEER, p.id), PAIR_STORING);
	assert_false(secret_store_prove(f.ps, PEER, p.id));
	assert_false(secret_store_next_changed(f.ps, peer, &unfit));
	answer(true);
	assert_int_equal(count(), 1);
	assert_int_equal(secret_store_place(f.ps, PEER, p.id), PAIR_HELD);
	assert_true(secret_store_settled(f.ps, PEER));
	assert_true(secret_store_next_changed(f.ps, peer, &unfit));
	assert_int_equal(f.writes, 1);
	assert_false(secret_store_stored(f.ps, 12345, true));
}

static void
failed_write_holds_nothing_and_is_tried_again(void **state)
{
	struct pair p = pair(1, true, false);

	(void)state;
	assert_int_equal(secret_store_add(f.ps, PEER, &p), 0);
	answer(false);
	assert_int_equal(count(), 0);
	assert_int_equal(f.failed, 1);
	assert_int_equal(secret_store_place(f.ps, PEER, p.id), PAIR_ABSENT);
	/* The disk may hold it all the same: no HELLO until that is mended. */
	assert_false(secret_store_settled(f.ps, PEER));
	assert_int_equal(f.writes, 1);
	assert_true(secret_store_deadline(f.ps).ns < MONO_NEVER.ns);
	secret_store_tick(f.ps);
	collect();
	assert_int_equal(f.writes, 1);
	f.env.now.mono = secret_store_deadline(f.ps);
	secret_store_tick(f.ps);
	collect();
	assert_int_equal(f.writes, 2);
	assert_int_equal(f.written.n, 0);
	answer(true);
	assert_true(secret_store_settled(f.ps, PEER));
	assert_int_equal(secret_store_deadline(f.ps).ns, MONO_NEVER.ns);
}

static void
one_write_at_a_time_newest_wins(void **state)
{
	struct pair p = pair(1, true, false), q = pair(1, false, false);
	uint32_t first;

	(void)state;
	assert_int_equal(secret_store_add(f.ps, PEER, &p), 0);
	collect();
	first = f.ticket;
	assert_int_equal(secret_store_add(f.ps, PEER, &q), 0);
	collect();
	assert_int_equal(f.writes, 1);
	f.ticket = first;
	answer(true);
	assert_int_equal(f.writes, 2);
	assert_int_equal(f.written.n, 2);
	assert_int_equal(count(), 1);
	assert_int_equal(secret_store_place(f.ps, PEER, q.id), PAIR_STORING);
	answer(true);
	assert_int_equal(count(), 2);
	assert_true(secret_store_settled(f.ps, PEER));
}

static void
lesser_than_proven_while_stored(void **state)
{
	const struct pair have[1] = { pair(2, true, false) };
	struct pair p = pair(1, false, false);

	(void)state;
	load(1, have);
	assert_int_equal(secret_store_add(f.ps, PEER, &p), 0);
	collect();
	assert_true(secret_store_prove(f.ps, PEER, have[0].id));
	answer(true);
	assert_int_equal(count(), 1);
	assert_int_equal(secret_store_place(f.ps, PEER, p.id), PAIR_ABSENT);
	assert_int_equal(f.writes, 2);
	assert_int_equal(f.written.n, 1);
	assert_true(f.written.pairs[0].proven);
}

static void
list_says_what_is_held(void **state)
{
	const struct pair have[2] = { pair(2, true, false),
				      pair(1, false, true) };
	struct hello_held held[PAIR_HELD_MAX];
	uint8_t n = 9;

	(void)state;
	secret_store_list(f.ps, PEER, held, &n);
	assert_int_equal(n, 0);
	load(2, have);
	secret_store_list(f.ps, PEER, held, &n);
	assert_int_equal(n, 2);
	assert_int_equal(held[0].generation, 2);
	assert_memory_equal(held[0].id, have[0].id, PAIR_ID_LEN);
	assert_memory_equal(held[1].id, have[1].id, PAIR_ID_LEN);
}

static void
erase_is_at_once_here_and_then_on_disk(void **state)
{
	const struct pair have[1] = { pair(1, true, true) };
	struct pair p = pair(2, true, false);
	char peer[NODE_NAME_MAX + 1];
	bool unfit;

	(void)state;
	load(1, have);
	assert_int_equal(secret_store_add(f.ps, PEER, &p), 0);
	collect();
	secret_store_erase(f.ps, PEER, "test");
	collect();
	assert_int_equal(count(), 0);
	assert_int_equal(f.gone, 1);
	assert_int_equal(f.writes, 1);
	answer(true); /* of the write with the new pair in it */
	assert_int_equal(count(), 0);
	assert_int_equal(f.writes, 2);
	assert_int_equal(f.written.n, 0);
	answer(true);
	assert_true(secret_store_next_changed(f.ps, peer, &unfit));
	assert_true(secret_store_settled(f.ps, PEER));
	secret_store_erase(f.ps, PEER, "again");
	collect();
	assert_int_equal(f.gone, 1);
	assert_int_equal(f.writes, 2);
}

/* --- what may not be used any more --------------------------------------- */

static void
in_force(const char *more)
{
	struct errs es = { .count = 0 };
	char text[512];

	snprintf(text, sizeof(text),
		 "network example.org\nprefix 10.0.0.0/8\n"
		 "timestamp 2026-11-22T06:25:00Z\n%s",
		 more);
	bnl_free(f.bnl);
	f.bnl = NULL;
	assert_int_equal(bnl_parse(&f.bnl, text, strlen(text), &es), 0);
}

/* So many seconds after the pairs were made. */
static void
ran(int64_t s)
{
	f.env.now.mono = mono_add_ms(f.env.run_since, s * 1000);
}

static void
assert_check_held(bool stays, const char *why)
{
	unsigned int gone = f.gone;

	secret_store_check(f.ps, f.bnl);
	collect();
	assert_int_equal(count(), stays ? 1 : 0);
	assert_int_equal(f.gone - gone, stays ? 0 : 1);
	if (stays)
		return;
	assert_non_null(strstr(f.why, why));
	assert_int_equal(f.written.n, 0);
	answer(true);
}

static void
assert_check(bool stays, const char *why)
{
	const struct pair have[1] = { pair(1, true, true) };

	load(1, have);
	assert_check_held(stays, why);
}

#define SIXES "61616161616161616161616161616161"
#define SEVENS "71717171717171717171717171717171"

static void
check_against_the_list(void **state)
{
	(void)state;
	assert_check(true, NULL);
	in_force("node alpha\n");
	assert_check(false, "not in the list");
	in_force("node beta\n");
	assert_check(true, NULL);
	in_force("node beta\n  key sha256:" SIXES SIXES "\n");
	assert_check(true, NULL);
	in_force("node beta\n  key sha256:" SEVENS SEVENS "\n");
	assert_check(false, "pins another key");
	in_force("node beta\nrevoke sha256:" SIXES SIXES "\n");
	assert_check(false, "revoked");
	in_force("node beta\nrevoke sha256:" SEVENS SEVENS "\n");
	assert_check(true, NULL);
	f.env.static_public[0] ^= 1;
	assert_check(false, "static key");
}

/* Signed by one CA below another one: each counts. */
static void
check_keys_above(void **state)
{
	struct pair p = pair(1, true, true);

	(void)state;
	for (int i = 0; i < 2; i++) {
		p.above.n = 2;
		memset(p.above.key, 0x62, sizeof(p.above.key));
		load(1, &p);
		in_force("node beta\nrevoke sha256:" SEVENS SEVENS "\n");
		secret_store_check(f.ps, f.bnl);
		collect();
		assert_int_equal(count(), 1);
		secret_store_erase(f.ps, PEER, "anew");
		collect();
		answer(true);
		memset(p.above.key[i], 0x71, FINGERPRINT_LEN);
		load(1, &p);
		secret_store_check(f.ps, f.bnl);
		collect();
		assert_int_equal(count(), 0);
		assert_non_null(strstr(f.why, "key of a CA above"));
		assert_int_equal(f.written.n, 0);
		answer(true);
	}
}

/* Age is counted by the time that the node was running. */
static void
check_age(void **state)
{
	(void)state;
	ran(PAIR_AGE_HARD_S - 1);
	assert_check(true, NULL);
	ran(PAIR_AGE_HARD_S);
	assert_check(false, "too old");
}

/* A wall clock that is set to another time ends nothing, nor keeps it. */
static void
check_without_the_clock(void **state)
{
	(void)state;
	f.env.now.wall.s = MADE + PAIR_AGE_HARD_S;
	assert_check(true, NULL);
	f.env.now.wall.s = 1900000000;
	assert_check(true, NULL);
	f.env.now.wall.s = INT64_MAX;
	assert_check(true, NULL);
	f.env.now.wall.s = 0;
	assert_check(true, NULL);
	ran(PAIR_AGE_HARD_S);
	assert_check(false, "too old");
}

/* The count of the running time is lost: that makes no pair younger than
 * others, and none is of the future. */
static void
check_lost_running_time(void **state)
{
	struct pair p[2] = { pair(2, true, false), pair(1, true, true) };

	(void)state;
	p[0].made_run_s = 10 * PAIR_AGE_HARD_S;
	p[1].made_run_s = p[0].made_run_s - PAIR_AGE_HARD_S;
	load(2, p);
	assert_int_equal(f.env.run_s, p[0].made_run_s);
	secret_store_check(f.ps, NULL);
	assert_int_equal(count(), 1);
	assert_int_equal(secret_store_get(f.ps, PEER)->pairs[0].generation, 2);
}

/* A list that is dated beyond the pair's end, later than a list may be dated
 * ahead, says as much as a clock. */
static void
check_against_the_date_of_the_list(void **state)
{
	const int64_t hard = MADE + PAIR_AGE_HARD_S + BNL_FUTURE_MAX_S;
	struct pair p = pair(1, true, true);

	(void)state;
	in_force("node beta\n");
	f.bnl->version.timestamp.s = hard - 1;
	assert_check(true, NULL);
	f.bnl->version.timestamp.s = hard;
	assert_check(false, "by the date of the list");
	/* A pair that was made under this list shows that the clock is wrong,
	 * or that it was: it would end again and again. */
	p.list.timestamp.s = hard;
	load(1, &p);
	assert_check_held(true, NULL);
	p.list.timestamp.s = hard - 1;
	load(1, &p);
	assert_check_held(true, NULL);
	p.list.timestamp.s = MADE + BNL_FUTURE_MAX_S;
	load(1, &p);
	assert_check_held(false, "by the date of the list");
	p.cert_end.s = MADE + 10;
	p.self_end = p.peer_end = p.cert_end;
	load(1, &p);
	f.bnl->version.timestamp.s = MADE + 9 + BNL_FUTURE_MAX_S;
	p.list.timestamp.s = MADE;
	assert_check_held(true, NULL);
	f.bnl->version.timestamp.s++;
	assert_check_held(false, "certificate");
}

static void
check_a_certificate_end(void **state)
{
	struct pair p = pair(1, true, false);

	(void)state;
	p.cert_end.s = p.made.s + 10;
	p.self_end = p.peer_end = p.cert_end;
	load(1, &p);
	p = pair(2, true, false);
	p.cert_end.s = p.made.s + 20;
	p.self_end = p.peer_end = p.cert_end;
	assert_int_equal(secret_store_add(f.ps, PEER, &p), 0);
	collect();
	ran(10);
	secret_store_check(f.ps, NULL);
	collect();
	assert_int_equal(count(), 0);
	assert_non_null(strstr(f.why, "certificate"));
	assert_int_equal(secret_store_place(f.ps, PEER, p.id), PAIR_STORING);
	ran(20);
	secret_store_check(f.ps, NULL);
	assert_int_equal(secret_store_place(f.ps, PEER, p.id), PAIR_ABSENT);
	answer(true);
	assert_int_equal(count(), 0);
	assert_int_equal(f.written.n, 0);
}

/* The files of a node that left the list go, also those that were not read. */
static void
forgets_a_node_without_pairs(void **state)
{
	(void)state;
	secret_store_forget(f.ps, PEER);
	collect();
	assert_int_equal(f.writes, 1);
	assert_int_equal(f.written.n, 0);
	answer(true);
	assert_int_equal(f.gone, 0);
	assert_null(secret_store_get(f.ps, PEER));
}

#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(order_of_pairs),
		TEST(proof_erases_lesser_ones_only),
		TEST(hello_proves_and_clears_its_direction),
		TEST(insert_takes_its_place),
		TEST(load_mends_a_record),
		TEST(durable_before_visible),
		TEST(failed_write_holds_nothing_and_is_tried_again),
		TEST(one_write_at_a_time_newest_wins),
		TEST(lesser_than_proven_while_stored),
		TEST(list_says_what_is_held),
		TEST(erase_is_at_once_here_and_then_on_disk),
		TEST(check_against_the_list),
		TEST(check_keys_above),
		TEST(check_age),
		TEST(check_without_the_clock),
		TEST(check_lost_running_time),
		TEST(check_against_the_date_of_the_list),
		TEST(forgets_a_node_without_pairs),
		TEST(check_a_certificate_end),
	};

	return cmocka_run_group_tests_name("secret_store", tests, NULL, NULL);
}
