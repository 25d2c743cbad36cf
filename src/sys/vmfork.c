/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The kernel's uevents, through netlink(7). */
#include "sys/vmfork.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <linux/netlink.h>

#define GROUP_KERNEL 1 /* group 2 has udev's processed events */
#define QUEUE_LEN (1 << 20)
#define MESSAGE_MAX 8192 /* the kernel's are below 4096 */

static const char head[] = "change@/";
static const char said[] = "NEW_VMGENID=1";

int
vmfork_open(struct err *e)
{
	const struct sockaddr_nl all = { .nl_family = AF_NETLINK,
					 .nl_groups = GROUP_KERNEL };
	const int queue = QUEUE_LEN;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC,
			NETLINK_KOBJECT_UEVENT);

	if (fd < 0)
		return err_errno(e, errno, "uevents");
	/* An unprivileged process keeps the default size. */
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &queue, sizeof(queue));
	if (bind(fd, (const struct sockaddr *)&all, sizeof(all)) < 0) {
		err_errno(e, errno, "uevents");
		close(fd);
		return -1;
	}
	return fd;
}

/* Port 0 is the kernel's own: a process cannot send from it. */
static bool
from_kernel(const struct sockaddr *from, socklen_t len)
{
	struct sockaddr_nl nl;

	if (len != sizeof(nl) || from->sa_family != AF_NETLINK)
		return false;
	memcpy(&nl, from, sizeof(nl));
	return nl.nl_pid == 0;
}

/* "ACTION@DEVPATH", then "KEY=VALUE" some times, each with a NUL behind it. */
bool
vmfork_says(const struct sockaddr *from, socklen_t fromlen, const char *msg,
	    size_t len)
{
	bool found = false;

	if (!from_kernel(from, fromlen) || len < sizeof(head) ||
	    len > MESSAGE_MAX || msg[len - 1] != '\0' ||
	    memcmp(msg, head, sizeof(head) - 1) != 0)
		return false;
	for (size_t n, at = strlen(msg) + 1; at < len; at += n + 1) {
		const char *equals = strchr(msg + at, '=');

		n = strlen(msg + at);
		if (equals == NULL || equals == msg + at)
			return false;
		if (strcmp(msg + at, said) == 0)
			found = true;
	}
	return found;
}

enum vmfork_news
vmfork_read(int fd)
{
	char msg[MESSAGE_MAX];
	enum vmfork_news news = VMFORK_NONE;

	for (unsigned int i = 0; i < VMFORK_BATCH; i++) {
		struct sockaddr_storage from = { .ss_family = AF_UNSPEC };
		socklen_t fromlen = sizeof(from);
		/* With MSG_TRUNC, recvfrom() returns the full length of the
		 * message. */
		ssize_t n = recvfrom(fd, msg, sizeof(msg), MSG_TRUNC,
				     (struct sockaddr *)&from, &fromlen);

		if (n < 0 && errno == ENOBUFS && news == VMFORK_NONE)
			news = VMFORK_LOST;
		else if (n < 0 && errno != ENOBUFS && errno != EINTR)
			break;
		else if (n > 0 && (size_t)n <= sizeof(msg) &&
			 vmfork_says((const struct sockaddr *)&from, fromlen,
				     msg, (size_t)n))
			news = VMFORK_COPIED;
	}
	return news;
}
