/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Datagrams on their way. */
#include "net.h"

#include <stdlib.h>
#include <string.h>

#include "world.h"

#define LATE_MAX (200 * MS)
#define PORT 3406

void
net_init(struct world *w)
{
	w->net.cut = calloc(w->n * w->n, sizeof(*w->net.cut));
	assert_non_null(w->net.cut);
}

void
net_free(struct world *w)
{
	for (size_t i = 0; i < w->net.nseen; i++)
		free(w->net.seen[i]);
	free(w->net.seen);
	free(w->net.cut);
	streams_free(w);
}

void
net_cut(struct world *w, size_t a, size_t b, bool cut)
{
	w->net.cut[a * w->n + b] = cut;
	w->net.cut[b * w->n + a] = cut;
	if (cut)
		streams_cut(w, a, b);
}

void
net_heal(struct world *w)
{
	memset(w->net.cut, 0, w->n * w->n * sizeof(*w->net.cut));
}

bool
net_is_cut(const struct world *w, size_t from, size_t to)
{
	return w->net.cut[from * w->n + to];
}

bool
net_has_v6(size_t i)
{
	return i % 3 == 2;
}

struct endpoint
net_address(size_t i, bool v6)
{
	struct endpoint ep = { .port = PORT };

	if (v6) {
		ep.addr.family = IP_V6;
		memcpy(ep.addr.b, "\x20\x01\x0d\xb8", 4);
		ep.addr.b[14] = (uint8_t)((i + 1) >> 8);
		ep.addr.b[15] = (uint8_t)(i + 1);
	} else {
		/* RFC 2544: for tests of networks */
		ep.addr.family = IP_V4;
		ep.addr.b[0] = 198;
		ep.addr.b[1] = 18;
		ep.addr.b[2] = (uint8_t)((i + 1) >> 8);
		ep.addr.b[3] = (uint8_t)(i + 1);
	}
	return ep;
}

size_t
net_owner(const struct world *w, const struct endpoint *ep)
{
	size_t last = ep->addr.family == IP_V6 ? 14 : 2;
	size_t i = (size_t)ep->addr.b[last] << 8 | ep->addr.b[last + 1];
	struct endpoint his;

	if (i == 0 || i > w->n)
		return w->n;
	his = net_address(i - 1, ep->addr.family == IP_V6);
	return endpoint_equal(&his, ep) ? i - 1 : w->n;
}

/* Equal-sized datagrams that arrive together. */
struct delivery {
	struct endpoint from, to;
	size_t segsize, len;
	uint8_t bytes[];
};

static void
arrive(struct world *w, void *arg)
{
	struct delivery *d = arg;
	size_t i = net_owner(w, &d->to);
	struct udp_run run = {
		.remote = d->from,
		.local = d->to.addr,
		.segsize = (uint16_t)d->segsize,
		.data = d->bytes,
		.len = d->len,
	};

	if (i == w->n) {
		w->net.strays++;
		if (w->net.stray != NULL)
			w->net.stray(w, &d->to, d->bytes, d->len);
	} else if (w->nodes[i].core != NULL) {
		w->net.carried++;
		world_note(w, &w->nodes[i], "udp", d->len);
		node_udp_in(&w->nodes[i], &run);
	}
}

static void
deliver(struct world *w, int64_t at, const struct endpoint *from,
	const struct endpoint *to, const uint8_t *bytes, size_t segsize,
	size_t len)
{
	struct delivery *d = malloc(sizeof(*d) + len);

	assert_non_null(d);
	*d = (struct delivery){ *from, *to, segsize, len };
	memcpy(d->bytes, bytes, len);
	queue_add(&w->queue, at, arrive, d, free);
}

/* A copy for those who look on. true: it is not to be sent. */
static bool
seen(struct world *w, size_t sender, const struct endpoint *from,
     const struct endpoint *to, const uint8_t *bytes, size_t len)
{
	struct net *net = &w->net;
	struct datagram *d;
	bool swallowed;

	if (!net->recording && net->tap == NULL)
		return false;
	d = malloc(sizeof(*d) + len);
	assert_non_null(d);
	*d = (struct datagram){ *from, *to, sender, len };
	memcpy(d->bytes, bytes, len);
	swallowed = net->tap != NULL && net->tap(w, d);
	if (!net->recording) {
		free(d);
		return swallowed;
	}
	if (net->nseen == net->capseen) {
		net->capseen = net->capseen == 0 ? 256 : 2 * net->capseen;
		net->seen = realloc(net->seen,
				    net->capseen * sizeof(struct datagram *));
		assert_non_null(net->seen);
	}
	net->seen[net->nseen++] = d;
	return swallowed;
}

static int64_t
latency(struct world *w)
{
	const struct weather *sky = &w->net.weather;
	int64_t lat = world_between(w, sky->lat_min, sky->lat_max);

	if (world_chance(w, sky->late))
		lat += world_between(w, 0, LATE_MAX);
	return lat;
}

/* One datagram by itself, with all that can befall it. */
static void
send_one(struct world *w, const struct endpoint *from,
	 const struct endpoint *to, const uint8_t *bytes, size_t len,
	 int64_t at)
{
	const struct weather *sky = &w->net.weather;

	if (world_chance(w, sky->doubled)) {
		w->net.doubled++;
		deliver(w, w->now + latency(w), from, to, bytes, len, len);
	}
	if (world_chance(w, sky->loss)) {
		w->net.lost++;
		return;
	}
	if (world_chance(w, sky->spoilt)) {
		uint32_t bit = world_below(w, (uint32_t)len * 8);
		uint8_t *copy = malloc(len);

		assert_non_null(copy);
		memcpy(copy, bytes, len);
		copy[bit / 8] = (uint8_t)(copy[bit / 8] ^ 1u << bit % 8);
		w->net.spoilt++;
		deliver(w, at, from, to, copy, len, len);
		free(copy);
		return;
	}
	deliver(w, at, from, to, bytes, len, len);
}

void
net_send(struct node *n, const struct udp_run *run)
{
	struct world *w = n->w;
	struct endpoint from =
		net_address(n->i, run->remote.addr.family == IP_V6);
	size_t to = net_owner(w, &run->remote);
	bool cut = to != w->n && net_is_cut(w, n->i, to);
	bool together = run->len > run->segsize && w->net.tap == NULL &&
			world_chance(w, 5000);

	world_assert(w, run->segsize > 0 && run->len > 0);
	world_assert(w, run->remote.port != 0);
	if (run->local.family != IP_NONE)
		from.addr = run->local;
	world_assert(w, net_owner(w, &from) == n->i);
	for (size_t at = 0; at < run->len; at += run->segsize) {
		size_t len = run->len - at < run->segsize ? run->len - at :
							    run->segsize;
		uint8_t *bytes = run->data + at;

		if (bytes[0] <= DGRAM_DATA)
			n->sent[bytes[0]]++;
		if (!ledger_note(&w->ledger, n->i, bytes, len))
			world_fail(w, "%s used a key and a counter twice",
				   n->name);
		if (!seen(w, n->i, &from, &run->remote, bytes, len) &&
		    !together && !cut)
			send_one(w, &from, &run->remote, bytes, len,
				 w->now + latency(w));
	}
	if (together && !cut)
		deliver(w, w->now + latency(w), &from, &run->remote, run->data,
			run->segsize, run->len);
}

void
net_inject(struct world *w, const struct endpoint *from,
	   const struct endpoint *to, const uint8_t *bytes, size_t len)
{
	deliver(w, w->now + latency(w), from, to, bytes, len, len);
}
