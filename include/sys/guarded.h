/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Files that root opens for a user without trusting that user: neither the file
 * nor any folder or link on its path may belong to that user, or be writable
 * for the user.
 */
#ifndef SYS_GUARDED_H
#define SYS_GUARDED_H

#include "base/err.h"
#include "sys/privs.h"

/* path is absolute. Returns a descriptor for reading, or -1; ERR_PERM and a
 * text that names the folder when the user may change something. */
int guarded_open(const char *path, const struct privs_ids *user, struct err *e);
/* Opens for appending; creates with mode 0640; refuses a link, and a file that
 * has another name elsewhere. */
int guarded_append(const char *path, const struct privs_ids *user,
		   struct err *e);
/* As root, before any thread is started: as guarded_append(), with that user's
 * rights alone, for a folder that the user may change: a link there reaches
 * only files that the user could write to. */
int guarded_append_as(const char *path, const struct privs_ids *user,
		      struct err *e);

#endif
