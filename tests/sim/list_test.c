/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How lists spread, what they change, and which of them are not taken. */
#include <stdlib.h>
#include <string.h>

#include "ca.h"
#include "mesh.h"

#define NODES 10
#define NO_PULL "pullinterval = 24h\n"
#define PULL_S 60
#define PULL "pullinterval = 60s\n"

static struct world *
mesh_of(size_t nodes, uint64_t seed, const char *conf)
{
	struct world *w = world_new(&(struct world_opts){ .seed = seed,
							  .nodes = nodes,
							  .conf = conf,
							  .lat_max = 20 * MS });

	mesh_start(w, SEC / 10);
	world_assert(w, world_run_until(w, w->now + MINUTE, mesh_all_up, NULL));
	world_run(w, w->now + 15 * SEC);
	return w;
}

/* An administrator edits and signs on one node's machine. */
static void
edit(struct node *n, const bool *in, bool push)
{
	size_t len;
	char *raw = list_make(n->w, in, &len);

	list_install(n, raw, len);
	free(raw);
	list_reload(n, push);
}

static int64_t
until_everywhere(struct world *w, int64_t bound)
{
	int64_t begin = w->now;

	if (!world_run_until(w, begin + bound, mesh_has_list, NULL))
		world_fail(w, "the list is not everywhere");
	return w->now - begin;
}

static void
test_push(void **state)
{
	struct figures f = { 0 };

	(void)state;
	for (size_t k = 0; k < sim_runs(10); k++) {
		struct world *w = mesh_of(NODES, sim_seed(k), NO_PULL);

		edit(&w->nodes[k % NODES], NULL, true);
		figures_add(&f, until_everywhere(w, 10 * SEC));
		world_run(w, w->now + 30 * SEC);
		for (size_t i = 0; i < NODES; i++) {
			struct bnl_version mark;

			world_assert(w, w->nodes[i].disk.has_mark);
			bnl_version_read(&mark, w->nodes[i].disk.mark);
			world_assert(w, bnl_version_cmp(
						&mark, &w->list->version) == 0);
			world_assert(w, w->nodes[i].disk.listlen ==
						w->list->rawlen);
			/* Unchanged nodes keep their sessions. */
			world_assert(w,
				     w->nodes[i].events[EVENT_PEER_DOWN] == 0);
		}
		world_free(w);
	}
	figures_tell(&f, "push to ten nodes, until everywhere");
}

/* The signer dies as soon as somebody else has it, and with it every transfer
 * from it: those who were about to get the list ask others. */
static bool
two_have_it(struct world *w, void *arg)
{
	size_t n = 0;

	(void)arg;
	for (size_t i = 0; i < w->n; i++)
		n += list_in_force(&w->nodes[i], w->list);
	return n >= 2;
}

static bool
all_others_have_it(struct world *w, void *arg)
{
	(void)arg;
	for (size_t i = 1; i < w->n; i++)
		if (!list_in_force(&w->nodes[i], w->list))
			return false;
	return true;
}

static void
test_push_outlives_the_signer(void **state)
{
	struct figures f = { 0 };

	(void)state;
	for (size_t k = 0; k < sim_runs(20); k++) {
		struct world *w = mesh_of(NODES, sim_seed(100 + k), NO_PULL);
		int64_t begin = w->now;

		edit(&w->nodes[0], NULL, true);
		world_assert(w, world_run_until(w, begin + 10 * SEC,
						two_have_it, NULL));
		node_crash(&w->nodes[0]);
		if (!world_run_until(w, begin + 20 * SEC, all_others_have_it,
				     NULL))
			world_fail(w, "the list died with the signer");
		figures_add(&f, w->now - begin);
		world_free(w);
	}
	figures_tell(&f, "push whose signer dies at once, until everywhere "
			 "else");
}

/* Some are away as it is pushed: they get it when they are back. */
static void
test_push_reaches_those_who_were_away(void **state)
{
	(void)state;
	for (size_t k = 0; k < sim_runs(3); k++) {
		struct world *w = mesh_of(NODES, sim_seed(k), PULL);

		node_crash(&w->nodes[3]);
		node_crash(&w->nodes[4]);
		net_cut(w, 0, 5, true);
		edit(&w->nodes[0], NULL, true);
		world_run(w, w->now + 5 * MINUTE);
		node_start(&w->nodes[3]);
		node_start(&w->nodes[4]);
		until_everywhere(w, 3 * PULL_S * SEC);
		world_free(w);
	}
}

/* Nobody pushes, no datagram tells: every node asks by itself. */
static void
test_pull(void **state)
{
	struct figures f = { 0 };

	(void)state;
	for (size_t k = 0; k < sim_runs(5); k++) {
		struct world *w = mesh_of(NODES, sim_seed(k), PULL);

		world_run(w, w->now + 10 * MINUTE); /* sessions end */
		edit(&w->nodes[k % NODES], NULL, false);
		figures_add(&f, until_everywhere(w, 3 * PULL_S * SEC));
		world_free(w);
	}
	figures_tell(&f, "pull every 60 s by ten nodes, until everywhere");
}

/* Nobody pushes or pulls: a few are told inside their sessions. */
static void
test_news(void **state)
{
	struct figures f = { 0 };

	(void)state;
	for (size_t k = 0; k < sim_runs(5); k++) {
		struct world *w = mesh_of(NODES, sim_seed(k), NO_PULL);

		edit(&w->nodes[k % NODES], NULL, false);
		figures_add(&f, until_everywhere(w, 10 * SEC));
		world_free(w);
	}
	figures_tell(&f, "a list that is read by one of ten, until everywhere");
}

/* --- removed, added --------------------------------------------------------- */

static void
test_removed_node(void **state)
{
	(void)state;
	for (size_t k = 0; k < sim_runs(5); k++) {
		struct world *w = mesh_of(4, sim_seed(k), NO_PULL);
		const bool in[4] = { true, true, true, false };
		uint32_t got[3], lost;
		int64_t begin;

		traffic_every(w, SEC / 4);
		world_run(w, w->now + 5 * SEC);
		secrets_outlaw(w, 3, true);
		edit(&w->nodes[0], in, true);
		for (int64_t end = w->now + 10 * SEC; w->now < end;) {
			for (size_t i = 0; i < 3; i++)
				got[i] = traffic_flow(w, 3, i)->got;
			world_run(w, w->now + MS);
			/* From the moment it is in force, nothing comes. */
			for (size_t i = 0; i < 3; i++) {
				struct peer_info p;

				if (!list_in_force(&w->nodes[i], w->list))
					continue;
				world_assert(w,
					     !node_peer(&w->nodes[i], 3, &p));
				if (w->nodes[i].lists == 2)
					w->nodes[i].lists++;
				else
					world_assert(
						w, traffic_flow(w, 3, i)->got ==
							   got[i]);
			}
		}
		for (size_t i = 0; i < 3; i++) {
			world_assert(w, list_in_force(&w->nodes[i], w->list));
			world_assert(w, w->nodes[i].disk.pairs[3].data == NULL);
			world_assert(w, w->nodes[i].hooks[HOOK_NODE_DOWN] == 1);
		}
		/* The others do not even notice. */
		lost = traffic_flow(w, 0, 1)->sent - traffic_flow(w, 0, 1)->got;
		world_assert(w, lost <= 3);
		/* And back again: by a list that the others have. */
		secrets_outlaw(w, 3, false);
		edit(&w->nodes[1], NULL, true);
		until_everywhere(w, 60 * SEC);
		begin = w->now;
		if (!world_run_until(w, begin + 90 * SEC, mesh_all_heard,
				     &begin))
			world_fail(w, "it did not come back");
		world_free(w);
	}
}

/* Nothing is left of node 3 where the list is in force. */
static void
assert_shut_out(struct world *w, size_t i)
{
	struct peer_info p;

	world_assert(w, list_in_force(&w->nodes[i], w->list));
	world_assert(w, w->nodes[i].disk.pairs[3].data == NULL);
	world_assert(w, !node_peer(&w->nodes[i], 3, &p) ||
				(!p.has_pair && p.session_age_ms < 0));
}

static bool
has_the_list(struct world *w, void *node)
{
	return list_in_force(node, w->list);
}

/* One second after a node has the list, at the most; those that missed it
 * have it from a later one. */
static void
shut_out(struct world *w, const bool *in)
{
	uint32_t got[3];

	traffic_every(w, SEC / 4);
	world_run(w, w->now + 5 * SEC);
	node_crash(&w->nodes[2]);
	secrets_outlaw(w, 3, true);
	edit(&w->nodes[0], in, true);
	for (size_t i = 0; i < 2; i++) {
		world_assert(w, world_run_until(w, w->now + 20 * SEC,
						has_the_list, &w->nodes[i]));
		world_run(w, w->now + SEC);
		assert_shut_out(w, i);
	}
	world_run(w, w->now + MINUTE);
	edit(&w->nodes[1], in, true);
	node_start(&w->nodes[2]);
	world_assert(w, world_run_until(w, w->now + 5 * MINUTE, has_the_list,
					&w->nodes[2]));
	world_run(w, w->now + SEC);
	for (size_t i = 0; i < 3; i++)
		got[i] = traffic_flow(w, 3, i)->got;
	for (int k = 0; k < 20; k++) {
		for (size_t i = 0; i < 3; i++) {
			assert_shut_out(w, i);
			world_assert(w, traffic_flow(w, 3, i)->got == got[i]);
		}
		if (k == 10) { /* with all that it has */
			node_crash(&w->nodes[3]);
			node_start(&w->nodes[3]);
		}
		world_run(w, w->now + 15 * SEC);
	}
	world_assert(w, node_is_up_with(&w->nodes[0], 2));
}

static void
test_removed_revoked_pinned_anew(void **state)
{
	const bool in[4] = { true, true, true, false };
	char its[FINGERPRINT_TEXT_MAX], other[FINGERPRINT_TEXT_MAX];

	(void)state;
	fingerprint_format(its, ca_cert(3, false).fingerprint);
	fingerprint_format(other, ca_cert(4, false).fingerprint);
	for (int how = 0; how < 3; how++) {
		struct world *w = mesh_of(4, sim_seed((size_t)how), PULL);

		if (how == 1)
			w->nodes[3].revoked = its;
		else if (how == 2)
			w->nodes[3].pin = other;
		shut_out(w, how == 0 ? in : NULL);
		world_free(w);
	}
}

/* A new node has the newest list; nobody else knows of it. */
static void
test_added_node_brings_the_list(void **state)
{
	struct figures f = { 0 };

	(void)state;
	for (size_t k = 0; k < sim_runs(5); k++) {
		struct world *w = world_new(&(struct world_opts){
			.seed = sim_seed(k), .nodes = 5, .conf = PULL });
		const bool in[5] = { true, true, true, true, false };
		size_t len;
		char *raw = list_make(w, in, &len);
		int64_t begin;

		for (size_t i = 0; i < 4; i++) {
			list_install(&w->nodes[i], raw, len);
			node_start(&w->nodes[i]);
		}
		free(raw);
		world_run(w, w->now + 30 * SEC);
		raw = list_make(w, NULL, &len);
		list_install(&w->nodes[4], raw, len);
		free(raw);
		begin = w->now;
		node_start(&w->nodes[4]);
		until_everywhere(w, 2 * MINUTE);
		traffic_every(w, SEC);
		if (!world_run_until(w, begin + 3 * MINUTE, mesh_all_heard,
				     &begin))
			world_fail(w, "not all talk to the new node");
		figures_add(&f, w->now - begin);
		world_free(w);
	}
	figures_tell(&f, "a new node that alone has the list, until it talks "
			 "to all");
}

/* --- old, spoilt, contradicting ---------------------------------------------- */

static void
test_disk_below_the_mark(void **state)
{
	(void)state;
	for (size_t k = 0; k < sim_runs(5); k++) {
		struct world *w = mesh_of(4, sim_seed(k), PULL);
		struct node *n = &w->nodes[2];
		char *old = malloc(n->disk.listlen);
		size_t oldlen = n->disk.listlen;
		int64_t begin;

		assert_non_null(old);
		memcpy(old, n->disk.list, oldlen);
		edit(&w->nodes[0], NULL, true);
		until_everywhere(w, 20 * SEC);
		world_run(w, w->now + 20 * SEC);
		node_stop(n);
		list_install(n, old, oldlen);
		free(old);
		for (size_t i = 0; i < 4; i++)
			if (i != 2)
				net_cut(w, 2, i, true);
		node_start(n);
		world_assert(w, core_list_is_stale(n->core));
		traffic_every(w, SEC);
		begin = w->now;
		world_run(w, w->now + 5 * MINUTE);
		world_assert(w, core_list_is_stale(n->core));
		world_assert(w, core_peer_count(n->core) == 0);
		world_assert(w, n->sent[DGRAM_INIT] == 0 ||
					node_drops(n, DROP_NO_ROUTE) > 0);
		for (size_t i = 0; i < 4; i++)
			world_assert(w,
				     i == 2 || traffic_flow(w, 2, i)->last_got <
						       begin);
		net_heal(w);
		until_everywhere(w, 3 * MINUTE);
		world_assert(w, !core_list_is_stale(n->core));
		begin = w->now;
		if (!world_run_until(w, begin + 90 * SEC, mesh_all_heard,
				     &begin))
			world_fail(w, "no traffic after the list came");
		world_free(w);
	}
}

static void
test_spoilt_list_changes_nothing(void **state)
{
	struct world *w = mesh_of(3, sim_seed(0), PULL);
	struct node *n = &w->nodes[0];
	size_t len;
	char *raw = list_make(w, NULL, &len);
	struct bnl_version before = core_list(n->core)->version;

	(void)state;
	raw[len / 3] ^= 1;
	list_install(n, raw, len);
	list_reload(n, true);
	world_run(w, w->now + 5 * MINUTE);
	world_assert(w, n->events[EVENT_LIST_REFUSED] >= 1);
	for (size_t i = 0; i < 3; i++)
		world_assert(w, bnl_version_cmp(
					&core_list(w->nodes[i].core)->version,
					&before) == 0);
	traffic_all(w);
	world_run(w, w->now + 2 * SEC);
	world_assert(w, traffic_all_arrived(w, NULL));
	free(raw);
	world_free(w);
}

/* Two people sign at once: one list wins everywhere, and every node names
 * both. */
static void
test_fork(void **state)
{
	(void)state;
	for (size_t k = 0; k < sim_runs(5); k++) {
		struct world *w = mesh_of(6, sim_seed(k), PULL);
		const bool in[6] = { true, true, true, true, true, false };
		size_t alen, blen;
		char *a = list_make(w, NULL, &alen);
		char *b = list_fork(w, in, &blen);

		secrets_outlaw(w, 5, true);
		list_install(&w->nodes[0], a, alen);
		list_install(&w->nodes[1], b, blen);
		list_reload(&w->nodes[0], true);
		list_reload(&w->nodes[1], true);
		free(a);
		free(b);
		world_run(w, w->now + 5 * MINUTE);
		for (size_t i = 0; i < 5; i++) {
			world_assert(w, list_in_force(&w->nodes[i], w->list));
			world_assert(w,
				     w->nodes[i].events[EVENT_LIST_FORK] == 1);
		}
		world_free(w);
	}
}

/* Whoever was away for some lists raises no alarm, nor does anybody else. */
static void
test_missed_lists(void **state)
{
	(void)state;
	for (size_t k = 0; k < sim_runs(3); k++) {
		struct world *w = mesh_of(5, sim_seed(k), PULL);

		node_crash(&w->nodes[4]);
		for (unsigned int i = 4; i <= 8; i++) {
			edit(&w->nodes[i % 4], NULL, i % 2 == 0);
			world_run(w, w->now + 2 * MINUTE);
			/* It comes back in the middle of a round. */
			if (i == 8)
				edit(&w->nodes[1], NULL, true);
		}
		node_start(&w->nodes[4]);
		until_everywhere(w, 3 * PULL_S * SEC);
		world_run(w, w->now + 3 * MINUTE);
		world_assert(w, mesh_events(w, EVENT_LIST_FORK) == 0);
		world_free(w);
	}
}

/* Crashes at every write of a list: never an old one in force again. */
static void
test_crash_while_storing(void **state)
{
	(void)state;
	for (unsigned int step = 1; step <= 2; step++)
		for (enum disk_crash c = CRASH_BEFORE; c <= CRASH_ANSWERED;
		     c++) {
			struct world *w;
			struct disk *d;

			/* Only the second write, of the mark, is answered. */
			if (step == 1 && c == CRASH_ANSWERED)
				continue;
			w = mesh_of(3, sim_seed(step), PULL);
			d = &w->nodes[1].disk;
			d->crash_step = d->steps + step;
			d->crash = c;
			d->crash_rest = 5 * SEC;
			edit(&w->nodes[0], NULL, true);
			until_everywhere(w, 3 * PULL_S * SEC);
			world_assert(w, w->nodes[1].life == 2);
			world_run(w, w->now + 2 * SEC);
			traffic_all(w);
			world_run(w, w->now + 5 * SEC);
			world_assert(w, traffic_all_arrived(w, NULL));
			world_free(w);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_push),
		cmocka_unit_test(test_push_outlives_the_signer),
		cmocka_unit_test(test_push_reaches_those_who_were_away),
		cmocka_unit_test(test_pull),
		cmocka_unit_test(test_news),
		cmocka_unit_test(test_removed_node),
		cmocka_unit_test(test_removed_revoked_pinned_anew),
		cmocka_unit_test(test_added_node_brings_the_list),
		cmocka_unit_test(test_disk_below_the_mark),
		cmocka_unit_test(test_spoilt_list_changes_nothing),
		cmocka_unit_test(test_fork),
		cmocka_unit_test(test_missed_lists),
		cmocka_unit_test(test_crash_while_storing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
