/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Checks that this host can satisfy a configuration. Nothing is made, changed
 * or kept open, so that a running daemon is not disturbed. */
#ifndef SYS_FIT_H
#define SYS_FIT_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/ipaddr.h"

/* A directory that exists or can be made. as: its future owner, when we are
 * root and that user is to write in it; (uid_t)-1: ours. */
int fit_dir(const char *dir, uid_t as, struct err *e);
/* The directory of a path. run: a runtime directory, which the service manager
 * makes for a daemon that is not root. */
int fit_parent(const char *path, bool run, struct err *e);
/* A file that can be appended to, or made. */
int fit_log(const char *path, struct err *e);
/* A path of a Unix socket that exists or can be made, in such a directory. */
int fit_socket(const char *path, struct err *e);
/* True when a process listens at the socket. */
bool fit_socket_answers(const char *path);
/* An address of this host; the wildcard is one. ERR_NOTFOUND for any other. */
int fit_address(const struct ipaddr *addr, struct err *e);
/* Checks that the UDP and TCP ports are free. ERR_EXISTS: one is in use. */
int fit_port(const struct endpoint *local, struct err *e);
/* An existing TUN device, or an unused name; and that TUN devices can be
 * made. */
int fit_device(const char *name, struct err *e);

#endif
