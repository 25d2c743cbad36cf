/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A connection wipes what it knew of a negotiation, however that ends. */
#include "../base/wiped.h"
#include "conn_world.h"

static struct host *alpha, *beta;

static void
begin(void)
{
	world_begin(5);
	alpha = host_add("alpha",
			 make_list(NULL, WORLD_START - 100, "alpha beta", ""));
	beta = host_add("beta", open_list(alpha->bnl->raw, alpha->bnl->rawlen));
	host_start(alpha);
	host_start(beta);
	world_run();
}

static unsigned int
wiped_of_len(size_t len)
{
	unsigned int n = 0;

	for (size_t i = 0; i < wiped_count; i++)
		n += wiped_notes[i].len == len;
	return n;
}

/* Runs until a host has derived its keys, and exports the same once more. */
static void
run_to_keys(const struct host *h, uint8_t exporter[SHA256_LEN])
{
	const struct conn *c = h->cs->all;

	while (c->state < CONN_CONFIRM)
		assert_true(world_step());
	assert_int_equal(plain_export(c->stream.tls, LABEL_TLS_EXPORT,
				      c->negotiation->th, SHA256_LEN, exporter,
				      SHA256_LEN),
			 0);
}

/* The new pair, as it was handed to the store. */
static unsigned int
pairs_wiped(const struct pair *p)
{
	unsigned int n = 0;

	for (size_t i = 0; i < wiped_count; i++)
		n += wiped_notes[i].len == sizeof(*p) &&
		     memcmp(wiped_notes[i].was, p->id, sizeof(p->id)) == 0 &&
		     memcmp(wiped_notes[i].was + offsetof(struct pair, secret),
			    p->secret, sizeof(p->secret)) == 0;
	return n;
}

static void
a_negotiation_that_succeeds(void **state)
{
	uint8_t exporter[SHA256_LEN];
	const struct pair *p;

	(void)state;
	begin();
	wiped_begin();
	assert_int_not_equal(dial(alpha, "beta", CONN_PAIR), 0);
	run_to_keys(alpha, exporter);
	world_run();
	wiped_end();
	assert_int_equal(alpha->negotiated, 1);
	p = &held(alpha, beta)->pairs[0];
	assert_int_equal(wiped_of_len(sizeof(struct negotiation)), 2);
	assert_true(pairs_wiped(p) >= 2);
	assert_int_equal(wiped_times(exporter, sizeof(exporter)), 2);
	world_end();
}

/* The connection breaks at each step, one later each time. */
static void
a_negotiation_that_breaks(void **state)
{
	unsigned int begun, most = 0;

	(void)state;
	for (int steps = 0; steps < 40; steps++) {
		begin();
		wiped_begin();
		dial(alpha, "beta", CONN_PAIR);
		begun = 0;
		for (int i = 0; i < steps && world_step(); i++)
			;
		for (int h = 0; h < 2; h++)
			for (struct conn *c = w.h[h].cs->all; c != NULL;
			     c = c->next)
				begun += c->negotiation != NULL;
		begun += wiped_of_len(sizeof(struct negotiation));
		most = begun > most ? begun : most;
		host_stop(alpha);
		host_stop(beta);
		wiped_end();
		assert_int_equal(wiped_of_len(sizeof(struct negotiation)),
				 begun);
		world_end();
	}
	assert_int_equal(most, 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_negotiation_that_succeeds),
		cmocka_unit_test(a_negotiation_that_breaks),
	};

	return cmocka_run_group_tests_name("conn_wipe", tests, NULL, NULL);
}
