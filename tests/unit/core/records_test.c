/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Control records between whole cores: who is asked answers, goodbyes end
 * sessions, and nothing else does. */
#include "core_rig.h"

#include "base/cursor.h"

#define LIST                                                        \
	"prefix 10.156.0.0/16\n"                                    \
	"node alpha\n  address 192.0.2.1\n  subnet 10.156.1.0/24\n" \
	"node beta\n  address 192.0.2.2\n  subnet 10.156.2.0/24\n"  \
	"node gamma\n  address 192.0.2.3\n  subnet 10.156.3.0/24\n"

static struct rig_node a, b;
static struct rig_out out;

static void
begin_with(const char *extra)
{
	struct pair p;

	rig_begin();
	rig_node_init(&a, "alpha", extra);
	rig_node_init(&b, "beta", extra);
	a.silent = b.silent = true;
	p = rig_pair(COMP_NONE, RIG_START - 60);
	rig_new(&a, rig_list(LIST, RIG_START), NULL);
	rig_new(&b, rig_list(LIST, RIG_START), NULL);
	rig_load(&a, &b, &p);
	rig_load(&b, &a, &p);
	rig_start(&a);
	rig_start(&b);
	rig_talk(&a, &b, rig_out(&out));
	rig_clock(mono_add_ms(rig.now.mono, 500));
	rig_talk(&a, &b, rig_out(&out));
	assert_true(rig_peer(&a, "beta")->up);
	assert_true(rig_peer(&b, "alpha")->up);
}

static void
begin(void)
{
	begin_with("");
}

static void
end(void)
{
	rig_free(&a);
	rig_free(&b);
	rig_end();
}

/* What a's session seals for b; kept in dgram. */
static size_t
seal(uint8_t *dgram, const uint8_t *p, size_t len)
{
	a.core->env.now = rig.now;
	assert_int_equal(assoc_seal(rig_peer(&a, "beta")->assoc, &a.core->env,
				    DATA_CONTROL, p, len, dgram),
			 DROP_NONE);
	return len + DGRAM_DATA_OVERHEAD;
}

static void
arrive(const uint8_t *dgram, size_t len)
{
	uint8_t copy[2048];
	struct udp_run run = { .remote = a.at,
			       .local = b.at.addr,
			       .segsize = (uint16_t)len,
			       .data = copy,
			       .len = len };

	memcpy(copy, dgram, len);
	assert_int_equal(core_udp_in(b.core, rig.now, &run, 1, rig_out(&out)),
			 1);
	rig_drain(&b);
}

static struct why
why_at(struct rig_node *n, const char *name, bool *done)
{
	struct why w;

	core_why(n->core, rig.now, name, &w, done);
	return w;
}

/* --- PING ---------------------------------------------------------------------- */

static void
test_ping(void **state)
{
	size_t at, bt;
	struct why w;
	bool done;

	(void)state;
	begin();
	at = a.nsent;
	bt = b.nsent;
	rig.now.wall.s += 100;
	core_probe(a.core, rig.now, "beta", false);
	rig_drain(&a);
	assert_int_equal(a.nsent, at + 1);
	w = why_at(&a, "beta", &done);
	assert_false(w.answered);
	assert_false(done);
	rig_clock(mono_add_ms(rig.now.mono, 20));
	rig.now.wall.s += 170;
	rig_carry(&a, at, &b, rig_out(&out));
	rig.now.wall.s -= 170;
	rig_carry(&b, bt, &a, rig_out(&out));
	w = why_at(&a, "beta", &done);
	assert_true(w.answered && done);
	assert_in_range(w.rtt_us, 20000, 20001);
	assert_int_equal(rig_peer(&a, "beta")->clock_s, 170);
	end();
}

/* An answer to another question is none. */
static void
test_forged_pong(void **state)
{
	uint8_t p[RECORD_HEADER_LEN + RECORD_PING_LEN + 2] = {
		RECORD_PONG, 0, RECORD_PING_LEN
	};
	uint8_t dgram[256];
	struct why w;
	bool done;

	(void)state;
	begin();
	core_probe(b.core, rig.now, "alpha", false);
	rig_drain(&b);
	arrive(dgram, seal(dgram, p, sizeof(p) - 2));
	w = why_at(&b, "alpha", &done);
	assert_false(w.answered);
	/* The right tag, and the wrong length. */
	memcpy(p + RECORD_HEADER_LEN, rig_peer(&b, "alpha")->ping,
	       RECORD_TAG_LEN);
	p[2] = RECORD_PING_LEN - 1;
	arrive(dgram, seal(dgram, p, sizeof(p) - 3));
	w = why_at(&b, "alpha", &done);
	assert_false(w.answered);
	/* A later version may say more in it. */
	p[2] = RECORD_PING_LEN + 2;
	arrive(dgram, seal(dgram, p, sizeof(p)));
	w = why_at(&b, "alpha", &done);
	assert_true(w.answered);
	end();
}

/* A clock that no number of seconds leads to: said of it is what can be. */
static void
test_clock_at_the_end_of_time(void **state)
{
	uint8_t p[RECORD_HEADER_LEN + RECORD_PING_LEN] = { RECORD_PONG, 0,
							   RECORD_PING_LEN };
	uint8_t *value = p + RECORD_HEADER_LEN, dgram[256];
	struct warning w;
	size_t pos = 0;

	(void)state;
	begin();
	core_probe(b.core, rig.now, "alpha", false);
	rig_drain(&b);
	memcpy(value, rig_peer(&b, "alpha")->ping, RECORD_TAG_LEN);
	put_be64(value + RECORD_TAG_LEN, (uint64_t)INT64_MIN);
	arrive(dgram, seal(dgram, p, sizeof(p)));
	assert_true(rig_peer(&b, "alpha")->clock_s == -INT64_MAX);
	while (core_own_warning(b.core, rig.now, &pos, &w))
		if (w.kind == EVENT_CLOCK_OFF)
			break;
	assert_int_equal(w.kind, EVENT_CLOCK_OFF);
	end();
}

/* --- BYE ------------------------------------------------------------------------ */

static void
test_bye(void **state)
{
	static const uint8_t bye[] = { RECORD_BYE, 0, 0 };
	struct assoc_status ls;
	uint8_t dgram[64];
	unsigned int held;
	struct why w;
	size_t len, at, bt;
	bool done;

	(void)state;
	begin();
	held = secret_store_get(b.core->secrets, "alpha")->n;
	len = seal(dgram, bye, sizeof(bye));
	/* Altered, it is nothing. */
	dgram[len - 1] ^= 1;
	arrive(dgram, len);
	assert_true(rig_peer(&b, "alpha")->up);
	dgram[len - 1] ^= 1;
	arrive(dgram, len);
	assert_false(rig_peer(&b, "alpha")->up);
	assert_int_equal(b.events[EVENT_PEER_DOWN], 1);
	assoc_status(rig_peer(&b, "alpha")->assoc, rig.now.mono, &ls);
	assert_int_equal(ls.sessions, 0);
	w = why_at(&b, "alpha", &done);
	assert_int_equal(why_verdict(&w), WHY_BYE);
	assert_int_equal(w.bye.s, rig.now.wall.s);
	/* It costs the session alone: a handshake makes a new one. */
	assert_int_equal(secret_store_get(b.core->secrets, "alpha")->n, held);
	rig_clock(mono_add_ms(rig.now.mono, 1000));
	at = a.nsent;
	bt = b.nsent;
	core_probe(b.core, rig.now, "alpha", true);
	rig_drain(&b);
	/* a has a session yet, and asks for a cookie first. */
	for (int i = 0; i < 4; i++) {
		size_t bn = b.nsent, an;

		rig_carry(&b, bt, &a, rig_out(&out));
		an = a.nsent;
		rig_carry(&a, at, &b, rig_out(&out));
		bt = bn;
		at = an;
	}
	assert_true(rig_peer(&b, "alpha")->up);
	w = why_at(&b, "alpha", &done);
	assert_int_equal(w.bye.s, 0);
	/* The old one, once more: no harm. */
	arrive(dgram, len);
	assert_true(rig_peer(&b, "alpha")->up);
	end();
}

/* A PING is on its way while the peer stops: the goodbye behind it is no sign
 * that the peer does not hear. */
static void
test_bye_behind_a_ping(void **state)
{
	static const uint8_t bye[] = { RECORD_BYE, 0, 0 };
	uint8_t dgram[64];
	struct why w;
	size_t len;
	bool done;

	(void)state;
	begin();
	core_probe(b.core, rig.now, "alpha", false);
	rig_drain(&b);
	rig_clock(mono_add_ms(rig.now.mono, 10));
	len = seal(dgram, bye, sizeof(bye));
	arrive(dgram, len);
	rig_clock(mono_add_ms(rig.now.mono, 2000));
	w = why_at(&b, "alpha", &done);
	assert_false(w.one_way);
	end();
}

/* One that was overtaken by a newer session ends nothing. */
static void
test_late_bye(void **state)
{
	static const uint8_t bye[] = { RECORD_BYE, 0, 0 };
	uint8_t dgram[64];
	size_t len;
	struct assoc *l;

	(void)state;
	begin();
	len = seal(dgram, bye, sizeof(bye));
	/* a begins anew, and b takes that. */
	l = rig_peer(&a, "beta")->assoc;
	assoc_reset(l);
	rig_clock(mono_add_ms(rig.now.mono, 1000));
	a.core->env.now = rig.now;
	(void)assoc_set_pairs(l, &a.core->env,
			      secret_store_get(a.core->secrets, "beta"));
	(void)assoc_resume(l, &a.core->env);
	rig_drain(&a);
	rig_carry(&a, a.nsent - 1, &b, rig_out(&out));
	rig_carry(&b, b.nsent - 1, &a, rig_out(&out));
	rig_talk(&a, &b, rig_out(&out));
	assert_true(rig_peer(&b, "alpha")->up);
	arrive(dgram, len);
	assert_true(rig_peer(&b, "alpha")->up);
	assert_int_equal(b.events[EVENT_PEER_DOWN], 0);
	end();
}

/* Who stops in order says so to all that are up. */
static void
test_stop_says_bye(void **state)
{
	size_t at;

	(void)state;
	begin();
	at = a.nsent;
	core_stop(a.core, rig.now);
	rig_drain(&a);
	assert_int_equal(a.nsent, at + 1);
	rig_carry(&a, at, &b, rig_out(&out));
	assert_false(rig_peer(&b, "alpha")->up);
	end();
}

/* --- ASK ------------------------------------------------------------------------- */

static size_t
ask(uint8_t *p, const char *name)
{
	memset(p, 0, RECORD_HEADER_LEN + RECORD_ASK_LEN);
	p[0] = RECORD_ASK;
	p[2] = RECORD_ASK_LEN;
	memcpy(p + RECORD_HEADER_LEN + RECORD_TAG_LEN, name, strlen(name));
	return RECORD_HEADER_LEN + RECORD_ASK_LEN;
}

static void
test_ask(void **state)
{
	size_t at, bt;
	struct why w;
	bool done;

	(void)state;
	begin();
	at = a.nsent;
	bt = b.nsent;
	core_probe(a.core, rig.now, "gamma", true);
	rig_drain(&a);
	w = why_at(&a, "gamma", &done);
	assert_int_equal(w.asked, 1);
	assert_int_equal(w.up + w.down, 0);
	rig_carry(&a, at, &b, rig_out(&out));
	assert_int_equal(b.nsent, bt + 1);
	/* The answer is not longer than the question. */
	assert_true(b.sent[bt % RIG_KEPT].len <= a.sent[at % RIG_KEPT].len);
	rig_carry(&b, bt, &a, rig_out(&out));
	w = why_at(&a, "gamma", &done);
	assert_int_equal(w.up, 0);
	assert_int_equal(w.down, 1);
	assert_int_equal(why_verdict(&w), WHY_SILENT);
	end();
}

/* A flood of questions gets few answers; what is no question gets none. */
static void
test_ask_is_bounded(void **state)
{
	uint8_t p[4 * (RECORD_HEADER_LEN + RECORD_ASK_LEN)], dgram[1024];
	size_t len, bt;

	(void)state;
	begin();
	bt = b.nsent;
	len = ask(p, "Not A Name");
	arrive(dgram, seal(dgram, p, len));
	p[2] = RECORD_ASK_LEN - 1;
	arrive(dgram, seal(dgram, p, len - 1));
	assert_int_equal(b.nsent, bt);
	rig_clock(mono_add_ms(rig.now.mono, 1000));
	bt = b.nsent;
	len = 0;
	for (int i = 0; i < 4; i++)
		len += ask(p + len, "gamma");
	arrive(dgram, seal(dgram, p, len));
	assert_int_equal(b.nsent, bt + 1);
	for (int i = 0; i < 100; i++)
		arrive(dgram, seal(dgram, p, len));
	assert_int_equal(b.nsent, bt + 20);
	rig_clock(mono_add_ms(rig.now.mono, 1000));
	bt = b.nsent;
	arrive(dgram, seal(dgram, p, len));
	assert_int_equal(b.nsent, bt + 1);
	end();
}

/* --- warnings --------------------------------------------------------------------- */

static unsigned int
warnings(struct rig_node *n, enum event_kind kind, const char *peer)
{
	struct warning w;
	unsigned int found = 0;
	size_t pos = 0;

	if (peer == NULL)
		while (core_own_warning(n->core, rig.now, &pos, &w))
			found += w.kind == kind;
	else
		while (core_peer_warning(n->core, rig.now,
					 core_peer_find(n->core, peer), &pos,
					 &w))
			found += w.kind == kind;
	return found;
}

static void
test_clock_off(void **state)
{
	struct peer *p;

	(void)state;
	begin();
	p = rig_peer(&a, "beta");
	peer_clock_take(p, 60);
	assert_int_equal(warnings(&a, EVENT_CLOCK_OFF, NULL), 0);
	/* The only one: it is ours, as far as can be told. */
	peer_clock_take(p, 61);
	assert_int_equal(warnings(&a, EVENT_CLOCK_OFF, NULL), 1);
	assert_int_equal(warnings(&a, EVENT_CLOCK_OFF, "beta"), 0);
	peer_clock_take(p, -61);
	assert_int_equal(warnings(&a, EVENT_CLOCK_OFF, NULL), 1);
	/* Another agrees with us: it is its. */
	peer_clock_take(rig_peer(&a, "gamma"), 0);
	assert_int_equal(warnings(&a, EVENT_CLOCK_OFF, NULL), 0);
	assert_int_equal(warnings(&a, EVENT_CLOCK_OFF, "beta"), 1);
	/* A peer that leaves is not counted any more. */
	peer_clock_forget(rig_peer(&a, "gamma"));
	assert_int_equal(warnings(&a, EVENT_CLOCK_OFF, NULL), 1);
	peer_clock_take(rig_peer(&a, "gamma"), 0);
	rig_pass(&a, 60000);
	assert_int_equal(a.events[EVENT_CLOCK_OFF], 1);
	rig_pass(&a, 600000);
	assert_int_equal(a.events[EVENT_CLOCK_OFF], 1);
	end();
}

/* Of many peers a few are looked at in one turn. */
static void
test_many_are_looked_at(void **state)
{
	enum { PEERS = 30, STEP = 10 };
	char text[2048];
	int n = snprintf(text, sizeof(text),
			 "prefix 10.156.0.0/16\n"
			 "node alpha\n");
	struct rig_node m;

	(void)state;
	rig_begin();
	for (int i = 0; i < PEERS; i++)
		n += snprintf(text + n, sizeof(text) - (size_t)n,
			      "node n%02d\naddress 192.0.2.%d\n", i, i + 1);
	rig_node_init(&m, "alpha", "");
	rig_new(&m, rig_list(text, RIG_START), NULL);
	for (size_t i = 0; i < PEERS; i++)
		peer_clock_take(m.core->peers[i], i < STEP     ? 0 :
						  i < 2 * STEP ? 61 :
								 0);
	rig_start(&m);
	rig_tick(&m);
	assert_int_equal(m.events[EVENT_CLOCK_OFF], 0);
	rig_pass(&m, 101);
	assert_int_equal(m.events[EVENT_CLOCK_OFF], STEP);
	rig_pass(&m, 60000);
	assert_int_equal(m.events[EVENT_CLOCK_OFF], STEP);
	rig_free(&m);
	rig_end();
}

static void
test_peer_certificate(void **state)
{
	(void)state;
	begin();
	/* The pair ends in 300 days, our own certificate later. */
	assert_int_equal(warnings(&a, EVENT_PEER_CERT_END, "beta"), 0);
	rig.now.wall.s += 271 * 86400;
	assert_int_equal(warnings(&a, EVENT_PEER_CERT_END, "beta"), 1);
	assert_int_equal(warnings(&a, EVENT_PEER_CERT_END, "gamma"), 0);
	end();
}

static void
test_list_old(void **state)
{
	(void)state;
	begin_with("listmaxage = 48h\n");
	assert_int_equal(warnings(&a, EVENT_LIST_OLD, NULL), 0);
	rig.now.wall.s = RIG_START + 48 * 3600;
	assert_int_equal(warnings(&a, EVENT_LIST_OLD, NULL), 0);
	rig.now.wall.s++;
	assert_int_equal(warnings(&a, EVENT_LIST_OLD, NULL), 1);
	end();
	begin();
	rig.now.wall.s = RIG_START + 300 * 86400;
	assert_int_equal(warnings(&a, EVENT_LIST_OLD, NULL), 0);
	end();
}

/* --- a machine that slept -------------------------------------------------------- */

static void
test_slept(void **state)
{
	struct assoc_status ls;
	unsigned int held;
	size_t at, bt;

	(void)state;
	begin();
	held = secret_store_get(b.core->secrets, "alpha")->n;
	rig_clock(mono_add_ms(rig.now.mono, 30000));
	at = a.nsent;
	bt = b.nsent;
	core_slept(b.core, rig.now, "it slept");
	rig_drain(&b);
	assoc_status(rig_peer(&b, "alpha")->assoc, rig.now.mono, &ls);
	assert_int_equal(ls.sessions, 0);
	assert_false(rig_peer(&b, "alpha")->up);
	assert_int_equal(b.events[EVENT_SLEPT], 1);
	assert_int_equal(b.events[EVENT_PEER_DOWN], 0);
	/* The secret is there yet, and a handshake goes out at once. */
	assert_int_equal(secret_store_get(b.core->secrets, "alpha")->n, held);
	assert_int_equal(b.nsent, bt + 1);
	for (int i = 0; i < 4; i++) {
		size_t bn = b.nsent, an;

		rig_carry(&b, bt, &a, rig_out(&out));
		an = a.nsent;
		rig_carry(&a, at, &b, rig_out(&out));
		bt = bn;
		at = an;
	}
	assert_true(rig_peer(&b, "alpha")->up);
	/* A handshake that had begun before does not go on. */
	core_slept(b.core, rig.now, "it slept");
	rig_drain(&b);
	bt = b.nsent - 1;
	at = a.nsent;
	rig_carry(&b, bt, &a, rig_out(&out));
	core_slept(b.core, rig.now, "it slept");
	rig_drain(&b);
	rig_carry(&a, at, &b, rig_out(&out));
	assert_false(rig_peer(&b, "alpha")->up);
	/* Nor does a TLS connection; what has no keys yet does. */
	at = conns_count(b.core->conns);
	assert_int_not_equal(core_stream_accepted(b.core, rig.now, &a.at), 0);
	assert_int_equal(conns_count(b.core->conns), at + 1);
	core_slept(b.core, rig.now, "it slept");
	assert_int_equal(conns_count(b.core->conns), at);
	rig_drain(&b);
	end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ping),
		cmocka_unit_test(test_forged_pong),
		cmocka_unit_test(test_clock_at_the_end_of_time),
		cmocka_unit_test(test_bye),
		cmocka_unit_test(test_bye_behind_a_ping),
		cmocka_unit_test(test_late_bye),
		cmocka_unit_test(test_stop_says_bye),
		cmocka_unit_test(test_ask),
		cmocka_unit_test(test_ask_is_bounded),
		cmocka_unit_test(test_clock_off),
		cmocka_unit_test(test_many_are_looked_at),
		cmocka_unit_test(test_peer_certificate),
		cmocka_unit_test(test_list_old),
		cmocka_unit_test(test_slept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
