/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Makes the daemon offer its list to all, and waits for the nodes to get it. */
#ifndef TOOL_RECEIPT_H
#define TOOL_RECEIPT_H

#include <stdint.h>

#include "tool_ctl.h"

/* Prints a line for each node that has the list. CTL_FAILED when the time is
 * over and some lack it. */
enum ctl_exit tool_receipts(const char *socket, uint64_t seconds);

#endif
