/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The process number in a file that is locked while the process lives. */
#ifndef SYS_PIDFILE_H
#define SYS_PIDFILE_H

#include <sys/types.h>

#include "base/err.h"

struct pidfile {
	int fd; /* -1: closed */
	char *path;
};

/* Call in the process that stays. Makes the directory (0755) if missing.
 * ERR_EXISTS with the other's number when another one runs. */
int pidfile_open(struct pidfile *p, const char *path, struct err *e);
/* Removes the file, if it is still ours. More than once is fine. */
void pidfile_close(struct pidfile *p);
/* The number of the process that holds the lock; 0: no process. Not for the
 * process that holds it: closing the file again would release its lock. */
int pidfile_read(const char *path, pid_t *out, struct err *e);

#endif
