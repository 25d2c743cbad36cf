/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The TLS engine: handshakes in any pieces, data, ends, garbage, limits. */
#include "tls_rig.h"

#define BIG ((size_t)1 << 20)
#define ALPN   \
	"\x09" \
	"cluevpn/1"

struct world {
	struct id ca, alpha, beta;
	struct tls_ctx *a, *b;
	struct end d, l; /* alpha dials, beta listens */
};

static int
setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	w->ca = id_ca("Test CA");
	w->alpha = id_node("alpha", "servers", &w->ca);
	w->beta = id_node("beta", NULL, &w->ca);
	w->a = ctx_of(&w->alpha, w->ca.pem);
	w->b = ctx_of(&w->beta, w->ca.pem);
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;

	tls_ctx_free(w->a);
	tls_ctx_free(w->b);
	id_free(&w->ca);
	id_free(&w->alpha);
	id_free(&w->beta);
	free(w);
	return 0;
}

static int
open_ends(void **state)
{
	struct world *w = *state;

	w->d = end_open(w->a, true, TEST_NOW);
	w->l = end_open(w->b, false, TEST_NOW);
	return 0;
}

static int
close_ends(void **state)
{
	struct world *w = *state;

	end_close(&w->d);
	end_close(&w->l);
	return 0;
}

static void
connect_ends(struct world *w, size_t frag)
{
	rig_run(&w->d, &w->l, frag);
	assert_true(w->d.up);
	assert_true(w->l.up);
	assert_int_equal(w->d.st, TLS_AGAIN);
	assert_int_equal(w->l.st, TLS_AGAIN);
}

static void
check_peers(struct world *w)
{
	const struct cert_info *info = w->l.ops->peer(w->l.t);
	uint8_t fp[FINGERPRINT_LEN];

	key_fingerprint(fp, w->alpha.key);
	assert_string_equal(info->cn, "alpha");
	assert_string_equal(info->ou, "servers");
	assert_memory_equal(info->fingerprint, fp, sizeof(fp));
	assert_int_equal(info->not_after.s, TEST_NOW.s + 825 * TEST_DAY);
	info = w->d.ops->peer(w->d.t);
	key_fingerprint(fp, w->beta.key);
	assert_string_equal(info->cn, "beta");
	assert_memory_equal(info->fingerprint, fp, sizeof(fp));
}

static void
whole_flights(void **state)
{
	connect_ends(*state, RIG_CHUNK);
	check_peers(*state);
}

static void
one_byte_at_a_time(void **state)
{
	connect_ends(*state, 1);
	check_peers(*state);
}

static void
random_pieces(void **state)
{
	struct world *w = *state;

	connect_ends(w, 0);
	for (int i = 0; i < 10; i++) {
		close_ends(state);
		open_ends(state);
		connect_ends(w, 0);
		check_peers(w);
	}
}

static void
own_certificate_is_known(void **state)
{
	struct world *w = *state;
	uint8_t fp[FINGERPRINT_LEN];

	key_fingerprint(fp, w->alpha.key);
	assert_string_equal(tls_ctx_self(w->a)->cn, "alpha");
	assert_memory_equal(tls_ctx_self(w->a)->fingerprint, fp, sizeof(fp));
}

static void
engines_outlive_their_ctx(void **state)
{
	struct world *w = *state;
	struct tls_ctx *a = ctx_of(&w->alpha, w->ca.pem);
	struct end d = end_open(a, true, TEST_NOW);

	tls_ctx_free(a);
	rig_run(&d, &w->l, RIG_CHUNK);
	assert_true(d.up);
	assert_true(w->l.up);
	end_close(&d);
}

static void
exporter_agrees_and_separates(void **state)
{
	struct world *w = *state;
	uint8_t a[32], b[32], c[32];
	const struct tls_ops *ops = w->d.ops;

	/* not before it is up */
	assert_int_equal(ops->export_key(w->d.t, "l", "x", 1, a, 32), -1);
	connect_ends(w, RIG_CHUNK);
	assert_int_equal(ops->export_key(w->d.t, "lab", "ctx", 3, a, 32), 0);
	assert_int_equal(ops->export_key(w->l.t, "lab", "ctx", 3, b, 32), 0);
	assert_memory_equal(a, b, 32);
	assert_int_equal(ops->export_key(w->l.t, "lab", "ctX", 3, c, 32), 0);
	assert_memory_not_equal(a, c, 32);
	assert_int_equal(ops->export_key(w->l.t, "laB", "ctx", 3, c, 32), 0);
	assert_memory_not_equal(a, c, 32);
	/* another connection of the same two */
	close_ends(state);
	open_ends(state);
	connect_ends(w, RIG_CHUNK);
	assert_int_equal(ops->export_key(w->d.t, "lab", "ctx", 3, c, 32), 0);
	assert_memory_not_equal(a, c, 32);
}

static void
send_big(struct end *from, struct end *to, uint8_t *data, size_t frag)
{
	rng_fill(&rig_rng, data, BIG);
	assert_int_equal(from->ops->write(from->t, data, BIG), TLS_OK);
	rig_move(from, to, frag);
	assert_int_equal(buf_len(&to->got), BIG);
	assert_memory_equal(buf_data(&to->got), data, BIG);
}

static void
large_writes_both_ways(void **state)
{
	struct world *w = *state;
	uint8_t *data = malloc(BIG);

	connect_ends(w, RIG_CHUNK);
	send_big(&w->d, &w->l, data, RIG_CHUNK);
	send_big(&w->l, &w->d, data, 0);
	assert_int_equal(w->d.ops->write(w->d.t, data, 0), TLS_OK);
	assert_int_equal(rig_move(&w->d, &w->l, 1), 0);
	free(data);
}

static void
reads_in_small_pieces(void **state)
{
	struct world *w = *state;
	uint8_t b[3], wire[RIG_CHUNK];
	size_t n;

	connect_ends(w, RIG_CHUNK);
	w->d.ops->write(w->d.t, (const uint8_t *)"hello", 5);
	n = w->d.ops->drain(w->d.t, wire, sizeof(wire));
	assert_int_equal(w->l.ops->feed(w->l.t, wire, n), TLS_OK);
	assert_int_equal(w->l.ops->read(w->l.t, b, 3, &n), TLS_OK);
	assert_int_equal(n, 3);
	assert_int_equal(w->l.ops->read(w->l.t, b, 3, &n), TLS_OK);
	assert_int_equal(n, 2);
	assert_memory_equal(b, "lo", 2);
	assert_int_equal(w->l.ops->read(w->l.t, b, 3, &n), TLS_AGAIN);
	assert_int_equal(n, 0);
}

/* Whoever says good-bye is told from whoever falls silent. */
static void
close_notify_is_seen(void **state)
{
	struct world *w = *state;

	connect_ends(w, RIG_CHUNK);
	w->d.ops->write(w->d.t, (const uint8_t *)"last", 4);
	w->d.ops->shutdown(w->d.t);
	rig_move(&w->d, &w->l, 1);
	assert_int_equal(w->l.st, TLS_CLOSED);
	assert_int_equal(buf_len(&w->l.got), 4);
	/* it stays so, and the other direction still works */
	end_go(&w->l);
	assert_int_equal(w->l.st, TLS_CLOSED);
	assert_int_equal(w->l.ops->write(w->l.t, (const uint8_t *)"x", 1),
			 TLS_OK);
	rig_move(&w->l, &w->d, 1);
	assert_int_equal(buf_len(&w->d.got), 1);
}

static void
cut_record_yields_nothing(void **state)
{
	struct world *w = *state;
	uint8_t wire[256];
	size_t n;

	connect_ends(w, RIG_CHUNK);
	w->d.ops->write(w->d.t, (const uint8_t *)"hello", 5);
	n = w->d.ops->drain(w->d.t, wire, sizeof(wire));
	for (size_t i = 0; i + 1 < n; i++) {
		end_feed(&w->l, wire + i, 1);
		assert_int_equal(w->l.st, TLS_AGAIN);
	}
	assert_int_equal(buf_len(&w->l.got), 0);
	end_feed(&w->l, wire + n - 1, 1);
	assert_int_equal(buf_len(&w->l.got), 5);
}

static void
altered_record_is_the_end(void **state)
{
	struct world *w = *state;
	uint8_t wire[256], b[8];
	size_t n;

	connect_ends(w, RIG_CHUNK);
	w->d.ops->write(w->d.t, (const uint8_t *)"hello", 5);
	n = w->d.ops->drain(w->d.t, wire, sizeof(wire));
	wire[n - 1] ^= 1;
	end_feed(&w->l, wire, n);
	assert_reason(&w->l, "altered");
	assert_int_equal(buf_len(&w->l.got), 0);
	/* dead it stays, whatever is asked */
	assert_int_equal(w->l.ops->feed(w->l.t, wire, n), TLS_FAILED);
	assert_int_equal(w->l.ops->read(w->l.t, b, 8, &n), TLS_FAILED);
	assert_int_equal(w->l.ops->write(w->l.t, b, 1), TLS_FAILED);
	assert_int_equal(w->l.ops->handshake(w->l.t), TLS_FAILED);
	assert_int_equal(w->l.ops->export_key(w->l.t, "l", "", 0, b, 8), -1);
	w->l.ops->shutdown(w->l.t);
	/* the other side is told */
	rig_move(&w->l, &w->d, 1);
	assert_reason(&w->d, "other side sent alert: ");
}

/* One flipped bit anywhere in the handshake: never do both sides agree. */
static void
altered_handshakes_fail(void **state)
{
	struct world *w = *state;
	uint8_t wire[RIG_CHUNK];
	size_t n, at;

	for (int i = 0; i < 60; i++) {
		struct end d = end_open(w->a, true, TEST_NOW);
		struct end l = end_open(w->b, false, TEST_NOW);
		bool from_l = i % 2 == 1;

		end_go(&d);
		if (from_l)
			rig_move(&d, &l, RIG_CHUNK);
		n = end_drain(from_l ? &l : &d, wire, sizeof(wire));
		assert_true(n > 100);
		/* the version in a first record's header is not looked at */
		at = 5 + rng_below(&rig_rng, (uint32_t)n - 5);
		wire[at] ^= (uint8_t)(1u << rng_below(&rig_rng, 8));
		end_feed(from_l ? &d : &l, wire, n);
		rig_run(&d, &l, RIG_CHUNK);
		assert_false(d.st == TLS_AGAIN && l.st == TLS_AGAIN && d.up &&
			     l.up);
		end_close(&d);
		end_close(&l);
	}
}

static void
garbage_has_a_reason(void **state)
{
	static const char http[] = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
	static const char ssh[] = "SSH-2.0-OpenSSH_9.2p1\r\n";
	struct world *w = *state;
	uint8_t junk[300];

	end_feed(&w->l, (const uint8_t *)http, sizeof(http) - 1);
	assert_reason(&w->l, "HTTP");
	end_go(&w->d);
	end_feed(&w->d, (const uint8_t *)ssh, sizeof(ssh) - 1);
	assert_reason(&w->d, "does not speak TLS");
	for (int i = 0; i < 200; i++) {
		close_ends(state);
		open_ends(state);
		rng_fill(&rig_rng, junk, sizeof(junk));
		if (i % 2 == 0) /* a header that looks well */
			memcpy(junk, "\x16\x03\x01\x00\x80", 5);
		end_feed(&w->l, junk, sizeof(junk));
		assert_false(w->l.up);
		assert_int_equal(w->l.st, TLS_FAILED);
		end_go(&w->d);
		end_feed(&w->d, junk, sizeof(junk));
		assert_int_equal(w->d.st, TLS_FAILED);
	}
}

static void
truncated_hello_waits(void **state)
{
	struct world *w = *state;
	uint8_t wire[RIG_CHUNK];
	size_t n;

	end_go(&w->d);
	n = end_drain(&w->d, wire, sizeof(wire));
	end_feed(&w->l, wire, n - 1);
	assert_int_equal(w->l.st, TLS_AGAIN);
	assert_int_equal(end_drain(&w->l, wire, sizeof(wire)), 0);
	end_go(&w->l);
	assert_int_equal(w->l.st, TLS_AGAIN);
}

/* A close before the handshake is through is a failure with a reason. */
static void
early_close_is_a_failure(void **state)
{
	static const uint8_t close_notify[] = { 21, 3, 3, 0, 2, 1, 0 };
	struct world *w = *state;

	end_go(&w->d);
	end_feed(&w->d, close_notify, sizeof(close_notify));
	assert_reason(&w->d, "closed during the handshake");
	w->l.ops->shutdown(w->l.t); /* nothing to say yet */
	assert_int_equal(end_drain(&w->l, (uint8_t[8]){ 0 }, 8), 0);
}

static void
oversized_hello_is_refused(void **state)
{
	/* a message of 16 MiB less one byte, and one below the library's own
	 * limit of 128 KiB; each begins a record of 16 KiB */
	static const uint8_t huge[] = { 22, 3, 1, 0x40, 0, 1, 255, 255, 255 };
	static const uint8_t large[] = { 22, 3, 1, 0x40, 0, 1, 1, 255, 255 };
	struct world *w = *state;
	uint8_t *record = calloc(1, 16389);
	size_t total = 0;

	memcpy(record, huge, sizeof(huge));
	end_feed(&w->l, record, 16389);
	assert_reason(&w->l, "too long");
	close_ends(state);
	open_ends(state);
	memcpy(record, large, sizeof(large));
	while (w->l.st == TLS_AGAIN && total < 1 << 20) {
		total += 16389;
		if (w->l.ops->feed(w->l.t, record, 16389) == TLS_FAILED)
			w->l.st = TLS_FAILED;
		else
			end_go(&w->l);
		memset(record + 5, 0, 4);
	}
	assert_reason(&w->l, "without an end");
	assert_true(total < 100 * 1024);
	free(record);
}

static void
feed_is_bounded(void **state)
{
	struct world *w = *state;
	uint8_t *junk = calloc(1, 65537);

	connect_ends(w, RIG_CHUNK);
	assert_int_equal(w->l.ops->feed(w->l.t, junk, 65536), TLS_OK);
	assert_int_equal(w->l.ops->feed(w->l.t, junk, 1), TLS_FAILED);
	assert_non_null(strstr(w->l.ops->reason(w->l.t), "unread"));
	assert_int_equal(w->d.ops->feed(w->d.t, junk, 65537), TLS_FAILED);
	free(junk);
}

static void
nothing_is_resumed(void **state)
{
	struct world *w = *state;
	struct end raw = raw_open(raw_ctx(&w->alpha), true, ALPN);
	struct end again;
	SSL_SESSION *s;

	rig_run(&raw, &w->l, RIG_CHUNK);
	assert_true(raw.up);
	assert_true(w->l.up);
	assert_int_equal(SSL_version(raw.raw), TLS1_3_VERSION);
	s = SSL_get0_session(raw.raw);
	assert_int_equal(SSL_SESSION_is_resumable(s), 0);
	assert_int_equal(SSL_SESSION_has_ticket(s), 0);
	assert_int_equal(SSL_SESSION_get_max_early_data(s), 0);
	/* the other side tries all the same */
	again = raw_open(raw_ctx(&w->alpha), true, ALPN);
	SSL_set_session(again.raw, s);
	close_ends(state);
	open_ends(state);
	rig_run(&again, &w->l, RIG_CHUNK);
	assert_true(w->l.up);
	assert_int_equal(SSL_session_reused(again.raw), 0);
	end_close(&raw);
	end_close(&again);
}

/* A key update asked for by the other side neither stops nor confuses. */
static void
key_updates_pass(void **state)
{
	struct world *w = *state;
	struct end raw = raw_open(raw_ctx(&w->alpha), true, ALPN);

	rig_run(&raw, &w->l, RIG_CHUNK);
	for (int i = 0; i < 5; i++) {
		assert_int_equal(
			SSL_key_update(raw.raw, SSL_KEY_UPDATE_REQUESTED), 1);
		assert_int_equal(SSL_write(raw.raw, "up", 2), 2);
		rig_run(&raw, &w->l, RIG_CHUNK);
		assert_int_equal(
			w->l.ops->write(w->l.t, (const uint8_t *)"ok", 2),
			TLS_OK);
		rig_run(&raw, &w->l, RIG_CHUNK);
	}
	assert_int_equal(buf_len(&w->l.got), 10);
	assert_int_equal(buf_len(&raw.got), 10);
	end_close(&raw);
}

#define FLOOD 500      /* messages in one piece */
#define FEW_BYTES 1000 /* for the alert, and answers to the first ones */

/* The end fails at once, whatever it was given, and has hardly answered. */
static void
assert_flood_ends(struct end *raw, struct end *e)
{
	uint8_t flood[65536], answers[FEW_BYTES + 1];
	size_t n = end_drain(raw, flood, sizeof(flood));

	assert_in_range(n, FLOOD * 20, sizeof(flood) - 1);
	e->ops->feed(e->t, flood, n);
	end_go(e);
	assert_reason(e, "more handshake messages");
	assert_in_range(end_drain(e, answers, sizeof(answers)), 0, FEW_BYTES);
	assert_int_equal(e->ops->write(e->t, flood, 1), TLS_FAILED);
}

static void
key_update_floods_fail(void **state)
{
	static const int kinds[] = { SSL_KEY_UPDATE_REQUESTED,
				     SSL_KEY_UPDATE_NOT_REQUESTED };
	struct world *w = *state;

	for (int i = 0; i < 2; i++) {
		struct end raw = raw_open(raw_ctx(&w->alpha), true, ALPN);
		struct end l = end_open(w->b, false, TEST_NOW);

		rig_run(&raw, &l, RIG_CHUNK);
		assert_true(l.up);
		for (int n = 0; n < FLOOD; n++) {
			assert_int_equal(SSL_key_update(raw.raw, kinds[i]), 1);
			assert_int_equal(SSL_do_handshake(raw.raw), 1);
		}
		assert_flood_ends(&raw, &l);
		end_close(&raw);
		end_close(&l);
	}
}

/* The messages of a connection count, however slowly they come. */
static void
slow_key_updates_fail(void **state)
{
	struct world *w = *state;
	struct end raw = raw_open(raw_ctx(&w->alpha), true, ALPN);
	int n = 0;

	rig_run(&raw, &w->l, RIG_CHUNK);
	for (; n < FLOOD && w->l.st != TLS_FAILED; n++) {
		assert_int_equal(
			SSL_key_update(raw.raw, SSL_KEY_UPDATE_NOT_REQUESTED),
			1);
		assert_int_equal(SSL_do_handshake(raw.raw), 1);
		rig_run(&raw, &w->l, RIG_CHUNK);
	}
	assert_in_range(n, 5, 20);
	assert_reason(&w->l, "more handshake messages");
	end_close(&raw);
}

static void
ticket_flood_fails(void **state)
{
	struct world *w = *state;
	struct end raw = raw_open(raw_ctx(&w->beta), false, ALPN);

	rig_run(&raw, &w->d, RIG_CHUNK);
	assert_true(w->d.up);
	assert_int_equal(w->d.st, TLS_AGAIN);
	for (int n = 0; n < FLOOD; n++) {
		assert_int_equal(SSL_new_session_ticket(raw.raw), 1);
		assert_int_equal(SSL_do_handshake(raw.raw), 1);
		if (n % 100 == 0 && w->d.st != TLS_FAILED)
			rig_run(&raw, &w->d, RIG_CHUNK);
	}
	rig_move(&raw, &w->d, RIG_CHUNK);
	assert_reason(&w->d, "more handshake messages");
	end_close(&raw);
}

#define ENDS(f) cmocka_unit_test_setup_teardown(f, open_ends, close_ends)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ENDS(whole_flights),
		ENDS(one_byte_at_a_time),
		ENDS(random_pieces),
		cmocka_unit_test(own_certificate_is_known),
		ENDS(engines_outlive_their_ctx),
		ENDS(exporter_agrees_and_separates),
		ENDS(large_writes_both_ways),
		ENDS(reads_in_small_pieces),
		ENDS(close_notify_is_seen),
		ENDS(cut_record_yields_nothing),
		ENDS(altered_record_is_the_end),
		ENDS(altered_handshakes_fail),
		ENDS(garbage_has_a_reason),
		ENDS(truncated_hello_waits),
		ENDS(early_close_is_a_failure),
		ENDS(oversized_hello_is_refused),
		ENDS(feed_is_bounded),
		ENDS(nothing_is_resumed),
		ENDS(key_updates_pass),
		ENDS(key_update_floods_fail),
		ENDS(slow_key_updates_fail),
		ENDS(ticket_flood_fails),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
