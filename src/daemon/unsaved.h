/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Keeps writes that the disk refused. The daemon continues from memory: a
 * negotiated pair is in use, and a newer list is in force. Both are written as
 * soon as the disk accepts them; after a crash before that, the pair is
 * negotiated again, and the list comes from a peer.
 */
#ifndef DAEMON_UNSAVED_H
#define DAEMON_UNSAVED_H

#include <jansson.h>
#include <stdbool.h>

#include "base/err.h"
#include "base/monotime.h"

struct daemon;
struct job;

#define UNSAVED_KINDS 5 /* pairs, list, held list, addresses, running time */

struct unsaved {
	struct job *first;     /* writes that failed */
	struct unsaved_fault { /* error of the last write of a kind */
		bool is_set;
		struct walltime since;
		char text[ERR_TEXT_MAX]; /* with path and errno */
	} faults[UNSAVED_KINDS];
};

/* The write failed: keeps it for the next try, and reports it. Takes over the
 * job in any case; false: no memory to keep it. */
bool unsaved_keep(struct daemon *d, struct unsaved *u, struct job *j);
/* Drops an earlier write of the same file. */
void unsaved_replace(struct unsaved *u, const struct job *j);
/* A write succeeded: as unsaved_replace(), and ends the fault of its kind once
 * no other write of it is kept. */
void unsaved_written(struct unsaved *u, const struct job *j);
/* The next write to be tried again, for the caller; NULL: none. */
struct job *unsaved_take(struct unsaved *u);
/* True while the list in force, or its mark, is not on the disk. */
bool unsaved_has_list(const struct unsaved *u);
/* Appends a warning for each kind of file that cannot be written. */
void unsaved_warnings(const struct unsaved *u, json_t *array);
/* Drops all that is kept, and logs it. */
void unsaved_free(struct unsaved *u);

#endif
