/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads and writes files safely, for every tool. */
#ifndef TOOL_FILE_H
#define TOOL_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/monotime.h"

#define TOOL_PEM_MAX ((size_t)256 * 1024)	/* keys, certificates, CA files */

/* Reads the whole file, malloc'd, with a NUL after its last byte. ERR_LIMIT
 * when it is longer than max. A pipe is allowed. In a folder that a user other
 * than root and the caller may write to, only a regular file is read and no
 * link is followed: ERR_PERM. */
int tool_read_file(char **out, size_t *len, const char *path, size_t max,
		   struct err *e);
/* As tool_read_file(), for a private key: ERR_PERM when group or others have
 * any right to the file. Free the text with tool_free_secret(). */
int tool_read_secret(char **out, size_t *len, const char *path, size_t max,
		     struct err *e);
/* As tool_read_file(), for a file that an editor left: a regular file of the
 * caller's with no other name, not reached through a link; otherwise
 * ERR_PERM. */
int tool_read_own(char **out, size_t *len, const char *path, size_t max,
		  struct err *e);
/* True when a user other than root and the caller may create names in the
 * folder of path. */
bool tool_dir_shared(const char *path);
/* Wipes and frees; NULL is fine. */
void tool_free_secret(char *p, size_t len);

/* The directory of path; malloc'd, NULL when memory is out. */
char *tool_dir_of(const char *path);
/* True when the name exists, even as a dangling link. */
bool tool_exists(const char *path);
/*
 * Creates path with exactly this mode, regardless of the umask; on disk when it
 * returns. ERR_EXISTS when the name is taken, also by a link. Only the owner
 * can read the file before it is complete; on failure no file is left.
 */
int tool_write_new(const char *path, mode_t mode, const void *data, size_t len,
		   struct err *e);
/*
 * Replaces path atomically (a new file beside it, fsync, rename): readers find
 * the old bytes or the new ones. Keeps owner and mode of an existing file; mode
 * is for a new one. Only a regular file is replaced, never a link.
 */
int tool_replace(const char *path, mode_t mode, const void *data, size_t len,
		 struct err *e);

struct walltime tool_now(void);

#endif
