/* SPDX-License-Identifier: GPL-3.0-or-later */
/* This machine's node. */
#ifndef TOOLS_NODE_SELF_H
#define TOOLS_NODE_SELF_H

#include <stdbool.h>

#include "base/err.h"

/* This machine's name in the list. */
struct node_self {
	char *name; /* owned */
	char *conf; /* path of the configuration, which may not exist; owned */
	bool host;  /* the host's name: its domain may differ */
};

/*
 * Takes the name as it is given; else from the configuration at conf, a file or
 * a directory; else, unless must is set, the host's name.
 */
int node_self_find(struct node_self *out, const char *name, const char *conf,
		   bool must, struct err *e);
void node_self_free(struct node_self *self); /* zeroed is fine */

/* Returns the host's name, malloc'd, if it is not the node's, with or without
 * its domain; else NULL. */
char *node_self_other(const char *node);

bool node_self_is(const struct node_self *self, const char *node);

#endif
