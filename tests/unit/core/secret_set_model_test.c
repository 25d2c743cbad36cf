/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two nodes negotiate with each other in every order that chance finds:
 * both dial, messages are late or lost, connections end on one side only,
 * writes fail with and without effect, nodes crash and start again from what
 * their disk holds, and packets prove pairs long after they were sent. Once
 * both have held one secret at one time, they share one for ever.
 */
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

#define CONNECTIONS 6
#define SESSIONS 6
#define QUEUE 4
#define STEPS 500
#define RUNS 1500

enum { LOWER, HIGHER };
static const char *const names[2] = { "alpha", "beta" };

struct message {
	enum { HELLO, CONFIRM } kind;
	struct hello_held held[PAIR_HELD_MAX];
	uint8_t n;
};

enum end_state { CLOSED, START, WAIT_HELLO, SETTLING, WAIT_CONFIRM, STORING };

struct end {
	enum end_state state;
	struct message in[QUEUE]; /* on its way here */
	unsigned int nin;
	struct hello_held peers[PAIR_HELD_MAX];
	uint8_t npeers;
};

struct chan {
	bool used;
	int dialler;
	bool accepted;
	bool slow;	  /* its bytes take their time */
	unsigned int seq; /* as the listener counts them */
	uint32_t generation;
	uint8_t id[PAIR_ID_LEN];
	struct end end[2]; /* by node */
};

struct session {
	bool used;
	uint8_t id[PAIR_ID_LEN];
	int initiator;
	bool alive[2];
	unsigned int packets[2]; /* on their way to node i */
	enum { INIT_SENT, RESP_SENT, DONE } stage;
};

struct node {
	struct core_env env;
	struct rng_seeded seed;
	struct actions actions;
	struct secret_store *pairs;
	uint8_t disk[PAIR_RECORD_MAX];
	size_t disklen;
	struct action write; /* under way */
	bool writing;
	unsigned int accepts, newest; /* newest accepted HELLO's seq */
};

static struct node node[2];
static struct chan chans[CONNECTIONS];
static struct session sessions[SESSIONS];
static struct rng rng;
static unsigned int pairs_made;
static bool shared_once;
static uint64_t runs = RUNS, last_seed;
/* In every run something else is frequent. */
static struct {
	uint32_t dial, conn, disk, session, crash, breaks, fails;
} weight;

/* What was seen to happen in all runs: the model must not be asleep. */
static unsigned long seen_shared, seen_full, seen_proofs, seen_crashes;

static uint32_t
pick(uint32_t n)
{
	return rng_below(&rng, n);
}

static void
collect(struct node *n)
{
	struct action a;

	while (actions_next(&n->actions, &a)) {
		if (a.kind == ACTION_STORE_PAIR) {
			assert_false(n->writing);
			n->writing = true;
			n->write = a;
			continue;
		}
		action_done(&a);
	}
}

static void
start(int i)
{
	struct node *n = &node[i];
	struct pair_record r;
	struct err e;

	n->pairs = secret_store_new(&n->env);
	assert_non_null(n->pairs);
	if (n->disklen == 0)
		return;
	assert_int_equal(pair_record_decode(&r, n->disk, n->disklen, &e), 0);
	assert_int_equal(secret_store_load(n->pairs, &r), 0);
}

static void
disk_write(struct node *n)
{
	memcpy(n->disk, n->write.data, n->write.len);
	n->disklen = n->write.len;
}

static const struct pair_record *
held(int i)
{
	return secret_store_get(node[i].pairs, names[!i]);
}

static bool
holds(int i, const uint8_t id[PAIR_ID_LEN])
{
	const struct pair_record *r = held(i);

	return r != NULL && secret_set_find(r, id) >= 0;
}

static void
crash(int i)
{
	struct node *n = &node[i];

	seen_crashes++;
	if (n->writing) {
		if (pick(2) == 0)
			disk_write(n);
		action_done(&n->write);
		n->writing = false;
	}
	actions_free(&n->actions);
	secret_store_free(n->pairs);
	n->accepts = n->newest = 0;
	for (int c = 0; c < CONNECTIONS; c++) {
		struct chan *ch = &chans[c];

		if (!ch->used)
			continue;
		ch->end[i].state = CLOSED;
		ch->end[i].nin = 0;
		/* What the listener counts starts anew; nothing of the
		 * old connections reaches it. */
		if (ch->dialler != i)
			ch->accepted = false;
		if (ch->dialler != i)
			ch->used = ch->end[!i].state != CLOSED;
	}
	for (int s = 0; s < SESSIONS; s++) {
		sessions[s].alive[i] = false;
		sessions[s].packets[i] = 0;
		if (sessions[s].stage != DONE && sessions[s].initiator == i)
			sessions[s].stage = DONE;
	}
	start(i);
}

static void
finish_write(int i)
{
	struct node *n = &node[i];
	struct action w = n->write;
	unsigned int how = pick(weight.fails);

	if (!n->writing)
		return;
	if (how != 0)
		disk_write(n);
	n->writing = false;
	assert_true(secret_store_stored(n->pairs, w.ticket, how > 1));
	action_done(&w);
	collect(n);
}

/* --- connections ------------------------------------------------------------ */

static void
dial(int i)
{
	struct chan *ch = NULL;

	for (int c = 0; c < CONNECTIONS; c++) {
		if (chans[c].used && chans[c].dialler == i)
			chans[c].end[i].state = CLOSED;
		if (!chans[c].used)
			ch = &chans[c];
	}
	if (ch == NULL)
		return;
	memset(ch, 0, sizeof(*ch));
	ch->used = true;
	ch->dialler = i;
	ch->slow = pick(4) == 0;
	pairs_made++;
	memcpy(ch->id, &pairs_made, sizeof(pairs_made));
	ch->end[i].state = START;
}

static void
say(struct chan *ch, int to, const struct message *m)
{
	struct end *e = &ch->end[to];

	assert_in_range(e->nin, 0, QUEUE - 1);
	e->in[e->nin++] = *m;
}

static void
say_hello(struct chan *ch, int from)
{
	struct message m = { .kind = HELLO };
	struct secret_store *ps = node[from].pairs;

	secret_store_list(ps, names[!from], m.held, &m.n);
	say(ch, !from, &m);
	for (unsigned int k = 0; k < m.n; k++)
		if (m.held[k].generation > ch->generation)
			ch->generation = m.held[k].generation;
}

static void
say_confirm(struct chan *ch, int from)
{
	struct message m = { .kind = CONFIRM };

	say(ch, !from, &m);
}

static void
take_hello(struct chan *ch, int i, const struct message *m)
{
	struct end *e = &ch->end[i];
	struct node *n = &node[i];

	if (ch->dialler == i) {
		secret_store_hello(n->pairs, names[!i], i == LOWER, m->held,
				   m->n);
		collect(n);
		say_confirm(ch, i);
		e->state = WAIT_CONFIRM;
		return;
	}
	if (ch->seq < n->newest) {
		e->state = CLOSED; /* stale */
		return;
	}
	n->newest = ch->seq;
	/* Who is behind an older one that has not said HELLO yet is not
	 * known: those are told by their number when they do. */
	for (int c = 0; c < CONNECTIONS; c++)
		if (&chans[c] != ch && chans[c].used && chans[c].dialler != i &&
		    chans[c].seq < ch->seq &&
		    chans[c].end[i].state > WAIT_HELLO)
			chans[c].end[i].state = CLOSED;
	memcpy(e->peers, m->held, sizeof(m->held));
	e->npeers = m->n;
	e->state = SETTLING;
}

static void
take_confirm(struct chan *ch, int i)
{
	struct pair p = { .generation = ch->generation + 1,
			  .lower_dialled = ch->dialler == LOWER,
			  .cipher = AEAD_AES_128_GCM };

	memcpy(p.id, ch->id, sizeof(p.id));
	assert_int_equal(secret_store_add(node[i].pairs, names[!i], &p), 0);
	collect(&node[i]);
	ch->end[i].state = STORING;
}

/* Whatever an end can do by itself. */
static void
push_on(struct chan *ch, int i)
{
	struct end *e = &ch->end[i];
	struct node *n = &node[i];

	switch (e->state) {
	case START:
		if (ch->accepted && secret_store_settled(n->pairs, names[!i])) {
			say_hello(ch, i);
			e->state = WAIT_HELLO;
		}
		break;
	case SETTLING:
		if (!secret_store_settled(n->pairs, names[!i]))
			break;
		secret_store_hello(n->pairs, names[!i], i != LOWER, e->peers,
				   e->npeers);
		collect(n);
		e->npeers = 0;
		if (!secret_store_settled(n->pairs, names[!i]))
			break;
		say_hello(ch, i);
		say_confirm(ch, i);
		e->state = WAIT_CONFIRM;
		break;
	case STORING:
		if (secret_store_place(n->pairs, names[!i], ch->id) !=
		    PAIR_STORING)
			e->state = CLOSED;
		break;
	default:
		break;
	}
}

static void
deliver(struct chan *ch, int i)
{
	struct end *e = &ch->end[i];
	struct message m = e->in[0];

	if (e->nin == 0)
		return;
	if (e->state == WAIT_HELLO && m.kind != HELLO)
		return;
	if (e->state == CLOSED || e->state == STORING) {
		e->nin = 0;
		return;
	}
	if (e->state != WAIT_HELLO && e->state != WAIT_CONFIRM)
		return;
	memmove(&e->in[0], &e->in[1], --e->nin * sizeof(e->in[0]));
	if (m.kind == HELLO)
		take_hello(ch, i, &m);
	else
		take_confirm(ch, i);
}

static void
conn_step(struct chan *ch)
{
	int listener = !ch->dialler;

	if (!ch->used || (ch->slow && pick(12) != 0))
		return;
	if (!ch->accepted) {
		/* The connection arrives, in whatever order: also when the
		 * dialler has given it up. */
		if (ch->end[ch->dialler].state == CLOSED && pick(2) == 0) {
			ch->used = false;
			return;
		}
		ch->accepted = true;
		ch->seq = ++node[listener].accepts;
		ch->end[listener].state = WAIT_HELLO;
		return;
	}
	push_on(ch, (int)pick(2));
	deliver(ch, (int)pick(2));
	if (pick(weight.breaks) == 0)
		ch->end[pick(2)].state = CLOSED;
	if (ch->end[0].state == CLOSED && ch->end[1].state == CLOSED)
		ch->used = false;
}

/* --- sessions ------------------------------------------------------------ */

static void
session_start(int i)
{
	const struct pair_record *r = held(i);

	for (int s = 0; s < SESSIONS && r != NULL; s++) {
		struct session *se = &sessions[s];

		if (se->used)
			continue;
		memset(se, 0, sizeof(*se));
		se->used = true;
		se->initiator = i;
		memcpy(se->id, r->pairs[pick(r->n)].id, PAIR_ID_LEN);
		return;
	}
}

static void
session_step(struct session *se)
{
	int i = (int)pick(2), a = se->initiator;

	if (!se->used)
		return;
	switch (se->stage) {
	case INIT_SENT:
		if (holds(!a, se->id)) {
			se->alive[!a] = true;
			se->stage = RESP_SENT;
		} else {
			se->used = false;
		}
		break;
	case RESP_SENT:
		/* A try under a secret that is gone was given up. */
		se->alive[a] = holds(a, se->id);
		se->stage = DONE;
		break;
	case DONE:
		if (se->alive[i] && (i == a || se->packets[i] > 0) &&
		    pick(2) == 0)
			se->packets[!i]++;
		if (se->alive[i] && se->packets[i] > 0) {
			seen_proofs += secret_store_prove(node[i].pairs,
							  names[!i], se->id);
			collect(&node[i]);
		}
		if (pick(30) == 0)
			se->used = false;
		break;
	}
}

/* --- the law ------------------------------------------------------------- */

static void
check(void)
{
	const struct pair_record *l = held(LOWER), *h = held(HIGHER);
	bool shared = false;

	for (int i = 0; i < 2; i++) {
		const struct pair_record *r = held(i);

		for (unsigned int k = 0; r != NULL && k < r->n; k++) {
			assert_true(r->n <= PAIR_HELD_MAX);
			seen_full += r->n == PAIR_HELD_MAX;
			if (k == 0)
				continue;
			assert_true(pair_less(&r->pairs[k], &r->pairs[k - 1]));
			/* Only the least may be proven. */
			assert_false(r->pairs[k - 1].proven);
		}
	}
	if (l != NULL && h != NULL)
		for (unsigned int k = 0; k < l->n; k++)
			shared |= secret_set_find(h, l->pairs[k].id) >= 0;
	if (shared_once)
		assert_true(shared);
	shared_once = shared;
	seen_shared += shared;
}

static void
step(void)
{
	uint32_t what = pick(weight.dial + weight.conn + weight.disk +
			     weight.session + weight.crash);
	int i = (int)pick(2);

	if (what < weight.dial) {
		dial(i);
		return;
	}
	what -= weight.dial;
	if (what < weight.conn) {
		conn_step(&chans[pick(CONNECTIONS)]);
		return;
	}
	what -= weight.conn;
	if (what < weight.disk) {
		finish_write(i);
		node[i].env.now.mono = mono_add_ms(node[i].env.now.mono, 10000);
		secret_store_tick(node[i].pairs);
		collect(&node[i]);
		return;
	}
	what -= weight.disk;
	if (what < weight.crash) {
		crash(i);
		return;
	}
	if (pick(6) == 0)
		session_start(i);
	else
		session_step(&sessions[pick(SESSIONS)]);
}

static void
weights(void)
{
	weight.dial = 1 + pick(4);
	weight.conn = 30 + pick(60);
	weight.disk = 5 + pick(30);
	weight.session = 10 + pick(120);
	weight.crash = pick(3);
	weight.breaks = 10 + pick(200);
	weight.fails = 5 + pick(100);
}

static void
run(uint64_t seed)
{
	static struct rng_seeded state;

	rng = rng_seeded(&state, seed);
	memset(chans, 0, sizeof(chans));
	memset(sessions, 0, sizeof(sessions));
	shared_once = false;
	weights();
	for (int i = 0; i < 2; i++) {
		struct node *n = &node[i];

		memset(n, 0, sizeof(*n));
		actions_init(&n->actions);
		n->env.actions = &n->actions;
		n->env.rng = rng_seeded(&n->seed, seed);
		n->env.now.mono.ns = 1;
		start(i);
	}
	for (int k = 0; k < STEPS; k++) {
		step();
		check();
	}
	for (int i = 0; i < 2; i++) {
		if (node[i].writing)
			action_done(&node[i].write);
		actions_free(&node[i].actions);
		secret_store_free(node[i].pairs);
	}
}

static void
a_shared_secret_survives(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= runs; seed++) {
		last_seed = seed;
		run(seed);
	}
	print_message("# shared %lu, full %lu, proofs %lu, crashes %lu\n",
		      seen_shared, seen_full, seen_proofs, seen_crashes);
	assert_true(seen_shared > runs * 50);
	assert_true(seen_full > runs);
	assert_true(seen_proofs > runs / 10);
	assert_true(seen_crashes > runs);
}

static int
tell_seed(void **state)
{
	(void)state;
	print_message("# the last seed was %lu\n", (unsigned long)last_seed);
	return 0;
}

/* An argument: so many runs. */
int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(a_shared_secret_survives, tell_seed),
	};

	if (argc > 1)
		runs = strtoul(argv[1], NULL, 10);
	return cmocka_run_group_tests_name("pairset_model", tests, NULL, NULL);
}
