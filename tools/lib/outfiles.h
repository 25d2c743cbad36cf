/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A set of files that a tool makes: all of them or none. */
#ifndef TOOLS_OUTFILES_H
#define TOOLS_OUTFILES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct outfile {
	char *path;  /* malloc'd */
	char *data;  /* malloc'd text */
	bool secret; /* mode 0600 and never replaced; else 0644 */
	bool made;   /* set by outfiles_write(): the file is new */
};

/* Before any work is done: checks that no file exists yet. force: files that
 * are no secret may be replaced. */
int outfiles_check(const struct outfile *f, size_t n, bool force,
		   struct err *e);
/* Writes all of them; on failure, removes those that are new. */
int outfiles_write(struct outfile *f, size_t n, bool force, struct err *e);
/* Wipes and frees their contents. */
void outfiles_free(struct outfile *f, size_t n);

#endif
