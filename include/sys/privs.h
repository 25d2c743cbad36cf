/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Giving privileges up. Before any thread is started: the kernel keeps
 * capabilities by thread. */
#ifndef SYS_PRIVS_H
#define SYS_PRIVS_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

struct privs_ids {
	uid_t uid;
	gid_t gid;
};

/* user: a name or a number; group: the same, or NULL for the user's own.
 * May read files: before the change. */
int privs_lookup(struct privs_ids *out, const char *user, const char *group,
		 struct err *e);
/* "adm" -> its number; for the control socket. */
int privs_group(gid_t *out, const char *group, struct err *e);
/* Becomes that user for good, without supplementary groups, keeping
 * CAP_NET_ADMIN or nothing; checks that there is no way back. */
int privs_drop(const struct privs_ids *ids, bool keep_net_admin, struct err *e);
/* As root, for a process that needs neither files nor rights any more: an
 * empty folder, which is nowhere, becomes its root, then it becomes
 * PRIVS_NOBODY, as by privs_drop(). Where it fails, some of that may be
 * done. */
#define PRIVS_NOBODY 65534
int privs_isolate(struct err *e);
/* For every daemon, root or not: no new privileges for what it runs, not
 * dumpable, no core files (each of them would hold keys). */
int privs_harden(struct err *e);
/* For a process that stays root, to start what needs all of root: keeps
 * CAP_KILL for itself. What it executes as root has all that the process had,
 * or, where the kernel would not give it back (no_new_privs), may take it. Not
 * dumpable. As another user: no capability at all. */
int privs_starter(struct err *e);
/* All memory of this process, now and later, stays out of the swap; only what
 * is touched takes room. While it may still raise its limits. */
int privs_lock_memory(struct err *e);

#endif
