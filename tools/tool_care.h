/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which lists are not to be signed unasked. */
#ifndef TOOL_CARE_H
#define TOOL_CARE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "format/bnl.h"

#define TOOL_CONF_DIR SYSCONFDIR "/cluevpn"

/* What this machine is called in the list. */
struct tool_self {
	char *name; /* owned */
	char *conf; /* the configuration's file, be it there or not; owned */
	bool host;  /* by the system; the list may have more or less of it */
};

/*
 * name as it is given; else the one in the configuration at conf, a file or
 * a directory; else, unless the configuration must tell it, the host's.
 */
int tool_self_find(struct tool_self *out, const char *name, const char *conf,
		   bool must, struct err *e);
void tool_self_free(struct tool_self *self); /* zeroed is fine */

/* The name of this machine, malloc'd, if it is another than the node's, with
 * its domain or without; else NULL. */
char *tool_self_other(const char *node);

struct tool_care {
	char self[NODE_NAME_MAX + 1]; /* this machine's node, which goes; or "" */
	char back[NODE_NAME_MAX + 1]; /* comes back unpinned, though a key of it
				       * was revoked; or "" */
	char doubt[NODE_NAME_MAX + 1]; /* has a new address that is probably
					* wrong; or "" */
	struct ipaddr doubted;	      /* the doubted address */
	uint32_t gone;		      /* more than a third of all; or 0 */
	uint32_t of;
};

/* before: NULL when there was no list. Of several doubtful addresses the
 * first one is kept. */
void tool_care_look(struct tool_care *c, const struct bnl *before,
		    const struct bnl *after, const struct tool_self *self);
/* Tells what there is to tell; true when there was something. */
bool tool_care_print(const struct tool_care *c);

#endif
