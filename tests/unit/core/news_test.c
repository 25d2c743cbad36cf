/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A list is announced in sessions, and receipts for it come by them: no
 * connection is ever made here. */
#include "core_rig.h"

#define MANY 20
#define HEAD "prefix 10.156.0.0/16\n"

static struct rig_node a, peers[MANY];
static struct rig_out out;
static size_t npeers;

/* A list of alpha and n1, n2, ...; hidden: alpha has no address in it. */
static const char *
body(bool hidden)
{
	static char text[4096];
	size_t len = (size_t)snprintf(text, sizeof(text),
				      HEAD "node alpha\n%s"
					   "  subnet 10.156.100.0/24\n",
				      hidden ? "" : "  address 192.0.2.100\n");

	for (unsigned int i = 1; i <= npeers; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len,
					"node n%u\n  address 192.0.2.%u\n"
					"  subnet 10.156.%u.0/24\n",
					i, i, i);
	return text;
}

static void
meet(struct rig_node *n)
{
	for (int i = 0;
	     i < 20 && !(rig_peer(&a, n->name)->up && rig_peer(n, "alpha")->up);
	     i++) {
		rig_talk(&a, n, rig_out(&out));
		rig_clock(mono_add_ms(rig.now.mono, 500));
	}
	assert_true(rig_peer(&a, n->name)->up);
	assert_true(rig_peer(n, "alpha")->up);
}

/* alpha has a session with each of n others. */
static void
begin(size_t n, bool hidden)
{
	char name[8];

	npeers = n;
	rig_begin();
	rig_node_init(&a, "alpha", "");
	a.silent = true;
	rig_new(&a, rig_list(body(hidden), RIG_START), NULL);
	for (size_t i = 0; i < n; i++) {
		struct pair p = rig_pair(COMP_NONE, RIG_START - 60);

		snprintf(name, sizeof(name), "n%zu", i + 1);
		rig_node_init(&peers[i], name, "");
		peers[i].silent = true;
		rig_new(&peers[i], rig_list(body(hidden), RIG_START), NULL);
		rig_load(&a, &peers[i], &p);
		rig_load(&peers[i], &a, &p);
	}
	rig_start(&a);
	for (size_t i = 0; i < n; i++) {
		rig_start(&peers[i]);
		meet(&peers[i]);
	}
	/* Nothing is under way. */
	rig_pass(&a, 10000);
	a.connects = 0;
	for (size_t i = 0; i < n; i++)
		peers[i].connects = 0;
}

static void
end(void)
{
	for (size_t i = 0; i < npeers; i++)
		rig_free(&peers[i]);
	rig_free(&a);
	rig_end();
}

/* How often a node of the list was dialled. */
static unsigned int
dials(const struct rig_node *n, uint32_t host)
{
	unsigned int count = 0;

	assert_true(n->connects <= RIG_TO);
	for (size_t i = 0; i < n->connects; i++)
		count += get_be32(n->to[i].addr.b) == 0xc0000200u + host;
	return count;
}

static bool
has_told(const char *name)
{
	struct peer_info p;

	core_peer_info(a.core, rig.now, core_peer_find(a.core, name), &p);
	return bnl_version_cmp(&p.version, &a.core->env.version) == 0;
}

/* Some peers are told at once, the others a little later, in several turns. */
static void
test_round(void **state)
{
	size_t before, turn;
	int turns = 0;

	(void)state;
	begin(MANY, false);
	before = a.nsent;
	rig_offer(&a, body(false), RIG_START + 1);
	assert_int_equal(a.nsent - before, 8);
	rig_pass(&a, 200);
	assert_int_equal(a.nsent - before, 8);
	while (a.nsent - before < MANY) {
		turn = a.nsent;
		rig_pass(&a, 5);
		assert_in_range(a.nsent - turn, 0, 10);
		assert_in_range(turns++, 0, 100);
	}
	rig_pass(&a, 1000);
	assert_int_equal(a.nsent - before, MANY);
	end();
}

/* The peer fetches it, and has nothing to say before it has it. */
static void
test_receipt(void **state)
{
	size_t first, answer;

	(void)state;
	begin(1, false);
	first = a.nsent;
	answer = peers[0].nsent;
	rig_offer(&a, body(false), RIG_START + 1);
	assert_int_equal(a.nsent - first, 1);
	rig_carry(&a, first, &peers[0], rig_out(&out));
	assert_int_equal(peers[0].nsent, answer);
	assert_int_equal(dials(&peers[0], 100), 1);
	assert_int_equal(dials(&a, 1), 0);
	assert_false(has_told("n1"));
	/* From wherever it has it. */
	rig_offer(&peers[0], body(false), RIG_START + 1);
	assert_int_equal(peers[0].nsent - answer, 1);
	rig_carry(&peers[0], answer, &a, rig_out(&out));
	assert_true(has_told("n1"));
	/* Both have said so: there is nothing to answer. */
	rig_pass(&a, 1000);
	assert_int_equal(a.nsent - first, 1);
	end();
}

/* A peer that does not answer is asked a few times, then dialled. */
static void
test_silent(void **state)
{
	size_t first;

	(void)state;
	begin(1, false);
	first = a.nsent;
	rig_offer(&a, body(false), RIG_START + 1);
	core_push(a.core, rig.now);
	rig_drain(&a);
	rig_pass(&a, 1900);
	assert_int_equal(dials(&a, 1), 0);
	assert_in_range(a.nsent - first, 3, 6);
	rig_pass(&a, 2000);
	assert_int_equal(dials(&a, 1), 1);
	end();
}

/* A receipt that was lost comes with the answer to the next question. */
static void
test_receipt_is_lost(void **state)
{
	size_t first;

	(void)state;
	begin(1, false);
	rig_offer(&a, body(false), RIG_START + 1);
	core_push(a.core, rig.now);
	rig_drain(&a);
	rig_offer(&peers[0], body(false), RIG_START + 1);
	assert_false(has_told("n1"));
	first = a.nsent;
	while (a.nsent == first)
		rig_pass(&a, 10);
	rig_talk(&a, &peers[0], rig_out(&out));
	first = peers[0].nsent - 1;
	rig_carry(&a, a.nsent - 1, &peers[0], rig_out(&out));
	rig_carry(&peers[0], first, &a, rig_out(&out));
	assert_true(has_told("n1"));
	rig_pass(&a, 5000);
	assert_int_equal(dials(&a, 1), 0);
	end();
}

/* Nobody could fetch the list from a node without an address: it connects. It
 * tells those that have the list that it has the same one. */
static void
test_no_address(void **state)
{
	size_t first;

	(void)state;
	begin(1, true);
	first = a.nsent;
	rig_offer(&a, body(true), RIG_START + 1);
	rig_pass(&a, 1000);
	assert_int_equal(a.nsent, first);
	assert_int_equal(dials(&a, 1), 1);
	rig_offer(&peers[0], body(true), RIG_START + 1);
	rig_carry(&peers[0], peers[0].nsent - 1, &a, rig_out(&out));
	assert_true(has_told("n1"));
	assert_int_equal(a.nsent - first, 1);
	end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round),
		cmocka_unit_test(test_receipt),
		cmocka_unit_test(test_silent),
		cmocka_unit_test(test_receipt_is_lost),
		cmocka_unit_test(test_no_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
