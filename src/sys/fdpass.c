/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SCM_RIGHTS over a SOCK_SEQPACKET pair. */
#include "sys/fdpass.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

union room { /* for one descriptor, aligned */
	struct cmsghdr align;
	char bytes[CMSG_SPACE(sizeof(int))];
};

int
fdpass_pair(int fds[2], struct err *e)
{
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK,
		       0, fds) < 0)
		return err_errno(e, errno, "socket pair");
	return 0;
}

int
fdpass_only(int sock, int *out)
{
	int null = open("/dev/null", O_RDWR);

	if (null < 0 || dup2(null, STDIN_FILENO) < 0 ||
	    dup2(null, STDOUT_FILENO) < 0 || dup2(null, STDERR_FILENO) < 0)
		return -1;
	*out = STDERR_FILENO + 1;
	if (sock != *out && dup3(sock, *out, O_CLOEXEC) < 0)
		return -1;
	if (syscall(SYS_close_range, (unsigned int)*out + 1, ~0u, 0u) < 0)
		return -1;
	(void)setsid();
	return chdir("/");
}

int
fdpass_send(int sock, const void *data, size_t len, int fd)
{
	union room room;
	struct iovec iov = { .iov_base = (void *)(uintptr_t)data,
			     .iov_len = len };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *c;
	ssize_t n;

	memset(&room, 0, sizeof(room));
	if (fd >= 0) {
		m.msg_control = room.bytes;
		m.msg_controllen = sizeof(room.bytes);
		c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(fd));
		memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	}
	do
		n = sendmsg(sock, &m, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	return n < 0 ? errno : 0;
}

/* On 64 bits the padded space for one int has room for two: a second descriptor
 * may have come. */
static void
take_descriptor(struct cmsghdr *c, int *fd)
{
	size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);

	for (size_t i = 0; i < n; i++) {
		int one;

		memcpy(&one, CMSG_DATA(c) + i * sizeof(one), sizeof(one));
		if (*fd < 0)
			*fd = one;
		else
			close(one);
	}
}

ssize_t
fdpass_recv(int sock, void *out, size_t cap, int *fd)
{
	union room room;
	struct iovec iov = { .iov_base = out, .iov_len = cap };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
	int got = -1;
	ssize_t n;

	/* Without room for control data the kernel closes received
	 * descriptors. */
	if (fd != NULL) {
		m.msg_control = room.bytes;
		m.msg_controllen = sizeof(room.bytes);
	}
	do
		n = recvmsg(sock, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -1;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c != NULL;
	     c = CMSG_NXTHDR(&m, c))
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
			take_descriptor(c, &got);
	if (m.msg_flags & MSG_TRUNC) {
		if (got >= 0)
			close(got);
		errno = EMSGSIZE;
		return -1;
	}
	if (fd != NULL)
		*fd = got;
	return n;
}

int
fdpass_file(const struct span *parts, size_t n, struct err *e)
{
	int fd = memfd_create("cluevpn", MFD_CLOEXEC);

	if (fd < 0)
		return err_errno(e, errno, "memfd_create");
	for (size_t i = 0; i < n; i++) {
		struct span s = parts[i];

		while (s.len > 0) {
			ssize_t done = write(fd, s.p, s.len);

			if (done <= 0) {
				err_errno(e, errno, "memfd");
				close(fd);
				return -1;
			}
			s.p += done;
			s.len -= (size_t)done;
		}
	}
	return fd;
}

char *
fdpass_file_read(int fd, size_t len)
{
	char *p = malloc(len + 1);
	size_t at = 0;
	ssize_t n = 1;

	while (p != NULL && at < len && n > 0) {
		n = pread(fd, p + at, len - at, (off_t)at);
		if (n > 0)
			at += (size_t)n;
	}
	if (p == NULL || at < len) {
		free(p);
		return NULL;
	}
	p[len] = '\0';
	return p;
}
