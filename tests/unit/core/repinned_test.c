/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A node with a new key, and lists of before that pin the one it had. */
#include "list_world.h"

static struct host *g;

/* gamma, pinned to the key whose fingerprint begins with `first`. */
static struct bnl *
list_pinning(const struct bnl *previous, int64_t at, uint8_t first,
	     const char *more)
{
	uint8_t fp[FINGERPRINT_LEN];
	char body[512], text[FINGERPRINT_TEXT_MAX];

	memcpy(fp, g->plain.cert.fingerprint, sizeof(fp));
	fp[0] = first;
	snprintf(body, sizeof(body), "node gamma\n  key %s\n%s",
		 fingerprint_format(text, fp), more);
	return make_list(previous, at, BOTH, body);
}

static void
set_key(uint8_t first)
{
	g->plain.cert.fingerprint[0] = g->env.cert.fingerprint[0] = first;
}

/* alpha's list pins key 1, the newer one key 2, which gamma has. */
static void
begin_repinned(bool newer, const char *more)
{
	world_end();
	world_begin(1);
	bnl_free(v1);
	bnl_free(v2);
	v1 = make_list(NULL, T0 - 10, BOTH, "");
	a = host_add("alpha", copy_of(v1));
	b = host_add("beta", copy_of(v1));
	g = host_add("gamma", copy_of(v1));
	bnl_free(v1);
	v1 = list_pinning(NULL, T0, 1, more);
	v2 = list_pinning(v1, T0 + 10, 2, "");
	give(a, v1);
	give(g, newer ? v2 : v1);
	set_key(2);
	a->conf.pullinterval = g->conf.pullinterval = 86400;
	host_start(a);
	host_start(g);
	world_run();
}

static void
assert_negotiates(struct host *h, const char *with)
{
	unsigned int before = (unsigned int)h->negotiated;

	assert_int_not_equal(dial(h, with, CONN_PAIR | CONN_LIST), 0);
	world_run();
	assert_int_equal(h->negotiated, before + 1);
}

static void
test_caller_brings_the_list(void **state)
{
	struct bnl *v3;

	(void)state;
	begin_repinned(true, "");
	assert_int_not_equal(dial(g, "alpha", CONN_PAIR), 0);
	world_run();
	assert_true(has(a, v2));
	assert_int_equal(g->failed, 1);
	assert_true(g->last_failed.behind);
	assert_int_equal(a->events[EVENT_PEER_REFUSED], 0);
	assert_negotiates(g, "alpha");
	/* It may do so again within the minute: it was a node meanwhile. */
	v3 = list_pinning(v2, T0 + 20, 3, "");
	give(g, v3);
	set_key(3);
	assert_int_not_equal(dial(g, "alpha", CONN_PAIR), 0);
	world_run();
	assert_true(has(a, v3));
	assert_negotiates(g, "alpha");
	bnl_free(v3);
}

static void
test_caller_fetches_the_list(void **state)
{
	(void)state;
	begin_repinned(true, "");
	assert_int_not_equal(dial(a, "gamma", CONN_PAIR), 0);
	world_run();
	assert_true(has(a, v2));
	assert_int_equal(a->negotiated + g->negotiated, 0);
	assert_int_equal(a->failed, 1);
	assert_true(a->last_failed.reached);
	assert_int_equal(a->events[EVENT_PEER_REFUSED], 0);
	assert_int_equal(g->events[EVENT_PEER_REFUSED], 0);
	assert_negotiates(a, "gamma");
}

static void
test_nothing_newer(void **state)
{
	(void)state;
	begin_repinned(false, "");
	assert_int_not_equal(dial(g, "alpha", CONN_PAIR), 0);
	world_run();
	assert_int_equal(a->events[EVENT_PEER_REFUSED], 1);
	assert_non_null(strstr(g->last_failed.reason, "pins another key"));
	assert_int_not_equal(dial(a, "gamma", CONN_PAIR), 0);
	world_run();
	assert_int_equal(a->failed, 1);
	assert_non_null(strstr(a->last_failed.reason, "pins another key"));
	assert_int_equal(a->negotiated + g->negotiated, 0);
	assert_int_equal(conns_count(a->cs), 0);
}

static void
test_never_a_revoked_key(void **state)
{
	char more[FINGERPRINT_TEXT_MAX + 16], text[FINGERPRINT_TEXT_MAX];
	uint8_t fp[FINGERPRINT_LEN];

	(void)state;
	begin_repinned(true, "");
	memcpy(fp, g->plain.cert.fingerprint, sizeof(fp));
	snprintf(more, sizeof(more), "revoke %s\n",
		 fingerprint_format(text, fp));
	begin_repinned(true, more);
	assert_int_not_equal(dial(g, "alpha", CONN_LIST), 0);
	world_run();
	assert_int_not_equal(dial(a, "gamma", CONN_LIST), 0);
	world_run();
	assert_true(has(a, v1));
	assert_non_null(strstr(a->text[EVENT_PEER_REFUSED], "revoked key"));
}

/* Records the frame that alpha sends right behind its HELLO. */
static uint8_t last_sent, behind_hello;

static void
record_behind_hello(uint8_t *frame, size_t *len)
{
	(void)len;
	if (last_sent == FRAME_HELLO)
		behind_hello = frame[0];
	last_sent = frame[0];
}

static void
dial_gamma(unsigned int purpose)
{
	last_sent = behind_hello = 0;
	a->plain.tamper = record_behind_hello;
	assert_int_not_equal(dial(a, "gamma", purpose), 0);
	world_run();
	a->plain.tamper = NULL;
}

/* A dialler announces its list behind its HELLO, but not to a listener that its
 * list does not admit: that one may be refused before it could get the list, and
 * would mute the dialler for it. */
static void
test_announces_to_admitted_only(void **state)
{
	(void)state;
	begin_repinned(true, "");
	dial_gamma(CONN_LIST);
	assert_true(has(a, v2));
	assert_int_equal(behind_hello, FRAME_LIST_QUERY);
	/* The list now admits gamma's key. */
	dial_gamma(CONN_LIST);
	assert_int_equal(behind_hello, FRAME_LIST_HAVE);
	/* Refused: nothing of a list was said. */
	begin_repinned(false, "");
	dial_gamma(CONN_LIST);
	assert_int_equal(behind_hello, FRAME_REFUSE);
	assert_int_equal(g->events[EVENT_LIST_REFUSED], 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_caller_brings_the_list,
						setup, teardown),
		cmocka_unit_test_setup_teardown(test_caller_fetches_the_list,
						setup, teardown),
		cmocka_unit_test_setup_teardown(test_nothing_newer, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_never_a_revoked_key, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_announces_to_admitted_only,
						setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
