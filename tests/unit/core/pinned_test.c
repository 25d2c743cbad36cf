/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `admit pinned`: a node is the holder of the key that the list pins to it,
 * whatever its certificate says; and a node that was away takes a list from one
 * that it cannot verify, and nothing else. */
#include "list_world.h"

#define ADMIT "admit pinned\n"
#define AT_BETA "  address 192.0.2.2\n"
#define DAY_MS (INT64_C(24) * HOUR_MS)

/* The line of the list that pins the key whose fingerprint is that of h but
 * begins with first. */
static const char *
key_line(const struct host *h, uint8_t first)
{
	static char line[FINGERPRINT_TEXT_MAX + 16];
	char text[FINGERPRINT_TEXT_MAX];
	uint8_t fp[FINGERPRINT_LEN];

	memcpy(fp, h->plain.cert.fingerprint, sizeof(fp));
	fp[0] = first;
	snprintf(line, sizeof(line), "  key %s\n",
		 fingerprint_format(text, fp));
	return line;
}

static void
set_key(struct host *h, uint8_t first)
{
	h->plain.cert.fingerprint[0] = h->env.cert.fingerprint[0] = first;
}

/* alpha and beta; beta's lines of the list. */
static struct bnl *
list_of(const struct bnl *previous, int64_t at, const char *head,
	const char *alpha, const char *beta)
{
	char body[1024];

	snprintf(body, sizeof(body),
		 "%snode alpha\n%snode beta\n%snode gamma\n", head, alpha,
		 beta);
	return make_list(previous, at, "", body);
}

/* Both have v1. No CA vouches for beta any more. */
static void
begin(const char *head, const char *beta)
{
	world_end();
	world_begin(1);
	bnl_free(v1);
	bnl_free(v2);
	v2 = NULL;
	v1 = list_of(NULL, T0, head, "", beta);
	a = host_add("alpha", copy_of(v1));
	b = host_add("beta", copy_of(v1));
	set_key(a, 0xa);
	set_key(b, 1);
	b->plain.untrusted = true;
	a->conf.pullinterval = b->conf.pullinterval = 86400;
	host_start(a);
	host_start(b);
	world_run();
}

/* The keys of beta are told apart by their first byte: it has 1. */
static const char *
beta_key(uint8_t first)
{
	return key_line(b, first);
}

/* Dials, and counts the pairs that are agreed at both ends. */
static unsigned int
agreed(struct host *dialler, const char *peer)
{
	unsigned int before = a->negotiated + b->negotiated;

	assert_int_not_equal(dial(dialler, peer, CONN_PAIR | CONN_LIST), 0);
	world_run();
	world_pass(21000);
	return a->negotiated + b->negotiated - before;
}

static void
put_in_force(struct host *h, const struct bnl *l)
{
	bnl_free(h->bnl);
	h->bnl = copy_of(l);
	h->env.now = w.now;
	h->env.bnl = h->bnl;
	h->env.version = l->version;
	conns_list_applied(h->cs);
	host_check_secrets(h);
	collect(h);
}

static void
test_the_pinned_key_is_enough(void **state)
{
	const struct pair *p;

	(void)state;
	begin(ADMIT, beta_key(1));
	assert_int_equal(agreed(a, "beta"), 2);
	p = &held(a, b)->pairs[0];
	assert_int_equal(p->peer_end.s, 0);
	assert_int_equal(p->self_end.s, a->env.cert.not_after.s);
	assert_int_equal(agreed(b, "alpha"), 2);
	assert_int_equal(a->events[EVENT_PEER_REFUSED], 0);
	assert_int_equal(b->events[EVENT_PEER_REFUSED], 0);
}

/* Neither the end of beta's certificate nor the day of the pair ends it, when
 * both are admitted by their keys: that is done by age. */
static void
test_the_pair_ends_by_age(void **state)
{
	char alpha[128];

	(void)state;
	begin(ADMIT, beta_key(1));
	snprintf(alpha, sizeof(alpha), "%s", key_line(a, 0xa));
	v2 = list_of(v1, T0 + 10, ADMIT, alpha, beta_key(1));
	give(a, v2);
	give(b, v2);
	a->env.cert.not_after.s = b->env.cert.not_after.s = WORLD_START + 60;
	a->plain.cert.not_after = b->plain.cert.not_after =
		a->env.cert.not_after;
	a->plain.untrusted = true;
	assert_int_equal(agreed(a, "beta"), 2);
	world_pass(29 * DAY_MS);
	host_check_secrets(a);
	host_check_secrets(b);
	assert_non_null(held(a, b));
	assert_non_null(held(b, a));
	world_pass(DAY_MS);
	host_check_secrets(a);
	host_check_secrets(b);
	assert_null(held(a, b));
	assert_null(held(b, a));
	assert_non_null(strstr(a->text[EVENT_PAIR_GONE], "too old"));
}

/* The end of the certificate of a node without a pin counts, and that of one
 * with it does not. */
static void
test_one_certificate_counts(void **state)
{
	(void)state;
	begin(ADMIT, beta_key(1));
	a->env.cert.not_after.s = a->plain.cert.not_after.s =
		WORLD_START + 10 * 86400;
	b->env.cert.not_after.s = b->plain.cert.not_after.s = WORLD_START - 60;
	assert_int_equal(agreed(a, "beta"), 2);
	assert_int_equal(held(a, b)->pairs[0].cert_end.s,
			 a->env.cert.not_after.s);
	assert_int_equal(held(b, a)->pairs[0].cert_end.s,
			 a->env.cert.not_after.s);
	world_pass(9 * DAY_MS);
	host_check_secrets(a);
	host_check_secrets(b);
	assert_non_null(held(a, b));
	assert_non_null(held(b, a));
	world_pass(DAY_MS);
	host_check_secrets(a);
	host_check_secrets(b);
	assert_null(held(a, b));
	assert_null(held(b, a));
}

static void
assert_refused(void)
{
	assert_int_equal(agreed(a, "beta"), 0);
	assert_string_equal(a->last_failed.reason, PLAIN_UNTRUSTED);
	assert_int_equal(agreed(b, "alpha"), 0);
	assert_non_null(strstr(a->text[EVENT_PEER_REFUSED], PLAIN_UNTRUSTED));
	assert_null(held(a, b));
	assert_null(held(b, a));
}

static void
test_without_a_pin_the_ca_decides(void **state)
{
	(void)state;
	begin(ADMIT, "");
	assert_refused();
	b->plain.untrusted = false;
	assert_int_equal(agreed(a, "beta"), 2);
}

static void
test_without_the_word_the_ca_decides(void **state)
{
	(void)state;
	begin("", beta_key(1));
	assert_refused();
	b->plain.untrusted = false;
	assert_int_equal(agreed(a, "beta"), 2);
}

static void
test_another_key(void **state)
{
	(void)state;
	begin(ADMIT, beta_key(2));
	assert_refused();
	/* A CA does not make it the pinned one. */
	b->plain.untrusted = false;
	assert_int_equal(agreed(a, "beta"), 0);
	assert_non_null(strstr(a->last_failed.reason, "pins another key"));
	assert_int_equal(agreed(b, "alpha"), 0);
}

/* The key is beta's, the name another one: of a node without a pin, and of none
 * at all. */
static void
test_another_name(void **state)
{
	static const char *const names[] = { "gamma", "delta" };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		begin(ADMIT, beta_key(1));
		strcpy(b->plain.cert.cn, names[i]);
		assert_refused();
	}
	/* alpha's own */
	begin(ADMIT, beta_key(1));
	strcpy(b->plain.cert.cn, "alpha");
	assert_refused();
}

static void
test_the_unit_is_still_asked(void **state)
{
	(void)state;
	begin(ADMIT, beta_key(1));
	a->conf.restrictouname = "ops";
	assert_int_equal(agreed(a, "beta"), 0);
	assert_non_null(strstr(a->last_failed.reason, "organisational unit"));
	assert_int_equal(agreed(b, "alpha"), 0);
	strcpy(b->plain.cert.ou, "ops");
	assert_int_equal(agreed(a, "beta"), 2);
}

/* Whether a CA vouches for it says nothing about a node with a pin; so a revoked
 * CA does not matter for it either. */
static void
test_a_revoked_ca_above(void **state)
{
	static const char *const heads[] = { ADMIT, "" };
	char head[256], text[FINGERPRINT_TEXT_MAX];
	uint8_t ca[FINGERPRINT_LEN] = { 7 };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		begin("", "");
		snprintf(head, sizeof(head), "%srevoke %s\n", heads[i],
			 fingerprint_format(text, ca));
		begin(head, beta_key(1));
		b->plain.untrusted = false;
		b->plain.cert.above.n = 1;
		memcpy(b->plain.cert.above.key[0], ca, sizeof(ca));
		assert_int_equal(agreed(a, "beta"), i == 0 ? 2 : 0);
		if (i == 1)
			assert_non_null(
				strstr(a->last_failed.reason, "revoked key"));
	}
}

/* Lists that admit beta no more end its pair, at both ends. */
static void
test_the_end_of_admission(void **state)
{
	static const char *const heads[] = { "", ADMIT, ADMIT };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		begin(ADMIT, beta_key(1));
		assert_int_equal(agreed(a, "beta"), 2);
		/* Without the word, without the pin, and with another one. */
		v2 = list_of(v1, T0 + 10, heads[i], "",
			     i == 0 ? beta_key(1) :
			     i == 1 ? "" :
				      beta_key(2));
		put_in_force(a, v2);
		assert_null(held(a, b));
		assert_int_equal(agreed(b, "alpha"), 0);
	}
}

/* A pair of a node for which a CA vouched goes on. */
static void
test_the_end_of_admission_with_a_ca(void **state)
{
	(void)state;
	begin(ADMIT, beta_key(1));
	b->plain.untrusted = false;
	assert_int_equal(agreed(a, "beta"), 2);
	v2 = list_of(v1, T0 + 10, "", "", beta_key(1));
	put_in_force(a, v2);
	assert_non_null(held(a, b));
	assert_int_equal(held(a, b)->pairs[0].peer_end.s,
			 b->plain.cert.not_after.s);
}

/* Connections that stand as such a list comes end as well. */
static void
test_a_connection_at_the_end_of_admission(void **state)
{
	(void)state;
	begin(ADMIT, beta_key(1));
	assert_int_not_equal(dial(b, "alpha", CONN_PAIR), 0);
	for (int i = 0; i < 400 && a->negotiated == 0; i++)
		world_step();
	assert_int_equal(a->negotiated, 1);
	v2 = list_of(v1, T0 + 10, "", "", beta_key(1));
	put_in_force(a, v2);
	for (struct conn *c = a->cs->all; c != NULL; c = c->next)
		assert_int_equal(c->state, CONN_ENDING);
	assert_null(held(a, b));
}

/* A node whose list is below its mark negotiates with nobody, whatever that list
 * pins; it takes the current one from the node whose key it has. */
static void
test_under_a_stale_list(void **state)
{
	(void)state;
	begin(ADMIT, beta_key(1));
	v2 = list_of(v1, T0 + 10, ADMIT, "", beta_key(1));
	put_in_force(b, v2);
	host_stop(a);
	a->mark = v2->version;
	host_start(a);
	assert_true(a->env.stale);
	assert_int_equal(dial(a, "beta", CONN_PAIR), 0);
	assert_int_not_equal(dial(b, "alpha", CONN_PAIR), 0);
	world_run();
	assert_int_equal(a->negotiated + b->negotiated, 0);
	world_run();
	assert_true(has(a, v2));
	assert_false(a->env.stale);
	assert_int_equal(agreed(b, "alpha"), 2);
}

/* --- fetching a list ------------------------------------------------------- */

/* alpha has been away: its list pins a key that beta had before. */
static void
begin_away(const char *head, const char *where)
{
	char alpha[128], beta[256];

	snprintf(beta, sizeof(beta), "%s%s", where, beta_key(9));
	begin(head, beta);
	snprintf(alpha, sizeof(alpha), "%s", key_line(a, 0xa));
	snprintf(beta, sizeof(beta), "%s%s", where, beta_key(1));
	v2 = list_of(v1, T0 + 10, head, alpha, beta);
	/* alpha's certificate has ended as well; beta's list pins its key. */
	put_in_force(b, v2);
	a->plain.untrusted = true;
}

static void
test_a_list_from_an_unverified_one(void **state)
{
	(void)state;
	begin_away(ADMIT, AT_BETA);
	assert_int_not_equal(dial(a, "beta", CONN_PAIR), 0);
	world_run();
	assert_true(has(a, v2));
	/* The list, and nothing else: alpha did not negotiate. */
	assert_int_equal(a->negotiated + b->negotiated, 0);
	assert_int_equal(a->failed, 1);
	assert_true(a->last_failed.reached);
	assert_non_null(
		strstr(a->last_failed.reason, "does not admit its key"));
	assert_int_equal(a->events[EVENT_PEER_REFUSED], 0);
	/* Under that list they agree. */
	assert_int_equal(agreed(a, "beta"), 2);
}

static void
assert_fetches_nothing(void)
{
	assert_int_not_equal(dial(a, "beta", CONN_LIST), 0);
	world_run();
	world_pass(21000);
	assert_true(has(a, v1));
	assert_int_equal(a->negotiated + b->negotiated, 0);
}

static void
test_no_list_from_elsewhere(void **state)
{
	(void)state;
	/* beta is at no address of the list, */
	begin_away(ADMIT, "");
	assert_fetches_nothing();
	begin_away(ADMIT, "  address 192.0.2.99\n");
	assert_fetches_nothing();
	/* or at another port there, */
	begin_away(ADMIT, "  address 192.0.2.2 port 1\n");
	assert_fetches_nothing();
	/* or somebody else is, */
	begin_away(ADMIT, AT_BETA);
	strcpy(b->plain.cert.cn, "gamma");
	assert_fetches_nothing();
	/* or the list does not say the word. */
	begin_away("", AT_BETA);
	assert_fetches_nothing();
}

static void
test_no_list_from_a_revoked_key(void **state)
{
	char head[256], text[FINGERPRINT_TEXT_MAX];

	(void)state;
	begin(ADMIT, AT_BETA);
	snprintf(head, sizeof(head), ADMIT "revoke %s\n",
		 fingerprint_format(text, b->plain.cert.fingerprint));
	begin(head, AT_BETA);
	v2 = list_of(v1, T0 + 10, ADMIT, key_line(a, 0xa), AT_BETA);
	put_in_force(b, v2);
	assert_fetches_nothing();
}

/* Nothing newer is there: the reason is the one of before. */
static void
test_nothing_newer(void **state)
{
	(void)state;
	begin(ADMIT, AT_BETA);
	assert_int_equal(agreed(a, "beta"), 0);
	assert_string_equal(a->last_failed.reason, PLAIN_UNTRUSTED);
	assert_non_null(
		strstr(a->text[EVENT_NEGOTIATE_FAILED], PLAIN_UNTRUSTED));
	assert_int_equal(b->negotiated, 0);
	assert_int_equal(conns_count(a->cs), 0);
}

/* A caller that cannot be verified brings nothing. */
static void
test_no_list_from_a_caller(void **state)
{
	(void)state;
	begin_away(ADMIT, AT_BETA);
	a->plain.untrusted = false;
	assert_int_not_equal(dial(b, "alpha", CONN_LIST), 0);
	world_run();
	assert_true(has(a, v1));
	assert_non_null(strstr(a->text[EVENT_PEER_REFUSED], PLAIN_UNTRUSTED));
}

#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_the_pinned_key_is_enough),
		TEST(test_the_pair_ends_by_age),
		TEST(test_one_certificate_counts),
		TEST(test_without_a_pin_the_ca_decides),
		TEST(test_without_the_word_the_ca_decides),
		TEST(test_another_key),
		TEST(test_another_name),
		TEST(test_the_unit_is_still_asked),
		TEST(test_a_revoked_ca_above),
		TEST(test_the_end_of_admission),
		TEST(test_the_end_of_admission_with_a_ca),
		TEST(test_a_connection_at_the_end_of_admission),
		TEST(test_under_a_stale_list),
		TEST(test_a_list_from_an_unverified_one),
		TEST(test_no_list_from_elsewhere),
		TEST(test_no_list_from_a_revoked_key),
		TEST(test_nothing_newer),
		TEST(test_no_list_from_a_caller),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
