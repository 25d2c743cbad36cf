/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Moves to the background; the parent's exit status tells whether the start
 * succeeded. */
#ifndef SYS_DAEMONISE_H
#define SYS_DAEMONISE_H

#include <stdbool.h>

#include "base/err.h"

struct daemonise {
	int ready_fd; /* -1: in the foreground, or already reported */
	int signal;   /* in the parent: signal that killed the child; else 0 */
};

enum daemonise_role { DAEMONISE_CHILD, DAEMONISE_PARENT };

/*
 * Forks. The child is in a new session, in /, and continues its start, its
 * standard error still the terminal. The parent waits until the child has
 * reported the result of its start, or has died; *status is then the parent's
 * exit status, which main() has to return. Before any thread is started.
 */
int daemonise_fork(struct daemonise *d, enum daemonise_role *role, int *status,
		   struct err *e);
/* In the child: status 0 redirects the standard descriptors to /dev/null and
 * lets the parent succeed; else the parent exits with it. Once. */
void daemonise_done(struct daemonise *d, int status);
/* Opens any closed descriptor of 0, 1, 2 to /dev/null, so that no socket ever
 * becomes one of them. First in main(). */
int daemonise_fill_std(struct err *e);

#endif
