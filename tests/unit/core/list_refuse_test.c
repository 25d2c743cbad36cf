/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lists that are refused: each with one event and one count, whether they are
 * pulled, pushed or come from the disk. */
#include "list_world.h"

#include "../format/bnl_raw.h"

enum way { PULL, PUSH, DISK, WAYS };

static const char *const way_names[] = { "pull", "push", "disk" };

/* What beta is offered; it has v1. */
struct offer {
	char *raw;
	size_t len;
	struct bnl_version announced; /* to a peer */
};

static struct bnl mask; /* what alpha shows instead of its list */

static uint64_t
count_all(const struct host *h)
{
	uint64_t n = 0;

	for (int i = 0; i < REFUSALS; i++)
		n += h->env.refused[i];
	return n;
}

static void
offer(enum way way, const struct offer *o)
{
	if (way == DISK) {
		lists_offer(b->lists, o->raw, o->len);
		collect(b);
		world_run();
		return;
	}
	mask = *v2;
	mask.raw = o->raw;
	mask.rawlen = o->len;
	mask.version = o->announced;
	a->env.bnl = &mask;
	a->env.version = o->announced;
	if (way == PULL)
		assert_int_not_equal(dial(b, "alpha", CONN_LIST), 0);
	else
		assert_int_not_equal(dial(a, "beta", CONN_LIST), 0);
	quiet_end();
}

static void
assert_refused(enum way way, enum refusal why, const char *words)
{
	const char *text = b->text[EVENT_LIST_REFUSED];

	if (b->env.refused[why] != 1 || count_all(b) != 1 ||
	    b->events[EVENT_LIST_REFUSED] != 1 || strstr(text, words) == NULL)
		fail_msg("%s, %s: %u events, %u counts, %u of this: %s",
			 refusal_name(why), way_names[way],
			 b->events[EVENT_LIST_REFUSED],
			 (unsigned int)count_all(b),
			 (unsigned int)b->env.refused[why], text);
	assert_int_equal(b->events[EVENT_PEER_REFUSED], 0);
	assert_true((way == DISK) == (strncmp(text, "alpha: ", 7) != 0));
	assert_true(has(b, v1));
	assert_null(b->list);
	assert_int_equal(bnl_version_cmp(&b->mark, &v1->version), 0);
	assert_int_equal(b->events[EVENT_LIST_NEW], 0);
}

/* Not asked again for an hour, whoever dials. */
static void
assert_not_asked(void)
{
	world_pass(HOUR_MS - 120000);
	assert_int_not_equal(dial(b, "alpha", CONN_LIST), 0);
	assert_int_not_equal(dial(a, "beta", CONN_LIST), 0);
	quiet_end();
	assert_int_equal(count_all(b), 1);
	assert_int_equal(b->events[EVENT_LIST_REFUSED], 1);
}

/* Each way in a world of its own; make: what is offered there. */
static void
each_way(struct offer (*make)(void), enum refusal why, const char *words)
{
	for (int way = PULL; way < WAYS; way++) {
		struct offer o;

		setup_sized(0);
		o = make();
		offer((enum way)way, &o);
		assert_refused((enum way)way, why, words);
		if (way != DISK)
			assert_not_asked();
		a->env.bnl = a->bnl;
		free(o.raw);
		teardown(NULL);
	}
}

static struct offer
copy_of_v2(void)
{
	struct offer o = { malloc(v2->rawlen), v2->rawlen, v2->version };

	memcpy(o.raw, v2->raw, v2->rawlen);
	return o;
}

/* --- who signed it --------------------------------------------------------- */

static struct offer
by_another_key(void)
{
	struct offer o = { .announced = v2->version };

	sign_list(&o.raw, &o.len, NULL, w.other_key, T0 + 20, BOTH, "");
	return o;
}

static void
wrong_key(void **state)
{
	(void)state;
	each_way(by_another_key, REFUSAL_SIGNER, "no trusted key");
}

static struct offer
flipped(void)
{
	struct offer o = copy_of_v2();

	o.raw[o.len / 3] ^= 0x01;
	return o;
}

static void
flipped_byte(void **state)
{
	(void)state;
	each_way(flipped, REFUSAL_SIGNATURE, "changed after");
}

static struct offer
without_block(void)
{
	struct offer o = copy_of_v2();

	o.len = v2->signedlen / 2;
	return o;
}

static struct offer
within_block(void)
{
	struct offer o = copy_of_v2();

	o.len -= 20;
	return o;
}

static void
truncated(void **state)
{
	(void)state;
	each_way(without_block, REFUSAL_SIGNATURE, "cut short");
	each_way(within_block, REFUSAL_SYNTAX, "signature block");
}

static void
truncated_at_each_length(void **state)
{
	(void)state;
	setup_sized(0);
	for (size_t n = 0; n < v2->rawlen; n++) {
		lists_offer(b->lists, v2->raw, n);
		collect(b);
		world_run();
		assert_int_equal(b->events[EVENT_LIST_REFUSED], n + 1);
		assert_int_equal(count_all(b), n + 1);
		assert_true(has(b, v1));
	}
	assert_int_equal(b->env.refused[REFUSAL_SIZE] +
				 b->env.refused[REFUSAL_SIGNATURE] +
				 b->env.refused[REFUSAL_SYNTAX],
			 v2->rawlen);
	lists_offer(b->lists, v2->raw, v2->rawlen);
	collect(b);
	world_run();
	assert_true(has(b, v2));
	teardown(NULL);
}

/* --- what is in it ---------------------------------------------------------- */

/* Signed with the right key, but against the rules. */
static struct offer
signed_all_the_same(const char *body)
{
	struct offer o = { .announced = v2->version };
	char text[1024], when[TEXT_TIME_MAX];
	int n;

	text_time_format(when, (struct walltime){ T0 + 20 });
	n = snprintf(text, sizeof(text),
		     "network example.org\nprefix 10.0.0.0/8\ntimestamp %s\n%s",
		     when, body);
	o.raw = raw_sign(w.key, text, (size_t)n, &o.len);
	assert_non_null(o.raw);
	return o;
}

static struct offer
overlap(void)
{
	return signed_all_the_same("node alpha\n subnet 10.1.0.0/16\n"
				   "node beta\n subnet 10.1.2.0/24\n");
}

static struct offer
outside(void)
{
	return signed_all_the_same("node alpha\n subnet 192.168.1.0/24\n");
}

static struct offer
covers(void)
{
	return signed_all_the_same("node alpha\n address 10.1.2.3\n"
				   "node beta\n subnet 10.1.2.0/24\n");
}

static struct offer
nonsense(void)
{
	return signed_all_the_same("nodes alpha\n");
}

static void
against_the_rules(void **state)
{
	(void)state;
	each_way(overlap, REFUSAL_CONFLICT, "overlaps 10.1.0.0/16 of alpha");
	each_way(outside, REFUSAL_CONFLICT, "outside every prefix");
	each_way(covers, REFUSAL_CONFLICT, "covers the address 10.1.2.3");
	each_way(nonsense, REFUSAL_SYNTAX, "\"nodes\"");
}

/* --- another network ---------------------------------------------------------- */

static struct offer
foreign_list(int64_t at)
{
	struct offer o = { .announced.timestamp = { 0 } };
	char text[256], when[TEXT_TIME_MAX];
	struct bnl *l;
	int n;

	text_time_format(when, (struct walltime){ at });
	n = snprintf(text, sizeof(text),
		     "network example.com\ntimestamp %s\n"
		     "node alpha\nnode beta\n",
		     when);
	o.raw = raw_sign(w.key, text, (size_t)n, &o.len);
	assert_non_null(o.raw);
	l = open_list(o.raw, o.len);
	o.announced = l->version;
	bnl_free(l);
	return o;
}

static struct offer
of_another_network(void)
{
	return foreign_list(T0 + 20);
}

/* The key is the same, and the certificates are of the same CA. */
static void
another_network(void **state)
{
	(void)state;
	each_way(of_another_network, REFUSAL_NETWORK,
		 "of the network \"example.com\", but the list in force is of "
		 "\"example.org\"");
}

/* It is no rival of the list in force, be it newer or older: T0 + 5 is between
 * that list and the one before. */
static void
no_fork_for_another_network(void **state)
{
	static const int64_t times[] = { T0 - 5, T0 + 5, T0 + 20 };

	(void)state;
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		struct offer o;

		setup_sized(0);
		begin_with(b, v2);
		o = foreign_list(times[i]);
		offer(DISK, &o);
		assert_int_equal(b->env.refused[REFUSAL_NETWORK], 1);
		assert_int_equal(b->events[EVENT_LIST_FORK], 0);
		assert_true(has(b, v2));
		free(o.raw);
		teardown(NULL);
	}
}

/* An older list is taken after the mark was reset, but not such a one. */
static void
another_network_after_a_reset(void **state)
{
	struct offer o;

	(void)state;
	setup_sized(0);
	lists_mark_reset(b->lists);
	b->env.stale = false;
	collect(b);
	o = of_another_network();
	offer(DISK, &o);
	assert_int_equal(b->env.refused[REFUSAL_NETWORK], 1);
	assert_true(has(b, v1));
	free(o.raw);
	teardown(NULL);
}

/* Another peer that announces the same list is not asked for it either. */
static void
another_network_from_another(void **state)
{
	struct host *gamma;
	struct bnl *three;
	struct offer o;

	(void)state;
	setup_sized(0);
	three = make_list(v2, T0 + 15, BOTH " gamma", "");
	begin_with(b, three);
	gamma = host_add("gamma", copy_of(three));
	host_start(gamma);
	o = of_another_network();
	offer(PULL, &o);
	assert_int_equal(b->env.refused[REFUSAL_NETWORK], 1);
	gamma->env.bnl = &mask;
	gamma->env.version = o.announced;
	assert_int_not_equal(dial(b, "gamma", CONN_LIST), 0);
	quiet_end();
	assert_int_equal(b->env.refused[REFUSAL_NETWORK], 1);
	assert_true(has(b, three));
	a->env.bnl = a->bnl;
	gamma->env.bnl = gamma->bnl;
	free(o.raw);
	bnl_free(three);
	teardown(NULL);
}

/* The signer's mistakes are overcome by a proper list. */
static void
a_proper_one_is_taken_afterwards(void **state)
{
	struct offer o;

	(void)state;
	setup_sized(0);
	o = overlap();
	offer(PULL, &o);
	a->env.bnl = a->bnl;
	a->env.version = a->bnl->version;
	free(o.raw);
	world_pass(2 * HOUR_MS);
	assert_int_not_equal(dial(b, "alpha", CONN_LIST), 0);
	quiet_end();
	assert_true(has(b, v2));
	teardown(NULL);
}

/* --- when it was signed ------------------------------------------------------ */

static struct offer
far_ahead(void)
{
	struct bnl *l = make_list(v2, WORLD_START + BNL_FUTURE_MAX_S + 2 * 3600,
				  BOTH, "");
	struct offer o = { malloc(l->rawlen), l->rawlen, l->version };

	memcpy(o.raw, l->raw, l->rawlen);
	bnl_free(l);
	return o;
}

static void
dated_ahead(void **state)
{
	(void)state;
	each_way(far_ahead, REFUSAL_DATE, "ahead of now");
}

/* An older rival on the disk is refused, and shows that two people signed. */
static void
alarm_for_an_older_rival(void **state)
{
	char text[BNL_VERSION_TEXT_MAX];
	struct bnl *rival, *before;

	(void)state;
	setup_sized(0);
	begin_with(b, v2);
	rival = make_list(v1, T0 + 5, BOTH, "# the other\n");
	before = make_list(NULL, T0 - 5, BOTH, "# before all\n");
	/* What is older than the history is none. */
	lists_offer(b->lists, before->raw, before->rawlen);
	collect(b);
	world_run();
	assert_int_equal(b->env.refused[REFUSAL_OLDER], 1);
	assert_int_equal(b->events[EVENT_LIST_FORK], 0);
	lists_offer(b->lists, rival->raw, rival->rawlen);
	collect(b);
	world_run();
	assert_true(has(b, v2));
	assert_int_equal(b->env.refused[REFUSAL_OLDER], 2);
	assert_int_equal(b->events[EVENT_LIST_FORK], 1);
	assert_non_null(strstr(b->text[EVENT_LIST_FORK],
			       bnl_version_format(text, &rival->version)));
	bnl_free(rival);
	bnl_free(before);
	teardown(NULL);
}

/* It does not descend from what is in force; but it does not hold either. */
static struct offer
rival_far_ahead(void)
{
	struct bnl *v0 = make_list(NULL, T0 - 100, BOTH, "");
	struct bnl *l =
		make_list(v0, WORLD_START + BNL_FUTURE_MAX_S + 7200, BOTH, "");
	struct offer o = { malloc(l->rawlen), l->rawlen, l->version };

	memcpy(o.raw, l->raw, l->rawlen);
	bnl_free(l);
	bnl_free(v0);
	return o;
}

static void
no_alarm_for_what_is_refused(void **state)
{
	(void)state;
	for (int way = PULL; way < WAYS; way++) {
		struct offer o;

		setup_sized(0);
		o = rival_far_ahead();
		offer((enum way)way, &o);
		assert_refused((enum way)way, REFUSAL_DATE, "ahead of now");
		assert_int_equal(b->events[EVENT_LIST_FORK], 0);
		a->env.bnl = a->bnl;
		free(o.raw);
		teardown(NULL);
	}
}

/* A clock that cannot be right judges nothing. */
static void
dated_ahead_of_a_wrong_clock(void **state)
{
	struct offer o;

	(void)state;
	setup_sized(0);
	w.now.wall.s = v1->version.timestamp.s - BNL_FUTURE_MAX_S - 10;
	o = far_ahead();
	offer(DISK, &o);
	assert_int_equal(count_all(b), 0);
	assert_int_equal(bnl_version_cmp(&b->env.version, &o.announced), 0);
	free(o.raw);
	teardown(NULL);
}

/* --- order -------------------------------------------------------------------- */

static void
older_from_the_disk(void **state)
{
	struct bnl *v0;
	struct offer o;

	(void)state;
	setup_sized(0);
	v0 = make_list(NULL, T0 - 100, BOTH, "");
	o = (struct offer){ .len = v0->rawlen, .announced = v0->version };
	o.raw = malloc(o.len);
	memcpy(o.raw, v0->raw, o.len);
	offer(DISK, &o);
	assert_refused(DISK, REFUSAL_OLDER, "older than");
	free(o.raw);
	bnl_free(v0);
	teardown(NULL);
}

/* A peer cannot pass an old list off as a new one. */
static struct offer
an_old_one_as_new(void)
{
	struct offer o = { malloc(v1->rawlen), v1->rawlen, v2->version };

	memcpy(o.raw, v1->raw, v1->rawlen);
	return o;
}

static void
older_from_a_peer(void **state)
{
	(void)state;
	for (int way = PULL; way < DISK; way++) {
		struct offer o;

		setup_sized(0);
		o = an_old_one_as_new();
		offer((enum way)way, &o);
		assert_refused((enum way)way, REFUSAL_OTHER, "announced");
		assert_not_asked();
		a->env.bnl = a->bnl;
		free(o.raw);
		teardown(NULL);
	}
}

/* Two lists of one second: the same one wins everywhere, and both are named. */
static void
of_the_same_second(void **state)
{
	char ours[BNL_VERSION_TEXT_MAX], other[BNL_VERSION_TEXT_MAX];

	(void)state;
	for (int way = PULL; way < WAYS; way++) {
		struct bnl *v0, *high, *low;

		setup_sized(0);
		v0 = make_list(NULL, T0 - 100, BOTH, "");
		high = make_list(v0, T0, BOTH, "# one\n");
		low = make_list(v0, T0, BOTH, "# the other\n");
		if (bnl_version_cmp(&high->version, &low->version) < 0) {
			struct bnl *t = high;

			high = low;
			low = t;
		}
		begin_with(a, high);
		begin_with(b, low);
		if (way == PULL)
			dial(b, "alpha", CONN_LIST);
		else if (way == PUSH)
			dial(a, "beta", CONN_LIST);
		else
			lists_offer(b->lists, high->raw, high->rawlen);
		collect(b);
		quiet_end();
		assert_true(has(a, high));
		assert_true(has(b, high));
		assert_int_equal(b->events[EVENT_LIST_FORK], 1);
		assert_non_null(
			strstr(b->text[EVENT_LIST_FORK],
			       bnl_version_format(ours, &high->version)));
		assert_non_null(
			strstr(b->text[EVENT_LIST_FORK],
			       bnl_version_format(other, &low->version)));
		assert_int_equal(a->events[EVENT_LIST_FORK], way != DISK);
		/* The loser is not taken again. */
		lists_offer(b->lists, low->raw, low->rawlen);
		collect(b);
		world_run();
		assert_true(has(b, high));
		assert_int_equal(b->env.refused[REFUSAL_SAME_TIME], 1);
		assert_int_equal(b->events[EVENT_LIST_REFUSED], 1);
		assert_non_null(
			strstr(b->text[EVENT_LIST_REFUSED], "same second"));
		bnl_free(v0);
		bnl_free(high);
		bnl_free(low);
		teardown(NULL);
	}
}

/* --- what comes, and does not ---------------------------------------------------- */

static uint32_t false_len;

static void
change_length(uint8_t *frame, size_t *len)
{
	if (frame[0] == FRAME_LIST_HAVE && *len == 48)
		put_be32(frame + 44, false_len);
}

static void
announced_length(uint32_t n, enum refusal why, const char *words)
{
	for (int way = PULL; way < DISK; way++) {
		setup_sized(0);
		false_len = n;
		a->plain.tamper = change_length;
		if (way == PULL)
			assert_int_not_equal(dial(b, "alpha", CONN_LIST), 0);
		else
			assert_int_not_equal(dial(a, "beta", CONN_LIST), 0);
		quiet_end();
		assert_refused((enum way)way, why, words);
		/* For a part of it a minute is enough: transfer_test. */
		if (why != REFUSAL_UNDELIVERED)
			assert_not_asked();
		teardown(NULL);
	}
}

static void
sizes(void **state)
{
	(void)state;
	announced_length(BNL_BYTES_MAX + 1, REFUSAL_SIZE, "impossible size");
	announced_length(0, REFUSAL_SIZE, "impossible size");
	announced_length(100, REFUSAL_OTHER, "more of a list");
	announced_length(5000, REFUSAL_UNDELIVERED, "did not deliver");
	setup_sized(0);
	lists_offer(b->lists, "", BNL_BYTES_MAX + 1);
	collect(b);
	assert_refused(DISK, REFUSAL_SIZE, "8388609 bytes");
	teardown(NULL);
}

static unsigned int asked;

static void
keep_back(uint8_t *frame, size_t *len)
{
	if (frame[0] == FRAME_LIST_DATA)
		*len = 0;
}

static void
count_asked(uint8_t *frame, size_t *len)
{
	(void)len;
	asked += frame[0] == FRAME_LIST_GET;
}

/* An hour, two, four ... up to some weeks. */
static void
never_delivered(void **state)
{
	int64_t ms = HOUR_MS;

	(void)state;
	setup_sized(0);
	a->plain.tamper = keep_back;
	b->plain.tamper = count_asked;
	asked = 0;
	for (unsigned int i = 0; i < 4; i++, ms *= 2) {
		assert_int_not_equal(dial(b, "alpha", CONN_LIST), 0);
		world_run();
		world_pass(120000); /* more than a transfer may take */
		assert_int_equal(asked, i + 1);
		assert_int_equal(b->env.refused[REFUSAL_UNDELIVERED], i + 1);
		assert_int_equal(b->events[EVENT_LIST_REFUSED], i + 1);
		world_pass(ms - 240000);
		assert_int_not_equal(dial(b, "alpha", CONN_LIST), 0);
		quiet_end();
		assert_int_equal(asked, i + 1);
		world_pass(240000);
	}
	assert_int_equal(count_all(b), 4);
	teardown(NULL);
}

static void
files_that_cannot_be_read(void **state)
{
	static const struct {
		enum err_code code;
		enum refusal why;
	} cases[] = {
		{ ERR_NOTFOUND, REFUSAL_FILE }, { ERR_PERM, REFUSAL_FILE },
		{ ERR_IO, REFUSAL_FILE },	{ ERR_LIMIT, REFUSAL_SIZE },
		{ ERR_NOMEM, REFUSAL_MEMORY },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err e;

		setup_sized(0);
		(void)err_set(&e, cases[i].code, "because");
		lists_refuse(b->lists, &e);
		collect(b);
		assert_refused(DISK, cases[i].why, "because");
		teardown(NULL);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wrong_key),
		cmocka_unit_test(flipped_byte),
		cmocka_unit_test(truncated),
		cmocka_unit_test(truncated_at_each_length),
		cmocka_unit_test(against_the_rules),
		cmocka_unit_test(another_network),
		cmocka_unit_test(alarm_for_an_older_rival),
		cmocka_unit_test(no_fork_for_another_network),
		cmocka_unit_test(another_network_after_a_reset),
		cmocka_unit_test(another_network_from_another),
		cmocka_unit_test(a_proper_one_is_taken_afterwards),
		cmocka_unit_test(dated_ahead),
		cmocka_unit_test(no_alarm_for_what_is_refused),
		cmocka_unit_test(dated_ahead_of_a_wrong_clock),
		cmocka_unit_test(older_from_the_disk),
		cmocka_unit_test(older_from_a_peer),
		cmocka_unit_test(of_the_same_second),
		cmocka_unit_test(sizes),
		cmocka_unit_test(never_delivered),
		cmocka_unit_test(files_that_cannot_be_read),
	};

	return cmocka_run_group_tests_name("bnlrefuse", tests, NULL, NULL);
}
