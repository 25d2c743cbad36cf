/* SPDX-License-Identifier: GPL-3.0-or-later */
/* TLS of an invitation: one side without a certificate, which knows a CA. */
#include "tls_rig.h"

struct world {
	struct id ca, other_ca, alpha, stranger;
	uint8_t fp[FINGERPRINT_LEN];
	struct tls_ctx *host, *guest;
};

static struct tls_ctx *
host_of(const struct id *id, const char *ca_pem)
{
	struct pem ca = pem_of(ca_pem);
	struct tls_ctx *c = NULL;
	struct err e = { 0 };

	if (tls_ctx_new_host(&c, pem_of(id->pem), pem_of(id->key_pem), &ca, 1,
			     &e) != 0)
		fail_msg("%s", e.text);
	return c;
}

static int
setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	struct err e = { 0 };

	w->ca = id_ca("Test CA");
	w->other_ca = id_ca("Test CA");
	w->alpha = id_node("alpha", NULL, &w->ca);
	w->stranger = id_node("alpha", NULL, &w->other_ca);
	key_fingerprint(w->fp, w->ca.key);
	w->host = host_of(&w->alpha, w->ca.pem);
	assert_int_equal(tls_ctx_new_guest(&w->guest, w->fp, &e), 0);
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;

	tls_ctx_free(w->host);
	tls_ctx_free(w->guest);
	id_free(&w->ca);
	id_free(&w->other_ca);
	id_free(&w->alpha);
	id_free(&w->stranger);
	free(w);
	return 0;
}

/* Runs d against l; both are closed, why is d's reason. */
static void
refuses(struct end *d, struct end *l, const char *why)
{
	rig_run(d, l, RIG_CHUNK);
	assert_false(d->up);
	assert_reason(d, why);
	end_close(d);
	end_close(l);
}

static void
guest_knows_the_host(void **state)
{
	struct world *w = *state;
	struct end d = end_open(w->guest, true, TEST_NOW);
	struct end l = end_open(w->host, false, TEST_NOW);
	uint8_t a[32], b[32];

	rig_run(&d, &l, 0);
	assert_true(d.up);
	assert_true(l.up);
	assert_string_equal(d.ops->peer(d.t)->cn, "alpha");
	assert_string_equal(l.ops->peer(l.t)->cn, "");
	assert_int_equal(d.ops->export_key(d.t, "l", "x", 1, a, 32), 0);
	assert_int_equal(l.ops->export_key(l.t, "l", "x", 1, b, 32), 0);
	assert_memory_equal(a, b, 32);
	assert_int_equal(d.ops->write(d.t, (const uint8_t *)"hi", 2), TLS_OK);
	rig_move(&d, &l, 1);
	assert_int_equal(buf_len(&l.got), 2);
	end_close(&d);
	end_close(&l);
}

/* The same names, another CA's key. */
static void
another_ca_is_refused(void **state)
{
	struct world *w = *state;
	struct tls_ctx *c = host_of(&w->stranger, w->other_ca.pem);
	struct end d = end_open(w->guest, true, TEST_NOW);
	struct end l = end_open(c, false, TEST_NOW);

	refuses(&d, &l, "certificate of the other side");
	tls_ctx_free(c);
}

/* The right CA's certificate is public: to send it along proves nothing. */
static void
borrowed_ca_is_refused(void **state)
{
	struct world *w = *state;
	SSL_CTX *raw = raw_ctx(&w->stranger);
	X509 *ca = odd_parse(w->ca.pem);
	struct end d, l;

	assert_int_equal(SSL_CTX_add1_chain_cert(raw, ca), 1);
	X509_free(ca);
	d = end_open(w->guest, true, TEST_NOW);
	l = raw_open(raw, false, "any");
	refuses(&d, &l, "certificate of the other side");
}

/* Nor does the CA's certificate in the place of a node's. */
static void
ca_itself_is_no_node(void **state)
{
	struct world *w = *state;
	struct end d = end_open(w->guest, true, TEST_NOW);
	struct end l = raw_open(raw_ctx(&w->ca), false, "any");

	refuses(&d, &l, "certificate of the other side");
}

static void
expired_is_refused(void **state)
{
	const struct walltime late = { TEST_NOW.s + 826 * TEST_DAY };
	struct world *w = *state;
	struct end d = end_open(w->guest, true, late);
	struct end l = end_open(w->host, false, late);

	refuses(&d, &l, "certificate of the other side");
}

/* A daemon's port and an invitation's do not take each other for one. */
static void
protocols_do_not_mix(void **state)
{
	struct world *w = *state;
	struct tls_ctx *node = ctx_of(&w->alpha, w->ca.pem);
	struct end d = end_open(w->guest, true, TEST_NOW);
	struct end l = end_open(node, false, TEST_NOW);

	refuses(&d, &l, "alert");
	d = end_open(node, true, TEST_NOW);
	l = end_open(w->host, false, TEST_NOW);
	refuses(&d, &l, "alert");
	tls_ctx_free(node);
}

/* A guest takes the certificate of a host that invites, and no node takes it
 * for a node's, on either side. */
static void
host_certificate_is_no_nodes(void **state)
{
	struct world *w = *state;
	struct id id = id_key(KEY_EC_P256);
	struct tls_ctx *host, *beta, *none;
	struct id other = id_node("beta", NULL, &w->ca);
	const struct pem ca = pem_of(w->ca.pem);
	struct end d, l;
	struct err e = { 0 };

	assert_int_equal(cert_make_host(&id.pem, id.key, "alpha", w->ca.pem,
					strlen(w->ca.pem), w->ca.key, TEST_NOW,
					3, &rig_rng, &e),
			 0);
	host = host_of(&id, w->ca.pem);
	d = end_open(w->guest, true, TEST_NOW);
	l = end_open(host, false, TEST_NOW);
	rig_run(&d, &l, 0);
	assert_true(d.up);
	assert_string_equal(d.ops->peer(d.t)->cn, "alpha");
	end_close(&d);
	end_close(&l);
	assert_int_equal(tls_ctx_new(&none, pem_of(id.pem), pem_of(id.key_pem),
				     &ca, 1, &e),
			 -1);
	beta = ctx_of(&other, w->ca.pem);
	d = end_open(beta, true, TEST_NOW);
	l = raw_open(raw_ctx(&id), false, "cluevpn/1");
	refuses(&d, &l, "not made for a TLS client");
	d = raw_open(raw_ctx(&id), true,
		     "\x09"
		     "cluevpn/1");
	l = end_open(beta, false, TEST_NOW);
	rig_run(&d, &l, RIG_CHUNK);
	assert_false(l.up);
	assert_reason(&l, "not made for a TLS client");
	end_close(&d);
	end_close(&l);
	tls_ctx_free(host);
	tls_ctx_free(beta);
	id_free(&other);
	id_free(&id);
}

/* A node's listener still wants a certificate: a guest gets nowhere. */
static void
no_certificate_is_no_node(void **state)
{
	struct world *w = *state;
	struct tls_ctx *node = ctx_of(&w->alpha, w->ca.pem);
	struct end d = raw_open(raw_ctx(NULL), true,
				"\x09"
				"cluevpn/1");
	struct end l = end_open(node, false, TEST_NOW);

	rig_run(&d, &l, RIG_CHUNK);
	assert_false(l.up);
	assert_int_equal(l.st, TLS_FAILED);
	end_close(&d);
	end_close(&l);
	tls_ctx_free(node);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(guest_knows_the_host),
		cmocka_unit_test(another_ca_is_refused),
		cmocka_unit_test(borrowed_ca_is_refused),
		cmocka_unit_test(ca_itself_is_no_node),
		cmocka_unit_test(expired_is_refused),
		cmocka_unit_test(protocols_do_not_mix),
		cmocka_unit_test(no_certificate_is_no_node),
		cmocka_unit_test(host_certificate_is_no_nodes),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
