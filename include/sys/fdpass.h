/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Datagrams between two processes of one program, with a descriptor one way. */
#ifndef SYS_FDPASS_H
#define SYS_FDPASS_H

#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/text.h"

int fdpass_pair(int fds[2], struct err *e);
/* In a child that is to keep its end of the pair and nothing else of its
 * parent's: closes all other descriptors, puts /dev/null in the place of the
 * first three, leaves the terminal, and goes to the root folder. *out: the
 * end's new number. 0, or -1 with errno. */
int fdpass_only(int sock, int *out);
/* fd: -1: none; it stays the caller's. Never blocks: 0 or an errno. */
int fdpass_send(int sock, const void *data, size_t len, int fd);
/* Never blocks. The length; 0: the other side is gone; -1 and errno: EAGAIN:
 * nothing is there; EMSGSIZE: it is larger than cap. With fd NULL whatever
 * descriptors come are closed; else the one that came, or -1. */
ssize_t fdpass_recv(int sock, void *out, size_t cap, int *fd);

/* For bytes that no datagram holds: makes a file without a name of them, one
 * part behind the other. Its descriptor, or -1. */
int fdpass_file(const struct span *parts, size_t n, struct err *e);
/* Its first len bytes and a NUL, malloc'd; NULL when there are not as many. */
char *fdpass_file_read(int fd, size_t len);

#endif
