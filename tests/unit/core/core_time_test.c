/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What time brings about without anybody asking: when whom is dialled, and
 * what an administrator is warned of. */
#include "core_rig.h"

#include "core/session/assoc_impl.h"
#include "core/timings.h"

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

/* The clock was ahead when the pair was made, and has been set right since. */
static void
test_pair_from_the_future(void **state)
{
	struct peer_info info;
	struct pair p;

	(void)state;
	begin("pullinterval = 24h\n");
	p = rig_pair(COMP_NONE, RIG_START + 7200);
	p.made_run_s = RIG_RUN_S;
	rig_new(&a, rig_list(BOTH, RIG_START), NULL);
	rig_load(&a, &b, &p);
	rig_start(&a);
	a.connects = 0;
	rig_pass(&a, 20 * 60 * 1000);
	/* Lists may be asked for, at the start. */
	assert_in_range(a.connects, 0, 2);
	core_peer_info(a.core, rig.now, 0, &info);
	assert_true(info.has_pair);
	assert_int_equal(info.pair_age_s, 20 * 60);
	end();
}

/* Pairs that were made at one time are not all replaced at one time. */
static void
test_refresh_is_spread(void **state)
{
	char body[4096] = PREFIX ALPHA;
	struct rig_node n[20];
	struct generation *g;
	size_t len, soon;

	(void)state;
	begin("pullinterval = 24h\n");
	for (int i = 0; i < 20; i++) {
		char name[8];

		len = strlen(body);
		snprintf(name, sizeof(name), "node%02d", i);
		snprintf(body + len, sizeof(body) - len,
			 "node %s\n  address 192.0.2.%d\n", name, 100 + i);
		rig_node_init(&n[i], name, "");
	}
	g = rig_list(body, RIG_START);
	rig_new(&a, g, NULL);
	for (int i = 0; i < 20; i++) {
		struct pair p = rig_pair(COMP_NONE,
					 RIG_START - PAIR_AGE_REFRESH_S + 10);

		rig_load(&a, &n[i], &p);
		conf_free(n[i].conf);
	}
	rig_start(&a);
	rig_pass(&a, 5000);
	a.connects = 0;
	rig_pass(&a, 60000);
	soon = a.connects;
	assert_in_range(soon, 0, 10);
	rig_pass(&a, 3600 * 1000);
	for (size_t i = 0; i < 20; i++)
		assert_true(a.core->peers[i]->turn.failures > 0);
	end();
}

/* Where a network comes back all at once, not all is asked at once again. */
static void
test_dials_keep_no_step(void **state)
{
	char body[4096] = PREFIX ALPHA;
	size_t len, apart = 0;

	(void)state;
	begin("pullinterval = 24h\n");
	for (int i = 0; i < 10; i++) {
		len = strlen(body);
		snprintf(body + len, sizeof(body) - len,
			 "node node%02d\n  address 192.0.2.%d\n", i, 100 + i);
	}
	rig_new(&a, rig_list(body, RIG_START), NULL);
	rig_start(&a);
	rig_pass(&a, 20000);
	for (size_t i = 0; i < 10; i++) {
		size_t same = 0;

		assert_true(a.core->peers[i]->turn.failures > 3);
		for (size_t j = 0; j < 10; j++)
			same += a.core->peers[i]->turn.not_before.ns ==
				a.core->peers[j]->turn.not_before.ns;
		apart += same == 1;
	}
	assert_in_range(apart, 8, 10);
	end();
}

/* Both ends of a pair would dial where all begin at once: to the lower names
 * there are few negotiations at a time. */
static size_t
dials_to(const char *name)
{
	char body[4096] = PREFIX ALPHA;
	uint8_t mem[FRAME_HEADROOM + 256];
	struct tun_frame f = { .data = mem + FRAME_HEADROOM };
	size_t len, dials;

	begin("pullinterval = 24h\n");
	for (int i = 0; i < 40; i++) {
		len = strlen(body);
		snprintf(body + len, sizeof(body) - len,
			 "node %s%02d\n"
			 "  address 192.0.2.%d\n  subnet 10.156.%d.0/24\n",
			 name, i, 100 + i, 60 + i);
	}
	rig_new(&a, rig_list(body, RIG_START), NULL);
	a.silent = true;
	a.connects = 0;
	for (int i = 0; i < 40; i++) {
		f.len = rig_packet(f.data, (const uint8_t *)"x", 1);
		f.data[18] = (uint8_t)(60 + i);
		slow_ip_csum(f.data);
		rig_tun_in(&a, &f, rig_out(&out));
	}
	dials = a.connects;
	end();
	return dials;
}

static void
test_the_higher_name_holds_back(void **state)
{
	(void)state;
	assert_int_equal(dials_to("node"), 40);
	assert_int_equal(dials_to("aaaa"), 16);
}

static void
test_certificate_ends(void **state)
{
	(void)state;
	begin("pullinterval = 24h\n");
	a.plain.cert.not_after.s = RIG_START + 31 * 86400;
	rig_new(&a, rig_list(BOTH, RIG_START), NULL);
	rig_start(&a);
	rig_pass(&a, 60000);
	assert_int_equal(a.events[EVENT_CERT_END], 0);
	rig_clock(mono_add_ms(rig.now.mono, INT64_C(86400) * 1000));
	rig_pass(&a, 60000);
	assert_int_equal(a.events[EVENT_CERT_END], 1);
	rig_pass(&a, 3600 * 1000);
	assert_int_equal(a.events[EVENT_CERT_END], 1);
	rig_clock(mono_add_ms(rig.now.mono, INT64_C(86400) * 1000));
	rig_pass(&a, 60000);
	assert_int_equal(a.events[EVENT_CERT_END], 2);
	/* A new one, that ends soon as well; and one that does not. */
	a.plain.cert.not_after.s = rig.now.wall.s + 86400;
	core_reconf(a.core, rig.now, a.conf,
		    (struct tls_provider){ &plain_ops, &a.plain },
		    &a.plain.cert);
	rig_drain(&a);
	assert_int_equal(a.events[EVENT_CERT_END], 3);
	a.plain.cert.not_after.s += 365 * 86400;
	core_reconf(a.core, rig.now, a.conf,
		    (struct tls_provider){ &plain_ops, &a.plain },
		    &a.plain.cert);
	rig_pass(&a, INT64_C(86400) * 1000);
	assert_int_equal(a.events[EVENT_CERT_END], 3);
	/* One that is not valid yet. */
	a.plain.cert.not_before.s = rig.now.wall.s + 3600;
	core_reconf(a.core, rig.now, a.conf,
		    (struct tls_provider){ &plain_ops, &a.plain },
		    &a.plain.cert);
	rig_drain(&a);
	assert_int_equal(a.events[EVENT_CERT_END], 4);
	end();
}

static void
reconf(void)
{
	core_reconf(a.core, rig.now, a.conf,
		    (struct tls_provider){ &plain_ops, &a.plain },
		    &a.plain.cert);
	rig_drain(&a);
}

static size_t
dials_in(int64_t ms)
{
	a.connects = 0;
	rig_pass(&a, ms);
	return a.connects;
}

/* What was agreed with the certificate before is agreed anew, and that again
 * until it succeeds; what is held stays. */
static void
test_certificate_renewed(void **state)
{
	struct pair p;

	(void)state;
	begin("pullinterval = 24h\n");
	p = rig_pair(COMP_NONE, RIG_START);
	rig_new(&a, rig_list(BOTH, RIG_START), NULL);
	rig_load(&a, &b, &p);
	rig_start(&a);
	dials_in(3600 * 1000);
	reconf();
	assert_int_equal(dials_in(3600 * 1000), 0);
	a.plain.cert.not_after.s += 86400;
	reconf();
	assert_true(dials_in(1000) > 0);
	assert_true(dials_in(3600 * 1000) > 10);
	assert_false(a.events[EVENT_PAIR_GONE]);
	assert_true(rig_peer(&a, "beta")->renew);
	end();
}

static void
test_key_replaced(void **state)
{
	struct pair p;

	(void)state;
	begin("pullinterval = 24h\n");
	p = rig_pair(COMP_NONE, RIG_START);
	rig_new(&a, rig_list(BOTH, RIG_START), NULL);
	rig_load(&a, &b, &p);
	rig_start(&a);
	dials_in(3600 * 1000);
	a.plain.cert.fingerprint[0] ^= 1;
	reconf();
	assert_true(dials_in(1000) > 0);
	end();
}

/* With no pair there is nothing to agree anew. */
static void
test_nothing_to_renew(void **state)
{
	(void)state;
	begin("pullinterval = 24h\n");
	rig_new(&a, rig_list(BOTH, RIG_START), NULL);
	rig_start(&a);
	a.plain.cert.not_after.s += 86400;
	reconf();
	assert_false(rig_peer(&a, "beta")->renew);
	end();
}

/* A pair ends with a certificate: a new one is sought well before that. */
static void
test_pair_ends_with_certificate(void **state)
{
	struct pair p;

	(void)state;
	begin("pullinterval = 24h\n");
	p = rig_pair(COMP_NONE, RIG_START);
	p.cert_end.s = RIG_START + 4 * 3600;
	p.self_end = p.peer_end = p.cert_end;
	rig_new(&a, rig_list(BOTH, RIG_START), NULL);
	rig_load(&a, &b, &p);
	rig_start(&a);
	dials_in(60 * 1000);
	assert_int_equal(dials_in(115 * 60 * 1000), 0);
	assert_true(dials_in(40 * 60 * 1000) > 0);
	assert_int_equal(a.events[EVENT_PAIR_GONE], 0);
	end();
}

/* A warning says where the peer is, once that is known. */
static void
test_warning_has_an_address(void **state)
{
	struct warning w;
	struct pair p;
	size_t pos = 0;

	(void)state;
	begin("pullinterval = 24h\n");
	p = rig_pair(COMP_NONE, RIG_START);
	p.cert_end.s = RIG_START + 10 * 86400;
	p.self_end = p.peer_end = p.cert_end;
	rig_new(&a, rig_list(BOTH, RIG_START), NULL);
	rig_load(&a, &b, &p);
	assert_true(core_peer_warning(a.core, rig.now, 0, &pos, &w));
	assert_int_equal(w.kind, EVENT_PEER_CERT_END);
	assert_string_equal(w.text, "its certificate ends in 10 days");
	assoc_follow(rig_peer(&a, "beta")->assoc, &a.core->env,
		     &(struct endpoint){
			     .addr = { .family = IP_V4, .b = { 192, 0, 2, 2 } },
			     .port = 3406 },
		     &a.at.addr);
	pos = 0;
	assert_true(core_peer_warning(a.core, rig.now, 0, &pos, &w));
	assert_string_equal(w.text, "its certificate ends in 10 days "
				    "(at 192.0.2.2:3406)");
	end();
}

static void
begin_with_pair(void)
{
	struct pair p;

	begin("pullinterval = 24h\n");
	p = rig_pair(COMP_NONE, RIG_START);
	rig_new(&a, rig_list(BOTH, RIG_START), NULL);
	rig_load(&a, &b, &p);
}

/* When the last packet that waits for a session is too old, there is nothing
 * to send INITs for. */
static void
test_no_init_without_packets(void **state)
{
	struct peer *p;
	size_t n;

	(void)state;
	begin_with_pair();
	rig_start(&a);
	rig_pass(&a, 3600 * 1000);
	p = rig_peer(&a, "beta");
	assert_int_equal(p->assoc->resume.state, RESUME_IDLE);
	n = a.nsent;
	rig_send_hello(&a, rig_out(&out));
	rig_pass(&a, WAITQ_AGE_MS - 1);
	assert_int_equal(p->wait.packets, 1);
	assert_int_equal(p->assoc->resume.state, RESUME_TRY);
	assert_true(a.nsent > n);
	rig_pass(&a, 2);
	assert_int_equal(p->wait.packets, 0);
	assert_int_equal(p->drops[DROP_QUEUE_OLD], 1);
	assert_int_equal(p->assoc->resume.state, RESUME_IDLE);
	n = a.nsent;
	rig_pass(&a, 60000);
	assert_int_equal(a.nsent, n);
	end();
}

/* A clock that is ahead, or behind, while the node runs or as it starts, ends no
 * pair; not even when the list comes into force that makes it look again. */
static void
test_clock_ends_no_pair(void **state)
{
	static const int64_t off[] = { PAIR_AGE_HARD_S + 1, 299 * 86400, -86400,
				       400 * 86400 };
	struct peer_info info;

	(void)state;
	for (size_t i = 0; i < sizeof(off) / sizeof(off[0]); i++) {
		begin_with_pair();
		rig.now.wall.s += off[i];
		rig_start(&a);
		rig_offer(&a, BOTH "node gamma\n", RIG_START + 1);
		assert_int_equal(core_list(a.core)->nnodes, 3);
		core_peer_info(a.core, rig.now, 0, &info);
		assert_true(info.has_pair);
		assert_int_equal(info.pair_age_s, 0);
		assert_int_equal(a.events[EVENT_PAIR_GONE], 0);
		end();
	}
}

/* While the node runs a pair ends in time, also where the clock stands still.
 * The running time is stored at the start and each hour. */
static void
test_pair_ends_by_running_time(void **state)
{
	const unsigned int hours = PAIR_AGE_HARD_S / 3600;

	(void)state;
	begin_with_pair();
	rig_start(&a);
	assert_int_equal(a.run_s, RIG_RUN_S);
	assert_int_equal(a.run_writes, 1);
	for (unsigned int i = 0; i < hours - 1; i++) {
		rig_pass(&a, 3600 * 1000);
		rig.now.wall.s = RIG_START;
	}
	assert_int_equal(a.events[EVENT_PAIR_GONE], 0);
	assert_in_range(a.run_s, RIG_RUN_S + (hours - 3) * 3600,
			RIG_RUN_S + hours * 3600);
	assert_in_range(a.run_writes, hours * 9 / 10, hours + 1);
	rig_pass(&a, 2 * 3600 * 1000);
	assert_int_equal(a.events[EVENT_PAIR_GONE], 1);
	core_stop(a.core, rig.now);
	rig_drain(&a);
	assert_int_equal(a.run_s, RIG_RUN_S + (hours + 1) * 3600);
	end();
}

/* The own certificate, or a CA above it, is revoked: that is told at once. */
static void
test_own_key_revoked(void **state)
{
	char body[512], fp[FINGERPRINT_TEXT_MAX];

	(void)state;
	for (int i = 0; i < 2; i++) {
		begin("pullinterval = 24h\n");
		a.plain.cert.above.n = 1;
		memset(a.plain.cert.above.key[0], 0x42, FINGERPRINT_LEN);
		rig_new(&a, rig_list(BOTH, RIG_START), NULL);
		rig_start(&a);
		rig_pass(&a, 60000);
		assert_int_equal(a.events[EVENT_CERT_END], 0);
		snprintf(body, sizeof(body), BOTH "revoke %s\n",
			 fingerprint_format(
				 fp, i == 0 ? a.plain.cert.fingerprint :
					      a.plain.cert.above.key[0]));
		rig_offer(&a, body, RIG_START + 1);
		rig_pass(&a, 60000);
		assert_int_equal(a.events[EVENT_CERT_END], 1);
		end();
	}
}

/* A clock that cannot be right ends no certificate. */
static void
test_wrong_clock(void **state)
{
	(void)state;
	begin("pullinterval = 24h\n");
	rig_new(&a, rig_list(BOTH, RIG_START), NULL);
	rig.now.wall.s = 1000;
	rig_start(&a);
	rig_tick(&a);
	rig_tick(&a);
	assert_int_equal(a.events[EVENT_CLOCK], 1);
	assert_int_equal(a.events[EVENT_CERT_END], 0);
	rig_clock(rig.now.mono);
	rig_pass(&a, 60000);
	assert_int_equal(a.events[EVENT_CLOCK], 2);
	rig_pass(&a, 600000);
	assert_int_equal(a.events[EVENT_CLOCK], 2);
	end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pair_from_the_future),
		cmocka_unit_test(test_refresh_is_spread),
		cmocka_unit_test(test_dials_keep_no_step),
		cmocka_unit_test(test_the_higher_name_holds_back),
		cmocka_unit_test(test_certificate_ends),
		cmocka_unit_test(test_certificate_renewed),
		cmocka_unit_test(test_key_replaced),
		cmocka_unit_test(test_nothing_to_renew),
		cmocka_unit_test(test_pair_ends_with_certificate),
		cmocka_unit_test(test_warning_has_an_address),
		cmocka_unit_test(test_no_init_without_packets),
		cmocka_unit_test(test_clock_ends_no_pair),
		cmocka_unit_test(test_pair_ends_by_running_time),
		cmocka_unit_test(test_own_key_revoked),
		cmocka_unit_test(test_wrong_clock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
