/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The command that compares two lists: diff. */
#ifndef TOOL_COMPARE_H
#define TOOL_COMPARE_H

/* argv[1] is the command. 0: no difference, 1: a difference, 2: an error, which
 * is printed. */
int tool_compare(int argc, char **argv);

#endif
