/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The lists on the disk, as the daemon starts. */
#ifndef DAEMON_FIRSTLIST_H
#define DAEMON_FIRSTLIST_H

#include "base/err.h"
#include "core/core.h"

struct daemon;

/*
 * Reads the list and the one that was held. A held list that this program can
 * apply (it is a later version than the one that held it) takes the place of an
 * older list on the disk; a list on the disk that it cannot apply is held.
 * in->list and in->held are the caller's. 0; or -1 with the reason when the
 * list cannot be read, which does not keep the daemon from starting: peers have
 * a better one.
 */
int firstlist_read(struct daemon *d, struct core_init *in, struct err *e);

#endif
