/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a core shows of itself: its peers, and why one can be reached or not. */
#include "core_rig.h"

#define K1        \
	"sha256:" \
	"1111111111111111111111111111111111111111111111111111111111111111"
#define HEAD "prefix 10.156.0.0/16\n"
#define ALPHA "node alpha\n  address 192.0.2.1\n  subnet 10.156.1.0/24\n"
#define BETA                                                            \
	"node beta.example\n  address 192.0.2.2\n  address 192.0.2.9\n" \
	"  subnet 10.156.2.0/24\n"
#define GAMMA "node gamma\n  subnet 10.156.3.0/24\n  key " K1 "\n"

static struct rig_node a, b;
static struct rig_out out;

static void
begin(void)
{
	struct pair p;

	rig_begin();
	rig_node_init(&a, "alpha", "");
	rig_node_init(&b, "beta.example", "");
	a.silent = true;
	p = rig_pair(COMP_ZLIB, RIG_START - 60);
	rig_new(&a, rig_list(HEAD ALPHA BETA GAMMA, RIG_START), NULL);
	rig_new(&b, rig_list(HEAD ALPHA BETA GAMMA, RIG_START), NULL);
	rig_load(&a, &b, &p);
	rig_load(&b, &a, &p);
}

static void
end(void)
{
	rig_free(&a);
	rig_free(&b);
	rig_end();
}

static struct peer_info
info_of(const char *name)
{
	size_t i = core_peer_find(a.core, name);
	struct peer_info info;

	assert_in_range(i, 0, core_peer_count(a.core) - 1);
	core_peer_info(a.core, rig.now, i, &info);
	assert_string_equal(info.name, name);
	return info;
}

static struct why
why_of(const char *name, bool *done)
{
	struct why w;

	core_why(a.core, rig.now, name, &w, done);
	return w;
}

/* --- peers --------------------------------------------------------------------- */

static void
test_find(void **state)
{
	(void)state;
	begin();
	assert_int_equal(core_peer_count(a.core), 2);
	assert_int_equal(core_peer_find(a.core, "beta.example"), 0);
	assert_int_equal(core_peer_find(a.core, "gamma"), 1);
	/* No peers: ourselves, another, a part of a name. */
	assert_int_equal(core_peer_find(a.core, "alpha"), 2);
	assert_int_equal(core_peer_find(a.core, "beta"), 2);
	assert_int_equal(core_peer_find(a.core, ""), 2);
	assert_int_equal(core_peer_after(a.core, ""), 0);
	assert_int_equal(core_peer_after(a.core, "beta"), 0);
	assert_int_equal(core_peer_after(a.core, "beta.example"), 1);
	assert_int_equal(core_peer_after(a.core, "gamma"), 2);
	end();
}

static void
test_peer_info(void **state)
{
	struct peer_info i;

	(void)state;
	begin();
	i = info_of("beta.example");
	assert_int_equal(i.state, PEER_IDLE);
	assert_true(i.has_pair);
	assert_int_equal(i.cipher, AEAD_AES_256_GCM);
	assert_int_equal(i.comp, COMP_ZLIB);
	assert_int_equal(i.pair_age_s, 60);
	assert_int_equal(i.cert_end.s, RIG_START + 300 * 86400);
	assert_memory_equal(i.key, b.plain.cert.fingerprint, FINGERPRINT_LEN);
	assert_int_equal(i.session_age_ms, -1);
	i = info_of("gamma");
	assert_false(i.has_pair);
	assert_null(i.key);
	rig_start(&a);
	rig_start(&b);
	rig_pass(&a, 100);
	assert_int_equal(info_of("beta.example").state, PEER_RESUMING);
	rig_talk(&a, &b, rig_out(&out));
	i = info_of("beta.example");
	assert_int_equal(i.state, PEER_UP);
	assert_true(i.session_age_ms >= 0 && i.handshakes == 1);
	assert_int_equal(
		bnl_version_cmp(&i.version, &core_list(b.core)->version), 0);
	assert_int_equal(core_negotiate(a.core, rig.now, "beta.example"), 0);
	rig_drain(&a);
	/* What is up is up, whatever else goes on. */
	assert_int_equal(info_of("beta.example").state, PEER_UP);
	end();
}

static void
test_negotiating(void **state)
{
	(void)state;
	begin();
	rig_offer(&a, HEAD ALPHA BETA "node gamma\n  address 192.0.2.3\n",
		  RIG_START + 1);
	rig_start(&a);
	assert_int_equal(core_negotiate(a.core, rig.now, "gamma"), 0);
	rig_drain(&a);
	assert_int_equal(info_of("gamma").state, PEER_NEGOTIATING);
	assert_int_equal(core_negotiate(a.core, rig.now, "alpha"), -1);
	assert_int_equal(core_negotiate(a.core, rig.now, "delta"), -1);
	end();
}

static void
test_state_names(void **state)
{
	(void)state;
	assert_string_equal(peer_state_name(PEER_IDLE), "idle");
	assert_string_equal(peer_state_name(PEER_NEGOTIATING), "negotiating");
	assert_string_equal(peer_state_name(PEER_RESUMING), "resuming");
	assert_string_equal(peer_state_name(PEER_UP), "up");
}

static void
test_lists(void **state)
{
	struct err why;

	(void)state;
	begin();
	rig_start(&a);
	assert_false(core_list_is_stale(a.core));
	assert_null(core_disk_refused(a.core));
	err_set(&why, ERR_SIGNATURE, "no signature");
	core_list_refuse(a.core, rig.now, &why);
	rig_drain(&a);
	assert_string_equal(core_disk_refused(a.core),
			    "list on disk refused: no signature");
	assert_int_equal(core_refused(a.core, REFUSAL_SIGNATURE), 1);
	rig_offer(&a, HEAD ALPHA BETA GAMMA, RIG_START + 1);
	assert_null(core_disk_refused(a.core));
	assert_false(core_list_is_pending(a.core));
	end();
}

/* --- why ------------------------------------------------------------------------- */

static void
test_names(void **state)
{
	struct why w;
	bool done;

	(void)state;
	begin();
	rig_start(&a);
	w = why_of("alpha", &done);
	assert_true(w.self && w.listed && done);
	w = why_of("gamma", &done);
	assert_true(w.listed && w.pinned && !w.self);
	assert_int_equal(w.pin[0], 0x11);
	assert_int_equal(w.addresses, 0);
	/* The beginning of a name, a slip, and nothing like it. */
	w = why_of("beta", &done);
	assert_true(!w.listed && done);
	assert_string_equal(w.nearest[0], "beta.example");
	assert_null(w.nearest[1]);
	w = why_of("gama", &done);
	assert_string_equal(w.nearest[0], "gamma");
	w = why_of("zzzzzzzz", &done);
	assert_null(w.nearest[0]);
	w = why_of("", &done);
	assert_false(w.listed);
	end();
}

static void
test_no_list_and_removed(void **state)
{
	struct why w;
	bool done;

	(void)state;
	begin();
	rig_start(&a);
	rig_offer(&a, HEAD ALPHA GAMMA, RIG_START + 1);
	w = why_of("beta.example", &done);
	assert_true(!w.listed && w.list && done);
	assert_int_equal(w.gone.s, rig.now.wall.s);
	assert_int_equal(
		bnl_version_cmp(&w.gone_by, &core_list(a.core)->version), 0);
	rig_offer(&a, HEAD GAMMA, RIG_START + 2);
	w = why_of("gamma", &done);
	assert_true(w.removed_us && !w.list);
	end();
}

static void
try_at(uint8_t host, enum history_kind kind, const char *text)
{
	struct endpoint to = { .addr = { .family = IP_V4,
					 .b = { 192, 0, 2, host } },
			       .port = 3406 };

	history_try(a.core->env.history, rig.now.mono, "beta.example", &to,
		    kind, text);
}

/* What was noticed counts as long as it is fresh, and is escaped. */
static void
test_notes(void **state)
{
	struct why w;
	bool done;

	(void)state;
	begin();
	rig_start(&a);
	rig_clock(mono_add_ms(rig.now.mono, 3600 * 1000));
	assert_int_equal(why_of("beta.example", &done).closed, 0);
	try_at(2, HISTORY_CLOSED, NULL);
	try_at(9, HISTORY_SILENT, NULL);
	w = why_of("beta.example", &done);
	assert_int_equal(w.closed, 1);
	assert_int_equal(w.silent, 1);
	assert_int_equal(w.addresses, 2);
	assert_true(w.has_pair);
	try_at(2, HISTORY_DATE, "ended\x1b");
	try_at(9, HISTORY_FAILED, "odd\n");
	w = why_of("beta.example", &done);
	assert_string_equal(w.date, "ended\\x1b");
	assert_string_equal(w.failed, "odd\\x0a");
	assert_int_equal(w.closed + w.silent, 0);
	try_at(9, HISTORY_REACHED, NULL);
	w = why_of("beta.example", &done);
	assert_int_equal(w.reached, 1);
	assert_int_equal(w.tried.addr.b[3], 9);
	rig_clock(mono_add_ms(rig.now.mono, 48 * 3600 * 1000));
	w = why_of("beta.example", &done);
	assert_int_equal(w.reached, 0);
	assert_string_equal(w.date, "");
	end();
}

static void
test_refusals(void **state)
{
	struct bnl_version v = { .timestamp.s = 77 };
	uint8_t key[FINGERPRINT_LEN];
	struct why w;
	bool done;

	(void)state;
	begin();
	rig_start(&a);
	memset(key, 9, sizeof(key));
	history_refused_it(a.core->env.history, rig.now.mono, "beta.example",
			   REFUSE_PIN, &v, "ours", key);
	w = why_of("beta.example", &done);
	assert_int_equal(w.refused_it, REFUSE_PIN);
	assert_int_equal(w.refused_us, 0);
	assert_memory_equal(w.offered, key, sizeof(key));
	assert_string_equal(w.refusal, "ours");
	history_refused_us(a.core->env.history, rig.now.mono, "beta.example",
			   REFUSE_REVOKED, &v, "theirs\x07");
	w = why_of("beta.example", &done);
	assert_int_equal(w.refused_us, REFUSE_REVOKED);
	assert_int_equal(w.judged_by.timestamp.s, 77);
	assert_string_equal(w.refusal, "theirs\\x07");
	history_bye(a.core->env.history, rig.now.wall, "beta.example");
	assert_int_equal(why_of("beta.example", &done).bye.s, rig.now.wall.s);
	/* What fits a daemon that does not run leaves the goodbye. */
	try_at(2, HISTORY_CLOSED, NULL);
	try_at(9, HISTORY_SILENT, NULL);
	assert_int_equal(why_of("beta.example", &done).bye.s, rig.now.wall.s);
	/* Whatever shows that it runs ends it. */
	try_at(2, HISTORY_DATE, "ended");
	assert_int_equal(why_of("beta.example", &done).bye.s, 0);
	history_bye(a.core->env.history, rig.now.wall, "beta.example");
	history_refused_us(a.core->env.history, rig.now.mono, "beta.example",
			   REFUSE_PIN, &v, "");
	assert_int_equal(why_of("beta.example", &done).bye.s, 0);
	history_bye(a.core->env.history, rig.now.wall, "beta.example");
	history_met(a.core->env.history, "beta.example");
	assert_int_equal(why_of("beta.example", &done).bye.s, 0);
	end();
}

static void
assert_order(uint8_t one, uint8_t two)
{
	struct endpoint eps[CONN_ENDPOINTS_MAX];

	assert_int_equal(peer_endpoints(a.core, "beta.example", eps), 2);
	assert_int_equal(eps[0].addr.b[3], one);
	assert_int_equal(eps[1].addr.b[3], two);
}

/* The next dial begins where one was answered, and behind where it failed. */
static void
test_order(void **state)
{
	(void)state;
	begin();
	rig_start(&a);
	rig_clock(mono_add_ms(rig.now.mono, 3600 * 1000));
	a.core->env.now = rig.now;
	assert_order(2, 9);
	try_at(2, HISTORY_FAILED, "odd");
	assert_order(9, 2);
	rig_clock(mono_add_ms(rig.now.mono, 1000));
	try_at(9, HISTORY_CLOSED, NULL);
	assert_order(2, 9);
	try_at(9, HISTORY_REACHED, NULL);
	assert_order(9, 2);
	/* After ten minutes it is the list that counts. */
	rig_clock(mono_add_ms(rig.now.mono, 599999));
	a.core->env.now = rig.now;
	assert_order(9, 2);
	rig_clock(mono_add_ms(rig.now.mono, 1));
	a.core->env.now = rig.now;
	assert_order(2, 9);
	end();
}

/* A probe is settled by an answer over UDP and TCP, or when no way is left. */
static void
test_probe(void **state)
{
	size_t at, bt;
	struct why w;
	bool done;

	(void)state;
	begin();
	rig_start(&a);
	rig_start(&b);
	rig_clock(mono_add_ms(rig.now.mono, 3600 * 1000));
	core_probe(a.core, rig.now, "nobody", true);
	core_probe(a.core, rig.now, "beta.example", true);
	rig_drain(&a);
	assert_true(a.connects > 0);
	w = why_of("beta.example", &done);
	assert_false(w.answered || done);
	rig_talk(&a, &b, rig_out(&out));
	at = a.nsent;
	bt = b.nsent;
	core_probe(a.core, rig.now, "beta.example", false);
	rig_drain(&a);
	rig_carry(&a, at, &b, rig_out(&out));
	rig_carry(&b, bt, &a, rig_out(&out));
	w = why_of("beta.example", &done);
	assert_true(w.answered && !w.tcp_shut);
	assert_int_equal(w.at.addr.b[3], b.at.addr.b[3]);
	/* TCP has a second for its answer. */
	assert_false(done);
	rig_clock(mono_add_ms(rig.now.mono, 1100));
	try_at(2, HISTORY_CLOSED, NULL);
	w = why_of("beta.example", &done);
	assert_true(w.answered && w.tcp_shut);
	try_at(9, HISTORY_REACHED, NULL);
	assert_false(why_of("beta.example", &done).tcp_shut);
	end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_peer_info),
		cmocka_unit_test(test_negotiating),
		cmocka_unit_test(test_state_names),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_no_list_and_removed),
		cmocka_unit_test(test_notes),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_probe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
