/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Every state of a connection against everything that can happen in it. The
 * other side is a puppet: it says what the test wants, whenever it wants.
 * negotiation_test.c has the contents of a negotiation.
 */
#include "conn_world.h"
#include "core/conn/agreement.h"

enum at {
	D_CONNECT,
	D_TLS,
	D_SETTLE,
	D_HELLO,
	D_CONFIRM,
	D_STORE,
	D_READY,
	D_OPEN, /* after a negotiation */
	D_LIST, /* never had one */
	L_TLS,
	L_HELLO,
	L_ANSWER,
	L_CONFIRM,
	L_STORE,
	L_OPEN,
	L_LIST,
	ATS
};

static const char *const at_names[ATS] = {
	"connect", "tls",   "settle", "hello", "confirm", "store",
	"ready",   "open",  "open",   "tls",   "hello",	  "answer",
	"confirm", "store", "open",   "open"
};

static struct host *a; /* who is looked at */

static struct {
	struct plain_ctx ctx;
	struct tls *t;
	bool dialler;
	struct hello mine, theirs;
	uint8_t my_frame[FRAME_MAX], their_frame[FRAME_MAX];
	size_t my_len, their_len;
	uint8_t in[1 << 16]; /* bytes of frames not looked at */
	size_t nin;
	unsigned int got[FRAME_TYPES]; /* frames by type */
	struct refuse refuse;
	uint32_t id;	/* of the connection, at a */
	uint32_t claim; /* generation of a pair it says it holds */
} p;

static void
take_frames(void)
{
	struct frame_header h;
	struct err e;

	while (p.nin >= FRAME_HEADER_LEN) {
		size_t len;

		assert_int_equal(frame_header_read(&h, p.in, &e), 0);
		len = FRAME_HEADER_LEN + h.len;
		if (p.nin < len)
			return;
		p.got[h.type]++;
		if (h.type == FRAME_HELLO) {
			memcpy(p.their_frame, p.in, len);
			p.their_len = len;
			assert_int_equal(
				hello_decode(&p.theirs, p.in + 4, h.len, &e),
				0);
		} else if (h.type == FRAME_REFUSE) {
			assert_int_equal(
				refuse_decode(&p.refuse, p.in + 4, h.len, &e),
				0);
		}
		memmove(p.in, p.in + len, p.nin - len);
		p.nin -= len;
	}
}

static bool
from_a(void)
{
	uint8_t mem[4096];
	size_t n = conns_drain(a->cs, p.id, mem, sizeof(mem));

	if (p.t != NULL)
		plain_feed(p.t, mem, n);
	if (p.t == NULL || plain_handshake(p.t) != TLS_OK)
		return n > 0;
	do {
		if (plain_read(p.t, p.in + p.nin, sizeof(p.in) - p.nin, &n) !=
		    TLS_OK)
			break;
		p.nin += n;
	} while (n > 0);
	take_frames();
	return false;
}

static void
before_close(uint32_t id)
{
	assert_int_equal(id, p.id);
	from_a();
}

static void
pump(void)
{
	uint8_t mem[4096];
	size_t n;

	for (int i = 0; i < 8; i++) {
		a->env.now = w.now;
		collect(a);
		from_a();
		while (p.t != NULL &&
		       (n = plain_drain(p.t, mem, sizeof(mem))) > 0)
			conns_in(a->cs, p.id, mem, n);
		collect(a);
	}
}

static void
say(enum frame_type type, const void *payload, size_t len)
{
	uint8_t frame[FRAME_MAX];

	frame_header_write(frame, type, len);
	memcpy(frame + FRAME_HEADER_LEN, payload, len);
	plain_write(p.t, frame, FRAME_HEADER_LEN + len);
	pump();
}

static void
say_hello(bool negotiate)
{
	size_t len;

	memset(&p.mine, 0, sizeof(p.mine));
	strcpy(p.mine.from, "beta");
	strcpy(p.mine.to, "alpha");
	p.mine.negotiate = negotiate;
	memset(p.mine.random, 5, sizeof(p.mine.random));
	memset(p.mine.static_key, 6, sizeof(p.mine.static_key));
	p.mine.algos = a->conf.algos;
	p.mine.nheld = p.claim != 0;
	p.mine.held[0].generation = p.claim;
	len = hello_encode(p.my_frame + FRAME_HEADER_LEN, &p.mine);
	frame_header_write(p.my_frame, FRAME_HELLO, len);
	p.my_len = FRAME_HEADER_LEN + len;
	say(FRAME_HELLO, p.my_frame + FRAME_HEADER_LEN, len);
}

static void
say_confirm(void)
{
	struct negotiate_side mine = { &p.mine, p.my_frame, p.my_len,
				       p.ctx.cert.fingerprint };
	struct negotiate_side theirs = { &p.theirs, p.their_frame, p.their_len,
					 a->env.cert.fingerprint };
	const struct negotiate_side *d = p.dialler ? &mine : &theirs;
	const struct negotiate_side *l = p.dialler ? &theirs : &mine;
	uint8_t th[SHA256_LEN], exporter[SHA256_LEN];
	uint8_t mac[PROTO_CONFIRM_LEN];
	struct negotiate_keys k;
	struct selection s;

	assert_true(agreement_select(&s, &p.mine, &p.theirs));
	agreement_transcript(th, d, l);
	plain_export(p.t, LABEL_TLS_EXPORT, th, sizeof(th), exporter,
		     sizeof(exporter));
	agreement_derive(&k, th, exporter, d, l);
	agreement_confirm(mac, &k, p.dialler, th, &s);
	say(FRAME_CONFIRM, mac, sizeof(mac));
}

/* The disk owes an answer about beta. */
static void
unsettle(void)
{
	struct pair_record r = { .peer = "beta", .n = 1 };

	r.pairs[0].generation = 3;
	r.pairs[0].cipher = AEAD_AES_128_GCM;
	r.pairs[0].made.s = INT64_C(4000000000);
	r.pairs[0].cert_end.s = INT64_C(5000000000);
	r.pairs[0].self_end = r.pairs[0].peer_end = r.pairs[0].cert_end;
	memcpy(r.pairs[0].self_static, a->env.static_public, X25519_LEN);
	secret_store_load(a->secrets, &r);
	assert_true(secret_store_prove(a->secrets, "beta", r.pairs[0].id));
}

static void
puppet_tls(bool dialler)
{
	struct err e;

	p.dialler = dialler;
	p.t = plain_open(&p.ctx, dialler, w.now.wall, NULL, &e);
	plain_handshake(p.t);
	pump();
}

static void
dialled_to(enum at at)
{
	bool pair = at != D_LIST;

	if (at == D_SETTLE)
		unsettle();
	p.id = dial(a, "beta", pair ? CONN_PAIR : CONN_LIST);
	assert_int_not_equal(p.id, 0);
	if (at == D_CONNECT)
		return;
	conns_opened(a->cs, p.id);
	collect(a);
	if (at == D_TLS)
		return;
	puppet_tls(false);
	if (at == D_SETTLE || at == D_HELLO)
		return;
	say_hello(pair);
	if (at == D_CONFIRM || at == D_LIST)
		return;
	say_confirm();
	if (at == D_STORE)
		return;
	a->disk_stuck = false;
	world_run();
	pump();
	if (at == D_OPEN)
		say(FRAME_READY, "", 0);
	a->disk_stuck = true;
}

static void
accepted_to(enum at at)
{
	struct endpoint from = host_address(1);

	if (at == L_ANSWER)
		unsettle();
	a->env.now = w.now;
	p.id = conns_accepted(a->cs, &from);
	collect(a);
	if (at == L_TLS)
		return;
	puppet_tls(true);
	if (at == L_HELLO)
		return;
	say_hello(at != L_LIST);
	if (at == L_ANSWER || at == L_LIST || at == L_CONFIRM)
		return;
	say_confirm();
	if (at == L_STORE)
		return;
	a->disk_stuck = false;
	world_run();
	pump();
	a->disk_stuck = true;
}

static const char *
state_of(void)
{
	struct conn_info info;
	size_t pos = 0;

	while (conns_info(a->cs, &pos, &info))
		if (info.id == p.id)
			return info.state;
	return "gone";
}

static void
begin(enum at at)
{
	world_begin(3);
	memset(&p, 0, sizeof(p));
	a = host_add("alpha",
		     make_list(NULL, WORLD_START - 100, "alpha beta", ""));
	w.silent = host_add("beta", NULL);
	w.before_close = before_close;
	a->conf.pullinterval = 86400;
	snprintf(p.ctx.cert.cn, sizeof(p.ctx.cert.cn), "beta");
	memset(p.ctx.cert.fingerprint, 9, FINGERPRINT_LEN);
	p.ctx.cert.not_after.s = WORLD_START + 86400 * 365;
	p.ctx.rng = w.rng;
	host_start(a);
	world_run();
	a->disk_stuck = true;
	if (at < L_TLS)
		dialled_to(at);
	else
		accepted_to(at);
	assert_string_equal(state_of(), at_names[at]);
	memset(p.got, 0, sizeof(p.got));
}

static void
finish(void)
{
	plain_close(p.t);
	p.t = NULL;
	w.before_close = NULL;
	world_end();
}

/* What a state makes of a frame of proper form. */
enum verdict { STAYS, REFUSED, ENDS };

static enum verdict
expected(enum at at, enum frame_type type)
{
	bool lists = at == D_CONFIRM || at == D_STORE || at == D_READY ||
		     at == D_OPEN || at == D_LIST || at == L_CONFIRM ||
		     at == L_STORE || at == L_OPEN || at == L_LIST;

	switch (type) {
	case FRAME_HELLO:
		return at == D_HELLO || at == L_HELLO ? STAYS : REFUSED;
	case FRAME_CONFIRM:
		return at == D_CONFIRM || at == L_CONFIRM ? STAYS : REFUSED;
	case FRAME_READY:
		return at == D_STORE || at == L_STORE || at == D_READY ||
				       at == L_OPEN ?
			       STAYS :
			       REFUSED;
	case FRAME_REFUSE:
		return ENDS;
	case FRAME_LIST_QUERY:
	case FRAME_LIST_HAVE:
	case FRAME_LIST_GET:
		return lists ? STAYS : REFUSED;
	default:
		return REFUSED;
	}
}

static void
say_any(enum frame_type type)
{
	struct refuse r = { .code = REFUSE_BUSY, .text = "\x1b[31mred" };
	uint8_t payload[FRAME_REFUSE_MAX] = { 0 };
	struct list_have have = { .len = 0 };

	switch (type) {
	case FRAME_HELLO:
		say_hello(true);
		break;
	case FRAME_CONFIRM:
		if (p.their_len > 0 && p.my_len > 0)
			say_confirm();
		else
			say(type, payload, PROTO_CONFIRM_LEN);
		break;
	case FRAME_READY:
		say(type, "", 0);
		break;
	case FRAME_REFUSE:
		say(type, payload, refuse_encode(payload, &r));
		break;
	case FRAME_LIST_QUERY:
		say(type, payload, LIST_ASK_LEN);
		break;
	case FRAME_LIST_HAVE:
		list_have_encode(payload, &have);
		say(type, payload, LIST_HAVE_LEN);
		break;
	case FRAME_LIST_GET:
		bnl_version_write(payload, &a->env.version);
		say(type, payload, LIST_GET_LEN);
		break;
	case FRAME_LIST_DIFF:
		say(type, payload, LIST_DIFF_LEN);
		break;
	default:
		say(FRAME_LIST_DATA, payload, 1);
	}
}

static bool
has_tls(enum at at)
{
	return at != D_CONNECT && at != D_TLS && at != L_TLS;
}

static void
every_frame_in_every_state(void **state)
{
	(void)state;
	for (int at = 0; at < ATS; at++)
		for (int t = FRAME_HELLO; t < FRAME_TYPES; t++) {
			if (!has_tls((enum at)at))
				continue;
			begin((enum at)at);
			say_any((enum frame_type)t);
			switch (expected((enum at)at, (enum frame_type)t)) {
			case STAYS:
				if (strcmp(state_of(), "gone") == 0)
					fail_msg(
						"%d: %s ends it", at,
						frame_name((enum frame_type)t));
				assert_int_equal(p.got[FRAME_REFUSE], 0);
				break;
			case REFUSED:
				assert_string_equal(state_of(), "gone");
				assert_int_equal(p.got[FRAME_REFUSE], 1);
				assert_int_equal(p.refuse.code,
						 REFUSE_PROTOCOL);
				break;
			case ENDS:
				assert_string_equal(state_of(), "gone");
				assert_int_equal(p.got[FRAME_REFUSE], 0);
				assert_non_null(
					strstr(a->text[EVENT_PEER_REFUSED],
					       "busy: \\x1b[31mred"));
				break;
			}
			finish();
		}
}

static void
broken_frames_in_every_state(void **state)
{
	/* clang-format off */
	static const uint8_t bad[][FRAME_HEADER_LEN] = {
		{0, 0, 0, 0}, {99, 0, 0, 0}, {FRAME_HELLO, 0, 0xff, 0xff},
		{FRAME_READY, 7, 0, 0}, {FRAME_CONFIRM, 0, 0, 31},
	};
	/* clang-format on */

	(void)state;
	for (int at = 0; at < ATS; at++)
		for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
			if (!has_tls((enum at)at))
				continue;
			begin((enum at)at);
			plain_write(p.t, bad[i], sizeof(bad[i]));
			pump();
			assert_string_equal(state_of(), "gone");
			assert_int_equal(p.got[FRAME_REFUSE], 1);
			assert_int_equal(p.refuse.code, REFUSE_PROTOCOL);
			finish();
		}
}

/* Nothing more comes: it ends in time, and no later. */
static void
silence_in_every_state(void **state)
{
	(void)state;
	for (int at = 0; at < ATS; at++) {
		begin((enum at)at);
		world_pass((at == D_CONNECT ? CONNECT_MS : 10000) - 1);
		assert_string_equal(state_of(), at_names[at]);
		world_pass(1);
		assert_string_equal(state_of(), "gone");
		assert_int_equal(a->failed, at < D_OPEN);
		finish();
	}
}

static void
the_end_of_tcp_in_every_state(void **state)
{
	(void)state;
	for (int at = 0; at < ATS; at++) {
		begin((enum at)at);
		conns_closed(a->cs, p.id, CLOSE_BROKEN,
			     "Connection reset by peer");
		collect(a);
		assert_string_equal(state_of(), "gone");
		assert_int_equal(a->failed, at < D_OPEN);
		/* Who hangs up without a HELLO has not been reached. */
		if (at < D_OPEN)
			assert_int_equal(a->last_failed.reached, at > D_HELLO);
		/* A dead id does no harm. */
		conns_closed(a->cs, p.id, CLOSE_ORDERLY, NULL);
		conns_opened(a->cs, p.id);
		conns_in(a->cs, p.id, (const uint8_t *)"x", 1);
		assert_int_equal(conns_drain(a->cs, p.id, p.in, 9), 0);
		a->disk_stuck = false;
		world_run();
		finish();
	}
}

static void
the_end_of_tls_in_every_state(void **state)
{
	(void)state;
	for (int at = 0; at < ATS; at++)
		for (int how = 0; how < 2; how++) {
			if (!has_tls((enum at)at))
				continue;
			begin((enum at)at);
			if (how == 0)
				plain_shutdown(p.t);
			else
				plain_put(p.t, PLAIN_BAD, "", 0);
			pump();
			assert_string_equal(state_of(), "gone");
			assert_int_equal(a->failed, at < D_OPEN);
			assert_int_equal(p.got[FRAME_REFUSE], 0);
			finish();
		}
}

static void
the_disk_answers_in_every_state(void **state)
{
	(void)state;
	for (int at = 0; at < ATS; at++)
		for (int ok = 0; ok < 2; ok++) {
			bool stores = at == D_STORE || at == L_STORE;

			begin((enum at)at);
			a->disk_stuck = false;
			a->disk_fails = !ok;
			world_run();
			pump();
			if (at == D_SETTLE)
				assert_string_equal(state_of(),
						    ok ? "hello" : "settle");
			else if (at == L_ANSWER)
				assert_string_equal(state_of(),
						    ok ? "confirm" : "answer");
			else if (stores && ok)
				assert_string_equal(state_of(),
						    at == D_STORE ? "ready" :
								    "open");
			else
				assert_string_equal(state_of(),
						    stores ? "gone" :
							     at_names[at]);
			assert_int_equal(p.got[FRAME_READY], stores && ok);
			finish();
		}
}

static void
the_peer_is_removed_in_every_state(void **state)
{
	(void)state;
	for (int at = 0; at < ATS; at++) {
		struct bnl *l;

		begin((enum at)at);
		l = make_list(a->bnl, WORLD_START - 50, "alpha", "");
		lists_offer(a->lists, l->raw, l->rawlen);
		a->disk_stuck = false;
		collect(a);
		world_run();
		pump();
		/* One that has not said who it is may stay until it does. */
		assert_string_equal(state_of(), at == L_TLS ? "tls" : "gone");
		if (has_tls((enum at)at)) {
			assert_int_equal(p.got[FRAME_REFUSE], 1);
			assert_int_equal(p.refuse.code, REFUSE_NOT_LISTED);
			assert_int_equal(
				bnl_version_cmp(&p.refuse.list, &l->version),
				0);
		}
		assert_null(held(a, &w.h[1]));
		bnl_free(l);
		finish();
	}
}

static void
the_core_ends_in_every_state(void **state)
{
	(void)state;
	for (int at = 0; at < ATS; at++) {
		begin((enum at)at);
		finish();
	}
}

/* An owner that does not get it closed is told again, and only that. */
static void
an_owner_that_does_not_close(void **state)
{
	(void)state;
	for (int at = 0; at < ATS; at++) {
		begin((enum at)at);
		w.deaf = true;
		world_pass(10000);
		assert_string_equal(state_of(), "ending");
		assert_int_equal(w.closes, 1);
		assert_int_equal(conns_count(a->cs), 0);
		world_pass(31000);
		assert_int_equal(w.closes, 3);
		/* What still comes is for nobody. */
		if (p.t != NULL)
			say_any(FRAME_LIST_QUERY);
		assert_string_equal(state_of(), "ending");
		conns_closed(a->cs, p.id, CLOSE_ORDERLY, NULL);
		world_pass(31000);
		assert_int_equal(w.closes, 3);
		assert_string_equal(state_of(), "gone");
		finish();
	}
}

/* A connection made earlier, but heard later, was overtaken. */
static void
an_overtaken_hello_is_not_taken(void **state)
{
	struct endpoint from = host_address(1);
	struct tls *old;
	uint32_t old_id;

	(void)state;
	begin(L_HELLO);
	old = p.t;
	old_id = p.id;
	p.id = conns_accepted(a->cs, &from);
	collect(a);
	puppet_tls(true);
	say_hello(true);
	assert_string_equal(state_of(), "confirm");
	plain_close(p.t);
	/* Now the old one speaks. */
	p.t = old;
	p.id = old_id;
	say_hello(true);
	assert_string_equal(state_of(), "gone");
	assert_int_equal(p.refuse.code, REFUSE_BUSY);
	assert_int_equal(conns_count(a->cs), 1);
	finish();
}

static void
a_newer_one_takes_the_place(void **state)
{
	struct endpoint from = host_address(1);
	uint32_t old_id;

	(void)state;
	begin(L_STORE);
	old_id = p.id;
	plain_close(p.t);
	p.id = conns_accepted(a->cs, &from);
	collect(a);
	puppet_tls(true);
	/* Nothing is ended before it is known who that is. */
	assert_int_equal(conns_count(a->cs), 2);
	w.before_close = NULL;
	say_hello(true);
	assert_int_equal(conns_count(a->cs), 1);
	/* What was being stored is waited for, and is listed then. */
	assert_string_equal(state_of(), "answer");
	a->disk_stuck = false;
	world_run();
	pump();
	assert_string_equal(state_of(), "confirm");
	assert_int_equal(conns_drain(a->cs, old_id, p.in, 9), 0);
	finish();
}

/* All pairs go, so that both sides begin anew. */
static void
generations_used_up(void **state)
{
	static const enum at ats[] = { D_HELLO, L_HELLO };
	struct pair_record r = { .peer = "beta", .n = 1 };

	(void)state;
	for (int i = 0; i < 2; i++) {
		begin(ats[i]);
		r.pairs[0].generation = 3;
		r.pairs[0].proven = true;
		r.pairs[0].cipher = AEAD_AES_128_GCM;
		secret_store_load(a->secrets, &r);
		assert_non_null(held(a, &w.h[1]));
		p.claim = HELLO_GENERATION_MAX - 1;
		say_hello(true);
		assert_string_equal(state_of(), "gone");
		assert_int_equal(p.refuse.code, REFUSE_BUSY);
		assert_null(held(a, &w.h[1]));
		finish();
	}
}

static void
a_refusal_that_is_none(void **state)
{
	uint8_t junk[60];

	(void)state;
	memset(junk, 0xff, sizeof(junk));
	begin(L_LIST);
	say(FRAME_REFUSE, junk, sizeof(junk));
	assert_string_equal(state_of(), "gone");
	finish();
}

static void
lists_asked_for(void **state)
{
	uint8_t v[LIST_GET_LEN] = { 0 };

	(void)state;
	begin(L_LIST);
	/* Another version than there is: told what there is. */
	say(FRAME_LIST_GET, v, sizeof(v));
	assert_int_equal(p.got[FRAME_LIST_HAVE], 1);
	assert_int_equal(p.got[FRAME_LIST_DATA], 0);
	bnl_version_write(v, &a->env.version);
	say(FRAME_LIST_GET, v, sizeof(v));
	assert_int_equal(p.got[FRAME_LIST_DATA], 1);
	finish();
	/* Twice at once, before the first one is sent. */
	begin(L_LIST);
	bnl_version_write(v, &a->env.version);
	{
		uint8_t frame[FRAME_HEADER_LEN + LIST_GET_LEN];

		frame_header_write(frame, FRAME_LIST_GET, LIST_GET_LEN);
		memcpy(frame + FRAME_HEADER_LEN, v, sizeof(v));
		plain_write(p.t, frame, sizeof(frame));
		plain_write(p.t, frame, sizeof(frame));
		pump();
	}
	assert_string_equal(state_of(), "gone");
	assert_int_equal(p.refuse.code, REFUSE_PROTOCOL);
	finish();
}

static void
an_offer_said_twice(void **state)
{
	struct list_have h = { .len = 500 };
	uint8_t v[LIST_HAVE_LEN];

	(void)state;
	begin(L_LIST);
	h.version.timestamp.s = WORLD_START;
	list_have_encode(v, &h);
	say(FRAME_LIST_HAVE, v, sizeof(v));
	assert_int_equal(p.got[FRAME_LIST_GET], 1);
	say(FRAME_LIST_DATA, v, sizeof(v));
	say(FRAME_LIST_HAVE, v, sizeof(v));
	assert_int_equal(p.got[FRAME_LIST_GET], 1);
	/* A newer one begins anew. */
	h.version.timestamp.s++;
	list_have_encode(v, &h);
	say(FRAME_LIST_HAVE, v, sizeof(v));
	assert_int_equal(p.got[FRAME_LIST_GET], 2);
	assert_string_equal(state_of(), "open");
	finish();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_frame_in_every_state),
		cmocka_unit_test(broken_frames_in_every_state),
		cmocka_unit_test(silence_in_every_state),
		cmocka_unit_test(the_end_of_tcp_in_every_state),
		cmocka_unit_test(the_end_of_tls_in_every_state),
		cmocka_unit_test(the_disk_answers_in_every_state),
		cmocka_unit_test(the_peer_is_removed_in_every_state),
		cmocka_unit_test(the_core_ends_in_every_state),
		cmocka_unit_test(an_owner_that_does_not_close),
		cmocka_unit_test(generations_used_up),
		cmocka_unit_test(a_refusal_that_is_none),
		cmocka_unit_test(lists_asked_for),
		cmocka_unit_test(an_offer_said_twice),
		cmocka_unit_test(an_overtaken_hello_is_not_taken),
		cmocka_unit_test(a_newer_one_takes_the_place),
	};

	return cmocka_run_group_tests_name("conn_cells", tests, NULL, NULL);
}
