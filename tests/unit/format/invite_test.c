/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Invitations: tokens and messages, fixed bytes, refusals, proofs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "format/invite.h"
#include "format/invitemsg.h"

static struct token
golden(void)
{
	struct token t = {
		.replace = true,
		.expires = { 0x0102030405 },
		.guest = "beta",
		.host = "alpha",
		.nat = 2,
	};

	memset(t.secret, 0x11, sizeof(t.secret));
	memset(t.ca, 0x22, sizeof(t.ca));
	assert_int_equal(ipaddr_parse(&t.at[0].addr, "192.0.2.10", 10), 0);
	assert_int_equal(ipaddr_parse(&t.at[1].addr, "2001:db8::1", 11), 0);
	t.at[0].port = t.at[1].port = JOIN_PORT;
	return t;
}

static const char golden_text[] =
	"cluevpn1-AREREREREREREREREREREREiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiI"
	"iIiIiIiIiIgAAAAECAwQFBGJldGEFYWxwaGECBMAAAgoNTwYgAQ24AAAAAAAAAAA"
	"AAAABDU9SMZmI";

static void
token_is_as_documented(void **state)
{
	struct token t = golden(), back;
	char text[TOKEN_TEXT_MAX];
	struct err e;

	(void)state;
	assert_string_equal(token_format(text, &t), golden_text);
	assert_int_equal(token_parse(&back, text, strlen(text), &e), 0);
	assert_true(back.replace);
	assert_string_equal(back.guest, "beta");
	assert_string_equal(back.host, "alpha");
	assert_memory_equal(back.secret, t.secret, sizeof(t.secret));
	assert_memory_equal(back.ca, t.ca, sizeof(t.ca));
	assert_int_equal(back.expires.s, t.expires.s);
	assert_int_equal(back.nat, 2);
	assert_true(endpoint_equal(&back.at[1], &t.at[1]));
}

static void
longest_token_fits(void **state)
{
	struct token t = golden(), back;
	char text[TOKEN_TEXT_MAX];
	struct err e;

	(void)state;
	memset(t.guest, 'g', NODE_NAME_MAX);
	memset(t.host, 'h', NODE_NAME_MAX);
	t.nat = TOKEN_ENDPOINTS_MAX;
	for (unsigned int i = 0; i < t.nat; i++)
		t.at[i] = t.at[1];
	token_format(text, &t);
	assert_true(strlen(text) < TOKEN_TEXT_MAX);
	assert_int_equal(token_parse(&back, text, strlen(text), &e), 0);
	assert_string_equal(back.guest, t.guest);
}

/* Every single change of a character, every cut, is noticed and told. */
static void
mangled_tokens_say_so(void **state)
{
	char text[sizeof(golden_text)];
	size_t len = sizeof(golden_text) - 1;
	struct token t;
	struct err e;

	(void)state;
	memset(&t, 0x5a, sizeof(t));
	for (size_t i = sizeof(TOKEN_PREFIX) - 1; i < len; i++) {
		for (const char *c = "AQz9-_=+/ \n"; *c != '\0'; c++) {
			memcpy(text, golden_text, sizeof(text));
			if (text[i] == *c)
				continue;
			text[i] = *c;
			assert_int_equal(token_parse(&t, text, len, &e), -1);
			assert_non_null(strstr(e.text, "not whole"));
		}
		assert_int_equal(token_parse(&t, golden_text, i, &e), -1);
	}
	assert_int_equal(((const unsigned char *)&t)[0], 0x5a);
	assert_int_equal(token_parse(&t, "10.0.0.1", 8, &e), -1);
	assert_non_null(strstr(e.text, "begins with"));
	assert_int_equal(token_parse(&t, "", 0, &e), -1);
}

static void
keys_follow_from_the_token(void **state)
{
	struct token t = golden();
	struct token_keys a, b;

	(void)state;
	token_keys(&a, &t);
	token_keys(&b, &t);
	assert_memory_equal(&a, &b, sizeof(a));
	t.secret[15] ^= 1;
	token_keys(&b, &t);
	assert_memory_not_equal(a.id, b.id, sizeof(a.id));
	assert_memory_not_equal(a.key, b.key, sizeof(a.key));
}

/* --- messages -------------------------------------------------------------- */

static const uint8_t exported[32] = { 7 };
static const uint8_t elsewhere[32] = { 8 };

static struct join_ask
ask(void)
{
	struct join_ask a = {
		.no_address = false,
		.port = 3406,
		.addresses = { SPAN("192.0.2.1 port 4406"), SPAN("b.example") },
		.naddresses = 2,
		.request = SPAN("-----BEGIN"),
	};

	memset(a.id, 0x44, sizeof(a.id));
	assert_int_equal(ipaddr_parse(&a.own, "192.0.2.1", 9), 0);
	return a;
}

static struct token_keys
keys(void)
{
	struct token t = golden();
	struct token_keys k;

	token_keys(&k, &t);
	return k;
}

static size_t
payload_of(struct buf *b, enum join_type type)
{
	struct join_header h;
	struct err e;

	assert_int_equal(join_header_read(&h, buf_data(b), &e), 0);
	assert_int_equal(h.type, type);
	assert_int_equal(h.len, buf_len(b) - JOIN_HEADER_LEN);
	buf_consume(b, JOIN_HEADER_LEN);
	return h.len;
}

static void
ask_is_proven(void **state)
{
	struct token_keys k = keys(), other;
	struct token t = golden();
	struct join_ask a = ask(), back;
	struct buf b;
	struct err e;
	size_t len;

	(void)state;
	buf_init(&b, JOIN_ASK_MAX + JOIN_HEADER_LEN);
	assert_int_equal(join_ask_encode(&b, &a, &k, exported), 0);
	len = payload_of(&b, JOIN_ASK);
	assert_int_equal(join_ask_decode(&back, buf_data(&b), len, &e), 0);
	assert_int_equal(back.naddresses, 2);
	assert_true(span_is(back.addresses[0], "192.0.2.1 port 4406"));
	assert_true(span_is(back.request, "-----BEGIN"));
	assert_true(ipaddr_equal(&back.own, &a.own));
	assert_true(join_ask_proven(buf_data(&b), len, &k, exported));
	/* another secret, another connection */
	t.secret[0] ^= 1;
	token_keys(&other, &t);
	assert_false(join_ask_proven(buf_data(&b), len, &other, exported));
	assert_false(join_ask_proven(buf_data(&b), len, &k, elsewhere));
	/* any bit of it */
	for (size_t i = 0; i < len; i++) {
		b.mem[b.start + i] ^= 1;
		assert_false(join_ask_proven(buf_data(&b), len, &k, exported));
		b.mem[b.start + i] ^= 1;
	}
	/* any length of it */
	for (size_t i = 0; i < len; i++)
		assert_false(join_ask_proven(buf_data(&b), i, &k, exported));
	buf_free(&b);
}

static void
ask_is_refused(void **state)
{
	struct token_keys k = keys();
	struct join_ask a = ask(), back;
	struct buf b;
	struct err e;
	size_t len;

	(void)state;
	memset(&back, 0x5a, sizeof(back));
	buf_init(&b, JOIN_ASK_MAX + JOIN_HEADER_LEN);
	assert_int_equal(join_ask_encode(&b, &a, &k, exported), 0);
	len = payload_of(&b, JOIN_ASK);
	/* cut anywhere before the request's first byte */
	for (size_t i = 0; i <= len - a.request.len; i++)
		assert_int_equal(join_ask_decode(&back, buf_data(&b), i, &e),
				 -1);
	b.mem[b.start + 1] = 9;
	assert_int_equal(join_ask_decode(&back, buf_data(&b), len, &e), -1);
	assert_non_null(strstr(e.text, "version 9"));
	b.mem[b.start + 1] = JOIN_VERSION;
	static const struct {
		size_t at;
		uint8_t byte;
	} wrong[] = {
		{ 42, 0x02 }, /* an unknown flag */
		{ 45, 5 },    /* no family */
		{ 50, JOIN_ADDRESSES_MAX + 1 },
		{ 51, 0 }, /* an empty address */
	};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		uint8_t *at = b.mem + b.start + wrong[i].at, was = *at;

		*at = wrong[i].byte;
		assert_int_equal(join_ask_decode(&back, buf_data(&b), len, &e),
				 -1);
		*at = was;
	}
	assert_int_equal(((const unsigned char *)&back)[0], 0x5a);
	buf_free(&b);
	/* what does not fit is not sent */
	a.request.p = calloc(1, JOIN_ASK_MAX);
	a.request.len = JOIN_ASK_MAX;
	buf_init(&b, 4 * JOIN_ASK_MAX);
	assert_int_equal(join_ask_encode(&b, &a, &k, exported), -1);
	free((void *)(uintptr_t)a.request.p);
	buf_free(&b);
}

static void
give_is_proven(void **state)
{
	static const uint8_t asked[64] = { 1, 2, 3 };
	uint8_t other[64];
	struct token_keys k = keys();
	struct join_give g = {
	    .cert = SPAN("cert"),
	    .ca = SPAN("ca"),
	    .keys = {SPAN("key one"), SPAN("key two")},
	    .nkeys = 2,
	    .list = SPAN("the list"),
	}, back;
	struct buf b;
	struct err e;
	size_t len;

	(void)state;
	buf_init(&b, JOIN_GIVE_MAX);
	assert_int_equal(join_give_encode(&b, &g, &k, exported, asked), 0);
	len = payload_of(&b, JOIN_GIVE);
	assert_int_equal(join_give_decode(&back, buf_data(&b), len, &e), 0);
	assert_int_equal(back.nkeys, 2);
	assert_true(span_is(back.keys[1], "key two"));
	assert_true(span_is(back.list, "the list"));
	/* A later version may say more behind it. */
	assert_int_equal(buf_put(&b, "\x00\x05\x00\x01x", 5), 0);
	assert_int_equal(join_give_decode(&back, buf_data(&b), len + 5, &e), 0);
	b.mem[b.start + len] = 0x80;
	assert_int_equal(join_give_decode(&back, buf_data(&b), len + 5, &e),
			 -1);
	b.mem[b.start + len] = 0;
	b.mem[b.start + len + 3] = 2;
	assert_int_equal(join_give_decode(&back, buf_data(&b), len + 5, &e),
			 -1);
	assert_true(join_give_proven(buf_data(&b), len, &k, exported, asked));
	assert_false(join_give_proven(buf_data(&b), len, &k, elsewhere, asked));
	memcpy(other, asked, sizeof(other));
	other[10] ^= 1; /* the first byte of the guest's proof */
	assert_false(join_give_proven(buf_data(&b), len, &k, exported, other));
	for (size_t i = 0; i < len; i++) {
		b.mem[b.start + i] ^= 0x80;
		assert_false(join_give_proven(buf_data(&b), len, &k, exported,
					      asked));
		b.mem[b.start + i] ^= 0x80;
		assert_int_equal(join_give_decode(&back, buf_data(&b), i, &e),
				 -1);
	}
	buf_free(&b);
}

/* The guest's proof is none of the host's, even over the same bytes. */
static void
proofs_are_not_reflected(void **state)
{
	struct token_keys k = keys();
	struct join_ask a = ask();
	struct buf b;
	size_t len;

	(void)state;
	buf_init(&b, JOIN_ASK_MAX);
	assert_int_equal(join_ask_encode(&b, &a, &k, exported), 0);
	len = payload_of(&b, JOIN_ASK);
	assert_false(join_give_proven(buf_data(&b) + 10, len - 10, &k, exported,
				      buf_data(&b)));
	buf_free(&b);
}

static void
headers_are_bounded(void **state)
{
	static const uint8_t bad[][JOIN_HEADER_LEN] = {
		{ 0, 0, 0, 0 }, /* no such type */
		{ JOIN_TYPES, 0, 0, 0 },
		{ JOIN_ASK, 0, 0, 4 },	  /* too short */
		{ JOIN_ASK, 0, 0x20, 1 }, /* 8193 */
		{ JOIN_REFUSE, 0, 1, 1 }, /* 257 */
		{ JOIN_REFUSE, 0, 0, 0 },
		{ JOIN_DONE, 0, 0, 1 },
		{ JOIN_GIVE, 0x90, 0, 1 }, /* 9 MiB and 1 */
	};
	struct join_header h = { JOIN_DONE, 77 };
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(join_header_read(&h, bad[i], &e), -1);
	assert_int_equal(h.len, 77);
	assert_int_equal(
		join_header_read(&h, (const uint8_t[]){ JOIN_GIVE, 0x90, 0, 0 },
				 &e),
		0);
	assert_int_equal(h.len, JOIN_GIVE_MAX);
}

/* Each with as little in it as there may be. */
static void
smallest_messages_pass(void **state)
{
	static const uint8_t asked[64] = { 1, 2, 3 };
	struct token_keys k = keys();
	struct join_ask a = ask(), asked_back;
	struct join_give g = { .keys = { SPAN("") }, .nkeys = 1 }, given_back;
	struct buf b;
	struct err e;
	size_t len;

	(void)state;
	g.cert = g.ca = g.list = g.keys[0];
	a.naddresses = 0;
	a.request.len = 1;
	buf_init(&b, JOIN_ASK_MAX);
	assert_int_equal(join_ask_encode(&b, &a, &k, exported), 0);
	len = payload_of(&b, JOIN_ASK);
	assert_true(join_ask_proven(buf_data(&b), len, &k, exported));
	assert_int_equal(join_ask_decode(&asked_back, buf_data(&b), len, &e),
			 0);
	buf_consume(&b, len);
	assert_int_equal(join_give_encode(&b, &g, &k, exported, asked), 0);
	len = payload_of(&b, JOIN_GIVE);
	assert_true(join_give_proven(buf_data(&b), len, &k, exported, asked));
	assert_int_equal(join_give_decode(&given_back, buf_data(&b), len, &e),
			 0);
	buf_free(&b);
}

static void
refusals_round(void **state)
{
	struct join_refuse r = { .code = JOIN_USED, .text = "used up" }, back;
	struct buf b;
	struct err e;
	size_t len;

	(void)state;
	buf_init(&b, JOIN_ASK_MAX);
	assert_int_equal(join_refuse_encode(&b, &r), 0);
	len = payload_of(&b, JOIN_REFUSE);
	assert_int_equal(join_refuse_decode(&back, buf_data(&b), len, &e), 0);
	assert_int_equal(back.code, JOIN_USED);
	assert_string_equal(back.text, "used up");
	assert_int_equal(join_refuse_decode(&back, buf_data(&b), 0, &e), -1);
	assert_int_equal(join_refuse_decode(&back, buf_data(&b),
					    JOIN_REFUSE_MAX + 1, &e),
			 -1);
	buf_free(&b);
}

static void
process_messages_round(void **state)
{
	struct invitemsg m = { .kind = INVITE_ASK,
			       .conn = 7,
			       .number = 9,
			       .text = { "payload", 7 } },
			 back;
	uint8_t out[INVITEMSG_MAX + 1] = { 0 };
	struct err e;
	size_t len;

	(void)state;
	memset(m.id, 1, sizeof(m.id));
	memset(m.hash, 2, sizeof(m.hash));
	len = invitemsg_encode(out, &m);
	assert_int_equal(len, INVITEMSG_HEAD + 7);
	assert_int_equal(invitemsg_decode(&back, out, len, &e), 0);
	assert_int_equal(back.kind, INVITE_ASK);
	assert_int_equal(back.conn, 7);
	assert_int_equal(back.number, 9);
	assert_memory_equal(back.id, m.id, sizeof(m.id));
	assert_memory_equal(back.hash, m.hash, sizeof(m.hash));
	assert_int_equal(back.text.len, 7);
	assert_memory_equal(back.text.p, "payload", 7);
	for (size_t cut = 0; cut < INVITEMSG_HEAD; cut++)
		assert_int_equal(invitemsg_decode(&back, out, cut, &e), -1);
	assert_int_equal(invitemsg_decode(&back, out, INVITEMSG_MAX, &e), 0);
	assert_int_equal(invitemsg_decode(&back, out, INVITEMSG_MAX + 1, &e),
			 -1);
	out[0] = 0;
	assert_int_equal(invitemsg_decode(&back, out, len, &e), -1);
	out[0] = INVITE_KINDS;
	assert_int_equal(invitemsg_decode(&back, out, len, &e), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(token_is_as_documented),
		cmocka_unit_test(longest_token_fits),
		cmocka_unit_test(mangled_tokens_say_so),
		cmocka_unit_test(keys_follow_from_the_token),
		cmocka_unit_test(ask_is_proven),
		cmocka_unit_test(ask_is_refused),
		cmocka_unit_test(give_is_proven),
		cmocka_unit_test(proofs_are_not_reflected),
		cmocka_unit_test(headers_are_bounded),
		cmocka_unit_test(smallest_messages_pass),
		cmocka_unit_test(refusals_round),
		cmocka_unit_test(process_messages_round),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
