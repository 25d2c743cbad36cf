/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Addresses where nodes were reached: which are kept, when they are written,
 * and that a node which knows one finds its way back. */
#include "core_rig.h"

#include "core/session/assoc_impl.h"

static const struct monotime start = { 1000 * NS_PER_S };
static struct addrcache *k;
static struct actions q;

static struct endpoint
at(unsigned int last)
{
	struct endpoint ep = { .addr.family = IP_V4, .port = 3406 };

	put_be32(ep.addr.b, 0xc6336400u + last);
	return ep;
}

static int
setup(void **state)
{
	(void)state;
	k = addrcache_new();
	actions_init(&q);
	return k == NULL;
}

static int
teardown(void **state)
{
	(void)state;
	addrcache_free(k);
	actions_free(&q);
	return 0;
}

static void
put(const char *name, unsigned int last)
{
	struct endpoint ep = at(last);

	addrcache_put(k, start, name, &ep);
}

static void
assert_has(const char *name, unsigned int n, const unsigned int *last)
{
	struct endpoint got[ADDRCACHE_EACH];

	assert_int_equal(addrcache_get(k, name, got), n);
	for (unsigned int i = 0; i < n; i++) {
		struct endpoint want = at(last[i]);

		assert_true(endpoint_equal(&got[i], &want));
	}
}

/* What was queued to be stored, if anything. */
static bool
stored(struct action *a)
{
	if (!actions_next(&q, a))
		return false;
	assert_int_equal(a->kind, ACTION_STORE_ADDRCACHE);
	return true;
}

/* --- what is kept ------------------------------------------------------------ */

static void
the_last_ones_are_kept(void **state)
{
	(void)state;
	put("beta", 1);
	put("beta", 2);
	put("beta", 3);
	put("beta", 4);
	assert_has("beta", 4, (const unsigned int[]){ 4, 3, 2, 1 });
	put("beta", 2);
	assert_has("beta", 4, (const unsigned int[]){ 2, 4, 3, 1 });
	put("beta", 5);
	assert_has("beta", 4, (const unsigned int[]){ 5, 2, 4, 3 });
	assert_has("alpha", 0, NULL);
	assert_int_equal(addrcache_count(k), 1);
}

static void
useless_ones_are_not(void **state)
{
	struct endpoint none = { .port = 0 };

	(void)state;
	addrcache_put(k, start, "beta", &none);
	assert_int_equal(addrcache_count(k), 0);
	assert_int_equal(addrcache_deadline(k).ns, MONO_NEVER.ns);
}

static void
names_in_order(void **state)
{
	static const char *const names[] = { "m", "b", "z", "a", "n" };

	(void)state;
	assert_null(addrcache_after(k, ""));
	for (unsigned int i = 0; i < 5; i++)
		put(names[i], i + 1);
	assert_string_equal(addrcache_after(k, ""), "a");
	assert_string_equal(addrcache_after(k, "a"), "b");
	assert_string_equal(addrcache_after(k, "b"), "m");
	assert_string_equal(addrcache_after(k, "c"), "m");
	assert_string_equal(addrcache_after(k, "n"), "z");
	assert_null(addrcache_after(k, "z"));
	for (unsigned int i = 0; i < 5; i++)
		assert_has(names[i], 1, (const unsigned int[]){ i + 1 });
}

static void
bounded(void **state)
{
	char name[32];

	(void)state;
	for (unsigned int i = 0; i < BNL_NODES_MAX + 10; i++) {
		snprintf(name, sizeof(name), "n%06u", i);
		put(name, 1);
	}
	assert_int_equal(addrcache_count(k), BNL_NODES_MAX);
	addrcache_flush(k, start, &q);
	assert_int_equal(q.count, 1);
}

static void
gone_nodes_are_forgotten(void **state)
{
	struct generation *g;

	(void)state;
	rig_begin();
	g = rig_list("node alpha\nnode gamma\n", RIG_START);
	put("alpha", 1);
	put("beta", 2);
	put("gamma", 3);
	addrcache_flush(k, start, &q);
	addrcache_keep(k, start, g->bnl);
	assert_int_equal(addrcache_count(k), 2);
	assert_has("beta", 0, NULL);
	assert_has("gamma", 1, (const unsigned int[]){ 3 });
	assert_int_not_equal(addrcache_deadline(k).ns, MONO_NEVER.ns);
	addrcache_flush(k, start, &q);
	addrcache_keep(k, start, g->bnl);
	assert_int_equal(addrcache_deadline(k).ns, MONO_NEVER.ns);
	generation_free(g);
	rig_end();
}

/* --- the disk ------------------------------------------------------------------ */

static void
written_and_read(void **state)
{
	struct action a;
	struct err e;

	(void)state;
	put("beta", 1);
	put("beta", 2);
	put("alpha", 3);
	addrcache_flush(k, start, &q);
	assert_true(stored(&a));
	addrcache_free(k);
	k = addrcache_new();
	put("zeta", 9);
	assert_int_equal(addrcache_load(k, a.data, a.len, &e), 0);
	assert_int_equal(addrcache_count(k), 2);
	assert_has("beta", 2, (const unsigned int[]){ 2, 1 });
	assert_has("alpha", 1, (const unsigned int[]){ 3 });
	/* A damaged one changes nothing. */
	a.data[20] ^= 1;
	assert_int_equal(addrcache_load(k, a.data, a.len, &e), -1);
	assert_int_equal(addrcache_count(k), 2);
	assert_has("beta", 2, (const unsigned int[]){ 2, 1 });
	action_done(&a);
}

static void
not_often(void **state)
{
	struct endpoint ep;
	struct action a;
	struct monotime now = start;
	unsigned int writes = 0;

	(void)state;
	assert_int_equal(addrcache_deadline(k).ns, MONO_NEVER.ns);
	addrcache_tick(k, now, &q);
	assert_false(stored(&a));
	/* Another address every second, for ten minutes. */
	for (unsigned int i = 0; i < 600; i++) {
		now = mono_add_ms(start, i * 1000);
		ep = at(i % 200);
		addrcache_put(k, now, "beta", &ep);
		addrcache_tick(k, now, &q);
		while (stored(&a)) {
			writes++;
			action_done(&a);
		}
	}
	assert_in_range(writes, 9, 10);
	/* The last ones are written as well, and then no more. */
	now = mono_add_ms(now, 60000);
	assert_true(mono_reached(addrcache_deadline(k), now));
	addrcache_tick(k, now, &q);
	assert_true(stored(&a));
	action_done(&a);
	assert_int_equal(addrcache_deadline(k).ns, MONO_NEVER.ns);
	/* Nothing new: nothing to write. */
	addrcache_put(k, now, "beta", &ep);
	assert_int_equal(addrcache_deadline(k).ns, MONO_NEVER.ns);
	addrcache_flush(k, now, &q);
	assert_false(stored(&a));
}

/* --- in a core ------------------------------------------------------------------- */

#define PREFIX "prefix 10.156.0.0/16\n"
#define ALPHA "node alpha\n  address 192.0.2.1\n  subnet 10.156.1.0/24\n"
#define BETA "node beta\n  address 192.0.2.2\n  subnet 10.156.2.0/24\n"

static struct rig_node a, b;
static struct rig_out out, in;

static void
meet(void)
{
	rig_new(&a, rig_list(PREFIX ALPHA BETA, RIG_START), NULL);
	rig_new(&b, rig_list(PREFIX ALPHA BETA, RIG_START), NULL);
	rig_meet(&a, &b, &out);
}

static void
begin(void)
{
	rig_begin();
	rig_node_init(&a, "alpha", "pullinterval = 24h\n");
	rig_node_init(&b, "beta", "pullinterval = 24h\n");
}

static void
end(void)
{
	rig_free(&a);
	rig_free(&b);
	rig_end();
}

static bool
is_known(const struct rig_node *n, const char *peer, const struct endpoint *ep)
{
	struct endpoint got[ADDRCACHE_EACH];
	unsigned int count = addrcache_get(n->core->env.addrcache, peer, got);

	for (unsigned int i = 0; i < count; i++)
		if (endpoint_equal(&got[i], ep))
			return true;
	return false;
}

/* Whoever began: both have seen where the other one is. */
static void
learned_from_datagrams(void **state)
{
	(void)state;
	begin();
	meet();
	assert_true(is_known(&a, "beta", &b.at));
	assert_true(is_known(&b, "alpha", &a.at));
	end();
}

static void
a_move_is_learned(void **state)
{
	struct endpoint old;
	struct udp_run run;

	(void)state;
	begin();
	meet();
	old = a.at;
	a.at.addr.b[3] = 250;
	rig_send_hello(&a, rig_out(&out));
	assert_int_equal(out.o.nruns, 1);
	run = out.o.runs[0];
	run.remote = a.at;
	run.local = b.at.addr;
	assert_int_equal(core_udp_in(b.core, rig.now, &run, 1, rig_out(&in)),
			 1);
	rig_drain(&b);
	assert_true(is_known(&b, "alpha", &a.at));
	assert_true(is_known(&b, "alpha", &old));
	end();
}

/* The addresses are on the disk when the node is stopped. */
static void
written_at_the_stop(void **state)
{
	struct addrcache *copy = addrcache_new();
	struct endpoint got[ADDRCACHE_EACH];
	struct err e;

	(void)state;
	begin();
	meet();
	rig_pass(&a, 6000);
	assert_int_equal(a.known_writes, 1);
	b.at.addr.b[3] = 251;
	addrcache_put(a.core->env.addrcache, rig.now.mono, "beta", &b.at);
	rig_pass(&a, 6000);
	assert_int_equal(a.known_writes, 1);
	core_stop(a.core, rig.now);
	rig_drain(&a);
	assert_int_equal(a.known_writes, 2);
	assert_int_equal(addrcache_load(copy, a.known, a.knownlen, &e), 0);
	assert_int_equal(addrcache_get(copy, "beta", got), 2);
	assert_true(endpoint_equal(&got[0], &b.at));
	addrcache_free(copy);
	end();
}

/* After those of the list, and none twice. */
static void
tried_after_the_list(void **state)
{
	struct endpoint eps[CONN_ENDPOINTS_MAX], listed;
	struct err e;

	(void)state;
	begin();
	rig_new(&a, rig_list(PREFIX ALPHA BETA, RIG_START), NULL);
	listed = b.at;
	put_be32(listed.addr.b, 0xc0000202u);
	addrcache_put(k, start, "beta", &listed);
	put("beta", 7);
	put("beta", 8);
	put("gone", 9);
	addrcache_flush(k, start, &q);
	rig_act(&a, &q.ring[q.head]);
	assert_int_equal(core_load_addrcache(a.core, a.known, a.knownlen, &e),
			 0);
	assert_int_equal(peer_endpoints(a.core, "beta", eps), 3);
	assert_true(endpoint_equal(&eps[0], &listed));
	listed = at(8);
	assert_true(endpoint_equal(&eps[1], &listed));
	listed = at(7);
	assert_true(endpoint_equal(&eps[2], &listed));
	/* Those for which the list has no place are forgotten. */
	assert_int_equal(peer_endpoints(a.core, "gone", eps), 0);
	assert_int_equal(rig_peer(&a, "beta")->assoc->neps, 3);
	rig_new(&b, NULL, NULL);
	end();
}

/* TCP: each in turn, until one answers. */
static void
dialled_in_turn(void **state)
{
	struct err e;

	(void)state;
	begin();
	rig_new(&a, rig_list(PREFIX ALPHA BETA, RIG_START), NULL);
	put("beta", 7);
	put("beta", 8);
	addrcache_flush(k, start, &q);
	rig_act(&a, &q.ring[q.head]);
	assert_int_equal(core_load_addrcache(a.core, a.known, a.knownlen, &e),
			 0);
	rig_start(&a);
	rig_pass(&a, 10);
	assert_int_equal(a.connects, 3);
	assert_int_equal(a.to[0].addr.b[3], 2);
	assert_int_equal(a.to[1].addr.b[3], 8);
	assert_int_equal(a.to[2].addr.b[3], 7);
	rig_new(&b, NULL, NULL);
	end();
}

/* Without any list, or with one below the mark, all of them are asked. */
static void
asked_without_a_list(void **state)
{
	struct bnl_version mark = { .timestamp.s = RIG_START + 50 };
	struct err e;

	(void)state;
	for (int stale = 0; stale < 2; stale++) {
		unsigned int seen = 0;

		begin();
		rig_new(&a,
			stale ? rig_list(PREFIX ALPHA BETA, RIG_START) : NULL,
			&mark);
		for (unsigned int i = 1; i <= 20; i++) {
			char name[8];

			snprintf(name, sizeof(name), "n%02u", i);
			put(name, i);
		}
		put("alpha", 100); /* ourselves */
		addrcache_flush(k, start, &q);
		rig_act(&a, &q.ring[q.head]);
		assert_int_equal(
			core_load_addrcache(a.core, a.known, a.knownlen, &e),
			0);
		rig_start(&a);
		rig_pass(&a, 30000);
		for (size_t i = 0; i < a.connects && i < RIG_TO; i++)
			if (a.to[i].addr.b[0] == 198) {
				assert_in_range(a.to[i].addr.b[3], 1, 20);
				seen |= 1u << a.to[i].addr.b[3];
			}
		assert_int_equal(seen, 0x1ffffe);
		rig_new(&b, NULL, NULL);
		end();
		teardown(NULL);
		setup(NULL);
	}
}

#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_last_ones_are_kept),
		TEST(useless_ones_are_not),
		TEST(names_in_order),
		TEST(bounded),
		TEST(gone_nodes_are_forgotten),
		TEST(written_and_read),
		TEST(not_often),
		TEST(learned_from_datagrams),
		TEST(a_move_is_learned),
		TEST(written_at_the_stop),
		TEST(tried_after_the_list),
		TEST(dialled_in_turn),
		TEST(asked_without_a_list),
	};

	return cmocka_run_group_tests_name("known", tests, NULL, NULL);
}
