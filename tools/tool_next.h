/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pushes a list that was signed, or says how to do that. */
#ifndef TOOL_NEXT_H
#define TOOL_NEXT_H

#include "tool_run.h"

/* With --push, has the daemon of this host offer the list to all and waits for
 * receipts; else prints what to do next. Returns the exit code. */
int tool_next(const struct tool_run *r);

#endif
