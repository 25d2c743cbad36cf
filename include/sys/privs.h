/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Drops privileges. Before any thread is started: the kernel keeps capabilities
 * per thread. */
#ifndef SYS_PRIVS_H
#define SYS_PRIVS_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

struct privs_ids {
	uid_t uid;
	gid_t gid;
};

/* user: a name or a number; group: the same, or NULL for the user's own. May
 * read files: before the change. */
int privs_lookup(struct privs_ids *out, const char *user, const char *group,
		 struct err *e);
/* "adm" -> its number; for the control socket. */
int privs_group(gid_t *out, const char *group, struct err *e);
/* Changes to that user permanently, without supplementary groups, keeping
 * CAP_NET_ADMIN or nothing; checks that the change cannot be undone. */
int privs_drop(const struct privs_ids *ids, bool keep_net_admin, struct err *e);
/* As root, for a process that needs neither files nor rights any more: an empty
 * folder outside every file system becomes its root, then it becomes
 * PRIVS_NOBODY, as by privs_drop(). On failure, part of that may be done. */
#define PRIVS_NOBODY 65534
int privs_isolate(struct err *e);
/* For every daemon, root or not: no new privileges for programs that it runs,
 * not dumpable, no core files (they would hold keys). */
int privs_harden(struct err *e);
/* For a process that stays root and starts programs that need all of root:
 * keeps CAP_KILL for itself. A program that it executes as root gets all
 * capabilities that the process had; where the kernel would not restore them
 * (no_new_privs), they stay permitted, and the program can make them effective.
 * Not dumpable. As another user: no capability at all. */
int privs_starter(struct err *e);
/* Keeps all memory of this process, now and later, out of the swap; only
 * touched pages take room. Call while the process may still raise its
 * limits. */
int privs_lock_memory(struct err *e);

#endif
