/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The command lines of add, set, remove and revoke. */
#ifndef TOOLS_EDIT_ARGS_H
#define TOOLS_EDIT_ARGS_H

#include "format/bnl_edit.h"
#include "sign_session.h"

enum edit_verb {
	EDIT_ADD = 1,
	EDIT_SET = 2,
	EDIT_REMOVE = 4,
	EDIT_REVOKE = 8
};

struct edit_args {
	enum edit_verb verb;
	const char *usage;
	struct sign_session run;
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

bool edit_args_knows(const char *word);
/* argv[1] is the command. -1: continue; else the exit code, after printing all
 * messages. */
int edit_args_read(struct edit_args *cmd, int argc, char **argv);
void edit_args_free(struct edit_args *cmd); /* zeroed is fine */

#endif
