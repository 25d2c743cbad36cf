/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Host names in the list: when they are asked for, what becomes of answers. */
#include "core_rig.h"

#include "core/session/assoc_impl.h"
#include "core/timings.h"

#define HEAD "prefix 10.156.0.0/16\n"
#define ALPHA "node alpha\n address 192.0.2.1\n subnet 10.156.1.0/24\n"
#define BETA                                               \
	"node beta\n address beta.example.org port 4406\n" \
	" subnet 10.156.2.0/24\n"
#define GAMMA "node gamma\n address 192.0.2.3\n subnet 10.156.3.0/24\n"
#define NAME "beta.example.org"

static struct rig_node a, b;
static struct rig_out out;

static struct ipaddr
v4(uint8_t last)
{
	return (struct ipaddr){ .family = IP_V4, .b = { 198, 51, 100, last } };
}

static struct ipaddr
v6(uint8_t last)
{
	return (struct ipaddr){ .family = IP_V6,
				.b = { 0x20, 1, 0xd, 0xb8, [15] = last } };
}

static void
answer(const struct ipaddr *found, size_t n)
{
	core_resolved(a.core, rig.now, NAME, found, n, false,
		      n == 0 ? "no such name" : "");
	rig_drain(&a);
}

static void
begin(const char *conf)
{
	rig_begin();
	rig_node_init(&a, "alpha", conf);
	rig_node_init(&b, "beta", "");
	rig_new(&a, rig_list(HEAD ALPHA BETA GAMMA, RIG_START), NULL);
}

static void
end(void)
{
	rig_free(&a);
	rig_free(&b);
	rig_end();
}

static size_t
places(struct endpoint eps[CONN_ENDPOINTS_MAX])
{
	return peer_endpoints(a.core, "beta", eps);
}

static void
asked_once(void **state)
{
	struct ipaddr at = v4(7);

	(void)state;
	begin("");
	rig_start(&a);
	assert_int_equal(a.nasked, 1);
	assert_string_equal(a.asked[0], NAME);
	/* However often it is wanted, while no answer is there. */
	rig_pass(&a, 120000);
	assert_int_equal(a.nasked, 1);
	answer(&at, 1);
	assert_int_equal(a.nasked, 1);
	end();
}

static void
found_and_dialled(void **state)
{
	struct ipaddr at[] = { v4(7), v6(7), v4(7) };
	struct endpoint eps[CONN_ENDPOINTS_MAX];
	size_t before;

	(void)state;
	begin("");
	rig_start(&a);
	assert_int_equal(places(eps), 0);
	before = a.connects;
	answer(at, 3);
	assert_int_equal(places(eps), 2);
	assert_true(ipaddr_equal(&eps[0].addr, &at[0]));
	assert_true(ipaddr_equal(&eps[1].addr, &at[1]));
	assert_int_equal(eps[0].port, 4406);
	assert_int_equal(a.events[EVENT_HOST], 1);
	/* It was waited for: alpha, the lower name, dials at once. */
	assert_int_equal(a.connects, before + 2);
	assert_true(endpoint_equal(&a.to[before], &eps[0]));
	assert_true(endpoint_equal(&a.to[before + 1], &eps[1]));
	end();
}

/* The rest of the addresses, and of a family that is not wanted. */
static void
bounded_and_chosen(void **state)
{
	struct ipaddr at[] = { v6(1), v4(1), v4(2), v4(3), v4(4), v4(5) };
	struct endpoint eps[CONN_ENDPOINTS_MAX];

	(void)state;
	begin("disableipv6 = yes\n");
	rig_start(&a);
	answer(at, 6);
	assert_int_equal(places(eps), HOSTS_EACH - 1);
	for (size_t i = 0; i < HOSTS_EACH - 1; i++)
		assert_true(ipaddr_equal(&eps[i].addr, &at[i + 1]));
	end();
	begin("preferipv6 = yes\n");
	rig_start(&a);
	at[0] = v4(9);
	at[1] = v6(9);
	answer(at, 2);
	assert_int_equal(places(eps), 2);
	assert_true(ipaddr_equal(&eps[0].addr, &at[1]));
	end();
}

/* An answer is not believed where it would lead into the VPN or to us. */
static void
useless_addresses(void **state)
{
	const struct ipaddr bad[] = {
		{ .family = IP_V4, .b = { 10, 156, 3, 9 } },
		/* in the prefix, in no subnet */
		{ .family = IP_V4, .b = { 10, 156, 200, 9 } },
		{ .family = IP_V4, .b = { 127, 0, 0, 1 } },
		{ .family = IP_V4, .b = { 224, 0, 0, 1 } },
		{ .family = IP_V4 },
		{ .family = IP_V6, .b = { [15] = 1 } },
		{ .family = IP_V6, .b = { 0xfe, 0x80, [15] = 1 } },
	};
	struct endpoint eps[CONN_ENDPOINTS_MAX];
	struct ipaddr two[2] = { bad[0], v4(8) };

	(void)state;
	begin("");
	rig_start(&a);
	answer(bad, sizeof(bad) / sizeof(*bad));
	assert_int_equal(places(eps), 0);
	assert_int_equal(a.events[EVENT_HOST], 1);
	rig_pass(&a, 600000);
	answer(two, 2);
	assert_int_equal(places(eps), 1);
	assert_true(ipaddr_equal(&eps[0].addr, &two[1]));
	end();
}

/* A name server that is down: what was known stays, and it is asked again,
 * less and less often. */
static void
failures(void **state)
{
	struct endpoint eps[CONN_ENDPOINTS_MAX];
	struct ipaddr at = v4(7);
	size_t n;

	(void)state;
	begin("");
	rig_start(&a);
	answer(&at, 1);
	for (int i = 0; i < 40; i++) {
		n = a.nasked;
		rig_pass(&a, 60000);
		if (a.nasked > n)
			answer(NULL, 0);
	}
	assert_int_equal(places(eps), 1);
	/* The failure is told once. */
	assert_int_equal(a.events[EVENT_HOST], 2);
	n = a.nasked;
	rig_pass(&a, 2 * HOSTS_RETRY_MAX_MS);
	assert_int_equal(a.nasked, n + 1);
	at = v4(8);
	answer(&at, 1);
	assert_int_equal(a.events[EVENT_HOST], 3);
	assert_int_equal(places(eps), 1);
	assert_true(ipaddr_equal(&eps[0].addr, &at));
	/* And after an answer not before it may have changed. */
	n = a.nasked;
	rig_pass(&a, HOSTS_FRESH_MS / 2);
	assert_int_equal(a.nasked, n);
	end();
}

static void
same_addresses_turned_round(void **state)
{
	struct ipaddr at[2] = { v4(7), v4(8) }, round[2] = { v4(8), v4(7) };
	struct endpoint eps[CONN_ENDPOINTS_MAX];

	(void)state;
	begin("");
	rig_start(&a);
	answer(at, 2);
	answer(round, 2);
	assert_int_equal(a.events[EVENT_HOST], 1);
	assert_int_equal(places(eps), 2);
	assert_true(ipaddr_equal(&eps[0].addr, &at[0]));
	end();
}

static void
send_one(void)
{
	struct tun_frame f = { 0 };
	uint8_t packet[128];

	f.data = packet;
	f.len = rig_packet(packet, (const uint8_t *)"x", 1);
	rig_tun_in(&a, &f, rig_out(&out));
}

/* Somebody wants to reach it; the name means something else by then. */
static void
asked_again_when_unanswered(void **state)
{
	const struct pair pair = rig_pair(COMP_NONE, RIG_START - 60);
	struct ipaddr at = v4(7);
	struct endpoint eps[CONN_ENDPOINTS_MAX];
	size_t n;

	(void)state;
	begin("");
	rig_load(&a, &b, &pair);
	rig_start(&a);
	answer(&at, 1);
	n = a.nasked;
	send_one();
	/* INITs go to where nobody is; not one question for each. */
	rig_pass(&a, HOSTS_FRESH_MS + 5000);
	assert_int_equal(a.nasked, n + 1);
	at = v4(9);
	answer(&at, 1);
	assert_int_equal(places(eps), 1);
	assert_true(ipaddr_equal(&eps[0].addr, &at));
	assert_int_equal(rig_peer(&a, "beta")->assoc->neps, 1);
	end();
}

/* A packet waits for a node whose address is not known yet. */
static void
a_packet_waits(void **state)
{
	struct ipaddr at = v4(7);
	size_t before;

	(void)state;
	begin("");
	/* Not the lower name: it would not dial for nothing. */
	rig_free(&a);
	rig_node_init(&a, "zeta", "");
	rig_new(&a,
		rig_list(HEAD BETA "node zeta\n subnet 10.156.1.0/24\n",
			 RIG_START),
		NULL);
	rig_start(&a);
	send_one();
	before = a.connects;
	answer(&at, 1);
	assert_int_equal(a.connects, before + 1);
	assert_int_equal(rig_peer(&a, "beta")->wait.packets, 1);
	end();
}

/* --- turns ------------------------------------------------------------------- */

#define MANY 20

static void
many(struct hosts **h, struct core_env *env, struct actions *q)
{
	rig_begin();
	memset(env, 0, sizeof(*env));
	actions_init(q);
	env->actions = q;
	env->now = rig.now;
	*h = hosts_new(&rig.rng);
	assert_non_null(*h);
}

/* The names asked for since the last time: "3 4 7". */
static const char *
asked(struct actions *q)
{
	static char text[256];
	struct action act;
	size_t len = 0;

	text[0] = '\0';
	while (actions_next(q, &act)) {
		if (act.kind == ACTION_RESOLVE)
			len += (size_t)snprintf(text + len, sizeof(text) - len,
						"%s%s", len > 0 ? " " : "",
						act.text);
		action_done(&act);
	}
	return text;
}

static void
answers(struct hosts *h, struct core_env *env, const char *name, bool found)
{
	struct ipaddr at = v4(1);

	(void)hosts_answer(h, env, name, &at, found, false, "silent");
}

static void
side_by_side(void **state)
{
	struct core_env env;
	struct actions q;
	struct hosts *h;
	char name[8];

	(void)state;
	many(&h, &env, &q);
	for (int i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "%d", i);
		hosts_want(h, &env, name, false);
	}
	/* Two places of eight are left to those that packets wait for. */
	assert_string_equal(asked(&q), "0 1 2 3 4 5");
	hosts_want(h, &env, "17", true);
	hosts_want(h, &env, "new", true);
	assert_string_equal(asked(&q), "17 new");
	hosts_want(h, &env, "18", true);
	hosts_want(h, &env, "18", true);
	hosts_want(h, &env, "18", false);
	assert_string_equal(asked(&q), "");
	answers(h, &env, "3", true);
	assert_string_equal(asked(&q), "18");
	answers(h, &env, "17", true);
	answers(h, &env, "new", true);
	answers(h, &env, "18", true);
	assert_string_equal(asked(&q), "6");
	/* A part of an answer is used, and its place is not free yet. */
	(void)hosts_answer(h, &env, "6", &(struct ipaddr){ .family = IP_V4 }, 1,
			   true, "");
	assert_false(hosts_lacks(h, "6", &(const char *){ NULL }));
	assert_string_equal(asked(&q), "");
	answers(h, &env, "6", true);
	assert_string_equal(asked(&q), "7");
	/* Two left their places in the line, and the others kept theirs. */
	for (int i = 7; i < 16; i++) {
		char next[12];

		snprintf(name, sizeof(name), "%d", i);
		snprintf(next, sizeof(next), "%d", i + 1);
		answers(h, &env, name, true);
		assert_string_equal(asked(&q), next);
	}
	answers(h, &env, "16", true);
	assert_string_equal(asked(&q), "19");
	answers(h, &env, "19", true);
	assert_string_equal(asked(&q), "");
	actions_free(&q);
	hosts_free(h);
	rig_end();
}

/* A silent name server takes half of the places at most, once that is known. */
static void
silent_names(void **state)
{
	struct core_env env;
	struct actions q;
	struct hosts *h;
	char name[8];

	(void)state;
	many(&h, &env, &q);
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 8; i++) {
			snprintf(name, sizeof(name), "%d", i);
			hosts_want(h, &env, name, true);
		}
		assert_string_equal(asked(&q),
				    round == 0 ? "0 1 2 3 4 5 6 7" : "0 1 2 3");
		for (int i = 0; i < 8 && round == 0; i++) {
			snprintf(name, sizeof(name), "%d", i);
			answers(h, &env, name, false);
		}
		(void)asked(&q);
		env.now.mono = mono_add_ms(env.now.mono, HOSTS_RETRY_MS);
	}
	/* Packets wait: the time between two tries does not grow. */
	answers(h, &env, "0", false);
	assert_string_equal(asked(&q), "4");
	env.now.mono = mono_add_ms(env.now.mono, HOSTS_RETRY_MS);
	hosts_want(h, &env, "0", false);
	answers(h, &env, "4", true);
	assert_string_equal(asked(&q), "5");
	hosts_want(h, &env, "0", true);
	answers(h, &env, "5", true);
	assert_string_equal(asked(&q), "6");
	answers(h, &env, "6", true);
	assert_string_equal(asked(&q), "7");
	answers(h, &env, "7", true);
	assert_string_equal(asked(&q), "0");
	hosts_want(h, &env, "8", true);
	hosts_want(h, &env, "good", false);
	assert_string_equal(asked(&q), "8 good");
	actions_free(&q);
	hosts_free(h);
	rig_end();
}

/* What is asked for keeps its place when the list does not name it any more. */
static void
names_that_go(void **state)
{
	struct generation *g;
	struct core_env env;
	struct actions q;
	struct hosts *h;
	size_t at = 0;
	char name[8];

	(void)state;
	many(&h, &env, &q);
	g = rig_list(HEAD ALPHA BETA, RIG_START);
	for (int i = 0; i < 10; i++) {
		snprintf(name, sizeof(name), "%d", i);
		hosts_want(h, &env, name, true);
	}
	hosts_want(h, &env, NAME, true);
	assert_string_equal(asked(&q), "0 1 2 3 4 5 6 7");
	/* A few at a time. */
	assert_false(hosts_keep(h, &g->listed, &at, 4));
	assert_true(hosts_keep(h, &g->listed, &at, 100));
	assert_string_equal(asked(&q), "");
	answers(h, &env, "5", true);
	assert_string_equal(asked(&q), NAME);
	assert_true(hosts_lacks(h, "5", &(const char *){ NULL }));
	answers(h, &env, NAME, true);
	hosts_want(h, &env, "5", true);
	assert_string_equal(asked(&q), "5");
	generation_free(g);
	actions_free(&q);
	hosts_free(h);
	rig_end();
}

static void
forgotten_with_the_list(void **state)
{
	struct endpoint eps[CONN_ENDPOINTS_MAX];
	struct ipaddr at = v4(7);

	(void)state;
	begin("");
	rig_start(&a);
	answer(&at, 1);
	/* Still in the list, under another node: known. */
	rig_offer(&a,
		  HEAD ALPHA "node beta\n address 192.0.2.2\n"
			     " subnet 10.156.2.0/24\nnode gamma\n address " NAME
			     "\n"
			     " subnet 10.156.3.0/24\n",
		  RIG_START + 10);
	assert_int_equal(peer_endpoints(a.core, "gamma", eps), 1);
	assert_true(ipaddr_equal(&eps[0].addr, &at));
	assert_int_equal(eps[0].port, 3406);
	assert_int_equal(a.nasked, 1);
	rig_offer(&a, HEAD ALPHA GAMMA, RIG_START + 20);
	/* An answer that comes too late, and one that nobody asked for. */
	answer(&at, 1);
	core_resolved(a.core, rig.now, "elsewhere.example.org", &at, 1, false,
		      "");
	assert_int_equal(a.events[EVENT_HOST], 1);
	rig_offer(&a, HEAD ALPHA BETA, RIG_START + 30);
	assert_int_equal(places(eps), 0);
	assert_int_equal(a.nasked, 2);
	end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(asked_once),
		cmocka_unit_test(found_and_dialled),
		cmocka_unit_test(bounded_and_chosen),
		cmocka_unit_test(useless_addresses),
		cmocka_unit_test(failures),
		cmocka_unit_test(same_addresses_turned_round),
		cmocka_unit_test(asked_again_when_unanswered),
		cmocka_unit_test(a_packet_waits),
		cmocka_unit_test(side_by_side),
		cmocka_unit_test(silent_names),
		cmocka_unit_test(names_that_go),
		cmocka_unit_test(forgotten_with_the_list),
	};

	return cmocka_run_group_tests_name("hosts", tests, NULL, NULL);
}
