/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One editor of a file at a time, and no daemon in between. */
#ifndef TOOL_LOCK_H
#define TOOL_LOCK_H

#include "base/err.h"
#include "sys/store.h"

/*
 * Takes FILE.lock, which is made if need be and stays there. Returns a
 * descriptor for tool_unlock(); -1 with ERR_EXISTS when another process
 * holds it. The lock ends with the process in any case.
 */
int tool_lock(const char *path, struct err *e);
void tool_unlock(int fd);

/*
 * Takes the lock under which a daemon stores its list as path; waits for it.
 * It is held until store_close(), which is due in this case alone.
 */
int tool_lock_store(struct store *s, const char *path, struct err *e);

#endif
