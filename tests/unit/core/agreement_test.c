/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What two HELLOs come to; who is admitted; what was said lately. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "core/conn/admission.h"
#include "core/conn/agreement.h"
#include "core/report/ratelimit.h"
#include "format/bnl_parse.h"
#include "format/conf.h"

#include "../base/prng.h"
#include "../crypto/test_hex.h"

static struct prng rng;

/* --- selection ------------------------------------------------------------ */

static struct hello
offers(unsigned int n, const struct conf_cipher *c, unsigned int m,
       const struct conf_comp *z)
{
	struct hello h = { .algos.nciphers = (uint8_t)n,
			   .algos.ncomps = (uint8_t)m };

	if (n > 0)
		memcpy(h.algos.ciphers, c, n * sizeof(*c));
	if (m > 0)
		memcpy(h.algos.comps, z, m * sizeof(*z));
	return h;
}

#define CHACHA AEAD_CHACHA20_POLY1305
#define A128 AEAD_AES_128_GCM
#define A256 AEAD_AES_256_GCM

static void
highest_sum_wins(void **state)
{
	const struct conf_cipher c1[] = { { CHACHA, 10 }, { A256, 9 } };
	const struct conf_cipher c2[] = { { A256, 3 }, { CHACHA, 1 } };
	const struct conf_comp z1[] = { { COMP_NONE, 0, 4 },
					{ COMP_ZLIB, 9, 9 } };
	const struct conf_comp z2[] = { { COMP_ZLIB, 3, 1 },
					{ COMP_NONE, 0, 5 } };
	struct hello a = offers(2, c1, 2, z1), b = offers(2, c2, 2, z2);
	struct selection s;

	(void)state;
	assert_true(agreement_select(&s, &a, &b));
	assert_int_equal(s.cipher, A256);    /* 12 against 11 */
	assert_int_equal(s.comp, COMP_ZLIB); /* 10 against 9 */
	assert_int_equal(s.level, 3);
	assert_int_equal(s.generation, 1);
}

static void
ties_have_a_fixed_order(void **state)
{
	const struct conf_cipher c1[] = { { CHACHA, 1 },
					  { A128, 2 },
					  { A256, 3 } };
	const struct conf_cipher c2[] = { { CHACHA, 3 },
					  { A128, 2 },
					  { A256, 1 } };
	const struct conf_comp z1[] = { { COMP_ZLIB, 6, 2 },
					{ COMP_LZO, 1, 2 },
					{ COMP_NONE, 0, 2 } };
	struct hello a = offers(3, c1, 3, z1), b = offers(3, c2, 3, z1);
	struct selection s;

	(void)state;
	assert_true(agreement_select(&s, &a, &b));
	assert_int_equal(s.cipher, A256);
	assert_int_equal(s.comp, COMP_NONE);
	assert_int_equal(s.level, 0);
	a.algos.ncomps = 2; /* zlib, lzo: none is in common all the same */
	assert_true(agreement_select(&s, &a, &b));
	assert_int_equal(s.comp, COMP_LZO);
	assert_int_equal(s.level, 1);
	a.algos.ncomps = b.algos.ncomps = 0;
	assert_true(agreement_select(&s, &a, &b));
	assert_int_equal(s.comp, COMP_NONE);
	/* The largest preferences do not overflow. */
	a.algos.ciphers[0].preference = b.algos.ciphers[0].preference =
		UINT16_MAX;
	assert_true(agreement_select(&s, &a, &b));
	assert_int_equal(s.cipher, CHACHA);
}

static void
nothing_in_common(void **state)
{
	const struct conf_cipher c1[] = { { CHACHA, 10 } },
				 c2[] = { { A256, 9 } };
	struct hello a = offers(1, c1, 0, NULL), b = offers(1, c2, 0, NULL);
	struct hello c = offers(0, NULL, 0, NULL);
	struct selection s = { .generation = 77 };
	char text[NEGOTIATE_LIST_MAX];

	(void)state;
	assert_false(agreement_select(&s, &a, &b));
	assert_false(agreement_select(&s, &a, &c));
	assert_false(agreement_select(&s, &c, &c));
	assert_int_equal(s.generation, 77);
	assert_string_equal(agreement_list(text, &a.algos),
			    "chacha20-poly1305:10");
	assert_string_equal(agreement_list(text, &c.algos), "nothing");
}

/* The default configuration of a host. */
static struct hello
defaults(bool slow_aes, const char *more)
{
	const struct conf_host host = { .slow_aes = slow_aes };
	struct hello h = { .algos.nciphers = 0 };
	static struct errs es;
	struct conf *c;
	char text[200];

	snprintf(text, sizeof(text), "name = a\n%s", more);
	assert_int_equal(conf_parse_on(&c, &host, text, strlen(text), "/", &es),
			 0);
	h.algos = *conf_algos_for(c, "b");
	conf_free(c);
	return h;
}

/* One processor without AES is enough, unless somebody said otherwise. */
static void
slow_aes_is_avoided(void **state)
{
	const char *said = "cryptalgos = aes-256-gcm:100 "
			   "chacha20-poly1305:80\n";
	const char *here = "node = b\ncryptalgos = aes-128-gcm:1\n";
	struct hello fast = defaults(false, ""), slow = defaults(true, "");
	struct hello set = defaults(true, said), other = defaults(true, here);
	struct selection s;

	(void)state;
	assert_true(agreement_select(&s, &fast, &fast));
	assert_int_equal(s.cipher, A256);
	assert_true(agreement_select(&s, &slow, &fast));
	assert_int_equal(s.cipher, CHACHA);
	assert_true(agreement_select(&s, &fast, &slow));
	assert_int_equal(s.cipher, CHACHA);
	assert_true(agreement_select(&s, &slow, &slow));
	assert_int_equal(s.cipher, CHACHA);
	assert_true(agreement_select(&s, &set, &fast));
	assert_int_equal(s.cipher, A256);
	assert_true(agreement_select(&s, &other, &fast));
	assert_int_equal(s.cipher, A128);
}

static void
generation_follows_the_highest(void **state)
{
	const struct conf_cipher c[] = { { A256, 1 } };
	struct hello a = offers(1, c, 0, NULL), b = a;
	struct selection s;

	(void)state;
	a.nheld = 2;
	a.held[0].generation = 4;
	a.held[1].generation = 9;
	b.nheld = 1;
	b.held[0].generation = 7;
	assert_true(agreement_select(&s, &a, &b));
	assert_int_equal(s.generation, 10);
	assert_true(agreement_select(&s, &b, &a));
	assert_int_equal(s.generation, 10);
	b.held[0].generation = HELLO_GENERATION_MAX - 1;
	assert_true(agreement_select(&s, &b, &a));
	assert_int_equal(s.generation, HELLO_GENERATION_MAX);
}

/* Small preferences, so that there are many ties. */
static struct hello
any_offers(void)
{
	struct hello h = offers(0, NULL, 0, NULL);
	unsigned int order = prng_below(&rng, 6);

	for (unsigned int i = 0; i < 3; i++) {
		unsigned int k = 1 + (order % 2 ? i : 2 - i);

		if (prng_below(&rng, 3) > 0)
			h.algos.ciphers[h.algos.nciphers++] =
				(struct conf_cipher){ (enum aead_alg)k,
						      (uint16_t)prng_below(&rng,
									   4) };
		if (prng_below(&rng, 3) > 0) {
			enum comp_alg z = (enum comp_alg)(k - 1);
			uint8_t min = comp_level_min(z);
			uint8_t more = (uint8_t)(comp_level_max(z) - min);

			h.algos.comps[h.algos.ncomps++] = (struct conf_comp){
				z, (uint8_t)(min + prng_below(&rng, more + 1u)),
				(uint16_t)prng_below(&rng, 4)
			};
		}
	}
	return h;
}

static bool
offered(const struct hello *h, enum aead_alg alg)
{
	for (unsigned int i = 0; i < h->algos.nciphers; i++)
		if (h->algos.ciphers[i].alg == alg)
			return true;
	return false;
}

static void
outcome_does_not_depend_on_the_side(void **state)
{
	unsigned int agreed = 0;

	(void)state;
	for (int i = 0; i < 100000; i++) {
		struct hello a = any_offers(), b = any_offers();
		struct selection s, t;
		bool ok = agreement_select(&s, &a, &b);

		assert_int_equal(agreement_select(&t, &b, &a), ok);
		if (!ok)
			continue;
		agreed++;
		assert_int_equal(s.cipher, t.cipher);
		assert_int_equal(s.comp, t.comp);
		assert_int_equal(s.level, t.level);
		assert_int_equal(s.generation, t.generation);
		assert_true(offered(&a, s.cipher) && offered(&b, s.cipher));
		assert_in_range(s.level, comp_level_min(s.comp),
				comp_level_max(s.comp));
	}
	assert_true(agreed > 50000);
}

/* --- keys ------------------------------------------------------------------ */

/* Computed with Python's hashlib and hmac from the definition. */
static void
keys_known_answer(void **state)
{
	struct hello d = { .from = "alpha" }, l = { .from = "beta" };
	uint8_t fa[FINGERPRINT_LEN], fb[FINGERPRINT_LEN];
	struct negotiate_side ds = { &d, (const uint8_t *)"dialler hello frame",
				     19, fa };
	struct negotiate_side ls = { &l,
				     (const uint8_t *)"listener hello frame",
				     20, fb };
	const struct selection s = { A256, COMP_ZLIB, 6, 7 };
	uint8_t th[SHA256_LEN], other[SHA256_LEN], exporter[SHA256_LEN];
	uint8_t mac[PROTO_CONFIRM_LEN];
	struct negotiate_keys k;

	(void)state;
	memset(fa, 0xaa, sizeof(fa));
	memset(fb, 0xbb, sizeof(fb));
	memset(d.random, 1, sizeof(d.random));
	memset(l.random, 2, sizeof(l.random));
	memset(exporter, 0xee, sizeof(exporter));
	agreement_transcript(th, &ds, &ls);
	assert_hex(th, "e5efddce1f6bed4b6c157c3caa816b7e"
		       "bf51e2924b6f32af7576ab1ac886c2ad");
	agreement_derive(&k, th, exporter, &ds, &ls);
	assert_hex(k.secret, "e47abe5252d3bae9faf10af6c8da5540"
			     "609a0dad39f1a157d451b00539bfc7d7");
	assert_hex(k.id, "776926d367f3c21d3e9bc0b000bf7dc7");
	assert_hex(k.confirm_key, "d1f308331ad1f7688c8cb6b51dea7316"
				  "5303e1aed8521449946a3fb1566cd1f0");
	agreement_confirm(mac, &k, true, th, &s);
	assert_hex(mac, "854a8c0dd01d55f4fb0afc5ea752e771"
			"fffbf02d94b6c09f6a592bb2231f9794");
	agreement_confirm(mac, &k, false, th, &s);
	assert_hex(mac, "2d7f1cb2b0e5ae087d2f4677b98e3989"
			"613f4288c762025261223b237e6506ff");
	/* Who dials is part of it; the order of names is not the roles'. */
	agreement_transcript(other, &ls, &ds);
	assert_memory_not_equal(th, other, sizeof(th));
}

static void
confirm_covers_the_selection(void **state)
{
	const struct selection s = { A256, COMP_ZLIB, 6, 7 };
	struct selection t;
	uint8_t th[SHA256_LEN] = { 1 }, th2[SHA256_LEN] = { 2 };
	uint8_t mac[PROTO_CONFIRM_LEN], other[PROTO_CONFIRM_LEN];
	struct negotiate_keys k;

	(void)state;
	memset(&k, 3, sizeof(k));
	agreement_confirm(mac, &k, true, th, &s);
#define DIFFERS() assert_memory_not_equal(mac, other, sizeof(mac))
	t = s;
	t.cipher = A128;
	agreement_confirm(other, &k, true, th, &t);
	DIFFERS();
	t = s;
	t.comp = COMP_NONE;
	agreement_confirm(other, &k, true, th, &t);
	DIFFERS();
	t = s;
	t.level = 5;
	agreement_confirm(other, &k, true, th, &t);
	DIFFERS();
	t = s;
	t.generation = 8;
	agreement_confirm(other, &k, true, th, &t);
	DIFFERS();
	agreement_confirm(other, &k, true, th2, &s);
	DIFFERS();
	k.confirm_key[0] ^= 1;
	agreement_confirm(other, &k, true, th, &s);
	DIFFERS();
}

/* --- who is admitted ------------------------------------------------------- */

static void
admission(void **state)
{
	static const char text[] =
		"network example.org\nprefix 10.0.0.0/8\n"
		"timestamp 2026-11-22T06:25:00Z\n"
		"node alpha\nnode beta\nnode gamma\n  key sha256:"
		"61616161616161616161616161616161"
		"61616161616161616161616161616161\nrevoke sha256:"
		"71717171717171717171717171717171"
		"71717171717171717171717171717171\n";
	struct conf conf = { .port = 1 };
	struct core_env env = { .self = "alpha", .conf = &conf };
	struct cert_info c = { .cn = "beta", .ou = "ops" };
	struct errs es = { .count = 0 };
	struct bnl *b = NULL;

	(void)state;
	assert_int_equal(bnl_parse(&b, text, sizeof(text) - 1, &es), 0);
	assert_int_equal(admission_check(&env, &c, NULL), REFUSE_NOT_LISTED);
	env.bnl = b;
	assert_int_equal(admission_check(&env, &c, NULL), ADMIT_YES);
	assert_int_equal(admission_check(&env, &c, "beta"), ADMIT_YES);
	assert_int_equal(admission_check(&env, &c, "gamma"), REFUSE_WRONG_NAME);
	conf.restrictouname = "ops";
	assert_int_equal(admission_check(&env, &c, NULL), ADMIT_YES);
	conf.restrictouname = "op";
	assert_int_equal(admission_check(&env, &c, NULL), REFUSE_OU);
	conf.restrictouname = NULL;
	memset(c.fingerprint, 0x71, sizeof(c.fingerprint));
	assert_int_equal(admission_check(&env, &c, NULL), REFUSE_REVOKED);
	/* Revoked weighs more than not listed: nothing is taken from it. */
	strcpy(c.cn, "delta");
	assert_int_equal(admission_check(&env, &c, NULL), REFUSE_REVOKED);
	memset(c.fingerprint, 0x61, sizeof(c.fingerprint));
	assert_int_equal(admission_check(&env, &c, NULL), REFUSE_NOT_LISTED);
	strcpy(c.cn, "gamma");
	assert_int_equal(admission_check(&env, &c, NULL), ADMIT_YES);
	/* Whichever key of its chain is revoked. */
	c.above.n = CERT_ABOVE_MAX;
	for (int i = 0; i < CERT_ABOVE_MAX; i++) {
		memset(c.above.key, 0x62, sizeof(c.above.key));
		assert_int_equal(admission_check(&env, &c, NULL), ADMIT_YES);
		memset(c.above.key[i], 0x71, sizeof(c.above.key[i]));
		assert_int_equal(admission_check(&env, &c, NULL),
				 REFUSE_REVOKED);
	}
	c.above.n = CERT_ABOVE_MAX - 1;
	assert_int_equal(admission_check(&env, &c, NULL), ADMIT_YES);
	c.fingerprint[31] ^= 1;
	assert_int_equal(admission_check(&env, &c, NULL), REFUSE_PIN);
	strcpy(c.cn, "alpha");
	assert_int_equal(admission_check(&env, &c, NULL), REFUSE_WRONG_NAME);
	assert_int_equal(admission_check(&env, &c, "alpha"), REFUSE_WRONG_NAME);
	bnl_free(b);
}

/* A HELLO, judged by all that the listener knows of the peer. */
static void
admission_of_a_hello(void **state)
{
	static const struct {
		struct admission_case c;
		bool listed;
		struct verdict v;
	} rows[] = {
		/* clang-format off */
		{{.others = 3}, true, {ADMIT_YES, "", false}},
		{{.others = 4}, true, {REFUSE_BUSY, "too many connections", false}},
		{{.others = 4, .dialled = true}, true, {ADMIT_YES, "", false}},
		{{.negotiates = true, .seq = 5}, true, {ADMIT_YES, "", true}},
		{{.negotiates = true, .seq = 6}, true, {ADMIT_YES, "", true}},
		{{.negotiates = true, .seq = 4}, true,
		 {REFUSE_BUSY, "a newer connection is there", false}},
		{{.negotiates = true, .seq = 9}, false,
		 {REFUSE_BUSY, "a newer connection is there", false}},
		{{.deliver_only = true, .takes = true, .code = REFUSE_PIN}, false,
		 {ADMIT_YES, "", false}},
		{{.deliver_only = true, .code = REFUSE_PIN}, false,
		 {REFUSE_PIN, "", false}},
		{{.deliver_only = true, .takes = true, .delivering = true,
		  .code = REFUSE_NOT_LISTED, .dialled = true}, false,
		 {REFUSE_NOT_LISTED, "", false}},
		/* Admitted since the handshake, but not as what it was. */
		{{.deliver_only = true, .code = ADMIT_YES}, false,
		 {REFUSE_BUSY, "", false}},
		/* clang-format on */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct conn_heard heard = { .seq = 5 };
		struct admission_case c = rows[i].c;
		struct ratelimit unlisted;
		struct verdict v;

		ratelimit_init(&unlisted);
		c.peer = "beta";
		c.now.ns = NS_PER_S;
		v = admission_judge(&c, rows[i].listed ? &heard : NULL,
				    &unlisted);
		assert_int_equal(v.code, rows[i].v.code);
		assert_string_equal(v.why, rows[i].v.why);
		assert_int_equal(v.newest, rows[i].v.newest);
		assert_int_equal(heard.seq, v.newest && c.seq > 5 ? c.seq : 5);
		/* A name delivers once a minute. */
		if (c.deliver_only && v.code == ADMIT_YES)
			assert_int_equal(
				admission_judge(&c, NULL, &unlisted).code,
				c.code);
	}
}

static void
negotiations_are_counted(void **state)
{
	struct admission_case c = { .now = { NS_PER_S },
				    .peer = "beta",
				    .negotiates = true };
	struct conn_heard heard = { .asked = 0 };

	(void)state;
	for (c.seq = 1; c.seq <= 60; c.seq++)
		assert_int_equal(admission_judge(&c, &heard, NULL).code,
				 ADMIT_YES);
	c.now = mono_add_ms(c.now, 59999);
	assert_int_equal(admission_judge(&c, &heard, NULL).code, REFUSE_BUSY);
	/* What it began on older connections ends all the same. */
	assert_true(admission_judge(&c, &heard, NULL).newest);
	c.now = mono_add_ms(c.now, 1);
	assert_int_equal(admission_judge(&c, &heard, NULL).code, ADMIT_YES);
}

static void
who_may_deliver(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++) {
		bool dialled = i & 1, lacking = i & 2;

		assert_true(admission_may_deliver(REFUSE_PIN, false, dialled,
						  lacking));
		assert_int_equal(admission_may_deliver(REFUSE_NOT_LISTED, false,
						       dialled, lacking),
				 !dialled || lacking);
		assert_false(admission_may_deliver(REFUSE_REVOKED, false,
						   dialled, lacking));
		assert_false(admission_may_deliver(ADMIT_YES, false, dialled,
						   lacking));
		/* Without a CA: to a dialler alone. */
		assert_int_equal(admission_may_deliver(ADMIT_NO_CA, true,
						       dialled, lacking),
				 dialled);
		assert_int_equal(admission_may_deliver(REFUSE_PIN, true,
						       dialled, lacking),
				 dialled);
		assert_false(admission_may_deliver(REFUSE_REVOKED, true,
						   dialled, lacking));
	}
}

/* --- what was said lately -------------------------------------------------- */

static void
recent_is_bounded(void **state)
{
	struct monotime t = { NS_PER_S };
	char key[RATELIMIT_KEY_MAX];
	struct ratelimit r;

	(void)state;
	ratelimit_init(&r);
	assert_true(ratelimit_first(&r, "beta", 1, t, 1000));
	assert_false(ratelimit_first(&r, "beta", 1, t, 1000));
	assert_true(ratelimit_first(&r, "beta", 2, t, 1000));
	assert_true(ratelimit_first(&r, "gamma", 1, t, 1000));
	t = mono_add_ms(t, 999);
	assert_false(ratelimit_first(&r, "beta", 1, t, 1000));
	t = mono_add_ms(t, 1);
	assert_true(ratelimit_first(&r, "beta", 1, t, 1000));
	assert_false(ratelimit_first(&r, "beta", 1, t, 1000));
	ratelimit_forget(&r, "beta");
	assert_true(ratelimit_first(&r, "beta", 1, t, 1000));
	for (int i = 0; i < RATELIMIT_MAX - 1; i++) {
		t = mono_add_ms(t, 1);
		snprintf(key, sizeof(key), "node%d", i);
		assert_true(ratelimit_first(&r, key, 1, t, 100000));
	}
	assert_false(ratelimit_first(&r, "beta", 1, t, 100000));
	assert_true(ratelimit_first(&r, "one more", 1, t, 100000));
	/* The oldest made room. */
	assert_true(ratelimit_first(&r, "beta", 1, t, 100000));
}

/* After its period a key begins anew in its own place: another one, which is
 * older, keeps what is remembered of it. */
static void
recent_keeps_others(void **state)
{
	struct monotime t = { NS_PER_S }, later = mono_add_ms(t, 2000);
	struct ratelimit r;

	(void)state;
	ratelimit_init(&r);
	assert_int_equal(ratelimit_count(&r, "alpha", t, 100000), 1);
	assert_int_equal(ratelimit_count(&r, "beta", t, 1000), 1);
	assert_int_equal(ratelimit_count(&r, "beta", t, 1000), 2);
	assert_int_equal(ratelimit_count(&r, "beta", later, 1000), 1);
	assert_int_equal(ratelimit_count(&r, "beta", later, 1000), 2);
	assert_int_equal(ratelimit_count(&r, "alpha", later, 100000), 2);
	ratelimit_init(&r);
	assert_true(ratelimit_first(&r, "alpha", 1, t, 100000));
	assert_true(ratelimit_first(&r, "beta", 1, t, 1000));
	assert_true(ratelimit_first(&r, "beta", 1, later, 1000));
	assert_false(ratelimit_first(&r, "beta", 1, later, 1000));
	assert_false(ratelimit_first(&r, "alpha", 1, later, 100000));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(highest_sum_wins),
		cmocka_unit_test(ties_have_a_fixed_order),
		cmocka_unit_test(nothing_in_common),
		cmocka_unit_test(slow_aes_is_avoided),
		cmocka_unit_test(generation_follows_the_highest),
		cmocka_unit_test(outcome_does_not_depend_on_the_side),
		cmocka_unit_test(keys_known_answer),
		cmocka_unit_test(confirm_covers_the_selection),
		cmocka_unit_test(admission),
		cmocka_unit_test(admission_of_a_hello),
		cmocka_unit_test(negotiations_are_counted),
		cmocka_unit_test(who_may_deliver),
		cmocka_unit_test(recent_is_bounded),
		cmocka_unit_test(recent_keeps_others),
	};

	return cmocka_run_group_tests_name("negotiate", tests, NULL, NULL);
}
