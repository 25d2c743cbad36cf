/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is refused for its form or its place alone: lengths, types, bits that
 * mean nothing yet, indices that belong to something else. */
#include "assoc_world.h"

static void
pass_ms(struct world *w, int64_t ms)
{
	for (int i = 0; i < 2; i++)
		w->n[i].env.now.mono = mono_add_ms(w->n[i].env.now.mono, ms);
}

/* Dropped for that reason, with no answer. */
static void
check_drop(struct world *w, int to, const struct wired *d, enum drop why)
{
	size_t count = w->count;

	assert_int_equal(world_hand(w, to, d, &d->source), why);
	assert_int_equal(w->count, count);
}

/* A is on the way, B has answered: INIT, RESP and the first DATA. */
static void catch (struct world *w, struct wired got[3])
{
	world_default(w, 1);
	world_send(w, A);
	for (int i = 0; i < 3; i++) {
		got[i] = w->wire[0];
		world_deliver(w, 0);
	}
	assert_int_equal(got[0].bytes[0], DGRAM_INIT);
	assert_int_equal(got[1].bytes[0], DGRAM_RESP);
	assert_int_equal(got[2].bytes[0], DGRAM_DATA);
	world_settle(w);
}

/* The reason tells that the length was looked at, not what came of it. */
static void
test_lengths(void **state)
{
	static const struct {
		uint8_t type;
		int like; /* whose bytes it has */
		size_t len;
	} kinds[] = { { DGRAM_INIT, 0, DGRAM_INIT_LEN },
		      { DGRAM_RESP, 1, DGRAM_RESP_LEN },
		      { DGRAM_COOKIE, 1, DGRAM_COOKIE_LEN } };
	struct wired d, got[3];
	struct world w;

	(void)state;
	catch (&w, got);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		d = got[kinds[i].like];
		d.bytes[0] = kinds[i].type;
		for (d.len = 1; d.len < kinds[i].len + 20; d.len++)
			if (d.len != kinds[i].len)
				check_drop(&w, B, &d, DROP_LENGTH);
	}
	d = got[2];
	for (d.len = 0; d.len < DGRAM_DATA_OVERHEAD; d.len++)
		check_drop(&w, B, &d, DROP_SHORT);
	world_free(&w);
}

/* Each bit after the type that means nothing, in each kind of datagram. */
static void
test_reserved_bits(void **state)
{
	struct wired d, got[3];
	struct world w;

	(void)state;
	catch (&w, got);
	for (unsigned int bit = 0; bit < 24; bit++)
		for (int i = 0; i < 3; i++) {
			if (i == 2 && bit < 8 && (1 << bit & DATA_FLAGS) != 0)
				continue;
			d = got[i];
			d.bytes[1 + bit / 8] |= (uint8_t)(1 << bit % 8);
			check_drop(&w, B, &d, DROP_TYPE);
		}
	for (unsigned int bit = 0; bit < 24; bit++) {
		d = got[0];
		d.bytes[0] = DGRAM_COOKIE;
		d.len = DGRAM_COOKIE_LEN;
		d.bytes[1 + bit / 8] |= (uint8_t)(1 << bit % 8);
		check_drop(&w, B, &d, DROP_TYPE);
	}
	world_free(&w);
}

/* An index can be seen by whoever sees the wire: what comes for one that
 * stands for something else finds nothing there. */
static void
test_index_of_something_else(void **state)
{
	struct wired d, got[3];
	struct world w;
	uint32_t index;

	(void)state;
	catch (&w, got);
	/* A COOKIE and a RESP for a session. */
	index = world_current(&w, A)->local_index;
	d = got[1];
	d.bytes[0] = DGRAM_COOKIE;
	d.len = DGRAM_COOKIE_LEN;
	put_be32(d.bytes + 4, index);
	check_drop(&w, A, &d, DROP_STATE);
	check_drop(&w, A, &got[1], DROP_STATE);
	/* DATA for an INIT that was not answered yet. */
	pass_ms(&w, 1000);
	assoc_step(w.n[A].l, &w.n[A].env, RESUME_RENEW);
	world_drain(&w, A);
	d = world_take(&w, 0);
	assert_int_equal(d.bytes[0], DGRAM_INIT);
	index = get_be32(d.bytes + 4);
	d = got[2];
	put_be32(d.bytes + 4, index);
	check_drop(&w, A, &d, DROP_NO_SESSION);
	assert_true(world_agree(&w));
	world_free(&w);
}

static enum drop
init_without_cookie(struct world *w)
{
	memset(&w->n[A].l->cookie, 0, sizeof(w->n[A].l->cookie));
	pass_ms(w, 60);
	assoc_forget(w->n[A].l, UINT64_MAX);
	memset(&w->n[A].l->resume, 0, sizeof(w->n[A].l->resume));
	assoc_step(w->n[A].l, &w->n[A].env, RESUME_RENEW);
	world_drain(w, A);
	assert_true(bytes_all_zero_ct(w->wire[0].bytes + HANDSHAKE_MAC2_AT,
				      PROTO_MAC_LEN));
	return world_deliver(w, 0);
}

/* The load of one second is not that of the next. */
static void
test_load_is_of_a_second(void **state)
{
	struct world w;

	(void)state;
	world_default(&w, 2);
	assocs_set_load(w.n[B].ls, 2);
	for (int second = 0; second < 3; second++) {
		for (int i = 0; i < 4; i++) {
			assert_int_equal(init_without_cookie(&w),
					 i < 2 ? DROP_NONE : DROP_COOKIE);
			/* One that was answered is confirmed. */
			if (i < 2)
				world_settle(&w);
			w.count = 0;
		}
		pass_ms(&w, 1000);
	}
	world_free(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_reserved_bits),
		cmocka_unit_test(test_index_of_something_else),
		cmocka_unit_test(test_load_is_of_a_second),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
