/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The commands that change a list: add, set, pin, remove, revoke. */
#ifndef TOOLS_EDIT_CMD_H
#define TOOLS_EDIT_CMD_H

#include "edit_args.h"
#include "format/bnl_edit.h"

/* argv[0] is the command. Prints the next step, or takes it with --push.
 * Prints its errors; returns the exit code. */
int edit_cmd(int argc, char **argv);
/* Makes the change that the arguments describe. Prints its errors; returns the
 * exit code. */
int edit_cmd_run(struct edit_args *cmd);

/*
 * Makes any other change, by calling work with ctx: locks the list, signs and
 * installs it. cmd: with its run and its options set.
 */
typedef int (*edit_cmd_fn)(struct edit_args *cmd, struct bnl_edit *ed,
			   void *ctx, struct err *e);
int edit_cmd_by(struct edit_args *cmd, edit_cmd_fn work, void *ctx);
/* Finds free subnets of the sizes asked for, and adds them to the change. */
int edit_cmd_rooms(struct edit_args *cmd, const struct bnl *b, struct err *e);

#endif
