/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A set of files that a tool makes: all of them or none. */
#ifndef TOOL_OUT_H
#define TOOL_OUT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct tool_out {
	char *path;	/* malloc'd */
	char *data;	/* malloc'd text */
	bool secret;	/* mode 0600 and never replaced; else 0644 */
	bool made;	/* set by tool_out_write(): the file is new */
};

/* Before any work is done: checks that no file exists yet. force: files that
 * are no secret may be replaced. */
int tool_out_check(const struct tool_out *f, size_t n, bool force,
		   struct err *e);
/* Writes all of them; on failure, removes those that are new. */
int tool_out_write(struct tool_out *f, size_t n, bool force, struct err *e);
/* Wipes and frees their contents. */
void tool_out_free(struct tool_out *f, size_t n);

/* DIR/NAME, or NAME when dir is NULL; malloc'd, NULL when memory is out. */
char *tool_path_join(const char *dir, const char *name);
/* NAME less the ending old, if it has it, plus the ending new; malloc'd. */
char *tool_path_ending(const char *name, const char *old, const char *new);

#endif
