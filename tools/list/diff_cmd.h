/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The command that compares two lists: diff. */
#ifndef TOOLS_DIFF_CMD_H
#define TOOLS_DIFF_CMD_H

/* argv[0] is the command. 0: no difference, 1: a difference, 2: an error, which
 * is printed. */
int diff_cmd(int argc, char **argv);

#endif
