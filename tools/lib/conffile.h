/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads the configuration of this host's daemon. */
#ifndef TOOLS_CONFFILE_H
#define TOOLS_CONFFILE_H

#include "base/err.h"
#include "format/conf.h"

/* If given is a directory, the path of its cluevpn.conf, else a copy;
 * malloc'd, NULL when memory is out. */
char *conffile_path(const char *given);
/* Reads and parses the file; relative paths in it begin in its directory. An
 * error of its content has the file's name and line. */
int conffile_read(struct conf **out, const char *path, struct err *e);

#endif
