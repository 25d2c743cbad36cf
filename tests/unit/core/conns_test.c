/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Negotiations between hosts, and who is refused. */
#include "conn_world.h"

#include "core/listed.h"

#define BOTH "alpha beta"

static struct host *a, *b;

static int
setup(void **state)
{
	(void)state;
	world_begin(1);
	a = host_add("alpha", make_list(NULL, WORLD_START - 100, BOTH, ""));
	b = host_add("beta", make_list(NULL, WORLD_START - 100, BOTH, ""));
	host_start(a);
	host_start(b);
	world_run();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	world_end();
	return 0;
}

static void
assert_same_newest(void)
{
	const struct pair_record *p = held(a, b), *q = held(b, a);

	assert_non_null(p);
	assert_non_null(q);
	assert_memory_equal(p->pairs[0].id, q->pairs[0].id, PAIR_ID_LEN);
	assert_memory_equal(p->pairs[0].secret, q->pairs[0].secret,
			    PAIR_SECRET_LEN);
	assert_int_equal(p->pairs[0].cipher, q->pairs[0].cipher);
	assert_int_equal(p->pairs[0].comp, q->pairs[0].comp);
	assert_int_equal(p->pairs[0].level, q->pairs[0].level);
	assert_int_equal(p->pairs[0].generation, q->pairs[0].generation);
	assert_int_equal(p->pairs[0].lower_dialled, q->pairs[0].lower_dialled);
	assert_memory_equal(p->pairs[0].self_static, q->pairs[0].peer_static,
			    X25519_LEN);
	assert_memory_equal(p->pairs[0].peer_static, q->pairs[0].self_static,
			    X25519_LEN);
}

static void
one_dials(void **state)
{
	const struct pair_record *p;

	(void)state;
	assert_int_not_equal(dial(a, "beta", CONN_PAIR), 0);
	assert_true(conns_negotiating(a->cs, "beta"));
	world_run();
	assert_same_newest();
	p = held(a, b);
	assert_int_equal(p->n, 1);
	assert_true(p->pairs[0].lower_dialled);
	assert_int_equal(p->pairs[0].cipher, AEAD_AES_256_GCM);
	assert_int_equal(p->pairs[0].generation, 1);
	assert_memory_equal(p->pairs[0].peer_key, b->env.cert.fingerprint,
			    FINGERPRINT_LEN);
	assert_int_equal(p->pairs[0].made.s, WORLD_START);
	assert_int_equal(a->negotiated, 1);
	assert_int_equal(b->negotiated, 1);
	assert_int_equal(a->renewed + b->renewed, 2);
	assert_int_equal(a->events[EVENT_PAIR_NEW], 1);
	assert_int_equal(a->failed + b->failed, 0);
	assert_int_equal(conns_count(a->cs), 0);
	assert_int_equal(conns_count(b->cs), 0);
}

/* Both dial, in every order of bytes and writes that a seed gives. */
static void
both_dial_a_thousand_times(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 1000; seed++) {
		w.rng = rng_seeded(&w.seed, seed);
		w.chunk = 50 + lot(3000);
		assert_int_not_equal(dial(a, "beta", CONN_PAIR), 0);
		for (uint32_t i = lot(60); i > 0; i--)
			world_step();
		assert_int_not_equal(dial(b, "alpha", CONN_PAIR), 0);
		world_run();
		assert_same_newest();
		assert_true(held(a, b)->n <= PAIR_HELD_MAX);
		assert_int_equal(conns_count(a->cs), 0);
		assert_int_equal(conns_count(b->cs), 0);
		world_pass(1000); /* not too often in a minute */
	}
	assert_int_equal(a->negotiated, 2000);
	assert_int_equal(b->negotiated, 2000);
	assert_int_equal(a->failed + b->failed, 0);
}

/* --- what is agreed -------------------------------------------------------- */

static void
preferences_of_both(void **state)
{
	const struct pair_record *p;

	(void)state;
	a->conf.algos.ciphers[0].preference = 1;
	a->conf.algos.ciphers[1].preference = 20;
	a->conf.algos.comps[1] = (struct conf_comp){ COMP_ZLIB, 9, 30 };
	b->conf.algos.comps[1] = (struct conf_comp){ COMP_ZLIB, 4, 5 };
	assert_int_not_equal(dial(b, "alpha", CONN_PAIR), 0);
	world_run();
	assert_same_newest();
	p = held(b, a);
	assert_int_equal(p->pairs[0].cipher, AEAD_CHACHA20_POLY1305);
	assert_int_equal(p->pairs[0].comp, COMP_ZLIB);
	assert_int_equal(p->pairs[0].level, 4);
	assert_false(p->pairs[0].lower_dialled);
}

static void
no_cipher_in_common(void **state)
{
	(void)state;
	a->conf.algos.nciphers = 1;
	b->conf.algos.nciphers = 1;
	b->conf.algos.ciphers[0].alg = AEAD_CHACHA20_POLY1305;
	assert_int_not_equal(dial(a, "beta", CONN_PAIR), 0);
	world_run();
	assert_null(held(a, b));
	assert_null(held(b, a));
	assert_int_equal(a->failed, 1);
	assert_true(a->last_failed.nothing_in_common);
	assert_int_equal(a->events[EVENT_NEGOTIATE_FAILED], 1);
	assert_int_equal(b->events[EVENT_NEGOTIATE_FAILED], 1);
	assert_string_equal(a->text[EVENT_NEGOTIATE_FAILED],
			    "beta: no cipher in common: aes-256-gcm:10 here, "
			    "chacha20-poly1305:10 there (at 192.0.2.2:3406)");
	assert_string_equal(b->text[EVENT_NEGOTIATE_FAILED],
			    "alpha: no cipher in common: "
			    "chacha20-poly1305:10 here, aes-256-gcm:10 there "
			    "(at 192.0.2.1)");
	assert_int_equal(conns_count(a->cs), 0);
}

static void
again_and_again_three_are_held(void **state)
{
	(void)state;
	for (uint32_t g = 1; g <= 5; g++) {
		struct host *h = g % 2 ? a : b;

		assert_int_not_equal(
			dial(h, g % 2 ? "beta" : "alpha", CONN_PAIR), 0);
		world_run();
		assert_same_newest();
		assert_int_equal(held(a, b)->pairs[0].generation, g);
	}
	/* Each HELLO proved the pairs before it. */
	assert_int_equal(held(a, b)->n, 2);
	assert_true(held(a, b)->pairs[1].proven);
}

static void
certificate_ends_bound_the_pair(void **state)
{
	(void)state;
	b->env.cert.not_after.s = b->plain.cert.not_after.s =
		WORLD_START + 5000;
	assert_int_not_equal(dial(a, "beta", CONN_PAIR), 0);
	world_run();
	assert_int_equal(held(a, b)->pairs[0].cert_end.s, WORLD_START + 5000);
	assert_int_equal(held(b, a)->pairs[0].cert_end.s, WORLD_START + 5000);
	/* Both look at the hour. */
	world_pass(3 * 3600 * 1000);
	assert_null(held(a, b));
	assert_null(held(b, a));
	assert_int_equal(a->disk[1].len, 0);
	assert_int_equal(a->events[EVENT_PAIR_GONE], 1);
}

static void
a_restart_keeps_what_was_agreed(void **state)
{
	(void)state;
	assert_int_not_equal(dial(a, "beta", CONN_PAIR), 0);
	world_run();
	host_stop(a);
	host_start(a);
	assert_same_newest();
	host_stop(a);
	a->env.static_public[0] ^= 1;
	host_start(a);
	assert_null(held(a, b));
	world_run();
	/* beta still holds its own, until it sees that alpha does not. */
	assert_int_equal(held(b, a)->n, 1);
	assert_int_not_equal(dial(a, "beta", CONN_PAIR), 0);
	world_run();
	assert_same_newest();
	assert_int_equal(held(b, a)->n, 1);
}

static void
a_store_that_fails(void **state)
{
	(void)state;
	a->disk_fails = true;
	assert_int_not_equal(dial(a, "beta", CONN_PAIR), 0);
	world_run();
	assert_null(held(a, b));
	assert_int_equal(a->failed, 1);
	assert_int_equal(a->events[EVENT_STORE_FAILED], 1);
	assert_int_equal(a->negotiated, 0);
	assert_int_equal(conns_count(a->cs), 0);
	/* Until the disk is in order nothing is negotiated. */
	assert_int_not_equal(dial(a, "beta", CONN_PAIR), 0);
	world_run();
	world_pass(10000);
	assert_int_equal(a->failed, 2);
	a->disk_fails = false;
	world_pass(60000);
	assert_int_not_equal(dial(a, "beta", CONN_PAIR), 0);
	world_run();
	assert_same_newest();
}

/* --- who is refused -------------------------------------------------------- */

static void
assert_refused(const char *by_listener, const char *seen_by_dialler)
{
	assert_null(held(a, b));
	assert_null(held(b, a));
	assert_int_equal(a->failed, 1);
	assert_int_equal(a->negotiated + b->negotiated, 0);
	if (by_listener != NULL) {
		assert_int_equal(b->events[EVENT_PEER_REFUSED], 1);
		assert_non_null(
			strstr(b->text[EVENT_PEER_REFUSED], by_listener));
	}
	assert_int_equal(a->events[EVENT_PEER_REFUSED] +
				 a->events[EVENT_NEGOTIATE_FAILED],
			 1);
	assert_non_null(strstr(a->last_failed.reason, seen_by_dialler));
	assert_int_equal(conns_count(a->cs), 0);
	assert_int_equal(conns_count(b->cs), 0);
}

static void
dial_and_run(void)
{
	assert_int_not_equal(dial(a, "beta", CONN_PAIR), 0);
	world_run();
	world_pass(21000);
}

static void
another_name_than_dialled(void **state)
{
	(void)state;
	snprintf(b->plain.cert.cn, sizeof(b->plain.cert.cn), "gamma");
	dial_and_run();
	assert_refused("refuses us: wrong name", "certificate is of gamma");
}

static void
our_own_name(void **state)
{
	(void)state;
	snprintf(b->plain.cert.cn, sizeof(b->plain.cert.cn), "alpha");
	dial_and_run();
	assert_refused("refuses us: wrong name", "certificate is of alpha");
}

static void
our_own_name_calls(void **state)
{
	(void)state;
	snprintf(a->plain.cert.cn, sizeof(a->plain.cert.cn), "beta");
	dial_and_run();
	assert_refused("refused: wrong name", "refuses us: wrong name");
	assert_int_equal(dial(a, "alpha", CONN_PAIR), 0);
}

static void
not_in_the_list(void **state)
{
	struct host *beta = b, *g;

	(void)state;
	g = host_add("gamma", make_list(NULL, WORLD_START - 200,
					"alpha beta gamma", ""));
	host_start(g);
	a = g;
	dial_and_run();
	assert_refused("gamma: refused: not in the list",
		       "refuses us: not in the list");
	assert_non_null(strstr(a->last_failed.reason, "its list is 2027-"));
	b = beta;
}

static void
dial_with_body(const char *fmt, const uint8_t *fp)
{
	char body[256], text[FINGERPRINT_TEXT_MAX];
	struct bnl *l;

	snprintf(body, sizeof(body), "%s%s\n", fmt,
		 fingerprint_format(text, fp));
	l = make_list(b->bnl, WORLD_START - 50, "alpha beta", body);
	lists_offer(b->lists, l->raw, l->rawlen);
	collect(b);
	world_run();
	assert_int_equal(b->events[EVENT_LIST_NEW], 1);
	bnl_free(l);
	a->conf.pullinterval = 86400;
	dial_and_run();
}

static void
revoked(void **state)
{
	(void)state;
	dial_with_body("revoke ", a->plain.cert.fingerprint);
	assert_refused("refused: revoked key", "refuses us: revoked key");
}

static void
revoked_and_not_listed(void **state)
{
	(void)state;
	snprintf(a->plain.cert.cn, sizeof(a->plain.cert.cn), "gamma");
	dial_with_body("revoke ", a->plain.cert.fingerprint);
	assert_refused("refused: revoked key", "refuses us: revoked key");
}

static void
pinned_to_another_key(void **state)
{
	(void)state;
	dial_with_body("node gamma\nnode delta\n  key ",
		       b->plain.cert.fingerprint);
	assert_same_newest(); /* it is not alpha that is pinned */
	snprintf(a->plain.cert.cn, sizeof(a->plain.cert.cn), "delta");
	a->env.self = "delta";
	a->failed = 0;
	secret_store_erase(a->secrets, "beta", "test");
	secret_store_erase(b->secrets, "alpha", "test");
	collect(a);
	collect(b);
	world_run();
	a->negotiated = b->negotiated = 0;
	dial_and_run();
	assert_refused("refused: the list pins another key",
		       "refuses us: the list pins another key");
}

static void
wrong_unit(void **state)
{
	(void)state;
	b->conf.restrictouname = "ops";
	snprintf(a->plain.cert.ou, sizeof(a->plain.cert.ou), "dev");
	dial_and_run();
	assert_refused("refused: wrong organisational unit",
		       "refuses us: wrong organisational unit");
	snprintf(a->plain.cert.ou, sizeof(a->plain.cert.ou), "ops");
	dial_and_run();
	assert_same_newest();
}

static void
the_dialler_checks_as_well(void **state)
{
	(void)state;
	a->conf.restrictouname = "ops";
	dial_and_run();
	assert_refused("refuses us: wrong organisational unit",
		       "refused: wrong organisational unit");
}

static void
untrusted_certificate(void **state)
{
	(void)state;
	a->plain.untrusted = true;
	dial_and_run();
	assert_int_equal(a->failed, 1);
	assert_int_equal(b->events[EVENT_PEER_REFUSED], 1);
	assert_string_equal(b->text[EVENT_PEER_REFUSED],
			    "connection from 192.0.2.1: certificate not "
			    "trusted");
	dial_and_run();
	assert_int_equal(b->events[EVENT_PEER_REFUSED], 1);
	assert_int_equal(conns_count(b->cs), 0);
}

static void
untrusted_listener(void **state)
{
	(void)state;
	b->plain.untrusted = true;
	dial_and_run();
	assert_int_equal(a->failed, 1);
	assert_string_equal(a->last_failed.reason, "certificate not trusted");
}

/* --- what is changed on the way ---------------------------------------------
 * TLS forbids it; the confirmation would find it all the same. */

static unsigned int changed;

static void
other_version(uint8_t *frame, size_t *len)
{
	(void)len;
	if (frame[0] == FRAME_HELLO)
		put_be16(frame + FRAME_HEADER_LEN, 2);
}

static void
other_protocol_version(void **state)
{
	(void)state;
	a->plain.tamper = other_version;
	dial_and_run();
	assert_refused("refused: other protocol version",
		       "refuses us: other protocol version: version 1 here, "
		       "2 there");
}

static unsigned int excuses;

/* A refusal for a reason that was never heard before. */
static void
new_excuse(uint8_t *frame, size_t *len)
{
	struct refuse r = { .code = REFUSE_BUSY };
	size_t n;

	if (frame[0] != FRAME_HELLO)
		return;
	snprintf(r.text, sizeof(r.text), "excuse %u", excuses++);
	n = refuse_encode(frame + FRAME_HEADER_LEN, &r);
	frame_header_write(frame, FRAME_REFUSE, n);
	*len = FRAME_HEADER_LEN + n;
}

/* Nobody with a certificate fills the log, whatever he says. */
static void
few_lines_about_one_node(void **state)
{
	unsigned int most;

	(void)state;
	b->plain.tamper = new_excuse;
	for (int i = 0; i < 100; i++) {
		assert_int_not_equal(dial(b, "alpha", CONN_LIST), 0);
		world_run();
		world_pass(100);
	}
	most = a->events[EVENT_PEER_REFUSED];
	assert_int_equal(excuses, 100);
	assert_int_equal(most, 20);
	assert_non_null(strstr(a->text[EVENT_PEER_REFUSED], "excuse 19"));
	assert_non_null(strstr(a->text[EVENT_PEER_REFUSED], "not logged"));
	/* Later there is something to be said again. */
	world_pass(3600000);
	assert_int_not_equal(dial(b, "alpha", CONN_LIST), 0);
	world_run();
	assert_int_equal(a->events[EVENT_PEER_REFUSED], most + 1);
	assert_null(strstr(a->text[EVENT_PEER_REFUSED], "not logged"));
	excuses = 0;
}

/* Where the ciphers stand: behind names, flags, random, key, version. */
static size_t
ciphers_at(const uint8_t *frame)
{
	size_t at = FRAME_HEADER_LEN + 2;

	at += 1 + frame[at];
	at += 1 + frame[at];
	return at + 1 + 32 + 32 + 40;
}

static void
strip_first_cipher(uint8_t *frame, size_t *len)
{
	size_t at;

	if (frame[0] != FRAME_HELLO)
		return;
	at = ciphers_at(frame);
	assert_int_equal(frame[at], 2);
	frame[at] = 1;
	memmove(frame + at + 1, frame + at + 4, *len - at - 4);
	*len -= 3;
	put_be16(frame + 2, (uint16_t)(*len - FRAME_HEADER_LEN));
	changed++;
}

static void
assert_unconfirmed(void (*tamper)(uint8_t *, size_t *), struct host *h)
{
	changed = 0;
	h->plain.tamper = tamper;
	dial_and_run();
	assert_true(changed > 0);
	assert_null(held(a, b));
	assert_null(held(b, a));
	assert_int_equal(a->disk[1].len + b->disk[0].len, 0);
	assert_int_equal(a->failed, 1);
	assert_int_equal(a->negotiated + b->negotiated, 0);
	assert_non_null(strstr(a->last_failed.reason, "does not match"));
	assert_int_equal(conns_count(a->cs), 0);
	assert_int_equal(conns_count(b->cs), 0);
}

static void
stripped_by_the_way_there(void **state)
{
	(void)state;
	assert_unconfirmed(strip_first_cipher, a);
}

static void
stripped_by_the_way_back(void **state)
{
	(void)state;
	assert_unconfirmed(strip_first_cipher, b);
}

static void
change_random(uint8_t *frame, size_t *len)
{
	(void)len;
	if (frame[0] == FRAME_HELLO) {
		frame[ciphers_at(frame) - 40 - 32 - 1] ^= 0x80;
		changed++;
	}
}

static void
changed_random(void **state)
{
	(void)state;
	assert_unconfirmed(change_random, a);
}

static void
change_confirm(uint8_t *frame, size_t *len)
{
	(void)len;
	if (frame[0] == FRAME_CONFIRM) {
		frame[FRAME_HEADER_LEN + 31] ^= 0x01;
		changed++;
	}
}

/* One side stores before it learns that the other did not: that pair is
 * never proven, and goes with the next negotiation. */
static void
flipped_confirm(void **state)
{
	struct host *liar = *state == NULL ? a : b;
	struct host *victim = liar == a ? b : a;

	changed = 0;
	liar->plain.tamper = change_confirm;
	dial_and_run();
	assert_int_equal(changed, 1);
	assert_null(held(victim, liar));
	assert_int_equal(a->failed, 1);
	assert_int_equal(victim->negotiated, 0);
	assert_non_null(strstr(victim->text[EVENT_PEER_REFUSED],
			       "the confirmation does not match"));
	liar->plain.tamper = NULL;
	dial_and_run();
	assert_same_newest();
	assert_int_equal(held(a, b)->n, 1);
}

static void
flipped_confirm_of_dialler(void **state)
{
	*state = NULL;
	flipped_confirm(state);
}

static void
flipped_confirm_of_listener(void **state)
{
	*state = b;
	flipped_confirm(state);
	*state = NULL;
}

static void
change_name(uint8_t *frame, size_t *len)
{
	(void)len;
	if (frame[0] == FRAME_HELLO)
		frame[FRAME_HEADER_LEN + 3] = 'x'; /* of the sender */
}

static void
hello_of_another_name(void **state)
{
	(void)state;
	a->plain.tamper = change_name;
	dial_and_run();
	assert_refused("refused: wrong name: xlpha calls beta here",
		       "refuses us: wrong name");
}

static void
change_called_name(uint8_t *frame, size_t *len)
{
	(void)len;
	if (frame[0] == FRAME_HELLO)
		frame[FRAME_HEADER_LEN + 2 + 1 + 5 + 1] = 'x';
}

static void
hello_to_another_name(void **state)
{
	(void)state;
	a->plain.tamper = change_called_name;
	dial_and_run();
	assert_refused("refused: wrong name: alpha calls xeta here",
		       "refuses us: wrong name");
}

/* --- time -------------------------------------------------------------------- */

static enum frame_type swallowed;
static bool swallowing;

/* That frame and all behind it. */
static void
swallow(uint8_t *frame, size_t *len)
{
	swallowing = swallowing || frame[0] == swallowed;
	if (swallowing)
		*len = 0;
}

/* That frame of h never comes: both end within the time allowed. */
static void
assert_ends_without(struct host *h, enum frame_type type)
{
	struct monotime start = w.now.mono;

	swallowed = type;
	swallowing = false;
	h->plain.tamper = swallow;
	assert_int_not_equal(dial(a, "beta", CONN_PAIR), 0);
	world_run();
	while (conns_count(a->cs) + conns_count(b->cs) > 0) {
		world_pass(1000);
		assert_true(mono_ms(start, w.now.mono) <= 21000);
	}
	assert_true(mono_ms(start, w.now.mono) >= 10000);
	h->plain.tamper = NULL;
}

static void
no_hello(void **state)
{
	(void)state;
	assert_ends_without(a, FRAME_HELLO);
	assert_int_equal(a->failed, 1);
	assert_ends_without(b, FRAME_HELLO);
	assert_int_equal(a->failed, 2);
	assert_null(held(a, b));
	assert_non_null(strstr(a->last_failed.reason, "no answer in time"));
}

static void
no_confirm(void **state)
{
	(void)state;
	assert_ends_without(a, FRAME_CONFIRM);
	assert_null(held(b, a));
	assert_int_equal(a->failed, 1);
	assert_ends_without(b, FRAME_CONFIRM);
	assert_null(held(a, b));
	assert_int_equal(a->failed, 2);
}

static void
no_ready(void **state)
{
	(void)state;
	assert_ends_without(b, FRAME_READY);
	/* Both hold it: an INIT will show. */
	assert_same_newest();
	assert_int_equal(a->failed, 1);
	assert_int_equal(b->negotiated, 1);
}

/* Nothing more is said under the keys of a connection that stood when the
 * machine slept or was copied: the copy would say something else. */
static void
slept_meanwhile(void **state)
{
	uint8_t mem[256];
	struct side *x;

	(void)state;
	swallowed = FRAME_CONFIRM;
	swallowing = false;
	b->plain.tamper = swallow;
	assert_int_not_equal(dial(a, "beta", CONN_PAIR), 0);
	world_run();
	assert_int_equal(conns_count(a->cs), 1);
	x = &w.wires[0].s[0];
	assert_ptr_equal(&w.h[x->host], a);
	a->env.now = w.now;
	conns_slept(a->cs);
	assert_int_equal(conns_count(a->cs), 0);
	assert_int_equal(conns_drain(a->cs, x->id, mem, sizeof(mem)), 0);
	collect(a);
	world_run();
	assert_int_equal(a->failed, 1);
	assert_false(a->last_failed.reached);
	assert_int_equal(conns_count(b->cs), 0);
	/* What has no keys yet goes on. */
	w.silent = b;
	assert_int_not_equal(dial(a, "beta", CONN_PAIR), 0);
	conns_slept(a->cs);
	assert_int_equal(conns_count(a->cs), 1);
	w.silent = NULL;
}

static void
a_disk_that_takes_too_long(void **state)
{
	(void)state;
	b->disk_stuck = true;
	assert_int_not_equal(dial(a, "beta", CONN_PAIR), 0);
	world_run();
	world_pass(21000);
	assert_int_equal(conns_count(a->cs) + conns_count(b->cs), 0);
	assert_int_equal(a->failed, 1);
	assert_null(held(b, a));
	assert_non_null(held(a, b));
	b->disk_stuck = false;
	world_run();
	assert_same_newest();
}

static void
nothing_at_all_from_the_wire(void **state)
{
	struct monotime start = w.now.mono;

	(void)state;
	assert_int_not_equal(dial(a, "beta", CONN_PAIR), 0);
	w.wires[0].held = true;
	world_pass(9999);
	assert_int_equal(conns_count(a->cs), 1);
	assert_int_equal(conns_count(b->cs), 1);
	world_pass(1);
	assert_int_equal(conns_count(a->cs), 0);
	assert_int_equal(conns_count(b->cs), 0);
	assert_int_equal(mono_ms(start, w.now.mono), 10000);
	assert_int_equal(a->failed, 1);
}

/* The first address does not answer, the second refuses, the third works. */
static void
several_addresses(void **state)
{
	struct endpoint to[3] = { host_address(8), host_address(9),
				  host_address(1) };
	uint32_t id;

	(void)state;
	host_add("gamma", NULL); /* it never starts */
	to[0] = host_address(2);
	w.silent = &w.h[2];
	id = conns_dial(a->cs, "beta", to, 3, CONN_PAIR);
	assert_int_not_equal(id, 0);
	collect(a);
	world_run();
	world_pass(249);
	assert_int_equal(a->dials, 1);
	assert_int_equal(conns_count(b->cs), 0);
	world_pass(1);
	assert_int_equal(a->dials, 3);
	assert_same_newest();
	assert_int_equal(a->failed, 0);
	/* The silent one is not waited for. */
	assert_int_equal(conns_count(a->cs), 0);
	host_drop_last();
}

/* Another node answers at the first address. */
static void
another_node_at_an_address(void **state)
{
	struct bnl *l = make_list(a->bnl, WORLD_START - 50, BOTH " gamma", "");
	struct endpoint to[2] = { host_address(2), host_address(1) };
	struct host *g = host_add("gamma", l);

	(void)state;
	host_start(g);
	assert_int_not_equal(conns_dial(a->cs, "beta", to, 2, CONN_PAIR), 0);
	collect(a);
	world_run();
	assert_int_equal(a->dials, 2);
	assert_same_newest();
	assert_int_equal(a->failed, 0);
	assert_non_null(strstr(a->text[EVENT_PEER_REFUSED],
			       "the certificate is of gamma (at "
			       "192.0.2.3:3406)"));
	assert_int_equal(conns_count(g->cs), 0);
}

/* An old machine with the peer's name and another key than the list pins. */
static void
a_twin_at_an_address(void **state)
{
	struct bnl *l;
	char body[256], text[FINGERPRINT_TEXT_MAX];
	struct endpoint to[2] = { host_address(2), host_address(1) };
	struct host *g;

	(void)state;
	snprintf(body, sizeof(body), "node beta\n  key %s\n",
		 fingerprint_format(text, b->plain.cert.fingerprint));
	l = make_list(a->bnl, WORLD_START - 50, "alpha", body);
	g = host_add("twin", make_list(NULL, WORLD_START - 100, BOTH, ""));
	snprintf(g->plain.cert.cn, sizeof(g->plain.cert.cn), "beta");
	g->env.self = "beta";
	host_start(g);
	lists_offer(a->lists, l->raw, l->rawlen);
	lists_offer(b->lists, l->raw, l->rawlen);
	collect(a);
	collect(b);
	world_run();
	assert_int_not_equal(conns_dial(a->cs, "beta", to, 2, CONN_PAIR), 0);
	collect(a);
	world_pass(1000);
	assert_same_newest();
	assert_memory_equal(held(a, b)->pairs[0].peer_key,
			    b->env.cert.fingerprint, FINGERPRINT_LEN);
	assert_int_equal(a->failed, 0);
	bnl_free(l);
}

/* A host takes connections and never says a word. */
static void
a_tarpit_at_an_address(void **state)
{
	struct endpoint to[2] = { host_address(2), host_address(1) };
	uint32_t id;

	(void)state;
	host_add("gamma", NULL);
	w.silent = &w.h[2];
	id = conns_dial(a->cs, "beta", to, 2, CONN_PAIR);
	collect(a);
	world_pass(100);
	conns_opened(a->cs, id);
	collect(a);
	/* TCP took 100 ms: so much longer may TLS take. */
	world_pass(349);
	assert_int_equal(a->dials, 1);
	world_pass(1);
	assert_int_equal(a->dials, 2);
	assert_same_newest();
	host_drop_last();
}

/* Without a connection to spare an address gives way after two seconds. */
static void
addresses_one_by_one(void **state)
{
	struct endpoint to[2] = { host_address(2), host_address(1) };

	(void)state;
	host_add("gamma", NULL);
	w.silent = &w.h[2];
	a->conf.maxconnections = 4;
	for (int i = 0; i < 3; i++)
		assert_int_not_equal(
			conns_dial(a->cs, "beta", to, 1, CONN_LIST), 0);
	assert_int_not_equal(conns_dial(a->cs, "beta", to, 2, CONN_PAIR), 0);
	collect(a);
	world_pass(1999);
	assert_int_equal(a->dials, 4);
	world_pass(250);
	assert_int_equal(a->dials, 5);
	assert_same_newest();
	world_pass(CONNECT_MS);
	host_drop_last();
}

/* However many addresses it has, a dial is one negotiation, and what it tries
 * beyond the first leaves a quarter of the connections to others. */
static void
attempts_are_bounded(void **state)
{
	struct endpoint to[12];

	(void)state;
	host_add("gamma", NULL);
	w.silent = &w.h[2];
	for (int i = 0; i < 12; i++)
		to[i] = host_address(2);
	a->conf.maxconnections = 8;
	assert_int_not_equal(conns_dial(a->cs, "beta", to, 12, CONN_PAIR), 0);
	collect(a);
	world_pass(1900);
	assert_int_equal(conns_count(a->cs), 5);
	assert_int_equal(conns_spare(a->cs), 2);
	assert_true(conns_negotiating(a->cs, "beta"));
	/* In the end all have been tried, and it fails once. */
	world_pass(60000);
	assert_int_equal(a->dials, 12);
	assert_int_equal(a->failed, 1);
	assert_false(a->last_failed.reached);
	assert_int_equal(conns_count(a->cs), 0);
	host_drop_last();
}

/* It is gone from the list: its other addresses are not tried either. */
static void
a_dial_to_a_node_that_goes(void **state)
{
	struct bnl *l = make_list(a->bnl, WORLD_START - 50, "alpha", "");
	struct endpoint to[3] = { host_address(2), host_address(2),
				  host_address(1) };

	(void)state;
	host_add("gamma", NULL);
	w.silent = &w.h[2];
	(void)conns_dial(a->cs, "beta", to, 3, CONN_PAIR);
	collect(a);
	world_pass(250);
	assert_int_equal(a->dials, 2);
	lists_offer(a->lists, l->raw, l->rawlen);
	collect(a);
	world_run();
	world_pass(5000);
	assert_int_equal(a->dials, 2);
	assert_int_equal(a->failed, 1);
	assert_int_equal(conns_count(a->cs), 0);
	bnl_free(l);
	host_drop_last();
}

/* One address refuses and the other one is silent: the next dial is due soon. */
static void
one_refuses_one_is_silent(void **state)
{
	struct endpoint to[2] = { host_address(8), host_address(2) };

	(void)state;
	host_add("gamma", NULL);
	w.silent = &w.h[2];
	assert_int_not_equal(conns_dial(a->cs, "beta", to, 2, CONN_PAIR), 0);
	collect(a);
	assert_int_equal(a->dials, 2);
	world_pass(1999);
	assert_int_equal(a->failed, 0);
	world_pass(1);
	assert_int_equal(a->failed, 1);
	assert_false(a->last_failed.reached);
	assert_int_equal(conns_count(a->cs), 0);
	host_drop_last();
}

static void
all_addresses_fail(void **state)
{
	struct endpoint to[2] = { host_address(8), host_address(9) };

	(void)state;
	assert_int_not_equal(conns_dial(a->cs, "beta", to, 2, CONN_PAIR), 0);
	collect(a);
	assert_int_equal(a->dials, 2);
	assert_int_equal(a->failed, 1);
	assert_string_equal(a->last_failed.reason,
			    "192.0.2.10:3406: Connection refused");
	assert_int_equal(conns_count(a->cs), 0);
}

static void
a_listener_ends_what_is_idle(void **state)
{
	struct bnl *l = make_list(a->bnl, WORLD_START - 50, "alpha beta", "");

	(void)state;
	/* beta has a newer list, and alpha never fetches it. */
	lists_offer(b->lists, l->raw, l->rawlen);
	collect(b);
	world_run();
	swallowed = FRAME_LIST_QUERY;
	swallowing = false;
	a->plain.tamper = swallow;
	assert_int_not_equal(dial(b, "alpha", CONN_LIST), 0);
	world_run();
	assert_int_equal(conns_count(b->cs), 1);
	world_pass(9999);
	assert_int_equal(conns_count(b->cs), 1);
	world_pass(1);
	assert_int_equal(conns_count(a->cs), 0);
	assert_int_equal(conns_count(b->cs), 0);
	bnl_free(l);
}

/* However busy it is, it has ten minutes. */
static void
a_connection_has_its_time(void **state)
{
	(void)state;
	/* Alpha does not ask beta again, so nothing is under way. */
	a_listener_ends_what_is_idle(NULL);
	a->plain.tamper = NULL;
	a->conf.timers.channel_idle = 3600000;
	b->conf.timers.channel_idle = 3600000;
	assert_int_not_equal(dial(b, "alpha", CONN_LIST), 0);
	world_run();
	world_pass(599999);
	assert_int_equal(conns_count(a->cs), 1);
	assert_int_equal(conns_count(b->cs), 1);
	world_pass(1);
	assert_int_equal(conns_count(a->cs), 0);
	assert_int_equal(conns_count(b->cs), 0);
}

/* --- how many ---------------------------------------------------------------- */

static void
a_quarter_for_negotiations(void **state)
{
	struct bnl *l =
		make_list(a->bnl, WORLD_START - 50, "alpha beta c d e", "");
	struct endpoint to = host_address(2), beta = host_address(1);

	(void)state;
	lists_offer(a->lists, l->raw, l->rawlen);
	collect(a);
	world_run();
	a->conf.maxconnections = 8;
	host_add("c", NULL);
	w.silent = &w.h[2];
	assert_int_equal(conns_spare(a->cs), 6);
	/* Nobody has answered these: they are no connections yet. */
	assert_int_not_equal(conns_dial(a->cs, "c", &to, 1, CONN_PAIR), 0);
	assert_int_not_equal(conns_dial(a->cs, "d", &to, 1, CONN_PAIR), 0);
	assert_int_equal(conns_spare(a->cs), 6);
	for (int i = 0; i < 6; i++)
		assert_int_not_equal(conns_dial(a->cs, "e", &to, 1, CONN_LIST),
				     0);
	assert_int_equal(conns_dial(a->cs, "e", &to, 1, CONN_LIST), 0);
	assert_int_equal(conns_count(a->cs), 8);
	/* Dialling one of them anew takes the place of the old one. */
	assert_int_not_equal(conns_dial(a->cs, "c", &to, 1, CONN_PAIR), 0);
	assert_int_equal(conns_count(a->cs), 8);
	/* A name not in the list is not dialled, and one that failed before
	 * needs a connection to spare. */
	assert_int_equal(conns_dial(a->cs, "f", &to, 1, CONN_LIST), 0);
	assert_int_equal(conns_dial(a->cs, "e", &to, 1, CONN_PAIR | CONN_AGAIN),
			 0);
	/* Their quarter is left to those that answer. */
	assert_int_not_equal(conns_dial(a->cs, "beta", &beta, 1, CONN_PAIR), 0);
	collect(a);
	world_run();
	assert_same_newest();
	world_pass(20000);
	assert_int_equal(conns_count(a->cs), 0);
	bnl_free(l);
	host_drop_last();
}

/* It answers, and there is no connection for it: it has not failed. */
static void
no_connection_for_an_answer(void **state)
{
	struct endpoint to = host_address(1);

	(void)state;
	a->conf.maxconnections = 0;
	assert_int_not_equal(conns_dial(a->cs, "beta", &to, 1, CONN_PAIR), 0);
	collect(a);
	world_run();
	assert_int_equal(a->failed, 1);
	assert_true(a->last_failed.put_off && a->last_failed.reached);
	assert_int_equal(a->events[EVENT_NEGOTIATE_FAILED], 0);
	assert_int_equal(conns_count(a->cs), 0);
	a->conf.maxconnections = 4;
	assert_int_not_equal(conns_dial(a->cs, "beta", &to, 1, CONN_PAIR), 0);
	collect(a);
	world_run();
	assert_same_newest();
}

static bool
stands(struct host *h, uint32_t id)
{
	struct conn_info info;
	size_t pos = 0;

	while (conns_info(h->cs, &pos, &info))
		if (info.id == id)
			return strcmp(info.state, "ending") != 0;
	return false;
}

/* Addresses of the list keep their half of the room, and what stands in it,
 * whoever else comes; among themselves one goes. */
static void
addresses_of_the_list_have_room(void **state)
{
	struct endpoint from = { .port = 1 };
	struct ipaddr theirs[16] = { { 0 } };
	struct listed listed = { .addr = theirs, .n = 16 };
	unsigned int gone = 0;
	uint32_t ids[16], id;

	(void)state;
	b->conf.maxconnections = 16;
	b->env.listed = &listed;
	for (int i = 0; i < 16; i++) {
		theirs[i].family = IP_V4;
		theirs[i].b[0] = 203;
		theirs[i].b[3] = (uint8_t)i;
	}
	from.addr.family = IP_V4;
	from.addr.b[0] = 198;
	for (int i = 0; i < 64; i++) {
		from.addr.b[3] = (uint8_t)i;
		assert_int_not_equal(conns_accepted(b->cs, &from), 0);
		collect(b);
	}
	assert_int_equal(conns_count(b->cs), 8);
	/* 12, as 4 are for what beta dials: 4 are left, then strangers go. */
	from.addr = theirs[0];
	for (int i = 0; i < 12; i++) {
		from.addr = theirs[i];
		ids[i] = conns_accepted(b->cs, &from);
		collect(b);
		assert_int_not_equal(ids[i], 0);
		assert_int_equal(conns_count(b->cs), i < 4 ? 9 + i : 12);
	}
	from.addr.b[0] = 198;
	assert_int_equal(conns_accepted(b->cs, &from), 0);
	for (int i = 0; i < 12; i++)
		assert_true(stands(b, ids[i]));
	from.addr = theirs[12];
	id = conns_accepted(b->cs, &from);
	collect(b);
	assert_int_not_equal(id, 0);
	assert_int_equal(conns_count(b->cs), 12);
	for (int i = 0; i < 12; i++)
		gone += !stands(b, ids[i]);
	assert_int_equal(gone, 1);
	b->env.listed = NULL;
}

/* Connections that end and are not closed yet count as well: with them there
 * are never more than twice maxconnections. */
static void
what_ends_counts_too(void **state)
{
	struct endpoint from = { .port = 1 };
	unsigned int in = 0;

	(void)state;
	b->conf.maxconnections = 16;
	from.addr.family = IP_V4;
	from.addr.b[0] = 198;
	for (int i = 0; i < 64; i++) {
		from.addr.b[3] = (uint8_t)i;
		in += conns_accepted(b->cs, &from) != 0;
	}
	assert_int_equal(in, 32);
	assert_int_equal(conns_count(b->cs), 8);
	collect(b);
	assert_int_not_equal(conns_accepted(b->cs, &from), 0);
}

static void
idle_strangers_keep_nobody_out(void **state)
{
	struct endpoint from = { .port = 1 };
	uint32_t ids[64];
	unsigned int in = 0;

	(void)state;
	b->conf.maxconnections = 16;
	from.addr.family = IP_V4;
	from.addr.b[0] = 198;
	/* From one address so many. */
	for (int i = 0; i < 64; i++) {
		ids[i] = conns_accepted(b->cs, &from);
		in += ids[i] != 0;
	}
	assert_int_equal(in, 8);
	/* From many addresses until they have half of the room; then others
	 * go. */
	for (int i = 0; i < 64; i++) {
		from.addr.b[3] = (uint8_t)(i + 1);
		ids[i] = conns_accepted(b->cs, &from);
		collect(b);
		assert_int_not_equal(ids[i], 0);
	}
	assert_int_equal(conns_count(b->cs), 8);
	/* A node still gets through, and so does what beta dials. */
	assert_int_not_equal(dial(a, "beta", CONN_PAIR), 0);
	world_run();
	assert_same_newest();
	assert_int_not_equal(dial(b, "alpha", CONN_PAIR), 0);
	world_run();
	assert_int_equal(b->negotiated, 2);
	/* Told with measure, and all gone in time. */
	assert_in_range(b->events[EVENT_PEER_REFUSED], 1, 10);
	world_pass(10000);
	assert_int_equal(conns_count(b->cs), 0);
}

static void
one_node_has_no_more_than_its_share(void **state)
{
	struct bnl *l = make_list(a->bnl, WORLD_START - 50, "alpha beta", "");

	(void)state;
	lists_offer(a->lists, l->raw, l->rawlen);
	collect(a);
	world_run();
	swallowed = FRAME_LIST_QUERY;
	swallowing = false;
	b->plain.tamper = swallow;
	for (int i = 0; i < 6; i++) {
		swallowing = false;
		assert_int_not_equal(dial(b, "alpha", CONN_LIST), 0);
		world_run();
	}
	assert_int_equal(conns_count(a->cs), 4);
	assert_non_null(strstr(a->text[EVENT_PEER_REFUSED],
			       "busy: too many connections"));
	bnl_free(l);
}

static void
a_node_that_is_down_is_no_news(void **state)
{
	(void)state;
	b->down = true;
	assert_int_not_equal(dial(a, "beta", CONN_LIST), 0);
	world_run();
	assert_int_equal(a->events[EVENT_PEER_REFUSED] +
				 a->events[EVENT_NEGOTIATE_FAILED],
			 0);
	/* But it is when a negotiation is wanted: once an hour. */
	dial_and_run();
	dial_and_run();
	assert_int_equal(a->failed, 2);
	assert_int_equal(a->events[EVENT_NEGOTIATE_FAILED], 1);
	world_pass(3600 * 1000);
	dial_and_run();
	assert_int_equal(a->events[EVENT_NEGOTIATE_FAILED], 2);
	/* And again at once after it worked. */
	b->down = false;
	dial_and_run();
	assert_same_newest();
	b->down = true;
	dial_and_run();
	assert_int_equal(a->events[EVENT_NEGOTIATE_FAILED], 3);
}

/* A reload in the middle: what was begun goes on with what it began with, and
 * agrees nothing for the new certificate. */
static void
a_new_certificate_meanwhile(void **state)
{
	(void)state;
	assert_int_not_equal(dial(a, "beta", CONN_PAIR), 0);
	for (int i = 0; i < 4; i++)
		assert_true(world_step());
	a->env.cert.fingerprint[0] ^= 1;
	b->env.cert.fingerprint[0] ^= 1;
	world_run();
	assert_same_newest();
	assert_memory_equal(held(a, b)->pairs[0].peer_key,
			    b->plain.cert.fingerprint, FINGERPRINT_LEN);
	assert_int_equal(a->negotiated + b->negotiated, 2);
	assert_int_equal(a->renewed + b->renewed, 0);
}

static void
info_shows_what_there_is(void **state)
{
	struct conn_info info;
	size_t pos = 0;
	uint32_t id;

	(void)state;
	assert_false(conns_info(a->cs, &pos, &info));
	id = dial(a, "beta", CONN_PAIR);
	assert_true(conns_info(a->cs, &pos, &info));
	assert_int_equal(info.id, id);
	assert_string_equal(info.peer, "beta");
	assert_string_equal(info.state, "tls");
	assert_true(info.dialled);
	assert_int_equal(info.remote.port, PROTO_PORT);
	assert_false(conns_info(a->cs, &pos, &info));
	pos = 0;
	assert_true(conns_info(b->cs, &pos, &info));
	assert_string_equal(info.peer, "");
	assert_false(info.dialled);
	world_run();
}

/* --- everything at once ------------------------------------------------------ */

static bool
share_a_pair(void)
{
	const struct pair_record *p = held(a, b), *q = held(b, a);

	if (p == NULL || q == NULL)
		return false;
	for (unsigned int i = 0; i < p->n; i++)
		if (secret_set_find(q, p->pairs[i].id) >= 0)
			return true;
	return false;
}

static void
break_a_wire(void)
{
	struct wire *x = &w.wires[lot(WIRES_MAX)];

	if (!x->used)
		return;
	tell_closed(&x->s[lot(2)], "Connection reset by peer");
	if (lot(2) == 0) {
		tell_closed(&x->s[0], "Connection reset by peer");
		tell_closed(&x->s[1], "Connection reset by peer");
	}
}

/* Dials, crashes, broken wires, failing disks: once there was a secret in
 * common, there is one at all times. */
static void
a_common_secret_survives_all(void **state)
{
	unsigned int shared_runs = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= 300; seed++) {
		bool shared = false;

		world_end();
		setup(NULL);
		w.rng = rng_seeded(&w.seed, seed);
		w.chunk = 200 + lot(3000);
		for (int i = 0; i < 1500; i++) {
			struct host *h = lot(2) == 0 ? a : b;
			uint32_t what = lot(400);

			if (what < 6)
				dial(h, h == a ? "beta" : "alpha", CONN_PAIR);
			else if (what < 8)
				break_a_wire();
			else if (what < 9) {
				host_stop(h);
				h->disk_fails = h->disk_stuck = false;
				host_start(h);
			} else if (what < 11)
				h->disk_fails = lot(2) == 0;
			else if (what < 14)
				h->disk_stuck = lot(3) == 0;
			else if (what < 16)
				world_pass(lot(9000));
			else if (what < 20 && held(h, h == a ? b : a) != NULL &&
				 share_a_pair()) {
				/* A session under the newest common one. */
				const struct pair_record *r =
					held(h, h == a ? b : a);
				unsigned int k = lot(r->n);

				if (secret_store_get((h == a ? b : a)->secrets,
						     h->name) &&
				    secret_set_find(held(h == a ? b : a, h),
						    r->pairs[k].id) >= 0)
					secret_store_prove(h->secrets,
							   h == a ? "beta" :
								    "alpha",
							   r->pairs[k].id);
				collect(h);
			} else
				world_step();
			if (shared && !share_a_pair())
				fail_msg("lost with seed %lu, step %d",
					 (unsigned long)seed, i);
			shared = share_a_pair();
		}
		shared_runs += shared;
		for (int i = 0; i < 2; i++)
			w.h[i].disk_fails = w.h[i].disk_stuck = false;
		world_run();
		world_pass(120000);
		assert_int_equal(conns_count(a->cs), 0);
		assert_int_equal(conns_count(b->cs), 0);
	}
	assert_true(shared_runs > 200);
}

#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(one_dials),
		TEST(both_dial_a_thousand_times),
		TEST(preferences_of_both),
		TEST(no_cipher_in_common),
		TEST(again_and_again_three_are_held),
		TEST(certificate_ends_bound_the_pair),
		TEST(a_restart_keeps_what_was_agreed),
		TEST(a_store_that_fails),
		TEST(another_name_than_dialled),
		TEST(our_own_name),
		TEST(our_own_name_calls),
		TEST(not_in_the_list),
		TEST(revoked),
		TEST(revoked_and_not_listed),
		TEST(pinned_to_another_key),
		TEST(wrong_unit),
		TEST(the_dialler_checks_as_well),
		TEST(untrusted_certificate),
		TEST(untrusted_listener),
		TEST(other_protocol_version),
		TEST(few_lines_about_one_node),
		TEST(stripped_by_the_way_there),
		TEST(stripped_by_the_way_back),
		TEST(changed_random),
		TEST(flipped_confirm_of_dialler),
		TEST(flipped_confirm_of_listener),
		TEST(hello_of_another_name),
		TEST(hello_to_another_name),
		TEST(no_hello),
		TEST(no_confirm),
		TEST(no_ready),
		TEST(slept_meanwhile),
		TEST(a_disk_that_takes_too_long),
		TEST(nothing_at_all_from_the_wire),
		TEST(several_addresses),
		TEST(another_node_at_an_address),
		TEST(a_twin_at_an_address),
		TEST(a_tarpit_at_an_address),
		TEST(addresses_one_by_one),
		TEST(attempts_are_bounded),
		TEST(a_dial_to_a_node_that_goes),
		TEST(all_addresses_fail),
		TEST(one_refuses_one_is_silent),
		TEST(a_listener_ends_what_is_idle),
		TEST(a_connection_has_its_time),
		TEST(a_quarter_for_negotiations),
		TEST(no_connection_for_an_answer),
		TEST(addresses_of_the_list_have_room),
		TEST(what_ends_counts_too),
		TEST(idle_strangers_keep_nobody_out),
		TEST(one_node_has_no_more_than_its_share),
		TEST(a_node_that_is_down_is_no_news),
		TEST(a_new_certificate_meanwhile),
		TEST(info_shows_what_there_is),
		TEST(a_common_secret_survives_all),
	};

	return cmocka_run_group_tests_name("conns", tests, NULL, NULL);
}
