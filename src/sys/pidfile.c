/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A locked file with the process number. */
#include "sys/pidfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/dirs.h"

#define PID_TEXT_MAX 24

/* Uses a record lock, so that pidfile_read() can query its holder. */
static int
record_lock(int fd, struct flock *fl, int cmd)
{
	*fl = (struct flock){ .l_type = F_WRLCK, .l_whence = SEEK_SET };
	return fcntl(fd, cmd, fl);
}

/* The last owner may have removed the locked file in between: then the file at
 * the path is another one. */
static bool
still_there(int fd, const char *path)
{
	struct stat a, b;

	return fstat(fd, &a) == 0 && stat(path, &b) == 0 &&
	       a.st_ino == b.st_ino && a.st_dev == b.st_dev;
}

/* True for a file without another name, which may be emptied. */
static bool
is_plain(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink <= 1;
}

static int
open_locked(const char *path, struct err *e)
{
	for (;;) {
		int fd = open(path,
			      O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW |
				      O_NONBLOCK,
			      0644);
		struct flock fl;

		if (fd < 0)
			return err_errno(e, errno, "pid file %s", path);
		if (!is_plain(fd)) {
			close(fd);
			return err_set(e, ERR_PERM,
				       "pid file %s is no "
				       "regular file with a single name",
				       path);
		}
		if (record_lock(fd, &fl, F_SETLK) < 0) {
			pid_t other = record_lock(fd, &fl, F_GETLK) == 0 &&
						      fl.l_type != F_UNLCK ?
					      fl.l_pid :
					      0;

			close(fd);
			return err_set(e, ERR_EXISTS,
				       "another daemon (pid %d) "
				       "holds %s",
				       (int)other, path);
		}
		if (still_there(fd, path))
			return fd;
		close(fd);
	}
}

int
pidfile_open(struct pidfile *p, const char *path, struct err *e)
{
	char text[PID_TEXT_MAX];
	int n, fd;
	char *copy;

	p->fd = -1;
	p->path = NULL;
	if (dirs_make_parent(path, 0755, e) < 0)
		return -1;
	copy = strdup(path);
	if (copy == NULL)
		return err_nomem(e);
	fd = open_locked(path, e);
	if (fd < 0) {
		free(copy);
		return -1;
	}
	n = snprintf(text, sizeof(text), "%d\n", (int)getpid());
	if (ftruncate(fd, 0) < 0 || write(fd, text, (size_t)n) != n) {
		err_errno(e, errno, "pid file %s", path);
		close(fd);
		free(copy);
		return -1;
	}
	p->fd = fd;
	p->path = copy;
	return 0;
}

void
pidfile_close(struct pidfile *p)
{
	int rc = 0;

	if (p->fd < 0)
		return;
	if (still_there(p->fd, p->path)) {
		/* In a directory that we may not change, the file is
		 * emptied. */
		rc = unlink(p->path);
		if (rc < 0)
			rc = ftruncate(p->fd, 0);
	}
	/* A remaining file is harmless: without a lock it names no running
	 * daemon. */
	(void)rc;
	close(p->fd);
	free(p->path);
	p->fd = -1;
	p->path = NULL;
}

int
pidfile_read(const char *path, pid_t *out, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct flock fl;
	int rc = 0;

	if (fd < 0 && errno == ENOENT) {
		*out = 0;
		return 0;
	}
	if (fd < 0)
		return err_errno(e, errno, "pid file %s", path);
	if (record_lock(fd, &fl, F_GETLK) < 0)
		rc = err_errno(e, errno, "pid file %s", path);
	else
		*out = fl.l_type == F_UNLCK ? 0 : fl.l_pid;
	close(fd);
	return rc;
}
