/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Into the background, with a parent whose exit status tells the truth. */
#ifndef SYS_DAEMONISE_H
#define SYS_DAEMONISE_H

#include <stdbool.h>

#include "base/err.h"

struct daemonise {
	int ready_fd; /* -1: in the foreground, or said already */
	int signal;   /* in the parent: that killed the child; else 0 */
};

enum daemonise_role { DAEMONISE_CHILD, DAEMONISE_PARENT };

/*
 * Forks. The child is in a new session, in /, and goes on with its start,
 * its standard error still the terminal. The parent waits until the child has
 * said how the start went, or has died; *status is then its exit status,
 * and all that is left to do for it is to return that from main().
 * Before any thread is started.
 */
int daemonise_fork(struct daemonise *d, enum daemonise_role *role, int *status,
		   struct err *e);
/* In the child: status 0 turns the standard descriptors to /dev/null and
 * lets the parent succeed; else the parent exits with it. Once. */
void daemonise_done(struct daemonise *d, int status);
/* Opens whatever of descriptors 0, 1, 2 is closed to /dev/null, so that no
 * socket ever becomes one of them. First in main(). */
int daemonise_fill_std(struct err *e);

#endif
