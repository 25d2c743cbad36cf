/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading and writing files with care, for every tool. */
#ifndef TOOL_FILE_H
#define TOOL_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/monotime.h"

#define TOOL_PEM_MAX ((size_t)256 * 1024)	/* keys, certificates, CA files */

/* The whole file, malloc'd, with a NUL behind its last byte. ERR_LIMIT when
 * it is longer than max. A pipe is a file too. In a folder that a user other
 * than root and the caller may write to, only a regular file is read and no
 * link is followed: ERR_PERM. */
int tool_read_file(char **out, size_t *len, const char *path, size_t max,
		   struct err *e);
/* The same for a private key: ERR_PERM when group or others have any right
 * to the file. Give the text back with tool_free_secret(). */
int tool_read_secret(char **out, size_t *len, const char *path, size_t max,
		     struct err *e);
/* The same for a file that an editor left: a regular file of the caller's with
 * no other name, not reached through a link; otherwise ERR_PERM. */
int tool_read_own(char **out, size_t *len, const char *path, size_t max,
		  struct err *e);
/* Whether a user other than root and the caller may put names into the folder
 * that path is in. */
bool tool_dir_shared(const char *path);
/* Wipes and frees; NULL is fine. */
void tool_free_secret(char *p, size_t len);

/* The directory that path is in; malloc'd, NULL when memory is out. */
char *tool_dir_of(const char *path);
/* True when something has this name, be it a dangling link. */
bool tool_exists(const char *path);
/*
 * Creates path with exactly this mode, whatever the umask; on disk before it
 * returns. ERR_EXISTS when the name is taken, also by a link. Nobody but the
 * owner can read the file before it is complete; a failure leaves none.
 */
int tool_write_new(const char *path, mode_t mode, const void *data, size_t len,
		   struct err *e);
/*
 * Replaces path in one step (a new file beside it, fsync, rename): whoever
 * looks finds the old bytes or the new ones. Owner and mode of an existing
 * file are kept; mode is for one that is not there yet. Only a regular file
 * is replaced, never a link.
 */
int tool_replace(const char *path, mode_t mode, const void *data, size_t len,
		 struct err *e);

struct walltime tool_now(void);

#endif
