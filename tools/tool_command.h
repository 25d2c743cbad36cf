/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The command lines of add, set, remove and revoke. */
#ifndef TOOL_COMMAND_H
#define TOOL_COMMAND_H

#include "format/bnl_edit.h"
#include "tool_run.h"

enum tool_verb {
	TOOL_ADD = 1,
	TOOL_SET = 2,
	TOOL_REMOVE = 4,
	TOOL_REVOKE = 8
};

struct tool_command {
	enum tool_verb verb;
	const char *usage;
	struct tool_run run;
	struct vec words; /* const char *: names of nodes */
	struct bnl_change change;
	bool none[BNL_OWNS]; /* --no-... */
	struct vec rooms;    /* struct bnl_room: sizes of subnets to find */
	struct vec within;   /* struct prefix: where; one per family */
	struct vec keys;     /* struct bnl_revoke */
	const char *from;    /* file of keys, or of nodes; NULL: none */
	struct bnl *nodes;   /* nodes to add, from that file; or NULL */
	bool keep_keys;
};

bool tool_command_knows(const char *word);
/* argv[1] is the command. -1: continue; else the exit code, after printing all
 * messages. */
int tool_command_read(struct tool_command *cmd, int argc, char **argv);
void tool_command_free(struct tool_command *cmd); /* zeroed is fine */

#endif
