/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From one list to the next: peers, pairs, hooks. */
#include "core_rig.h"

#include "core/session/assoc_impl.h"

#define PREFIX "prefix 10.156.0.0/16\n"
#define ALPHA "node alpha\n  address 192.0.2.1\n  subnet 10.156.1.0/24\n"
#define BETA "node beta\n  address 192.0.2.2\n  subnet 10.156.2.0/24\n"
#define BOTH PREFIX ALPHA BETA

static struct rig_node a, b;
static struct rig_out out;

static void
begin(const char *extra)
{
	rig_begin();
	rig_node_init(&a, "alpha", extra);
	rig_node_init(&b, "beta", extra);
}

static void
end(void)
{
	rig_free(&a);
	if (b.core != NULL)
		rig_free(&b);
	else
		conf_free(b.conf);
	rig_end();
}

/* What is sent first for a packet tells whether the pair is known. */
static void
assert_pair_used(struct rig_node *n)
{
	size_t sent = n->nsent;

	rig_send_hello(n, rig_out(&out));
	rig_tick(n);
	assert_int_equal(n->nsent, sent + 1);
	assert_int_equal(n->sent[sent % RIG_KEPT].data[0], DGRAM_INIT);
}

/* --- pairs ----------------------------------------------------------------- */

static void
test_pairs_before_list(void **state)
{
	struct pair p;

	(void)state;
	begin("");
	p = rig_pair(COMP_NONE, RIG_START - 60);
	rig_new(&a, NULL, NULL);
	rig_load(&a, &b, &p);
	rig_start(&a);
	assert_int_equal(core_peer_count(a.core), 0);
	rig_offer(&a, BOTH, RIG_START);
	assert_int_equal(core_peer_count(a.core), 1);
	assert_pair_used(&a);
	end();
}

static void
test_pairs_after_stale_list(void **state)
{
	struct bnl_version mark = { .timestamp.s = RIG_START - 50 };
	struct pair p;

	(void)state;
	begin("");
	p = rig_pair(COMP_NONE, RIG_START - 60);
	rig_new(&a, rig_list(BOTH, RIG_START - 100), &mark);
	rig_load(&a, &b, &p);
	rig_start(&a);
	assert_true(core_list_is_stale(a.core));
	assert_int_equal(core_peer_count(a.core), 0);
	assert_int_equal(a.nhooks, 0);
	rig_offer(&a, BOTH, RIG_START);
	assert_false(core_list_is_stale(a.core));
	assert_pair_used(&a);
	end();
}

static void
test_pairs_after_mark_reset(void **state)
{
	struct bnl_version mark = { .timestamp.s = RIG_START - 50 };
	struct pair p;

	(void)state;
	begin("");
	p = rig_pair(COMP_NONE, RIG_START - 60);
	rig_new(&a, rig_list(BOTH, RIG_START - 100), &mark);
	rig_load(&a, &b, &p);
	rig_start(&a);
	assert_int_equal(core_peer_count(a.core), 0);
	core_mark_reset(a.core, rig.now);
	rig_drain(&a);
	assert_false(core_list_is_stale(a.core));
	assert_int_equal(a.nhooks, 3);
	assert_pair_used(&a);
	end();
}

/* As after a start, those with a pair are resumed without traffic. */
static void
test_resumed_in_background(void **state)
{
	struct pair p;

	(void)state;
	begin("pullinterval = 24h\n");
	p = rig_pair(COMP_NONE, RIG_START - 60);
	rig_new(&a, NULL, NULL);
	rig_load(&a, &b, &p);
	rig_start(&a);
	rig_pass(&a, 100000); /* several rounds over nobody */
	rig_offer(&a, BOTH, RIG_START);
	rig_pass(&a, 2000);
	assert_true(a.nsent > 0);
	assert_int_equal(a.sent[0].data[0], DGRAM_INIT);
	end();
}

static void
test_pairs_after_absence(void **state)
{
	struct pair p;

	(void)state;
	begin("");
	p = rig_pair(COMP_NONE, RIG_START - 60);
	rig_new(&a, rig_list(BOTH, RIG_START), NULL);
	rig_load(&a, &b, &p);
	rig_start(&a);
	rig_offer(&a, PREFIX BETA, RIG_START + 1);
	assert_int_equal(core_peer_count(a.core), 0);
	assert_int_equal(a.events[EVENT_LIST_SELF_GONE], 1);
	rig_offer(&a, BOTH, RIG_START + 2);
	assert_pair_used(&a);
	end();
}

/* A list without the peer erases what was agreed with it. */
static void
test_pairs_of_the_gone(void **state)
{
	size_t connects;
	struct pair p;

	(void)state;
	begin("pullinterval = 24h\n");
	p = rig_pair(COMP_NONE, RIG_START - 60);
	rig_new(&a, rig_list(BOTH, RIG_START), NULL);
	rig_load(&a, &b, &p);
	rig_start(&a);
	rig_offer(&a, PREFIX ALPHA, RIG_START + 1);
	assert_int_equal(core_peer_count(a.core), 0);
	assert_int_equal(a.events[EVENT_PAIR_GONE], 1);
	a.nsent = 0;
	rig_offer(&a, BOTH, RIG_START + 2);
	connects = a.connects;
	rig_send_hello(&a, rig_out(&out));
	assert_true(a.connects > connects);
	assert_int_equal(a.nsent, 0);
	end();
}

/* alpha holds two pairs with beta, made with two of beta's keys, and has a
 * session under the older one. */
static void
begin_with_two_keys(struct pair_record *r)
{
	struct pair p;

	begin("");
	p = rig_pair(COMP_NONE, RIG_START - 60);
	r->n = 2;
	rig_new(&a, rig_list(BOTH, RIG_START), NULL);
	rig_new(&b, rig_list(BOTH, RIG_START), NULL);
	rig_load(&b, &a, &p);
	memcpy(r->peer, b.name, sizeof(r->peer));
	r->pairs[0] = rig_pair(COMP_NONE, RIG_START - 60);
	r->pairs[0].generation = 2;
	r->pairs[0].proven = false;
	r->pairs[1] = p;
	for (int i = 0; i < 2; i++) {
		memcpy(r->pairs[i].self_static, a.public, X25519_LEN);
		memcpy(r->pairs[i].peer_static, b.public, X25519_LEN);
		memset(r->pairs[i].peer_key, 10 + i, FINGERPRINT_LEN);
		r->pairs[i].above.n = 2;
		memset(r->pairs[i].above.key[0], 20 + i, FINGERPRINT_LEN);
		memset(r->pairs[i].above.key[1], 30 + i, FINGERPRINT_LEN);
	}
	core_load_pair(a.core, r);
	rig_start(&a);
	rig_start(&b);
	for (int i = 0; i < 20 && !rig_peer(&a, "beta")->up; i++) {
		rig_talk(&a, &b, rig_out(&out));
		rig_clock(mono_add_ms(rig.now.mono, 500));
	}
	assert_true(rig_peer(&a, "beta")->up);
	assert_memory_equal(
		keyring_current(&rig_peer(&a, "beta")->assoc->keys)->pair_id,
		p.id, sizeof(p.id));
}

/* The list revokes a key of the older one. */
static void
revoke_of_older(const uint8_t key[FINGERPRINT_LEN])
{
	char body[1024], fp[FINGERPRINT_TEXT_MAX];

	snprintf(body, sizeof(body), BOTH "revoke %s\n",
		 fingerprint_format(fp, key));
	rig_offer(&a, body, RIG_START + 1);
	assert_int_equal(core_list(a.core)->nrevoked, 1);
	assert_false(rig_peer(&a, "beta")->up);
	assert_int_equal(keyring_count(&rig_peer(&a, "beta")->assoc->keys), 0);
	/* What is left is still good for another one. */
	assert_int_equal(rig_peer(&a, "beta")->assoc->npairs, 1);
}

/* A peer with two keys, under two CAs, one of which is revoked: no session lives
 * on that was made with it. */
static void
test_session_of_revoked_key(void **state)
{
	struct pair_record r = { .n = 0 };

	(void)state;
	for (int i = -1; i < r.pairs[1].above.n; i++) {
		begin_with_two_keys(&r);
		revoke_of_older(i < 0 ? r.pairs[1].peer_key :
					r.pairs[1].above.key[i]);
		assert_int_equal(a.events[EVENT_PAIR_GONE], 1);
		end();
	}
}

/* Nor one whose pair is not held any more, since another one was proven. */
static void
test_session_of_revoked_key_without_pair(void **state)
{
	struct pair_record r = { .n = 0 };

	(void)state;
	for (int i = -1; i < r.pairs[1].above.n; i++) {
		begin_with_two_keys(&r);
		assert_true(secret_store_prove(a.core->secrets, "beta",
					       r.pairs[0].id));
		rig_tick(&a);
		assert_int_equal(rig_peer(&a, "beta")->assoc->npairs, 1);
		assert_true(rig_peer(&a, "beta")->up);
		revoke_of_older(i < 0 ? r.pairs[1].peer_key :
					r.pairs[1].above.key[i]);
		end();
	}
}

/* Who leaves the list hears of it in its session, and comes to ask. */
static void
test_the_removed_is_told(void **state)
{
	size_t sent, connects;
	struct pair p;

	(void)state;
	begin("");
	p = rig_pair(COMP_NONE, RIG_START - 60);
	rig_new(&a, rig_list(BOTH, RIG_START), NULL);
	rig_new(&b, rig_list(BOTH, RIG_START), NULL);
	rig_load(&a, &b, &p);
	rig_load(&b, &a, &p);
	rig_start(&a);
	rig_start(&b);
	for (int i = 0;
	     i < 20 && !(rig_peer(&a, "beta")->up && rig_peer(&b, "alpha")->up);
	     i++) {
		rig_talk(&a, &b, rig_out(&out));
		rig_clock(mono_add_ms(rig.now.mono, 500));
	}
	assert_true(rig_peer(&b, "alpha")->up);
	/* Whatever is under way is said, so that nothing else follows. */
	for (int i = 0; i < 4; i++) {
		rig_talk(&a, &b, rig_out(&out));
		rig_clock(mono_add_ms(rig.now.mono, 500));
	}
	sent = a.nsent;
	rig_offer(&a, PREFIX ALPHA, RIG_START + 1);
	assert_int_equal(core_peer_count(a.core), 0);
	assert_int_equal(a.nsent, sent + 1);
	connects = b.connects;
	rig_carry(&a, sent, &b, rig_out(&out));
	assert_true(b.connects > connects);
	end();
}

/* --- the list at the start --------------------------------------------------- */

static void
test_stale_list_is_counted(void **state)
{
	struct bnl_version mark = { .timestamp.s = RIG_START - 50 };

	(void)state;
	begin("");
	rig_new(&a, rig_list(BOTH, RIG_START - 100), &mark);
	rig_start(&a);
	assert_int_equal(a.events[EVENT_LIST_REFUSED], 1);
	assert_int_equal(core_refused(a.core, REFUSAL_OLDER), 1);
	end();
}

/* It would lock out all that are signed before that day. */
static void
test_list_dated_ahead(void **state)
{
	const int64_t ahead = RIG_START + BNL_FUTURE_MAX_S + 3600;
	struct bnl_version mark = { .timestamp.s = RIG_START - 50 };

	(void)state;
	begin("");
	rig_new(&a, rig_list(BOTH, ahead), &mark);
	rig_start(&a);
	assert_null(core_list(a.core));
	assert_int_equal(core_peer_count(a.core), 0);
	assert_int_equal(a.nhooks, 0);
	assert_int_equal(a.events[EVENT_LIST_REFUSED], 1);
	assert_int_equal(core_refused(a.core, REFUSAL_DATE), 1);
	rig_offer(&a, BOTH, RIG_START);
	assert_int_equal(core_peer_count(a.core), 1);
	end();
}

/* The configuration binds the node before any list is in force, and after. */
static void
test_list_of_another_network(void **state)
{
	(void)state;
	begin("");
	a.conf->network = "example.com";
	rig_new(&a, rig_list(BOTH, RIG_START), NULL);
	rig_start(&a);
	assert_null(core_list(a.core));
	assert_int_equal(core_peer_count(a.core), 0);
	assert_int_equal(core_refused(a.core, REFUSAL_NETWORK), 1);
	assert_non_null(strstr(core_disk_refused(a.core),
			       "of the network \"example.org\", but the "
			       "configuration is of \"example.com\""));
	rig_offer(&a, BOTH, RIG_START + 1);
	assert_null(core_list(a.core));
	assert_int_equal(core_refused(a.core, REFUSAL_NETWORK), 2);
	a.conf->network = "example.org";
	rig_offer(&a, BOTH, RIG_START + 2);
	assert_int_equal(core_peer_count(a.core), 1);
	end();
}

/* A clock that is far behind the mark judges nothing. */
static void
test_list_ahead_of_a_wrong_clock(void **state)
{
	const int64_t late = RIG_START + 10 * BNL_FUTURE_MAX_S;
	struct bnl_version mark = { .timestamp.s = late - 10 };

	(void)state;
	begin("");
	rig_new(&a, rig_list(BOTH, late), &mark);
	rig_start(&a);
	assert_int_equal(core_peer_count(a.core), 1);
	assert_int_equal(a.events[EVENT_LIST_REFUSED], 0);
	end();
}

/* --- hooks ------------------------------------------------------------------ */

/* Each peer stands for its node of the list, at the address there. */
static void
expect_located(const char *name, const char *address)
{
	struct endpoint at[CORE_ENDPOINTS_MAX];
	const struct peer *p = rig_peer(&a, name);
	struct ipaddr want;

	assert_int_equal(ipaddr_parse(&want, address, strlen(address)), 0);
	assert_int_equal(core_endpoints(a.core, name, at), 1);
	assert_memory_equal(at[0].addr.b, want.b, sizeof(want.b));
	assert_ptr_equal(
		peer_at_node(a.core,
			     (uint32_t)(bnl_find(a.core->gen->bnl, name) -
					a.core->gen->bnl->nodes)),
		p);
	assert_true(assoc_has_endpoints(p->assoc, at, 1));
	assert_int_equal(core_peer_find(a.core, name) < core_peer_count(a.core),
			 1);
}

static void
test_addresses_of_changes(void **state)
{
	const struct peer *gamma;

	(void)state;
	begin("");
	rig_new(&a,
		rig_list(BOTH "node gamma\naddress 192.0.2.3\n"
			      "node zeta\naddress 192.0.2.9\n",
			 RIG_START),
		NULL);
	rig_start(&a);
	gamma = rig_peer(&a, "gamma");
	/* Nodes come before, between and behind those that stay; of these one
	 * moves, and one goes. */
	rig_offer(&a,
		  PREFIX ALPHA "node aardvark\naddress 192.0.2.4\n"
			       "node beta\naddress 192.0.2.5\n"
			       "node fox\naddress 192.0.2.6\n"
			       "node gamma\naddress 192.0.2.3\n"
			       "node zulu\naddress 192.0.2.7\n",
		  RIG_START + 1);
	assert_int_equal(core_peer_count(a.core), 5);
	assert_ptr_equal(rig_peer(&a, "gamma"), gamma);
	assert_null(rig_peer(&a, "zeta"));
	expect_located("aardvark", "192.0.2.4");
	expect_located("beta", "192.0.2.5");
	expect_located("fox", "192.0.2.6");
	expect_located("gamma", "192.0.2.3");
	expect_located("zulu", "192.0.2.7");
	assert_int_equal(a.events[EVENT_NODE_NEW], 3);
	assert_int_equal(a.events[EVENT_NODE_GONE], 1);
	/* All go but one, and come back. */
	rig_offer(&a, PREFIX ALPHA "node zulu\naddress 192.0.2.7\n",
		  RIG_START + 2);
	assert_int_equal(core_peer_count(a.core), 1);
	expect_located("zulu", "192.0.2.7");
	rig_offer(&a, BOTH "node zulu\naddress 192.0.2.8\n", RIG_START + 3);
	expect_located("beta", "192.0.2.2");
	expect_located("zulu", "192.0.2.8");
	end();
}

static void
test_hooks_of_changes(void **state)
{
	(void)state;
	begin("");
	rig_new(&a, rig_list(BOTH, RIG_START), NULL);
	rig_start(&a);
	assert_int_equal(a.nhooks, 3);
	assert_int_equal(a.hooks[0].kind, HOOK_MYSUBNET_UP);
	assert_int_equal(a.hooks[1].kind, HOOK_NODE_UP);
	assert_int_equal(a.hooks[2].kind, HOOK_SUBNET_UP);
	a.nhooks = 0;
	/* Beta's subnet goes over to gamma: down comes before up. */
	rig_offer(&a,
		  PREFIX ALPHA "node beta\n"
			       "node gamma\n  subnet 10.156.2.0/24\n",
		  RIG_START + 1);
	assert_int_equal(a.nhooks, 3);
	assert_int_equal(a.hooks[0].kind, HOOK_SUBNET_DOWN);
	assert_string_equal(a.hooks[0].peer, "beta");
	assert_int_equal(a.hooks[1].kind, HOOK_NODE_UP);
	assert_int_equal(a.hooks[2].kind, HOOK_SUBNET_UP);
	assert_string_equal(a.hooks[2].peer, "gamma");
	a.nhooks = 0;
	core_stop(a.core, rig.now);
	rig_drain(&a);
	assert_int_equal(a.nhooks, 4);
	end();
}

/* What has no command is not asked for; of our own subnets the daemon sets the
 * addresses all the same, unless it shall not. */
static void
test_hooks_without_command(void **state)
{
	(void)state;
	begin("");
	a.conf->nodeupcmd = NULL;
	a.conf->subnetdowncmd = NULL;
	a.conf->mysubnetupcmd = NULL;
	a.conf->mysubnetdowncmd = NULL;
	rig_new(&a, rig_list(BOTH, RIG_START), NULL);
	rig_start(&a);
	assert_int_equal(a.nhooks, 2);
	assert_int_equal(a.hooks[0].kind, HOOK_MYSUBNET_UP);
	assert_int_equal(a.hooks[1].kind, HOOK_SUBNET_UP);
	a.nhooks = 0;
	a.conf->autoconf = false;
	core_stop(a.core, rig.now);
	rig_drain(&a);
	assert_int_equal(a.nhooks, 1);
	assert_int_equal(a.hooks[0].kind, HOOK_NODE_DOWN);
	end();
}

/* The network grows around a subnet of our own: its address gets another
 * length. Others' subnets are not concerned. */
static void
test_hooks_of_prefix(void **state)
{
	(void)state;
	begin("");
	rig_new(&a, rig_list(BOTH, RIG_START), NULL);
	rig_start(&a);
	assert_int_equal(a.hooks[0].covering, 16);
	a.nhooks = 0;
	rig_offer(&a, "prefix 10.156.0.0/15\n" ALPHA BETA, RIG_START + 1);
	assert_int_equal(a.nhooks, 2);
	assert_int_equal(a.hooks[0].kind, HOOK_MYSUBNET_DOWN);
	assert_int_equal(a.hooks[0].covering, 16);
	assert_int_equal(a.hooks[1].kind, HOOK_MYSUBNET_UP);
	assert_int_equal(a.hooks[1].covering, 15);
	a.nhooks = 0;
	rig_offer(&a, "prefix 10.156.0.0/15\nprefix 10.9.0.0/16\n" ALPHA BETA,
		  RIG_START + 2);
	assert_int_equal(a.nhooks, 0);
	end();
}

/* A list that was on its way to the disk when the node was stopped. */
static void
test_no_hooks_after_stop(void **state)
{
	struct action act;
	size_t len;
	char *raw;

	(void)state;
	begin("");
	rig_new(&a, rig_list(BOTH, RIG_START), NULL);
	rig_start(&a);
	raw = rig_sign(PREFIX ALPHA "node gamma\n  subnet 10.156.3.0/24\n",
		       RIG_START + 1, &len);
	core_list_offer(a.core, rig.now, raw, len);
	free(raw);
	assert_true(core_next_action(a.core, &act));
	assert_int_equal(act.kind, ACTION_BUILD_LIST);
	core_stop(a.core, rig.now);
	rig_drain(&a);
	a.nhooks = 0;
	rig_act(&a, &act);
	rig_drain(&a);
	assert_int_equal(core_list(a.core)->nnodes, 2);
	assert_non_null(rig_peer(&a, "gamma"));
	assert_int_equal(a.nhooks, 0);
	action_done(&act);
	end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pairs_before_list),
		cmocka_unit_test(test_pairs_after_stale_list),
		cmocka_unit_test(test_pairs_after_mark_reset),
		cmocka_unit_test(test_resumed_in_background),
		cmocka_unit_test(test_pairs_after_absence),
		cmocka_unit_test(test_pairs_of_the_gone),
		cmocka_unit_test(test_session_of_revoked_key),
		cmocka_unit_test(test_session_of_revoked_key_without_pair),
		cmocka_unit_test(test_the_removed_is_told),
		cmocka_unit_test(test_stale_list_is_counted),
		cmocka_unit_test(test_list_dated_ahead),
		cmocka_unit_test(test_list_of_another_network),
		cmocka_unit_test(test_list_ahead_of_a_wrong_clock),
		cmocka_unit_test(test_addresses_of_changes),
		cmocka_unit_test(test_hooks_of_changes),
		cmocka_unit_test(test_hooks_without_command),
		cmocka_unit_test(test_hooks_of_prefix),
		cmocka_unit_test(test_no_hooks_after_stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
