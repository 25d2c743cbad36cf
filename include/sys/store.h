/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * State files in one directory: a write is complete and on the disk when it
 * returns, or has no effect. Blocks: for the worker thread, the start and the
 * tools. One struct is used by one thread at a time.
 */
#ifndef SYS_STORE_H
#define SYS_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/monotime.h"

/* The steps of a write, in order, for tests: the hook is called before each;
 * when it returns non-zero, the write stops there as if the power had failed:
 * without any clean-up. */
enum store_step {
	STORE_STEP_CREATE,
	STORE_STEP_WRITE, /* half of the bytes are written if stopped here */
	STORE_STEP_SYNC,
	STORE_STEP_RENAME,
	STORE_STEP_SYNC_DIR,
	STORE_STEPS
};

struct store {
	int dirfd;			   /* -1: closed */
	bool secret;			   /* overwrites removed files, and
					    * removes set-aside ones */
	unsigned int locked;		   /* depth */
	char *dir;			   /* for messages */
	int (*fault)(void *ctx, int step); /* NULL: none */
	void *fault_ctx;
};

#define STORE_NAME_MAX 200 /* plain file names: no slash, no leading dot */

/* create: the directory is this program's own: it, and those above it, are made
 * 0700 if missing, and the remains of an interrupted write are removed.
 * Otherwise the directory is not changed. */
int store_open(struct store *s, const char *dir, bool create, struct err *e);
/* A directory inside another one, made if missing with create; a link is
 * refused: a user who may write to the outer directory could have put it
 * there. */
int store_open_in(struct store *s, const struct store *in, const char *name,
		  bool create, struct err *e);
/* As root: gives a directory of root's to that user, so that it can be written
 * after root is dropped. */
int store_give(const struct store *s, uid_t uid, gid_t gid, struct err *e);
/* As store_give(), for a file in it; no error when it is absent. A link, or a
 * file that has another name elsewhere, is skipped. */
int store_give_file(const struct store *s, const char *name, uid_t uid,
		    gid_t gid, struct err *e);
void store_close(struct store *s); /* more than once is fine */

#define STORE_PRIVATE 1u /* refuse files readable for group or others */

/* A regular file, no link, at most max bytes, owned by us, root or the
 * directory's owner, not writable by group or others; otherwise ERR_PERM and
 * a text that says what to do. *out is the caller's to free(); a NUL that
 * is not counted follows the bytes. ERR_NOTFOUND when there is none. */
int store_read(const struct store *s, const char *name, size_t max,
	       unsigned int flags, uint8_t **out, size_t *len, struct err *e);
/* As store_read(), for a file anywhere, such as a key or the configuration,
 * owned by us, root or that user. Links are followed. */
int store_read_path(const char *path, uid_t owner, size_t max,
		    unsigned int flags, uint8_t **out, size_t *len,
		    struct err *e);
/* As store_read_path(), for an open file, which is closed; path: for
 * messages. */
int store_read_fd(int fd, const char *path, uid_t owner, size_t max,
		  unsigned int flags, uint8_t **out, size_t *len,
		  struct err *e);
/* Mode 0600. As root, the file gets the directory's owner. */
int store_write(struct store *s, const char *name, const void *data, size_t len,
		struct err *e);
/* No error when the file is absent. */
int store_remove(struct store *s, const char *name, struct err *e);
/* Renames NAME to NAME.bad, over an older one. In a store of secrets, NAME.bad
 * is removed when NAME is written again or removed. */
#define STORE_BAD ".bad"
int store_set_aside(struct store *s, const char *name, struct err *e);
/* Keeps a file that is about to be replaced, with its owner and mode where it
 * can be linked: as NAME, STORE_LOST and the time. The oldest of such files are
 * removed, so that at most `most` remain. */
#define STORE_LOST ".lost-"
int store_keep(struct store *s, const char *name, struct walltime at,
	       size_t most, char kept[STORE_NAME_MAX], struct err *e);
/* Checks a file name for a store: no path, not hidden. */
bool store_name_ok(const char *name);
/* The names that end in suffix, sorted; at most max, else ERR_LIMIT. */
int store_list(const struct store *s, const char *suffix, size_t max,
	       char ***names, size_t *n, struct err *e);
/* As store_list(), for names that begin with prefix. */
int store_list_prefix(const struct store *s, const char *prefix, size_t max,
		      char ***names, size_t *n, struct err *e);
void store_names_free(char **names, size_t n);
/* Blocks other processes' writes meanwhile: for read, compare, write. Nests. */
int store_lock(struct store *s, struct err *e);
void store_unlock(struct store *s);

#endif
