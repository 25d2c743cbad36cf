/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pushes a signed list, or prints how to push it. */
#ifndef TOOL_NEXT_H
#define TOOL_NEXT_H

#include "tool_run.h"

/* With --push, makes this host's daemon offer the list to all nodes and waits
 * for receipts; else prints the next step. Returns the exit code. */
int tool_next(const struct tool_run *r);

#endif
