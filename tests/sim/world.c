/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The clock that nobody but the world moves. */
#include "world.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format/bnl.h"
#include "real_tls.h"

#define START (1000 * SEC)
#define RESTS_MAX 1000 /* ticks of one node at one moment */

uint32_t
world_below(struct world *w, uint32_t bound)
{
	return rng_below(&w->rng, bound);
}

int64_t
world_between(struct world *w, int64_t lo, int64_t hi)
{
	uint64_t r = (uint64_t)rng_u32(&w->rng) << 32 | rng_u32(&w->rng);

	return hi <= lo ? lo : lo + (int64_t)(r % (uint64_t)(hi - lo + 1));
}

bool
world_chance(struct world *w, uint32_t per_10000)
{
	return per_10000 > 0 && world_below(w, 10000) < per_10000;
}

void
world_note(struct world *w, const struct node *n, const char *what,
	   uint64_t value)
{
	uint64_t parts[] = { (uint64_t)w->now, n == NULL ? 0 : n->i + 1,
			     value };

	w->trace = sim_hash(w->trace, parts, sizeof(parts));
	if (getenv("SIM_LOG") != NULL)
		fprintf(stderr, "%12.6f %s %s %" PRIu64 "\n",
			(double)w->now / 1e9, n == NULL ? "-" : n->name, what,
			value);
}

void
world_fail(struct world *w, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	fail_msg("%s (at %.6f s; again with SIM_SEED=%" PRIu64 ")", text,
		 (double)(w->now - START) / 1e9, w->seed);
	abort();
}

uint64_t
sim_seed(size_t k)
{
	const char *base = getenv("SIM_SEED");

	return (base == NULL ? 1 : strtoull(base, NULL, 10)) + k;
}

static double
share(void)
{
	const char *text = getenv("SIM_RUNS");

	return text == NULL ? 1 : strtod(text, NULL);
}

size_t
sim_runs(size_t standard)
{
	double runs = share() * (double)standard;

	return runs < 1 ? 1 : (size_t)runs;
}

int64_t
sim_span(int64_t standard)
{
	return share() < 1 ? (int64_t)(share() * (double)standard) : standard;
}

struct world *
world_new(const struct world_opts *o)
{
	struct world *w = calloc(1, sizeof(*w));
	size_t len;
	char *raw;

	assert_non_null(w);
	real_tls_forget();
	w->now = START;
	w->seed = o->seed;
	w->list_pad = o->pad;
	w->rng = rng_seeded(&w->rng_state, o->seed);
	w->plain = o->plain;
	w->n = o->nodes;
	w->nodes = calloc(w->n, sizeof(*w->nodes));
	w->wake = calloc(w->n, sizeof(*w->wake));
	assert_true(w->nodes != NULL && w->wake != NULL);
	for (size_t i = 0; i < w->n; i++)
		w->wake[i] = INT64_MAX;
	net_init(w);
	w->net.weather.lat_min = o->lat_min > 0 ? o->lat_min : MS;
	w->net.weather.lat_max = o->lat_max > 0 ? o->lat_max : MS;
	traffic_init(w);
	secrets_init(w);
	for (size_t i = 0; i < w->n; i++)
		node_init(&w->nodes[i], w, i, o);
	raw = list_make(w, NULL, &len);
	for (size_t i = 0; i < w->n; i++)
		list_install(&w->nodes[i], raw, len);
	free(raw);
	return w;
}

void
world_free(struct world *w)
{
	for (size_t i = 0; i < w->n; i++)
		node_done(&w->nodes[i]);
	queue_free(&w->queue);
	net_free(w);
	traffic_free(w);
	secrets_free(w);
	ledger_free(&w->ledger);
	bnl_free(w->list);
	bnl_free(w->list_before);
	free(w->nodes);
	free(w->wake);
	free(w);
}

size_t
world_node(struct world *w, const char *name)
{
	for (size_t i = 0; i < w->n; i++)
		if (strcmp(w->nodes[i].name, name) == 0)
			return i;
	world_fail(w, "no node is called %s", name);
}

/* The one with the lowest number of those that are first. */
static size_t
first_to_wake(const struct world *w)
{
	size_t first = 0;

	for (size_t i = 1; i < w->n; i++)
		if (w->wake[i] < w->wake[first])
			first = i;
	return first;
}

static void
tick(struct world *w, struct node *n)
{
	if (n->ticked != w->now)
		n->rests = 0;
	n->ticked = w->now;
	if (n->rests++ > RESTS_MAX)
		world_fail(w, "%s never rests", n->name);
	node_tick(n);
}

/* The next thing that happens, unless it is after limit. */
static bool
step(struct world *w, int64_t limit)
{
	size_t i = first_to_wake(w);
	int64_t wake = w->wake[i];
	int64_t at = queue_next(&w->queue);
	struct event e;

	if (wake < at) {
		if (wake > limit)
			return false;
		if (wake > w->now)
			w->now = wake;
		tick(w, &w->nodes[i]);
		return true;
	}
	if (at > limit)
		return false;
	if (at > w->now)
		w->now = at;
	e = queue_pop(&w->queue);
	e.run(w, e.arg);
	if (e.drop != NULL)
		e.drop(e.arg);
	return true;
}

void
world_run(struct world *w, int64_t until)
{
	while (step(w, until))
		;
	w->now = until;
}

bool
world_run_until(struct world *w, int64_t limit,
		bool (*done)(struct world *w, void *arg), void *arg)
{
	while (!done(w, arg))
		if (!step(w, limit)) {
			w->now = limit;
			return done(w, arg);
		}
	return true;
}
