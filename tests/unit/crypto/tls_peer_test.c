/* SPDX-License-Identifier: GPL-3.0-or-later */
/* TLS: who is refused on the other side, and with which certificates of our
 * own we do not even start. */
#include <openssl/evp.h>

#include "../../../src/crypto/tls_local.h"
#include "tls_rig.h"

#define ALPN   \
	"\x09" \
	"cluevpn/1"
#define SIGN_BOTH "critical,digitalSignature,keyCertSign"

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

#define ANY_ALERT (-1)

/* alpha meets somebody: refuses, in words with hint, and sends the alert. */
static void
refuse(struct world *w, bool dials, struct end *raw, struct walltime now,
       const char *hint, int alert)
{
	struct end us = end_open(w->a, dials, now);

	rig_run(&us, raw, RIG_CHUNK);
	assert_false(us.up);
	assert_reason(&us, hint);
	assert_int_equal(raw->st, TLS_FAILED);
	if (alert != ANY_ALERT)
		assert_int_equal(raw->alert, alert);
	end_close(&us);
	end_close(raw);
}

static void
refuse_id(struct world *w, bool dials, const struct id *id, const char *hint,
	  int alert)
{
	struct end raw = raw_open(raw_ctx(id), !dials, ALPN);

	refuse(w, dials, &raw, TEST_NOW, hint, alert);
}

static void
refuse_odd(struct world *w, bool dials, const struct odd_cert *o,
	   const char *hint, int alert)
{
	struct id id = id_odd(o, &w->ca);

	refuse_id(w, dials, &id, hint, alert);
	id_free(&id);
}

/* The rig itself must let a good one through, or refusals prove nothing. */
static void
good_ones_are_taken(void **state)
{
	struct world *w = *state;

	for (int dials = 0; dials <= 1; dials++) {
		struct id id =
			id_odd(&(struct odd_cert){ .cn = "beta" }, &w->ca);
		struct end us = end_open(w->a, dials, TEST_NOW);
		struct end raw = raw_open(raw_ctx(&id), !dials, ALPN);

		rig_run(&us, &raw, RIG_CHUNK);
		assert_true(us.up);
		assert_int_equal(us.st, TLS_AGAIN);
		assert_string_equal(us.ops->peer(us.t)->cn, "beta");
		end_close(&us);
		end_close(&raw);
		id_free(&id);
	}
}

static void
odd_certificates_are_refused(void **state)
{
	/* clang-format off */
	static const struct {
		struct odd_cert o;
		const char *hint;
		int alert;
	} cases[] = {
		{ { .cn = NULL, .ou = "x" }, "0 Common Names",
		  SSL_AD_BAD_CERTIFICATE },
		{ { .cn = "alpha", .cn2 = "beta" }, "2 Common Names",
		  SSL_AD_BAD_CERTIFICATE },
		{ { .cn = "beta\0.x", .cnlen = 7 }, "beta\\x00.x",
		  SSL_AD_BAD_CERTIFICATE },
		{ { .cn = "Beta" }, "no node name", SSL_AD_BAD_CERTIFICATE },
		{ { .cn = "b234567890123456789012345678901234567890123456789"
			  "012345678901234" }, "no node name",
		  SSL_AD_BAD_CERTIFICATE },
		{ { .cn = "beta", .to = -1, .from = -TEST_DAY },
		  "has expired (2026-11-22T06:24:59Z)",
		  SSL_AD_CERTIFICATE_EXPIRED },
		{ { .cn = "beta", .to = TEST_DAY, .from = 1 },
		  "not valid before 2026-11-22T06:25:01Z",
		  SSL_AD_BAD_CERTIFICATE },
		{ { .cn = "beta", .eku = "" }, "not made for a TLS",
		  SSL_AD_UNSUPPORTED_CERTIFICATE },
		{ { .cn = "beta", .eku = "codeSigning" },
		  "not made for a TLS", SSL_AD_UNSUPPORTED_CERTIFICATE },
		{ { .cn = "beta", .eku = "anyExtendedKeyUsage" },
		  "not made for a TLS", SSL_AD_UNSUPPORTED_CERTIFICATE },
		{ { .cn = "beta", .usage = "critical,cRLSign" },
		  "not made for a TLS", SSL_AD_UNSUPPORTED_CERTIFICATE },
		{ { .cn = "beta", .basic = "critical,CA:TRUE",
		    .usage = SIGN_BOTH },
		  "not made for a TLS", SSL_AD_UNSUPPORTED_CERTIFICATE },
		{ { .cn = "beta", .oid = "1.2.3.4.5" }, "critical extension",
		  SSL_AD_CERTIFICATE_UNKNOWN },
		{ { .cn = "beta", .sha1 = 1 }, "too weak",
		  SSL_AD_BAD_CERTIFICATE },
		{ { .cn = "beta", .no_aki = 1 }, "authority key identifier",
		  SSL_AD_CERTIFICATE_UNKNOWN },
	};
	/* clang-format on */
	struct world *w = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (int dials = 0; dials <= 1; dials++)
			refuse_odd(w, dials, &cases[i].o, cases[i].hint,
				   cases[i].alert);
}

/* The first second counts, the last one (notAfter itself) does not. */
static void
time_limits_are_exact(void **state)
{
	const struct odd_cert o = { .cn = "beta", .from = 0, .to = 2 };
	struct world *w = *state;
	struct id id = id_odd(&o, &w->ca);

	for (int64_t at = -1; at <= 3; at++) {
		const struct walltime now = { TEST_NOW.s + at };
		struct end us = end_open(w->a, true, now);
		struct end raw = raw_open(raw_ctx(&id), false, ALPN);

		rig_run(&us, &raw, RIG_CHUNK);
		assert_int_equal(us.up, at == 0 || at == 1);
		end_close(&us);
		end_close(&raw);
	}
	id_free(&id);
}

/* Ours: only the injected time differs. */
static void
the_given_clock_is_the_clock(void **state)
{
	static const struct {
		int64_t days;
		const char *hint;
	} cases[] = {
		{ 826, "certificate of the other side has expired (2029-02-24"
		       "T06:25:00Z)" },
		{ 20000, "has expired" },
		{ -1, "not valid before 2026-11-22T05:25:00Z" },
	};
	struct world *w = *state;
	struct tls_ctx *b = ctx_of(&w->beta, w->ca.pem);

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct walltime now = { TEST_NOW.s +
					      cases[i].days * TEST_DAY };
		struct end d = end_open(w->a, true, now);
		struct end l = end_open(b, false, TEST_NOW);

		rig_run(&d, &l, RIG_CHUNK);
		assert_reason(&d, cases[i].hint);
		assert_reason(&l, "other side sent alert: ");
		end_close(&d);
		end_close(&l);
		/* the listener's clock is the one that is off */
		d = end_open(w->a, true, TEST_NOW);
		l = end_open(b, false, now);
		rig_run(&d, &l, RIG_CHUNK);
		assert_reason(&l, cases[i].hint);
		assert_true(d.up); /* was through before it was told */
		assert_reason(&d, "other side sent alert: ");
		end_close(&d);
		end_close(&l);
	}
	tls_ctx_free(b);
}

/* A chain is as old as its CA. */
static void
expired_ca_is_named(void **state)
{
	struct world *w = *state;
	const struct odd_cert o = { .cn = "beta",
				    .from = -TEST_DAY,
				    .to = 5000 * TEST_DAY };
	const struct walltime late = { TEST_NOW.s + 4000 * TEST_DAY };
	struct id id = id_odd(&o, &w->ca);
	struct end raw = raw_open(raw_ctx(&id), false, ALPN);

	refuse(w, true, &raw, late, "a CA above it has expired",
	       SSL_AD_CERTIFICATE_EXPIRED);
	id_free(&id);
}

/* A node is a server and a client: its certificate is for both, whichever it
 * is now. */
static void
both_purposes_are_required(void **state)
{
	static const struct odd_cert server = { .cn = "beta",
						.eku = "serverAuth" };
	static const struct odd_cert client = { .cn = "beta",
						.eku = "clientAuth" };
	struct world *w = *state;

	for (int dials = 0; dials <= 1; dials++) {
		refuse_odd(w, dials, &client, "not made for a TLS server",
			   SSL_AD_UNSUPPORTED_CERTIFICATE);
		refuse_odd(w, dials, &server, "not made for a TLS client",
			   SSL_AD_UNSUPPORTED_CERTIFICATE);
	}
}

static void
strangers_are_refused(void **state)
{
	static const struct odd_cert self = { .cn = "beta" };
	static const struct odd_cert fake = { .cn = "Test CA",
					      .basic = "critical,CA:TRUE",
					      .usage = SIGN_BOTH,
					      .eku = "" };
	struct world *w = *state;
	struct id alone = id_odd(&self, NULL);
	struct id liar_ca = id_odd(&fake, NULL);
	struct id liar = id_odd(&self, &liar_ca);
	struct id under_node = id_odd(&self, &w->beta);

	for (int dials = 0; dials <= 1; dials++) {
		refuse_id(w, dials, &w->stranger,
			  "not signed by a CA of this "
			  "network (issuer: \"Other CA\")",
			  SSL_AD_UNKNOWN_CA);
		refuse_id(w, dials, &alone, "not signed by a CA",
			  SSL_AD_UNKNOWN_CA);
		/* a CA of the same name with another key */
		refuse_id(w, dials, &liar, "not signed by a CA",
			  SSL_AD_UNKNOWN_CA);
		/* signed by a node; its certificate is not sent along */
		refuse_id(w, dials, &under_node, "not signed by a CA",
			  SSL_AD_UNKNOWN_CA);
		/* the CA itself is no node */
		refuse_id(w, dials, &w->ca, "not made for a TLS",
			  SSL_AD_UNSUPPORTED_CERTIFICATE);
	}
	id_free(&alone);
	id_free(&liar_ca);
	id_free(&liar);
	id_free(&under_node);
}

static struct end
raw_with_chain(const struct id *id, const char *above, int copies, bool dials)
{
	SSL_CTX *c = raw_ctx(id);
	X509 *x = odd_parse(above);

	for (int i = 0; i < copies; i++)
		odd_require(SSL_CTX_add1_chain_cert(c, x) == 1);
	X509_free(x);
	return raw_open(c, dials, ALPN);
}

/* A node that signs for others, and sends its own certificate along. */
static void
nodes_sign_for_nobody(void **state)
{
	static const struct odd_cert o = { .cn = "gamma" };
	struct world *w = *state;
	struct id gamma = id_odd(&o, &w->beta);

	for (int dials = 0; dials <= 1; dials++) {
		struct end raw = raw_with_chain(&gamma, w->beta.pem, 1, !dials);

		refuse(w, dials, &raw, TEST_NOW, "signed by one that is no CA",
		       SSL_AD_UNKNOWN_CA);
	}
	id_free(&gamma);
}

/* Our own CAs say pathlen:0; a CA that they signed signs in vain. */
static void
path_length_holds(void **state)
{
	static const struct odd_cert sub = { .cn = "Sub CA",
					     .basic = "critical,CA:TRUE",
					     .usage = SIGN_BOTH,
					     .eku = "" };
	static const struct odd_cert o = { .cn = "gamma" };
	struct world *w = *state;
	struct id sub_ca = id_odd(&sub, &w->ca);
	struct id gamma = id_odd(&o, &sub_ca);
	struct end raw = raw_with_chain(&gamma, sub_ca.pem, 1, false);

	refuse(w, true, &raw, TEST_NOW, "path length", SSL_AD_UNKNOWN_CA);
	id_free(&sub_ca);
	id_free(&gamma);
}

static void
long_certificate_lists_are_refused(void **state)
{
	struct world *w = *state;

	for (int dials = 0; dials <= 1; dials++) {
		struct end raw =
			raw_with_chain(&w->beta, w->ca.pem, 90, !dials);

		/* Versions of OpenSSL differ in the alert. */
		refuse(w, dials, &raw, TEST_NOW, "too long", ANY_ALERT);
	}
}

static void
client_without_certificate_is_refused(void **state)
{
	struct world *w = *state;
	struct end raw = raw_open(raw_ctx(NULL), true, ALPN);

	refuse(w, false, &raw, TEST_NOW, "sent no certificate",
	       SSL_AD_CERTIFICATE_REQUIRED);
}

static void
other_protocols_are_refused(void **state)
{
	struct world *w = *state;
	struct end raw;

	/* none, another, a longer one, as a dialler */
	raw = raw_open(raw_ctx(&w->beta), true, NULL);
	refuse(w, false, &raw, TEST_NOW, "no application protocol in common",
	       SSL_AD_NO_APPLICATION_PROTOCOL);
	raw = raw_open(raw_ctx(&w->beta), true, "\x02h2");
	refuse(w, false, &raw, TEST_NOW, "no application protocol in common",
	       SSL_AD_NO_APPLICATION_PROTOCOL);
	raw = raw_open(raw_ctx(&w->beta), true,
		       "\x0a"
		       "cluevpn/12");
	refuse(w, false, &raw, TEST_NOW, "no application protocol in common",
	       SSL_AD_NO_APPLICATION_PROTOCOL);
	/* a listener that knows of none */
	raw = raw_open(raw_ctx(&w->beta), false, NULL);
	refuse(w, true, &raw, TEST_NOW, "no application protocol in common",
	       SSL_AD_HANDSHAKE_FAILURE);
}

static void
older_versions_are_refused(void **state)
{
	struct world *w = *state;

	for (int dials = 0; dials <= 1; dials++) {
		SSL_CTX *c = raw_ctx(&w->beta);
		struct end raw;

		SSL_CTX_set_max_proto_version(c, TLS1_2_VERSION);
		raw = raw_open(c, !dials, ALPN);
		refuse(w, dials, &raw, TEST_NOW,
		       dials ? "other side sent alert: protocol version" :
			       "does not speak TLS 1.3",
		       dials ? 0 : SSL_AD_PROTOCOL_VERSION);
	}
}

static void
both_sides_know_why(void **state)
{
	struct world *w = *state;
	struct tls_ctx *b = ctx_of(&w->stranger, w->other_ca.pem);
	struct end d = end_open(w->a, true, TEST_NOW);
	struct end l = end_open(b, false, TEST_NOW);

	rig_run(&d, &l, 1);
	assert_reason(&d, "certificate of the other side is not signed by a "
			  "CA of this network");
	assert_reason(&l, "other side sent alert: unknown ca");
	end_close(&d);
	end_close(&l);
	tls_ctx_free(b);
}

static void
try_ctx(const char *cert, const char *key, const char *ca, enum err_code code,
	const char *hint)
{
	const struct pem cas[] = { pem_of(ca != NULL ? ca : "") };
	struct tls_ctx *c = NULL;
	struct err e = { 0 };

	assert_int_equal(tls_ctx_new(&c, pem_of(cert), pem_of(key), cas,
				     ca != NULL ? 1 : 0, &e),
			 -1);
	assert_null(c);
	if (strstr(e.text, hint) == NULL)
		fail_msg("\"%s\" does not contain \"%s\"", e.text, hint);
	assert_int_equal(e.code, code);
	assert_int_equal(ERR_peek_error(), 0);
}

static void
bad_sets_of_our_own(void **state)
{
	struct world *w = *state;
	const struct id *a = &w->alpha;
	char *both = malloc(strlen(w->ca.pem) + strlen(w->beta.pem) + 1);

	try_ctx(a->pem, w->beta.key_pem, w->ca.pem, ERR_CONFLICT,
		"do not belong together");
	try_ctx(a->pem, a->key_pem, w->other_ca.pem, ERR_CRYPTO,
		"own certificate is not signed by a CA of this network");
	try_ctx(a->pem, a->key_pem, NULL, ERR_USAGE, "no CA");
	try_ctx(a->pem, a->key_pem, "", ERR_SYNTAX, "CA: no certificate");
	try_ctx("", a->key_pem, w->ca.pem, ERR_SYNTAX, "own certificate");
	try_ctx(a->pem, "", w->ca.pem, ERR_SYNTAX, "private key");
	try_ctx(a->pem, a->pem, w->ca.pem, ERR_SYNTAX, "private key");
	/* a node's certificate among the CAs would vouch for itself */
	try_ctx(a->pem, a->key_pem, a->pem, ERR_CONFLICT,
		"certificate 1 among the CAs is no CA's");
	memcpy(both, w->ca.pem, strlen(w->ca.pem));
	memcpy(both + strlen(w->ca.pem), w->beta.pem, strlen(w->beta.pem) + 1);
	try_ctx(a->pem, a->key_pem, both, ERR_CONFLICT,
		"certificate 2 among the CAs is no CA's");
	free(both);
	/* the CA's own certificate as a node's */
	try_ctx(w->ca.pem, w->ca.key_pem, w->ca.pem, ERR_SYNTAX, "Test CA");
}

/* The first complaint of TLS counts, else the first one of all. */
static void
complaints_have_an_order(void **state)
{
	char text[ERR_TEXT_MAX];

	(void)state;
	ERR_clear_error();
	ERR_raise(ERR_LIB_EVP, EVP_R_DECODE_ERROR);
	ERR_raise(ERR_LIB_EVP, EVP_R_BAD_DECRYPT);
	assert_int_equal(tls_words_error(text, sizeof(text)), TLS_FAULT_OTHER);
	assert_string_equal(text, "TLS: decode error");
	ERR_raise(ERR_LIB_EVP, EVP_R_DECODE_ERROR);
	ERR_raise(ERR_LIB_SSL, SSL_R_HTTP_REQUEST);
	ERR_raise(ERR_LIB_SSL, SSL_R_WRONG_VERSION_NUMBER);
	assert_int_equal(tls_words_error(text, sizeof(text)),
			 TLS_FAULT_FOREIGN);
	assert_string_equal(text, "other side speaks HTTP, not TLS");
	assert_int_equal(ERR_peek_error(), 0);
	assert_int_equal(tls_words_error(text, sizeof(text)), TLS_FAULT_OTHER);
	assert_string_equal(text, "TLS: failed");
}

static void
sets_of_cas_are_bounded(void **state)
{
	struct world *w = *state;
	const struct id *a = &w->alpha;
	size_t len = strlen(w->ca.pem);
	char *many = malloc(65 * len + 1);

	for (size_t i = 0; i < 65; i++)
		memcpy(many + i * len, w->ca.pem, len + 1);
	try_ctx(a->pem, a->key_pem, many, ERR_LIMIT,
		"CA: more than 64 certificates");
	many[64 * len] = '\0';
	tls_ctx_free(ctx_of(a, many));
	free(many);
}

static void
odd_certificates_of_our_own(void **state)
{
	static const struct {
		struct odd_cert o;
		enum err_code code;
		const char *hint;
	} cases[] = {
		{ { .cn = "a", .cn2 = "b" }, ERR_SYNTAX, "Common Names" },
		{ { .cn = "A" }, ERR_SYNTAX, "no node name" },
		{ { .cn = "a", .eku = "" }, ERR_CRYPTO, "not made for" },
		{ { .cn = "a", .eku = "serverAuth" },
		  ERR_CRYPTO,
		  "own certificate is not made for a TLS client" },
		{ { .cn = "a", .eku = "clientAuth" },
		  ERR_CRYPTO,
		  "own certificate is not made for a TLS server" },
		{ { .cn = "a", .oid = "1.2.3" }, ERR_CRYPTO, "critical" },
		{ { .cn = "a", .sha1 = 1 }, ERR_CRYPTO, "too weak" },
	};
	struct world *w = *state;
	struct id id;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		id = id_odd(&cases[i].o, &w->ca);
		try_ctx(id.pem, id.key_pem, w->ca.pem, cases[i].code,
			cases[i].hint);
		id_free(&id);
	}
	/* times are the others' affair */
	id = id_odd(&(struct odd_cert){ .cn = "a", .from = -2, .to = -1 },
		    &w->ca);
	tls_ctx_free(ctx_of(&id, w->ca.pem));
	id_free(&id);
}

/* A change of CA: for a while there are two of them. */
static void
several_cas_are_fine(void **state)
{
	struct world *w = *state;
	const struct pem cas[] = { pem_of(w->ca.pem), pem_of(w->other_ca.pem) };
	struct tls_ctx *b = NULL, *s = NULL;
	struct end d, l;
	char *both = malloc(strlen(w->ca.pem) + strlen(w->other_ca.pem) + 1);

	memcpy(both, w->ca.pem, strlen(w->ca.pem));
	memcpy(both + strlen(w->ca.pem), w->other_ca.pem,
	       strlen(w->other_ca.pem) + 1);
	assert_int_equal(tls_ctx_new(&b, pem_of(w->beta.pem),
				     pem_of(w->beta.key_pem), cas, 2, NULL),
			 0);
	s = ctx_of(&w->stranger, both);
	d = end_open(b, true, TEST_NOW);
	l = end_open(s, false, TEST_NOW);
	rig_run(&d, &l, RIG_CHUNK);
	assert_true(d.up);
	assert_true(l.up);
	end_close(&d);
	end_close(&l);
	tls_ctx_free(b);
	tls_ctx_free(s);
	free(both);
}

/* A company's root, a CA of the network under it: either may be given. */
static void
intermediate_cas_work(void **state)
{
	static const struct odd_cert root = { .cn = "Root",
					      .basic = "critical,CA:TRUE",
					      .usage = SIGN_BOTH,
					      .eku = "" };
	static const struct odd_cert sub = {
		.cn = "Network CA",
		.basic = "critical,CA:TRUE,pathlen:0",
		.usage = SIGN_BOTH,
		.eku = ""
	};
	struct id r = id_odd(&root, NULL), ca = id_odd(&sub, &r);
	struct id node = id_odd(&(struct odd_cert){ .cn = "delta" }, &ca);
	struct id full = { node.key, node.key_pem, NULL };
	size_t len = strlen(node.pem) + strlen(ca.pem) + 1;
	const char *given[] = { r.pem, ca.pem };

	(void)state;
	full.pem = malloc(len);
	snprintf(full.pem, len, "%s%s", node.pem, ca.pem);
	for (int i = 0; i < 2; i++) {
		struct tls_ctx *c = ctx_of(&full, given[i]);
		struct end d = end_open(c, true, TEST_NOW);
		struct end l = end_open(c, false, TEST_NOW);

		rig_run(&d, &l, RIG_CHUNK);
		assert_true(d.up);
		assert_true(l.up);
		assert_string_equal(d.ops->peer(d.t)->cn, "delta");
		end_close(&d);
		end_close(&l);
		tls_ctx_free(c);
	}
	try_ctx(node.pem, node.key_pem, r.pem, ERR_CRYPTO, "not signed by");
	free(full.pem);
	id_free(&node);
	id_free(&ca);
	id_free(&r);
}

/* A node under a chain of n CAs, of which the first one is trusted; own: the
 * node's certificate with those between. */
#define CAS_MAX 8

static void
chain_make(struct id *own, struct id cas[CAS_MAX], int n,
	   const struct odd_cert *lowest)
{
	static const struct odd_cert any = { .cn = "CA",
					     .basic = "critical,CA:TRUE",
					     .usage = SIGN_BOTH,
					     .eku = "" };
	size_t len = 1;
	char *all;

	for (int i = 0; i < n; i++)
		cas[i] = id_odd(i == n - 1 ? lowest : &any,
				i == 0 ? NULL : &cas[i - 1]);
	*own = id_odd(&(struct odd_cert){ .cn = "delta" }, &cas[n - 1]);
	len += strlen(own->pem);
	for (int i = 1; i < n; i++)
		len += strlen(cas[i].pem);
	all = malloc(len);
	all[0] = '\0';
	strcat(all, own->pem);
	for (int i = n - 1; i > 0; i--)
		strcat(all, cas[i].pem);
	free(own->pem);
	own->pem = all;
}

/* Own certificates are judged as the others': the hint NULL if it is taken.
 * With a context of its own that does not look, the other side judges. */
static void
chain_try(int n, const struct odd_cert *lowest, const char *hint, int alert)
{
	struct id cas[CAS_MAX], own, node;
	struct tls_ctx *c;

	chain_make(&own, cas, n, lowest);
	node = id_odd(&(struct odd_cert){ .cn = "alpha" }, &cas[0]);
	c = ctx_of(&node, cas[0].pem);
	if (hint != NULL)
		try_ctx(own.pem, own.key_pem, cas[0].pem, ERR_CRYPTO, hint);
	else
		tls_ctx_free(ctx_of(&own, cas[0].pem));
	for (int dials = 0; dials <= 1; dials++) {
		SSL_CTX *rc = raw_ctx(&own);
		struct end us = end_open(c, dials, TEST_NOW), raw;

		for (int i = n - 1; i > 0; i--) {
			X509 *x = odd_parse(cas[i].pem);

			odd_require(SSL_CTX_add1_chain_cert(rc, x) == 1);
			X509_free(x);
		}
		raw = raw_open(rc, !dials, ALPN);
		rig_run(&us, &raw, RIG_CHUNK);
		assert_int_equal(us.up, hint == NULL);
		if (hint != NULL) {
			assert_reason(&us, hint);
			if (alert != ANY_ALERT)
				assert_int_equal(raw.alert, alert);
		} else {
			const struct cert_info *info = us.ops->peer(us.t);
			uint8_t fp[FINGERPRINT_LEN];

			assert_int_equal(info->above.n, n);
			for (int i = 0; i < n; i++) {
				key_fingerprint(fp, cas[n - 1 - i].key);
				assert_memory_equal(info->above.key[i], fp,
						    sizeof(fp));
			}
		}
		end_close(&us);
		end_close(&raw);
	}
	tls_ctx_free(c);
	for (int i = 0; i < n; i++)
		id_free(&cas[i]);
	id_free(&own);
	id_free(&node);
}

static void
depth_is_bounded(void **state)
{
	static const struct odd_cert ca = { .cn = "CA",
					    .basic = "critical,CA:TRUE",
					    .usage = SIGN_BOTH,
					    .eku = "" };

	(void)state;
	chain_try(1, &ca, NULL, 0);
	chain_try(CERT_ABOVE_MAX, &ca, NULL, 0);
	chain_try(CERT_ABOVE_MAX + 1, &ca, "has too long a chain",
		  SSL_AD_UNKNOWN_CA);
}

/* A CA that is made for one role alone vouches for no node. */
static void
usages_of_cas_count(void **state)
{
	/* clang-format off */
	static const struct {
		struct odd_cert ca;
		const char *hint;
	} cases[] = {
		{ { .cn = "CA", .basic = "critical,CA:TRUE",
		    .usage = SIGN_BOTH, .eku = "clientAuth" },
		  "not made for a TLS server" },
		{ { .cn = "CA", .basic = "critical,CA:TRUE",
		    .usage = SIGN_BOTH, .eku = "serverAuth" },
		  "not made for a TLS client" },
	};
	/* clang-format on */
	static const struct odd_cert both = {
		.cn = "CA",
		.basic = "critical,CA:TRUE",
		.usage = SIGN_BOTH,
	};

	(void)state;
	chain_try(2, &both, NULL, 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		chain_try(2, &cases[i].ca, cases[i].hint,
			  SSL_AD_UNSUPPORTED_CERTIFICATE);
}

/* The library holds no name without a dot to them. */
static void
cas_with_name_constraints_are_refused(void **state)
{
	static const char *const texts[] = {
		"critical,permitted;DNS:example.org",
		"permitted;DNS:example.org",
		"critical,excluded;DNS:delta",
		"permitted;email:example.org",
	};
	struct odd_cert ca = { .cn = "CA",
			       .basic = "critical,CA:TRUE",
			       .usage = SIGN_BOTH,
			       .eku = "" };

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		ca.constraints = texts[i];
		chain_try(2, &ca, "name constraints", ANY_ALERT);
	}
}

static void
ed25519_nodes_work(void **state)
{
	struct world *w = *state;
	struct id id = id_key(KEY_ED25519);
	struct end d, l;
	struct tls_ctx *c;

	assert_int_equal(cert_make_node(&id.pem, id.key, "ed", NULL, w->ca.pem,
					strlen(w->ca.pem), w->ca.key, TEST_NOW,
					1, &rig_rng, NULL),
			 0);
	c = ctx_of(&id, w->ca.pem);
	d = end_open(c, true, TEST_NOW);
	l = end_open(w->a, false, TEST_NOW);
	rig_run(&d, &l, RIG_CHUNK);
	assert_true(d.up);
	assert_true(l.up);
	end_close(&d);
	end_close(&l);
	tls_ctx_free(c);
	id_free(&id);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_ones_are_taken),
		cmocka_unit_test(odd_certificates_are_refused),
		cmocka_unit_test(time_limits_are_exact),
		cmocka_unit_test(the_given_clock_is_the_clock),
		cmocka_unit_test(expired_ca_is_named),
		cmocka_unit_test(both_purposes_are_required),
		cmocka_unit_test(strangers_are_refused),
		cmocka_unit_test(nodes_sign_for_nobody),
		cmocka_unit_test(path_length_holds),
		cmocka_unit_test(long_certificate_lists_are_refused),
		cmocka_unit_test(client_without_certificate_is_refused),
		cmocka_unit_test(other_protocols_are_refused),
		cmocka_unit_test(older_versions_are_refused),
		cmocka_unit_test(both_sides_know_why),
		cmocka_unit_test(depth_is_bounded),
		cmocka_unit_test(usages_of_cas_count),
		cmocka_unit_test(cas_with_name_constraints_are_refused),
		cmocka_unit_test(bad_sets_of_our_own),
		cmocka_unit_test(complaints_have_an_order),
		cmocka_unit_test(sets_of_cas_are_bounded),
		cmocka_unit_test(odd_certificates_of_our_own),
		cmocka_unit_test(several_cas_are_fine),
		cmocka_unit_test(intermediate_cas_work),
		cmocka_unit_test(ed25519_nodes_work),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
