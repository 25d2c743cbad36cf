/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether this host has what a configuration asks for. Nothing is made,
 * changed or kept open: a running daemon does not notice. */
#ifndef SYS_FIT_H
#define SYS_FIT_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/ipaddr.h"

/* A directory that is there, or can be made. as: whose it is going to be, when
 * we are root and that user is to write in it; (uid_t)-1: ours. */
int fit_dir(const char *dir, uid_t as, struct err *e);
/* The directory that a path is in. run: it is one for the time of a run, which
 * the service manager makes for a daemon that is not root. */
int fit_parent(const char *path, bool run, struct err *e);
/* A file that can be written to at its end, or made. */
int fit_log(const char *path, struct err *e);
/* A path where a Unix socket is, or can be made; in such a directory. */
int fit_socket(const char *path, struct err *e);
/* Whether somebody listens at it. */
bool fit_socket_answers(const char *path);
/* An address of this host; the wildcard is one. ERR_NOTFOUND: it is none. */
int fit_address(const struct ipaddr *addr, struct err *e);
/* Whether UDP and TCP can be had there. ERR_EXISTS: somebody has one. */
int fit_port(const struct endpoint *local, struct err *e);
/* A TUN device, or none of that name; and that such devices can be made. */
int fit_device(const char *name, struct err *e);

#endif
