/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The order in which a node dials those with which it wants to negotiate.
 *
 * An entry that waits is either resting, until a time before which it must not
 * be dialled, or ready. Ready ones are dialled in this order:
 *
 *	never failed, packets wait	the last one that came is the first
 *	never failed			the first one that came
 *	put off				packets wait, then the longest wait
 *	failed before, packets wait	the fewest failures, then the longest wait
 *	failed before			likewise
 *
 * so that any number of peers that do not answer delays no other one: each of
 * them is in the first two classes for one dial. One that was put off had less
 * time for that than a slow path needs, since many others waited. Those that
 * failed before also have a pace, and every fourth turn of theirs is for the
 * longest wait alone, whether packets wait or not: each one comes to its turn.
 *
 * Resting entries have a timer, ready ones have none. Owns nothing but the
 * order: a caller says by `room` for which entries there is a connection.
 */
#ifndef CORE_CONN_DIALQ_H
#define CORE_CONN_DIALQ_H

#include <stdbool.h>
#include <stddef.h>

#include "base/monotime.h"
#include "base/timerq.h"

#define DIALQ_FAILURES 9 /* more of them count as so many */
#define DIALQ_LINES (DIALQ_FAILURES + 3)
#define DIALQ_BURST 32 /* after so many at once */

struct dialq_entry {
	/* Set by the owner; then dialq_place(). */
	bool waits;
	bool urgent;		    /* packets wait for it */
	bool yields;		    /* the peer may dial this node soon */
	bool put_off;		    /* first dial ended for others */
	unsigned int failures;	    /* dials in a row that found nobody */
	struct monotime not_before; /* the peer rests until then */
	/* The queue's own. */
	void *owner;
	struct timer timer;
	bool ready;
	bool hurried; /* also in the line of the urgent ones */
	unsigned int line;
	struct {
		struct dialq_entry *before, *after;
	} at[2];
};

struct dialq_line {
	struct dialq_entry *first, *last;
};

struct dialq {
	struct timerq resting;
	struct dialq_line lines[2][DIALQ_LINES]; /* all; the urgent ones */
	size_t ready;
	size_t crowd;		  /* ready, never failed, packets wait */
	unsigned int turns;	  /* turns of dials that failed before */
	struct monotime paced;	  /* the next one of them is due, but for
				   * the burst */
	struct monotime again_at; /* a dial waits for that alone;
				   * MONO_NEVER: none does */
	bool changed;		  /* an entry became ready since the last
				   * dialq_next() that found none */
};

void dialq_init(struct dialq *q);
/* No entry may wait. */
void dialq_free(struct dialq *q);
/* Room for n resting entries; 0, or -1 when memory is out. */
int dialq_reserve(struct dialq *q, size_t n);
void dialq_entry_init(struct dialq_entry *e, void *owner);
/* Puts the entry where its fields say, out of the queue unless it waits. An
 * entry that stays where it is keeps its place. */
void dialq_place(struct dialq *q, struct dialq_entry *e, struct monotime now);
/* Ends the rest of those whose time has come. */
void dialq_tick(struct dialq *q, struct monotime now);
/* MONO_NEVER: nothing is due by time. */
struct monotime dialq_deadline(const struct dialq *q);

/* Whether e could be dialled at once. */
typedef bool (*dialq_room)(void *arg, const struct dialq_entry *e);
/* Takes out the one whose turn it is: it does not wait any more. NULL: there is
 * room for none, or none is ready. */
struct dialq_entry *dialq_next(struct dialq *q, struct monotime now,
			       dialq_room room, void *arg);

#endif
