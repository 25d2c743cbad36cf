/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The user that the daemon of a new node runs as. */
#ifndef TOOLS_DAEMON_USER_H
#define TOOLS_DAEMON_USER_H

#include "home.h"

/* After all options are read: makes the daemon drop root where that is
 * possible, unless an option says otherwise. Prints its decision. */
void daemon_user_choose(struct home *h);

#endif
