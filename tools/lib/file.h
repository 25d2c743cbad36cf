/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads and writes files safely, for every tool. */
#ifndef TOOLS_FILE_H
#define TOOLS_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

/* Limit of files with keys or certificates. */
#define FILE_PEM_MAX ((size_t)256 * 1024)

/* Reads the whole file, malloc'd, with a NUL after its last byte. ERR_LIMIT
 * when it is longer than max. A pipe is allowed. In a folder that a user other
 * than root and the caller may write to, only a regular file is read and no
 * link is followed: ERR_PERM. */
int file_read(char **out, size_t *len, const char *path, size_t max,
	      struct err *e);
/* As file_read(), for a private key: ERR_PERM when group or others have
 * any right to the file. Free the text with file_free_secret(). */
int file_read_secret(char **out, size_t *len, const char *path, size_t max,
		     struct err *e);
/* As file_read(), for a file that an editor left: a regular file of the
 * caller's with no other name, not reached through a link; otherwise
 * ERR_PERM. */
int file_read_own(char **out, size_t *len, const char *path, size_t max,
		  struct err *e);
/* True when a user other than root and the caller may create names in the
 * folder of path. */
bool file_dir_shared(const char *path);
/* Wipes and frees; NULL is fine. */
void file_free_secret(char *p, size_t len);

/* The directory of path; malloc'd, NULL when memory is out. */
char *file_dir(const char *path);
/* DIR/NAME, or NAME when dir is NULL; malloc'd, NULL when memory is out. */
char *file_join(const char *dir, const char *name);
/* NAME less the ending old, if it has it, plus the ending new; malloc'd. */
char *file_ending(const char *name, const char *old, const char *new);
/* True when the name exists, even as a dangling link. */
bool file_exists(const char *path);
/*
 * Creates path with exactly this mode, regardless of the umask; on disk when it
 * returns. ERR_EXISTS when the name is taken, also by a link. Only the owner
 * can read the file before it is complete; on failure no file is left.
 */
int file_write_new(const char *path, mode_t mode, const void *data, size_t len,
		   struct err *e);
/*
 * Replaces path atomically (a new file beside it, fsync, rename): readers find
 * the old bytes or the new ones. Keeps owner and mode of an existing file; mode
 * is for a new one. Only a regular file is replaced, never a link.
 */
int file_replace(const char *path, mode_t mode, const void *data, size_t len,
		 struct err *e);

#endif
