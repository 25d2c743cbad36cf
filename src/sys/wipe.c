/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Overwrites files that held a secret. */
#include "sys/wipe.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

int
wipe_open(int dirfd, const char *name)
{
	int fd = openat(dirfd, name,
			O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink == 1)
		return fd;
	close(fd);
	return -1;
}

void
wipe_close(int fd)
{
	static const char zeros[4096];
	struct stat st;
	off_t at = 0;

	if (fd < 0)
		return;
	/* A link count above 0 means that the file has another name. */
	if (fstat(fd, &st) == 0 && st.st_nlink == 0) {
		while (at < st.st_size) {
			off_t left = st.st_size - at;
			ssize_t n = pwrite(fd, zeros,
					   left < (off_t)sizeof(zeros) ?
						   (size_t)left :
						   sizeof(zeros),
					   at);

			if (n < 0 && errno == EINTR)
				continue;
			if (n <= 0)
				break;
			at += n;
		}
		/* Without this, pages of an unlinked file are never written. */
		(void)fdatasync(fd);
	}
	close(fd);
}

int
wipe_unlink(int dirfd, const char *name)
{
	int fd = wipe_open(dirfd, name);
	int rc = unlinkat(dirfd, name, 0), errnum = errno;

	wipe_close(fd);
	errno = errnum;
	return rc;
}
