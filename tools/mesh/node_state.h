/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Removes the files that a daemon keeps in its state directory. */
#ifndef TOOLS_NODE_STATE_H
#define TOOLS_NODE_STATE_H

#include <stdbool.h>

#include "base/err.h"

/*
 * Removes a node's state, and the directory when nothing else is in it. list:
 * the path of the list, which is kept with its copies if keep_list. The daemon
 * must have ended. The directory may be another user's: no link is followed.
 */
int node_state_remove(const char *dir, const char *list, bool keep_list,
		      struct err *e);

#endif
