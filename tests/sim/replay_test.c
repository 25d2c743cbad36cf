/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What was heard on the wire is played again: to the living, in the middle of
 * a handshake, to those who restarted. Nothing is delivered, nothing moves. */
#include <stdlib.h>
#include <string.h>

#include "mesh.h"

#define FOREIGN_PORT 9999

static const struct endpoint foreign = {
	.addr = { .family = IP_V4, .b = { 192, 0, 2, 66 } },
	.port = FOREIGN_PORT,
};

/* What the one who plays hears. */
static struct {
	unsigned int cookies, resps, others;
	size_t bytes_in, bytes_out;
} heard;

static void
stray(struct world *w, const struct endpoint *to, const uint8_t *bytes,
      size_t len)
{
	world_assert(w, to->port == FOREIGN_PORT && len > 0);
	heard.bytes_in += len;
	if (bytes[0] == DGRAM_COOKIE)
		heard.cookies++;
	else if (bytes[0] == DGRAM_RESP)
		heard.resps++;
	else
		heard.others++;
}

/* From where it came, or from elsewhere. */
static void
play(struct world *w, const struct datagram *d, bool from_elsewhere)
{
	if (from_elsewhere)
		heard.bytes_out += d->len;
	net_inject(w, from_elsewhere ? &foreign : &d->from, &d->to, d->bytes,
		   d->len);
}

static size_t
play_all(struct world *w, size_t only_to, bool from_elsewhere)
{
	size_t n = w->net.nseen, played = 0;

	for (size_t i = 0; i < n; i++) {
		const struct datagram *d =
			w->net.seen[world_below(w, 4) == 0 ?
					    world_below(w, (uint32_t)n) :
					    i];

		if (only_to < w->n && net_owner(w, &d->to) != only_to)
			continue;
		play(w, d, from_elsewhere);
		played++;
		world_run(w, w->now + MS / 10);
	}
	return played;
}

static void
nobody_moved(struct world *w)
{
	for (size_t i = 0; i < w->n; i++)
		for (size_t j = 0; j < w->n; j++) {
			struct peer_info p;

			if (i == j || !node_peer(&w->nodes[i], j, &p) ||
			    p.endpoint.port == 0)
				continue;
			world_assert(w, net_owner(w, &p.endpoint) == j);
		}
}

/* Three nodes that talked for long, and all that was on the wire. */
static struct world *
recorded(uint64_t seed)
{
	struct world *w = world_new(&(struct world_opts){
		.seed = seed,
		.nodes = 3,
		.lat_max = 5 * MS,
		.conf = "rekey = 20s\nrekeyresponder = 25s\n"
			"reject = 30s\n" });

	memset(&heard, 0, sizeof(heard));
	w->net.stray = stray;
	w->net.recording = true;
	mesh_start(w, 0);
	traffic_every(w, SEC / 2);
	world_run(w, w->now + 3 * MINUTE);
	traffic_stop(w);
	world_run(w, w->now + 8 * SEC);
	w->net.recording = false;
	return w;
}

static uint64_t
sum_sent(const struct world *w, enum dgram_type type)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < w->n; i++)
		sum += w->nodes[i].sent[type];
	return sum;
}

/* To nodes that never stopped: there is not even an answer. */
static void
test_to_the_living(void **state)
{
	struct world *w = recorded(sim_seed(0));
	uint64_t inits, resps, data, got = w->traffic.got;

	(void)state;
	inits = sum_sent(w, DGRAM_INIT);
	resps = sum_sent(w, DGRAM_RESP);
	data = sum_sent(w, DGRAM_DATA);
	print_message("# %zu datagrams played twice\n", w->net.nseen);
	play_all(w, w->n, false);
	play_all(w, w->n, true);
	world_run(w, w->now + 5 * SEC);
	world_assert(w, sum_sent(w, DGRAM_INIT) == inits);
	world_assert(w, sum_sent(w, DGRAM_RESP) == resps);
	world_assert(w, sum_sent(w, DGRAM_DATA) == data);
	world_assert(w, w->traffic.got == got);
	world_assert(w, heard.resps == 0 && heard.others == 0);
	nobody_moved(w);
	traffic_all(w);
	world_run(w, w->now + 2 * SEC);
	world_assert(w, traffic_all_arrived(w, NULL));
	world_free(w);
}

/* In the middle of traffic: not one packet is lost by it. */
static void
test_under_traffic(void **state)
{
	struct world *w = recorded(sim_seed(1));

	(void)state;
	traffic_every(w, SEC / 2);
	play_all(w, w->n, false);
	play_all(w, w->n, true);
	traffic_stop(w);
	world_run(w, w->now + 5 * SEC);
	world_assert(w, traffic_all_arrived(w, NULL));
	world_assert(w, heard.others == 0 && heard.resps == 0);
	nobody_moved(w);
	world_free(w);
}

/* To one that restarted and knows nothing of what it took before. */
static void
test_after_a_restart(void **state)
{
	(void)state;
	for (size_t k = 0; k < sim_runs(3); k++) {
		struct world *w = recorded(sim_seed(k));
		uint64_t got = w->traffic.got;
		size_t played;

		node_crash(&w->nodes[1]);
		world_run(w, w->now + SEC);
		node_start(&w->nodes[1]);
		world_run(w, w->now + 5 * SEC);
		played = play_all(w, 1, true);
		played += play_all(w, 1, false);
		world_run(w, w->now + 5 * SEC);
		print_message("# played %zu: %u cookies, %u answers, %zu of "
			      "%zu bytes came back\n",
			      played, heard.cookies, heard.resps,
			      heard.bytes_in, heard.bytes_out);
		world_assert(w, w->traffic.got == got);
		world_assert(w, heard.others == 0);
		/* One tentative session a pair, then cookies only. */
		world_assert(w, heard.resps <= 4);
		world_assert(w, heard.bytes_in < heard.bytes_out);
		nobody_moved(w);
		traffic_all(w);
		world_run(w, w->now + 2 * SEC);
		world_assert(w, traffic_all_arrived(w, NULL));
		world_free(w);
	}
}

/* To one that restarted and cannot reach its peers: it believes nothing, and
 * is back at once when they can be reached. */
static void
test_in_the_place_of_peers(void **state)
{
	struct world *w = recorded(sim_seed(0));
	uint64_t got = w->traffic.got, data;
	int64_t begin;

	(void)state;
	node_crash(&w->nodes[1]);
	net_cut(w, 1, 0, true);
	net_cut(w, 1, 2, true);
	node_start(&w->nodes[1]);
	data = w->nodes[1].sent[DGRAM_DATA];
	play_all(w, 1, false);
	play_all(w, 1, true);
	world_assert(w, w->traffic.got == got);
	world_assert(w, !node_is_up_with(&w->nodes[1], 0));
	world_assert(w, !node_is_up_with(&w->nodes[1], 2));
	world_assert(w, w->nodes[1].sent[DGRAM_DATA] == data);
	net_heal(w);
	begin = w->now;
	traffic_every(w, SEC / 2);
	world_assert(
		w, world_run_until(w, begin + 5 * SEC, mesh_all_heard, &begin));
	nobody_moved(w);
	world_free(w);
}

/* --- between RESP and confirmation ------------------------------------------- */

struct trap {
	struct datagram *init;	   /* the newest of node 0 */
	struct datagram *held[16]; /* DATA of node 0, kept back */
	size_t nheld;
	bool closed;
};

static struct datagram *
copy_of(const struct datagram *d)
{
	struct datagram *copy = malloc(sizeof(*d) + d->len);

	assert_non_null(copy);
	memcpy(copy, d, sizeof(*d) + d->len);
	return copy;
}

static bool
trap(struct world *w, const struct datagram *d)
{
	struct trap *t = w->net.tap_arg;

	if (d->sender != 0 || !t->closed)
		return false;
	if (d->bytes[0] == DGRAM_INIT) {
		free(t->init);
		t->init = copy_of(d);
	}
	if (d->bytes[0] != DGRAM_DATA)
		return false;
	if (t->nheld < 16)
		t->held[t->nheld++] = copy_of(d);
	return true;
}

static void
test_between_resp_and_confirmation(void **state)
{
	struct world *w = recorded(sim_seed(0));
	struct trap t = { .closed = true };
	uint64_t resps;

	(void)state;
	world_run(w, w->now + 10 * MINUTE);
	w->net.tap = trap;
	w->net.tap_arg = &t;
	traffic_send(w, 0, 1, 3);
	world_run(w, w->now + SEC / 2);
	world_assert(w, t.init != NULL && t.nheld >= 3);
	resps = w->nodes[1].sent[DGRAM_RESP];
	for (int i = 0; i < 20; i++) {
		play(w, t.init, false);
		play(w, t.init, true);
		world_run(w, w->now + 10 * MS);
	}
	/* Others, older ones, too. */
	play_all(w, 1, true);
	play_all(w, 1, false);
	world_assert(w, w->nodes[1].sent[DGRAM_RESP] == resps);
	world_assert(w, heard.resps == 0 && heard.others == 0);
	world_assert(w, !node_is_up_with(&w->nodes[1], 0));
	t.closed = false;
	for (size_t i = 0; i < t.nheld; i++) {
		play(w, t.held[i], false);
		free(t.held[i]);
	}
	free(t.init);
	world_run(w, w->now + 100 * MS);
	world_assert(w, traffic_all_arrived(w, NULL));
	world_assert(w, node_is_up_with(&w->nodes[1], 0));
	nobody_moved(w);
	world_free(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_to_the_living),
		cmocka_unit_test(test_under_traffic),
		cmocka_unit_test(test_after_a_restart),
		cmocka_unit_test(test_in_the_place_of_peers),
		cmocka_unit_test(test_between_resp_and_confirmation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
