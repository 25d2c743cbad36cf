/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A node that starts without what it had agreed with its peer, in every role. */
#include <stdlib.h>

#include "core/env.h"
#include "mesh.h"
#include "core/timings.h"

#define BAR (5 * SEC) /* without service, in every role */
#define GAP (20 * MS) /* between packets that wait */

enum lost { PAIRS, STATIC_KEY, STATE, OLD_STATE, LOSTS };

static const char *const lost_names[] = {
	[PAIRS] = "its pairs",
	[STATIC_KEY] = "its static key",
	[STATE] = "its state",
	[OLD_STATE] = "its newest pairs",
};

struct role {
	size_t loser; /* 0: the lower of the two names */
	enum lost lost;
	bool hidden[2]; /* has no address in the list */
	bool orderly;	/* it stopped, and did not crash */
	bool sends[2];	/* packets wait there */
	int64_t away;	/* before it starts again */
};

static struct world *
two_talking(uint64_t seed, const struct role *r)
{
	struct world *w = world_new(
		&(struct world_opts){ .seed = seed,
				      .nodes = 2,
				      .hide = { r->hidden[0], r->hidden[1] },
				      .conf = "pullinterval = 24h\n" });

	mesh_start(w, 0);
	world_assert(w,
		     world_run_until(w, w->now + 5 * SEC, mesh_all_up, NULL));
	traffic_all(w);
	world_run(w, w->now + world_between(w, SEC, 60 * SEC));
	traffic_all(w);
	world_run(w, w->now + SEC);
	return w;
}

static void
lose(struct world *w, const struct role *r, const struct pair_record *old)
{
	struct disk *d = &w->nodes[r->loser].disk;

	secrets_forget(w, 0, 1);
	secrets_forget(w, 1, 0);
	if (r->lost == STATIC_KEY || r->lost == STATE)
		d->static_key[5] ^= 0x10;
	if (r->lost == PAIRS || r->lost == STATE)
		disk_erase_pairs(&w->nodes[r->loser]);
	if (r->lost == STATE) {
		free(d->known);
		d->known = NULL;
	}
	if (r->lost == OLD_STATE)
		d->pairs[1 - r->loser].record = *old;
}

/* Both negotiate anew, so that what the loser held before is of no use. */
static struct pair_record
renew(struct world *w, size_t loser)
{
	struct pair_record old = w->nodes[loser].disk.pairs[1 - loser].record;

	for (int day = 0; day < 2; day++) {
		for (size_t i = 0; i < 2; i++)
			node_age(&w->nodes[i], 90000);
		world_run(w, w->now + 2 * MINUTE);
		traffic_all(w);
		world_run(w, w->now + 2 * SEC);
	}
	return old;
}

static bool
is_served(struct world *w, const struct role *r, int64_t since)
{
	bool idle = !r->sends[0] && !r->sends[1];

	for (size_t i = 0; i < 2; i++)
		if (r->sends[i] && traffic_flow(w, i, 1 - i)->last_got < since)
			return false;
	return !idle || mesh_all_up(w, NULL);
}

static void
pass(struct world *w, const struct role *r, int64_t ns)
{
	int64_t end = w->now + ns;

	while (w->now < end) {
		for (size_t i = 0; i < 2; i++)
			if (r->sends[i])
				traffic_send(w, i, 1 - i, 1);
		world_run(w, w->now + GAP);
	}
}

static int64_t
without_service(uint64_t seed, const struct role *r)
{
	struct world *w = two_talking(seed, r);
	struct pair_record old = { 0 };
	int64_t began, took;

	if (r->lost == OLD_STATE)
		old = renew(w, r->loser);
	if (r->orderly)
		node_stop(&w->nodes[r->loser]);
	else
		node_crash(&w->nodes[r->loser]);
	lose(w, r, &old);
	pass(w, r, r->away);
	began = w->now;
	node_start(&w->nodes[r->loser]);
	while (!is_served(w, r, began) && w->now < began + 2 * MINUTE)
		pass(w, r, GAP);
	took = w->now - began;
	world_free(w);
	return took;
}

/* True for an idle node that nobody can dial: it notices the loss when its next
 * keepalive is not answered. */
static bool
is_told_late(const struct role *r)
{
	size_t peer = 1 - r->loser;

	return r->hidden[peer] && !r->sends[peer] && !r->orderly;
}

static void
test_every_role(void **state)
{
	struct figures f = { 0 };
	unsigned int seed = 0, late = 0;

	(void)state;
	for (unsigned int k = 0; k < LOSTS * 2 * 3 * 2 * 4 * 2; k++) {
		unsigned int n = k;
		struct role r = { .lost = (enum lost)(n % LOSTS) };
		int64_t bar = BAR, took;

		r.loser = (n /= LOSTS) % 2;
		r.orderly = (n /= 2) % 2 != 0;
		r.sends[0] = (n /= 2) % 2 != 0;
		r.sends[1] = (n /= 2) % 2 != 0;
		r.away = (n /= 2) % 2 != 0 ? 10 * SEC : SEC;
		n /= 2;
		r.hidden[0] = n == 1;
		r.hidden[1] = n == 2;
		if (is_told_late(&r))
			bar += KEEPALIVE_HIDDEN_S * SEC;
		took = without_service(sim_seed(seed++), &r);
		if (took > bar)
			print_message("# %s lost %s, %s, %s%s, away %d s, "
				      "packets from%s%s: %.2f s\n",
				      r.loser == 0 ? "lower" : "higher",
				      lost_names[r.lost],
				      r.orderly ? "stopped" : "crashed",
				      r.hidden[0] ? "lower hidden" : "",
				      r.hidden[1] ? "higher hidden" : "",
				      (int)(r.away / SEC),
				      r.sends[0] ? " lower" : "",
				      r.sends[1] ? " higher" : "",
				      (double)took / SEC);
		late += took > bar;
		if (!is_told_late(&r))
			figures_add(&f, took);
	}
	figures_tell(&f, "one of two lost what they had agreed, until served");
	assert_int_equal(late, 0);
}

/* Two that meet for the first time, one of them not listed. */
static void
test_first_meeting(void **state)
{
	struct figures f = { 0 };

	(void)state;
	for (size_t k = 0; k < 16; k++) {
		bool higher = (k & 1) != 0, late = (k & 2) != 0;
		struct role r = { .sends = { (k & 4) != 0, (k & 8) != 0 },
				  .hidden = { !higher, higher } };
		struct world *w = world_new(
			&(struct world_opts){ .seed = sim_seed(k),
					      .nodes = 2,
					      .hide = { !higher, higher } });
		int64_t began;

		node_start(&w->nodes[late]);
		pass(w, &r, world_between(w, 0, 30 * SEC));
		began = w->now;
		node_start(&w->nodes[!late]);
		while (!is_served(w, &r, began) && w->now < began + MINUTE)
			pass(w, &r, GAP);
		figures_add(&f, w->now - began);
		if (w->now - began > BAR)
			world_fail(w, "%.2f s without service",
				   (double)(w->now - began) / SEC);
		world_free(w);
	}
	figures_tell(&f, "a node that is not listed, first start");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_role),
		cmocka_unit_test(test_first_meeting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
