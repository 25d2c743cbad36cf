/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Detects that this virtual machine was copied while it ran, or went back to a
 * snapshot: random values in its memory may be in another machine as well.
 * Linux reports that from 6.8 on, if the hypervisor does: a uevent with
 * NEW_VMGENID=1.
 */
#ifndef SYS_VMFORK_H
#define SYS_VMFORK_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include "base/err.h"

#define VMFORK_BATCH 64 /* messages that one vmfork_read() reads at most */

enum vmfork_news {
	VMFORK_NONE,
	VMFORK_COPIED,
	VMFORK_LOST, /* messages were lost: maybe that one */
};

/* A descriptor that does not block and is readable when there is something to
 * read, or -1. As root its queue is long. The caller closes it. */
int vmfork_open(struct err *e);
enum vmfork_news vmfork_read(int fd);

/* True when a message of len bytes, from that address, is the kernel's and
 * reports a copy. */
bool vmfork_says(const struct sockaddr *from, socklen_t fromlen,
		 const char *msg, size_t len);

#endif
