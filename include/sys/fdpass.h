/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Datagrams between two processes of one program, optionally with a
 * descriptor. */
#ifndef SYS_FDPASS_H
#define SYS_FDPASS_H

#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/text.h"

int fdpass_pair(int fds[2], struct err *e);
/* For a child that keeps its end of the pair and no other descriptor of its
 * parent: closes all others, opens the first three to /dev/null, leaves the
 * terminal, and changes to the root folder. *out: the new number of that end.
 * 0, or -1 with errno. */
int fdpass_only(int sock, int *out);
/* fd: -1: none; the caller keeps it. Never blocks: 0 or an errno. */
int fdpass_send(int sock, const void *data, size_t len, int fd);
/* Never blocks. Returns the length; 0: the other side is gone; -1 and errno:
 * EAGAIN: nothing is waiting; EMSGSIZE: the message exceeds cap. With fd NULL
 * received descriptors are closed; else *fd is the received one, or -1. */
ssize_t fdpass_recv(int sock, void *out, size_t cap, int *fd);

/* For data too large for a datagram: makes an unnamed file of the parts,
 * concatenated. Returns its descriptor, or -1. */
int fdpass_file(const struct span *parts, size_t n, struct err *e);
/* Reads the first len bytes and appends a NUL, malloc'd; NULL when the file is
 * shorter. */
char *fdpass_file_read(int fd, size_t len);

#endif
