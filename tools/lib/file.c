/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads and writes files safely, for every tool. */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "sys/wipe.h"

/* Reads until the end or until cap bytes are there. */
static ssize_t
read_all(int fd, char *buf, size_t cap)
{
	size_t have = 0;

	while (have < cap) {
		ssize_t n = read(fd, buf + have, cap - have);

		if (n == 0)
			break;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		have += (size_t)n;
	}
	return (ssize_t)have;
}

static int
check_secret(int fd, const char *path, struct err *e)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return err_errno(e, errno, "%s", path);
	if (S_ISREG(st.st_mode) && (st.st_mode & 077) != 0)
		return err_set(e, ERR_PERM,
			       "%s: a private key that others may use "
			       "(mode %04o): chmod 600 it",
			       path, (unsigned int)st.st_mode & 07777);
	return 0;
}

/* True when the folder's owner or mode lets a user other than root and the
 * caller create names in it. */
static bool
others_may_add(const struct stat *dir)
{
	return (dir->st_uid != 0 && dir->st_uid != geteuid()) ||
	       (dir->st_mode & (S_IWGRP | S_IWOTH)) != 0;
}

/* In a folder that another user may write to, a name may be a link, a pipe or a
 * device that this user planted: only a regular file is opened there. */
static int
open_to_read(const char *path, struct err *e)
{
	const char *slash = strrchr(path, '/');
	char *name = file_dir(path);
	struct stat dir, st;
	bool wary;
	int fd = -1, dirfd;

	if (name == NULL)
		return err_nomem(e);
	dirfd = open(name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	free(name);
	if (dirfd < 0 || fstat(dirfd, &dir) != 0) {
		err_errno(e, errno, "%s", path);
		goto out;
	}
	wary = others_may_add(&dir);
	fd = openat(dirfd, slash == NULL ? path : slash + 1,
		    O_RDONLY | O_CLOEXEC | O_NOCTTY |
			    (wary ? O_NOFOLLOW | O_NONBLOCK : 0));
	if (fd < 0 && wary && errno == ELOOP) {
		err_set(e, ERR_PERM,
			"%s: is a symbolic link in a folder that "
			"another user may write to, not opened",
			path);
	} else if (fd < 0) {
		err_errno(e, errno, "%s", path);
	} else if (wary && (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))) {
		err_set(e, ERR_PERM,
			"%s: is not a regular file, in a folder "
			"that another user may write to, not opened",
			path);
		close(fd);
		fd = -1;
	}
out:
	if (dirfd >= 0)
		close(dirfd);
	return fd;
}

bool
file_dir_shared(const char *path)
{
	char *name = file_dir(path);
	struct stat dir;
	bool shared =
		name != NULL && stat(name, &dir) == 0 && others_may_add(&dir);

	free(name);
	return shared;
}

/* Checks a file that an editor left; closes it when another user may have put
 * it there. */
static int
open_own(const char *path, struct err *e)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY |
				    O_CLOEXEC);

	if (fd < 0 && errno != ELOOP)
		return err_errno(e, errno, "%s", path);
	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    st.st_uid == geteuid() && st.st_nlink == 1)
		return fd;
	if (fd >= 0)
		close(fd);
	return err_set(e, ERR_PERM,
		       "%s: the editor left no regular file of "
		       "your own with a single name: not read",
		       path);
}

static int
read_file(char **out, size_t *len, int fd, const char *path, size_t max,
	  bool secret, struct err *e)
{
	char *buf = NULL;
	ssize_t n = -1;
	int rc = -1;

	if (fd < 0)
		return -1;
	if (secret && check_secret(fd, path, e) != 0)
		goto out;
	/* Allocates the maximum at once, so that no copy of a key is left
	 * behind by realloc(). One byte more than allowed detects a file that
	 * is too long. */
	buf = malloc(max + 1);
	if (buf == NULL) {
		err_nomem(e);
		goto out;
	}
	n = read_all(fd, buf, max + 1);
	if (n < 0) {
		err_errno(e, errno, "%s", path);
		goto out;
	}
	if ((size_t)n > max) {
		err_set(e, ERR_LIMIT, "%s: longer than %zu bytes", path, max);
		goto out;
	}
	buf[n] = '\0';
	*out = buf;
	*len = (size_t)n;
	buf = NULL;
	rc = 0;
out:
	if (buf != NULL)
		file_free_secret(buf, n > 0 ? (size_t)n : 0);
	close(fd);
	return rc;
}

int
file_read(char **out, size_t *len, const char *path, size_t max, struct err *e)
{
	return read_file(out, len, open_to_read(path, e), path, max, false, e);
}

int
file_read_secret(char **out, size_t *len, const char *path, size_t max,
		 struct err *e)
{
	return read_file(out, len, open_to_read(path, e), path, max, true, e);
}

int
file_read_own(char **out, size_t *len, const char *path, size_t max,
	      struct err *e)
{
	return read_file(out, len, open_own(path, e), path, max, false, e);
}

void
file_free_secret(char *p, size_t len)
{
	if (p == NULL)
		return;
	bytes_wipe(p, len);
	free(p);
}

bool
file_exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

static int
write_all(int fd, const char *data, size_t len)
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

char *
file_dir(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		return strdup(".");
	return strndup(path, slash == path ? 1 : (size_t)(slash - path));
}

/* Makes the new name durable. */
static int
sync_dir_of(const char *path)
{
	char *dir = file_dir(path);
	int fd, rc;

	if (dir == NULL)
		return -1;
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(dir);
	if (fd < 0)
		return -1;
	rc = fsync(fd);
	if (rc != 0 && errno == EINVAL) /* not supported here */
		rc = 0;
	close(fd);
	return rc;
}

int
file_write_new(const char *path, mode_t mode, const void *data, size_t len,
	       struct err *e)
{
	struct stat st;
	int saved;
	int fd =
		open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		     0600);

	if (fd < 0 && errno == EEXIST)
		return err_set(e, ERR_EXISTS, "%s: %s, not touched", path,
			       lstat(path, &st) == 0 && S_ISLNK(st.st_mode) ?
				       "is a symbolic link" :
				       "exists already");
	if (fd < 0)
		return err_errno(e, errno, "%s", path);
	/* The umask may have removed even the owner's permissions; the final
	 * ones are set only when the content is complete. */
	if (write_all(fd, data, len) != 0 || fchmod(fd, mode) != 0 ||
	    fsync(fd) != 0) {
		saved = errno;
		close(fd);
		goto fail;
	}
	if (close(fd) != 0 || sync_dir_of(path) != 0) {
		saved = errno;
		goto fail;
	}
	return 0;
fail:
	unlink(path);
	return err_errno(e, saved, "%s", path);
}

/* Reads the properties that the new file inherits; *old is zeroed when there is
 * none. */
static int
look_at_old(struct stat *old, bool *present, const char *path, struct err *e)
{
	*present = lstat(path, old) == 0;
	if (!*present)
		return errno == ENOENT ? 0 : err_errno(e, errno, "%s", path);
	if (!S_ISREG(old->st_mode))
		return err_set(e, ERR_PERM, "%s: %s, not replaced", path,
			       S_ISLNK(old->st_mode) ? "is a symbolic link" :
						       "is not a regular file");
	return 0;
}

static int
take_over(int fd, const struct stat *old)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return -1;
	if ((st.st_uid != old->st_uid || st.st_gid != old->st_gid) &&
	    fchown(fd, old->st_uid, old->st_gid) != 0)
		return -1;
	return fchmod(fd, old->st_mode & 07777);
}

int
file_replace(const char *path, mode_t mode, const void *data, size_t len,
	     struct err *e)
{
	struct stat old;
	bool present;
	char *tmp = NULL;
	int fd, was, saved = 0;

	if (look_at_old(&old, &present, path, e) != 0)
		return -1;
	if (asprintf(&tmp, "%s.XXXXXX", path) < 0)
		return err_nomem(e);
	fd = mkostemp(tmp, O_CLOEXEC);
	if (fd < 0) {
		err_errno(e, errno, "%s", tmp);
		free(tmp);
		return -1;
	}
	if (write_all(fd, data, len) != 0 ||
	    (present ? take_over(fd, &old) : fchmod(fd, mode)) != 0 ||
	    fsync(fd) != 0)
		saved = errno;
	if (close(fd) != 0 && saved == 0)
		saved = errno;
	/* An old private file is overwritten, since it may hold a key. */
	was = present && (old.st_mode & (S_IRWXG | S_IRWXO)) == 0 ?
		      wipe_open(AT_FDCWD, path) :
		      -1;
	if (saved == 0 && rename(tmp, path) != 0)
		saved = errno;
	wipe_close(was);
	if (saved != 0) {
		unlink(tmp);
		free(tmp);
		return err_errno(e, saved, "%s", path);
	}
	free(tmp);
	if (sync_dir_of(path) != 0)
		return err_errno(e, errno, "%s: directory", path);
	return 0;
}

char *
file_join(const char *dir, const char *name)
{
	char *path;

	if (dir == NULL)
		return strdup(name);
	return asprintf(&path, "%s/%s", dir, name) < 0 ? NULL : path;
}

char *
file_ending(const char *name, const char *old, const char *new)
{
	size_t len = strlen(name), cut = strlen(old);
	char *path;

	if (len > cut && strcmp(name + len - cut, old) == 0)
		len -= cut;
	return asprintf(&path, "%.*s%s", (int)len, name, new) < 0 ? NULL : path;
}
