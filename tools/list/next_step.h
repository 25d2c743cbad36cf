/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pushes a signed list, or prints how to push it. */
#ifndef TOOLS_NEXT_STEP_H
#define TOOLS_NEXT_STEP_H

#include "sign_session.h"

/* With --push, makes this host's daemon offer the list to all nodes and waits
 * for receipts; else prints the next step. Returns the exit code. */
int next_step(const struct sign_session *r);

#endif
