/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The commands that found a network, change its membership and replace its CA:
 * init, invite, join, remove, rotate-ca, leave. Each change of membership is a
 * new list, so this folder uses list/; list/ and ctl/ use nothing of it. */
#ifndef TOOLS_MESH_CMDS_H
#define TOOLS_MESH_CMDS_H

/* Each is in a file of its own; argv[0] is the program's name. Prints its
 * errors; returns the exit code. */
int mesh_init(int argc, char **argv);
int mesh_invite(int argc, char **argv);
int mesh_join(int argc, char **argv);
int mesh_remove(int argc, char **argv);
int mesh_rotate_ca(int argc, char **argv);
int mesh_leave(int argc, char **argv);

#endif
