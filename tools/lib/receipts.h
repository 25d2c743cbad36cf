/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Makes the daemon offer its list to all, and waits for the nodes to get it. */
#ifndef TOOLS_RECEIPTS_H
#define TOOLS_RECEIPTS_H

#include <stdint.h>

#include "client.h"

/* Prints a line for each node that has the list. CTL_FAILED when the time is
 * over and some lack it. */
enum ctl_exit receipts_wait(const char *socket, uint64_t seconds);

#endif
