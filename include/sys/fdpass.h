/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Datagrams between two processes of one program, with a descriptor one way. */
#ifndef SYS_FDPASS_H
#define SYS_FDPASS_H

#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

int fdpass_pair(int fds[2], struct err *e);
/* fd: -1: none; it stays the caller's. Never blocks: 0 or an errno. */
int fdpass_send(int sock, const void *data, size_t len, int fd);
/* Never blocks. The length; 0: the other side is gone; -1 and errno: EAGAIN:
 * nothing is there; EMSGSIZE: it is larger than cap. With fd NULL whatever
 * descriptors come are closed; else the one that came, or -1. */
ssize_t fdpass_recv(int sock, void *out, size_t cap, int *fd);

#endif
