/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The commands that found a network and change its membership: init, invite,
 * join, remove, leave. */
#ifndef TOOL_FOUND_H
#define TOOL_FOUND_H

/* Each is in a file of its own; argv[0] is the program's name. Prints its
 * errors; returns the exit code. */
int tool_init(int argc, char **argv);
int tool_invite(int argc, char **argv);
int tool_join(int argc, char **argv);
int tool_remove(int argc, char **argv);
int tool_leave(int argc, char **argv);

#endif
