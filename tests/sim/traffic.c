/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What was sent, what came, and how long it took. */
#include "traffic.h"

#include <stdlib.h>
#include <string.h>

#include "inner.h"
#include "world.h"

#define BURST_MAX 160

void
traffic_init(struct world *w)
{
	w->traffic.flows = calloc(w->n * w->n, sizeof(struct flow));
	assert_non_null(w->traffic.flows);
}

void
traffic_free(struct world *w)
{
	for (size_t i = 0; i < w->n * w->n; i++) {
		free(w->traffic.flows[i].sent_at);
		free(w->traffic.flows[i].arrived);
	}
	free(w->traffic.flows);
}

struct flow *
traffic_flow(struct world *w, size_t from, size_t to)
{
	return &w->traffic.flows[from * w->n + to];
}

static uint32_t
next_number(struct world *w, struct flow *f)
{
	if (f->sent == f->cap) {
		f->cap = f->cap == 0 ? 64 : 2 * f->cap;
		f->sent_at = realloc(f->sent_at, f->cap * sizeof(*f->sent_at));
		f->arrived = realloc(f->arrived, f->cap * sizeof(*f->arrived));
		assert_true(f->sent_at != NULL && f->arrived != NULL);
	}
	f->sent_at[f->sent] = w->now;
	f->arrived[f->sent] = false;
	return f->sent++;
}

void
traffic_send(struct world *w, size_t from, size_t to, unsigned int count)
{
	static struct packet packets[BURST_MAX];
	struct tun_frame frames[BURST_MAX];
	struct node *n = &w->nodes[from];

	world_assert(w, count <= BURST_MAX && from != to);
	if (n->core == NULL)
		return;
	for (unsigned int i = 0; i < count; i++) {
		struct inner what = { (uint32_t)from, (uint32_t)to,
				      next_number(w,
						  traffic_flow(w, from, to)) };

		inner_make(&packets[i], &what);
		frames[i] = inner_frame(&packets[i]);
	}
	w->traffic.sent += count;
	node_tun_in(n, frames, count);
}

void
traffic_all(struct world *w)
{
	for (size_t i = 0; i < w->n; i++)
		for (size_t j = 0; j < w->n; j++)
			if (i != j)
				traffic_send(w, i, j, 1);
}

struct source {
	size_t from, to;
	int64_t interval;
};

static void
again(struct world *w, void *arg)
{
	const struct source *s = arg;
	struct source *next;

	if (!w->traffic.steady)
		return;
	traffic_send(w, s->from, s->to, 1 + world_below(w, 3));
	next = malloc(sizeof(*next));
	assert_non_null(next);
	*next = *s;
	queue_add(&w->queue,
		  w->now + s->interval / 2 + world_between(w, 0, s->interval),
		  again, next, free);
}

void
traffic_every(struct world *w, int64_t interval)
{
	w->traffic.steady = true;
	for (size_t i = 0; i < w->n; i++)
		for (size_t j = 0; j < w->n; j++) {
			struct source *s = malloc(sizeof(*s));

			assert_non_null(s);
			*s = (struct source){ i, j, interval };
			if (i == j)
				free(s);
			else
				queue_add(&w->queue,
					  w->now +
						  world_between(w, 0, interval),
					  again, s, free);
		}
}

void
traffic_stop(struct world *w)
{
	w->traffic.steady = false;
}

static void
packet_got(void *ctx, const struct inner *what)
{
	struct node *n = ctx;
	struct world *w = n->w;
	struct flow *f;

	world_assert(w, what->from < w->n && what->to == n->i &&
				what->from != what->to);
	f = traffic_flow(w, what->from, what->to);
	world_assert(w, what->number < f->sent);
	if (f->arrived[what->number])
		world_fail(w, "packet %u from %s came to %s twice",
			   what->number, w->nodes[what->from].name, n->name);
	f->arrived[what->number] = true;
	f->got++;
	w->traffic.got++;
	f->last_got = w->now;
	if (f->first_got == 0)
		f->first_got = w->now;
	if (w->now - f->sent_at[what->number] > w->traffic.worst)
		w->traffic.worst = w->now - f->sent_at[what->number];
	world_note(w, n, "packet", what->number);
}

void
traffic_got(struct node *n, const struct tun_out *f)
{
	n->w->traffic.coalesced += f->off.kind == FRAME_UDP;
	if (!inner_read(f, packet_got, n))
		world_fail(n->w, "%s got a packet that nobody sent", n->name);
}

bool
traffic_all_arrived(struct world *w, void *arg)
{
	(void)arg;
	return w->traffic.got == w->traffic.sent;
}
