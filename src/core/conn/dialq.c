/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keeps lines of entries by class, and a heap of those that rest. */
#include "core/conn/dialq.h"
#include "core/timings.h"

#include <assert.h>
#include <string.h>

#define LINE_YIELDS 0 /* never failed, and yields; */
#define LINE_NEW 1    /* never failed */
#define LINE_LATER 2  /* put off; then by failures */
#define ALL 0
#define URGENT 1
#define SHARE 4 /* every so manieth turn is for all alike */

void
dialq_init(struct dialq *q)
{
	memset(q, 0, sizeof(*q));
	timerq_init(&q->resting);
	q->paced = MONO_NONE;
	q->again_at = MONO_NEVER;
}

void
dialq_free(struct dialq *q)
{
	timerq_free(&q->resting);
}

int
dialq_reserve(struct dialq *q, size_t n)
{
	return timerq_reserve(&q->resting, n);
}

void
dialq_entry_init(struct dialq_entry *e, void *owner)
{
	memset(e, 0, sizeof(*e));
	e->owner = owner;
	e->not_before = MONO_NONE;
	timer_init(&e->timer, e, 0);
}

/* --- lines ---------------------------------------------------------------- */

static void
line_remove(struct dialq *q, struct dialq_entry *e, int which)
{
	struct dialq_line *l = &q->lines[which][e->line];
	struct dialq_entry *before = e->at[which].before;
	struct dialq_entry *after = e->at[which].after;

	if (before != NULL)
		before->at[which].after = after;
	else
		l->first = after;
	if (after != NULL)
		after->at[which].before = before;
	else
		l->last = before;
}

static void
line_append(struct dialq *q, struct dialq_entry *e, int which)
{
	struct dialq_line *l = &q->lines[which][e->line];

	e->at[which].before = l->last;
	e->at[which].after = NULL;
	if (l->last != NULL)
		l->last->at[which].after = e;
	else
		l->first = e;
	l->last = e;
}

static void
line_prepend(struct dialq *q, struct dialq_entry *e, int which)
{
	struct dialq_line *l = &q->lines[which][e->line];

	e->at[which].before = NULL;
	e->at[which].after = l->first;
	if (l->first != NULL)
		l->first->at[which].before = e;
	else
		l->last = e;
	l->first = e;
}

static unsigned int
line_of(const struct dialq_entry *e)
{
	unsigned int n = e->failures;

	if (n == 0 && e->put_off)
		return LINE_LATER;
	if (n == 0)
		return e->yields ? LINE_YIELDS : LINE_NEW;
	return LINE_LATER + (n < DIALQ_FAILURES ? n : DIALQ_FAILURES);
}

/* Joins the line of the urgent ones or leaves it; its place among all stays. */
static void
set_hurried(struct dialq *q, struct dialq_entry *e, bool hurried)
{
	if (e->hurried == hurried)
		return;
	e->hurried = hurried;
	if (e->line <= LINE_NEW)
		q->crowd += hurried ? 1 : -(size_t)1;
	if (!hurried) {
		line_remove(q, e, URGENT);
		return;
	}
	q->changed = true;
	if (e->line <= LINE_NEW)
		line_prepend(q, e, URGENT);
	else
		line_append(q, e, URGENT);
}

static void
unlink_entry(struct dialq *q, struct dialq_entry *e)
{
	if (!e->ready)
		return;
	set_hurried(q, e, false);
	line_remove(q, e, ALL);
	e->ready = false;
	q->ready--;
}

static void
assoc_entry(struct dialq *q, struct dialq_entry *e)
{
	unsigned int line = line_of(e);

	if (e->ready && e->line != line)
		unlink_entry(q, e);
	if (!e->ready) {
		e->line = line;
		line_append(q, e, ALL);
		e->ready = true;
		q->ready++;
		q->changed = true;
	}
	set_hurried(q, e, e->urgent);
}

void
dialq_place(struct dialq *q, struct dialq_entry *e, struct monotime now)
{
	if (e->waits && mono_reached(e->not_before, now)) {
		timerq_cancel(&q->resting, &e->timer);
		assoc_entry(q, e);
		return;
	}
	unlink_entry(q, e);
	if (e->waits)
		timerq_set(&q->resting, &e->timer, e->not_before);
	else
		timerq_cancel(&q->resting, &e->timer);
}

void
dialq_tick(struct dialq *q, struct monotime now)
{
	struct timer *t;

	while ((t = timerq_pop(&q->resting, now)) != NULL)
		dialq_place(q, t->owner, now);
	if (mono_reached(q->again_at, now)) {
		q->again_at = MONO_NEVER;
		q->changed = true;
	}
}

struct monotime
dialq_deadline(const struct dialq *q)
{
	return mono_min(timerq_next(&q->resting), q->again_at);
}

/* --- turns ---------------------------------------------------------------- */

/* The earliest time at which one that failed before may be dialled. */
static struct monotime
pace_at(const struct dialq *q)
{
	if (!mono_is_set(q->paced))
		return MONO_NONE;
	return mono_add_ms(q->paced, -(DIALQ_BURST - 1) * DIALQ_PACE_MS);
}

static void
pace_take(struct dialq *q, struct monotime now)
{
	if (!mono_is_set(q->paced) || mono_before(q->paced, now))
		q->paced = now;
	q->paced = mono_add_ms(q->paced, DIALQ_PACE_MS);
	q->turns++;
}

static struct dialq_entry *
first_of(const struct dialq *q, int which, unsigned int from, unsigned int to,
	 dialq_room room, void *arg)
{
	for (unsigned int i = from; i <= to; i++) {
		struct dialq_entry *e = q->lines[which][i].first;

		if (e != NULL && room(arg, e))
			return e;
	}
	return NULL;
}

static struct dialq_entry *
next_new(const struct dialq *q, dialq_room room, void *arg)
{
	struct dialq_entry *e =
		first_of(q, URGENT, LINE_YIELDS, LINE_NEW, room, arg);

	if (e == NULL)
		e = first_of(q, ALL, LINE_YIELDS, LINE_NEW, room, arg);
	if (e == NULL)
		e = first_of(q, URGENT, LINE_LATER, LINE_LATER, room, arg);
	if (e == NULL)
		e = first_of(q, ALL, LINE_LATER, LINE_LATER, room, arg);
	return e;
}

static struct dialq_entry *
next_again(struct dialq *q, struct monotime now, dialq_room room, void *arg)
{
	int which = q->turns % SHARE == SHARE - 1 ? ALL : URGENT;
	struct dialq_entry *e;

	e = first_of(q, which, LINE_LATER + 1, DIALQ_LINES - 1, room, arg);
	if (e == NULL)
		e = first_of(q, !which, LINE_LATER + 1, DIALQ_LINES - 1, room,
			     arg);
	if (e == NULL)
		return NULL;
	if (!mono_reached(pace_at(q), now)) {
		q->again_at = pace_at(q);
		return NULL;
	}
	pace_take(q, now);
	return e;
}

struct dialq_entry *
dialq_next(struct dialq *q, struct monotime now, dialq_room room, void *arg)
{
	struct dialq_entry *e = NULL;

	q->again_at = MONO_NEVER;
	if (q->ready > 0)
		e = next_new(q, room, arg);
	if (q->ready > 0 && e == NULL)
		e = next_again(q, now, room, arg);
	if (e == NULL) {
		q->changed = false;
		return NULL;
	}
	unlink_entry(q, e);
	e->waits = false;
	return e;
}
