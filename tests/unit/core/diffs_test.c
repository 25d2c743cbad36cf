/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lists that travel as a difference, from node to node: when they do, when the
 * whole list comes instead, and differences that are of no use. */
#include "list_world.h"

#define LISTS (LIST_DIFFS + 3)
#define LARGE 40000	 /* several LIST_DATA */
#define MIDDLE (20 * 67) /* between two of its lines */

static struct bnl *lists[LISTS];
static char *pad;

/* What alpha sent. */
static unsigned int gets, diffs;
static size_t data;

static void
watch_alpha(uint8_t *frame, size_t *len)
{
	diffs += frame[0] == FRAME_LIST_DIFF;
	if (frame[0] == FRAME_LIST_DATA)
		data += *len - FRAME_HEADER_LEN;
}

static void
watch_beta(uint8_t *frame, size_t *len)
{
	(void)len;
	gets += frame[0] == FRAME_LIST_GET;
}

static void
watch(void)
{
	gets = diffs = 0;
	data = 0;
	a->plain.tamper = watch_alpha;
	b->plain.tamper = watch_beta;
}

static struct bnl *
list_after(const struct bnl *previous, int64_t at, const char *line)
{
	char *body = calloc(1, strlen(pad) + strlen(line) + 1);
	struct bnl *l;

	sprintf(body, "%.*s%s%s", MIDDLE, pad, line, pad + MIDDLE);
	l = make_list(previous, at, BOTH, body);
	free(body);
	return l;
}

static int
setup_lists(void **state)
{
	char line[40];

	(void)state;
	world_begin(3);
	w.chunk = 20000;
	pad = padding(LARGE);
	for (int i = 0; i < LISTS; i++) {
		snprintf(line, sizeof(line), "# this is list %d\n", i);
		lists[i] = list_after(i == 0 ? NULL : lists[i - 1], T0 + 10 * i,
				      line);
	}
	a = host_add("alpha", copy_of(lists[0]));
	b = host_add("beta", copy_of(lists[0]));
	host_start(a);
	host_start(b);
	watch();
	return 0;
}

static int
teardown_lists(void **state)
{
	(void)state;
	for (int i = 0; i < LISTS; i++)
		bnl_free(lists[i]);
	free(pad);
	world_end();
	return 0;
}

/* The list is on that host's disk. */
static void
put_on(struct host *h, const struct bnl *l)
{
	h->env.now = w.now;
	lists_offer(h->lists, l->raw, l->rawlen);
	collect(h);
	world_run();
	assert_true(has(h, l));
}

static void
pull(void)
{
	assert_int_not_equal(dial(b, "alpha", CONN_LIST), 0);
	world_run();
}

/* beta has the list, to the last byte. */
static void
assert_came(const struct bnl *l)
{
	assert_true(has(b, l));
	assert_int_equal(b->listlen, l->rawlen);
	assert_memory_equal(b->list, l->raw, l->rawlen);
	assert_int_equal(bnl_version_cmp(&b->mark, &l->version), 0);
}

static void
assert_whole(const struct bnl *l)
{
	assert_came(l);
	assert_int_equal(diffs, 0);
	assert_int_equal(data, l->rawlen);
	assert_null(strstr(b->text[EVENT_LIST_NEW], "difference"));
}

/* Each list between adds a line to the history. */
static void
assert_small(const struct bnl *l)
{
	assert_came(l);
	assert_int_equal(diffs, 1);
	assert_in_range(data, 1, 800 + 100 * l->nhistory);
	assert_non_null(strstr(b->text[EVENT_LIST_NEW],
			       "taken from it as a difference of "));
	assert_int_equal(b->events[EVENT_LIST_REFUSED], 0);
}

/* --- when there is one ------------------------------------------------------- */

static void
a_change_travels_alone(void **state)
{
	(void)state;
	put_on(a, lists[1]);
	pull();
	assert_small(lists[1]);
	assert_int_equal(gets, 1);
	/* The receipt came. */
	assert_int_equal(conns_count(b->cs), 0);
	assert_true(a->seen >= 2);
}

static void
several_steps_in_one(void **state)
{
	(void)state;
	for (int i = 1; i < 5; i++)
		put_on(a, lists[i]);
	pull();
	assert_small(lists[4]);
}

/* Two signatures of one text make one version: the base is the text. */
static void
a_base_signed_twice(void **state)
{
	size_t len = lists[0]->signedlen, n;
	struct bnl_blocks block;
	char *raw;

	(void)state;
	assert_int_equal(
		bnl_blocks_read(&block, lists[0]->raw, lists[0]->rawlen, NULL),
		0);
	/* The same text and version; the bytes behind it are others. */
	n = lists[0]->rawlen;
	raw = malloc(n);
	memcpy(raw, lists[0]->raw, n);
	memset(raw + len, '#', n - len);
	host_stop(b);
	memcpy((char *)(uintptr_t)b->bnl->raw, raw, n);
	free(raw);
	host_start(b);
	put_on(a, lists[1]);
	pull();
	assert_small(lists[1]);
}

/* --- when there is none --------------------------------------------------------- */

static void
away_for_too_long(void **state)
{
	(void)state;
	for (int i = 1; i <= LIST_DIFFS + 1; i++)
		put_on(a, lists[i]);
	pull();
	assert_whole(lists[LIST_DIFFS + 1]);
}

static void
away_for_just_so_long(void **state)
{
	(void)state;
	for (int i = 1; i <= LIST_DIFFS; i++)
		put_on(a, lists[i]);
	pull();
	assert_small(lists[LIST_DIFFS]);
}

static void
a_list_the_sender_never_had(void **state)
{
	struct bnl *other = list_after(lists[0], T0 + 5, "# another\n");

	(void)state;
	put_on(b, other);
	put_on(a, lists[2]);
	pull();
	assert_whole(lists[2]);
	bnl_free(other);
}

static void
a_sender_that_was_restarted(void **state)
{
	(void)state;
	put_on(a, lists[1]);
	host_stop(a);
	host_start(a);
	pull();
	assert_whole(lists[1]);
}

static void
a_receiver_without_a_list(void **state)
{
	(void)state;
	host_stop(b);
	bnl_free(b->bnl);
	b->bnl = NULL;
	host_start(b);
	put_on(a, lists[1]);
	pull();
	assert_whole(lists[1]);
}

/* All lines are others: the difference would be too long. */
static void
another_list_altogether(void **state)
{
	char *body = padding(2 * LARGE);
	struct bnl *l;

	(void)state;
	for (char *p = body; (p = strchr(p, '#')) != NULL; p++)
		p[2] = 'x';
	l = make_list(lists[0], T0 + 10, BOTH, body);
	free(body);
	put_on(a, l);
	pull();
	assert_whole(l);
	bnl_free(l);
}

/* beta's own disk was faster, with a list that is not the base. */
static void
the_base_is_replaced_meanwhile(void **state)
{
	struct bnl *other = list_after(lists[0], T0 + 15, "# another\n");

	(void)state;
	put_on(a, lists[2]);
	b->disk_stuck = true;
	b->env.now = w.now;
	lists_offer(b->lists, other->raw, other->rawlen);
	collect(b);
	pull();
	assert_int_equal(diffs, 1);
	b->disk_stuck = false;
	world_run();
	assert_came(lists[2]);
	assert_int_equal(gets, 2);
	assert_int_equal(b->events[EVENT_LIST_REFUSED], 0);
	bnl_free(other);
}

/* --- those that are of no use ------------------------------------------------------ */

static size_t at; /* of the byte that is changed */
static bool all;  /* in whole lists, too */

static void
change_data(uint8_t *frame, size_t *len)
{
	watch_alpha(frame, len);
	if (frame[0] == FRAME_LIST_DATA && (diffs == 1 || all) &&
	    at < *len - FRAME_HEADER_LEN && data < 20000)
		frame[FRAME_HEADER_LEN + at] ^= 1;
	diffs += frame[0] == FRAME_LIST_DATA && diffs == 1;
}

static void
assert_fell_back(void)
{
	assert_int_equal(gets, 2);
	assert_came(lists[1]);
	assert_int_equal(b->events[EVENT_LIST_REFUSED], 1);
	assert_non_null(strstr(b->text[EVENT_LIST_REFUSED], "alpha"));
	assert_non_null(strstr(b->text[EVENT_LIST_REFUSED], "difference"));
	assert_null(strstr(b->text[EVENT_LIST_NEW], "difference"));
}

static void
changed_at(size_t byte)
{
	at = byte;
	all = false;
	put_on(a, lists[1]);
	a->plain.tamper = change_data;
	pull();
	assert_fell_back();
	/* It is asked for whole lists from now on, and it is asked. */
	watch();
	put_on(a, lists[2]);
	pull();
	assert_whole(lists[2]);
	assert_int_equal(gets, 1);
}

/* The length of the first copy. */
static void
does_not_fit(void **state)
{
	(void)state;
	changed_at(3);
}

/* A byte of the text, which then is not what was signed. */
static void
leads_to_another_text(void **state)
{
	(void)state;
	changed_at(40);
}

/* The list that comes whole is wrong, too: that is held against alpha. */
static void
and_the_list_is_wrong_too(void **state)
{
	(void)state;
	at = 40;
	all = true;
	put_on(a, lists[1]);
	a->plain.tamper = change_data;
	pull();
	quiet_end();
	assert_true(has(b, lists[0]));
	assert_int_equal(gets, 2);
	assert_int_equal(b->events[EVENT_LIST_REFUSED], 2);
	watch();
	pull();
	quiet_end();
	assert_int_equal(gets, 0);
	world_pass(HOUR_MS);
	pull();
	assert_came(lists[1]);
}

/* A difference that is right, from a base that beta does not have. */
static void
leads_from_another_list(void **state)
{
	struct bnl *other = list_after(lists[0], T0 + 5, "# another\n");

	(void)state;
	put_on(a, lists[1]);
	give(b, other);
	b->env.version = lists[0]->version;
	b->bnl->version = lists[0]->version;
	pull();
	assert_fell_back();
	bnl_free(other);
}

/* --- against the protocol ------------------------------------------------------------- */

static uint32_t false_len;
static bool twice, late;

static void
change_length(uint8_t *frame, size_t *len)
{
	watch_alpha(frame, len);
	if (frame[0] == FRAME_LIST_DIFF && false_len != UINT32_MAX)
		put_be32(frame + FRAME_HEADER_LEN, false_len);
	if (frame[0] == FRAME_LIST_DIFF && twice) {
		memcpy(frame + *len, frame, *len);
		*len *= 2;
	}
	if (frame[0] == FRAME_LIST_DATA && late) {
		frame_header_write(frame + *len, FRAME_LIST_DIFF,
				   LIST_DIFF_LEN);
		put_be32(frame + *len + FRAME_HEADER_LEN, 100);
		*len += FRAME_HEADER_LEN + LIST_DIFF_LEN;
	}
}

static void
assert_breaks(const char *why)
{
	put_on(a, lists[1]);
	a->plain.tamper = change_length;
	pull();
	quiet_end();
	assert_true(has(b, lists[0]));
	assert_non_null(strstr(a->text[EVENT_PEER_REFUSED], "protocol"));
	assert_non_null(strstr(b->text[EVENT_PEER_REFUSED], why));
	assert_int_equal(b->env.refused[REFUSAL_MEMORY], 0);
}

static void
impossible_lengths(void **state)
{
	const uint32_t lens[] = { 0, LIST_DIFF_MAX + 1, 0xffffffff - 1,
				  (uint32_t)lists[1]->rawlen };

	twice = late = false;
	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		if (i > 0) {
			teardown_lists(state);
			setup_lists(state);
		}
		false_len = lens[i];
		put_on(a, lists[1]);
		a->plain.tamper = change_length;
		pull();
		quiet_end();
		assert_true(has(b, lists[0]));
		assert_int_equal(b->env.refused[REFUSAL_SIZE], 1);
		watch();
		pull();
		assert_int_equal(gets, 0);
	}
}

static void
longer_than_it_said(void **state)
{
	(void)state;
	twice = late = false;
	false_len = 50;
	put_on(a, lists[1]);
	a->plain.tamper = change_length;
	pull();
	quiet_end();
	assert_true(has(b, lists[0]));
	assert_int_equal(b->env.refused[REFUSAL_OTHER], 1);
}

static void
said_twice(void **state)
{
	(void)state;
	twice = true;
	late = false;
	false_len = UINT32_MAX;
	assert_breaks("difference");
}

/* In the middle of a list that comes whole. */
static void
said_too_late(void **state)
{
	(void)state;
	twice = false;
	late = true;
	false_len = UINT32_MAX;
	host_stop(a);
	give(a, lists[1]);
	host_start(a);
	a->plain.tamper = change_length;
	pull();
	quiet_end();
	assert_true(has(b, lists[0]));
	assert_non_null(strstr(b->text[EVENT_PEER_REFUSED], "difference"));
}

/* The base on its way to alpha is put in by somebody: beta named none. */
static void
put_base(uint8_t *frame, size_t *len)
{
	watch_beta(frame, len);
	if (frame[0] == FRAME_LIST_GET)
		bnl_version_write(frame + FRAME_HEADER_LEN +
					  BNL_VERSION_WIRE_LEN,
				  &lists[1]->version);
}

static void
nobody_asked(void **state)
{
	(void)state;
	at = 40;
	all = false;
	put_on(a, lists[1]);
	a->plain.tamper = change_data;
	pull();
	assert_fell_back();
	put_on(a, lists[2]);
	watch();
	b->plain.tamper = put_base;
	pull();
	quiet_end();
	assert_int_equal(diffs, 1);
	assert_true(has(b, lists[1]));
	assert_non_null(strstr(b->text[EVENT_PEER_REFUSED], "difference"));
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup_lists, teardown_lists)
	const struct CMUnitTest tests[] = {
		T(a_change_travels_alone),
		T(several_steps_in_one),
		T(a_base_signed_twice),
		T(away_for_too_long),
		T(away_for_just_so_long),
		T(a_list_the_sender_never_had),
		T(a_sender_that_was_restarted),
		T(a_receiver_without_a_list),
		T(another_list_altogether),
		T(the_base_is_replaced_meanwhile),
		T(does_not_fit),
		T(leads_to_another_text),
		T(and_the_list_is_wrong_too),
		T(leads_from_another_list),
		T(impossible_lengths),
		T(longer_than_it_said),
		T(said_twice),
		T(said_too_late),
		T(nobody_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
