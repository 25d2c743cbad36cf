/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Files that root opens for a user without being led astray by that user:
 * neither the file nor any folder or link on the way there may belong to
 * that user, or be one that the user may change.
 */
#ifndef SYS_GUARDED_H
#define SYS_GUARDED_H

#include "base/err.h"
#include "sys/privs.h"

/* An absolute path. The descriptor, for reading, or -1; ERR_PERM and a text
 * that names the folder when the user may change something. */
int guarded_open(const char *path, const struct privs_ids *user,
		 struct err *e);
/* For appending; made 0640 where missing; no link, and nothing that has
 * another name elsewhere. */
int guarded_append(const char *path, const struct privs_ids *user,
		   struct err *e);
/* As root, before any thread is started: the same with that user's rights
 * alone, for a folder that the user may change: a link there leads to nothing
 * that the user could not write to. */
int guarded_append_as(const char *path, const struct privs_ids *user,
		      struct err *e);

#endif
