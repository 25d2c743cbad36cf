/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Connections over real TLS: certificates, fragments, lists. */
#include "conn_world.h"

#include "crypto/cert.h"

#define BOTH "alpha beta"

struct authority {
	struct key *key;
	char *pem;
};

static struct rng rng;
static struct rng_seeded seed;
static struct authority ours, others;
static struct host *a, *b;
static struct tls_ctx *ctx[HOSTS_MAX];

static struct authority
authority(const char *name)
{
	struct authority x;
	struct err e;

	assert_int_equal(key_generate(&x.key, KEY_EC_P256, &e), 0);
	assert_int_equal(cert_make_ca(&x.pem, x.key, name,
				      (struct walltime){ WORLD_START - 86400 },
				      3650, &rng, &e),
			 0);
	return x;
}

static int
group_setup(void **state)
{
	(void)state;
	rng = rng_seeded(&seed, 5);
	ours = authority("ours");
	others = authority("others");
	return 0;
}

static int
group_teardown(void **state)
{
	(void)state;
	key_free(ours.key);
	key_free(others.key);
	free(ours.pem);
	free(others.pem);
	return 0;
}

/* A certificate for cn by that authority, trusting ours. */
static void
certify(struct host *h, const char *cn, const char *ou,
	const struct authority *by, unsigned int days)
{
	struct pem cas[2] = { { ours.pem, strlen(ours.pem) },
			      { by->pem, strlen(by->pem) } };
	int i = (int)(h - w.h);
	char *cert, *key_pem;
	struct key *key;
	struct err e;

	assert_int_equal(key_generate(&key, KEY_EC_P256, &e), 0);
	assert_int_equal(key_write_private(&key_pem, key, &e), 0);
	assert_int_equal(cert_make_node(&cert, key, cn, ou, by->pem,
					strlen(by->pem), by->key,
					(struct walltime){ WORLD_START - 3600 },
					days, &rng, &e),
			 0);
	tls_ctx_free(ctx[i]);
	if (tls_ctx_new(&ctx[i], (struct pem){ cert, strlen(cert) },
			(struct pem){ key_pem, strlen(key_pem) }, cas,
			by == &ours ? 1 : 2, &e) < 0)
		fail_msg("%s", e.text);
	h->env.cert = *tls_ctx_self(ctx[i]);
	h->env.tls = tls_ctx_provider(ctx[i]);
	key_free(key);
	free(key_pem);
	free(cert);
}

static int
setup(void **state)
{
	(void)state;
	world_begin(1);
	a = host_add("alpha", make_list(NULL, WORLD_START - 100, BOTH, ""));
	b = host_add("beta", make_list(NULL, WORLD_START - 100, BOTH, ""));
	certify(a, "alpha", NULL, &ours, 365);
	certify(b, "beta", NULL, &ours, 365);
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
	for (int i = 0; i < HOSTS_MAX; i++) {
		tls_ctx_free(ctx[i]);
		ctx[i] = NULL;
	}
	return 0;
}

static void
assert_agreed(uint32_t generation)
{
	const struct pair_record *p = held(a, b), *q = held(b, a);

	assert_non_null(p);
	assert_non_null(q);
	assert_memory_equal(p->pairs[0].id, q->pairs[0].id, PAIR_ID_LEN);
	assert_memory_equal(p->pairs[0].secret, q->pairs[0].secret,
			    PAIR_SECRET_LEN);
	assert_true(p->pairs[0].generation >= generation);
	assert_int_equal(conns_count(a->cs) + conns_count(b->cs), 0);
}

static void
a_pair_is_agreed(void **state)
{
	(void)state;
	assert_int_not_equal(dial(a, "beta", CONN_PAIR), 0);
	world_run();
	assert_agreed(1);
	assert_memory_equal(held(a, b)->pairs[0].peer_key,
			    tls_ctx_self(ctx[1])->fingerprint, FINGERPRINT_LEN);
	assert_int_equal(held(a, b)->pairs[0].cert_end.s,
			 tls_ctx_self(ctx[0])->not_after.s);
}

static void
byte_by_byte(void **state)
{
	(void)state;
	w.chunk = 1;
	assert_int_not_equal(dial(a, "beta", CONN_PAIR), 0);
	world_run();
	assert_agreed(1);
}

static void
both_dial(void **state)
{
	(void)state;
	for (uint64_t s = 1; s <= 40; s++) {
		w.rng = rng_seeded(&w.seed, s);
		w.chunk = 20 + lot(3000);
		assert_int_not_equal(dial(a, "beta", CONN_PAIR), 0);
		for (uint32_t i = lot(40); i > 0; i--)
			world_step();
		assert_int_not_equal(dial(b, "alpha", CONN_PAIR), 0);
		world_run();
		assert_agreed((uint32_t)s);
	}
	assert_int_equal(a->negotiated, 80);
	assert_int_equal(b->negotiated, 80);
}

static void
a_list_is_carried(void **state)
{
	size_t len = 400000;
	char *body = malloc(len + 80);
	struct bnl *l;
	size_t n = 0;

	(void)state;
	while (n < len)
		n += (size_t)sprintf(body + n, "# %060zu\n", n);
	l = make_list(a->bnl, WORLD_START - 50, BOTH, body);
	free(body);
	lists_offer(a->lists, l->raw, l->rawlen);
	lists_push(a->lists);
	a->follow_wants = true;
	w.chunk = 20000;
	collect(a);
	world_run();
	assert_int_equal(b->listlen, l->rawlen);
	assert_memory_equal(b->list, l->raw, l->rawlen);
	assert_int_equal(bnl_version_cmp(&b->env.version, &l->version), 0);
	assert_int_equal(conns_count(a->cs) + conns_count(b->cs), 0);
	bnl_free(l);
}

static void
assert_nothing_agreed(const char *why)
{
	world_run();
	world_pass(21000);
	assert_null(held(a, b));
	assert_null(held(b, a));
	assert_int_equal(a->failed, 1);
	assert_int_equal(a->negotiated + b->negotiated, 0);
	assert_int_equal(conns_count(a->cs) + conns_count(b->cs), 0);
	if (strstr(a->last_failed.reason, why) == NULL)
		fail_msg("%s", a->last_failed.reason);
}

static void
another_authority(void **state)
{
	(void)state;
	certify(a, "alpha", NULL, &others, 365);
	assert_int_not_equal(dial(a, "beta", CONN_PAIR), 0);
	assert_nothing_agreed("");
	assert_int_equal(b->events[EVENT_PEER_REFUSED], 1);
	assert_non_null(strstr(b->text[EVENT_PEER_REFUSED],
			       "connection from 192.0.2.1: "));
}

static void
a_listener_of_another_authority(void **state)
{
	(void)state;
	certify(b, "beta", NULL, &others, 365);
	assert_int_not_equal(dial(a, "beta", CONN_PAIR), 0);
	assert_nothing_agreed("");
}

static void
an_ended_certificate(void **state)
{
	(void)state;
	certify(a, "alpha", NULL, &ours, 1);
	world_pass((int64_t)86400 * 1000);
	assert_int_not_equal(dial(a, "beta", CONN_PAIR), 0);
	assert_nothing_agreed("expired");
}

static void
another_name(void **state)
{
	(void)state;
	certify(b, "gamma", NULL, &ours, 365);
	assert_int_not_equal(dial(a, "beta", CONN_PAIR), 0);
	assert_nothing_agreed("the certificate is of gamma");
}

static void
another_unit(void **state)
{
	(void)state;
	b->conf.restrictouname = "ops";
	certify(a, "alpha", "dev", &ours, 365);
	assert_int_not_equal(dial(a, "beta", CONN_PAIR), 0);
	assert_nothing_agreed("refuses us: wrong organisational unit");
}

static void
no_tls_at_all(void **state)
{
	struct endpoint from = host_address(5);
	static const char http[] = "GET / HTTP/1.0\r\n\r\n";
	uint32_t id;

	(void)state;
	b->env.now = w.now;
	id = conns_accepted(b->cs, &from);
	assert_int_not_equal(id, 0);
	conns_in(b->cs, id, (const uint8_t *)http, sizeof(http) - 1);
	collect(b);
	assert_int_equal(conns_count(b->cs), 0);
	assert_int_equal(b->events[EVENT_PEER_REFUSED], 1);
	/* Nor anything that chance throws at it. */
	for (int i = 0; i < 200; i++) {
		uint8_t noise[3000];

		rng_fill(&w.rng, noise, sizeof(noise));
		if (lot(2) == 0)
			memcpy(noise, "\x16\x03\x01\x01\x00\x01", 6);
		w.now.mono = mono_add_ms(w.now.mono, 1000);
		b->env.now = w.now;
		id = conns_accepted(b->cs, &from);
		assert_int_not_equal(id, 0);
		conns_in(b->cs, id, noise, 1 + lot(sizeof(noise)));
		collect(b);
		conns_tick(b->cs);
		collect(b);
	}
	world_pass(11000);
	assert_int_equal(conns_count(b->cs), 0);
}

#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_pair_is_agreed),
		TEST(byte_by_byte),
		TEST(both_dial),
		TEST(a_list_is_carried),
		TEST(another_authority),
		TEST(a_listener_of_another_authority),
		TEST(an_ended_certificate),
		TEST(another_name),
		TEST(another_unit),
		TEST(no_tls_at_all),
	};

	return cmocka_run_group_tests_name("conn_tls", tests, group_setup,
					   group_teardown);
}
