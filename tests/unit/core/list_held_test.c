/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lists of a later format: verified, held and passed on, their revoked keys
 * heeded; everything else stays with the list in force. */
#include "list_world.h"

#include "../format/bnl_raw.h"

/* A list of a later format, dated T0 + after. body: what any format has. */
static struct bnl *
make_later(unsigned int format, int64_t after, const char *body)
{
	char time[TEXT_TIME_MAX], text[512];
	size_t len;
	char *raw;
	struct bnl *l;

	text_time_format(time, (struct walltime){ T0 + after });
	snprintf(text, sizeof(text),
		 "format %u\nnetwork example.org\ntimestamp %s\n%s"
		 "node alpha with more\nnode gamma with more\n",
		 format, time, body);
	raw = raw_sign(w.key, text, strlen(text), &len);
	assert_non_null(raw);
	l = open_any(raw, len);
	free(raw);
	return l;
}

static void
from_disk(struct host *h, const struct bnl *l)
{
	h->env.now = w.now;
	lists_offer(h->lists, l->raw, l->rawlen);
	collect(h);
	world_run();
}

static bool
holds(const struct host *h, const struct bnl *l)
{
	return h->env.held != NULL &&
	       bnl_version_cmp(&h->env.held->version, &l->version) == 0 &&
	       h->env.held->rawlen == l->rawlen &&
	       memcmp(h->env.held->raw, l->raw, l->rawlen) == 0 &&
	       h->held != NULL && h->heldlen == l->rawlen &&
	       memcmp(h->held, l->raw, l->rawlen) == 0;
}

static void
held_and_passed_on(void **state)
{
	struct bnl *l = make_later(2, 20, "");

	(void)state;
	from_disk(a, l);
	assert_true(holds(a, l));
	assert_true(has(a, v2));
	assert_int_equal(bnl_version_cmp(&a->mark, &v2->version), 0);
	assert_int_equal(a->events[EVENT_LIST_HELD], 1);
	assert_non_null(strstr(a->text[EVENT_LIST_HELD], "format 2"));
	assert_int_equal(a->events[EVENT_LIST_NEW], 0);
	assert_int_equal(a->events[EVENT_LIST_REFUSED], 0);
	assert_int_equal(bnl_version_cmp(core_env_serves(&a->env), &l->version),
			 0);
	/* Whoever cannot apply it either gets it all the same. */
	assert_int_not_equal(dial(b, "alpha", CONN_LIST), 0);
	quiet_end();
	assert_true(holds(b, l));
	assert_true(has(b, v1));
	assert_int_equal(b->events[EVENT_LIST_HELD], 1);
	/* Both have the same, and nothing is asked again. */
	assert_int_not_equal(dial(a, "beta", CONN_LIST), 0);
	quiet_end();
	from_disk(a, l);
	assert_int_equal(a->events[EVENT_LIST_HELD], 1);
	assert_int_equal(b->events[EVENT_LIST_HELD], 1);
	bnl_free(l);
}

/* The keys that it revokes are refused, and pairs with them end. */
static void
revoked_keys(void **state)
{
	char body[128], fp[FINGERPRINT_TEXT_MAX];
	struct bnl *l;

	(void)state;
	assert_int_not_equal(dial(a, "beta", CONN_PAIR), 0);
	quiet_end();
	assert_non_null(held(a, b));
	snprintf(body, sizeof(body), "revoke %s\n",
		 fingerprint_format(fp, b->plain.cert.fingerprint));
	l = make_later(2, 20, body);
	from_disk(a, l);
	quiet_end();
	assert_true(holds(a, l));
	assert_null(held(a, b));
	assert_non_null(strstr(a->text[EVENT_PAIR_GONE], "list that is held"));
	b->events[EVENT_PEER_REFUSED] = 0;
	assert_int_not_equal(dial(b, "alpha", CONN_PAIR), 0);
	quiet_end();
	assert_null(held(a, b));
	assert_int_equal(b->events[EVENT_PEER_REFUSED], 1);
	assert_non_null(strstr(b->text[EVENT_PEER_REFUSED], "revoked key"));
	bnl_free(l);
}

/* One is held, the greatest. */
static void
the_greatest(void **state)
{
	struct bnl *low = make_later(2, 20, ""), *high = make_later(3, 30, "");

	(void)state;
	from_disk(a, low);
	from_disk(a, high);
	assert_true(holds(a, high));
	from_disk(a, low);
	assert_true(holds(a, high));
	assert_int_equal(a->events[EVENT_LIST_REFUSED], 0);
	bnl_free(low);
	bnl_free(high);
}

/* A list that can be applied comes into force, whichever of the two is the
 * greater; one below it is held no more. */
static void
applied_beside(void **state)
{
	struct bnl *l = make_later(2, 20, ""), *next;

	(void)state;
	from_disk(a, l);
	next = make_list(v2, T0 + 15, BOTH, "# between\n");
	from_disk(a, next);
	assert_true(has(a, next));
	assert_true(holds(a, l));
	bnl_free(next);
	next = make_list(v2, T0 + 25, BOTH, "# above\n");
	from_disk(a, next);
	assert_true(has(a, next));
	assert_null(a->env.held);
	assert_null(a->held);
	assert_int_not_equal(dial(b, "alpha", CONN_LIST), 0);
	quiet_end();
	assert_true(has(b, next));
	/* It is older now. */
	from_disk(a, l);
	assert_null(a->env.held);
	bnl_free(next);
	bnl_free(l);
}

static void
not_held(const char *name, const struct bnl *l)
{
	from_disk(b, l);
	if (b->env.held != NULL || b->held != NULL)
		fail_msg("%s is held", name);
	assert_true(has(b, v1));
}

static void
what_is_not_held(void **state)
{
	static const char other[] = "format 2\nnetwork example.com\n"
				    "timestamp 2027-01-15T08:00:00Z\n";
	struct bnl *l;
	size_t len;
	char *raw;

	(void)state;
	l = make_later(2, -50, "");
	not_held("an older list", l);
	bnl_free(l);
	l = make_later(2, BNL_FUTURE_MAX_S + 5000, "");
	not_held("a list from the future", l);
	bnl_free(l);
	raw = raw_sign(w.key, other, sizeof(other) - 1, &len);
	l = open_any(raw, len);
	assert_true(bnl_version_cmp(&l->version, &v1->version) > 0);
	not_held("a list of another network", l);
	bnl_free(l);
	raw[3] ^= 1;
	lists_offer(b->lists, raw, len);
	collect(b);
	world_run();
	assert_null(b->env.held);
	free(raw);
	raw = raw_sign(w.other_key, other, sizeof(other) - 1, &len);
	lists_offer(b->lists, raw, len);
	collect(b);
	world_run();
	assert_null(b->env.held);
	free(raw);
}

/* After a restart, and after the administrator has the node forget. */
static void
restart_and_reset(void **state)
{
	struct bnl *l = make_later(2, 20, "");

	(void)state;
	from_disk(a, l);
	host_stop(a);
	assert_null(a->env.held);
	host_start(a);
	world_run();
	assert_true(holds(a, l));
	assert_true(has(a, v2));
	lists_mark_reset(a->lists);
	collect(a);
	world_run();
	assert_null(a->env.held);
	assert_null(a->held);
	bnl_free(l);
}

/* What is stored is looked at again: it may be of another day or network. */
static void
stored_and_unfit(void **state)
{
	struct bnl *old = make_later(2, -50, "");

	(void)state;
	host_stop(a);
	a->held = malloc(old->rawlen);
	memcpy(a->held, old->raw, old->rawlen);
	a->heldlen = old->rawlen;
	host_start(a);
	world_run();
	assert_null(a->env.held);
	assert_true(has(a, v2));
	bnl_free(old);
}

/* The disk of alpha gets another list in the middle of the transfer. */
static void
replaced_while_sent(void **state)
{
	struct bnl *low, *high, *final;
	char *body = padding(200000);

	(void)state;
	low = make_later(2, 20, "");
	high = make_later(2, 30, "");
	from_disk(a, low);
	w.chunk = 64;
	assert_int_not_equal(dial(b, "alpha", CONN_LIST), 0);
	from_disk(a, high);
	quiet_end();
	assert_true(holds(b, high));
	final = make_list(v2, T0 + 40, BOTH, body);
	from_disk(a, final);
	assert_int_not_equal(dial(b, "alpha", CONN_LIST), 0);
	quiet_end();
	assert_true(has(b, final));
	assert_null(b->env.held);
	bnl_free(low);
	bnl_free(high);
	bnl_free(final);
	free(body);
}

static void
disk_that_fails(void **state)
{
	struct bnl *l = make_later(2, 20, "");

	(void)state;
	a->disk_fails = true;
	from_disk(a, l);
	assert_null(a->env.held);
	assert_true(has(a, v2));
	assert_int_equal(a->events[EVENT_STORE_FAILED], 1);
	a->disk_fails = false;
	from_disk(a, l);
	assert_true(holds(a, l));
	bnl_free(l);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(held_and_passed_on), TEST(revoked_keys),
		TEST(the_greatest),	  TEST(applied_beside),
		TEST(what_is_not_held),	  TEST(restart_and_reset),
		TEST(stored_and_unfit),	  TEST(replaced_while_sent),
		TEST(disk_that_fails),
	};

	return cmocka_run_group_tests_name("lists that are held", tests, NULL,
					   NULL);
}
