/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Questions to the one at the terminal, and their editor. */
#ifndef TOOL_ASK_H
#define TOOL_ASK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/* True when there is a person to be asked. */
bool tool_can_ask(void);
/* Asks until the answer begins with one of letters; 0 at the end of input. */
char tool_ask(const char *question, const char *letters);
/* A line of standard input without its end, into out; -1 when there is none,
 * or a longer one. A person is asked for it, and what is typed is not shown. */
int tool_ask_secret(char *out, size_t cap, const char *question,
		    struct err *e);
/* Has path edited with $VISUAL, $EDITOR or vi, and waits. -1 when the editor
 * cannot be run or fails. */
int tool_edit_file(const char *path, struct err *e);

#endif
