/* SPDX-License-Identifier: GPL-3.0-or-later */
/* No address inside the VPN is learned, kept, dialled or answered, whichever
 * way it comes and whichever list made it one. */
#include "core_rig.h"

#define PREFIX "prefix 10.156.0.0/16\n"
#define WIDER PREFIX "prefix 192.0.2.0/24\n"
#define ALPHA "node alpha\n  address 198.51.100.1\n  subnet 10.156.1.0/24\n"
/* Alpha learns where it is: 192.0.2.x, which the wider network takes in. */
#define BETA "node beta\n  subnet 10.156.2.0/24\n"
#define NAMED "node beta\n  address b.example.org\n  subnet 10.156.2.0/24\n"

static struct rig_node a, b;
static struct rig_out out;
static const struct ipaddr inner = { .family = IP_V4, .b = { 10, 156, 2, 9 } };

static void
begin(const char *body)
{
	rig_begin();
	rig_node_init(&a, "alpha", "pullinterval = 24h\n");
	rig_node_init(&b, "beta", "pullinterval = 24h\n");
	rig_new(&a, rig_list(body, RIG_START), NULL);
	rig_new(&b, rig_list(body, RIG_START), NULL);
}

static void
end(void)
{
	rig_free(&a);
	rig_free(&b);
	rig_end();
}

static unsigned int
count_known(const struct rig_node *n, const char *peer)
{
	struct endpoint got[ADDRCACHE_EACH];

	return addrcache_get(n->core->env.addrcache, peer, got);
}

/* A peer whose datagrams come out of the VPN stays where it was. */
static void
not_learned_from_data(void **state)
{
	static struct rig_out got;
	struct udp_run run;

	(void)state;
	begin(PREFIX ALPHA BETA);
	rig_meet(&a, &b, &out);
	rig_send_hello(&a, rig_out(&out));
	assert_int_equal(out.o.nruns, 1);
	run = out.o.runs[0];
	run.remote = (struct endpoint){ inner, 3406 };
	run.local = b.at.addr;
	assert_int_equal(core_udp_in(b.core, rig.now, &run, 1, rig_out(&got)),
			 1);
	assert_int_equal(got.o.nframes, 1);
	assert_true(endpoint_equal(assoc_remote(rig_peer(&b, "alpha")->assoc),
				   &a.at));
	assert_int_equal(count_known(&b, "alpha"), 1);
	end();
}

/* The network grows and takes in where a peer is: nothing goes there. */
static void
left_with_a_list(void **state)
{
	struct endpoint eps[CONN_ENDPOINTS_MAX];

	(void)state;
	begin(PREFIX ALPHA BETA);
	rig_meet(&a, &b, &out);
	rig_pass(&a, 6000);
	assert_int_equal(count_known(&a, "beta"), 1);
	assert_int_equal(a.known_writes, 1);
	rig_offer(&a, WIDER ALPHA BETA, RIG_START + 10);
	assert_false(rig_peer(&a, "beta")->up);
	assert_int_equal(assoc_remote(rig_peer(&a, "beta")->assoc)->port, 0);
	assert_int_equal(count_known(&a, "beta"), 0);
	rig_send_hello(&a, rig_out(&out));
	assert_int_equal(out.o.nruns, 0);
	/* Nor is it on the disk for the next start. */
	rig_pass(&a, 120000);
	assert_int_equal(a.known_writes, 2);
	/* The other side goes back to what is listed. */
	rig_offer(&b, WIDER ALPHA BETA, RIG_START + 10);
	assert_int_equal(assoc_remote(rig_peer(&b, "alpha")->assoc)->port, 0);
	assert_int_equal(peer_endpoints(b.core, "alpha", eps), 1);
	end();
}

/* A list that leaves the address outside leaves the session alone. */
static void
kept_with_a_list(void **state)
{
	(void)state;
	begin(PREFIX ALPHA BETA);
	rig_meet(&a, &b, &out);
	rig_offer(&a, PREFIX "prefix 192.0.3.0/24\n" ALPHA BETA,
		  RIG_START + 10);
	assert_true(rig_peer(&a, "beta")->up);
	assert_true(endpoint_equal(assoc_remote(rig_peer(&a, "beta")->assoc),
				   &b.at));
	end();
}

/* The file of an older program, or of before the network had that prefix. */
static void
not_taken_from_the_disk(void **state)
{
	struct addrcache *k = addrcache_new();
	struct endpoint eps[CONN_ENDPOINTS_MAX];
	const struct endpoint there = { inner, 3406 };
	struct actions q;
	struct action act;
	struct err e;

	(void)state;
	actions_init(&q);
	begin(PREFIX ALPHA BETA);
	addrcache_put(k, rig.now.mono, "beta", &b.at);
	addrcache_put(k, rig.now.mono, "beta", &there);
	addrcache_put(k, rig.now.mono, "alpha", &there);
	addrcache_flush(k, rig.now.mono, &q);
	assert_true(actions_next(&q, &act));
	assert_int_equal(core_load_addrcache(a.core, act.data, act.len, &e), 0);
	action_done(&act);
	assert_int_equal(addrcache_count(a.core->env.addrcache), 1);
	assert_int_equal(peer_endpoints(a.core, "beta", eps), 1);
	assert_true(endpoint_equal(&eps[0], &b.at));
	rig_start(&a);
	rig_pass(&a, 6000);
	assert_int_equal(a.known_writes, 1);
	addrcache_free(k);
	actions_free(&q);
	end();
}

static void
not_by_a_name(void **state)
{
	struct ipaddr found[2] = {
		inner, { .family = IP_V4, .b = { 192, 0, 2, 77 } }
	};
	struct endpoint eps[CONN_ENDPOINTS_MAX];

	(void)state;
	begin(PREFIX ALPHA NAMED);
	rig_start(&a);
	assert_int_equal(a.nasked, 1);
	core_resolved(a.core, rig.now, "b.example.org", found, 2, false, NULL);
	rig_drain(&a);
	assert_int_equal(peer_endpoints(a.core, "beta", eps), 1);
	assert_true(ipaddr_equal(&eps[0].addr, &found[1]));
	rig_offer(&a, WIDER ALPHA NAMED, RIG_START + 10);
	assert_int_equal(peer_endpoints(a.core, "beta", eps), 0);
	end();
}

/* Attempts under way, and those to come, when the list changes. */
static void
not_dialled(void **state)
{
	size_t pos = 0, before;
	struct conn_info info;

	(void)state;
	begin(PREFIX ALPHA BETA);
	a.silent = true;
	for (unsigned int i = 0; i < 4; i++) {
		struct endpoint ep = b.at;

		if (i < 2)
			ep.addr.b[2] = 3;
		ep.addr.b[3] = (uint8_t)(10 + i);
		addrcache_put(a.core->env.addrcache, rig.now.mono, "beta", &ep);
	}
	peer_order(rig_peer(&a, "beta"));
	rig_start(&a);
	rig_send_hello(&a, rig_out(&out));
	assert_int_equal(a.connects, 1);
	assert_int_equal(a.to[0].addr.b[2], 2);
	rig_offer(&a, WIDER ALPHA BETA, RIG_START + 10);
	before = a.connects;
	rig_pass(&a, 5000);
	for (size_t i = 1; i < a.connects; i++)
		assert_int_equal(a.to[i].addr.b[2], 3);
	assert_true(a.connects > 1 && before >= 1);
	while (conns_info(a.core->conns, &pos, &info))
		assert_true(strcmp(info.state, "ending") == 0 ||
			    info.remote.addr.b[2] == 3);
	end();
}

static void
no_connection_from_there(void **state)
{
	const struct endpoint from = { inner, 40000 };
	struct endpoint outside = b.at;
	uint32_t id;

	(void)state;
	begin(PREFIX ALPHA BETA);
	rig_start(&a);
	outside = b.at;
	assert_int_equal(core_stream_accepted(a.core, rig.now, &from), 0);
	assert_int_equal(core_drops(a.core, DROP_INSIDE), 1);
	id = core_stream_accepted(a.core, rig.now, &outside);
	assert_int_not_equal(id, 0);
	/* Nor does one stay that was outside when it came. */
	rig_offer(&a, WIDER ALPHA BETA, RIG_START + 10);
	core_stream_closed(a.core, rig.now, id, CLOSE_ORDERLY, NULL);
	assert_int_equal(core_stream_accepted(a.core, rig.now, &outside), 0);
	end();
}

/* The system would use ::ffff:10.156.2.9 as 10.156.2.9. */
static void
no_other_form(void **state)
{
	struct endpoint mapped = { .addr = { .family = IP_V6 }, .port = 3406 };

	(void)state;
	mapped.addr.b[10] = mapped.addr.b[11] = 0xff;
	memcpy(mapped.addr.b + 12, inner.b, 4);
	assert_true(ipaddr_is_v4mapped(&mapped.addr));
	assert_false(addrcache_is_usable(&mapped));
	mapped.addr.b[9] = 1;
	assert_false(ipaddr_is_v4mapped(&mapped.addr));
	assert_true(addrcache_is_usable(&mapped));
}

int
main(void)
{
	/* clang-format off */
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(not_learned_from_data),
		cmocka_unit_test(left_with_a_list),
		cmocka_unit_test(kept_with_a_list),
		cmocka_unit_test(not_taken_from_the_disk),
		cmocka_unit_test(not_by_a_name),
		cmocka_unit_test(not_dialled),
		cmocka_unit_test(no_connection_from_there),
		cmocka_unit_test(no_other_form),
	};
	/* clang-format on */

	return cmocka_run_group_tests(tests, NULL, NULL);
}
