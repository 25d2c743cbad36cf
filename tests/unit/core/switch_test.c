/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A large list comes into force. The turn of the loop in which it does costs
 * what changed, and not what the list is long; and in that very turn a node that
 * left, or has another key, has no session and no subnet any more. What may wait
 * is done in turns that are bounded as well.
 *
 * Work is counted: each call of a function that looks at a node or a peer.
 */
#include "core_rig.h"

#include "core/conn/conn.h"
#include "core/conn/conn_heard.h"

#include "../format/bnl_text.h"

#define SMALL 500
#define LARGE 5000
#define BYTES (4u << 20)

static size_t work;

/* NOLINTBEGIN(bugprone-reserved-identifier) */
int __real_strcmp(const char *a, const char *b);
int __wrap_strcmp(const char *a, const char *b);
void *__real_table_get(const struct table *t, const void *key, size_t len);
void *__wrap_table_get(const struct table *t, const void *key, size_t len);
void *__real_table_next(const struct table *t, size_t *pos);
void *__wrap_table_next(const struct table *t, size_t *pos);
unsigned int __real_assoc_judge(struct assoc *l, struct core_env *env);
unsigned int __wrap_assoc_judge(struct assoc *l, struct core_env *env);
bool __real_assoc_can_send(const struct assoc *l, struct monotime now);
bool __wrap_assoc_can_send(const struct assoc *l, struct monotime now);
bool __real_peer_rests(const struct peer *p);
bool __wrap_peer_rests(const struct peer *p);
void __real_peer_settle(struct peer *p);
void __wrap_peer_settle(struct peer *p);

int
__wrap_strcmp(const char *a, const char *b)
{
	work++;
	return __real_strcmp(a, b);
}

void *
__wrap_table_get(const struct table *t, const void *key, size_t len)
{
	work++;
	return __real_table_get(t, key, len);
}

void *
__wrap_table_next(const struct table *t, size_t *pos)
{
	work++;
	return __real_table_next(t, pos);
}

unsigned int
__wrap_assoc_judge(struct assoc *l, struct core_env *env)
{
	work++;
	return __real_assoc_judge(l, env);
}

bool
__wrap_assoc_can_send(const struct assoc *l, struct monotime now)
{
	work++;
	return __real_assoc_can_send(l, now);
}

bool
__wrap_peer_rests(const struct peer *p)
{
	work++;
	return __real_peer_rests(p);
}

void
__wrap_peer_settle(struct peer *p)
{
	work++;
	__real_peer_settle(p);
}
/* NOLINTEND(bugprone-reserved-identifier) */

/* --- a large list ------------------------------------------------------------ */

#define HEAD "network example.org\nprefix 10.0.0.0/8\nprefix fd00:c1::/32\n"
#define ALPHA "node alpha\n  address 192.0.2.1\n  subnet 10.156.1.0/24\n"
#define BETA "node beta\n  address 192.0.2.2\n  subnet 10.156.2.0/24\n"
#define KEY(byte)                                                             \
	"sha256:" byte byte byte byte byte byte byte byte byte byte byte byte \
		byte byte byte byte byte byte byte byte byte byte byte byte   \
			byte byte byte byte byte byte byte byte
#define ALPHA_KEY ALPHA "  key " KEY("01") "\n"
#define ALPHA_MOVED "node alpha\n  address 192.0.2.1\n  subnet 10.156.3.0/24\n"
#define BETA_MOVED "node beta\n  address 192.0.2.2\n  subnet 10.156.3.0/24\n"

static struct rig_node a, b;
static struct rig_out out;

/* Signed; n nodes beside those of the body, whose names are before them. */
static char *
large_list(size_t n, const char *body, int64_t at, size_t *len)
{
	struct bnl_sign_in in = { .key = rig.key, .now.s = at };
	struct errs *es = calloc(1, sizeof(*es));
	struct buf text;
	char *raw;

	buf_init(&text, BYTES);
	assert_int_equal(buf_put(&text, HEAD, strlen(HEAD)), 0);
	assert_int_equal(buf_put(&text, body, strlen(body)), 0);
	for (size_t i = 0; i < n; i++) {
		bnl_text_add(&text, "node a%05zu\n  address 198.18.%zu.%zu\n",
			     i, i >> 8, i & 255);
		bnl_text_subnets(&text, 0, i);
	}
	in.text = (const char *)buf_data(&text);
	in.len = buf_len(&text);
	if (bnl_sign(&raw, len, &in, es) < 0)
		fail_msg("%s", es->e[0].text);
	buf_free(&text);
	free(es);
	return raw;
}

static struct generation *
large_generation(size_t n, const char *body, int64_t at)
{
	struct generation *g;
	size_t len;
	char *raw = large_list(n, body, at, &len);

	g = rig_build(raw, len);
	free(raw);
	return g;
}

static size_t
count_call(size_t most)
{
	return work > most ? work : most;
}

/* Returns the work of the longest call by which the list comes into force: what
 * the worker does is not counted, nor is anything that follows. */
static size_t
take(struct rig_node *n, size_t nodes, const char *body, int64_t at)
{
	size_t len, most = 0;
	char *raw = large_list(nodes, body, at, &len);
	struct generation *g;
	struct action x;

	core_list_offer(n->core, rig.now, raw, len);
	free(raw);
	while (core_next_action(n->core, &x)) {
		switch (x.kind) {
		case ACTION_BUILD_LIST:
			g = rig_receive(&x.source);
			work = 0;
			core_list_ready(n->core, rig.now, x.ticket, g, NULL);
			most = count_call(most);
			break;
		case ACTION_STORE_LIST:
			work = 0;
			core_stored(n->core, rig.now, x.ticket, true);
			most = count_call(most);
			break;
		default:
			rig_act(n, &x);
			break;
		}
		action_done(&x);
	}
	assert_int_equal(core_list(n->core)->version.timestamp.s, at);
	return most;
}

/* The work of the longest turn in that time. */
static size_t
pass_turns(struct rig_node *n, int64_t ms)
{
	struct monotime end = mono_add_ms(rig.now.mono, ms);
	size_t most = 0;
	struct monotime at;

	while (at = core_deadline(n->core), mono_before(at, end)) {
		if (mono_before(rig.now.mono, at))
			rig_clock(at);
		work = 0;
		core_tick(n->core, rig.now);
		most = count_call(most);
		rig_drain(n);
	}
	rig_clock(end);
	return most;
}

/* --- work ----------------------------------------------------------------------- */

struct cost {
	size_t turn, later;
};

/* All nodes have told which list they have, were reached somewhere, are asked
 * for at their host names, and hold a push back. */
static void
meet_all(struct rig_node *n)
{
	const struct bnl *list = core_list(n->core);
	const struct endpoint at = { .addr = { .family = IP_V4,
					       .b = { 198, 51, 100, 1 } },
				     .port = 3406 };

	core_push(n->core, rig.now);
	rig_drain(n);
	for (uint32_t i = 0; i < list->nnodes; i++) {
		const char *name = list->nodes[i].name;

		lists_news(n->core->lists, name, &list->version);
		addrcache_put(n->core->env.addrcache, rig.now.mono, name, &at);
		history_try(n->core->env.history, rig.now.mono, name, &at,
			    HISTORY_SILENT, NULL);
		hosts_want(n->core->hosts, &n->core->env, name, false);
		assert_non_null(conn_heard_get(&n->core->env, name));
	}
	rig_drain(n);
}

static struct cost
cost_of(size_t nodes, const char *body, size_t later_nodes, const char *later)
{
	struct cost c;

	rig_begin();
	rig_node_init(&a, "alpha", "pullinterval = 24h\n");
	a.silent = true;
	rig_new(&a, large_generation(nodes, body, RIG_START), NULL);
	rig_start(&a);
	meet_all(&a);
	rig_pass(&a, 1000);
	c.turn = take(&a, later_nodes, later, RIG_START + 1);
	c.later = pass_turns(&a, 3000);
	rig_free(&a);
	rig_end();
	return c;
}

/* Look-ups in a sorted list cost the logarithm of its length; a walk over all
 * nodes would cost ten times as much. */
static void
expect_same(struct cost small, struct cost large)
{
	assert_true(large.turn <= small.turn + small.turn / 2);
	assert_true(large.later <= small.later + small.later / 2);
}

static void
test_work_of_one_node(void **state)
{
	(void)state;
	/* One at the front, one that moves at the end, one that leaves. */
	expect_same(
		cost_of(SMALL, ALPHA BETA, SMALL, "node a\n" ALPHA BETA_MOVED),
		cost_of(LARGE, ALPHA BETA, LARGE, "node a\n" ALPHA BETA_MOVED));
	expect_same(cost_of(SMALL, ALPHA BETA, SMALL - 1, ALPHA),
		    cost_of(LARGE, ALPHA BETA, LARGE - 1, ALPHA));
}

/* Of the change of many nodes the rest may grow with it. */
static void
test_work_of_many_nodes(void **state)
{
	struct cost one = cost_of(LARGE, ALPHA, LARGE + 1, ALPHA);
	struct cost many = cost_of(LARGE, ALPHA, LARGE + 200, ALPHA);

	(void)state;
	assert_true(many.turn > one.turn);
	assert_true(many.turn < one.turn + 200 * 60);
	assert_true(many.later <= 2 * one.later);
}

/* --- in the same turn --------------------------------------------------------- */

/* Alpha and beta have a session; beta's list is a large one, and alpha is the
 * last of its peers. */
static void
meet(void)
{
	rig_begin();
	rig_node_init(&a, "alpha", "");
	rig_node_init(&b, "beta", "");
	rig_new(&a, large_generation(0, ALPHA BETA, RIG_START - 1), NULL);
	rig_new(&b, large_generation(LARGE, ALPHA BETA, RIG_START), NULL);
	rig_meet(&a, &b, &out);
}

static void
end(void)
{
	rig_free(&a);
	rig_free(&b);
	rig_end();
}

/* Alpha, which knows nothing of a change, sends a packet. True: beta's device
 * gets it. Beta has had no turn since it took the list. */
static bool
delivers(void)
{
	static struct rig_out in;
	struct udp_run run;

	rig_send_hello(&a, rig_out(&out));
	assert_int_equal(out.o.nruns, 1);
	run = out.runs[0];
	run.remote = a.at;
	run.local = b.at.addr;
	assert_int_equal(core_udp_in(b.core, rig.now, &run, 1, rig_out(&in)),
			 1);
	return in.o.nframes > 0;
}

/* ends: the session with alpha does as well. */
static void
expect_refused(size_t nodes, const char *body, bool ends)
{
	const struct peer *p;

	meet();
	assert_true(delivers());
	(void)take(&b, nodes, body, RIG_START + 1);
	p = rig_peer(&b, "alpha");
	assert_true((p == NULL || !assoc_can_send(p->assoc, rig.now.mono)) ==
		    ends);
	assert_false(delivers());
	(void)pass_turns(&b, 1000);
	assert_false(delivers());
	end();
}

/* Alpha's key is revoked, which the list does not pin. */
static void
test_revoked_in_that_turn(void **state)
{
	char body[512], fp[FINGERPRINT_TEXT_MAX];

	(void)state;
	meet();
	snprintf(body, sizeof(body), "revoke %s\n" ALPHA BETA,
		 fingerprint_format(fp, a.plain.cert.fingerprint));
	assert_true(delivers());
	(void)take(&b, LARGE, body, RIG_START + 1);
	assert_false(
		assoc_can_send(rig_peer(&b, "alpha")->assoc, rig.now.mono));
	assert_false(delivers());
	end();
}

static void
test_refused_in_that_turn(void **state)
{
	(void)state;
	expect_refused(LARGE, BETA, true);
	expect_refused(LARGE + 1, BETA, true);
	expect_refused(LARGE, ALPHA_KEY BETA, true);
	expect_refused(LARGE, ALPHA_MOVED BETA, false);
	/* Beta itself leaves, or has other subnets. */
	expect_refused(LARGE, ALPHA, true);
	expect_refused(LARGE, ALPHA BETA_MOVED, false);
	/* An address outside is inside the VPN by another prefix. */
	expect_refused(LARGE,
		       "prefix 192.0.2.0/24\n"
		       "node alpha\n  subnet 10.156.1.0/24\n"
		       "node beta\n  subnet 10.156.2.0/24\n",
		       true);
}

/* Neither at the front nor at the end of the list. */
static void
test_delivered_under_the_next_list(void **state)
{
	(void)state;
	meet();
	(void)take(&b, LARGE, "node a\n" ALPHA BETA, RIG_START + 1);
	assert_true(delivers());
	(void)take(&b, LARGE - 1, ALPHA BETA "node zulu\n", RIG_START + 2);
	assert_true(delivers());
	(void)take(&b, 3, ALPHA BETA, RIG_START + 3);
	assert_true(delivers());
	(void)take(&b, LARGE, "node alpha1\n" ALPHA BETA, RIG_START + 4);
	assert_true(delivers());
	(void)take(&b, LARGE, "revoke " KEY("01") "\n" ALPHA BETA,
		   RIG_START + 5);
	assert_true(delivers());
	end();
}

/* What a peer rested for may be over: all are tried again, a few at a time, also
 * when yet another list comes in between. */
static void
test_retried_in_rounds(void **state)
{
	struct peer *first, *last;
	struct monotime later;

	(void)state;
	rig_begin();
	rig_node_init(&a, "alpha", "pullinterval = 24h\n");
	a.silent = true;
	rig_new(&a, large_generation(LARGE, ALPHA BETA, RIG_START), NULL);
	rig_start(&a);
	first = rig_peer(&a, "a00000");
	last = rig_peer(&a, "beta");
	later = mono_add_ms(rig.now.mono, 3600000);
	first->turn.not_before = last->turn.not_before = later;
	first->vain = last->vain = 3;
	(void)take(&a, LARGE, ALPHA BETA "node zulu\n", RIG_START + 1);
	assert_int_equal(first->vain, 0);
	assert_int_equal(last->vain, 3);
	(void)pass_turns(&a, 20);
	assert_int_equal(last->vain, 3);
	first->vain = 3;
	(void)take(&a, LARGE, ALPHA BETA, RIG_START + 2);
	(void)pass_turns(&a, 3000);
	assert_int_equal(first->vain, 0);
	assert_int_equal(last->vain, 0);
	rig_free(&a);
	rig_end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_work_of_one_node),
		cmocka_unit_test(test_work_of_many_nodes),
		cmocka_unit_test(test_refused_in_that_turn),
		cmocka_unit_test(test_revoked_in_that_turn),
		cmocka_unit_test(test_delivered_under_the_next_list),
		cmocka_unit_test(test_retried_in_rounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
