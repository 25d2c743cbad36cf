/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The machine of a negotiation, alone: each state against each event, then the
 * contents of frames and of the new pair.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "core/conn/negotiation.h"

#define NOW_S INT64_C(1000000)

/* One end of a connection. */
struct end {
	struct core_env core;
	struct rng_seeded seeded;
	struct conf_algos algos;
	struct cert_info cert;
	struct negotiation *n;
	struct neg_env env;
	struct neg_out out;
	enum neg_step step;
	uint8_t sent[FRAME_MAX]; /* the last frame */
	size_t nsent;
	unsigned int sends;
};

static struct end alpha, beta; /* beta is the other side */

/* --- the two ends ---------------------------------------------------------- */

static void
end_begin(struct end *e, const char *self, const struct end *other,
	  bool dialled)
{
	memset(e, 0, sizeof(*e));
	e->core.rng = rng_seeded(&e->seeded, (uint64_t)self[0]);
	e->core.self = self;
	e->core.now.wall.s = NOW_S;
	e->core.version.timestamp.s = 100;
	memset(e->core.static_public, self[0], X25519_LEN);
	e->algos = (struct conf_algos){
		.nciphers = 1,
		.ciphers = { { AEAD_AES_256_GCM, 10 } },
	};
	memset(e->cert.fingerprint, self[0], FINGERPRINT_LEN);
	e->cert.not_after.s = NOW_S + self[0];
	e->n = negotiation_new();
	e->env = (struct neg_env){
		.at = CONN_TLS,
		.core = &e->core,
		.peer = other == &beta ? "beta" : "alpha",
		.algos = &e->algos,
		.mine = &e->cert,
		.cert = &other->cert,
		.dialled = dialled,
		.lower_dialled = (self[0] == 'a') == dialled,
		.wanted = dialled,
		.able = true,
		.settled = true,
		.place = PAIR_STORING,
	};
}

/* The owner's part: keeps the state, sends the frame. */
static enum neg_step
give(struct end *e, enum neg_event event, enum frame_type type,
     const uint8_t *in, size_t len)
{
	struct neg_out *out = &e->out;

	e->step = negotiation_in(e->n, &e->env, event, type, in, len, out);
	if (out->payload != NULL) {
		frame_header_write(e->sent, out->send, out->len);
		memcpy(e->sent + FRAME_HEADER_LEN, out->payload, out->len);
		e->nsent = FRAME_HEADER_LEN + out->len;
		e->sends++;
	}
	e->env.at = out->next;
	return e->step;
}

static enum neg_step
give_event(struct end *e, enum neg_event event)
{
	uint8_t exporter[SHA256_LEN];

	/* Both ends of a TLS connection get the same for the same context. */
	memcpy(exporter, e->n == NULL ? e->sent : e->n->th, SHA256_LEN);
	exporter[0] ^= 0x55;
	return give(e, event, 0, exporter, sizeof(exporter));
}

static enum neg_step
give_frame(struct end *e, const uint8_t *frame, size_t len)
{
	return give(e, NEG_FRAME, (enum frame_type)frame[0], frame, len);
}

/* Answers the questions of e until there are none. */
static enum neg_step
answer_all(struct end *e)
{
	for (;;)
		switch (e->step) {
		case NEG_ADMIT:
			give_event(e, NEG_ADMITTED);
			break;
		case NEG_COMPARE:
			give_event(e, NEG_COMPARED);
			break;
		case NEG_EXPORT:
			give_event(e, NEG_EXPORTED);
			break;
		default:
			return e->step;
		}
}

/* The negotiation is over, and the connection is not. */
static void
end_negotiation(struct end *e, bool negotiated)
{
	negotiation_free(e->n);
	e->n = NULL;
	e->env.negotiated = negotiated;
}

static void
finish(void)
{
	negotiation_free(alpha.n);
	negotiation_free(beta.n);
}

/* --- frames of beta -------------------------------------------------------- */

enum what { /* that happens to alpha */
	    START,
	    DISK,      /* all that was to be written is written */
	    DISK_LATE, /* it answers about something else */
	    DISK_LOST, /* the new pair could not be kept */
	    HELLO,     /* with the wish to negotiate */
	    HELLO_PLAIN,
	    HELLO_OTHER, /* of another protocol version */
	    HELLO_NAME,	 /* from somebody else */
	    HELLO_JUNK,
	    CONFIRM,
	    CONFIRM_WRONG,
	    READY,
	    ADMITTED, /* answers to questions that were not asked */
	    COMPARED,
	    EXPORTED,
	    WHATS
};

static struct hello
hello_of_beta(bool negotiate)
{
	struct hello h = { .from = "beta",
			   .to = "alpha",
			   .negotiate = negotiate,
			   .list.timestamp.s = 100,
			   .algos = beta.algos };

	memset(h.random, 7, sizeof(h.random));
	memset(h.static_key, 'b', sizeof(h.static_key));
	return h;
}

static enum neg_step
give_hello(const struct hello *h)
{
	uint8_t frame[FRAME_HEADER_LEN + FRAME_HELLO_MAX];
	size_t len = hello_encode(frame + FRAME_HEADER_LEN, h);

	frame_header_write(frame, FRAME_HELLO, len);
	return give_frame(&alpha, frame, FRAME_HEADER_LEN + len);
}

static enum neg_step
give_confirm(bool right)
{
	const struct negotiation *n = alpha.n;
	uint8_t frame[FRAME_HEADER_LEN + PROTO_CONFIRM_LEN] = { 0 };

	frame_header_write(frame, FRAME_CONFIRM, PROTO_CONFIRM_LEN);
	if (n != NULL)
		agreement_confirm(frame + FRAME_HEADER_LEN, &n->keys,
				  !alpha.env.dialled, n->th, &n->selection);
	frame[FRAME_HEADER_LEN + 7] ^= !right;
	return give_frame(&alpha, frame, sizeof(frame));
}

static enum neg_step
give_ready(void)
{
	uint8_t frame[FRAME_HEADER_LEN];

	frame_header_write(frame, FRAME_READY, 0);
	return give_frame(&alpha, frame, sizeof(frame));
}

static enum neg_step
give_disk(bool settled, enum pair_place place)
{
	alpha.env.settled = settled;
	alpha.env.place = place;
	return give_event(&alpha, NEG_DISK);
}

static enum neg_step
give_odd_hello(enum what what)
{
	uint8_t frame[FRAME_HEADER_LEN + 100] = { 0 };
	struct hello h = hello_of_beta(true);

	if (what == HELLO_NAME) {
		strcpy(h.from, "gamma");
		return give_hello(&h);
	}
	frame_header_write(frame, FRAME_HELLO, 100);
	frame[FRAME_HEADER_LEN + 1] =
		what == HELLO_OTHER ? PROTO_VERSION + 1 : PROTO_VERSION;
	return give_frame(&alpha, frame, sizeof(frame));
}

static enum neg_step
give_what(enum what what)
{
	struct hello h = hello_of_beta(what == HELLO);

	switch (what) {
	case START:
		return give_event(&alpha, NEG_START);
	case DISK:
		return give_disk(true, PAIR_HELD);
	case DISK_LATE:
		return give_disk(false, PAIR_STORING);
	case DISK_LOST:
		return give_disk(true, PAIR_ABSENT);
	case HELLO:
	case HELLO_PLAIN:
		return give_hello(&h);
	case CONFIRM:
	case CONFIRM_WRONG:
		return give_confirm(what == CONFIRM);
	case READY:
		return give_ready();
	case ADMITTED:
		return give_event(&alpha, NEG_ADMITTED);
	case COMPARED:
		return give_event(&alpha, NEG_COMPARED);
	case EXPORTED:
		return give_event(&alpha, NEG_EXPORTED);
	default:
		return give_odd_hello(what);
	}
}

/* --- states ---------------------------------------------------------------- */

enum at {
	D_TLS,
	D_SETTLE,
	D_HELLO,
	D_PLAIN, /* HELLO, and alpha asked for no negotiation */
	D_CONFIRM,
	D_STORE,
	D_EARLY, /* STORE, and beta has said READY */
	D_READY,
	D_OPEN,	 /* after a negotiation */
	D_LISTS, /* never had one */
	L_TLS,
	L_HELLO,
	L_ANSWER,
	L_CONFIRM,
	L_STORE,
	L_EARLY,
	L_OPEN,
	L_LISTS,
	ATS
};

static const enum conn_state state_at[ATS] = {
	CONN_TLS,   CONN_SETTLE, CONN_HELLO,  CONN_HELLO,   CONN_CONFIRM,
	CONN_STORE, CONN_STORE,	 CONN_READY,  CONN_OPEN,    CONN_OPEN,
	CONN_TLS,   CONN_HELLO,	 CONN_ANSWER, CONN_CONFIRM, CONN_STORE,
	CONN_STORE, CONN_OPEN,	 CONN_OPEN,
};

/* From the HELLOs to the end. */
static void
lead_on(enum at to, enum at confirm, enum at store, enum at early,
	enum at ready)
{
	assert_int_equal(answer_all(&alpha), NEG_AGREED);
	if (to == confirm)
		return;
	assert_int_equal(give_confirm(true), NEG_STORE);
	if (to == store)
		return;
	if (to == early) {
		assert_int_equal(give_ready(), NEG_WAIT);
		return;
	}
	give_disk(true, PAIR_HELD);
	if (to == ready)
		return;
	if (alpha.env.dialled)
		give_ready();
	assert_int_equal(alpha.step, NEG_DONE);
	end_negotiation(&alpha, true);
}

static void
lead_dialler(enum at to)
{
	struct hello h = hello_of_beta(true);

	alpha.env.settled = to != D_SETTLE;
	alpha.env.wanted = to != D_PLAIN && to != D_LISTS;
	if (to == D_TLS)
		return;
	assert_int_equal(give_event(&alpha, NEG_START), NEG_WAIT);
	if (to == D_SETTLE || to == D_HELLO || to == D_PLAIN)
		return;
	h.negotiate = to != D_LISTS;
	give_hello(&h);
	if (to == D_LISTS)
		end_negotiation(&alpha, false);
	else
		lead_on(to, D_CONFIRM, D_STORE, D_EARLY, D_READY);
}

static void
lead_listener(enum at to)
{
	struct hello h = hello_of_beta(to != L_LISTS);

	alpha.env.settled = to != L_ANSWER;
	if (to == L_TLS)
		return;
	assert_int_equal(give_event(&alpha, NEG_START), NEG_WAIT);
	if (to == L_HELLO)
		return;
	assert_int_equal(give_hello(&h), NEG_ADMIT);
	if (to == L_LISTS || to == L_ANSWER) {
		answer_all(&alpha);
		if (to == L_LISTS)
			end_negotiation(&alpha, false);
		return;
	}
	lead_on(to, L_CONFIRM, L_STORE, L_EARLY, ATS);
}

static void
begin(enum at at)
{
	bool dialled = at < L_TLS;

	end_begin(&alpha, "alpha", &beta, dialled);
	end_begin(&beta, "beta", &alpha, !dialled);
	if (dialled)
		lead_dialler(at);
	else
		lead_listener(at);
	assert_int_equal(alpha.env.at, state_at[at]);
	alpha.sends = 0;
	memset(&alpha.out, 0, sizeof(alpha.out));
}

/* --- each state, each event ------------------------------------------------ */

/* The cells where something happens. In all others an event or an answer
 * changes nothing, and a frame is refused as one at a wrong time. */
static const struct cell {
	enum at at;
	enum what what;
	enum neg_step step;
	enum conn_state next;
	enum frame_type send; /* 0: nothing */
	int code;
} cells[] = {
	/* clang-format off */
	{D_TLS, START, NEG_WAIT, CONN_HELLO, FRAME_HELLO, 0},
	{D_SETTLE, DISK, NEG_WAIT, CONN_HELLO, FRAME_HELLO, 0},
	{D_SETTLE, DISK_LOST, NEG_WAIT, CONN_HELLO, FRAME_HELLO, 0},
	{D_HELLO, HELLO, NEG_COMPARE, CONN_HELLO, 0, 0},
	{D_HELLO, HELLO_PLAIN, NEG_FAILED, CONN_OPEN, 0, 0},
	{D_HELLO, HELLO_OTHER, NEG_REFUSE, CONN_HELLO, 0, REFUSE_VERSION},
	{D_HELLO, HELLO_NAME, NEG_REFUSE, CONN_HELLO, 0, REFUSE_WRONG_NAME},
	{D_HELLO, HELLO_JUNK, NEG_REFUSE, CONN_HELLO, 0, REFUSE_PROTOCOL},
	{D_PLAIN, HELLO, NEG_REFUSE, CONN_HELLO, 0, REFUSE_PROTOCOL},
	{D_PLAIN, HELLO_PLAIN, NEG_LISTS, CONN_OPEN, 0, 0},
	{D_PLAIN, HELLO_OTHER, NEG_REFUSE, CONN_HELLO, 0, REFUSE_VERSION},
	{D_PLAIN, HELLO_NAME, NEG_REFUSE, CONN_HELLO, 0, REFUSE_WRONG_NAME},
	{D_PLAIN, HELLO_JUNK, NEG_REFUSE, CONN_HELLO, 0, REFUSE_PROTOCOL},
	{D_CONFIRM, CONFIRM, NEG_STORE, CONN_STORE, 0, 0},
	{D_CONFIRM, CONFIRM_WRONG, NEG_REFUSE, CONN_CONFIRM, 0,
	 REFUSE_PROTOCOL},
	{D_STORE, DISK, NEG_WAIT, CONN_READY, FRAME_READY, 0},
	{D_STORE, DISK_LOST, NEG_END, CONN_STORE, 0, 0},
	{D_STORE, READY, NEG_WAIT, CONN_STORE, 0, 0},
	{D_EARLY, DISK, NEG_DONE, CONN_OPEN, FRAME_READY, 0},
	{D_EARLY, DISK_LOST, NEG_END, CONN_STORE, 0, 0},
	{D_READY, READY, NEG_DONE, CONN_OPEN, 0, 0},
	{L_TLS, START, NEG_WAIT, CONN_HELLO, 0, 0},
	{L_HELLO, HELLO, NEG_ADMIT, CONN_HELLO, 0, 0},
	{L_HELLO, HELLO_PLAIN, NEG_ADMIT, CONN_HELLO, 0, 0},
	{L_HELLO, HELLO_OTHER, NEG_REFUSE, CONN_HELLO, 0, REFUSE_VERSION},
	{L_HELLO, HELLO_NAME, NEG_REFUSE, CONN_HELLO, 0, REFUSE_WRONG_NAME},
	{L_HELLO, HELLO_JUNK, NEG_REFUSE, CONN_HELLO, 0, REFUSE_PROTOCOL},
	{L_ANSWER, DISK, NEG_COMPARE, CONN_ANSWER, 0, 0},
	{L_ANSWER, DISK_LOST, NEG_COMPARE, CONN_ANSWER, 0, 0},
	{L_CONFIRM, CONFIRM, NEG_STORE, CONN_STORE, 0, 0},
	{L_CONFIRM, CONFIRM_WRONG, NEG_REFUSE, CONN_CONFIRM, 0,
	 REFUSE_PROTOCOL},
	{L_STORE, DISK, NEG_DONE, CONN_OPEN, FRAME_READY, 0},
	{L_STORE, DISK_LOST, NEG_END, CONN_STORE, 0, 0},
	{L_STORE, READY, NEG_WAIT, CONN_STORE, 0, 0},
	{L_EARLY, DISK, NEG_DONE, CONN_OPEN, FRAME_READY, 0},
	{L_EARLY, DISK_LOST, NEG_END, CONN_STORE, 0, 0},
	{L_OPEN, READY, NEG_WAIT, CONN_OPEN, 0, 0},
	/* clang-format on */
};

static struct cell
cell_of(enum at at, enum what what)
{
	struct cell c = { at, what, NEG_WAIT, state_at[at], 0, 0 };

	for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]); i++)
		if (cells[i].at == at && cells[i].what == what)
			return cells[i];
	if (what >= HELLO && what <= READY) {
		c.step = NEG_REFUSE;
		c.code = REFUSE_PROTOCOL;
	}
	return c;
}

static void
every_event_in_every_state(void **state)
{
	static struct negotiation before;

	(void)state;
	for (int at = 0; at < ATS; at++)
		for (int what = 0; what < WHATS; what++) {
			struct cell c = cell_of((enum at)at, (enum what)what);

			begin((enum at)at);
			if (alpha.n != NULL)
				before = *alpha.n;
			if (give_what((enum what)what) != c.step ||
			    alpha.out.next != c.next ||
			    alpha.out.send != c.send ||
			    alpha.sends != (c.send != 0) ||
			    alpha.out.code != c.code)
				fail_msg("state %d, event %d: step %d, "
					 "next %d, frame %d, code %d",
					 at, what, (int)alpha.step,
					 (int)alpha.out.next,
					 (int)alpha.out.send, alpha.out.code);
			/* A refused frame has left nothing behind. */
			if (alpha.n != NULL && c.step == NEG_REFUSE &&
			    at != D_PLAIN)
				assert_memory_equal(&before, alpha.n,
						    sizeof(before));
			finish();
		}
}

/* --- a whole one ----------------------------------------------------------- */

static void
deliver(struct end *from, struct end *to, enum frame_type type)
{
	assert_int_equal(from->sends, 1);
	assert_int_equal(from->sent[0], type);
	from->sends = 0;
	give_frame(to, from->sent, from->nsent);
}

/* Leads both ends to CONFIRM; the CONFIRM of the listener is under way. */
static void
exchange_hellos(struct end *d, struct end *l)
{
	give_event(d, NEG_START);
	give_event(l, NEG_START);
	deliver(d, l, FRAME_HELLO);
	give_event(l, NEG_ADMITTED);
	assert_int_equal(give_event(l, NEG_COMPARED), NEG_EXPORT);
	deliver(l, d, FRAME_HELLO);
	assert_int_equal(answer_all(l), NEG_AGREED);
	assert_int_equal(answer_all(d), NEG_AGREED);
}

static void
both_ends_agree(void **state)
{
	(void)state;
	for (int dialled = 0; dialled < 2; dialled++) {
		struct end *d = dialled ? &alpha : &beta;
		struct end *l = dialled ? &beta : &alpha;
		struct pair p, q;

		end_begin(&alpha, "alpha", &beta, dialled);
		end_begin(&beta, "beta", &alpha, !dialled);
		beta.algos.ncomps = alpha.algos.ncomps = 1;
		beta.algos.comps[0] = (struct conf_comp){ COMP_ZLIB, 4, 9 };
		alpha.algos.comps[0] = (struct conf_comp){ COMP_ZLIB, 7, 9 };
		beta.env.nheld = 1;
		beta.env.held[0].generation = 8;
		exchange_hellos(d, l);
		deliver(d, l, FRAME_CONFIRM);
		q = l->out.pair;
		deliver(l, d, FRAME_CONFIRM);
		p = d->out.pair;
		assert_int_equal(d->step, NEG_STORE);
		assert_int_equal(l->step, NEG_STORE);
		assert_memory_equal(p.id, q.id, sizeof(p.id));
		assert_memory_equal(p.id, d->n->keys.id, sizeof(p.id));
		assert_memory_equal(p.secret, q.secret, sizeof(p.secret));
		assert_memory_equal(p.secret, d->n->keys.secret,
				    sizeof(p.secret));
		assert_memory_not_equal(d->n->mine.random, l->n->mine.random,
					PROTO_RANDOM_LEN);
		assert_int_equal(p.generation, 9);
		assert_int_equal(q.generation, 9);
		assert_int_equal(p.lower_dialled, dialled);
		assert_int_equal(q.lower_dialled, dialled);
		assert_int_equal(p.cipher, AEAD_AES_256_GCM);
		assert_int_equal(p.comp, COMP_ZLIB);
		assert_int_equal(p.level, 4);
		assert_false(p.proven);
		assert_int_equal(p.made.s, NOW_S);
		assert_int_equal(p.cert_end.s, NOW_S + 'a');
		assert_int_equal(q.cert_end.s, NOW_S + 'a');
		assert_int_equal(p.list.timestamp.s, 100);
		assert_memory_equal(p.self_static, q.peer_static, X25519_LEN);
		assert_memory_equal(p.peer_static, q.self_static, X25519_LEN);
		assert_memory_equal(p.peer_key, l->cert.fingerprint,
				    FINGERPRINT_LEN);
		assert_memory_equal(q.peer_key, d->cert.fingerprint,
				    FINGERPRINT_LEN);
		d->env.place = l->env.place = PAIR_HELD;
		assert_int_equal(give_event(l, NEG_DISK), NEG_DONE);
		assert_int_equal(give_event(d, NEG_DISK), NEG_WAIT);
		deliver(l, d, FRAME_READY);
		assert_int_equal(d->step, NEG_DONE);
		finish();
	}
}

/* Another key material than the peer's: its CONFIRM does not match. */
static void
another_tls_connection_is_noticed(void **state)
{
	(void)state;
	begin(D_TLS);
	give_event(&alpha, NEG_START);
	give_event(&beta, NEG_START);
	deliver(&alpha, &beta, FRAME_HELLO);
	give_event(&beta, NEG_ADMITTED);
	give_event(&beta, NEG_COMPARED);
	deliver(&beta, &alpha, FRAME_HELLO);
	give_event(&alpha, NEG_COMPARED);
	answer_all(&beta);
	give(&alpha, NEG_EXPORTED, 0, beta.sent, SHA256_LEN);
	deliver(&beta, &alpha, FRAME_CONFIRM);
	assert_int_equal(alpha.step, NEG_REFUSE);
	assert_string_equal(alpha.out.why, "the confirmation does not match");
	finish();
}

/* --- HELLO ----------------------------------------------------------------- */

static struct hello
sent_hello(void)
{
	struct hello h;
	struct err e;

	assert_int_equal(alpha.sends, 1);
	assert_int_equal(hello_decode(&h, alpha.sent + FRAME_HEADER_LEN,
				      alpha.nsent - FRAME_HEADER_LEN, &e),
			 0);
	return h;
}

static void
the_hello_of_a_dialler(void **state)
{
	/* wanted, able, deliver_only: negotiates, announces its list */
	static const bool rows[][5] = {
		{ true, true, false, true, false },
		{ false, true, false, false, true },
		{ true, false, false, false, true },
		{ true, true, true, false, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct hello h;

		begin(D_TLS);
		alpha.env.wanted = rows[i][0];
		alpha.env.able = rows[i][1];
		alpha.env.deliver_only = rows[i][2];
		alpha.env.nheld = 1;
		alpha.env.held[0].generation = 4;
		give_event(&alpha, NEG_START);
		h = sent_hello();
		assert_string_equal(h.from, "alpha");
		assert_string_equal(h.to, "beta");
		assert_int_equal(h.negotiate, rows[i][3]);
		assert_int_equal(h.nheld, rows[i][3]);
		assert_int_equal(alpha.out.have, rows[i][4]);
		assert_int_equal(h.list.timestamp.s, 100);
		assert_memory_equal(h.static_key, alpha.core.static_public,
				    X25519_LEN);
		finish();
	}
}

/* The wish to negotiate is dropped before HELLO: the disk, which only that
 * waits for, answers, late or not at all. */
static void
a_spared_negotiation(void **state)
{
	(void)state;
	for (int settled = 0; settled < 2; settled++) {
		begin(D_SETTLE);
		alpha.env.wanted = false;
		assert_int_equal(give_disk(settled, PAIR_STORING), NEG_WAIT);
		assert_int_equal(alpha.env.at, CONN_HELLO);
		assert_false(sent_hello().negotiate);
		assert_true(alpha.out.have);
		assert_int_equal(give_what(HELLO_PLAIN), NEG_LISTS);
		assert_string_equal(alpha.out.why, "");
		finish();
	}
}

static void
the_hello_of_a_listener(void **state)
{
	/* beta asks, able, deliver_only: negotiates */
	static const bool rows[][4] = {
		{ true, true, false, true },
		{ false, true, false, false },
		{ true, false, false, false },
		{ true, true, true, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct hello h;

		begin(L_HELLO);
		h = hello_of_beta(rows[i][0]);
		alpha.env.able = rows[i][1];
		alpha.env.deliver_only = rows[i][2];
		assert_int_equal(give_hello(&h), NEG_ADMIT);
		assert_int_equal(alpha.out.negotiates, rows[i][3]);
		if (rows[i][3]) {
			assert_int_equal(give_event(&alpha, NEG_ADMITTED),
					 NEG_COMPARE);
			assert_int_equal(alpha.sends, 0);
			assert_int_equal(give_event(&alpha, NEG_COMPARED),
					 NEG_EXPORT);
		} else {
			assert_int_equal(give_event(&alpha, NEG_ADMITTED),
					 NEG_LISTS);
			assert_int_equal(alpha.env.at, CONN_OPEN);
		}
		assert_int_equal(sent_hello().negotiate, rows[i][3]);
		assert_false(alpha.out.have);
		finish();
	}
}

/* The disk has to hold what HELLO lists, before and after the comparison. */
static void
a_listener_that_waits_for_the_disk(void **state)
{
	(void)state;
	begin(L_ANSWER);
	assert_int_equal(give_disk(false, PAIR_STORING), NEG_WAIT);
	assert_int_equal(give_disk(true, PAIR_STORING), NEG_COMPARE);
	/* An old pair goes: that is written first. */
	alpha.env.settled = false;
	assert_int_equal(give_event(&alpha, NEG_COMPARED), NEG_WAIT);
	assert_int_equal(alpha.env.at, CONN_ANSWER);
	assert_int_equal(alpha.sends, 0);
	assert_int_equal(give_event(&alpha, NEG_COMPARED), NEG_WAIT);
	alpha.env.nheld = 1;
	alpha.env.held[0].generation = 6;
	assert_int_equal(give_disk(true, PAIR_STORING), NEG_COMPARE);
	assert_int_equal(give_event(&alpha, NEG_COMPARED), NEG_EXPORT);
	assert_int_equal(sent_hello().held[0].generation, 6);
	assert_int_equal(give_event(&alpha, NEG_EXPORTED), NEG_AGREED);
	assert_int_equal(alpha.env.at, CONN_CONFIRM);
	finish();
}

/* A peer that the list does not admit delivers a newer one. */
static void
a_list_is_fetched_first(void **state)
{
	(void)state;
	for (int wanted = 0; wanted < 2; wanted++) {
		begin(D_TLS);
		alpha.env.deliver_only = true;
		alpha.env.wanted = wanted;
		give_event(&alpha, NEG_START);
		/* It may not even negotiate. */
		assert_int_equal(give_what(HELLO_PLAIN), NEG_ADMIT);
		assert_false(alpha.out.negotiates);
		assert_int_equal(alpha.env.at, CONN_HELLO);
		assert_int_equal(give_event(&alpha, NEG_ADMITTED), NEG_FETCH);
		assert_int_equal(alpha.env.at, CONN_OPEN);
		assert_string_equal(
			alpha.out.why,
			wanted ?
				"our list is older and does not admit its key" :
				"");
		finish();
		begin(D_TLS);
		alpha.env.deliver_only = true;
		alpha.env.wanted = wanted;
		give_event(&alpha, NEG_START);
		assert_int_equal(give_what(HELLO), NEG_REFUSE);
		finish();
	}
}

static void
a_listener_that_does_not_negotiate(void **state)
{
	static const int64_t lists[] = { 99, 100, 101 };

	(void)state;
	for (int i = 0; i < 3; i++) {
		char text[BNL_VERSION_TEXT_MAX], why[200];
		struct hello h;

		begin(D_HELLO);
		h = hello_of_beta(false);
		h.list.timestamp.s = lists[i];
		assert_int_equal(give_hello(&h), NEG_FAILED);
		assert_int_equal(alpha.out.behind, lists[i] < 100);
		assert_false(alpha.out.nothing_in_common);
		snprintf(why, sizeof(why),
			 "it does not negotiate now: its list is %s",
			 bnl_version_format(text, &h.list));
		assert_string_equal(alpha.out.why, why);
		finish();
	}
}

static void
refusals_say_why(void **state)
{
	static const struct {
		enum at at;
		enum what what;
		const char *why;
	} rows[] = {
		{ D_OPEN, HELLO, "hello at a wrong time" },
		{ D_STORE, CONFIRM, "confirm at a wrong time" },
		{ D_EARLY, READY, "ready at a wrong time" },
		{ L_LISTS, READY, "ready at a wrong time" },
		{ D_PLAIN, HELLO, "a negotiation that nobody asked for" },
		{ L_HELLO, HELLO_NAME, "gamma calls alpha here" },
		{ L_HELLO, HELLO_OTHER, NULL },
		{ L_CONFIRM, CONFIRM_WRONG, "the confirmation does not match" },
		{ L_STORE, DISK_LOST, "the new pair is not held" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char version[60];

		snprintf(version, sizeof(version), "version %d here, %d there",
			 PROTO_VERSION, PROTO_VERSION + 1);
		begin(rows[i].at);
		give_what(rows[i].what);
		assert_string_equal(alpha.out.why, rows[i].why != NULL ?
							   rows[i].why :
							   version);
		assert_false(alpha.out.used_up);
		finish();
	}
}

/* --- agreement ------------------------------------------------------------- */

static void
no_cipher_in_common(void **state)
{
	static const enum at ats[] = { D_HELLO, L_HELLO };

	(void)state;
	for (int i = 0; i < 2; i++) {
		begin(ats[i]);
		beta.algos.ciphers[0].alg = AEAD_CHACHA20_POLY1305;
		give_what(HELLO);
		assert_int_equal(answer_all(&alpha), NEG_FAILED);
		assert_int_equal(alpha.env.at, CONN_OPEN);
		assert_true(alpha.out.nothing_in_common);
		assert_false(alpha.out.behind);
		/* The listener's HELLO tells the dialler. */
		assert_int_equal(alpha.sends, i);
		assert_string_equal(alpha.out.why,
				    "no cipher in common: aes-256-gcm:10 here, "
				    "chacha20-poly1305:10 there");
		finish();
	}
}

/* The last generation but one, and the last. */
static void
generations_used_up(void **state)
{
	static const enum at ats[] = { D_HELLO, L_HELLO };

	(void)state;
	for (int i = 0; i < 4; i++) {
		struct hello h;

		begin(ats[i % 2]);
		h = hello_of_beta(true);
		h.nheld = 1;
		h.held[0].generation = HELLO_GENERATION_MAX - (i < 2 ? 2 : 1);
		give_hello(&h);
		assert_int_equal(answer_all(&alpha),
				 i < 2 ? NEG_AGREED : NEG_REFUSE);
		assert_int_equal(alpha.out.used_up, i >= 2);
		if (i >= 2)
			assert_int_equal(alpha.out.code, REFUSE_BUSY);
		finish();
	}
}

static void
a_wrong_confirm_makes_no_pair(void **state)
{
	static const enum at ats[] = { D_CONFIRM, L_CONFIRM };
	static const struct pair none;

	(void)state;
	for (int i = 0; i < 2; i++) {
		begin(ats[i]);
		give_confirm(false);
		assert_memory_equal(&alpha.out.pair, &none, sizeof(none));
		finish();
	}
}

/* An answer counts once, at once, and for its own question. */
static void
answers_are_for_their_questions(void **state)
{
	(void)state;
	begin(L_HELLO);
	give_what(HELLO);
	assert_int_equal(give_event(&alpha, NEG_COMPARED), NEG_WAIT);
	assert_int_equal(give_event(&alpha, NEG_ADMITTED), NEG_WAIT);
	assert_int_equal(alpha.sends, 0);
	finish();
	begin(D_HELLO);
	give_what(HELLO);
	assert_int_equal(give_event(&alpha, NEG_EXPORTED), NEG_WAIT);
	assert_int_equal(give_event(&alpha, NEG_COMPARED), NEG_WAIT);
	assert_int_equal(alpha.env.at, CONN_HELLO);
	finish();
	begin(D_HELLO);
	give_what(HELLO);
	give_event(&alpha, NEG_COMPARED);
	assert_int_equal(give_event(&alpha, NEG_NOTHING), NEG_WAIT);
	assert_int_equal(give_event(&alpha, NEG_EXPORTED), NEG_WAIT);
	assert_int_equal(alpha.sends, 0);
	finish();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_event_in_every_state),
		cmocka_unit_test(both_ends_agree),
		cmocka_unit_test(another_tls_connection_is_noticed),
		cmocka_unit_test(the_hello_of_a_dialler),
		cmocka_unit_test(a_spared_negotiation),
		cmocka_unit_test(the_hello_of_a_listener),
		cmocka_unit_test(a_listener_that_waits_for_the_disk),
		cmocka_unit_test(a_list_is_fetched_first),
		cmocka_unit_test(a_listener_that_does_not_negotiate),
		cmocka_unit_test(refusals_say_why),
		cmocka_unit_test(no_cipher_in_common),
		cmocka_unit_test(generations_used_up),
		cmocka_unit_test(a_wrong_confirm_makes_no_pair),
		cmocka_unit_test(answers_are_for_their_questions),
	};

	return cmocka_run_group_tests_name("negotiation", tests, NULL, NULL);
}
