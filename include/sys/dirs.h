/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Making directories. */
#ifndef SYS_DIRS_H
#define SYS_DIRS_H

#include <sys/types.h>

#include "base/err.h"

/* Makes the directory and those above it, if missing, with this mode. */
int dirs_make(const char *dir, mode_t mode, struct err *e);
/* As dirs_make(), for the directory of the file at path. */
int dirs_make_parent(const char *path, mode_t mode, struct err *e);

#endif
