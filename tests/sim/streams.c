/* SPDX-License-Identifier: GPL-3.0-or-later */
/* TCP, as far as its users can tell. */
#include <stdlib.h>
#include <string.h>

#include "world.h"

#define READ_MAX 65536 /* bytes given to a core at once */
#define PIECES_MAX 4
#define GIVE_UP (900 * SEC) /* of unanswered data */
#define RETRY_FIRST (200 * MS)
#define RETRY_MAX (60 * SEC)
#define SYN_TRIES 7 /* 1, 2, 4 ... 64 s: 127 s in all */

struct piece {
	struct piece *next;
	int64_t due;
	bool fin;	 /* the end, for this reason: */
	const char *why; /* NULL: in order */
	size_t len;
	uint8_t bytes[];
};

struct stream_end {
	struct frames *s;
	struct node *node;
	uint32_t conn;
	bool open; /* the core knows conn */
	bool deaf; /* it asked for the close */
	/* on the way here: */
	struct piece *head, **tail;
	int64_t last_due;
	int64_t backoff;
	bool timed; /* an event for head is queued */
};

struct frames {
	struct frames *next;
	struct stream_end end[2]; /* dialler, listener */
	unsigned int tries;
	bool forgotten; /* what is on the way never arrives */
	bool reset;	/* one end forgot it: answers RST */
};

static struct stream_end *
other(struct stream_end *e)
{
	return &e->s->end[e == &e->s->end[0] ? 1 : 0];
}

static void
ends_add(struct ends *ends, struct stream_end *e)
{
	if (ends->n == ends->cap) {
		ends->cap = ends->cap == 0 ? 16 : 2 * ends->cap;
		ends->v = realloc(ends->v,
				  ends->cap * sizeof(struct stream_end *));
		assert_non_null(ends->v);
	}
	ends->v[ends->n++] = e;
}

static void
ends_remove(struct ends *ends, const struct stream_end *e)
{
	for (size_t i = 0; i < ends->n; i++)
		if (ends->v[i] == e) {
			ends->v[i] = ends->v[--ends->n];
			return;
		}
}

static struct stream_end *
find(struct node *n, uint32_t conn)
{
	for (size_t i = 0; i < n->ends.n; i++)
		if (n->ends.v[i]->conn == conn)
			return n->ends.v[i];
	return NULL;
}

/* As the system words it. */
static enum close_reason
reason_of(const char *why)
{
	if (why == NULL)
		return CLOSE_ORDERLY;
	if (strcmp(why, "Connection refused") == 0)
		return CLOSE_REFUSED;
	return strcmp(why, "Connection timed out") == 0 ? CLOSE_TIMEOUT :
							  CLOSE_BROKEN;
}

/* The core is told that a connection is no more. */
static void
shut(struct stream_end *e, const char *why)
{
	struct node *n = e->node;

	if (!e->open)
		return;
	e->open = false;
	ends_remove(&n->ends, e);
	world_note(n->w, n, why == NULL ? "tcp-end" : why, e->conn);
	core_stream_closed(n->core, node_now(n), e->conn, reason_of(why), why);
	node_settle(n);
}

static void
open_end(struct stream_end *e, struct node *n, uint32_t conn)
{
	e->node = n;
	e->conn = conn;
	e->open = true;
	e->tail = &e->head;
	ends_add(&n->ends, e);
}

static void flow(struct world *w, void *arg);

static void
flow_at(struct world *w, struct stream_end *e, int64_t at)
{
	e->timed = true;
	queue_add(&w->queue, at, flow, e, NULL);
}

/* Something for that end goes on its way. */
static void
push(struct stream_end *e, const uint8_t *bytes, size_t len, bool fin,
     const char *why)
{
	struct world *w = other(e)->node->w;
	const struct weather *sky = &w->net.weather;
	struct piece *p = malloc(sizeof(*p) + len);

	assert_non_null(p);
	*p = (struct piece){ .fin = fin, .why = why, .len = len };
	if (len > 0)
		memcpy(p->bytes, bytes, len);
	p->due = w->now + world_between(w, sky->lat_min, sky->lat_max);
	if (world_chance(w, sky->tcp_loss))
		p->due += RETRY_FIRST * (1 + world_below(w, 3));
	if (p->due < e->last_due)
		p->due = e->last_due;
	e->last_due = p->due;
	*e->tail = p;
	e->tail = &p->next;
	if (!e->timed)
		flow_at(w, e, p->due);
}

static void
drop_pieces(struct stream_end *e)
{
	struct piece *p;

	while ((p = e->head) != NULL) {
		e->head = p->next;
		free(p);
	}
	e->tail = &e->head;
}

/* What is first on the way to an end arrives, or has to wait. */
static void
flow(struct world *w, void *arg)
{
	struct stream_end *e = arg;
	struct piece *p = e->head;

	e->timed = false;
	if (p == NULL)
		return;
	if (!e->open || e->deaf || e->s->forgotten) {
		drop_pieces(e);
		return;
	}
	if (net_is_cut(w, other(e)->node->i, e->node->i)) {
		e->backoff = e->backoff == 0 ? RETRY_FIRST : 2 * e->backoff;
		if (e->backoff > RETRY_MAX)
			e->backoff = RETRY_MAX;
		if (w->now - p->due > GIVE_UP) {
			drop_pieces(e);
			e->s->forgotten = true;
			shut(e, "Connection timed out");
			shut(other(e), "Connection timed out");
			return;
		}
		flow_at(w, e, w->now + e->backoff);
		return;
	}
	e->backoff = 0;
	e->head = p->next;
	if (e->head == NULL)
		e->tail = &e->head;
	else
		flow_at(w, e, e->head->due > w->now ? e->head->due : w->now);
	if (p->fin) {
		shut(e, p->why);
	} else {
		world_note(w, e->node, "tcp", e->conn);
		core_stream_in(e->node->core, node_now(e->node), e->conn,
			       p->bytes, p->len);
		node_settle(e->node);
	}
	free(p);
}

/* --- making one ------------------------------------------------------------ */

struct syn {
	struct frames *s;
	struct endpoint from, to;
};

static void
syn_answer(struct world *w, void *arg)
{
	struct syn *syn = arg;
	struct stream_end *e = &syn->s->end[0];

	(void)w;
	if (!e->open)
		return;
	if (syn->s->end[1].node == NULL) {
		shut(e, "Connection refused");
		return;
	}
	world_note(w, e->node, "tcp-open", e->conn);
	core_stream_opened(e->node->core, node_now(e->node), e->conn);
	node_settle(e->node);
}

static void
syn_again(struct world *w, struct syn *syn, int64_t at,
	  void (*run)(struct world *w, void *arg))
{
	struct syn *copy = malloc(sizeof(*copy));

	assert_non_null(copy);
	*copy = *syn;
	queue_add(&w->queue, at, run, copy, free);
}

static void
syn_arrives(struct world *w, void *arg)
{
	struct syn *syn = arg;
	struct stream_end *d = &syn->s->end[0];
	struct stream_end *l = &syn->s->end[1];
	size_t to = net_owner(w, &syn->to);
	uint32_t conn;
	int64_t lat = world_between(w, w->net.weather.lat_min,
				    w->net.weather.lat_max);

	if (!d->open)
		return;
	/* A NAT stands before a node without a listed address. */
	if (to == w->n || w->nodes[to].hidden ||
	    net_is_cut(w, d->node->i, to) || net_is_cut(w, to, d->node->i)) {
		if (syn->s->tries == SYN_TRIES)
			shut(d, "Connection timed out");
		else
			syn_again(w, syn, w->now + (SEC << syn->s->tries++),
				  syn_arrives);
		return;
	}
	if (w->nodes[to].core != NULL) {
		struct node *n = &w->nodes[to];

		conn = core_stream_accepted(n->core, node_now(n), &syn->from);
		world_note(w, n, "tcp-accept", conn);
		l->node = n;
		if (conn != 0)
			open_end(l, n, conn);
		node_settle(n);
	}
	syn_again(w, syn, w->now + lat, syn_answer);
	/* Taken by the system, given up by the program. */
	if (l->node != NULL && !l->open)
		push(d, NULL, 0, true, "Connection reset by peer");
}

void
stream_connect(struct node *n, uint32_t conn, const struct endpoint *to)
{
	struct world *w = n->w;
	struct syn syn = { .to = *to };
	struct frames *s = calloc(1, sizeof(*s));
	const struct weather *sky = &w->net.weather;

	assert_non_null(s);
	n->connects++;
	s->next = w->net.streams;
	w->net.streams = s;
	s->end[0].s = s->end[1].s = s;
	s->end[1].tail = &s->end[1].head;
	open_end(&s->end[0], n, conn);
	syn.s = s;
	syn.from = net_address(n->i, to->addr.family == IP_V6);
	syn.from.port = (uint16_t)(32768 + world_below(w, 28000));
	syn_again(w, &syn,
		  w->now + world_between(w, sky->lat_min, sky->lat_max),
		  syn_arrives);
}

/* --- what the core asks for -------------------------------------------------- */

/* What was written to one that nobody remembers comes to nothing. */
static void
time_out(struct world *w, void *arg)
{
	struct stream_end *e = arg;

	(void)w;
	shut(e,
	     e->s->reset ? "Connection reset by peer" : "Connection timed out");
}

/* All that the core has for the wire, cut anywhere. */
static void
drain(struct node *n, struct stream_end *e)
{
	static uint8_t bytes[READ_MAX];
	struct world *w = n->w;
	size_t len;

	while ((len = core_stream_drain(n->core, node_now(n), e->conn, bytes,
					sizeof(bytes))) > 0) {
		size_t pieces = 1 + world_below(w, PIECES_MAX);
		size_t at = 0;

		world_note(w, n, "tcp-write", len);
		w->net.tcp_bytes += len;
		if (e->s->forgotten) {
			queue_add(&w->queue,
				  w->now + (e->s->reset ?
						    2 * w->net.weather.lat_max :
						    GIVE_UP),
				  time_out, e, NULL);
			continue;
		}
		for (size_t i = 1; i <= pieces; i++) {
			size_t end =
				i == pieces ?
					len :
					at + (len - at) * world_below(w, 1000) /
							1000;

			if (end > at)
				push(other(e), bytes + at, end - at, false,
				     NULL);
			at = end;
		}
	}
}

void
stream_ready(struct node *n, uint32_t conn)
{
	struct stream_end *e = find(n, conn);

	if (e != NULL)
		drain(n, e);
}

static void
closed_here(struct world *w, void *arg)
{
	(void)w;
	shut(arg, NULL);
}

void
stream_close(struct node *n, uint32_t conn)
{
	struct stream_end *e = find(n, conn);

	if (e == NULL)
		return;
	drain(n, e);
	e->deaf = true;
	if (other(e)->open && !e->s->forgotten)
		push(other(e), NULL, 0, true, NULL);
	queue_add(&n->w->queue, n->w->now + world_between(n->w, 0, MS),
		  closed_here, e, NULL);
}

/* --- what befalls them ------------------------------------------------------- */

void
streams_gone(struct node *n, bool orderly)
{
	struct world *w = n->w;

	while (n->ends.n > 0) {
		struct stream_end *e = n->ends.v[--n->ends.n];

		e->open = false;
		if (!other(e)->open)
			continue;
		if (orderly) {
			push(other(e), NULL, 0, true, NULL);
		} else if (world_chance(w, 5000)) {
			push(other(e), NULL, 0, true,
			     "Connection reset by peer");
		} else {
			e->s->forgotten = true;
			e->s->reset = true;
		}
	}
}

void
streams_cut(struct world *w, size_t a, size_t b)
{
	struct node *n = &w->nodes[a];

	for (size_t i = 0; i < n->ends.n; i++) {
		struct stream_end *e = n->ends.v[i];

		if (other(e)->open && other(e)->node->i == b &&
		    world_chance(w, 5000))
			e->s->forgotten = true;
	}
}

void
streams_free(struct world *w)
{
	struct frames *s;

	while ((s = w->net.streams) != NULL) {
		w->net.streams = s->next;
		drop_pieces(&s->end[0]);
		drop_pieces(&s->end[1]);
		free(s);
	}
	for (size_t i = 0; i < w->n; i++)
		free(w->nodes[i].ends.v);
}
