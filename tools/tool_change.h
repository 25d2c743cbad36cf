/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The commands that change a list: add, set, remove, revoke. */
#ifndef TOOL_CHANGE_H
#define TOOL_CHANGE_H

#include <stdbool.h>

#include "format/bnl_edit.h"
#include "tool_command.h"

bool tool_change_knows(const char *word);
/* argv[1] is the command. next: prints the next step, or takes it with --push.
 * Prints its errors; returns the exit code. */
int tool_change(int argc, char **argv, bool next);

/*
 * Makes any other change, by calling work with ctx: locks the list, signs and
 * installs it. cmd: with its run and its options set.
 */
typedef int (*tool_change_fn)(struct tool_command *cmd, struct bnl_edit *ed,
			      void *ctx, struct err *e);
int tool_change_by(struct tool_command *cmd, tool_change_fn work, void *ctx);
/* Finds free subnets of the sizes asked for, and adds them to the change. */
int tool_change_rooms(struct tool_command *cmd, const struct bnl *b,
		      struct err *e);

#endif
