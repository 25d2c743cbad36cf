/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Making directories. */
#ifndef SYS_DIRS_H
#define SYS_DIRS_H

#include <sys/types.h>

#include "base/err.h"

/* The directory and those above it, where missing, with this mode. */
int dirs_make(const char *dir, mode_t mode, struct err *e);
/* The same for the directory that the file at path is to be in. */
int dirs_make_parent(const char *path, mode_t mode, struct err *e);

#endif
