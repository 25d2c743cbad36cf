/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Changes of a list that need a confirmation. */
#ifndef TOOLS_RISK_CHECK_H
#define TOOLS_RISK_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "format/bnl.h"
#include "node_self.h"

struct risk_check {
	char self[NODE_NAME_MAX + 1];  /* this machine's removed node; or "" */
	char back[NODE_NAME_MAX + 1];  /* a new node without a pin of which a
					* key was revoked; or "" */
	char doubt[NODE_NAME_MAX + 1]; /* a node with a new, probably wrong
					* address; or "" */
	struct ipaddr doubted;	       /* the doubted address */
	char unadmitted[NODE_NAME_MAX + 1]; /* a node that is no longer
					     * admitted by its key; or "" */
	uint32_t nunadmitted;		    /* such nodes */
	uint32_t gone; /* nodes removed, if over a third; or 0 */
	uint32_t of;
};

/* before: NULL for a first list. Of several doubtful addresses, the first one
 * is kept. */
void risk_check_find(struct risk_check *c, const struct bnl *before,
		     const struct bnl *after, const struct node_self *self);
/* Prints the findings; true when there are any. */
bool risk_check_print(const struct risk_check *c);

#endif
