/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Nodes whose certificates are signed below a CA key that a list revokes. */
#ifndef TOOLS_REVOKED_CA_H
#define TOOLS_REVOKED_CA_H

#include <stdbool.h>

#include "format/bnl.h"

/*
 * Warns of the nodes in the list after that are cut off by keys that it revokes
 * and before (NULL: none) did not, as far as this host knows: from its own
 * certificate, and from those that peers showed when the daemon of that
 * configuration agreed on secrets with them. A host that is no node, or a user
 * without permission to read these files, knows of none. Returns true if there
 * are any.
 */
bool revoked_ca_print(const struct bnl *before, const struct bnl *after,
		      const char *conf);

#endif
