/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Changes of a list that need a confirmation. */
#ifndef TOOL_CARE_H
#define TOOL_CARE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "format/bnl.h"

#define TOOL_CONF_DIR SYSCONFDIR "/cluevpn"

/* This machine's name in the list. */
struct tool_self {
	char *name; /* owned */
	char *conf; /* path of the configuration, which may not exist; owned */
	bool host;  /* the host's name: its domain may differ */
};

/*
 * Takes the name as it is given; else from the configuration at conf, a file or
 * a directory; else, unless must is set, the host's name.
 */
int tool_self_find(struct tool_self *out, const char *name, const char *conf,
		   bool must, struct err *e);
void tool_self_free(struct tool_self *self); /* zeroed is fine */

/* Returns the host's name, malloc'd, if it is not the node's, with or without
 * its domain; else NULL. */
char *tool_self_other(const char *node);

struct tool_care {
	char self[NODE_NAME_MAX + 1]; /* this machine's removed node; or "" */
	char back[NODE_NAME_MAX + 1]; /* a new node without a pin of which a
				       * key was revoked; or "" */
	char doubt[NODE_NAME_MAX + 1]; /* a node with a new, probably wrong
					* address; or "" */
	struct ipaddr doubted;	      /* the doubted address */
	uint32_t gone;		      /* nodes removed, if over a third; or 0 */
	uint32_t of;
};

/* before: NULL for a first list. Of several doubtful addresses, the first one
 * is kept. */
void tool_care_look(struct tool_care *c, const struct bnl *before,
		    const struct bnl *after, const struct tool_self *self);
/* Prints the findings; true when there are any. */
bool tool_care_print(const struct tool_care *c);

#endif
