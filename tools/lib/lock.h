/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Locks against other editors of a file, and against the daemon. */
#ifndef TOOLS_LOCK_H
#define TOOLS_LOCK_H

#include "base/err.h"
#include "sys/store.h"

/*
 * Takes the lock FILE.lock, a file that is made if missing and never removed.
 * Returns a descriptor for lock_release(); -1 with ERR_EXISTS when another
 * process holds the lock. The lock ends with the process in any case.
 */
int lock_take(const char *path, struct err *e);
void lock_release(int fd);

/*
 * Takes the lock under which a daemon stores its list as path; waits for it. On
 * success the caller must call store_close(), which releases it.
 */
int lock_store(struct store *s, const char *path, struct err *e);

#endif
