/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Locks against other editors of a file, and against the daemon. */
#include "lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "file.h"

int
lock_take(const char *path, struct err *e)
{
	char *name;
	int fd;

	if (asprintf(&name, "%s.lock", path) < 0)
		return err_nomem(e);
	fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0) {
		err_errno(e, errno, "%s", name);
	} else if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		if (errno == EWOULDBLOCK)
			err_set(e, ERR_EXISTS,
				"%s: is being edited or signed by another "
				"process right now",
				path);
		else
			err_errno(e, errno, "%s", name);
		close(fd);
		fd = -1;
	}
	free(name);
	return fd;
}

void
lock_release(int fd)
{
	if (fd >= 0)
		close(fd);
}

int
lock_store(struct store *s, const char *path, struct err *e)
{
	char *dir = file_dir(path);
	int rc;

	if (dir == NULL)
		return err_nomem(e);
	rc = store_open(s, dir, false, e);
	free(dir);
	if (rc != 0)
		return -1;
	rc = store_lock(s, e);
	if (rc != 0)
		store_close(s);
	return rc;
}
