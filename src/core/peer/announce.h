/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tells the hooks, the log and the history what a new list changes. */
#ifndef CORE_PEER_ANNOUNCE_H
#define CORE_PEER_ANNOUNCE_H

#include <stdbool.h>

#include "core/changes.h"

struct core;

/* Queues hooks and events for the changes, once the daemon runs. */
void announce_changes(struct core *c, const struct list_changes *cs);
/* Queues the hooks for all nodes of a list, at the start and at the end; NULL:
 * none is in force. */
void announce_all(struct core *c, const struct bnl *b, bool up);
/* Notes nodes that left or came back, for an administrator who asks why. The
 * new list is in force. */
void announce_note(struct core *c, const struct list_changes *cs);

#endif
