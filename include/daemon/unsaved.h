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

#include "daemon/daemon.h"

struct job;

int unsaved_open(struct daemon *d, struct err *e);
void unsaved_close(struct daemon *d);	/* drops all that is kept */

/* The write failed: keeps it for the next try, and reports it. Takes over the
 * job in any case; false: no memory to keep it. */
bool unsaved_keep(struct daemon *d, struct job *j);
/* A newer write of the same thing was submitted. */
void unsaved_replaced(struct daemon *d, const struct job *j);
/* A write succeeded; retries the others. */
void unsaved_written(struct daemon *d, const struct job *j);

/* Called when an idle worker gets a job, or the worker finishes one. */
void unsaved_moves(struct daemon *d);
/* Retries all of them now: at a reload, and at the end. */
void unsaved_retry(struct daemon *d);
/* True while the list in force, or its mark, is not on the disk. */
bool unsaved_has_list(const struct daemon *d);
/* A warning for each kind of file that cannot be written, as in
 * trouble_warnings(), and for a disk that does not answer. */
void unsaved_warnings(const struct daemon *d, json_t *array);

#endif
