/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is written stays; when it is written, and whether before a crash, is
 * chance or a test's wish. */
#include "disk.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "ca.h"
#include "core/generation.h"
#include "world.h"

struct job {
	struct job *next;
	enum action_kind kind;
	uint32_t ticket;
	size_t peer;
	uint8_t *data;
	size_t len;
	const uint8_t *view; /* the core's until it is answered */
	size_t viewlen;
	struct bnl_source source; /* BUILD_LIST: likewise */
	uint8_t mark[BNL_VERSION_WIRE_LEN];
	bool list_done; /* STORE_LIST: the mark is next */
};

void
disk_init(struct node *n)
{
	struct disk *d = &n->disk;

	d->pairs = calloc(n->w->n, sizeof(*d->pairs));
	assert_non_null(d->pairs);
	d->tail = &d->jobs;
	d->delay_min = MS / 10;
	d->delay_max = 5 * MS;
	rng_fill(&n->w->rng, d->static_key, sizeof(d->static_key));
}

static void
job_free(struct job *j)
{
	free(j->data);
	free(j);
}

void
disk_free(struct node *n)
{
	for (size_t i = 0; i < n->w->n; i++)
		free(n->disk.pairs[i].data);
	free(n->disk.pairs);
	free(n->disk.list);
	free(n->disk.known);
}

/* --- the writes ------------------------------------------------------------ */

static void
write_pair(struct node *n, size_t peer, const uint8_t *data, size_t len)
{
	struct disk_pair *p = &n->disk.pairs[peer];
	struct err e;

	free(p->data);
	*p = (struct disk_pair){ .data = NULL };
	if (len > 0) {
		p->data = malloc(len);
		assert_non_null(p->data);
		memcpy(p->data, data, len);
		p->len = len;
		if (pair_record_decode(&p->record, data, len, &e) < 0)
			world_fail(n->w, "%s stored a pair that is none: %s",
				   n->name, e.text);
		world_assert(n->w, strcmp(p->record.peer,
					  n->w->nodes[peer].name) == 0);
	}
	secrets_tell(n->w, n->i, peer);
	secrets_check(n->w, n->i, peer);
}

/* It only ever rises. */
static void
write_mark(struct node *n, const uint8_t mark[BNL_VERSION_WIRE_LEN])
{
	struct disk *d = &n->disk;
	struct bnl_version was, is;

	bnl_version_read(&was, d->mark);
	bnl_version_read(&is, mark);
	world_assert(n->w, !d->has_mark || bnl_version_cmp(&is, &was) >= 0);
	memcpy(d->mark, mark, sizeof(d->mark));
	d->has_mark = true;
}

static void
write_step(struct node *n, const struct job *j)
{
	struct disk *d = &n->disk;

	if (j->kind == ACTION_STORE_PAIR) {
		write_pair(n, j->peer, j->data, j->len);
	} else if (j->kind == ACTION_STORE_HELD) {
		/* The lists here are of one format. */
		world_fail(n->w, "%s holds a list", n->name);
	} else if (!j->list_done && j->viewlen > 0) {
		free(d->list);
		d->list = malloc(j->viewlen);
		assert_non_null(d->list);
		memcpy(d->list, j->view, j->viewlen);
		d->listlen = j->viewlen;
	} else {
		write_mark(n, j->mark);
	}
}

/* --- the worker -------------------------------------------------------------- */

/* A life of a node ends with all that its worker had before it. */
struct turn {
	struct node *n;
	unsigned int life;
};

static void
turn_at(struct node *n, int64_t after, void (*run)(struct world *w, void *turn))
{
	struct turn *t = malloc(sizeof(*t));

	assert_non_null(t);
	*t = (struct turn){ n, n->life };
	queue_add(&n->w->queue, n->w->now + after, run, t, free);
}

/* The job that this turn is for; NULL: it went with its node. */
static struct job *
turn_job(const struct turn *t)
{
	if (t->n->core == NULL || t->n->life != t->life)
		return NULL;
	return t->n->disk.jobs;
}

static void work(struct world *w, void *turn);

static void
work_soon(struct node *n)
{
	turn_at(n, world_between(n->w, n->disk.delay_min, n->disk.delay_max),
		work);
}

static void
job_done(struct node *n)
{
	struct disk *d = &n->disk;
	struct job *j = d->jobs;

	d->jobs = j->next;
	if (d->jobs == NULL)
		d->tail = &d->jobs;
	else
		work_soon(n);
	job_free(j);
}

/* True when the node had to crash here. */
static bool
crashes(struct node *n, enum disk_crash when)
{
	struct disk *d = &n->disk;

	if (d->crash != when || d->steps != d->crash_step)
		return false;
	d->crash = CRASH_NEVER;
	node_crash(n);
	d->restart = n->w->now + d->crash_rest;
	node_start_at(n, d->restart);
	return true;
}

static void
tell(struct node *n, uint32_t ticket, bool ok)
{
	world_note(n->w, n, ok ? "stored" : "store-failed", ticket);
	core_stored(n->core, node_now(n), ticket, ok);
	job_done(n);
	node_settle(n);
}

static void
answer(struct world *w, void *arg)
{
	struct turn *t = arg;
	struct job *j = turn_job(t);

	(void)w;
	if (j == NULL)
		return;
	tell(t->n, j->ticket, true);
	crashes(t->n, CRASH_ANSWERED);
}

static void
build(struct node *n, const struct job *j)
{
	const struct key *key = ca_list_key();
	struct generation *g = NULL;
	struct err e;
	int rc = generation_receive(&g, &j->source, &key, 1, &e);

	world_note(n->w, n, "built", j->ticket);
	core_list_ready(n->core, node_now(n), j->ticket, rc < 0 ? NULL : g,
			rc < 0 ? &e : NULL);
	job_done(n);
	node_settle(n);
}

static bool
is_two_steps(const struct job *j)
{
	return j->kind == ACTION_STORE_LIST && j->viewlen > 0;
}

static void
work(struct world *w, void *arg)
{
	struct turn *t = arg;
	struct node *n = t->n;
	struct disk *d = &n->disk;
	struct job *j = turn_job(t);

	if (j == NULL)
		return;
	if (j->kind == ACTION_BUILD_LIST) {
		build(n, j);
		return;
	}
	d->steps++;
	if (crashes(n, CRASH_BEFORE))
		return;
	if (world_chance(w, d->fails)) {
		tell(n, j->ticket, false);
		return;
	}
	write_step(n, j);
	if (crashes(n, CRASH_AFTER))
		return;
	if (is_two_steps(j) && !j->list_done) {
		j->list_done = true;
		work_soon(n);
		return;
	}
	turn_at(n, world_between(w, 0, d->delay_min), answer);
}

void
disk_job(struct node *n, struct action *a)
{
	struct disk *d = &n->disk;
	struct job *j = calloc(1, sizeof(*j));

	assert_non_null(j);
	j->kind = a->kind;
	j->ticket = a->ticket;
	if (a->kind == ACTION_STORE_PAIR)
		j->peer = world_node(n->w, a->peer);
	j->data = a->data;
	j->len = a->len;
	a->data = NULL;
	j->view = a->view;
	j->viewlen = a->viewlen;
	j->source = a->source;
	memcpy(j->mark, a->mark, sizeof(j->mark));
	*d->tail = j;
	d->tail = &j->next;
	if (d->jobs == j)
		work_soon(n);
}

void
disk_known(struct node *n, struct action *a)
{
	free(n->disk.known);
	n->disk.known = a->data;
	n->disk.knownlen = a->len;
	a->data = NULL;
}

void
disk_gone(struct node *n, bool orderly)
{
	struct disk *d = &n->disk;
	struct job *j;

	while ((j = d->jobs) != NULL) {
		d->jobs = j->next;
		if (orderly && j->kind != ACTION_BUILD_LIST) {
			write_step(n, j);
			if (is_two_steps(j) && !j->list_done) {
				j->list_done = true;
				write_step(n, j);
			}
		}
		job_free(j);
	}
	d->tail = &d->jobs;
}

/* --- reading ----------------------------------------------------------------- */

void
disk_load_pairs(struct node *n)
{
	for (size_t i = 0; i < n->w->n; i++)
		if (n->disk.pairs[i].data != NULL)
			core_load_pair(n->core, &n->disk.pairs[i].record);
}

void
disk_load_known(struct node *n)
{
	struct err e;

	if (n->disk.known != NULL &&
	    core_load_addrcache(n->core, n->disk.known, n->disk.knownlen, &e) <
		    0)
		world_fail(n->w, "%s: addresses on disk: %s", n->name, e.text);
}

void
disk_erase_pairs(struct node *n)
{
	for (size_t i = 0; i < n->w->n; i++) {
		free(n->disk.pairs[i].data);
		n->disk.pairs[i] = (struct disk_pair){ .data = NULL };
		secrets_forget(n->w, n->i, i);
	}
}
