/* SPDX-License-Identifier: GPL-3.0-or-later */
/* TLS: certificates whose chain does not verify, and the judge who may accept
 * the holder of such a key. */
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include "tls_rig.h"

#define ALPN   \
	"\x09" \
	"cluevpn/1"

struct world {
	struct id ca, other_ca, alpha, beta, stranger;
	struct tls_ctx *a;
};

static int
setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	w->ca = id_ca("Test CA");
	w->other_ca = id_ca("Other CA");
	w->alpha = id_node("alpha", NULL, &w->ca);
	w->beta = id_node("beta", NULL, &w->ca);
	w->stranger = id_node("beta", NULL, &w->other_ca);
	w->a = ctx_of(&w->alpha, w->ca.pem);
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;

	tls_ctx_free(w->a);
	id_free(&w->ca);
	id_free(&w->other_ca);
	id_free(&w->alpha);
	id_free(&w->beta);
	id_free(&w->stranger);
	free(w);
	return 0;
}

static struct {
	bool answer;
	unsigned int asked;
	struct cert_info peer;
	char why[ERR_TEXT_MAX];
	enum tls_fault fault;
} judge;

static bool
decide(void *ctx, const struct cert_info *peer, const char *why,
       enum tls_fault fault)
{
	assert_ptr_equal(ctx, &judge);
	judge.asked++;
	judge.peer = *peer;
	judge.fault = fault;
	snprintf(judge.why, sizeof(judge.why), "%s", why);
	return judge.answer;
}

static struct end us;

/* alpha meets id. Returns whether alpha lets it in. */
static bool
meet(struct world *w, bool dials, const struct id *id, bool answer)
{
	const struct tls_judge j = { decide, &judge };
	struct end raw = raw_open(raw_ctx(id), !dials, ALPN);
	bool up;

	memset(&judge, 0, sizeof(judge));
	judge.answer = answer;
	us = end_open_judged(w->a, dials, TEST_NOW, &j);
	rig_run(&us, &raw, RIG_CHUNK);
	up = us.up;
	end_close(&raw);
	return up;
}

static void
assert_accepted(struct world *w, const struct id *id, const char *hint,
		enum tls_fault fault)
{
	uint8_t fp[FINGERPRINT_LEN];

	key_fingerprint(fp, id->key);
	for (int dials = 0; dials <= 1; dials++) {
		const struct cert_info *peer;

		assert_true(meet(w, dials, id, true));
		assert_int_equal(judge.asked, 1);
		peer = us.ops->peer(us.t);
		assert_true(peer->by_key && judge.peer.by_key);
		assert_string_equal(peer->cn, "beta");
		assert_string_equal(judge.peer.cn, "beta");
		assert_memory_equal(peer->fingerprint, fp, sizeof(fp));
		assert_memory_equal(judge.peer.fingerprint, fp, sizeof(fp));
		assert_int_equal(peer->above.n, 0);
		assert_non_null(strstr(judge.why, hint));
		assert_int_equal(judge.fault, fault);
		end_close(&us);
		/* The answer alone decides. */
		assert_false(meet(w, dials, id, false));
		assert_int_equal(judge.asked, 1);
		assert_reason(&us, hint);
		assert_int_equal(us.ops->fault(us.t), fault);
		end_close(&us);
	}
}

static void
the_judge_decides(void **state)
{
	static const struct {
		struct odd_cert o;
		const char *hint;
		enum tls_fault fault;
	} cases[] = {
		{ { .cn = "beta", .to = -1, .from = -TEST_DAY },
		  "has expired (2026-11-22T06:24:59Z)",
		  TLS_FAULT_DATE },
		{ { .cn = "beta", .to = TEST_DAY, .from = 1 },
		  "not valid before",
		  TLS_FAULT_DATE },
		{ { .cn = "beta", .eku = "" },
		  "not made for a TLS",
		  TLS_FAULT_OTHER },
		{ { .cn = "beta", .oid = "1.2.3.4.5" },
		  "critical extension",
		  TLS_FAULT_OTHER },
		{ { .cn = "beta", .sha1 = 1 }, "too weak", TLS_FAULT_OTHER },
	};
	struct world *w = *state;

	assert_accepted(w, &w->stranger, "not signed by a CA of this network",
			TLS_FAULT_FOREIGN);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct id id = id_odd(&cases[i].o, &w->ca);

		assert_accepted(w, &id, cases[i].hint, cases[i].fault);
		id_free(&id);
	}
}

/* Signed by itself. */
static void
without_any_ca(void **state)
{
	struct world *w = *state;
	struct id id = id_odd(&(struct odd_cert){ .cn = "beta" }, NULL);

	assert_accepted(w, &id, "not signed by a CA of this network",
			TLS_FAULT_FOREIGN);
	id_free(&id);
}

static void
a_good_chain_needs_no_judge(void **state)
{
	struct world *w = *state;

	for (int dials = 0; dials <= 1; dials++) {
		assert_true(meet(w, dials, &w->beta, false));
		assert_int_equal(judge.asked, 0);
		assert_false(us.ops->peer(us.t)->by_key);
		assert_int_equal(us.ops->peer(us.t)->above.n, 1);
		end_close(&us);
	}
}

static void
a_name_is_needed(void **state)
{
	static const struct odd_cert cases[] = {
		{ .cn = NULL, .ou = "x" },
		{ .cn = "alpha", .cn2 = "beta" },
		{ .cn = "Beta" },
		{ .cn = "beta\0.x", .cnlen = 7 },
	};
	struct world *w = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct id id = id_odd(&cases[i], &w->other_ca);

		for (int dials = 0; dials <= 1; dials++) {
			assert_false(meet(w, dials, &id, true));
			assert_int_equal(judge.asked, 0);
			end_close(&us);
		}
		id_free(&id);
	}
}

/* The public half of one key with the secret half of another one. */
static EVP_PKEY *
halves(const struct key *public, const struct key *secret)
{
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	OSSL_PARAM_BLD *b = OSSL_PARAM_BLD_new();
	uint8_t point[256];
	EVP_PKEY *out = NULL;
	BIGNUM *d = NULL;
	OSSL_PARAM *p;
	size_t len;

	odd_require(EVP_PKEY_get_octet_string_param(
			    key_native(public), OSSL_PKEY_PARAM_PUB_KEY, point,
			    sizeof(point), &len) == 1 &&
		    EVP_PKEY_get_bn_param(key_native(secret),
					  OSSL_PKEY_PARAM_PRIV_KEY, &d) == 1);
	odd_require(
		OSSL_PARAM_BLD_push_utf8_string(b, OSSL_PKEY_PARAM_GROUP_NAME,
						"P-256", 0) == 1 &&
		OSSL_PARAM_BLD_push_octet_string(b, OSSL_PKEY_PARAM_PUB_KEY,
						 point, len) == 1 &&
		OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_PRIV_KEY, d) == 1);
	p = OSSL_PARAM_BLD_to_param(b);
	odd_require(p != NULL && EVP_PKEY_fromdata_init(c) == 1 &&
		    EVP_PKEY_fromdata(c, &out, EVP_PKEY_KEYPAIR, p) == 1);
	OSSL_PARAM_free(p);
	OSSL_PARAM_BLD_free(b);
	EVP_PKEY_CTX_free(c);
	BN_free(d);
	return out;
}

/* Whoever shows another's certificate cannot sign with its key. */
static void
the_key_must_be_held(void **state)
{
	const struct tls_judge j = { decide, &judge };
	struct world *w = *state;

	for (int dials = 0; dials <= 1; dials++) {
		SSL_CTX *c = raw_ctx(NULL);
		X509 *x = odd_parse(w->stranger.pem);
		EVP_PKEY *k = halves(w->stranger.key, w->alpha.key);
		struct end raw;

		odd_require(SSL_CTX_use_certificate(c, x) == 1 &&
			    SSL_CTX_use_PrivateKey(c, k) == 1);
		raw = raw_open(c, !dials, ALPN);
		memset(&judge, 0, sizeof(judge));
		judge.answer = true;
		us = end_open_judged(w->a, dials, TEST_NOW, &j);
		rig_run(&us, &raw, RIG_CHUNK);
		assert_int_equal(judge.asked, 1);
		assert_false(us.up);
		assert_int_equal(us.st, TLS_FAILED);
		end_close(&us);
		end_close(&raw);
		EVP_PKEY_free(k);
		X509_free(x);
	}
}

/* An RSA key of 1,024 bits has 80 bits of security. */
static void
a_weak_key_proves_nothing(void **state)
{
	const struct tls_judge j = { decide, &judge };
	struct world *w = *state;
	EVP_PKEY *k = EVP_RSA_gen(1024);
	X509 *x = odd_parse(w->stranger.pem);

	odd_require(k != NULL && X509_set_pubkey(x, k) == 1 &&
		    X509_sign(x, k, EVP_sha256()) > 0);
	for (int dials = 0; dials <= 1; dials++) {
		SSL_CTX *c = raw_ctx(NULL);
		struct end raw;

		odd_require(SSL_CTX_use_certificate(c, x) == 1 &&
			    SSL_CTX_use_PrivateKey(c, k) == 1);
		raw = raw_open(c, !dials, ALPN);
		memset(&judge, 0, sizeof(judge));
		judge.answer = true;
		us = end_open_judged(w->a, dials, TEST_NOW, &j);
		rig_run(&us, &raw, RIG_CHUNK);
		assert_int_equal(judge.asked, 0);
		assert_false(us.up);
		end_close(&us);
		end_close(&raw);
	}
	X509_free(x);
	EVP_PKEY_free(k);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_judge_decides),
		cmocka_unit_test(without_any_ca),
		cmocka_unit_test(a_good_chain_needs_no_judge),
		cmocka_unit_test(a_name_is_needed),
		cmocka_unit_test(the_key_must_be_held),
		cmocka_unit_test(a_weak_key_proves_nothing),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
