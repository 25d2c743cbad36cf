/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The commands that change a list: add, set, remove, revoke. */
#ifndef TOOL_CHANGE_H
#define TOOL_CHANGE_H

#include <stdbool.h>

bool tool_change_knows(const char *word);
/* argv[1] is the command. Prints its errors; returns the exit code. */
int tool_change(int argc, char **argv);

#endif
