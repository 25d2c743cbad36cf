/* SPDX-License-Identifier: GPL-3.0-or-later */
/* State files: written completely or not at all. */
#include "sys/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "sys/dirs.h"
#include "sys/wipe.h"

#define TMP_NAME ".tmp"
#define FILE_MODE 0600
#define DIR_MODE 0700
#define NAME_BUF (STORE_NAME_MAX + sizeof(STORE_BAD))

bool
store_name_ok(const char *name)
{
	size_t len = strlen(name);

	return len > 0 && len <= STORE_NAME_MAX && name[0] != '.' &&
	       strchr(name, '/') == NULL;
}

static int
bad_name(const char *name, struct err *e)
{
	return err_set(e, ERR_USAGE, "\"%s\" is no name of a state file", name);
}

/* --- the directory -------------------------------------------------------- */

/* Removes the remains of an interrupted write, unless another process is
 * writing just now. The file may hold a secret, so it is overwritten. */
static void
remove_leftover(const struct store *s)
{
	if (flock(s->dirfd, LOCK_EX | LOCK_NB) < 0)
		return;
	(void)wipe_unlink(s->dirfd, TMP_NAME);
	(void)flock(s->dirfd, LOCK_UN);
}

static int
unlink_file(const struct store *s, const char *name)
{
	return s->secret ? wipe_unlink(s->dirfd, name) :
			   unlinkat(s->dirfd, name, 0);
}

static void
bad_name_of(char bad[NAME_BUF], const char *name)
{
	snprintf(bad, NAME_BUF, "%s" STORE_BAD, name);
}

/* true: a set-aside file of that name existed and was removed. */
static bool
remove_set_aside(const struct store *s, const char *name)
{
	char bad[NAME_BUF];

	if (!s->secret)
		return false;
	bad_name_of(bad, name);
	return unlink_file(s, bad) == 0;
}

int
store_open(struct store *s, const char *dir, bool create, struct err *e)
{
	*s = (struct store){ .dirfd = -1 };
	if (create && dirs_make(dir, DIR_MODE, e) < 0)
		return -1;
	s->dir = strdup(dir);
	if (s->dir == NULL)
		return err_nomem(e);
	s->dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->dirfd < 0) {
		err_errno(e, errno, "directory %s", dir);
		store_close(s);
		return -1;
	}
	if (create)
		remove_leftover(s);
	return 0;
}

int
store_open_in(struct store *s, const struct store *in, const char *name,
	      bool create, struct err *e)
{
	size_t len = strlen(in->dir) + strlen(name) + 2;

	*s = (struct store){ .dirfd = -1 };
	s->dir = malloc(len);
	if (s->dir == NULL)
		return err_nomem(e);
	snprintf(s->dir, len, "%s/%s", in->dir, name);
	if (create)
		(void)mkdirat(in->dirfd, name, DIR_MODE); /* if missing */
	s->dirfd = openat(in->dirfd, name,
			  O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (s->dirfd >= 0) {
		if (create)
			remove_leftover(s);
		return 0;
	}
	err_errno(e, errno, "%s (a directory, no link to one)", s->dir);
	store_close(s);
	return -1;
}

int
store_give(const struct store *s, uid_t uid, gid_t gid, struct err *e)
{
	struct stat st;

	if (fstat(s->dirfd, &st) < 0 ||
	    (st.st_uid == 0 && fchown(s->dirfd, uid, gid) < 0))
		return err_errno(e, errno, "directory %s", s->dir);
	return 0;
}

int
store_give_file(const struct store *s, const char *name, uid_t uid, gid_t gid,
		struct err *e)
{
	int fd = openat(s->dirfd, name,
			O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;
	int rc = 0;

	if (fd < 0)
		return errno == ENOENT || errno == ELOOP ?
			       0 :
			       err_errno(e, errno, "%s/%s", s->dir, name);
	if (fstat(fd, &st) < 0 ||
	    (S_ISREG(st.st_mode) && st.st_uid == 0 && st.st_nlink == 1 &&
	     fchown(fd, uid, gid) < 0))
		rc = err_errno(e, errno, "%s/%s", s->dir, name);
	close(fd);
	return rc;
}

void
store_close(struct store *s)
{
	if (s->dirfd >= 0)
		close(s->dirfd);
	free(s->dir);
	s->dirfd = -1;
	s->dir = NULL;
	s->locked = 0;
}

int
store_lock(struct store *s, struct err *e)
{
	int rc;

	if (s->locked++ > 0)
		return 0;
	do
		rc = flock(s->dirfd, LOCK_EX);
	while (rc < 0 && errno == EINTR);
	if (rc == 0)
		return 0;
	s->locked--;
	return err_errno(e, errno, "cannot lock %s", s->dir);
}

void
store_unlock(struct store *s)
{
	if (s->locked > 0 && --s->locked == 0)
		(void)flock(s->dirfd, LOCK_UN);
}

/* --- reading -------------------------------------------------------------- */

static int
check_file(const struct stat *st, uid_t dirowner, unsigned int flags,
	   const char *path, struct err *e)
{
	if (!S_ISREG(st->st_mode))
		return err_set(e, ERR_PERM, "%s is no regular file", path);
	if (st->st_uid != 0 && st->st_uid != geteuid() &&
	    st->st_uid != dirowner)
		return err_set(e, ERR_PERM,
			       "%s belongs to user %u: give it to "
			       "root",
			       path, (unsigned int)st->st_uid);
	if (st->st_mode & (S_IWGRP | S_IWOTH))
		return err_set(e, ERR_PERM,
			       "%s can be written by others: "
			       "chmod go-w %s",
			       path, path);
	if ((flags & STORE_PRIVATE) && (st->st_mode & (S_IRWXG | S_IRWXO)))
		return err_set(e, ERR_PERM,
			       "%s can be read by others: "
			       "chmod 600 %s",
			       path, path);
	return 0;
}

/* Wipes the bytes, since they may be a key. */
static void
drop_bytes(uint8_t *mem, size_t n)
{
	if (mem != NULL)
		bytes_wipe(mem, n);
	free(mem);
}

/* Grows a buffer that holds n bytes; realloc() would leave a copy behind. NULL:
 * mem was wiped and freed. */
static uint8_t *
grow_bytes(uint8_t *mem, size_t n, size_t cap)
{
	uint8_t *more = malloc(cap);

	if (more != NULL && n > 0)
		memcpy(more, mem, n);
	drop_bytes(mem, n);
	return more;
}

/* Reads the whole file of at most max bytes; appends a NUL. */
static int
read_all(int fd, size_t max, const char *path, uint8_t **out, size_t *len,
	 struct err *e)
{
	size_t cap = 4096, n = 0;
	uint8_t *mem = grow_bytes(NULL, 0, cap + 1);

	while (mem != NULL) {
		ssize_t got = read(fd, mem + n, cap - n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			err_errno(e, errno, "%s", path);
			drop_bytes(mem, n);
			return -1;
		}
		n += (size_t)got;
		if (n > max) {
			drop_bytes(mem, n);
			return err_set(e, ERR_LIMIT,
				       "%s is larger than %zu "
				       "bytes",
				       path, max);
		}
		if (got == 0) {
			mem[n] = 0;
			*out = mem;
			*len = n;
			return 0;
		}
		if (n == cap) {
			cap *= 2;
			mem = grow_bytes(mem, n, cap + 1);
		}
	}
	return err_nomem(e);
}

static int
read_fd(int fd, uid_t dirowner, size_t max, unsigned int flags,
	const char *path, uint8_t **out, size_t *len, struct err *e)
{
	struct stat st;
	int rc;

	if (fd < 0)
		return errno == ELOOP ?
			       err_set(e, ERR_PERM, "%s is a link", path) :
			       err_errno(e, errno, "%s", path);
	if (fstat(fd, &st) < 0)
		rc = err_errno(e, errno, "%s", path);
	else if (check_file(&st, dirowner, flags, path, e) < 0)
		rc = -1;
	else
		rc = read_all(fd, max, path, out, len, e);
	close(fd);
	return rc;
}

int
store_read(const struct store *s, const char *name, size_t max,
	   unsigned int flags, uint8_t **out, size_t *len, struct err *e)
{
	char path[4096];
	struct stat dir;
	int fd;

	if (!store_name_ok(name))
		return bad_name(name, e);
	snprintf(path, sizeof(path), "%s/%s", s->dir, name);
	if (fstat(s->dirfd, &dir) < 0)
		return err_errno(e, errno, "%s", s->dir);
	fd = openat(s->dirfd, name,
		    O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	return read_fd(fd, dir.st_uid, max, flags, path, out, len, e);
}

int
store_read_path(const char *path, uid_t owner, size_t max, unsigned int flags,
		uint8_t **out, size_t *len, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	return read_fd(fd, owner, max, flags, path, out, len, e);
}

int
store_read_fd(int fd, const char *path, uid_t owner, size_t max,
	      unsigned int flags, uint8_t **out, size_t *len, struct err *e)
{
	return read_fd(fd, owner, max, flags, path, out, len, e);
}

/* --- writing -------------------------------------------------------------- */

static bool
fault_at(struct store *s, enum store_step step)
{
	return s->fault != NULL && s->fault(s->fault_ctx, (int)step) != 0;
}

static int
write_all(int fd, const uint8_t *data, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

static int
err_stopped(struct err *e)
{
	return err_set(e, ERR_IO, "stopped");
}

static int
tmp_failed(const struct store *s, struct err *e)
{
	int errnum = errno;

	(void)unlink_file(s, TMP_NAME);
	return err_errno(e, errnum, "%s/%s", s->dir, TMP_NAME);
}

/* Writes the temporary file completely, and syncs it. */
static int
write_tmp(struct store *s, const void *data, size_t len, struct err *e)
{
	struct stat dir;
	int fd, rc = -1;

	if (fault_at(s, STORE_STEP_CREATE))
		return err_stopped(e);
	(void)unlink_file(s, TMP_NAME);
	fd = openat(s->dirfd, TMP_NAME,
		    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		    FILE_MODE);
	if (fd < 0)
		return err_errno(e, errno, "%s/%s", s->dir, TMP_NAME);
	if (fault_at(s, STORE_STEP_WRITE)) {
		(void)write_all(fd, data, len / 2);
		err_stopped(e);
		goto out;
	}
	/* Files that root makes for the daemon's user belong to that user. */
	if (geteuid() == 0 && fstat(s->dirfd, &dir) == 0 &&
	    (dir.st_uid != 0 || dir.st_gid != 0) &&
	    fchown(fd, dir.st_uid, dir.st_gid) < 0) {
		tmp_failed(s, e);
		goto out;
	}
	if (write_all(fd, data, len) < 0) {
		tmp_failed(s, e);
		goto out;
	}
	if (fault_at(s, STORE_STEP_SYNC)) {
		err_stopped(e);
		goto out;
	}
	rc = fsync(fd) < 0 ? tmp_failed(s, e) : 0;
out:
	close(fd);
	return rc;
}

static int
rename_tmp(struct store *s, const char *name, struct err *e)
{
	int errnum;

	if (fault_at(s, STORE_STEP_RENAME))
		return err_stopped(e);
	if (renameat(s->dirfd, TMP_NAME, s->dirfd, name) < 0) {
		errnum = errno;
		(void)unlink_file(s, TMP_NAME);
		return err_errno(e, errnum, "%s/%s", s->dir, name);
	}
	if (fault_at(s, STORE_STEP_SYNC_DIR))
		return err_stopped(e);
	if (fsync(s->dirfd) < 0)
		return err_errno(e, errno, "%s", s->dir);
	return 0;
}

static int
write_locked(struct store *s, const char *name, const void *data, size_t len,
	     struct err *e)
{
	int old, rc;

	if (write_tmp(s, data, len, e) < 0)
		return -1;
	old = s->secret ? wipe_open(s->dirfd, name) : -1;
	rc = rename_tmp(s, name, e);
	if (rc == 0)
		(void)remove_set_aside(s, name);
	wipe_close(old);
	return rc;
}

int
store_write(struct store *s, const char *name, const void *data, size_t len,
	    struct err *e)
{
	int rc;

	if (!store_name_ok(name))
		return bad_name(name, e);
	if (store_lock(s, e) < 0)
		return -1;
	rc = write_locked(s, name, data, len, e);
	store_unlock(s);
	return rc;
}

int
store_remove(struct store *s, const char *name, struct err *e)
{
	bool any;

	if (!store_name_ok(name))
		return bad_name(name, e);
	any = remove_set_aside(s, name);
	if (unlink_file(s, name) == 0)
		any = true;
	else if (errno != ENOENT)
		return err_errno(e, errno, "%s/%s", s->dir, name);
	if (!any)
		return 0;
	if (fsync(s->dirfd) < 0)
		return err_errno(e, errno, "%s", s->dir);
	return 0;
}

int
store_set_aside(struct store *s, const char *name, struct err *e)
{
	char bad[NAME_BUF];

	if (!store_name_ok(name))
		return bad_name(name, e);
	bad_name_of(bad, name);
	if (renameat(s->dirfd, name, s->dirfd, bad) < 0)
		return err_errno(e, errno, "%s/%s", s->dir, name);
	if (fsync(s->dirfd) < 0)
		return err_errno(e, errno, "%s", s->dir);
	return 0;
}
