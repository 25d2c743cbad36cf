/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Resolves host names for the core. */
#ifndef DAEMON_LOOKUP_H
#define DAEMON_LOOKUP_H

#include "base/err.h"
#include "core/action.h"
#include "sys/work.h"

struct daemon;
struct lookup;

/* A thread for each name that the core resolves at a time, in each family. */
#define LOOKUP_THREADS (2 * ACTION_RESOLVE_MAX)

struct lookups {
	struct work *file;    /* the hosts file, */
	struct work *servers; /* name servers, which may take long */
	struct lookup *first; /* look-ups under way */
};

int lookup_open(struct daemon *d, struct err *e);
/* Takes over the action's text. */
void lookup_start(struct daemon *d, struct action *a);
/* Does not wait: abandons all pending look-ups. */
void lookup_close(struct daemon *d);

#endif
