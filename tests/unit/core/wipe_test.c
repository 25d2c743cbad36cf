/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Secrets that lie on the stack for a while are wiped: of a negotiation, of a
 * handshake, and cookies. */
#include "assoc_world.h"

#include "core/conn/negotiation.h"
#include "../base/wiped.h"

static void
test_negotiation(void **state)
{
	static const uint8_t th[SHA256_LEN] = { 1 };
	static const uint8_t exporter[SHA256_LEN] = { 2 };
	static const struct hello hellos[2] = { { .random = { 3 } },
						{ .random = { 4 } } };
	const struct negotiate_side d = { .hello = &hellos[0] };
	const struct negotiate_side l = { .hello = &hellos[1] };
	uint8_t ikm[2 * PROTO_RANDOM_LEN], prk[SHA256_LEN];
	struct negotiate_keys keys;

	(void)state;
	memcpy(ikm, hellos[0].random, PROTO_RANDOM_LEN);
	memcpy(ikm + PROTO_RANDOM_LEN, hellos[1].random, PROTO_RANDOM_LEN);
	hkdf_extract(prk, exporter, sizeof(exporter), ikm, sizeof(ikm));
	wiped_begin();
	agreement_derive(&keys, th, exporter, &d, &l);
	wiped_end();
	assert_int_equal(wiped_times(prk, sizeof(prk)), 1);
}

/* All that a negotiation knew, however it ends. */
static void
test_negotiation_state(void **state)
{
	struct negotiation *n = negotiation_new();

	(void)state;
	wiped_begin();
	negotiation_free(n);
	negotiation_free(NULL);
	wiped_end();
	assert_int_equal(wiped_count, 1);
	assert_int_equal(wiped_notes[0].len, sizeof(*n));
}

static unsigned int
seeds_wiped(void)
{
	unsigned int n = 0;

	for (size_t i = 0; i < wiped_count; i++)
		n += wiped_notes[i].len == sizeof(struct session_seed);
	return n;
}

/* Each side makes its session of a seed. */
static void
test_handshake(void **state)
{
	struct world w;

	(void)state;
	world_default(&w, 1);
	wiped_begin();
	world_connect(&w);
	wiped_end();
	assert_int_equal(seeds_wiped(), 2);
	world_free(&w);
}

/* Looked for in vain, made, read, and checked: each has a copy. Three of them
 * have it as the beginning of a MAC. */
static void
test_cookie(void **state)
{
	struct world w;
	unsigned int whole = 0;
	const uint8_t *cookie;

	(void)state;
	world_default(&w, 1);
	assocs_set_load(w.n[B].ls, 0);
	cookie = w.n[A].l->cookie.value;
	wiped_begin();
	world_send(&w, A);
	world_settle(&w);
	wiped_end();
	assert_int_equal(w.n[A].l->counts.cookies_taken, 1);
	assert_int_equal(wiped_times(cookie, PROTO_MAC_LEN), 4);
	for (size_t i = 0; i < wiped_count; i++)
		whole += wiped_notes[i].len == SHA256_LEN &&
			 memcmp(wiped_notes[i].was, cookie, PROTO_MAC_LEN) == 0;
	assert_int_equal(whole, 3);
	assert_int_equal(seeds_wiped(), 2);
	world_free(&w);
}

/* The secrets that cookies are made with. */
static void
test_cookie_secrets(void **state)
{
	struct cookie_jar jar;
	struct world w;

	(void)state;
	world_default(&w, 1);
	assocs_set_load(w.n[B].ls, 0);
	world_send(&w, A);
	world_settle(&w);
	jar = w.n[B].ls->jar;
	assert_true(mono_is_set(jar.since));
	wiped_begin();
	world_stop(&w, B);
	wiped_end();
	assert_int_equal(wiped_times(&jar, sizeof(jar)), 1);
	world_stop(&w, A);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_negotiation),
		cmocka_unit_test(test_negotiation_state),
		cmocka_unit_test(test_handshake),
		cmocka_unit_test(test_cookie),
		cmocka_unit_test(test_cookie_secrets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
