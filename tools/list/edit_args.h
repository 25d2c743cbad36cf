/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The command lines of add, set, pin, remove and revoke. */
#ifndef TOOLS_EDIT_ARGS_H
#define TOOLS_EDIT_ARGS_H

#include "format/bnl_edit.h"
#include "sign_session.h"

enum edit_verb {
	EDIT_ADD = 1,
	EDIT_SET = 2,
	EDIT_REMOVE = 4,
	EDIT_REVOKE = 8,
	EDIT_PIN = 16
};

struct edit_args {
	enum edit_verb verb;
	struct sign_session run;
	struct vec words; /* const char *: names of nodes, or keys */
	struct bnl_change change;
	bool none[BNL_OWNS]; /* --no-... */
	struct vec rooms;    /* struct bnl_room: sizes of subnets to find */
	struct vec within;   /* struct prefix: where; one per family */
	struct vec keys;     /* struct bnl_revoke */
	struct option_values from; /* file of nodes, or files of keys */
	struct bnl *nodes;	   /* nodes to add, from that file; or NULL */
	bool keep_keys;
	bool all;	    /* pin: every node without a key */
	const char *socket; /* pin: the daemon's */
	int argc;	    /* the command line, for "port N" */
	char **argv;
};

bool edit_args_knows(const char *word);
/* Sets the defaults; the caller may then fill in all that an option would. */
void edit_args_init(struct edit_args *a, enum edit_verb verb);
/* argv[0] is the command. -1: continue; else the exit code, after printing all
 * messages. */
int edit_args_read(struct edit_args *a, int argc, char **argv);
/* Adds the name of a node, or a key of revoke. */
int edit_args_add_word(struct edit_args *a, const char *arg, struct err *e);
void edit_args_free(struct edit_args *a); /* zeroed is fine */

#endif
