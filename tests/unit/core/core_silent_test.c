/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Nodes that do not answer, however many, delay no other one and cost nothing
 * while nothing happens. */
#include "../format/bnl_text.h"
#include "core/conn/conn.h"
#include "core_rig.h"

#define SELF_MIDDLE "m" /* half of the names are lower */
#define TEXT_MAX ((size_t)8 << 20)
#define MANY 10000
#define SOON_MS 1000
#define STEP_MS 10 /* in which no more than RIG_TO are dialled */

static struct rig_node a;
static struct rig_out out;
static size_t nodes;

static void
add_node(struct buf *b, size_t i)
{
	bnl_text_add(b, "node %c%05zu\n  address 198.18.%zu.%zu\n",
		     i % 2 == 0 ? 'a' : 'z', i, i >> 8, i & 255);
	bnl_text_add(b, "  subnet 10.%zu.%zu.0/24\n", 200 + (i >> 8), i & 255);
}

static struct generation *
make_list(size_t n)
{
	struct errs *es = calloc(1, sizeof(*es));
	struct bnl_sign_in in = { .key = rig.key, .now.s = RIG_START };
	struct generation *g;
	struct buf text;
	size_t len;
	char *raw;

	buf_init(&text, TEXT_MAX);
	bnl_text_add(&text, "network example.org\nprefix 10.0.0.0/8\n"
			    "node " SELF_MIDDLE "\n  address 192.0.2.1\n"
			    "  subnet 10.156.1.0/24\n");
	for (size_t i = 0; i < n; i++)
		add_node(&text, i);
	in.text = (const char *)buf_data(&text);
	in.len = buf_len(&text);
	if (bnl_sign(&raw, &len, &in, es) < 0)
		fail_msg("line %u: %s", es->e[0].line, es->e[0].text);
	g = rig_build(raw, len);
	free(raw);
	free(es);
	buf_free(&text);
	return g;
}

/* A node with n others in its list, none of which answers. */
static void
begin(size_t n, const char *conf)
{
	rig_begin();
	nodes = n;
	rig_node_init(&a, SELF_MIDDLE, conf);
	a.silent = true;
	rig_new(&a, make_list(n), NULL);
}

static void
end(void)
{
	rig_free(&a);
	rig_end();
}

/* A packet for node i. */
static void
ping(size_t i)
{
	uint8_t mem[FRAME_HEADROOM + 256];
	struct tun_frame f = { .data = mem + FRAME_HEADROOM };

	f.len = rig_packet(f.data, (const uint8_t *)"x", 1);
	f.data[17] = (uint8_t)(200 + (i >> 8));
	f.data[18] = (uint8_t)(i & 255);
	slow_ip_csum(f.data);
	rig_tun_in(&a, &f, rig_out(&out));
}

static void
ping_from(size_t first, int64_t seconds)
{
	for (int64_t s = 0; s < seconds; s++) {
		for (size_t i = first; i < nodes; i++)
			ping(i);
		rig_pass(&a, 1000);
	}
}

static unsigned int
dials_of(size_t i)
{
	struct endpoint to = { .addr.family = IP_V4, .port = 3406 };
	unsigned int n = 0;

	put_be32(to.addr.b, 0xc6120000u + (uint32_t)i);
	assert_in_range(a.connects, 0, RIG_TO);
	for (size_t k = 0; k < a.connects; k++)
		n += endpoint_equal(&a.to[k], &to);
	return n;
}

/* In steps, so that all dials are kept. */
static bool
is_dialled_soon(size_t i)
{
	for (int64_t ms = 0; ms < SOON_MS; ms += STEP_MS) {
		if (dials_of(i) > 0)
			return true;
		a.connects = 0;
		rig_pass(&a, STEP_MS);
	}
	return false;
}

/* --- live ones --------------------------------------------------------------- */

/* Never dialled before, neither are those that do not answer: they all have
 * packets, and had them before. */
static void
dialled_among(size_t n, const char *conf)
{
	begin(n, conf);
	for (size_t i = 2; i < n; i++)
		ping(i);
	a.connects = 0;
	ping(0);
	ping(1);
	assert_true(is_dialled_soon(0));
	end();
	begin(n, conf);
	ping_from(2, 20);
	a.connects = 0;
	ping(1);
	assert_true(is_dialled_soon(1));
	end();
}

static void
test_first_packet(void **state)
{
	(void)state;
	dialled_among(40, "pullinterval = 24h\n");
	dialled_among(300, "pullinterval = 24h\n");
	dialled_among(1000, "pullinterval = 24h\n");
}

/* ... wherever it comes among all the others, which is nothing that could tell
 * them apart. */
static void
test_first_packet_in_a_crowd(void **state)
{
	static const size_t awaited[] = { 70, MANY / 2, MANY - 100 };

	(void)state;
	for (size_t k = 0; k < sizeof(awaited) / sizeof(awaited[0]); k++) {
		begin(MANY, "pullinterval = 24h\n");
		for (size_t i = 0; i < nodes; i++) {
			if (i % 1000 == 0)
				rig_pass(&a, 30);
			a.connects = 0;
			ping(i);
			if (i == awaited[k])
				assert_int_equal(dials_of(i), 0);
		}
		assert_true(is_dialled_soon(awaited[k]));
		end();
	}
}

static void
test_few_connections(void **state)
{
	(void)state;
	dialled_among(300, "pullinterval = 24h\nmaxconnections = 4\n");
	dialled_among(300, "pullinterval = 24h\nmaxconnections = 16\n");
}

/* Nothing waits for those that do not answer. */
static void
test_first_packet_after_start(void **state)
{
	(void)state;
	for (int64_t s = 0; s <= 256; s += 64) {
		begin(1000, "pullinterval = 24h\n");
		rig_start(&a);
		rig_pass(&a, s * 1000);
		a.connects = 0;
		ping(999);
		assert_true(is_dialled_soon(999));
		end();
	}
}

/* Which are put off, and which have failed. */
static size_t
count_put_off(unsigned int failures)
{
	size_t n = 0;

	for (size_t i = 0; i < nodes; i++) {
		const struct dialq_entry *e = &a.core->peers[i]->turn;

		n += e->put_off && e->failures == failures;
	}
	return n;
}

/* Of very many the oldest dials make room for others: their peers have not
 * failed, which is not logged, and are dialled again, slowly enough for a path
 * that is slow. */
static void
test_oldest_dials_make_room(void **state)
{
	const size_t *uses;

	(void)state;
	begin(3000, "pullinterval = 24h\n");
	for (size_t i = 0; i < nodes; i++)
		ping(i);
	uses = a.core->conns->uses;
	/* The first ones began before there was a crowd. */
	rig_pass(&a, 160);
	assert_in_range(a.connects, 700, 1024);
	assert_int_equal(uses[USE_PENDING], a.connects);
	assert_int_equal(count_put_off(0), 0);
	rig_pass(&a, 440);
	assert_int_equal(uses[USE_PENDING], 1024);
	assert_int_equal(count_put_off(0), a.connects - 1024);
	/* The second dials begin: 64 each 0.1 seconds. */
	assert_in_range(a.connects, nodes, nodes + 320);
	/* Packets go on coming, and lead to no short dials again. */
	a.connects = 0;
	ping_from(0, 1);
	rig_pass(&a, 500);
	assert_in_range(a.connects, 640, 1100);
	assert_int_equal(a.events[EVENT_NEGOTIATE_FAILED], 0);
	/* None of these goes before the time of a retransmitted SYN. */
	assert_int_equal(count_put_off(1), 0);
	rig_pass(&a, 20000);
	assert_int_equal(count_put_off(0), 0);
	end();
}

/* --- each one has its turn ---------------------------------------------------- */

/* Each is dialled again within a time that only their number decides, whether
 * packets wait for it, for others, or for none. */
static void
has_its_turn(size_t n, size_t pinged, const char *conf, int64_t within)
{
	unsigned int *dials = calloc(n, sizeof(*dials));
	size_t missed = 0;

	assert_non_null(dials);
	begin(n, conf);
	rig_start(&a);
	rig_pass(&a, 120000);
	for (int64_t s = 0; s < within; s++) {
		a.connects = 0;
		ping_from(n - pinged, 1);
		for (size_t i = 0; i < n; i++)
			dials[i] += dials_of(i);
	}
	for (size_t i = 0; i < n; i++)
		missed += dials[i] == 0;
	assert_int_equal(missed, 0);
	free(dials);
	end();
}

static void
test_turns(void **state)
{
	(void)state;
	/* 2.5 s each, six or eight at a time, and half a minute of rest. */
	has_its_turn(64, 0, "pullinterval = 24h\n", 64 * 5 / 12 + 34);
	/* Every fourth turn, while packets wait for half of them. */
	has_its_turn(64, 32, "pullinterval = 24h\n", 4 * 64 * 5 / 16 + 34);
	has_its_turn(16, 8, "pullinterval = 24h\nmaxconnections = 4\n",
		     4 * 16 * 5 / 2 + 34);
}

/* --- nothing happens ----------------------------------------------------------- */

static size_t
timers(void)
{
	return a.core->timers.count + a.core->dialq.resting.count +
	       a.core->conns->timers.count;
}

/* Turns of the loop, dials and timers, of which none depends on the number of
 * nodes. */
static void
is_quiet(bool silent, unsigned int turns_a_s, unsigned int dials_a_s)
{
	struct monotime until;
	unsigned int turns = 0;
	size_t dials;

	begin(MANY, "pullinterval = 24h\n");
	a.silent = silent;
	rig_start(&a);
	/* Each one has been dialled once. */
	rig_pass(&a, 900 * 1000);
	dials = a.connects;
	until = mono_add_ms(rig.now.mono, 60000);
	while (mono_before(core_deadline(a.core), until)) {
		if (mono_before(rig.now.mono, core_deadline(a.core)))
			rig_clock(core_deadline(a.core));
		rig_tick(&a);
		turns++;
	}
	dials = a.connects - dials;
	print_message("# %d nodes: %u turns, %zu dials a minute, %zu timers\n",
		      MANY, turns, dials, timers());
	assert_in_range(turns, 1, 60 * turns_a_s);
	assert_in_range(dials, 1, 60 * dials_a_s);
	assert_in_range(timers(), 1, MANY / 10);
	end();
}

static void
test_quiet(void **state)
{
	(void)state;
	is_quiet(true, 30, 4);
	is_quiet(false, 80, 20);
}

/* --- pairs ---------------------------------------------------------------------- */

/* A peer whose pair is due to be replaced is tried by UDP before it is dialled,
 * and not again by UDP before it was up. */
static void
test_udp_first(void **state)
{
	struct pair p;
	struct rig_node n;
	size_t sent, dials;

	(void)state;
	begin(1, "pullinterval = 24h\n");
	rig_node_init(&n, "a00000", "");
	p = rig_pair(COMP_NONE, RIG_START - 3 * PAIR_AGE_REFRESH_S);
	rig_load(&a, &n, &p);
	rig_start(&a);
	rig_tick(&a);
	assert_int_equal(a.connects, 0);
	assert_int_equal(a.nsent, 1);
	rig_pass(&a, 20000);
	/* Its list is asked for once, too. */
	assert_in_range(a.connects, 1, 2);
	dials = a.connects;
	sent = a.nsent;
	assert_in_range(sent, 2, 8);
	rig_pass(&a, 120000);
	assert_true(a.connects > dials);
	assert_int_equal(a.nsent, sent);
	conf_free(n.conf);
	end();
}

/* --- the log -------------------------------------------------------------------- */

/* An hour with a line for each node, whatever their number; then one more. */
static void
test_a_line_an_hour(void **state)
{
	(void)state;
	begin(400, "pullinterval = 24h\n");
	a.silent = false;
	rig_start(&a);
	rig_pass(&a, 3500 * 1000);
	assert_true(a.connects > 4000);
	assert_int_equal(a.logged[EVENT_NEGOTIATE_FAILED], 400);
	rig_pass(&a, 1000 * 1000);
	assert_int_equal(a.logged[EVENT_NEGOTIATE_FAILED], 800);
	end();
}

static size_t
count_heard(void)
{
	const struct entry *e;
	size_t pos = 0, n = 0;

	while ((e = names_next(&a.core->env.names, &pos)) != NULL)
		n += e->heard != NULL;
	return n;
}

/* What is remembered of nodes goes with them. */
static void
test_forgotten_with_the_list(void **state)
{
	(void)state;
	begin(400, "pullinterval = 24h\n");
	a.silent = false;
	rig_start(&a);
	rig_pass(&a, 60 * 1000);
	assert_int_equal(count_heard(), 400);
	rig_offer(&a,
		  "prefix 10.0.0.0/8\nnode " SELF_MIDDLE
		  "\n  address 192.0.2.1\n  subnet 10.156.1.0/24\n"
		  "node a00000\n  address 198.18.0.0\n",
		  RIG_START + 1);
	rig_pass(&a, 1000); /* a few at a time */
	assert_int_equal(count_heard(), 1);
	end();
}

/* Two nodes meet by their stored pair; how many lines that are depends on how
 * many there could be. */
static void
lines_of_a_start(size_t n, unsigned int events)
{
	struct rig_node b;
	struct pair p;

	begin(n, "pullinterval = 24h\n");
	rig_node_init(&b, "a00000", "pullinterval = 24h\n");
	b.silent = true;
	rig_new(&b, make_list(n), NULL);
	p = rig_pair(COMP_NONE, RIG_START - 60);
	rig_load(&a, &b, &p);
	rig_load(&b, &a, &p);
	rig_start(&a);
	rig_start(&b);
	rig_talk(&a, &b, rig_out(&out));
	assert_true(rig_peer(&a, "a00000")->up);
	assert_int_equal(a.logged[EVENT_PEER_UP], n > 30 ? 0 : 1);
	rig_pass(&a, 100 * (int64_t)n + 10000);
	assert_int_equal(a.logged[EVENT_PEER_UP], 1);
	assert_int_equal(a.events[EVENT_PEER_UP], events);
	rig_free(&b);
	end();
}

static void
test_lines_of_a_start(void **state)
{
	(void)state;
	lines_of_a_start(30, 1);
	lines_of_a_start(31, 2);
	lines_of_a_start(300, 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_packet),
		cmocka_unit_test(test_first_packet_in_a_crowd),
		cmocka_unit_test(test_few_connections),
		cmocka_unit_test(test_oldest_dials_make_room),
		cmocka_unit_test(test_first_packet_after_start),
		cmocka_unit_test(test_turns),
		cmocka_unit_test(test_quiet),
		cmocka_unit_test(test_udp_first),
		cmocka_unit_test(test_a_line_an_hour),
		cmocka_unit_test(test_forgotten_with_the_list),
		cmocka_unit_test(test_lines_of_a_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
