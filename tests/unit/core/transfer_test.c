/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How lists spread: what is taken, what is refused, who is asked again. */
#include "list_world.h"

/* --- what is taken --------------------------------------------------------- */

static void
assert_taken(void)
{
	assert_true(has(a, v2));
	assert_true(has(b, v2));
	assert_int_equal(b->listlen, v2->rawlen);
	assert_memory_equal(b->list, v2->raw, v2->rawlen);
	assert_int_equal(bnl_version_cmp(&b->mark, &v2->version), 0);
	assert_int_equal(bnl_version_cmp(lists_mark(b->lists), &v2->version),
			 0);
	assert_int_equal(b->events[EVENT_LIST_NEW], 1);
	assert_int_equal(a->events[EVENT_LIST_NEW], 0);
	assert_int_equal(b->events[EVENT_LIST_REFUSED], 0);
}

static void
newer_is_pulled(void **state)
{
	(void)state;
	assert_int_not_equal(dial(b, "alpha", CONN_LIST), 0);
	world_run();
	assert_taken();
	/* The receipt came; nobody waits for anything. */
	assert_int_equal(conns_count(a->cs), 0);
	assert_int_equal(conns_count(b->cs), 0);
	assert_true(a->seen >= 2);
}

static void
newer_is_pushed(void **state)
{
	(void)state;
	assert_int_not_equal(dial(a, "beta", CONN_LIST), 0);
	world_run();
	assert_taken();
	assert_int_equal(conns_count(a->cs), 0);
}

static void
newer_comes_with_a_negotiation(void **state)
{
	(void)state;
	assert_int_not_equal(dial(b, "alpha", CONN_PAIR), 0);
	world_run();
	assert_taken();
	assert_int_equal(a->negotiated, 1);
	assert_int_equal(b->negotiated, 1);
}

static void
large_lists_in_pieces(void **state)
{
	(void)state;
	w.chunk = 20000;
	assert_int_not_equal(dial(b, "alpha", CONN_LIST), 0);
	world_run();
	assert_taken();
}

/* Bytes are made as the wire takes them: what waits is one frame or so. */
static void
a_slow_wire_keeps_memory_small(void **state)
{
	struct wire *x = &w.wires[0];
	uint8_t mem[64];

	(void)state;
	assert_int_not_equal(dial(b, "alpha", CONN_LIST), 0);
	for (int i = 0; i < 100000 && !has(b, v2); i++) {
		struct host *h = &w.h[x->s[1].host];

		if (!world_step())
			break;
		if (!x->used || x->s[1].gone)
			continue;
		/* 64 bytes at a time out of the sender. */
		h->env.now = w.now;
		buf_put(&x->s[1].out, mem,
			conns_drain(h->cs, x->s[1].id, mem, sizeof(mem)));
		collect(h);
	}
	world_run();
	assert_taken();
}

static void
same_is_not_sent(void **state)
{
	(void)state;
	give(b, v2);
	assert_int_not_equal(dial(b, "alpha", CONN_LIST), 0);
	world_run();
	assert_int_equal(conns_count(b->cs), 0);
	assert_int_equal(b->events[EVENT_LIST_NEW], 0);
	assert_null(b->list);
	assert_int_equal(a->seen, 1);
	assert_int_equal(b->seen, 1);
}

static void
nothing_older_is_taken(void **state)
{
	(void)state;
	assert_int_not_equal(dial(a, "beta", CONN_LIST), 0);
	world_run();
	assert_true(has(a, v2));
	assert_null(a->list);
}

/* --- what is refused ------------------------------------------------------- */

static unsigned int drips; /* LIST_DATA frames cut to a byte */
static unsigned int gets;  /* LIST_GET frames seen on the wires */

static void
count_gets(uint8_t *frame, size_t *len)
{
	(void)len;
	gets += frame[0] == FRAME_LIST_GET;
}

static void
watch(void)
{
	gets = drips = 0;
	a->plain.tamper = b->plain.tamper = count_gets;
}

/* The announcer is left alone for so long, then asked once more. */
static void
assert_muted_for(int64_t ms)
{
	gets = 0;
	world_pass(ms - 60000);
	assert_int_not_equal(dial(b, "alpha", CONN_LIST), 0);
	quiet_end();
	assert_int_equal(gets, 0);
	world_pass(60000);
	assert_int_not_equal(dial(b, "alpha", CONN_LIST), 0);
	quiet_end();
	assert_int_equal(gets, 1);
}

static void
wrong_signature(void **state)
{
	const struct key *other[1] = { w.other_key };
	struct bnl *evil = NULL;
	struct err e;
	size_t len;
	char *raw;

	(void)state;
	sign_list(&raw, &len, NULL, w.other_key, T0 + 20, BOTH, "");
	assert_int_equal(bnl_open(&evil, raw, len, other, 1, &e), 0);
	free(raw);
	give(a, evil);
	watch();
	assert_int_not_equal(dial(b, "alpha", CONN_LIST), 0);
	quiet_end();
	assert_int_equal(gets, 1);
	assert_true(has(b, v1));
	assert_null(b->list);
	assert_int_equal(b->events[EVENT_LIST_REFUSED], 1);
	assert_non_null(strstr(b->text[EVENT_LIST_REFUSED], "alpha"));
	assert_muted_for(HOUR_MS);
	assert_true(has(b, v1));
	assert_muted_for(2 * HOUR_MS);
	/* Once it delivers a proper one all is forgotten. */
	give(a, v2);
	world_pass(5 * HOUR_MS);
	assert_int_not_equal(dial(b, "alpha", CONN_LIST), 0);
	quiet_end();
	assert_true(has(b, v2));
	bnl_free(evil);
}

static uint32_t false_len;

static void
change_length(uint8_t *frame, size_t *len)
{
	if (frame[0] == FRAME_LIST_HAVE && *len == 48 &&
	    get_be32(frame + 44) == v2->rawlen)
		put_be32(frame + 44, false_len);
	count_gets(frame, len);
}

static void
assert_length_refused(uint32_t announced, unsigned int asked, int64_t mute_ms)
{
	watch();
	false_len = announced;
	a->plain.tamper = change_length;
	assert_int_not_equal(dial(b, "alpha", CONN_LIST), 0);
	quiet_end();
	assert_int_equal(gets, asked);
	assert_true(has(b, v1));
	assert_true(b->events[EVENT_LIST_REFUSED] > 0);
	a->plain.tamper = count_gets;
	assert_muted_for(mute_ms);
	assert_true(has(b, v2));
}

static void
too_large_at_the_announcement(void **state)
{
	(void)state;
	assert_length_refused(BNL_BYTES_MAX + 1, 0, HOUR_MS);
}

static void
empty_at_the_announcement(void **state)
{
	(void)state;
	assert_length_refused(0, 0, HOUR_MS);
}

static void
more_than_announced(void **state)
{
	(void)state;
	assert_length_refused((uint32_t)v2->rawlen - 1, 1, HOUR_MS);
}

static void
less_than_announced(void **state)
{
	(void)state;
	assert_length_refused((uint32_t)v2->rawlen + 1, 1, MINUTE_MS);
}

static void
change_version(uint8_t *frame, size_t *len)
{
	/* In HELLO and HAVE alike: a digest that no list has. */
	if (frame[0] == FRAME_LIST_HAVE)
		frame[4 + 39] ^= 1;
	count_gets(frame, len);
}

static void
take_any_get(uint8_t *frame, size_t *len)
{
	if (frame[0] == FRAME_LIST_GET)
		frame[4 + 39] ^= 1;
	count_gets(frame, len);
}

static void
not_the_version_announced(void **state)
{
	(void)state;
	watch();
	a->plain.tamper = change_version;
	b->plain.tamper = take_any_get;
	assert_int_not_equal(dial(b, "alpha", CONN_LIST), 0);
	quiet_end();
	assert_int_equal(gets, 1);
	assert_true(has(b, v1));
	assert_non_null(strstr(b->text[EVENT_LIST_REFUSED], "announced"));
	a->plain.tamper = b->plain.tamper = count_gets;
	assert_muted_for(HOUR_MS);
	assert_true(has(b, v2));
}

static void
no_data(uint8_t *frame, size_t *len)
{
	if (frame[0] == FRAME_LIST_DATA)
		*len = 0;
	count_gets(frame, len);
}

static void
announced_and_not_delivered(void **state)
{
	(void)state;
	watch();
	a->plain.tamper = no_data;
	assert_int_not_equal(dial(b, "alpha", CONN_LIST), 0);
	quiet_end();
	assert_true(has(b, v1));
	assert_int_equal(b->events[EVENT_LIST_REFUSED], 1);
	a->plain.tamper = count_gets;
	assert_muted_for(HOUR_MS);
	assert_true(has(b, v2));
}

static void
drop_have(uint8_t *frame, size_t *len)
{
	if (frame[0] == FRAME_LIST_HAVE)
		*len = 0;
}

static void
announced_and_not_answered(void **state)
{
	(void)state;
	a->plain.tamper = drop_have;
	assert_int_not_equal(dial(b, "alpha", CONN_LIST), 0);
	quiet_end();
	assert_true(has(b, v1));
	assert_int_equal(b->events[EVENT_LIST_REFUSED], 1);
	a->plain.tamper = NULL;
	watch();
	assert_muted_for(HOUR_MS);
}

static void
cut_short(void **state)
{
	(void)state;
	watch();
	w.chunk = 20000;
	assert_int_not_equal(dial(b, "alpha", CONN_LIST), 0);
	while (gets == 0)
		assert_true(world_step());
	for (int i = 0; i < 20; i++)
		assert_true(world_step());
	host_stop(a);
	world_run();
	assert_true(has(b, v1));
	assert_int_equal(conns_count(b->cs), 0);
	host_start(a);
	assert_muted_for(MINUTE_MS);
	assert_true(has(b, v2));
}

static void
one_byte_at_a_time(uint8_t *frame, size_t *len)
{
	if (frame[0] == FRAME_LIST_DATA) {
		drips++;
		put_be16(frame + 2, 1);
		*len = FRAME_HEADER_LEN + 1;
	}
	count_gets(frame, len);
}

/* The connection is lost while the list is under way. */
static void
lost_with(void (*tamper)(uint8_t *, size_t *), int64_t ms)
{
	watch();
	a->plain.tamper = tamper;
	assert_int_not_equal(dial(b, "alpha", CONN_LIST), 0);
	world_run();
	assert_int_equal(gets, 1);
	host_stop(a);
	world_run();
	assert_int_equal(conns_count(b->cs), 0);
	assert_int_equal(b->env.refused[REFUSAL_UNDELIVERED], 1);
	host_start(a);
	a->plain.tamper = count_gets;
	assert_muted_for(ms);
	assert_true(has(b, v2));
}

static void
lost_before_the_first_byte(void **state)
{
	(void)state;
	lost_with(no_data, HOUR_MS);
}

static void
lost_after_one_byte(void **state)
{
	(void)state;
	lost_with(one_byte_at_a_time, MINUTE_MS);
	assert_int_equal(drips, 1);
}

/* A frame every five seconds: never idle, and never done. */
static void
dripping_is_ended(void **state)
{
	struct monotime start = w.now.mono;
	struct wire *x = &w.wires[0];

	(void)state;
	watch();
	a->plain.tamper = one_byte_at_a_time;
	w.chunk = 20000;
	assert_int_not_equal(dial(b, "alpha", CONN_LIST), 0);
	while (gets == 0 || buf_len(&x->s[1].out) < 19 * 8)
		assert_true(world_step());
	x->held = true;
	while (conns_count(b->cs) > 0) {
		world_pass(5000);
		deliver(x, 1, 8);
		assert_true(mono_ms(start, w.now.mono) <= 70000);
	}
	assert_true(mono_ms(start, w.now.mono) >= 60000);
	assert_true(has(b, v1));
	assert_int_equal(b->events[EVENT_LIST_REFUSED], 1);
	x->held = false;
	a->plain.tamper = count_gets;
	assert_muted_for(HOUR_MS);
}

static void
far_future(void **state)
{
	struct bnl *far =
		make_list(v2, WORLD_START + BNL_FUTURE_MAX_S + 3600, BOTH, "");

	(void)state;
	give(a, far);
	watch();
	assert_int_not_equal(dial(b, "alpha", CONN_LIST), 0);
	quiet_end();
	assert_true(has(b, v1));
	assert_int_equal(gets, 1);
	assert_int_equal(b->events[EVENT_LIST_REFUSED], 1);
	/* Time makes it a proper one. */
	world_pass(2 * HOUR_MS);
	assert_int_not_equal(dial(b, "alpha", CONN_LIST), 0);
	quiet_end();
	assert_true(has(b, far));
	bnl_free(far);
}

/* Another peer that announces the same list is not asked for it either. */
static void
far_future_from_another(void **state)
{
	const char *const all = BOTH " gamma";
	struct bnl *three = make_list(v2, T0 + 20, all, "");
	struct bnl *far = make_list(
		three, WORLD_START + BNL_FUTURE_MAX_S + 3600, all, "");
	struct host *gamma;

	(void)state;
	begin_with(b, three);
	give(a, far);
	gamma = host_add("gamma", copy_of(far));
	host_start(gamma);
	watch();
	gamma->plain.tamper = count_gets;
	assert_int_not_equal(dial(b, "alpha", CONN_LIST), 0);
	quiet_end();
	assert_int_equal(gets, 1);
	assert_int_not_equal(dial(b, "gamma", CONN_LIST), 0);
	quiet_end();
	assert_int_equal(gets, 1);
	assert_int_equal(b->events[EVENT_LIST_REFUSED], 1);
	assert_true(has(b, three));
	bnl_free(far);
	bnl_free(three);
}

static void
disk_that_fails(void **state)
{
	(void)state;
	b->disk_fails = true;
	assert_int_not_equal(dial(b, "alpha", CONN_LIST), 0);
	quiet_end();
	assert_true(has(b, v1));
	assert_int_equal(b->events[EVENT_STORE_FAILED], 1);
	assert_int_equal(b->events[EVENT_LIST_NEW], 0);
	assert_int_equal(bnl_version_cmp(lists_mark(b->lists), &v1->version),
			 0);
	b->disk_fails = false;
	world_pass(60000);
	assert_int_not_equal(dial(b, "alpha", CONN_LIST), 0);
	quiet_end();
	assert_taken();
}

/* --- in the middle of things ------------------------------------------------ */

static void
another_list_while_sending(void **state)
{
	struct bnl *v3 = make_list(v2, T0 + 30, BOTH, "");

	(void)state;
	w.chunk = 20000;
	watch();
	assert_int_not_equal(dial(b, "alpha", CONN_LIST), 0);
	while (gets == 0)
		assert_true(world_step());
	for (int i = 0; i < 10; i++)
		assert_true(world_step());
	lists_offer(a->lists, v3->raw, v3->rawlen);
	collect(a);
	world_run();
	assert_true(has(a, v3));
	assert_true(has(b, v3));
	assert_int_equal(b->events[EVENT_LIST_REFUSED], 0);
	quiet_end();
	bnl_free(v3);
}

static void
two_transfers_at_a_time(void **state)
{
	static const char *const names[] = { "gamma", "delta", "eps", "zeta" };
	char *pad = padding(100000);
	struct bnl *lists[4];
	unsigned int most = 0;

	(void)state;
	give(b, v1);
	bnl_free(v2);
	v2 = make_list(v1, T0 + 10, BOTH " gamma delta eps zeta", "");
	give(b, v2);
	w.chunk = 20000;
	for (int i = 0; i < 4; i++) {
		/* Different lists, so that each is worth fetching. */
		lists[i] = make_list(v2, T0 + 50 - i,
				     BOTH " gamma delta eps "
					  "zeta",
				     pad);
		host_start(host_add(names[i], copy_of(lists[i])));
		w.h[2 + i].plain.tamper = count_gets;
	}
	b->plain.tamper = count_gets;
	gets = 0;
	b->disk_stuck = true;
	for (int i = 3; i >= 0; i--) {
		assert_int_not_equal(dial(b, names[i], CONN_LIST), 0);
		world_run();
	}
	most = gets;
	assert_int_equal(most, 2);
	b->disk_stuck = false;
	world_run();
	world_pass(1000);
	assert_true(has(b, lists[0]));
	for (int i = 0; i < 4; i++)
		bnl_free(lists[i]);
	free(pad);
}

/* Whoever delivers it dies in the middle, without a word: another one that
 * has it, too, is asked before long. */
static void
another_delivers_what_stalls(void **state)
{
	struct host *gamma;
	struct bnl *old;

	(void)state;
	old = make_list(v1, T0 + 5, BOTH " gamma", "");
	bnl_free(v2);
	v2 = make_list(old, T0 + 10, BOTH " gamma", "");
	begin_with(a, v2);
	begin_with(b, old);
	gamma = host_add("gamma", copy_of(v2));
	host_start(gamma);
	watch();
	a->plain.tamper = no_data;
	assert_int_not_equal(dial(b, "alpha", CONN_LIST), 0);
	world_run();
	assert_int_equal(gets, 1);
	assert_int_not_equal(dial(b, "gamma", CONN_LIST), 0);
	world_run();
	world_pass(500);
	assert_int_equal(gets, 1);
	assert_true(has(b, old));
	world_pass(400);
	assert_int_equal(gets, 2);
	assert_true(has(b, v2));
	bnl_free(old);
}

/* Whoever sends a list slowly, be it one that there is or not, does not keep
 * it from coming from others. */
static void
dripping_holds_nobody_up(void **state)
{
	struct wire *x = &w.wires[0];
	char *pad = padding(300000);
	struct host *gamma;
	struct bnl *old;

	(void)state;
	old = make_list(v1, T0 + 5, BOTH " gamma", "");
	bnl_free(v2);
	v2 = make_list(old, T0 + 10, BOTH " gamma", pad);
	free(pad);
	begin_with(a, v2);
	begin_with(b, old);
	gamma = host_add("gamma", copy_of(v2));
	host_start(gamma);
	watch();
	a->plain.tamper = one_byte_at_a_time;
	w.chunk = 20000;
	assert_int_not_equal(dial(b, "alpha", CONN_LIST), 0);
	while (gets == 0 || buf_len(&x->s[1].out) < 19 * 8)
		assert_true(world_step());
	x->held = true;
	assert_int_not_equal(dial(b, "gamma", CONN_LIST), 0);
	for (int i = 0; i < 8; i++) {
		for (int j = 0; j < 2; j++) {
			world_pass(500);
			deliver(x, 1, 8);
		}
		/* Not at once, since it may well come. */
		assert_true(i >= 4 || has(b, old));
	}
	assert_true(has(b, v2));
	assert_int_equal(b->events[EVENT_LIST_REFUSED], 0);
	x->held = false;
	bnl_free(old);
}

/* Nor does one node take all room by more than one connection. */
static void
one_transfer_of_a_node(void **state)
{
	struct bnl *both = make_list(v1, T0 + 5, BOTH " gamma", "");
	struct bnl *v3 = make_list(v2, T0 + 30, BOTH " gamma", "");
	struct host *gamma;

	(void)state;
	begin_with(a, v3);
	begin_with(b, both);
	gamma = host_add("gamma", copy_of(v3));
	host_start(gamma);
	watch();
	gamma->plain.tamper = count_gets;
	a->plain.tamper = no_data;
	assert_int_not_equal(dial(b, "alpha", CONN_LIST), 0);
	world_run();
	assert_int_not_equal(dial(b, "alpha", CONN_LIST), 0);
	assert_int_not_equal(dial(a, "beta", CONN_LIST), 0);
	world_run();
	world_pass(5000);
	assert_int_equal(gets, 1);
	assert_true(has(b, both));
	assert_int_not_equal(dial(b, "gamma", CONN_LIST), 0);
	world_run();
	assert_true(has(b, v3));
	bnl_free(both);
	bnl_free(v3);
}

/* --- the mark --------------------------------------------------------------- */

static void
below_the_mark(void **state)
{
	struct bnl *v3 = make_list(v2, T0 + 30, BOTH, "");

	(void)state;
	host_stop(b);
	b->mark = v3->version;
	host_start(b);
	b->follow_wants = true;
	/* alpha's list is newer than beta's but below the mark. */
	watch();
	assert_int_not_equal(dial(b, "alpha", CONN_LIST), 0);
	world_run();
	assert_int_equal(gets, 0);
	assert_true(has(b, v1));
	/* It negotiates with nobody. */
	assert_int_equal(dial(b, "alpha", CONN_PAIR), 0);
	assert_int_not_equal(dial(a, "beta", CONN_PAIR), 0);
	world_run();
	assert_int_equal(a->failed, 1);
	assert_true(a->last_failed.behind);
	assert_int_equal(a->negotiated + b->negotiated, 0);
	/* Not from the disk either. */
	lists_offer(b->lists, v2->raw, v2->rawlen);
	collect(b);
	world_run();
	assert_true(has(b, v1));
	assert_non_null(strstr(b->text[EVENT_LIST_REFUSED], "ever taken"));
	/* It looks for a current one, more often than the rest. */
	give(a, v3);
	world_pass(30000);
	assert_true(has(b, v3));
	assert_int_not_equal(dial(b, "alpha", CONN_PAIR), 0);
	world_run();
	assert_int_equal(b->negotiated, 1);
	bnl_free(v3);
}

/* A list below the mark may be older than a peer in it: what is stored of the
 * peer stays until there is a current list. */
static void
secrets_outlast_a_list_below_the_mark(void **state)
{
	struct bnl *old = make_list(NULL, T0 - 10, "beta", "");

	(void)state;
	assert_int_not_equal(dial(b, "alpha", CONN_PAIR), 0);
	world_run();
	assert_non_null(held(b, a));
	host_stop(b);
	give(b, old);
	host_start(b);
	assert_non_null(held(b, a));
	assert_int_not_equal(b->disk[0].len, 0);
	assert_int_equal(b->events[EVENT_PAIR_GONE], 0);
	/* With that list in force on purpose they go. */
	lists_mark_reset(b->lists);
	b->env.stale = false;
	host_check_secrets(b);
	collect(b);
	world_run();
	assert_null(held(b, a));
	bnl_free(old);
}

/* The mark itself is taken: it is of a list that was lost. */
static void
a_list_at_the_mark_is_taken(void **state)
{
	(void)state;
	host_stop(b);
	b->mark = v2->version;
	host_start(b);
	world_run();
	assert_true(has(b, v1));
	assert_int_not_equal(dial(b, "alpha", CONN_LIST), 0);
	world_run();
	assert_true(has(b, v2));
}

static void
mark_is_raised_at_start(void **state)
{
	(void)state;
	assert_int_equal(bnl_version_cmp(&a->mark, &v2->version), 0);
	assert_null(a->list); /* the list itself was not written */
	host_stop(a);
	host_start(a);
	for (int k = 0; k < TASKS_MAX; k++)
		assert_false(a->tasks[k].used);
}

static void
a_mark_that_cannot_be_written(void **state)
{
	(void)state;
	a->disk_fails = true;
	lists_mark_reset(a->lists);
	a->env.stale = false;
	collect(a);
	world_run();
	assert_int_equal(a->events[EVENT_STORE_FAILED], 1);
	assert_non_null(strstr(a->text[EVENT_STORE_FAILED], "mark"));
}

static void
from_the_disk(void **state)
{
	struct bnl *v3 = make_list(v2, T0 + 30, BOTH, "");

	(void)state;
	lists_offer(a->lists, v3->raw, v3->rawlen);
	collect(a);
	world_run();
	assert_true(has(a, v3));
	assert_null(a->list); /* it is on the disk already */
	assert_int_equal(bnl_version_cmp(&a->mark, &v3->version), 0);
	assert_int_equal(a->events[EVENT_LIST_NEW], 1);
	/* The same again is nothing. */
	lists_offer(a->lists, v3->raw, v3->rawlen);
	collect(a);
	world_run();
	assert_int_equal(a->events[EVENT_LIST_NEW], 1);
	assert_int_equal(a->events[EVENT_LIST_REFUSED], 0);
	/* An older one, a broken one, none at all. */
	lists_offer(a->lists, v2->raw, v2->rawlen);
	collect(a);
	world_run();
	assert_int_equal(a->events[EVENT_LIST_REFUSED], 1);
	assert_non_null(strstr(a->text[EVENT_LIST_REFUSED],
			       "older than the one in force"));
	lists_offer(a->lists, "nonsense\n", 9);
	collect(a);
	world_run();
	assert_int_equal(a->events[EVENT_LIST_REFUSED], 2);
	lists_offer(a->lists, "", 0);
	lists_offer(a->lists, "", BNL_BYTES_MAX + 1);
	collect(a);
	assert_int_equal(a->events[EVENT_LIST_REFUSED], 4);
	assert_true(has(a, v3));
	/* The administrator's way back. */
	lists_mark_reset(a->lists);
	a->env.stale = false;
	collect(a);
	world_run();
	assert_int_equal(a->mark.timestamp.s, 0);
	lists_offer(a->lists, v2->raw, v2->rawlen);
	collect(a);
	world_run();
	assert_true(has(a, v2));
	assert_int_equal(bnl_version_cmp(&a->mark, &v2->version), 0);
	/* Once only. */
	lists_offer(a->lists, v1->raw, v1->rawlen);
	collect(a);
	world_run();
	assert_true(has(a, v2));
	bnl_free(v3);
}

/* --- forks ------------------------------------------------------------------ */

static void
two_people_signed_at_once(void **state)
{
	struct bnl *other = make_list(v1, T0 + 5, BOTH, "# the other\n");

	(void)state;
	give(b, other); /* also a child of v1, and older than v2 */
	assert_int_not_equal(dial(b, "alpha", CONN_LIST), 0);
	quiet_end();
	assert_true(has(b, v2));
	assert_int_equal(b->events[EVENT_LIST_FORK], 1);
	assert_int_equal(a->events[EVENT_LIST_FORK], 1);
	bnl_free(other);
}

static void
no_alarm_for_a_descendant(void **state)
{
	(void)state;
	assert_int_not_equal(dial(b, "alpha", CONN_LIST), 0);
	quiet_end();
	assert_taken();
	assert_int_equal(a->events[EVENT_LIST_FORK], 0);
	assert_int_equal(b->events[EVENT_LIST_FORK], 0);
}

/* --- names that are not in the list ----------------------------------------- */

static struct host *g;

static void
add_gamma(void)
{
	bnl_free(v2);
	v2 = make_list(v1, T0 + 10, BOTH " gamma", "");
	begin_with(a, v1);
	g = host_add("gamma", copy_of(v2));
	host_start(g);
	world_run();
}

static void
a_new_node_delivers_the_list_it_is_in(void **state)
{
	(void)state;
	add_gamma();
	assert_int_not_equal(dial(g, "alpha", CONN_PAIR), 0);
	world_run();
	assert_true(has(a, v2));
	assert_int_equal(g->failed, 1);
	assert_true(g->last_failed.behind);
	assert_int_equal(g->negotiated + a->negotiated, 0);
	quiet_end();
	/* Now it is one. */
	assert_int_not_equal(dial(g, "alpha", CONN_PAIR), 0);
	world_run();
	assert_int_equal(g->negotiated, 1);
	assert_int_equal(a->negotiated, 1);
}

static void
a_stranger_with_nothing_newer(void **state)
{
	struct bnl *same = make_list(v1, T0, BOTH " gamma", "");

	(void)state;
	add_gamma();
	give(a, v2);
	bnl_free(v2);
	v2 = make_list(a->bnl, T0 + 40, BOTH, "");
	give(a, v2);
	assert_int_not_equal(dial(g, "alpha", CONN_PAIR), 0);
	world_run();
	assert_int_equal(g->failed, 1);
	assert_false(g->last_failed.behind);
	assert_int_equal(a->events[EVENT_PEER_REFUSED], 1);
	assert_int_equal(g->events[EVENT_PEER_REFUSED], 1);
	assert_non_null(strstr(g->text[EVENT_PEER_REFUSED], "not in the list"));
	/* It learned which list that was. */
	assert_non_null(strstr(g->text[EVENT_PEER_REFUSED], "2027"));
	assert_int_equal(conns_count(g->cs), 0);
	/* Told once, not every time. */
	world_pass(60000);
	assert_int_not_equal(dial(g, "alpha", CONN_PAIR), 0);
	world_run();
	assert_int_equal(g->failed, 2);
	assert_int_equal(a->events[EVENT_PEER_REFUSED], 1);
	assert_int_equal(g->events[EVENT_PEER_REFUSED], 1);
	bnl_free(same);
}

static void
strangers_one_at_a_time_one_a_minute(void **state)
{
	struct host *d;

	(void)state;
	bnl_free(v2);
	v2 = make_list(v1, T0 + 10, BOTH " gamma delta", "");
	begin_with(a, v1);
	g = host_add("gamma", copy_of(v2));
	d = host_add("delta", copy_of(v2));
	host_start(g);
	host_start(d);
	a->disk_stuck = true;
	g->plain.tamper = no_data;
	assert_int_not_equal(dial(g, "alpha", CONN_LIST), 0);
	world_run();
	assert_int_equal(conns_count(a->cs), 1);
	/* delta waits for its turn: refused. */
	assert_int_not_equal(dial(d, "alpha", CONN_LIST), 0);
	world_run();
	assert_int_equal(d->events[EVENT_PEER_REFUSED], 1);
	assert_int_equal(conns_count(a->cs), 1);
	/* gamma does not deliver and is cut off. */
	world_pass(30000);
	assert_int_equal(conns_count(a->cs), 0);
	a->disk_stuck = false;
	assert_int_not_equal(dial(d, "alpha", CONN_LIST), 0);
	world_run();
	assert_true(has(a, v2));
}

/* However busy it is, it has half a minute. */
static void
strangers_have_little_time(void **state)
{
	struct monotime start = w.now.mono;
	char *pad = padding(300000);
	struct wire *x = w.wires;

	(void)state;
	bnl_free(v2);
	v2 = make_list(v1, T0 + 10, BOTH " gamma", pad);
	free(pad);
	begin_with(a, v1);
	g = host_add("gamma", copy_of(v2));
	host_start(g);
	world_run();
	watch();
	g->plain.tamper = one_byte_at_a_time;
	w.chunk = 20000;
	assert_int_not_equal(dial(g, "alpha", CONN_LIST), 0);
	while (!x->used || x->s[0].host != 2)
		x++;
	while (drips < 19)
		assert_true(world_step());
	x->held = true;
	/* Frames of another length stand before these. */
	if (buf_len(&x->s[0].out) > 10 * 8)
		deliver(x, 0, buf_len(&x->s[0].out) - 10 * 8);
	while (conns_count(a->cs) > 0) {
		world_pass(5000);
		deliver(x, 0, 8);
		assert_true(mono_ms(start, w.now.mono) <= 30000);
	}
	assert_int_equal(mono_ms(start, w.now.mono), 30000);
	assert_true(has(a, v1));
}

static void
strangers_once_a_minute(void **state)
{
	(void)state;
	add_gamma();
	g->plain.tamper = drop_have;
	assert_int_not_equal(dial(g, "alpha", CONN_LIST), 0);
	world_run();
	assert_int_equal(conns_count(a->cs), 1);
	/* Ended from outside: nothing was announced falsely. */
	for (int i = 0; i < WIRES_MAX; i++)
		if (w.wires[i].used) {
			tell_closed(&w.wires[i].s[0], NULL);
			tell_closed(&w.wires[i].s[1], NULL);
		}
	g->plain.tamper = NULL;
	assert_int_not_equal(dial(g, "alpha", CONN_LIST), 0);
	world_run();
	assert_true(has(a, v1));
	world_pass(60000);
	assert_int_not_equal(dial(g, "alpha", CONN_LIST), 0);
	world_run();
	assert_true(has(a, v2));
}

static void
ask_for_the_list(uint8_t *frame, size_t *len)
{
	if (frame[0] == FRAME_LIST_HAVE) {
		frame_header_write(frame, FRAME_LIST_GET, LIST_GET_LEN);
		*len = FRAME_HEADER_LEN + LIST_GET_LEN;
	}
}

static void
strangers_get_nothing(void **state)
{
	(void)state;
	add_gamma();
	g->plain.tamper = ask_for_the_list;
	assert_int_not_equal(dial(g, "alpha", CONN_LIST), 0);
	quiet_end();
	assert_true(has(a, v1));
	assert_non_null(strstr(a->text[EVENT_PEER_REFUSED], "list-get"));
	assert_non_null(strstr(g->text[EVENT_PEER_REFUSED], "protocol"));
}

static void
without_any_list(void **state)
{
	struct host *n;

	(void)state;
	bnl_free(v2);
	v2 = make_list(v1, T0 + 10, BOTH " new", "");
	begin_with(a, v2);
	n = host_add("new", NULL);
	host_start(n);
	/* Whoever calls may deliver. */
	assert_int_not_equal(dial(a, "new", CONN_PAIR), 0);
	world_run();
	assert_true(has(n, v2));
	assert_true(a->last_failed.behind);
	assert_int_not_equal(dial(a, "new", CONN_PAIR), 0);
	world_run();
	assert_int_equal(n->negotiated, 1);
}

static void
without_any_list_it_may_call(void **state)
{
	struct host *n;

	(void)state;
	bnl_free(v2);
	v2 = make_list(v1, T0 + 10, BOTH " new", "");
	begin_with(a, v2);
	n = host_add("new", NULL);
	host_start(n);
	assert_int_equal(dial(n, "alpha", CONN_PAIR), 0);
	assert_int_not_equal(dial(n, "alpha", CONN_LIST), 0);
	world_run();
	assert_true(has(n, v2));
}

/* --- a list that ends things ------------------------------------------------ */

static void
a_removed_node_loses_all(void **state)
{
	struct bnl *v3;

	(void)state;
	assert_int_not_equal(dial(b, "alpha", CONN_PAIR), 0);
	world_run();
	assert_non_null(held(a, b));
	v3 = make_list(v2, T0 + 30, "alpha", "");
	a->plain.tamper = drop_have;
	begin_with(b, v1);
	assert_int_not_equal(dial(b, "alpha", CONN_LIST), 0);
	world_run();
	assert_int_equal(conns_count(a->cs), 1);
	lists_offer(a->lists, v3->raw, v3->rawlen);
	collect(a);
	world_run();
	assert_true(has(a, v3));
	assert_null(held(a, b));
	assert_int_equal(a->events[EVENT_PAIR_GONE], 1);
	assert_int_equal(a->disk[1].len, 0);
	assert_int_equal(conns_count(a->cs), 0);
	assert_int_equal(dial(a, "beta", CONN_LIST), 0);
	bnl_free(v3);
}

/* --- many nodes ------------------------------------------------------------- */

#define MANY 16
static const char many[] = "n00 n01 n02 n03 n04 n05 n06 n07 n08 n09 n10 n11 "
			   "n12 n13 n14 n15";

static void
begin_many(const char *pad)
{
	char name[8];

	world_begin(7);
	v1 = make_list(NULL, T0, many, pad);
	v2 = make_list(v1, T0 + 10, many, pad);
	for (int i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "n%02d", i);
		host_add(name, copy_of(v1));
		host_start(&w.h[i]);
		w.h[i].follow_wants = true;
	}
	/* The first rounds are over. */
	world_pass(20000);
}

static int
setup_many(void **state)
{
	(void)state;
	begin_many("");
	return 0;
}

static int
setup_many_large(void **state)
{
	char *pad = padding(300000);

	(void)state;
	begin_many(pad);
	free(pad);
	return 0;
}

static unsigned int
how_many_have(const struct bnl *l)
{
	unsigned int n = 0;

	for (int i = 0; i < w.n; i++)
		n += has(&w.h[i], l);
	return n;
}

static void
sign_at(struct host *h, const struct bnl *l)
{
	h->env.now = w.now;
	lists_offer(h->lists, l->raw, l->rawlen);
	lists_push(h->lists);
	collect(h);
}

static void
a_push_reaches_all(void **state)
{
	(void)state;
	sign_at(&w.h[3], v2);
	world_run();
	assert_int_equal(how_many_have(v2), MANY);
	quiet_end();
}

static void
a_push_reaches_all_though_the_signer_dies(void **state)
{
	(void)state;
	sign_at(&w.h[3], v2);
	/* It takes it and tells one other. */
	while (how_many_have(v2) < 2)
		assert_true(world_step());
	host_stop(&w.h[3]);
	world_run();
	world_pass(5000);
	assert_int_equal(how_many_have(v2), MANY);
}

/* So many others are down, the next ones by name among them. */
static void
a_push_goes_around_those_that_are_down(void **state)
{
	static const int down[] = { 4, 5, 6, 9, 12 };
	unsigned int up = MANY;

	(void)state;
	for (size_t i = 0; i < sizeof(down) / sizeof(down[0]); i++) {
		host_stop(&w.h[down[i]]);
		up--;
	}
	for (int i = 0; i < MANY; i++)
		w.h[i].conf.pullinterval = 86400;
	world_pass(400000);
	sign_at(&w.h[3], v2);
	while (how_many_have(v2) < 2)
		assert_true(world_step());
	host_stop(&w.h[3]);
	world_run();
	world_pass(12000);
	assert_int_equal(how_many_have(v2), up);
}

/* Where nobody knows an address, others are taken. */
static void
those_without_an_address(void **state)
{
	struct host *h = &w.h[2];
	char name[NODE_NAME_MAX + 1];
	unsigned int n = 0;

	(void)state;
	for (int i = 0; i < MANY; i++)
		w.h[i].conf.pullinterval = 86400;
	world_pass(400000);
	for (int i = 0; i < MANY; i++)
		w.h[i].follow_wants = false;
	/* It takes the list from a peer and is to pass it on. */
	give(&w.h[7], v2);
	dial(&w.h[7], h->name, CONN_LIST);
	world_run();
	assert_true(has(h, v2));
	while (host_wants(h, name)) {
		n++;
		lists_unreachable(h->lists, name);
		assert_in_range(n, 1, 25);
	}
	/* Nine, and twelve in the place of these. */
	assert_in_range(n, 19, 21);
}

static unsigned int
count_wants(struct host *h)
{
	char name[NODE_NAME_MAX + 1];
	unsigned int n = 0;

	h->env.now = w.now;
	while (host_wants(h, name))
		n++;
	return n;
}

/* Twice more, for those whom chance has left out; not for ever, and not when
 * all are known to have it. */
static void
passed_on_again_later(void **state)
{
	struct host *h = &w.h[2];
	unsigned int n;

	(void)state;
	for (int i = 0; i < MANY; i++) {
		w.h[i].conf.pullinterval = 86400;
		w.h[i].follow_wants = false;
	}
	world_pass(400000);
	count_wants(h);
	give(&w.h[7], v2);
	dial(&w.h[7], h->name, CONN_LIST);
	world_run();
	assert_true(has(h, v2));
	assert_int_equal(count_wants(h), 9);
	/* None of them is connected after a second: nine others are dialled,
	 * then the three that are left of twelve. */
	world_pass(900);
	assert_int_equal(count_wants(h), 0);
	world_pass(200);
	assert_int_equal(count_wants(h), 9);
	/* The next pass forgets those that nobody has dialled. */
	world_pass(1100);
	n = count_wants(h);
	world_pass(900);
	assert_in_range(n + count_wants(h), 3 + 3, 12);
	world_pass(3000);
	(void)count_wants(h);
	world_pass(7000);
	assert_in_range(count_wants(h), 3, 12);
	for (int i = 0; i < 20; i++) {
		world_pass(1100);
		(void)count_wants(h);
	}
	world_pass(600000);
	assert_int_equal(count_wants(h), 0);
}

static void
take_quietly(struct host *h, bool restart)
{
	for (int i = 0; i < MANY; i++) {
		w.h[i].conf.pullinterval = 86400;
		w.h[i].follow_wants = false;
	}
	world_pass(400000);
	if (restart)
		begin_with(h, v1);
	world_pass(20000);
	(void)count_wants(h);
	give(&w.h[7], v2);
	dial(&w.h[7], h->name, CONN_LIST);
	world_run();
	assert_true(has(h, v2));
}

/* The line has little work with differences. */
static void
a_large_list_goes_to_eight_as_a_difference(void **state)
{
	(void)state;
	take_quietly(&w.h[2], false);
	assert_int_equal(count_wants(&w.h[2]), 9);
}

/* After a start nobody has told which list it has: each may need all of it. */
static void
a_large_list_goes_whole_to_two(void **state)
{
	struct host *h = &w.h[2];

	(void)state;
	take_quietly(h, true);
	assert_int_equal(count_wants(h), 1 + 2);
	/* Two others take the place of these, when nobody is there. */
	world_pass(1100);
	assert_int_equal(count_wants(h), 1 + 2);
}

/* Silent nodes do not keep one with a session waiting for a pushed list. */
static void
pushed_first_to_those_that_were_heard(void **state)
{
	struct host *h = &w.h[2];
	char name[NODE_NAME_MAX + 1];

	(void)state;
	for (int i = 0; i < MANY; i++) {
		w.h[i].conf.pullinterval = 86400;
		w.h[i].follow_wants = false;
	}
	world_pass(400000);
	(void)count_wants(h);
	h->env.now = w.now;
	lists_news(h->lists, w.h[MANY - 1].name, &v1->version);
	give(h, v2);
	lists_push(h->lists);
	assert_true(host_wants(h, name));
	assert_string_equal(name, w.h[MANY - 1].name);
}

/* Frames of two hosts, in their order. */
#define SAID 4

struct saying {
	uint8_t type[SAID];
	unsigned int n;
};

static struct saying of_a, of_b;

static void
note_frame(struct saying *s, uint8_t type)
{
	if (s->n < SAID)
		s->type[s->n++] = type;
}

static void
note_of_a(uint8_t *frame, size_t *len)
{
	(void)len;
	note_frame(&of_a, frame[0]);
}

static void
note_of_b(uint8_t *frame, size_t *len)
{
	(void)len;
	note_frame(&of_b, frame[0]);
}

static void
note_said(void)
{
	memset(&of_a, 0, sizeof(of_a));
	memset(&of_b, 0, sizeof(of_b));
	a->plain.tamper = note_of_a;
	b->plain.tamper = note_of_b;
}

/* All that one end has to say arrives at once. */
static void
run_in_flights(void)
{
	struct wire *x = w.wires;

	while (!x->used)
		x++;
	x->held = true;
	for (int i = 0; i < 20; i++) {
		int k = i % 2;

		if (x->s[k].gone || x->s[!k].gone)
			break;
		drain(&x->s[k], 20000);
		if (buf_len(&x->s[k].out) > 0)
			deliver(x, k, 20000);
		while (world_step())
			;
	}
	x->held = false;
	world_run();
}

/* The listener can ask for the list in its first flight. */
static void
have_right_behind_the_hello(void **state)
{
	(void)state;
	begin_with(a, v2);
	begin_with(b, v1);
	note_said();
	assert_int_not_equal(dial(a, "beta", CONN_LIST), 0);
	run_in_flights();
	assert_int_equal(of_a.type[0], FRAME_HELLO);
	assert_int_equal(of_a.type[1], FRAME_LIST_HAVE);
	assert_int_equal(of_b.type[0], FRAME_HELLO);
	assert_int_equal(of_b.type[1], FRAME_LIST_GET);
	assert_true(has(b, v2));
}

/* ... and the dialler in its second one. */
static void
have_right_behind_the_listeners_hello(void **state)
{
	(void)state;
	note_said();
	assert_int_not_equal(dial(b, "alpha", CONN_LIST), 0);
	run_in_flights();
	assert_int_equal(of_a.type[0], FRAME_HELLO);
	assert_int_equal(of_a.type[1], FRAME_LIST_HAVE);
	assert_int_equal(of_a.type[2], FRAME_LIST_DATA);
	/* Its first LIST_HAVE is that of a dialler. */
	assert_int_equal(of_b.type[1], FRAME_LIST_HAVE);
	assert_int_equal(of_b.type[2], FRAME_LIST_GET);
	assert_true(has(b, v2));
}

static void
have_behind_the_confirm_of_a_listener(void **state)
{
	(void)state;
	note_said();
	assert_int_not_equal(dial(b, "alpha", CONN_PAIR), 0);
	world_run();
	assert_int_equal(of_a.type[0], FRAME_HELLO);
	assert_int_equal(of_a.type[1], FRAME_CONFIRM);
	assert_int_equal(of_a.type[2], FRAME_LIST_HAVE);
	assert_true(has(b, v2));
	assert_int_equal(a->negotiated, 1);
}

/* A listener with the same list, or an older one, announces nothing. */
static void
a_listener_without_a_newer_list_announces_none(void **state)
{
	(void)state;
	give(b, v2);
	note_said();
	assert_int_not_equal(dial(b, "alpha", CONN_LIST), 0);
	run_in_flights();
	assert_int_equal(of_a.n, 1);
	begin_with(a, v1);
	note_said();
	assert_int_not_equal(dial(b, "alpha", CONN_LIST), 0);
	run_in_flights();
	assert_true(has(a, v2));
	assert_int_equal(of_a.type[0], FRAME_HELLO);
	assert_int_equal(of_a.type[1], FRAME_LIST_GET);
}

static void
without_have(uint8_t *frame, size_t *len)
{
	if (frame[0] == FRAME_LIST_HAVE && of_a.n == 1)
		*len = 0;
	note_frame(&of_a, frame[0]);
}

/* A listener of an earlier version says nothing until it is asked. */
static void
a_listener_that_waits_for_the_question(void **state)
{
	(void)state;
	note_said();
	a->plain.tamper = without_have;
	assert_int_not_equal(dial(b, "alpha", CONN_LIST), 0);
	world_run();
	assert_int_equal(of_b.type[2], FRAME_LIST_QUERY);
	assert_int_equal(of_b.type[3], FRAME_LIST_GET);
	assert_true(has(b, v2));
}

/* A dialler that the list does not admit is told its version in the refusal,
 * and no more, though its own list is older. */
static void
nothing_is_announced_to_a_stranger(void **state)
{
	(void)state;
	begin_with(a, v2);
	g = host_add("gamma", copy_of(v1));
	host_start(g);
	world_run();
	note_said();
	g->plain.tamper = note_of_b;
	assert_int_not_equal(dial(g, "alpha", CONN_LIST), 0);
	world_run();
	assert_int_equal(of_b.type[0], FRAME_HELLO);
	assert_int_equal(of_a.n, 1);
	assert_int_equal(of_a.type[0], FRAME_REFUSE);
	assert_true(has(g, v1));
}

static void
a_list_from_the_disk_is_offered_on_open_connections(void **state)
{
	struct host *h = &w.h[2];
	struct bnl *v3 = make_list(v2, T0 + 30, many, "");

	(void)state;
	for (int i = 0; i < MANY; i++) {
		w.h[i].follow_wants = false;
		w.h[i].plain.tamper = drop_have;
	}
	/* Held open, because the older one never gets its answer. */
	give(h, v2);
	assert_int_not_equal(dial(h, "n05", CONN_LIST), 0);
	world_run();
	assert_int_equal(conns_count(h->cs), 1);
	for (int i = 0; i < MANY; i++)
		w.h[i].plain.tamper = NULL;
	sign_at(h, v3);
	world_run();
	assert_true(has(&w.h[5], v3));
	bnl_free(v3);
}

static void
a_push_on_open_connections(void **state)
{
	struct host *h = &w.h[2];

	(void)state;
	for (int i = 0; i < MANY; i++)
		w.h[i].follow_wants = false;
	h->plain.tamper = drop_have;
	give(h, v2);
	assert_int_not_equal(dial(h, "n05", CONN_LIST), 0);
	world_run();
	h->plain.tamper = NULL;
	h->env.now = w.now;
	lists_push(h->lists);
	collect(h);
	world_run();
	assert_true(has(&w.h[5], v2));
}

static void
a_pull_finds_it(void **state)
{
	(void)state;
	give(&w.h[5], v2);
	world_pass(300000 * 5 / 4);
	assert_int_equal(how_many_have(v2), MANY);
}

static void
a_push_is_retried(void **state)
{
	struct host *sleeper = &w.h[9];

	(void)state;
	host_stop(sleeper);
	for (int i = 0; i < MANY; i++)
		w.h[i].conf.pullinterval = 86400;
	world_pass(400000); /* the rounds of before are over */
	sign_at(&w.h[0], v2);
	world_run();
	assert_int_equal(how_many_have(v2), MANY - 1);
	sleeper->conf.pullinterval = 86400;
	world_pass(20000);
	/* It is back, and does not ask by itself. */
	host_start(sleeper);
	sleeper->follow_wants = false;
	world_pass(60000);
	assert_true(has(sleeper, v2));
}

static void
news_by_datagram_lead_to_a_pull(void **state)
{
	char name[NODE_NAME_MAX + 1];

	(void)state;
	for (int i = 0; i < MANY; i++)
		w.h[i].conf.pullinterval = 86400;
	world_pass(400000);
	give(&w.h[5], v2);
	w.h[6].env.now = w.now;
	lists_news(w.h[6].lists, "n05", &v2->version);
	lists_news(w.h[6].lists, "n05", &v2->version);
	collect(&w.h[6]);
	world_run();
	assert_true(has(&w.h[6], v2));
	/* An old datagram does not make it forget who has the list. */
	w.h[6].follow_wants = false;
	lists_news(w.h[6].lists, "n05", &v1->version);
	lists_push(w.h[6].lists);
	while (host_wants(&w.h[6], name))
		assert_string_not_equal(name, "n05");
	/* Of an older one nothing comes, nor of a name not in the list. */
	w.h[5].dials = 0;
	lists_news(w.h[5].lists, "n06", &v1->version);
	lists_news(w.h[5].lists, "stranger", &v2->version);
	collect(&w.h[5]);
	assert_int_equal(w.h[5].dials, 0);
}

/* The time between two pulls is for news of one list: when that is in force,
 * the next news lead to a pull at once. */
static void
news_behind_a_list_lead_to_a_pull(void **state)
{
	struct bnl *v3 = make_list(v2, T0 + 20, many, "");
	struct host *h = &w.h[6], *next = &w.h[7];

	(void)state;
	for (int i = 0; i < MANY; i++)
		w.h[i].conf.pullinterval = 86400;
	world_pass(400000);
	host_stop(next);
	give(&w.h[5], v2);
	h->env.now = w.now;
	lists_news(h->lists, "n05", &v2->version);
	collect(h);
	world_run();
	assert_true(has(h, v2));
	/* That one has no connection to it. */
	give(next, v3);
	host_start(next);
	next->follow_wants = false;
	lists_news(h->lists, "n07", &v3->version);
	collect(h);
	world_run();
	assert_true(has(h, v3));
	bnl_free(v3);
}

/* Who has told by datagram which list it has needs no connection for it. */
static void
who_has_told_is_not_asked(void **state)
{
	struct host *h = &w.h[6];
	char name[8];

	(void)state;
	host_stop(h);
	world_pass(1000);
	host_start(h);
	h->follow_wants = true;
	h->dials = 0;
	for (int i = 0; i < MANY; i++) {
		if (&w.h[i] == h)
			continue;
		w.h[i].follow_wants = false;
		h->env.now = w.now;
		snprintf(name, sizeof(name), "n%02d", i);
		lists_news(h->lists, name, &v1->version);
	}
	collect(h);
	world_pass(20000);
	assert_int_equal(h->dials, 0);
	/* But not for ever. */
	world_pass(400000);
	assert_int_not_equal(h->dials, 0);
}

#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
#define LARGE(t) cmocka_unit_test_setup_teardown(t, setup_large, teardown)
#define MESH(t) cmocka_unit_test_setup_teardown(t, setup_many, teardown)
#define LARGE_MESH(t) \
	cmocka_unit_test_setup_teardown(t, setup_many_large, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(newer_is_pulled),
		TEST(newer_is_pushed),
		TEST(newer_comes_with_a_negotiation),
		LARGE(large_lists_in_pieces),
		LARGE(a_slow_wire_keeps_memory_small),
		TEST(same_is_not_sent),
		TEST(nothing_older_is_taken),
		TEST(wrong_signature),
		TEST(too_large_at_the_announcement),
		TEST(empty_at_the_announcement),
		TEST(more_than_announced),
		TEST(less_than_announced),
		TEST(not_the_version_announced),
		TEST(announced_and_not_delivered),
		TEST(announced_and_not_answered),
		LARGE(cut_short),
		TEST(lost_before_the_first_byte),
		TEST(lost_after_one_byte),
		LARGE(dripping_is_ended),
		TEST(far_future),
		TEST(far_future_from_another),
		TEST(disk_that_fails),
		LARGE(another_list_while_sending),
		TEST(two_transfers_at_a_time),
		TEST(another_delivers_what_stalls),
		TEST(have_right_behind_the_hello),
		TEST(have_right_behind_the_listeners_hello),
		TEST(have_behind_the_confirm_of_a_listener),
		TEST(a_listener_without_a_newer_list_announces_none),
		TEST(a_listener_that_waits_for_the_question),
		TEST(nothing_is_announced_to_a_stranger),
		TEST(dripping_holds_nobody_up),
		TEST(one_transfer_of_a_node),
		TEST(below_the_mark),
		TEST(secrets_outlast_a_list_below_the_mark),
		TEST(a_list_at_the_mark_is_taken),
		TEST(mark_is_raised_at_start),
		TEST(a_mark_that_cannot_be_written),
		TEST(from_the_disk),
		TEST(two_people_signed_at_once),
		TEST(no_alarm_for_a_descendant),
		TEST(a_new_node_delivers_the_list_it_is_in),
		TEST(a_stranger_with_nothing_newer),
		TEST(strangers_one_at_a_time_one_a_minute),
		TEST(strangers_have_little_time),
		TEST(strangers_once_a_minute),
		TEST(strangers_get_nothing),
		TEST(without_any_list),
		TEST(without_any_list_it_may_call),
		TEST(a_removed_node_loses_all),
		MESH(a_push_reaches_all),
		MESH(a_push_reaches_all_though_the_signer_dies),
		MESH(a_push_goes_around_those_that_are_down),
		MESH(those_without_an_address),
		MESH(passed_on_again_later),
		LARGE_MESH(a_large_list_goes_to_eight_as_a_difference),
		LARGE_MESH(a_large_list_goes_whole_to_two),
		MESH(pushed_first_to_those_that_were_heard),
		MESH(a_list_from_the_disk_is_offered_on_open_connections),
		MESH(a_push_on_open_connections),
		MESH(a_pull_finds_it),
		MESH(a_push_is_retried),
		MESH(news_by_datagram_lead_to_a_pull),
		MESH(news_behind_a_list_lead_to_a_pull),
		MESH(who_has_told_is_not_asked),
	};

	return cmocka_run_group_tests_name("transfer", tests, NULL, NULL);
}
